"""Times as template tags, part of ``ui``: drawn in the active zone against one "now", that of the request (UI.md)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil

from django import template
from django.template.defaultfilters import date as date_filter
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, pgettext

from portal import moments

register = template.Library()

MINUTE, HOUR = 60, 3600


def instant(context: template.Context) -> datetime:
    """The page's one "now"; the wall clock where a template is drawn without a request (this is the edge)."""
    request = context.get("request")
    return moments.of(request) if request is not None else timezone.now()


@register.simple_tag(takes_context=True)
def epoch(context: template.Context) -> int:
    """The page's "now" in seconds since 1970, so that scripts count by the server's clock."""
    return int(instant(context).timestamp())


def _title(at: datetime) -> str:
    """Exact time in UTC, then in the reader's zone with its name."""
    local = timezone.localtime(at)
    zone = timezone.get_current_timezone_name()
    utc = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return utc if zone == "UTC" else f"{utc} ({local:%H:%M} {zone})"


def _words(at: datetime, now: datetime) -> str:
    """Clock time today; tomorrow, yesterday or the weekday near it; then the date."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    days = (local.date() - today).days
    clock = f"{local:%H:%M}"
    if days == 0:
        return clock
    if days == 1:
        return gettext("tomorrow %(time)s") % {"time": clock}
    if days == -1:
        return gettext("yesterday %(time)s") % {"time": clock}
    if 1 < days < 7:
        return f"{date_filter(local, 'D')} {clock}"
    shape = pgettext("date format", "j M") if local.year == today.year else pgettext("date format", "j M Y")
    return f"{date_filter(local, shape)}, {clock}"


def spell(seconds: float) -> str:
    """A length of time in the portal's words: "under 1 min", "47 min", "3 h 05", "1 d 4 h"."""
    minutes = int(abs(seconds) // MINUTE)
    if minutes < 1:
        return gettext("under 1 min")
    if minutes < 60:
        return gettext("%(n)s min") % {"n": minutes}
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        if not minutes:
            return gettext("%(n)s h") % {"n": hours}
        return gettext("%(h)s h %(m)s") % {"h": hours, "m": f"{minutes:02d}"}
    days, hours = divmod(hours, 24)
    if not hours:
        return gettext("%(n)s d") % {"n": days}
    return gettext("%(d)s d %(h)s h") % {"d": days, "h": hours}


def _iso(seconds: float) -> str:
    return f"PT{int(abs(seconds) // MINUTE)}M"


def _time(at: datetime, text: str, *, focus: bool = False, extra: SafeString | str = "") -> SafeString:
    return format_html(
        '<time datetime="{}" title="{}"{}{}>{}</time>',
        at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        _title(at),
        mark_safe(' tabindex="0"') if focus else "",
        extra,
        text,
    )


@register.simple_tag(takes_context=True)
def when(context: template.Context, at: datetime | None, focus: bool = False) -> SafeString | str:
    """ "16:00" today, "tomorrow 09:00", "Mon 08:00", then "12 Mar, 08:00". Empty for None.

    `focus=True` lets the keyboard reach the exact time (use where the time is the point).
    """
    if at is None:
        return ""
    return _time(at, _words(at, instant(context)), focus=focus)


def _is_now(left: float, grace: timedelta | None) -> bool:
    """Whether what is due has begun to be, and nobody calls it late yet."""
    return bool(left <= 0 and grace and -left < grace.total_seconds())


def _grace(grace: timedelta | None) -> SafeString:
    return format_html(' data-grace="{}"', int(grace.total_seconds())) if grace else mark_safe("")


@register.simple_tag(takes_context=True)
def until(
    context: template.Context,
    at: datetime | None,
    start: datetime | None = None,
    focus: bool = False,
    grace: timedelta | None = None,
) -> SafeString | str:
    """A countdown: "6 min" within the hour, else as `when`; "late by 4 min" once past, "due now" within `grace`.

    With `start`, scripts announce half time, last quarter, one minute and zero.
    """
    if at is None:
        return ""
    now = instant(context)
    left = (at - now).total_seconds()
    if _is_now(left, grace):
        text = gettext("due now")
    elif left <= 0:
        text = gettext("late by %(time)s") % {"time": spell(left)}
    elif left < HOUR:
        text = gettext("%(n)s min") % {"n": ceil(left / MINUTE)}
    else:
        text = _words(at, now)
    extra = format_html(' data-until="{}"', int(at.timestamp())) + _grace(grace)
    if start is not None:
        extra += format_html(' data-from="{}"', int(start.timestamp()))
    return _time(at, text, focus=focus, extra=extra)


@register.simple_tag(takes_context=True)
def due(
    context: template.Context, at: datetime, start: datetime | None = None, grace: timedelta | None = None
) -> SafeString:
    """A label and a time: "due in" 6 min, "due" 16:00, "due" now within `grace`, "late by" 4 min."""
    left = (at - instant(context)).total_seconds()
    if _is_now(left, grace):
        word, text = gettext("due"), pgettext("due", "now")
    elif left <= 0:
        word, text = gettext("late by"), spell(left)
    elif left < HOUR:
        word, text = gettext("due in"), gettext("%(n)s min") % {"n": ceil(left / MINUTE)}
    else:
        word, text = gettext("due"), _words(at, instant(context))
    extra = format_html(' data-until="{}" data-pair', int(at.timestamp())) + _grace(grace)
    if start is not None:
        extra += format_html(' data-from="{}"', int(start.timestamp()))
    return format_html("<span>{}</span> {}", word, _time(at, text, focus=True, extra=extra))


@register.simple_tag(takes_context=True)
def since(context: template.Context, at: datetime | None, to: datetime | None = None) -> SafeString | str:
    """How long it has lasted since `at`: "47 min", "3 h 05"; up to `to` when it has ended."""
    if at is None:
        return ""
    seconds = ((to or instant(context)) - at).total_seconds()
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        _iso(seconds),
        _title(at),
        "" if to else format_html(' data-since="{}"', int(at.timestamp())),
        spell(seconds),
    )


@register.filter
def spelled(minutes: int) -> str:
    """So many minutes where they stand alone: "45 min", "1 h 30"."""
    return spell(minutes * MINUTE)


@register.simple_tag(takes_context=True)
def tone(
    context: template.Context,
    due_at: datetime | None,
    start: datetime | None = None,
    grace: timedelta | None = None,
) -> str:
    """Tone of a promise: "bad" when late, "warn" in the last quarter of its time and within `grace`, else "info"."""
    if due_at is None:
        return "info"
    left = (due_at - instant(context)).total_seconds()
    if left <= 0:
        return "warn" if _is_now(left, grace) else "bad"
    whole = (due_at - start).total_seconds() if start else HOUR
    return "warn" if left <= whole / 4 else "info"


@register.simple_tag(takes_context=True)
def used(context: template.Context, due_at: datetime, start: datetime) -> int:
    """Share of the time from `start` to `due_at` that has passed, 0 to 100, for `<progress>`."""
    whole = (due_at - start).total_seconds()
    passed = (instant(context) - start).total_seconds()
    return max(0, min(100, round(100 * passed / whole))) if whole > 0 else 100
