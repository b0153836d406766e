"""Forms of the profile: text in, domain types out."""

from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.utils.functional import lazy
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal import limits
from portal.forms.fields import WholeNumberField
from portal.forms.local_time import LocalDateTimeField
from portal.models import Channel, Lane, User


def zones() -> list[tuple[str, Any]]:
    """IANA names that people know; the portal's own comes first."""
    own = _("the portal’s (%(zone)s)") % {"zone": settings.TIME_ZONE}
    names = sorted(
        name for name in available_timezones() if "/" in name and not name.startswith(("Etc/", "posix", "right"))
    )
    return [("", own), ("UTC", "UTC"), *((name, name) for name in names)]


format_html_join_lazy = lazy(format_html_join, SafeString)


class ManyOptions(forms.Select):
    """Hundreds of options drawn at once; Django renders a template for each of them, most of what the page took."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        widget = self.get_context(name, value, attrs)["widget"]
        options = (
            (option["value"], " selected" if option["selected"] else "", option["label"])
            for _group, some, _index in widget["optgroups"]
            for option in some
        )
        drawn = format_html_join("", '<option value="{}"{}>{}</option>', options)
        return format_html('<select name="{}"{}>{}</select>', name, flatatt(widget["attrs"]), drawn)


class Preferences(forms.Form):
    name = forms.CharField(
        label=_("Name"), max_length=limits.NAME_LENGTH, error_messages={"required": _("Write your name.")}
    )
    locale = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=zones, required=False, widget=ManyOptions)


LANES = [(Lane.URGENT, _("Urgent news")), (Lane.ROUTINE, _("Routine news"))]
LONGEST_WAIT = 240  # minutes


def _hints(**words: Any) -> Any:
    """A hint for each channel; the stylesheet shows the one of the channel that is chosen."""
    return format_html_join_lazy(" ", '<span data-for="{}">{}</span>', words.items())


class NewMethod(forms.Form):
    channel = forms.ChoiceField(
        label=_("How"),
        choices=[
            (Channel.EMAIL, _("E-mail")),
            (Channel.CHAT, _("Chat")),
            (Channel.SMS, _("Text message")),
            (Channel.WEBHOOK, _("Web address of a machine")),
        ],
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=limits.ADDRESS_LENGTH,
        help_text=_hints(
            email=_("For example name@company.example."),
            chat=_("As the chat gives it to programs; examples stand below."),
            sms=_("As the text message service gives it to programs; examples stand below."),
            webhook=_("It begins with https:// and takes what a machine is told."),
        ),
        error_messages={"required": _("Say where the messages go.")},
    )
    label = forms.CharField(
        label=_("What you call it"),
        max_length=60,
        required=False,
        help_text=_("The address of a chat or a phone is kept secret, so this is what you see here."),
    )
    lane = forms.ChoiceField(label=_("For"), choices=LANES)


class ChangedMethod(forms.Form):
    """Which news a way is for, and the minutes before the next one is tried."""

    lane = forms.ChoiceField(choices=LANES)
    wait_minutes = WholeNumberField(min_value=0, max_value=LONGEST_WAIT)


def _time(label: Any) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": _("Write a time like 22:00.")},
    )


class QuietHours(forms.Form):
    """Both ends or none."""

    begin = _time(_("From"))
    end = _time(_("Until"))

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        begin, end = found.get("begin"), found.get("end")
        if not self.errors and (begin is None) != (end is None):
            missing = "begin" if begin is None else "end"
            self.add_error(missing, _("Choose both times, or leave both empty for no quiet hours."))
        elif begin is not None and begin == end:
            self.add_error("end", _("Choose two different times."))
        return found


class Away(forms.Form):
    starts_at = LocalDateTimeField(label=_("Away from"), error_messages={"required": _("Say from when you are away.")})
    ends_at = LocalDateTimeField(label=_("Back on"), error_messages={"required": _("Say when you are back.")})
    cover = forms.CharField(
        label=_("Who stands in"), required=False, max_length=254, help_text=_("Their e-mail address.")
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        for name in ("starts_at", "ends_at"):
            value: datetime | None = found.get(name)
            if value is not None and not 2000 <= value.year <= 2200:
                self.add_error(name, _("Choose a date in this century."))
        return found

    def clean_cover(self) -> User | None:
        email = self.cleaned_data["cover"].strip()
        if not email:
            return None
        person = User.objects.active().filter(email__iexact=email).first()
        if person is None:
            raise forms.ValidationError(_("Nobody here has this address."))
        return person


class NewToken(forms.Form):
    name = forms.CharField(
        label=_("What is it for?"),
        max_length=limits.NAME_LENGTH,
        help_text=_("For example: nightly export of the matrix."),
        error_messages={"required": _("Say what it is for.")},
    )
    scope = forms.ChoiceField(label=_("It may"), choices=[("read", _("read")), ("write", _("read and change"))])
    days = forms.TypedChoiceField(
        label=_("It ends after"),
        coerce=int,
        initial=90,
        choices=[(30, _("30 days")), (90, _("90 days")), (365, _("one year"))],
    )
