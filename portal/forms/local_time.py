"""A date and a time as the reader's wall clock shows them."""

from datetime import datetime, timedelta
from datetime import timezone as fixed
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import quiet

first_instant = quiet.first_instant
WALL = fixed(timedelta(), "wall")  # tells a time without an offset from one that names UTC
PICKER = "%Y-%m-%dT%H:%M"  # what a datetime-local control takes and sends


class LocalDateTimeField(forms.DateTimeField):
    """Takes every time of the reader's zone: one that a clock change leaves out is the first instant after it, one
    that comes twice the first (DESIGN section 7); Django's field refuses both. Drawn as a picker."""

    default_error_messages = {"invalid": _("Write it like 2026-03-14 20:00.")}

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.DateTimeInput(attrs={"type": "datetime-local"}, format=PICKER))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(WALL):
            found = super().to_python(value)
        if found is None or found.tzinfo is not WALL:
            return found
        try:
            return quiet.first_instant(found.replace(tzinfo=None, fold=0), timezone.get_current_timezone())
        except (OverflowError, ValueError) as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
