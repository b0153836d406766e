"""What several forms of incidents ask alike: a text, and the questions of the rubric."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from governance.documents.rubric import Dimension, Rubric
from portal import limits

ANSWERS = [("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")), ("unknown", gettext_lazy("Don’t know"))]
NO_ANSWER = gettext_lazy("Choose Yes, No or Don’t know.")
TOO_LONG = gettext_lazy("Please use at most %(limit_value)d characters.")


def words(label: Any, required: Any, *, hint: Any = "", longest: int = limits.REASON_LENGTH, rows: int = 2) -> Any:
    """A text that has to be given; `required` is the sentence that asks for it."""
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=longest,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": required, "max_length": TOO_LONG},
    )


def line(label: Any, *, hint: Any = "", required: Any = "", longest: int = limits.REASON_LENGTH, rows: int = 2) -> Any:
    """A text; `required` is the sentence that asks for it, empty: it may stay open."""
    return forms.CharField(
        label=label,
        help_text=hint,
        required=bool(required),
        max_length=longest,
        widget=forms.Textarea(attrs={"rows": rows}) if rows > 1 else forms.TextInput,
        error_messages={"required": required, "max_length": TOO_LONG},
    )


def question(dimension: Dimension, answer: str | None = None) -> forms.ChoiceField:
    """What the rubric asks of `dimension`; it may stay open. `answer`: what was said so far."""
    return forms.ChoiceField(
        label=dimension.question,
        choices=ANSWERS,
        required=False,
        widget=forms.RadioSelect,
        initial=answer,
        error_messages={"invalid_choice": NO_ANSWER},
    )


class ReasonForm(forms.Form):
    """Asks in one line why somebody changes a setting."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=limits.REASON_LENGTH,
        error_messages={"required": gettext_lazy("Please say why.")},
    )


class QuestionsForm(forms.Form):
    """Asks the questions of `rubric` (None: nothing), each of which may stay open; `known` are the answers so far."""

    def __init__(
        self, *args: Any, rubric: Rubric | None, known: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.dimensions = rubric.dimensions if rubric else ()
        for item in self.dimensions:
            answer = None if known is None else known.get(item.key, "unknown")
            self.fields[f"q_{item.key}"] = question(item, answer)

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[f"q_{item.key}"] for item in self.dimensions]

    @property
    def answers(self) -> dict[str, str]:
        """Those that were given: {dimension key: yes, no or unknown}."""
        given = {item.key: self.cleaned_data.get(f"q_{item.key}") for item in self.dimensions}
        return {key: answer for key, answer in given.items() if answer}
