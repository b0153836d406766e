"""What is typed to look something up in the ledger, or to ask for an evidence pack."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import limits
from portal.evidence import packs
from portal.forms.fields import WholeNumberField
from portal.forms.local_time import LocalDateTimeField

REFERENCE = 64


class Period(forms.Form):
    """From when until when the search looks; both may be empty."""

    since = LocalDateTimeField(label=_("From"), required=False)
    until = LocalDateTimeField(label=_("Until"), required=False)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        since, until = found.get("since"), found.get("until")
        if since and until and until <= since:
            self.add_error("until", _("This time has to be after the other one."))
        return found


class OneThing(forms.Form):
    """A pack about one incident or change."""

    reference = forms.CharField(
        label=_("Incident or change"),
        help_text=_("Its number, such as INC-2026-0042 or CHG-2026-0007."),
        max_length=REFERENCE,
        error_messages={"required": _("Write the number of the incident or change.")},
    )


class Sample(forms.Form):
    """A pack about a period."""

    begin = LocalDateTimeField(label=_("From"), error_messages={"required": _("Say when the period begins.")})
    end = LocalDateTimeField(label=_("Until"), error_messages={"required": _("Say when the period ends.")})
    sample = WholeNumberField(
        label=_("Sample size"),
        help_text=_("So many incidents and so many changes are packed with everything about them; 0 for lists alone."),
        min_value=0,
        max_value=packs.MOST,
        initial=25,
        error_messages={"required": _("Say how many you want to look at; 0 for lists alone.")},
    )
    seed = forms.CharField(
        label=_("Word that draws the sample"),
        help_text=_("Choose it yourself: with the same word anybody draws the same sample again."),
        max_length=packs.SEED_LENGTH,
        required=False,
    )
    checkpoint = forms.CharField(
        label=_("A checkpoint that you keep"),
        help_text=_("Paste its text, and the pack proves that it continues what you have seen before."),
        max_length=limits.TEXT_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        begin, end = found.get("begin"), found.get("end")
        if begin and end and end <= begin:
            self.add_error("end", _("This time has to be after the other one."))
        if begin and begin >= timezone.now():
            self.add_error("begin", _("The period lies in the future."))
        if found.get("sample") and not found.get("seed", "").strip():
            self.add_error("seed", _("Write any word or number: it draws the sample."))
        return found

    def clean_checkpoint(self) -> str:
        """As it was signed: a browser ends lines in its own way and the field takes the last end away."""
        text = str(self.cleaned_data["checkpoint"]).replace("\r\n", "\n")
        return f"{text}\n" if text else ""
