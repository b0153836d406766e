"""Taking a shift, or asking somebody to: text in, domain types out."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.models import Schedule
from portal import limits
from portal.models import User

ME, OTHER = "me", "other"


def _moment(label: Any, missing: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(
        label=label,
        widget=widget,
        error_messages={"required": missing, "invalid": _("Write it like 2026-03-14 20:00.")},
    )


class Cover(forms.Form):
    """`schedules`: those whose shifts the reader may take."""

    schedule = forms.ModelChoiceField(
        label=_("Schedule"),
        queryset=Schedule.objects.none(),
        to_field_name="key",
        empty_label=None,
        error_messages={"required": _("Choose a schedule."), "invalid_choice": _("Choose a schedule of the list.")},
    )
    from_at = _moment(_("From"), _("Say from when."))
    until_at = _moment(_("Until"), _("Say until when."))
    who = forms.ChoiceField(
        label=_("Who answers"),
        choices=[(ME, _("I take this shift")), (OTHER, _("Somebody else"))],
        widget=forms.RadioSelect,
        initial=ME,
        error_messages={"required": _("Say who answers.")},
    )
    person = forms.CharField(
        label=_("Their e-mail address"),
        required=False,
        max_length=254,
        help_text=_("They are asked. Admins of the team decide at once."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=limits.REASON_LENGTH, error_messages={"required": _("Please say why.")}
    )

    def __init__(self, *args: Any, schedules: Any, **kwargs: Any) -> None:
        kwargs["auto_id"] = "cover_%s"
        super().__init__(*args, **kwargs)
        self.fields["schedule"].queryset = schedules  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for name in ("from_at", "until_at"):
            value: datetime | None = found.get(name)
            if value is not None and not 2000 <= value.year <= 2200:
                self.add_error(name, _("Choose a date in this century."))
        if found.get("who") == OTHER and "person" in found and not found["person"]:
            self.add_error("person", _("Say who."))
        return found

    def clean_person(self) -> User | None:
        email = self.cleaned_data["person"].strip()
        if not email or self.cleaned_data.get("who") != OTHER:
            return None
        person = User.objects.active().filter(email__iexact=email).first()
        if person is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return person
