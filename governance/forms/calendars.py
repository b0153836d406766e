"""A calendar file, or its text, and what it is read into: text in, domain types out."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.models import Schedule
from governance.rules import calendars
from portal.models import User

MINE = "mine"


class CalendarFile(forms.Form):
    """`schedules`: those that the reader keeps. The cleaned `text` is bytes, `target` a schedule or None (absences)."""

    target = forms.ChoiceField(
        label=_("What it is"),
        widget=forms.RadioSelect,
        initial=MINE,
        error_messages={"required": _("Say what it is."), "invalid_choice": _("Choose one of the list.")},
    )
    file = forms.FileField(
        label=_("Calendar file"),
        required=False,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".ics,text/calendar"}),
        help_text=_("A file that ends in .ics, 512 KB at most."),
    )
    text = forms.CharField(
        label=_("Or its text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )
    person = forms.CharField(
        label=_("Who stands in, or answers"),
        required=False,
        max_length=254,
        help_text=_("An e-mail address. For shifts: whoever answers where the calendar names nobody."),
    )

    def __init__(self, *args: Any, schedules: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = "calendar_%s"
        super().__init__(*args, **kwargs)
        self.schedules: dict[str, Schedule] = {row.key: row for row in schedules}
        shifts = [(key, _("Shifts of %(schedule)s") % {"schedule": row.name}) for key, row in self.schedules.items()]
        self.fields["target"].choices = [(MINE, _("Times at which I am away")), *shifts]  # type: ignore[attr-defined]

    def clean_target(self) -> Schedule | None:
        return self.schedules.get(self.cleaned_data["target"])

    def clean_person(self) -> User | None:
        email = self.cleaned_data["person"].strip()
        person = User.objects.active().filter(email__iexact=email).first() if email else None
        if email and person is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return person

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        file, text = found.get("file"), (found.get("text") or "").encode()
        if file is not None and file.size <= calendars.MAX_BYTES:
            text = file.read()
        elif file is not None:
            text = b" " * file.size if file.size < 2 * calendars.MAX_BYTES else b" " * (calendars.MAX_BYTES + 1)
        if not text.strip() and not (file is not None and file.size):
            self.add_error("file", _("Choose a calendar file, or paste its text."))
        found["text"] = text
        return found
