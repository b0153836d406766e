"""Until when and why nobody is told: text in, domain types out."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from governance.models import Workflow
from incidents.models import Source
from portal import limits, quiet
from portal.forms.local_time import LocalDateTimeField

MORNING = time(9)
HOUR, FOUR_HOURS, TOMORROW, OWN = "hour", "four_hours", "tomorrow", "own"
UNTIL = [
    (HOUR, _("for 1 hour")),
    (FOUR_HOURS, _("for 4 hours")),
    (TOMORROW, _("until tomorrow, 09:00")),
    (OWN, _("until another time")),
]


def _moment(label: Any, missing: Any = "", required: bool = True) -> LocalDateTimeField:
    invalid = _("Write it like 2026-03-14 20:00.")
    return LocalDateTimeField(label=label, required=required, error_messages={"required": missing, "invalid": invalid})


def _reason() -> forms.CharField:
    return forms.CharField(
        label=_("Why"),
        help_text=_("Everybody who sees these events reads it."),
        max_length=limits.REASON_LENGTH,
        error_messages={"required": _("Say why nobody shall be told.")},
    )


class Silence(forms.Form):
    """From now on."""

    until = forms.ChoiceField(
        label=_("Silent"),
        choices=UNTIL,
        initial=HOUR,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say until when."), "invalid_choice": _("Choose one of these.")},
    )
    until_at = _moment(_("The other time"), required=False)
    reason = _reason()

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("until") == OWN and not found.get("until_at") and "until_at" not in self.errors:
            self.add_error("until_at", _("Say until when."))
        return found

    def ends_at(self, at: datetime) -> datetime:
        """When it ends if it begins at `at`."""
        until = self.cleaned_data["until"]
        if until == OWN:
            own: datetime = self.cleaned_data["until_at"]
            return own
        if until == TOMORROW:
            day = timezone.localtime(at).date() + timedelta(days=1)
            return quiet.first_instant(datetime.combine(day, MORNING), timezone.get_current_timezone())
        return at + timedelta(hours=1 if until == HOUR else 4)


class Window(forms.Form):
    """`workflows` and `sources` are those that the reader may silence."""

    what = forms.ChoiceField(
        label=_("Process or source"),
        error_messages={"required": _("Choose what is maintained."), "invalid_choice": _("Choose one of the list.")},
    )
    starts_at = _moment(_("From"), _("Say from when."))
    ends_at = _moment(_("Until"), _("Say until when."))
    reason = _reason()

    def __init__(self, *args: Any, workflows: list[Workflow], sources: list[Source], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of = {f"workflow:{row.key}": row for row in workflows} | {f"source:{row.key}": row for row in sources}
        self.fields["what"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose …")),
            (_("Processes"), [(f"workflow:{row.key}", row.name) for row in workflows]),
            (_("Sources of events"), [(f"source:{row.key}", row.name) for row in sources]),
        ]

    def target(self) -> dict[str, Any]:
        """What is chosen, as ``services.silences.plan`` takes it."""
        found: Any = self.of[self.cleaned_data["what"]]
        return {"source" if isinstance(found, Source) else "workflow": found}
