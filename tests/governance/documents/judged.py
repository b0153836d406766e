"""What the checks say of a demo document that somebody has altered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from governance.documents import base
from governance.documents.facts import PersonFacts, RosterFacts
from tests.governance.documents import world
from tests.governance.documents.world import ident, person

UNKNOWN = "00000000-0000-4000-8000-00000000dead"
PRIMARY = ident("s:primary")


def altered(name: str, change: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
    """The content of the demo document `name` after `change`."""
    content = world.content(name)
    change(content)
    return content


def row_of(content: dict[str, Any], key: str) -> dict[str, Any]:
    return next(row for row in content["rows"] if row["key"] == key)


def blocking(kind: str, content: dict[str, Any], **changed: PersonFacts) -> list[tuple[str, str]]:
    """(path, sentence) of everything that keeps `content` from being published."""
    found = base.check(kind, content, world.facts(**changed))
    return [(finding.path, finding.message) for finding in found if finding.blocking]


def advice(kind: str, content: dict[str, Any], **changed: PersonFacts) -> list[str]:
    return [finding.message for finding in base.check(kind, content, world.facts(**changed)) if not finding.blocking]


def rostered(kind: str, content: dict[str, Any], *people: str) -> list[tuple[str, str]]:
    """What blocks `content` when the schedule Primary puts `people` on call within the next week.

    The auditor has left.
    """
    roster = RosterFacts(PRIMARY, "Primary", tuple(ident(name) for name in people))
    facts = replace(world.facts(auditor=person("auditor", active=False)), schedules={PRIMARY: roster})
    return [(finding.path, finding.message) for finding in base.check(kind, content, facts) if finding.blocking]
