"""Events of machines: bytes become an ``Arrival``, or an error that names the field (DESIGN section 10).

Each format is a module with ``read(content, at)``; `content` is its body as JSON. Nothing that a source's paths or
its format call secret is in an ``Arrival``: texts are read from the redacted body, and ids that hold such a value are
replaced by their hash, so that equal ones stay equal.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from django.utils.translation import gettext as _

from incidents.forms import mapping as mappings
from incidents.forms.intake import alertmanager, asked, generic, n8n, node_red, pagerduty, parsing, slack
from incidents.forms.intake.parsing import ID_LENGTH, Unacceptable
from incidents.models import Source
from incidents.services.receive import Arrival
from portal import limits, redaction

__all__ = [
    "FORM",
    "ID_LENGTH",
    "Unacceptable",
    "arrival_of",
    "change_of",
    "content_of",
    "excerpt",
    "hash_of",
    "question_of",
    "read",
]

Reader = Callable[[dict[str, Any], datetime], dict[str, Any]]
READERS: dict[str, Reader] = {
    Source.Format.NODE_RED: node_red.read,
    Source.Format.N8N: n8n.read,
    Source.Format.ALERTMANAGER: alertmanager.read,
    Source.Format.PAGERDUTY: pagerduty.read,
    Source.Format.SLACK: slack.read,
}
FORM = "application/x-www-form-urlencoded"
TEXTS = ("title", "description", "workflow_version", "group_reason")
IDS = ("event_id", "dedup_key")
SHORTEST = 5  # a redacted value of so many characters is looked for in other texts too
EXCERPT = 500


def read(body: bytes, *, source: Source, at: datetime, content_type: str = "application/json") -> Arrival:
    """The event in `body`. Raises Unacceptable."""
    content = content_of(body, format=source.format, content_type=content_type)
    return arrival_of(content, source=source, at=at, body_hash=hash_of(body))


def hash_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def content_of(body: bytes, *, format: str, content_type: str = "application/json") -> dict[str, Any]:
    """The JSON object in `body`, such as a database can store. Raises Unacceptable."""
    content = parsing.parsed(_of_form(body) if content_type == FORM else body)
    most = limits.ALERT_KEYS if format == Source.Format.ALERTMANAGER else limits.JSON_KEYS
    parsing.check_tree(content, most)
    if format == Source.Format.N8N and isinstance(content, list) and len(content) == 1:
        content = content[0]  # n8n hands items on in lists
    if not isinstance(content, dict):
        raise Unacceptable("", _("Send a JSON object."))
    return content


def _of_form(body: bytes) -> bytes:
    """The field `payload`, in which older clients of Slack send their JSON."""
    try:
        found = parse_qs(body.decode("ascii"), max_num_fields=20, errors="strict").get("payload", [""])
    except ValueError:
        raise Unacceptable("payload", _("Send the JSON in the field payload.")) from None
    return found[0].encode("utf-8", "surrogatepass")


def arrival_of(content: dict[str, Any], *, source: Source, at: datetime, body_hash: str = "") -> Arrival:
    """What `source` reads from `content`, also from a body stored before. Raises Unacceptable."""
    content = {name: value for name, value in content.items() if name != "routing_key"}
    reader = _reader(source)
    meant = reader(content, at)
    if source.redact:
        content, meant = _redacted(content, meant, reader, source, at)
    if source.format == Source.Format.N8N:
        content = n8n.without_settings(content)
    return Arrival(**(meant | {"body": redaction.scrub(content), "body_hash": body_hash}))


def _reader(source: Source) -> Reader:
    if source.format == Source.Format.GENERIC:
        return lambda content, at: generic.read(content, at, source.mapping or {})
    return READERS[source.format]


def _redacted(
    content: dict[str, Any], meant: dict[str, Any], reader: Reader, source: Source, at: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """`content` and what was read from it without the values at the secret paths of `source`."""
    hidden: list[str] = []
    content = _hidden(content, source, hidden)
    try:
        safe = reader(content, at)
    except Unacceptable:  # a field that must be a time or one of few words is no longer one
        safe = meant | {"title": redaction.MARK, "description": "", "components": (), "workflow_version": ""}
    kept = dict(meant)
    kept |= {name: _without(safe[name], hidden) for name in TEXTS if name in safe}
    kept["components"] = tuple(_without(text, hidden) for text in safe.get("components", ()))
    kept["workflows"] = tuple(safe.get("workflows", ()))
    kept |= {name: _hashed(meant[name], safe.get(name, ""), hidden) for name in IDS if meant.get(name)}
    return _clean(content, hidden), kept


def _without(text: str, hidden: Sequence[str]) -> str:
    for value in hidden:
        text = text.replace(value, redaction.MARK)
    return text


def _hashed(text: str, safe: str, hidden: Sequence[str]) -> str:
    is_clean = text == safe and not any(value in text for value in hidden)
    return text if is_clean else hashlib.sha256(text.encode()).hexdigest()


def _clean(value: Any, hidden: Sequence[str]) -> Any:
    """`value` without `hidden` values wherever else they are repeated."""
    if isinstance(value, dict):
        return {key: _clean(item, hidden) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item, hidden) for item in value]
    if isinstance(value, str):
        return _without(value, hidden)
    return redaction.MARK if not isinstance(value, bool) and str(value) in hidden else value


def change_of(content: dict[str, Any], *, source: Source, at: datetime) -> pagerduty.Change:
    """The change event in `content`. Raises Unacceptable."""
    hidden: list[str] = []
    safe = _hidden(content, source, hidden)
    change = pagerduty.read_change(safe, at)
    texts: dict[str, Any] = {name: _without(getattr(change, name), hidden) for name in ("summary", "source", "version")}
    links = [{name: _without(text, hidden) for name, text in link.items()} for link in change.links]
    return replace(change, **texts, links=links, details=_clean(change.details, hidden))


def question_of(content: dict[str, Any], *, source: Source | None) -> dict[str, Any]:
    """What a workflow asks in `content`, without secrets. Raises Unacceptable.

    An address to which the answer goes has to be free of them: the answer is signed.
    """
    hidden: list[str] = []
    safe = _clean(_hidden(content, source, hidden), hidden) if source is not None and source.redact else content
    back = safe.get("callback")
    if isinstance(back, str) and redaction.scrub_text(back) != back:
        sentence = _("The address holds what looks like a secret. Leave it out: the answer is signed.")
        raise Unacceptable("callback", sentence)
    found = asked.read(redaction.scrub(safe), format=source.format if source is not None else "")
    return found | {name: safe[name] for name in asked.KEYS if name in safe}


def _hidden(content: dict[str, Any], source: Source, values: list[str]) -> dict[str, Any]:
    """`content` without what stands at the secret paths of `source`; `values` are filled with what stood there."""
    for text in source.redact:
        try:
            content = mappings.replace(content, mappings.parse(text), redaction.MARK, values)
        except mappings.BadPath:
            continue  # refused by whoever saves a source
    values[:] = sorted({value for value in values if len(value) >= SHORTEST}, key=len, reverse=True)
    return content


def excerpt(body: bytes, *, source: Source, secret: str = "", content_type: str = "application/json") -> str:
    """The beginning of a body that was refused, without what looks like a secret; for whoever sets up `source`.

    Nothing of a body that cannot be read where only reading it shows what is never stored.
    """
    text = body[: 64 * limits.TITLE_LENGTH].decode("utf-8", "replace")
    if secret:
        text = text.replace(secret, redaction.MARK)
    try:
        content = content_of(body, format=source.format, content_type=content_type)
    except Unacceptable:
        is_hiding = source.redact or source.format == Source.Format.N8N or content_type == FORM
        return "" if is_hiding else _stored(redaction.scrub_text(text))
    hidden: list[str] = []
    content = _hidden(content, source, hidden)
    content = _clean(content, [*hidden, *filter(None, [secret])])
    if "routing_key" in content:
        content = content | {"routing_key": redaction.MARK}
    content = n8n.without_settings(content) if source.format == Source.Format.N8N else content
    return _stored(json.dumps(redaction.scrub(content), ensure_ascii=False))


def _stored(text: str) -> str:
    return "".join(sign for sign in text[:EXCERPT] if sign.isprintable() or sign in "\n\t")
