"""Taking a shift, or asking somebody to: text in, domain types out."""

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.models import Schedule
from portal import limits
from portal.forms.local_time import LocalDateTimeField
from portal.models import User

ME, OTHER, NOBODY = "me", "other", "nobody"


WHO = [(ME, _("I take this shift")), (OTHER, _("Somebody else"))]


def _moment(label: Any, missing: Any = "", required: bool = True) -> LocalDateTimeField:
    return LocalDateTimeField(
        label=label,
        required=required,
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
        choices=WHO,
        widget=forms.RadioSelect,
        initial=ME,
        error_messages={"required": _("Say who answers.")},
    )
    person = forms.CharField(
        label=_("Their e-mail address"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"list": "colleagues", "autocomplete": "off"}),
        help_text=_("They are asked. Admins of the team decide at once."),
    )
    back_from_at = _moment(_("In exchange you answer from"), required=False)
    back_until_at = _moment(_("until"), required=False)
    reason = forms.CharField(
        label=_("Reason"), max_length=limits.REASON_LENGTH, error_messages={"required": _("Please say why.")}
    )

    def __init__(self, *args: Any, schedules: Any, may_close: bool = False, **kwargs: Any) -> None:
        kwargs["auto_id"] = "cover_%s"
        super().__init__(*args, **kwargs)
        if may_close:
            self.fields["who"].choices = [*WHO, (NOBODY, _("Nobody, on purpose (closed)"))]  # type: ignore[attr-defined]
        self.fields["schedule"].queryset = schedules  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for name in ("from_at", "until_at", "back_from_at", "back_until_at"):
            value: datetime | None = found.get(name)
            if value is not None and not 2000 <= value.year <= 2200:
                self.add_error(name, _("Choose a date in this century."))
        first, last = found.get("back_from_at"), found.get("back_until_at")
        if bool(first) != bool(last):
            self.add_error("back_from_at" if last else "back_until_at", _("Say both times of the exchange, or none."))
        elif first and found.get("who") != OTHER:
            self.add_error("back_from_at", _("An exchange needs somebody else. Choose “Somebody else” above."))
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


class OtherEnd(forms.Form):
    """When an override ends instead."""

    until_at = _moment(_("Until"), _("Say until when."))
    reason = forms.CharField(
        label=_("Reason"), max_length=limits.REASON_LENGTH, error_messages={"required": _("Please say why.")}
    )

    def clean_until_at(self) -> datetime:
        value: datetime = self.cleaned_data["until_at"]
        if not 2000 <= value.year <= 2200:
            raise forms.ValidationError(_("Choose a date in this century."))
        return value


class Answer(forms.Form):
    """What is done with a question for cover: `do` is accept, decline or withdraw."""

    do = forms.ChoiceField(choices=[(word, word) for word in ("accept", "decline", "withdraw")])
    answer = forms.CharField(required=False, max_length=limits.REASON_LENGTH)
