"""What a colleague says who is affected by an open incident too."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from governance.documents.rubric import Rubric
from incidents.forms.report import ANSWERS, SinceForm
from portal import limits


class AffectedForm(SinceForm):
    """Bind with the rubric, whose questions may be answered (None: none are asked), and the time."""

    text = forms.CharField(
        label=gettext_lazy("Who is hurt by it, and how?"),
        help_text=gettext_lazy("In your own words. The people who work on it read this."),
        max_length=limits.TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": gettext_lazy("Say in a few words who is hurt, and how."),
            "max_length": gettext_lazy("Please use at most %(limit_value)d characters."),
        },
    )
    field_order = ["text", "since", "since_at"]

    def __init__(self, *args: Any, rubric: Rubric | None, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, at=at, **kwargs)
        self.dimensions = rubric.dimensions if rubric else ()
        for dimension in self.dimensions:
            self.fields[f"q_{dimension.key}"] = forms.ChoiceField(
                label=dimension.question, choices=ANSWERS, required=False, widget=forms.RadioSelect
            )

    @staticmethod
    def from_report(draft: Mapping[str, str]) -> dict[str, str]:
        """What was typed into the report before it turned out to be known, so that nothing is asked twice."""
        words = draft.get("who_is_hurt") or draft.get("what") or ""
        return {name: text for name, text in draft.items() if name.startswith(("q_", "since"))} | {"text": words}

    @property
    def questions(self) -> list[forms.BoundField]:
        return [self[f"q_{dimension.key}"] for dimension in self.dimensions]

    @property
    def answers(self) -> dict[str, str]:
        """Those that were given: {dimension key: yes, no or unknown}."""
        given = {item.key: self.cleaned_data.get(f"q_{item.key}") for item in self.dimensions}
        return {key: answer for key, answer in given.items() if answer}
