"""PagerDuty Events API v2: {routing_key, event_action, dedup_key, payload: {summary, source, severity, …}}.

Its clients are written for one server, so what is refused is refused in its words: every miss at once, each naming
the field. The routing key is the source's secret and leaves the body before anything else looks at it.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from incidents.forms.intake.parsing import ID_LENGTH, Unacceptable, first_line, items, names, part, said, when
from incidents.services import reasons
from portal import limits, redaction

SEVERITIES = {"critical": "sev1", "error": "sev2", "warning": "sev3", "info": "sev4"}
NAMES_WORKFLOW = ("workflow", "workflow_key", "workflow_id", "workflow_name", "flow", "flow_id")
NAMES_VERSION = ("workflow_version", "version", "build", "revision", "commit")
LINKS = 20


class Invalid(Unacceptable):
    """The event misses something; `errors` are all of it, in PagerDuty's words."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__(errors[0].split("'")[1] if "'" in errors[0] else "", "; ".join(errors))
        self.errors = errors


def read(content: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Raises Invalid."""
    action = said(content, "event_action").lower()
    errors = list(_misses(content, action))
    if errors:
        raise Invalid(errors)
    payload = part(content, "payload")
    dedup_key = said(content, "dedup_key", most=10 * ID_LENGTH) or generated(content)
    summary = redaction.scrub_text(said(payload, "summary", most=limits.TEXT_LENGTH))
    return {
        "title": first_line(summary) or _("%(action)s of %(key)s") % {"action": action, "key": dedup_key[:ID_LENGTH]},
        "description": redaction.scrub_text(_description(content, payload))[: limits.TEXT_LENGTH],
        "workflows": workflows(payload),
        "dedup_key": dedup_key,
        "group_reason": reasons.SAME_KEY % {"key": dedup_key[:ID_LENGTH]},
        "action": action,
        "occurred_at": when(payload.get("timestamp"), at),
        "severity": SEVERITIES.get(said(payload, "severity").lower()),
        "workflow_version": version(payload),
        "components": tuple(
            redaction.scrub_text(text) for text in [said(payload, "component"), said(payload, "group")] if text
        ),
        "repeats": True,
    }


def _misses(content: dict[str, Any], action: str) -> Iterator[str]:
    if action not in ("trigger", "acknowledge", "resolve"):
        yield "'event_action' is missing or is not one of trigger, acknowledge, resolve"
    if "dedup_key" in content and content["dedup_key"] is not None and not isinstance(content["dedup_key"], str):
        yield "'dedup_key' must be a string"
    if action in ("acknowledge", "resolve"):
        if not said(content, "dedup_key"):
            yield "'dedup_key' is missing or blank"
        return
    payload = content.get("payload")
    if not isinstance(payload, dict):
        yield "'payload' is missing or is not an object"
        return
    yield from _blanks(payload, "summary", "source")
    if said(payload, "severity").lower() not in SEVERITIES:
        yield "'payload.severity' is missing or is not one of critical, error, warning, info"


def _blanks(payload: dict[str, Any], *wanted: str) -> Iterator[str]:
    for name in wanted:
        if not said(payload, name):
            yield f"'payload.{name}' is missing or blank"


def generated(content: dict[str, Any]) -> str:
    """The key of an event that names none: equal events get the same one, so that a retry stays one event."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def workflows(payload: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """The workflow by what the details call it, else by the component or the source."""
    details = part(payload, "custom_details")
    named = next((said(details, name) for name in NAMES_WORKFLOW if said(details, name)), "")
    by = names(named, by=("key", "external_id", "name"))
    return by + names(said(payload, "component"), said(payload, "source"))


def version(payload: dict[str, Any]) -> str:
    details = part(payload, "custom_details")
    found = next((said(details, name) for name in NAMES_VERSION if said(details, name)), "")
    return redaction.scrub_text(found)[: limits.KEY_LENGTH]


def _description(content: dict[str, Any], payload: dict[str, Any]) -> str:
    """What it says in lines: the summary if the title cuts it, where it comes from, its details and links."""
    summary = said(payload, "summary", most=limits.TEXT_LENGTH)
    lines = [summary if summary != first_line(summary) else ""]
    lines += [f"{name}: {said(payload, name)}" for name in ("source", "component", "group", "class")]
    details = redaction.scrub(payload.get("custom_details"))
    if isinstance(details, dict):
        lines += [f"{name}: {_short(value)}" for name, value in list(details.items())[:50]]
    elif details:
        lines.append(_short(details))
    lines += [" ".join(filter(None, (link["text"], link["href"]))) for link in links(content)]
    lines.append(said(content, "client_url", most=limits.ADDRESS_LENGTH))
    return "\n".join(line for line in lines if line and not line.endswith(": "))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text[: limits.REASON_LENGTH]


def links(content: dict[str, Any]) -> list[dict[str, str]]:
    """[{href, text}] of http(s) addresses; others are left out."""
    found = []
    for item in items(content, "links")[:LINKS]:
        href = redaction.scrub_text(said(item, "href", most=limits.ADDRESS_LENGTH))
        if href.startswith(("https://", "http://")):
            found.append({"href": href, "text": redaction.scrub_text(said(item, "text"))})
    return found


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change event: somebody changed a workflow, redacted."""

    summary: str
    changed_at: datetime | None
    source: str
    version: str
    workflows: tuple[tuple[str, str], ...]
    links: list[dict[str, str]]
    details: dict[str, Any]


def read_change(content: dict[str, Any], at: datetime) -> Change:
    """Raises Invalid."""
    payload = content.get("payload")
    if not isinstance(payload, dict):
        raise Invalid(["'payload' is missing or is not an object"])
    errors = list(_blanks(payload, "summary"))
    if errors:
        raise Invalid(errors)
    details = redaction.scrub(payload.get("custom_details"))
    return Change(
        summary=redaction.scrub_text(said(payload, "summary", most=limits.TITLE_LENGTH)),
        changed_at=when(payload.get("timestamp"), at),
        source=redaction.scrub_text(said(payload, "source")),
        version=version(payload),
        workflows=workflows(payload),
        links=links(content),
        details=details if isinstance(details, dict) else {"details": details} if details else {},
    )
