"""Parts of the design system as template tags (UI.md, Components).

Times are drawn in the active zone against one "now", that of the request.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from math import ceil
from typing import Any

from django import template
from django.conf import settings
from django.template.defaultfilters import date as date_filter
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext

from portal import moments
from portal.templatetags.icons import ICONS

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86400


def instant(context: template.Context) -> datetime:
    """The page's one "now"; the wall clock where a template is drawn without a request (this is the edge)."""
    request = context.get("request")
    return moments.of(request) if request is not None else timezone.now()


@register.simple_tag(takes_context=True)
def epoch(context: template.Context) -> int:
    """The page's "now" in seconds since 1970, so that scripts count by the server's clock."""
    return int(instant(context).timestamp())


# --- marks ---------------------------------------------------------------


@register.simple_tag
@cache
def icon(name: str, size: int = 16) -> SafeString:
    """A line icon, hidden from assistive technology: the word stands beside it."""
    body = ICONS.get(name, "")
    box, width = (22, "2.2") if name == "mark" else (16, "1.4")
    return format_html(
        '<svg width="{}" height="{}" viewBox="0 0 {} {}" stroke-width="{}" stroke-linecap="round"'
        ' stroke-linejoin="round" aria-hidden="true">{}</svg>',
        size,
        size,
        box,
        box,
        width,
        mark_safe(body),  # noqa: S308 - constants of this module
    )


@register.simple_tag
def sev(severity: object) -> SafeString:
    """Severity badge for "sev1" to "sev4"; an unknown or empty one says "Not rated yet"."""
    text = str(severity or "").lower().removeprefix("sev")
    if text not in {"1", "2", "3", "4"}:
        return format_html('<span class="pill" data-tone="open">{}</span>', gettext("Not rated yet"))
    return _badge(int(text))


@cache
def _badge(level: int) -> SafeString:
    pips = format_html_join(
        "",
        '<rect x="{}" y="{}" width="2.5" height="{}" rx=".5"{}/>',
        ((i * 3.5, 7 - 2 * i, 3 + 2 * i, mark_safe(' class="off"') if i > 4 - level else "") for i in range(4)),
    )
    return format_html(
        '<span class="sev" data-sev="{}"><svg width="13" height="10" viewBox="0 0 13 10"'
        ' aria-hidden="true">{}</svg>SEV{}</span>',
        level,
        pips,
        level,
    )


@register.simple_tag
def pill(tone: str, text: object) -> SafeString:
    """A dot (ring for tone "open") and a word. Tones: info, ok, warn, bad, open or ""."""
    if not tone:
        return format_html('<span class="pill">{}</span>', text)
    return format_html('<span class="pill" data-tone="{}">{}</span>', tone, text)


def name_of(user: Any) -> str:
    """What people call `user`: `full_name`, else Django's full name, else `name`, else str."""
    if user is None:
        return ""
    if isinstance(user, str):
        return user
    for attribute in ("full_name", "get_full_name", "name"):
        value = getattr(user, attribute, None)
        value = value() if callable(value) else value
        if value:
            return str(value)
    return str(user)


@register.filter
def initials(user: Any) -> str:
    """Two capitals for the round mark: first letters of the first and the last word."""
    words = [word for word in name_of(user).replace("@", " ").split() if word[:1].isalpha() and not word.endswith(".")]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


register.filter("name_of", name_of)


@register.simple_tag(takes_context=True)
def person(context: template.Context, user: Any, you: bool = False) -> SafeString:
    """Initials and full name. `you=True` says "You" to the reader. Nobody: a muted "Nobody"."""
    if not user:
        return format_html('<span class="muted">{}</span>', gettext("Nobody"))
    name = name_of(user)
    reader = context.get("user")
    if you and reader is not None and getattr(user, "pk", None) == getattr(reader, "pk", 0):
        name = gettext("You")
    return format_html('<span class="person"><i aria-hidden="true">{}</i>{}</span>', initials(user), name)


# --- error pages: no database, no context processor, perhaps no request -----------


@register.simple_tag
def site_name() -> str:
    """The site's name, also where no context processor ran."""
    return str(settings.SITE_NAME)


@register.simple_tag
def asset(path: str) -> str:
    """Address of a static file; empty where the manifest does not know it (an error page must not fail)."""
    try:
        return static(path)
    except ValueError:
        return ""


SECRET_WORDS = ("csrf", "password", "token", "secret", "code", "credential", "key")


@register.simple_tag(takes_context=True)
def typed(context: template.Context) -> list[str]:
    """What the person wrote into the form that failed, so that it can be copied; never a secret."""
    request = context.get("request")
    if request is None or request.method != "POST":
        return []
    try:
        pairs = [(name, value) for name, values in request.POST.lists() for value in values]
    except Exception:  # the body itself was refused (too large, cut off): nothing to give back
        return []
    return [
        value for name, value in pairs if len(value) > 12 and not any(word in name.lower() for word in SECRET_WORDS)
    ][:20]


# --- times ---------------------------------------------------------------


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


@register.simple_tag(takes_context=True)
def as_of(context: template.Context) -> str:
    """When this page was made, and who "you" is: for its printed copy."""
    local = timezone.localtime(instant(context))
    date = date_filter(local, pgettext("date format", "j M Y"))
    words = {"at": f"{date}, {local:%H:%M} {timezone.get_current_timezone_name()}", "name": ""}
    reader = context.get("user")
    if reader is None or not reader.is_authenticated:
        return gettext("As of %(at)s") % words
    return gettext("As of %(at)s, as %(name)s sees it") % (words | {"name": name_of(reader)})


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


# --- forms ---------------------------------------------------------------


def _control(bound: Any) -> str:
    widget = bound.field.widget
    kind = getattr(widget, "input_type", "")
    if kind == "hidden" or bound.is_hidden:
        return "hidden"
    if getattr(widget, "use_fieldset", False) and kind in {"radio", "checkbox"}:
        return "choices"
    return "check" if kind == "checkbox" else "input"


@register.inclusion_tag("portal/_field.html")
def field(bound: Any, hint: str = "", label: str = "", layout: str = "", optional: bool = True) -> dict[str, Any]:
    """Label, hint, error, control, in this order (UI.md).

    `layout="list"` puts choices below each other; `optional=False` leaves out "(if you know)". What allauth writes
    into its empty controls repeats their labels.
    """
    bound.field.widget.attrs.pop("placeholder", None)
    return {
        "bound": bound,
        "control": _control(bound),
        "hint": hint.strip() if hint else bound.help_text,  # a blank hint silences the help text
        "label": label or bound.label,
        "layout": layout,
        "optional": optional and not bound.field.required and _control(bound) == "input",
    }


@register.inclusion_tag("portal/_errors.html")
def errors(*forms: Any) -> dict[str, Any]:
    """Summary of everything that has to be changed, each with a link to its control."""
    items: list[tuple[str, str]] = []
    for form in forms:
        if form is None or not getattr(form, "errors", None):
            continue
        items += [("", str(error)) for error in form.non_field_errors()]
        for bound in form:
            target = bound.id_for_label or f"{bound.auto_id}_0"
            items += [(target, str(error)) for error in bound.errors]
    title = ngettext("One thing needs your attention", "%(n)s things need your attention", len(items)) % {
        "n": len(items)
    }
    return {"items": items, "title": title}
