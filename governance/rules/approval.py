"""Is a change approved? No matching rule = not approved; a timeout never approves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """The change under judgment: its kind, the digest of the version, who made it."""

    kind: str
    digest: str
    requested_by: UUID
    contributors: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """One review: by whom, what it says, and the digest that it was given for."""

    by: UUID
    verdict: Literal["approve", "request_changes", "veto", "abstain", "recuse"]
    digest: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the change may be published, by which rule, and in sentences what it still waits for."""

    satisfied: bool
    rule: str
    waits_for: tuple[str, ...]
    sentence: str


def evaluate(
    policy: Any | None, change: ChangeFacts, reviews: Sequence[ReviewFacts], *, eligible: Collection[UUID]
) -> Verdict:
    """Judge `change` by `policy`; None = the built-in PROVISIONAL rule. `eligible` are the ids who may approve."""
    raise NotImplementedError
