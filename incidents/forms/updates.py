"""News as somebody writes it: the five questions of the plan, then the words (D66, D67).

When the next news comes is asked once: the time that is promised is the answer. At the end, when nothing may follow, it
is answered in words.
"""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.documents.communication import Audience, Communication
from incidents.forms.actions import ActionForm
from incidents.forms.asking import TOO_LONG
from incidents.models import StatusUpdate
from incidents.reads import update_words
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
    """Bound with the plan, the audience and the `update` besides; nothing is required to keep a draft."""

    def __init__(
        self, *args: Any, plan: Communication, audience: Audience, update: StatusUpdate, **kwargs: Any
    ) -> None:
        self.plan, self.audience, self.update = plan, audience, update
        self.promised = str(update.answers.get("next") or "")  # in words, from before the time was the answer
        self.by_time = update.event not in update_words.LAST or update.next_at is not None
        super().__init__(*args, **kwargs)

    def prepare(self) -> None:
        for question in self.plan.questions:
            if question.asks == "next" and self.by_time:
                self.fields["next_at"] = LocalDateTimeField(
                    label=question.title, help_text=self._guide(question.guide), required=False
                )
            else:
                self.fields[question.asks] = _text(question.title, question.guide)
        if self.by_time and "next_at" not in self.fields:
            self.fields["next_at"] = LocalDateTimeField(
                label=gettext_lazy("When do you promise the next news?"), required=False
            )
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
        prepared = [(item.key, item.title) for item in self.plan.statements if item.audience == self.audience.key]
        if prepared:
            choices = [("", "—"), *prepared]
            self.fields["statement"] = forms.ChoiceField(
                label=gettext_lazy("Prepared words"), choices=choices, required=False
            )

    def _guide(self, guide: str) -> str:
        """What stands below the time; the words of an older draft can be read, and hold until a time is named."""
        return _("So far it says: %(words)s") % {"words": self.promised} if self.promised else guide

    @property
    def _topics(self) -> list[str]:
        return [item.asks for item in self.plan.questions if item.asks in self.fields]

    @property
    def questions(self) -> list[forms.BoundField]:
        """Every question in the order of the plan, then what can be said besides."""
        asked = [item.asks if item.asks in self.fields else "next_at" for item in self.plan.questions]
        every = dict.fromkeys((*asked, "meanwhile", "expected_at", "next_at"))
        return [self[name] for name in every if name in self.fields]

    def field_of(self, name: str) -> str | None:
        """Where what is said about `name` stands; None: above everything."""
        name = "next_at" if name == "next" and name not in self.fields else name
        return name if name in self.fields else None

    @property
    def wording(self) -> list[forms.BoundField]:
        return [self["subject"]]

    @property
    def words(self) -> Words:
        data = self.cleaned_data
        answers = {name: data[name] for name in (*self._topics, "meanwhile")}
        next_at = data.get("next_at")
        if "next" not in answers and next_at is None:
            answers["next"] = self.promised
        return Words(
            subject=data["subject"],
            answers=answers,
            business=data["business"],
            technical=data.get("technical", ""),
            statement=data.get("statement", ""),
            expected_at=data["expected_at"],
            next_at=next_at,
        )
