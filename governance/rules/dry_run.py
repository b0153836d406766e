"""What an approval policy would have done to changes of the past, and whom it would have asked (P16)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from governance.documents.approval import Approval
from governance.documents.sentences import Sentence
from governance.documents.sentences import stored as _
from governance.rules import approval
from governance.rules.approval_facts import ChangeFacts, PanelFacts, ReviewFacts, Verdict

HELD_BACK = _("It took effect; under this policy it would not have. %(why)s")
LET_THROUGH = _("It did not take effect; under this policy it could have. %(why)s")


@dataclass(frozen=True, slots=True)
class PastChange:
    """A change as it was judged at `judged_at`, and whether it took effect (`approved`)."""

    reference: str
    facts: ChangeFacts
    reviews: Sequence[ReviewFacts]
    panel: PanelFacts
    judged_at: datetime
    submitted_at: datetime | None = None
    approved: bool = True


@dataclass(frozen=True, slots=True)
class Difference:
    """A change that would have ended otherwise. `asks` are those whose approval would have been missing."""

    reference: str
    outcome: Literal["held_back", "let_through"]
    verdict: Verdict
    sentence: Sentence
    asks: tuple[UUID, ...] = ()


def dry_run(policy: Approval, past: Sequence[PastChange]) -> tuple[Difference, ...]:
    """Every change of `past` that `policy` would have judged otherwise, in their order."""
    return tuple(found for found in (_difference(policy, change) for change in past) if found is not None)


def _difference(policy: Approval, change: PastChange) -> Difference | None:
    verdict = approval.evaluate(
        policy, change.facts, change.reviews, change.panel, at=change.judged_at, opened_at=change.submitted_at
    )
    if verdict.approved == change.approved:
        return None
    if verdict.approved:
        return Difference(change.reference, "let_through", verdict, LET_THROUGH % {"why": verdict.sentence})
    sentence = HELD_BACK % {"why": verdict.sentence}
    return Difference(change.reference, "held_back", verdict, sentence, verdict.waits_for)
