"""Parts of the design system as template tags (UI.md, Components); those of times are in ``times``."""

from __future__ import annotations

from functools import cache
from typing import Any

from django import template
from django.conf import settings
from django.template.defaultfilters import date as date_filter
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext, pgettext

from portal.templatetags import times
from portal.templatetags.icons import ICONS
from portal.templatetags.times import instant

register = template.Library()
register.tags |= times.register.tags
register.filters |= times.register.filters


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
