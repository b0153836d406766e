"""What whoever asks says about a change: text in, domain types out."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from governance.documents.approval import Question
from governance.models import ChangeRequest
from governance.models.changes import Band
from portal import limits
from portal.forms.local_time import LocalDateTimeField

YES, NO = "yes", "no"
ANSWER = "risk-"
BANDS = [(value, capfirst(str(word))) for value, word in Band.choices]


def _moment(label: Any, hint: Any) -> LocalDateTimeField:
    words = {"invalid": _("Write it like 2026-03-14 20:00.")}
    return LocalDateTimeField(label=label, help_text=hint, required=False, error_messages=words)


class Describe(forms.Form):
    """Why, how risky, from when until when; a field for each question that the policy asks about the risk."""

    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=limits.REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Whoever reviews reads this first: what happened, and what gets better."),
        error_messages={"max_length": _("Use at most %(limit_value)d characters.")},
    )
    stated_band = forms.ChoiceField(
        label=_("How risky is it, as you see it?"),
        choices=BANDS,
        required=False,
        widget=forms.RadioSelect,
        help_text=_("The higher one counts: yours, or what the portal works out."),
    )
    publish_at = _moment(_("Not before"), _("Empty: as soon as it is approved."))
    falls_back_at = _moment(_("Only until"), _("Then the version before comes back by itself."))
    for_review = forms.BooleanField(
        label=_("Have it reviewed all the same"),
        required=False,
        help_text=_("The policy has approved such a change in advance."),
    )

    def __init__(self, *args: Any, questions: Iterable[Question] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.questions = list(questions)
        for question in self.questions:
            self.fields[ANSWER + question.key] = forms.ChoiceField(
                label=question.question,
                choices=[(YES, _("Yes")), (NO, _("No"))],
                required=False,
                widget=forms.RadioSelect,
            )

    @property
    def asked(self) -> list[Any]:
        """The bound fields of the questions."""
        return [self[ANSWER + question.key] for question in self.questions]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for name in ("publish_at", "falls_back_at"):
            value: datetime | None = found.get(name)
            if value is not None and not 2000 <= value.year <= 2200:
                self.add_error(name, _("Choose a date in this century."))
        return found

    @property
    def said(self) -> dict[str, Any]:
        """What ``changes.describe`` takes; questions that were left open are left out."""
        cleaned = self.cleaned_data
        answers = {question.key: cleaned.get(ANSWER + question.key) for question in self.questions}
        return {
            "reason": cleaned["reason"],
            "answers": {key: value == YES for key, value in answers.items() if value},
            "stated_band": cleaned["stated_band"] or Band.LOW,
            "publish_at": cleaned["publish_at"],
            "falls_back_at": cleaned["falls_back_at"],
        }


def described(change: ChangeRequest) -> Mapping[str, Any]:
    """`change` as the initial values of ``Describe``."""
    answers = {ANSWER + key: YES if value else NO for key, value in change.answers.items()}
    fields = ("reason", "stated_band", "publish_at", "falls_back_at")
    return {name: getattr(change, name) for name in fields} | answers


class Why(forms.Form):
    """Why a change is given up."""

    why = forms.CharField(
        label=_("Reason"),
        max_length=limits.REASON_LENGTH,
        error_messages={
            "required": _("Say why in a sentence."),
            "max_length": _("Use at most %(limit_value)d characters."),
        },
    )


class Password(forms.Form):
    """Signing in once more for one decision."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class BreakGlass(Password):
    """What an emergency change is for; `grounds` are the open incidents that the person may act on."""

    ground = forms.ChoiceField(
        label=_("Which incident is it for?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Choose the incident that it is for."),
            "invalid_choice": _("Choose an incident of the list."),
        },
    )
    field_order = ("ground", "password")

    def __init__(self, *args: Any, grounds: Iterable[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ground"].choices = [(str(item.subject.pk), item.label) for item in grounds]  # type: ignore[attr-defined]
