"""A question of a workflow that waits: plain words, or what a Node-RED flow posts when it needs a human decision."""

import json
from typing import Any

from django.utils.translation import gettext as _

from incidents.forms.intake import parsing
from incidents.forms.intake.parsing import Unacceptable, object_of, text_of
from incidents.models import Source
from portal import limits

GIVEN = 50  # things that are said with one question
VALUE_LENGTH = 1_000
KEY_LENGTH = 140  # the name of its sender stands before it
STEP = "Step: %(step)s"
KEYS = ("key", "msgid", "event_id")


def read(content: dict[str, Any], *, format: str) -> dict[str, Any]:
    """The fields of a question in `content`; `given` is flat, {name: text}. Raises Unacceptable.

    A flow of Node-RED may hand on the message that it stopped at as it is: the error is the question, the original
    message is what is given, and whatever the flow names besides counts more.
    """
    found = dict(content)
    if format == Source.Format.NODE_RED and "error" in content:
        found = _of_flow(content) | {name: value for name, value in content.items() if name not in ("flow", "error")}
    if "given" in found:
        found["given"] = flat(object_of(found, "given"))
    return found


def key_of(content: dict[str, Any], *headers: str) -> str:
    """The name by which the sender knows its question again; empty when it has none. Raises Unacceptable."""
    named = [text_of(content, name, KEY_LENGTH, path=name) for name in KEYS]
    found = next((name.strip() for name in (*named, *headers) if name.strip()), "")
    if len(found) > KEY_LENGTH:
        raise Unacceptable("key", _("Use at most %(count)d characters.") % {"count": KEY_LENGTH})
    return found


def _of_flow(content: dict[str, Any]) -> dict[str, Any]:
    flow = object_of(content, "flow")
    node = object_of(object_of(content, "error"), "source", path="error.source")
    message = text_of(object_of(content, "error"), "message", limits.TEXT_LENGTH, path="error.message", required=True)
    names = text_of(flow, "id", limits.NAME_LENGTH, path="flow.id"), text_of(flow, "name", limits.NAME_LENGTH)
    original = content.get("original", {})
    line = parsing.first_line(message)[: limits.TITLE_LENGTH]
    step = text_of(node, "name", limits.NAME_LENGTH, path="error.source.name", cut=True)
    details = [message if message.strip() != line else "", STEP % {"step": step} if step else ""]
    found = {
        "question": line,
        "details": "\n".join(part for part in details if part),
        "given": original if isinstance(original, dict) else {"payload": original},
        "workflow": next((name for name in names if name), ""),
    }
    return {name: value for name, value in found.items() if value}


def workflows(content: dict[str, Any], workflow: str) -> tuple[tuple[str, str], ...]:
    """What may name the workflow, to try in order, as ``receive.workflow_of`` takes it."""
    flow = content.get("flow") if isinstance(content.get("flow"), dict) else {}
    assert isinstance(flow, dict)
    named = [("external_id", flow.get("id")), ("name", flow.get("name"))]
    named = [("key", workflow), ("name", workflow), *named]
    return tuple((how, value) for how, value in named if isinstance(value, str) and value)


def flat(value: dict[str, Any], before: str = "") -> dict[str, str]:
    """{name: text} of all that `value` holds, names of what lies inside joined by dots. Raises Unacceptable."""
    found: dict[str, str] = {}
    waiting = [(before, value)]
    while waiting:
        place, part = waiting.pop(0)
        for name, item in part.items():
            path = f"{place}.{name}" if place else name
            if isinstance(item, dict) and item:
                waiting.append((path, item))
                continue
            found[path[: limits.NAME_LENGTH]] = as_text(item)[:VALUE_LENGTH]
    if len(found) > GIVEN:
        raise Unacceptable("given", _("Say at most %(count)d things.") % {"count": GIVEN})
    return found


def as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
