"""News as somebody writes it: the five questions of the plan, then the words (D66, D67)."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from governance.documents.communication import Audience, Communication
from incidents.forms.actions import ActionForm
from incidents.forms.asking import TOO_LONG
from incidents.services.update_drafts import Words
from portal import limits
from portal.forms.local_time import LocalDateTimeField


def _text(label: Any, hint: Any = "", rows: int = 2) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        required=False,
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"max_length": TOO_LONG},
    )


class UpdateForm(ActionForm):
    """Bound with the plan and the audience besides; nothing is required to keep a draft."""

    def __init__(self, *args: Any, plan: Communication, audience: Audience, **kwargs: Any) -> None:
        self.plan, self.audience = plan, audience
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        for question in self.plan.questions:
            self.fields[question.asks] = _text(question.title, question.guide)
        self.fields["meanwhile"] = _text(gettext_lazy("What can they do meanwhile?"))
        self.fields["subject"] = forms.CharField(
            label=gettext_lazy("Subject"), required=False, max_length=limits.TITLE_LENGTH
        )
        self.fields["business"] = _text(gettext_lazy("In words for everybody"), rows=8)
        if self.audience.detail == "technical":
            self.fields["technical"] = _text(gettext_lazy("For those who repair it"), rows=5)
        self.fields["expected_at"] = LocalDateTimeField(
            label=gettext_lazy("When is it expected to work again?"), required=False
        )
        self.fields["next_at"] = LocalDateTimeField(
            label=gettext_lazy("When do you promise the next news?"), required=False
        )
        prepared = [(item.key, item.title) for item in self.plan.statements if item.audience == self.audience.key]
        if prepared:
            choices = [("", "—"), *prepared]
            self.fields["statement"] = forms.ChoiceField(
                label=gettext_lazy("Prepared words"), choices=choices, required=False
            )

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[name] for name in (*(item.asks for item in self.plan.questions), "meanwhile")]

    @property
    def wording(self) -> list[forms.BoundField]:
        return [self["subject"]]

    @property
    def promises(self) -> list[forms.BoundField]:
        return [self["expected_at"], self["next_at"]]

    @property
    def words(self) -> Words:
        data = self.cleaned_data
        names = [*(item.asks for item in self.plan.questions), "meanwhile"]
        return Words(
            subject=data["subject"],
            answers={name: data[name] for name in names},
            business=data["business"],
            technical=data.get("technical", ""),
            statement=data.get("statement", ""),
            expected_at=data["expected_at"],
            next_at=data["next_at"],
        )
