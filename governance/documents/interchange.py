"""YAML in and out. YAML shows e-mail addresses, keys and names; content holds UUIDs."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from governance.documents.facts import Finding

REFERENCE_KINDS = ("person", "team", "workflow", "department", "schedule", "board")
"""A mapping key with one of these names, or ending in `_<name>` (`triage_team`), refers to something outside."""


class Resolver(Protocol):
    """Finds what YAML names. `kind` is one of REFERENCE_KINDS; `name` an e-mail (person) or a key."""

    def find(self, kind: str, name: str) -> UUID | None: ...


class Names(Protocol):
    """Names what content refers to: the e-mail of a person, the key of anything else; None = unknown."""

    def name(self, kind: str, id: UUID) -> str | None: ...


def from_yaml(text: str | bytes, resolve: Resolver) -> tuple[dict[str, Any], list[Finding]]:
    """JSON content of hostile YAML `text`, and what is wrong with it.

    Any finding means that nothing may be imported; content is then `{}` or partly resolved. Never raises for bad
    input: aliases, anchors, tags, duplicate keys, floats, more than the limits of size and depth are findings
    with their line.
    """
    raise NotImplementedError


def to_yaml(content: dict[str, Any], names: Names) -> str:
    """YAML of JSON `content`; ids are shown as e-mail or key, an unknown id stays an id (and imports again)."""
    raise NotImplementedError
