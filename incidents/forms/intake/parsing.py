"""Bytes become JSON that a database can store, and JSON becomes texts, times and words, or an error with its field.

``text_of`` and its like refuse what does not fit, for bodies whose writer reads our documentation; ``said`` and its
like take what they can use and leave the rest, for bodies that a product writes as it does.
"""

import json
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from portal import limits

EARLY = timedelta(minutes=5)  # clocks of people and machines differ
OLDEST = timedelta(days=366)
ID_LENGTH = 200


class Unacceptable(ValueError):
    """The body cannot be an event; `field` is where (empty: the whole body), the text says what to change."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def parsed(body: bytes) -> Any:
    def refuse(constant: str) -> None:
        raise Unacceptable("", _("%(word)s is no JSON number.") % {"word": constant})

    if not body.strip():
        raise Unacceptable("", _("The body is empty. Send a JSON object."))
    try:
        return json.loads(body.decode("utf-8"), parse_constant=refuse)
    except UnicodeDecodeError:
        raise Unacceptable("", _("The body is not UTF-8.")) from None
    except RecursionError:
        raise Unacceptable(
            "", _("The body is nested too deep (at most %(n)d levels).") % {"n": limits.JSON_DEPTH}
        ) from None
    except json.JSONDecodeError as error:
        raise Unacceptable("", _("The body is not JSON (line %(line)d).") % {"line": error.lineno}) from None
    except Unacceptable:
        raise
    except ValueError:
        raise Unacceptable("", _("A number in the body has too many digits.")) from None


def check_tree(content: Any, most: int = limits.JSON_KEYS) -> None:
    """Depth, number of keys, and signs that no database stores; without recursion."""
    waiting, keys = [("", content, 1)], 0
    while waiting:
        path, value, depth = waiting.pop()
        if depth > limits.JSON_DEPTH:
            raise Unacceptable(
                path, _("The body is nested too deep (at most %(n)d levels).") % {"n": limits.JSON_DEPTH}
            )
        if isinstance(value, dict):
            for key in value:
                _check_text(path, key)
            below = [(f"{path}.{key}".lstrip("."), item) for key, item in value.items()]
        elif isinstance(value, list):
            below = [(f"{path}[{number}]", item) for number, item in enumerate(value)]
        else:
            if isinstance(value, str):
                _check_text(path, value)
            if isinstance(value, float) and not math.isfinite(value):
                raise Unacceptable(path, _("This number is too large."))
            continue
        keys += len(below)
        if keys > most:
            raise Unacceptable("", _("The body has too many values (at most %(n)d).") % {"n": most})
        waiting += [(name, item, depth + 1) for name, item in below]


def _check_text(path: str, text: str) -> None:
    if "\x00" in text:
        raise Unacceptable(path, _("A text contains a NUL sign."))
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Unacceptable(path, _("A text contains half a sign (an unpaired surrogate)."))


def text_of(
    content: dict[str, Any], name: str, most: int, *, path: str = "", required: bool = False, cut: bool = False
) -> str:
    """A text of at most `most` characters (`cut`: the rest is left out), on one line if short."""
    value, path = content.get(name), path or name
    if value is None or value == "":
        if required:
            raise Unacceptable(path, _("This field is required."))
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Unacceptable(path, _("Send a text."))
    if len(value) > most and not cut:
        raise Unacceptable(path, _("Use at most %(n)d characters.") % {"n": most})
    if most <= limits.TITLE_LENGTH:
        value = " ".join(value.split())
    if required and not value.strip():
        raise Unacceptable(path, _("This field is required."))
    return value[:most]


def object_of(content: dict[str, Any], name: str, *, path: str = "") -> dict[str, Any]:
    value = content.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unacceptable(path or name, _("Send an object."))
    return value


def moment_of(content: dict[str, Any], name: str, at: datetime) -> datetime | None:
    value = content.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Unacceptable(name, _("Send a time in ISO 8601 with its offset."))
    try:
        moment = parse_datetime(value)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unacceptable(name, _("Send a time in ISO 8601 with its offset."))
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise Unacceptable(name, _("This time is too far away.")) from None
    if moment > at + EARLY:
        raise Unacceptable(name, _("This time lies in the future."))
    if moment < at - OLDEST:
        raise Unacceptable(name, _("This time is more than a year ago."))
    return min(moment, at)


def choice_of(content: dict[str, Any], name: str, allowed: list[str]) -> str | None:
    value = content.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or value.lower() not in allowed:
        raise Unacceptable(name, _("Use one of: %(words)s.") % {"words": ", ".join(allowed)})
    return value.lower()


# What a product writes as it does


def said(content: Any, *path: str, most: int = limits.NAME_LENGTH) -> str:
    """The text or number at `path`, cut to `most` characters; empty when there is none."""
    for name in path:
        content = content.get(name) if isinstance(content, dict) else None
    if isinstance(content, bool) or not isinstance(content, str | int | float):
        return ""
    text = str(content).strip()
    return (" ".join(text.split()) if most <= limits.TITLE_LENGTH else text)[:most]


def part(content: Any, *path: str) -> dict[str, Any]:
    """The object at `path`, empty when there is none."""
    for name in path:
        content = content.get(name) if isinstance(content, dict) else None
    return content if isinstance(content, dict) else {}


def items(content: Any, name: str) -> list[dict[str, Any]]:
    """The objects in the list `name`."""
    found = content.get(name) if isinstance(content, dict) else None
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []


def when(text: Any, at: datetime) -> datetime | None:
    """A time that can have been when it began; None for what is far away, such as the year 1, or no time at all."""
    if not isinstance(text, str) or len(text) > 64:
        return None
    if text.endswith("Z") and re.search(r"[+-]\d\d:?\d\dZ\Z", text):  # as PagerDuty's own client writes it
        text = text[:-1]
    try:
        moment = parse_datetime(text)
        moment = moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
    return min(moment, at) if moment is not None and at - OLDEST <= moment <= at + EARLY else None


def first_line(text: str) -> str:
    """The first line of `text` that says something, as a title."""
    line = next((line for line in text.splitlines() if line.strip()), text)
    return " ".join(line.split())[: limits.TITLE_LENGTH]


def names(*values: str, by: tuple[str, ...] = ("key", "name")) -> tuple[tuple[str, str], ...]:
    """`values` as names of a workflow, each once, in the order in which they are tried; at most eight."""
    found = [(how, value) for value in dict.fromkeys(values) if value for how in by]
    return tuple(found[:8])
