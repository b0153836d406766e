"""A date and a time as the reader's wall clock shows them."""

from datetime import datetime, timedelta
from datetime import timezone as fixed
from typing import Any

from django import forms
from django.utils import timezone

from governance.rules import local_time

WALL = fixed(timedelta(), "wall")  # tells a time without an offset from one that names UTC


class LocalDateTimeField(forms.DateTimeField):
    """Takes every time of the reader's zone: one that a clock change leaves out is the first instant after it, one
    that comes twice the first (DESIGN section 7); Django's field refuses both."""

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(WALL):
            found = super().to_python(value)
        if found is None or found.tzinfo is not WALL:
            return found
        try:
            return local_time.instant(timezone.get_current_timezone_name(), found.toordinal(), found.time())
        except (OverflowError, ValueError) as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error
