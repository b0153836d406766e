"""Events of machines: bytes become an ``Arrival``, or an error that names the field (DESIGN section 10)."""

import hashlib
import json
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from incidents.models.incidents import Severity
from incidents.models.intake import Source
from incidents.services.receive import Arrival
from portal import limits, redaction

EARLY = timedelta(minutes=5)  # clocks of people and machines differ
OLDEST = timedelta(days=366)
ID_LENGTH = 200


class Unacceptable(ValueError):
    """The body cannot be an event; `field` is where (empty: the whole body), the text says what to change."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def read(body: bytes, *, format: str, at: datetime) -> Arrival:
    """The event in `body`. Raises Unacceptable."""
    content = _json(body)
    _check_tree(content)
    if not isinstance(content, dict):
        raise Unacceptable("", _("Send a JSON object."))
    arrival = READERS[format](content, at)
    digest = hashlib.sha256(body).hexdigest()
    return Arrival(**(arrival | {"body": redaction.scrub(content), "body_hash": digest}))


def _json(body: bytes) -> Any:
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


def _check_tree(content: Any) -> None:
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
        if keys > limits.JSON_KEYS:
            raise Unacceptable("", _("The body has too many values (at most %(n)d).") % {"n": limits.JSON_KEYS})
        waiting += [(name, item, depth + 1) for name, item in below]


def _check_text(path: str, text: str) -> None:
    if "\x00" in text:
        raise Unacceptable(path, _("A text contains a NUL sign."))
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        raise Unacceptable(path, _("A text contains half a sign (an unpaired surrogate)."))


def _text(
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


def _object(content: dict[str, Any], name: str, *, path: str = "") -> dict[str, Any]:
    value = content.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unacceptable(path or name, _("Send an object."))
    return value


def _moment(content: dict[str, Any], name: str, at: datetime) -> datetime | None:
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


def _choice(content: dict[str, Any], name: str, allowed: list[str]) -> str | None:
    value = content.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or value.lower() not in allowed:
        raise Unacceptable(name, _("Use one of: %(words)s.") % {"words": ", ".join(allowed)})
    return value.lower()


def generic(content: dict[str, Any], at: datetime) -> dict[str, Any]:
    """The body of DESIGN section 10; keys that we do not know stay in the stored details."""
    components = content.get("components") or []
    if not isinstance(components, list) or not all(isinstance(item, str) for item in components):
        raise Unacceptable("components", _("Send a list of texts."))
    if len(components) > 100 or any(len(item) > limits.NAME_LENGTH for item in components):
        raise Unacceptable("components", _("Send at most 100 names of %(n)d characters.") % {"n": limits.NAME_LENGTH})
    _object(content, "details")
    workflow = _text(content, "workflow", limits.NAME_LENGTH)
    dedup_key = _text(content, "dedup_key", ID_LENGTH)
    return {
        "title": redaction.scrub_text(_text(content, "title", limits.TITLE_LENGTH, required=True)),
        "description": redaction.scrub_text(_text(content, "description", limits.TEXT_LENGTH)),
        "workflows": (("key", workflow), ("name", workflow)) if workflow else (),
        "event_id": _text(content, "event_id", ID_LENGTH),
        "dedup_key": dedup_key,
        "group_reason": _("it names the same dedup_key, “%(key)s”") % {"key": dedup_key} if dedup_key else "",
        "action": _choice(content, "action", ["trigger", "resolve"]) or "trigger",
        "occurred_at": _moment(content, "occurred_at", at),
        "severity": _choice(content, "severity", list(Severity.values)),
        "workflow_version": _text(content, "workflow_version", limits.KEY_LENGTH),
        "components": tuple(redaction.scrub_text(item) for item in components),
    }


def node_red(content: dict[str, Any], at: datetime) -> dict[str, Any]:
    """What a Node-RED catch node posts: {flow, msgid, error: {message, source}}."""
    flow, error = _object(content, "flow"), _object(content, "error")
    origin = _object(error, "source", path="error.source")
    message = _text(error, "message", limits.TEXT_LENGTH, path="error.message", required=True, cut=True)
    flow_id = _text(flow, "id", ID_LENGTH // 2, path="flow.id")
    flow_name = _text(flow, "name", limits.NAME_LENGTH, path="flow.name", cut=True)
    node = _text(origin, "name", limits.NAME_LENGTH, path="error.source.name", cut=True)
    node_id = _text(origin, "id", ID_LENGTH // 2 - 1, path="error.source.id")
    safe = redaction.scrub_text(message)
    first_line = next((line for line in safe.splitlines() if line.strip()), safe)
    title = f"{flow_name}: {first_line}" if flow_name else first_line
    names = [("external_id", flow_id), ("name", flow_name)]
    group = f"{flow_id}+{node_id}" if flow_id or node_id else ""
    return {
        "title": " ".join(title.split())[: limits.TITLE_LENGTH],
        "description": safe,
        "workflows": tuple((how, value) for how, value in names if value),
        "event_id": _text(content, "msgid", ID_LENGTH),
        "dedup_key": group,
        "group_reason": _("it is the same step, “%(node)s” of %(flow)s")
        % {"node": node or node_id, "flow": flow_name or flow_id}
        if group
        else "",
        "components": (node,) if node else (),
    }


READERS: dict[str, Callable[[dict[str, Any], datetime], dict[str, Any]]] = {
    Source.Format.GENERIC: generic,
    Source.Format.NODE_RED: node_red,
}
