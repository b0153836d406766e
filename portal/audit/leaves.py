"""What the tree commits to: the exact bytes of one entry as a leaf.

RFC 8785 JSON of ``{"actor", "at", "commitment", "id", "process", "request_id", "target_id", "target_type", "verb"}``:
`actor` is the id of the person (null when none acted, then `process` names who did), `at` is UTC with microseconds.
Names of people are no part of it, and all other words are behind the commitment: so they can be erased.
"""

from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import Any
from uuid import UUID

FIELDS = ("id", "at", "actor_id", "actor_label", "verb", "target_type", "target_id", "request_id", "commitment")


def text(
    id: int,
    at: datetime,
    actor_id: UUID | None,
    actor_label: str,
    verb: str,
    target_type: str,
    target_id: str,
    request_id: UUID,
    commitment: str,
) -> bytes:
    """The leaf of the entry with these FIELDS.

    NOTE: keys stand in their canonical order, and none of these words needs more than JSON's short escapes, so that
    this is what ``audit.canonical`` writes, several times as fast.
    """
    actor, process = (f'"{actor_id}"', '""') if actor_id else ("null", encode_basestring(actor_label))
    when = at.astimezone(UTC).isoformat(timespec="microseconds")
    return (
        f'{{"actor":{actor},"at":"{when}","commitment":"{commitment}","id":{id},"process":{process},'
        f'"request_id":"{request_id}","target_id":{encode_basestring(target_id)},'
        f'"target_type":"{target_type}","verb":{encode_basestring(verb)}}}'
    ).encode()


def of(entry: Any) -> bytes:
    """The leaf of an AuditEntry."""
    return text(*(getattr(entry, name) for name in FIELDS))
