"""Leaves as the database writes them: the exact texts of ``portal.audit.leaves``, many a second.

The verification reads each entry once. Made by Django, and written by Python, an entry would take ten times as long.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import NamedTuple

from django.db import connection

# NOTE: rows at a time. PostgreSQL finds the next ones while these are worked on, as far as the socket holds them.
STREAMED = 256


class Row(NamedTuple):
    """A leaf and what it stands for, as they are in the database now. A row of ``read`` is a plain tuple of these."""

    place: int
    entry: int
    hash: str
    commitment: str | None  # None: there is no such entry
    text: str
    words: str | None  # salt and content; None: there is no payload


Plain = tuple[int, int, str, str | None, str, str | None]


def read(start: int, end: int) -> Iterator[Plain]:
    """The rows with ``start <= index < end`` in order; read them to their end, as with ``parts``."""
    return chain.from_iterable(parts(start, end))


def parts(start: int, end: int) -> Iterator[list[Plain]]:
    """The rows with ``start <= index < end`` in order, STREAMED at a time.

    NOTE: read them to their end before anything else is asked of the database: PostgreSQL sends rows while it finds
    them.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            found = cursor.stream(_POSTGRESQL, [start, end], size=STREAMED)
            while rows := list(islice(found, STREAMED)):
                yield rows
            return
        cursor.execute(_SQLITE, [start, end])
        while rows := cursor.fetchmany(STREAMED):
            yield rows


def at(text: str) -> str:
    """The time that a leaf says: ISO 8601 in UTC with microseconds, which sort as the times do."""
    return text[20:46] if text[9] == "n" else text[54:80]


# NOTE: OFFSET 0 keeps PostgreSQL from joining the whole tables for each piece. A year before our era would be written
# as the same year of it.
_POSTGRESQL = """
SELECT leaf.index, leaf.entry_id, leaf.hash, entry.commitment, entry.text, payload.words
FROM portal_leaf leaf
LEFT JOIN LATERAL (
    SELECT commitment, concat(
        '{"actor":', CASE WHEN actor_id IS NULL THEN 'null' ELSE '"' || actor_id || '"' END,
        ',"at":"', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        CASE WHEN at < '0001-01-01Z' THEN ' BC' END, '+00:00","commitment":"', commitment,
        '","id":', id,
        ',"process":', CASE WHEN actor_id IS NULL THEN to_json(actor_label)::text ELSE '""' END,
        ',"request_id":"', request_id,
        '","target_id":', to_json(target_id)::text,
        ',"target_type":"', target_type,
        '","verb":', to_json(verb)::text, '}'
    ) AS text
    FROM portal_auditentry WHERE id = leaf.entry_id OFFSET 0
) entry ON true
LEFT JOIN LATERAL (
    SELECT salt || content AS words FROM portal_auditpayload WHERE entry_id = leaf.entry_id OFFSET 0
) payload ON true
WHERE leaf.index >= %s AND leaf.index < %s ORDER BY leaf.index
"""


def _dashed(column: str) -> str:
    parts = [f"substr({column}, {start}, {length})" for start, length in ((1, 8), (9, 4), (13, 4), (17, 4), (21, 99))]
    return " || '-' || ".join(parts)


def _quoted(column: str) -> str:
    """JSON of a text; what is none of SQLite's texts never was in a leaf."""
    return f"CASE typeof({column}) WHEN 'text' THEN json_quote({column}) ELSE 'x' || hex({column}) END"


_SQLITE = f"""
SELECT leaf."index", leaf.entry_id, leaf.hash, entry.commitment,
    '{{"actor":' || CASE WHEN entry.actor_id IS NULL THEN 'null' ELSE '"' || {_dashed("entry.actor_id")} || '"' END
    || ',"at":"' || replace(entry.at, ' ', 'T') || CASE length(entry.at) WHEN 19 THEN '.000000' ELSE '' END
    || '+00:00","commitment":"' || entry.commitment || '","id":' || entry.id
    || ',"process":' || CASE WHEN entry.actor_id IS NULL THEN {_quoted("entry.actor_label")} ELSE '""' END
    || ',"request_id":"' || {_dashed("entry.request_id")}
    || '","target_id":' || {_quoted("entry.target_id")}
    || ',"target_type":"' || entry.target_type
    || '","verb":' || {_quoted("entry.verb")} || '}}',
    payload.salt || payload.content
FROM portal_leaf leaf
LEFT JOIN portal_auditentry entry ON entry.id = leaf.entry_id
LEFT JOIN portal_auditpayload payload ON payload.entry_id = leaf.entry_id
WHERE leaf."index" >= %s AND leaf."index" < %s ORDER BY leaf."index"
"""
