"""What a colleague says who is affected by an open incident too."""

from collections.abc import Mapping

from django.utils.translation import gettext_lazy

from incidents.forms.asking import QuestionsForm, words
from incidents.forms.report import SinceForm
from portal import limits


class AffectedForm(SinceForm, QuestionsForm):
    """Bind with the rubric, whose questions may be answered (None: none are asked), and the time."""

    text = words(
        gettext_lazy("Who is hurt by it, and how?"),
        gettext_lazy("Say in a few words who is hurt, and how."),
        hint=gettext_lazy("In your own words. The people who work on it read this."),
        longest=limits.TEXT_LENGTH,
        rows=3,
    )
    field_order = ["text", "since", "since_at"]

    @staticmethod
    def from_report(draft: Mapping[str, str]) -> dict[str, str]:
        """What was typed into the report before it turned out to be known, so that nothing is asked twice."""
        said = draft.get("who_is_hurt") or draft.get("what") or ""
        return {name: text for name, text in draft.items() if name.startswith(("q_", "since"))} | {"text": said}
