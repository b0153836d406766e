"""What a page of insights is asked for, from its address: a period, and what it is about."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.metrics.figures import Asked
from incidents.metrics.places import Places
from incidents.metrics.sums import PARTS

PERIODS = (4, 12, 26, 52)
DEFAULT = 12
EARLIEST = date(2000, 1, 1)
LIST = {"invalid_choice": gettext_lazy("Choose one of the list.")}
WORDS = {
    "team": gettext_lazy("Team"),
    "workflow": gettext_lazy("Process"),
    "platform": gettext_lazy("Platform"),
    "severity": gettext_lazy("Severity"),
}


class PlainSelect(forms.Select):
    """A select that is written at once: Django draws each of hundreds of options from a template of its own."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((key, mark_safe(" selected") if str(key) == str(value or "") else "", word) for key, word in self.choices),
        )
        return format_html("<select{}>{}</select>", flatatt(self.build_attrs({"name": name}, attrs)), options)


class InsightsForm(forms.Form):
    """Bound to the address; everything may be left out. `asked` when it is valid."""

    weeks = forms.ChoiceField(label=gettext_lazy("Period"), required=False, error_messages=LIST)
    until = forms.DateField(
        label=gettext_lazy("Up to"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("This is no day. Write it like 2026-03-31, or leave it empty.")},
    )
    team = forms.ChoiceField(label=WORDS["team"], required=False, error_messages=LIST, widget=PlainSelect)
    workflow = forms.ChoiceField(label=WORDS["workflow"], required=False, error_messages=LIST, widget=PlainSelect)
    platform = forms.ChoiceField(label=WORDS["platform"], required=False, error_messages=LIST, widget=PlainSelect)
    severity = forms.ChoiceField(label=WORDS["severity"], required=False, error_messages=LIST, widget=PlainSelect)
    by = forms.ChoiceField(
        label=gettext_lazy("Compare"), choices=WORDS.items, required=False, error_messages=LIST, initial=PARTS[0]
    )

    def __init__(self, data: Any, *, places: Places, at: datetime) -> None:
        named = {name: value for name, value in data.items() if name in self.base_fields}
        super().__init__({"weeks": str(DEFAULT), "by": PARTS[0]} | {name: v for name, v in named.items() if v})
        self.places, self.at = places, at
        spans = [(str(weeks), _("Last %(n)d weeks") % {"n": weeks}) for weeks in PERIODS]
        self.fields["weeks"].choices = spans  # type: ignore[attr-defined]
        for name in WORDS:
            listed = [(key, word) for key, word in places.of(name).values()]
            self.fields[name].choices = [("", _("All")), *listed]  # type: ignore[attr-defined]

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        if day is not None and day > self.at.astimezone(ZoneInfo(settings.TIME_ZONE)).date():
            raise forms.ValidationError(_("This day is still to come. Choose today or an earlier day."))
        if day is not None and day < EARLIEST:
            raise forms.ValidationError(_("Choose a day after the year 2000."))
        return day

    @property
    def asked(self) -> Asked:
        """What the figures are to be of; call it when the form is valid."""
        said, day = self.cleaned_data, self.cleaned_data["until"]
        until = self.at
        if day is not None:
            until = min(until, datetime.combine(day, time(23, 59, 59), tzinfo=ZoneInfo(settings.TIME_ZONE)))
        ids: dict[str, Any] = {
            name: self.places.keys(name).get(said[name]) for name in ("team", "workflow", "platform")
        }
        return replace(Asked(until=until, weeks=int(said["weeks"]), severity=said["severity"]), **ids)

    @property
    def by_part(self) -> str:
        return str(self.cleaned_data["by"])
