"""Who must agree to a change, as its page draws it: each requirement with its people and what they have said."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from governance.documents.approval import Approval, Requirement
from governance.models import ChangeRequest, Review
from governance.reads import sentences
from governance.rules import approval_names
from governance.rules.approval_facts import Standing, Verdict
from portal.models import AuditEntry, User

Stage = Literal["foretold", "asking", "over"]
SHOWN = 12
"""So many people of one requirement are drawn, those who have spoken first."""
PILLS: dict[str, tuple[str, Any]] = {
    "satisfied": ("ok", gettext_lazy("Done")),
    "closed": ("open", gettext_lazy("Later")),
    "vetoed": ("bad", gettext_lazy("Vetoed")),
    "objected": ("bad", gettext_lazy("Objection")),
    "conflict": ("warn", gettext_lazy("Tie-breaker decides")),
    "unreachable": ("bad", gettext_lazy("Out of reach")),
    "refused": ("bad", gettext_lazy("Refused")),
}
SAID: dict[str, tuple[str, Any]] = {
    Review.Verdict.APPROVE: ("ok", gettext_lazy("approved")),
    Review.Verdict.REQUEST_CHANGES: ("bad", gettext_lazy("asked for changes")),
    Review.Verdict.VETO: ("bad", gettext_lazy("vetoed")),
    Review.Verdict.ABSTAIN: ("", gettext_lazy("abstained")),
    Review.Verdict.RECUSE: ("", gettext_lazy("stepped aside")),
}


@dataclass(frozen=True)
class Voice:
    """A person of a requirement: what they have said and when, or that they have not."""

    person: User
    word: str = ""
    tone: str = ""
    at: datetime | None = None
    giver: str = ""
    rationale: str = ""
    entry: int | None = None  # of the ledger, which proves it


@dataclass(frozen=True)
class Need:
    """A requirement: `what` with its quorum ("Board, 2 of 3"), how it stands, its people, what happens next."""

    standing: Standing
    what: str
    tone: str
    pill: str
    rule: str
    voices: tuple[Voice, ...]
    more: int
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.standing.counted)

    @property
    def is_drawn(self) -> bool:
        """A bar says more than words: several approvals are needed, and the requirement is open."""
        return self.standing.needed > 1 and self.standing.state != "closed"


def needs(
    change: ChangeRequest,
    verdict: Verdict,
    policy: Approval | None,
    reviews: Sequence[Review],
    *,
    stage: Stage = "asking",
) -> list[Need]:
    """What `verdict` asks, in its order. `reviews` are all that were given, with their people; two queries: names, and
    the entries of the ledger about them.

    `stage`: nobody is asked yet, people are, or nobody any more.
    """
    people, entries = _people(verdict), _entries(change) if reviews else {}
    rows = {row.key: row for row in policy.rows} if policy else {}
    asked = {(row, need.key): need for row, rule in rows.items() for need in rule.needs}
    if policy is not None:
        asked |= {("retrospective", need.key): need for need in policy.retrospective}
    found = []
    for standing in verdict.standings:
        voices = list(_voices(change, standing, reviews, people, stage, entries))
        tone, word = _pill(standing, stage)
        rule = rows[standing.row].title if standing.row in rows else ""
        notes = tuple(_notes(standing, asked.get((standing.row, standing.key)), stage))
        what = sentences.said(approval_names.what(standing))
        found.append(Need(standing, what, tone, word, rule, tuple(voices[:SHOWN]), max(0, len(voices) - SHOWN), notes))
    return found


def _people(verdict: Verdict) -> dict[UUID, User]:
    wanted: set[UUID] = set()
    for item in verdict.standings:
        wanted |= {*item.waits_for, *item.eligible, *item.foreseen, *item.recused, *item.objections}
        wanted |= {one.person for one in item.counted}
    return {user.pk: user for user in User.objects.filter(pk__in=wanted)} if wanted else {}


def _entries(change: ChangeRequest) -> dict[tuple[UUID | None, datetime], int]:
    """The entries of the ledger about verdicts on `change`, by who gave them and when."""
    rows = AuditEntry.objects.filter(target_type=change._meta.label_lower, target_id=str(change.pk))
    found = rows.filter(verb="change.reviewed").values_list("actor_id", "at", "pk")
    return {(actor, at): key for actor, at, key in found}


def _voices(
    change: ChangeRequest,
    standing: Standing,
    reviews: Sequence[Review],
    people: dict[UUID, User],
    stage: Stage,
    entries: dict[tuple[UUID | None, datetime], int],
) -> Iterable[Voice]:
    """Who has spoken, then who has not, in the order in which they are asked."""
    places = {*standing.eligible, *standing.waits_for, *standing.recused, *(item.person for item in standing.counted)}
    last: dict[Any, Review] = {}
    for review in reviews:
        lasts = review.verdict == Review.Verdict.RECUSE
        if lasts or review.digest == change.version.digest:
            last[review.by_id, review.on_behalf_of_id] = review
    spoken: set[UUID] = set()
    counted = {(item.person, item.on_behalf_of) for item in standing.counted}
    for (by, giver), review in last.items():
        if (by, giver) in counted or (giver or by) in places:
            tone, word = SAID[review.verdict]
            name = review.on_behalf_of.name if review.on_behalf_of is not None else ""
            entry = entries.get((review.by_id, review.at))
            yield Voice(review.by, str(word), tone, review.at, name, review.rationale, entry)
            spoken |= {giver or by}
    for key in dict.fromkeys((*standing.waits_for, *standing.eligible, *standing.foreseen)):
        if key in people and key not in spoken:
            yield Voice(people[key], _silent(standing, key, stage))


def _silent(standing: Standing, person: UUID, stage: Stage) -> str:
    """What is said of somebody who has said nothing; empty where the rest says it, as that they are asked."""
    if person in standing.waits_for:
        return ""
    if person in standing.foreseen:
        return _("later") if stage == "asking" else ""
    return _("not needed")


def _pill(standing: Standing, stage: Stage) -> tuple[str, str]:
    if stage == "foretold" and standing.satisfiable:
        return "open", str(_("Will be asked")) if standing.state != "closed" else str(_("Later"))
    if stage == "over" and standing.state in ("waiting", "closed"):
        return "open", str(_("Never reached"))
    if standing.state == "waiting":
        missing = standing.needed - len(standing.counted)
        return "warn", ngettext("Waits for %(count)s", "Waits for %(count)s", missing) % {"count": missing}
    tone, word = PILLS[standing.state]
    return tone, str(word)


def _notes(standing: Standing, need: Requirement | None, stage: Stage) -> Iterable[str]:
    """What people have to know about the requirement, in sentences."""
    if standing.state in ("objected", "conflict", "vetoed", "refused", "unreachable"):
        yield sentences.said(standing.sentence)
    if standing.validates_risk:
        yield _("Says how risky it is, before the others are asked.")
    if standing.authority == "alternate":
        yield _("The time to answer was over, or too few were left: the alternate is asked too.")
    elif standing.authority == "next":
        yield _("Nobody answered in time: the next authority is asked too.")
    is_first = standing.state == "waiting" and standing.authority == "first" and standing.due_at is not None
    if need is not None and need.alternate is not None and is_first and stage == "asking":
        yield _("If too few answer in time, the alternate is asked too.")
    if standing.veto:
        yield _("A veto stops the change.")


def others(policy: Approval | None, rows: Collection[str]) -> list[str]:
    """Titles of the rules that ask nobody about this change."""
    every = policy.rows if policy is not None else ()
    return [row.title for row in every if not row.pre_approved and row.key not in rows]
