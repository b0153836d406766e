"""What was said to each point of a governance review, and what came of it."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.reads.governance_reviews import Point
from portal import limits


class Hold(forms.Form):
    """One note for each point, and the outcome; only holding the review needs an outcome."""

    outcome = forms.CharField(
        label=_("What came of it"),
        help_text=_("What was decided, who does it and until when. Nobody can change it afterwards."),
        max_length=limits.TEXT_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, points: Iterable[Point], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.points = tuple(points)
        for point in self.points:
            self.fields[f"note-{point.key}"] = forms.CharField(
                label=_("Note"),
                max_length=limits.TEXT_LENGTH,
                required=False,
                initial=point.note,
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    @property
    def notes(self) -> dict[str, str]:
        """What was written, by the key of the point."""
        return {point.key: self.cleaned_data[f"note-{point.key}"] for point in self.points}

    @property
    def asked(self) -> list[tuple[Point, Any]]:
        """Each point with its field."""
        return [(point, self[f"note-{point.key}"]) for point in self.points]
