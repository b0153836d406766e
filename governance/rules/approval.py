"""Is a change approved? No matching rule = not approved; a timeout never approves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from governance.documents.sentences import Sentence
from governance.documents.sentences import stored as _


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
    waits_for: tuple[Sentence, ...]
    sentence: Sentence


PROVISIONAL = "provisional"
"""The one built-in rule, until approval policies land: any governance admin, the author too. Delete it then."""
PROVISIONAL_SENTENCE = _("published without a second person")
NO_POLICY = _("Approval policies cannot be judged yet.")
NO_RULE = _("Not approved: no rule matches.")
OBJECTED = _("Not approved: somebody objected.")
OBJECTIONS = _("It waits for whoever objected to agree, or for a new version.")
NOT_YET = _("Not approved yet.")
ONE_ADMIN = _("It waits for one governance admin to approve.")
ONE_ADMIN_AGAIN = _("It waits for one governance admin to approve this version; an earlier one was approved.")


def evaluate(
    policy: Any | None, change: ChangeFacts, reviews: Sequence[ReviewFacts], *, eligible: Collection[UUID]
) -> Verdict:
    """Judge `change` by `policy`; None = the built-in PROVISIONAL rule. `eligible` are the ids who may approve.

    Only reviews of the same digest count. A veto or a request for changes stands until its reviewer says otherwise
    (the last review of a person counts; `reviews` in the order in which they were given).
    """
    if policy is not None:
        return Verdict(False, "", (NO_POLICY,), NO_RULE)
    return _provisional(change, reviews, eligible)


def _provisional(change: ChangeFacts, reviews: Sequence[ReviewFacts], eligible: Collection[UUID]) -> Verdict:
    last = {review.by: review.verdict for review in reviews if review.digest == change.digest and review.by in eligible}
    against = sum(verdict in ("veto", "request_changes") for verdict in last.values())
    if against:
        return Verdict(False, PROVISIONAL, (OBJECTIONS,), OBJECTED)
    if "approve" in last.values():
        return Verdict(True, PROVISIONAL, (), PROVISIONAL_SENTENCE)
    stale = any(review.digest != change.digest and review.verdict == "approve" for review in reviews)
    return Verdict(False, PROVISIONAL, (ONE_ADMIN_AGAIN if stale else ONE_ADMIN,), NOT_YET)
