"""A layer of an on-call schedule as an admin writes it: people and times as lines of text."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from governance.models import Layer
from governance.models.oncall import DAYS
from portal.models import User

_LINE = re.compile(r"([a-z ,-]+?)\s+(\d\d:\d\d)\s*[-–]\s*(\d\d:\d\d)")
SHAPE = _("Write each time on a line of its own, like “Mon-Fri 08:00-18:00”.")


class LayerForm(forms.ModelForm):  # type: ignore[type-arg]
    """`people` and `windows` are lines; the cleaned values are users in their order and windows as the table has
    them."""

    people = forms.CharField(
        label=_("People in turn"),
        widget=forms.Textarea(attrs={"rows": 4, "cols": 40}),
        help_text=_("One e-mail address a line, in the order of the turns. A person may stand there more than once."),
    )
    windows = forms.CharField(
        label=_("Only at these times"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 40}),
        help_text=_("A line each, like “Mon-Fri 08:00-18:00”; “Sat,Sun 20:00-08:00” passes midnight. Empty: always."),
    )

    class Meta:
        model = Layer
        fields = ["key", "order", "rotation", "every", "handover", "weekday", "starts_on", "ends_on", "windows"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        layer = self.instance
        known = layer.members.order_by("position") if layer.pk and not layer._state.adding else ()
        self.initial["people"] = "\n".join(member.person.email for member in known)
        self.initial["windows"] = windows_text(layer.windows)

    def clean_people(self) -> list[User]:
        wanted = [line.strip().lower() for line in self.cleaned_data["people"].splitlines() if line.strip()]
        found = {user.email.lower(): user for user in User.objects.active().filter(email__in=wanted)}
        unknown = [email for email in wanted if email not in found]
        if unknown:
            text = _("Nobody here has the address %(email)s.")
            raise forms.ValidationError(text, params={"email": unknown[0]})
        return [found[email] for email in wanted]

    def clean_windows(self) -> list[dict[str, Any]]:
        lines = [line.strip() for line in self.cleaned_data["windows"].splitlines()]
        return [_window(line) for line in lines if line]


def windows_text(windows: Sequence[dict[str, Any]]) -> str:
    """Windows as lines that ``LayerForm`` reads again."""
    return "\n".join(
        f"{','.join(DAYS[day] for day in item['weekdays'])} {item['from']}-{item['to']}" for item in windows
    )


def _window(line: str) -> dict[str, Any]:
    found = _LINE.fullmatch(line.lower())
    if found is None:
        raise forms.ValidationError(SHAPE)
    days = [day for part in found[1].split(",") for day in _days(part.strip())]
    return {"weekdays": sorted(set(days)), "from": found[2], "to": found[3]}


def _days(part: str) -> list[int]:
    """``mon``, or ``fri-mon`` for four days."""
    names = [name.lower() for name in DAYS]
    first, dash, last = (name.strip() for name in part.partition("-"))
    if first not in names or (dash and last not in names):
        raise forms.ValidationError(SHAPE)
    begin = names.index(first)
    count = (names.index(last) - begin) % 7 if dash else 0
    return [(begin + step) % 7 for step in range(count + 1)]
