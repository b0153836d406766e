"""What would another approval policy have done to the changes of the last 90 days? (P16, the policy governs itself)

Who sat where at that time is not kept in a form that rules read, so the people of today are asked; seats and
delegations with their dates, and the verdicts that were given, are those of then. Emergencies, the first policy and
repairs are left out: no policy lets them through beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from governance.documents.approval import Approval
from governance.models import ChangeRequest
from governance.models.changes import ChangeModel, ChangeState
from governance.reads import documents, sentences, verdicts
from governance.reads.documents import PinnedVersion
from governance.rules import dry_run as rules
from portal.models import User

DAYS = 90
MOST = 1_000
"""So many changes are judged anew, the newest."""
SHOWN = 50
ENDED = (ChangeState.PUBLISHED, ChangeState.CLOSED, ChangeState.ROLLED_BACK, ChangeState.REJECTED)
JUDGED = (ChangeModel.NORMAL, ChangeModel.STANDARD)


@dataclass(frozen=True)
class Line:
    """A change that would have ended otherwise: why, and who would have been missing."""

    change: ChangeRequest
    why: str
    asks: tuple[str, ...]


@dataclass(frozen=True)
class DryRun:
    """What became of `total` changes since `since`: held back, let through, as many as were alike."""

    total: int
    since: datetime
    held: tuple[Line, ...]
    through: tuple[Line, ...]
    left: int

    @property
    def differ(self) -> int:
        return len(self.held) + len(self.through)

    @property
    def alike(self) -> int:
        return self.total - self.differ

    @property
    def groups(self) -> list[tuple[str, tuple[Line, ...], int]]:
        """(outcome, the first of its lines, how many more)."""
        found = (("held", self.held), ("through", self.through))
        return [(name, lines[:SHOWN], len(lines[SHOWN:])) for name, lines in found if lines]


def of_change(change: ChangeRequest, *, at: datetime) -> DryRun:
    """The dry run of the policy that `change` proposes."""
    pinned: PinnedVersion[Approval] = documents.pinned([(change.version_id, change.version.digest)])[change.version_id]
    return of_policy(pinned.content, at=at)


def of_policy(policy: Approval, *, at: datetime) -> DryRun:
    """What `policy` would have done to the changes that ended in the last 90 days; a constant number of queries."""
    since = at - timedelta(days=DAYS)
    rows = ChangeRequest.objects.filter(state__in=ENDED, model__in=JUDGED, submitted_at__gte=since)
    changes = list(verdicts.listed(rows).order_by("-submitted_at", "-pk")[: MOST + 1])
    left, changes = len(changes[MOST:]), changes[:MOST]
    past = [_past(known, at) for known in verdicts.past(changes, policy, at=at)]
    found = rules.dry_run(policy, past)
    by_reference = {change.reference: change for change in changes}
    names = _names({key for item in found for key in item.asks})
    held: list[Line] = []
    through: list[Line] = []
    for item in found:
        asks = tuple(names[key] for key in item.asks if key in names)
        line = Line(by_reference[item.reference], sentences.said(item.verdict.sentence), asks)
        (held if item.outcome == "held_back" else through).append(line)
    return DryRun(len(changes), since, tuple(held), tuple(through), left)


def _past(known: verdicts.Known, at: datetime) -> rules.PastChange:
    change = known.change
    return rules.PastChange(
        reference=change.reference,
        facts=known.facts,
        reviews=known.reviews,
        panel=known.panel,
        judged_at=change.published_at or change.closed_at or at,
        submitted_at=change.submitted_at,
        approved=change.published_at is not None,
    )


def _names(people: set[UUID]) -> dict[UUID, str]:
    return {user.pk: user.name for user in User.objects.filter(pk__in=people)} if people else {}
