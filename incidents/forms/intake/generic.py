"""The body of DESIGN section 10, or any JSON object whose fields a mapping of the source finds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from incidents.forms import mapping as mappings
from incidents.forms.intake.parsing import (
    ID_LENGTH,
    Unacceptable,
    choice_of,
    first_line,
    moment_of,
    object_of,
    text_of,
)
from incidents.models.incidents import Severity
from incidents.services import reasons
from portal import limits, redaction

COMPONENTS = 100
SEVERITIES = list(Severity.values)
ACTIONS = ["trigger", "acknowledge", "resolve"]
TEXTS = {  # of a mapped field: how much of it is kept; ids are told apart by all of them
    "title": limits.TITLE_LENGTH,
    "description": limits.TEXT_LENGTH,
    "workflow": limits.NAME_LENGTH,
    "dedup_key": 10 * ID_LENGTH,
    "event_id": 10 * ID_LENGTH,
    "workflow_version": limits.KEY_LENGTH,
}


def read(content: dict[str, Any], at: datetime, mapping: Mapping[str, str]) -> dict[str, Any]:
    """Keys that we do not know stay in the stored details. Raises Unacceptable, which names the mapped path."""
    if not mapping:
        object_of(content, "details")
        return _event(content, at, {})
    found = {}
    for name, text in mapping.items():
        try:
            found[name] = _foreign(name, mappings.read(content, mappings.parse(text)), text)
        except mappings.BadPath as error:
            raise Unacceptable(text, _("The mapping of %(field)s: %(why)s") % {"field": name, "why": error}) from None
    return _event(content | found, at, mapping)


def _foreign(name: str, value: Any, path: str) -> Any:
    """A mapped value as our own body would say it."""
    if value is None or value == "":
        return None
    if name == "action":
        return mappings.action_of(value)
    if name == "severity":
        return mappings.severity_of(value)
    if name == "components":
        listed = value if isinstance(value, list) else [value]
        return [_plain(item, path)[: limits.NAME_LENGTH] for item in listed[:COMPONENTS]]
    if name == "occurred_at":
        return value
    text = _plain(value, path)
    return first_line(text) if name == "title" else text[: TEXTS[name]]


def _plain(value: Any, path: str) -> str:
    if isinstance(value, list) and value and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unacceptable(path, _("The mapping leads to something that is no text."))
    return str(value)


def _event(content: dict[str, Any], at: datetime, paths: Mapping[str, str]) -> dict[str, Any]:
    def text(name: str, most: int, *, required: bool = False) -> str:
        return text_of(content, name, most, path=paths.get(name, ""), required=required)

    try:
        workflow = text("workflow", limits.NAME_LENGTH)
        dedup_key = text("dedup_key", TEXTS["dedup_key"] if "dedup_key" in paths else ID_LENGTH)
        return {
            "title": redaction.scrub_text(text("title", limits.TITLE_LENGTH, required=True)),
            "description": redaction.scrub_text(text("description", limits.TEXT_LENGTH)),
            "workflows": (("key", workflow), ("name", workflow)) if workflow else (),
            "event_id": text("event_id", TEXTS["event_id"] if "event_id" in paths else ID_LENGTH),
            "dedup_key": dedup_key,
            "group_reason": reasons.SAME_KEY % {"key": dedup_key[:ID_LENGTH]} if dedup_key else "",
            "action": choice_of(content, "action", ACTIONS) or "trigger",
            "occurred_at": moment_of(content, "occurred_at", at),
            "severity": choice_of(content, "severity", SEVERITIES),
            "workflow_version": text("workflow_version", limits.KEY_LENGTH),
            "components": _components(content),
        }
    except Unacceptable as error:
        raise Unacceptable(paths.get(error.field, error.field), str(error)) from None


def _components(content: dict[str, Any]) -> tuple[str, ...]:
    components = content.get("components") or []
    if not isinstance(components, list) or not all(isinstance(item, str) for item in components):
        raise Unacceptable("components", _("Send a list of texts."))
    if len(components) > COMPONENTS or any(len(item) > limits.NAME_LENGTH for item in components):
        raise Unacceptable("components", _("Send at most 100 names of %(n)d characters.") % {"n": limits.NAME_LENGTH})
    return tuple(redaction.scrub_text(item) for item in components if item.strip())
