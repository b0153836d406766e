"""What people say on their tracking page."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.documents.rubric import Rubric
from incidents.forms.report import ANSWERS, FilesField
from portal import limits

TOO_LONG = gettext_lazy("Please use at most %(limit_value)d characters.")


def words(label: Any, required: Any, *, hint: Any = "", longest: int = limits.REASON_LENGTH, rows: int = 2) -> Any:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=longest,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={"required": required, "max_length": TOO_LONG},
    )


class AddForm(forms.Form):
    """Words, files or both."""

    text = forms.CharField(
        label=gettext_lazy("Tell the team"),
        help_text=gettext_lazy("It appears at once for everyone who works on it."),
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        error_messages={"max_length": TOO_LONG},
    )
    files = FilesField(  # type: ignore[assignment]
        label=gettext_lazy("Pictures or files"),
        help_text=gettext_lazy("Cover card numbers and passwords first. Up to 25 MB each."),
        required=False,
    )

    def clean(self) -> None:
        if not self.errors and not self.cleaned_data["text"] and not self.cleaned_data["files"]:
            self.add_error("text", _("Write what you want to add, or choose a file."))


class WorseForm(forms.Form):
    """What got worse, and the impact questions again, with the answers so far."""

    text = words(gettext_lazy("What got worse?"), gettext_lazy("Say what got worse."))

    def __init__(self, *args: Any, rubric: Rubric | None, answers: dict[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dimensions = rubric.dimensions if rubric else ()
        for dimension in self.dimensions:
            self.fields[f"q_{dimension.key}"] = forms.ChoiceField(
                label=dimension.question,
                choices=ANSWERS,
                required=False,
                widget=forms.RadioSelect,
                initial=answers.get(dimension.key, "unknown"),
            )

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[f"q_{dimension.key}"] for dimension in self.dimensions]

    @property
    def answers(self) -> dict[str, str]:
        """Those that were given: {dimension key: yes, no or unknown}."""
        given = {item.key: self.cleaned_data.get(f"q_{item.key}") for item in self.dimensions}
        return {key: answer for key, answer in given.items() if answer}


class NotYetForm(forms.Form):
    """The answer that it does not work again."""

    reason = words(gettext_lazy("What does not work?"), gettext_lazy("Say what does not work."))


class HappenedForm(forms.Form):
    """What was a near miss has happened."""

    text = words(gettext_lazy("What happened?"), gettext_lazy("Say what happened."))
