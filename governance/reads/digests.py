"""What waits for each person about the rules, for the message of the morning; a constant number of queries.

Kinds of lines: verdict, risk, tie, objection, afterwards (asked of reviewers); answer, again, conflict, remarks (of
whoever asked for a change); read (of whoever acts by a document).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse

from governance.models import ChangeRequest, Comment
from governance.models.changes import OPEN_STATES, ChangeState, Retrospective
from governance.reads import attestations, inbox, verdicts
from governance.rules.approval_facts import Standing
from portal.models import User

OWN: dict[str, str] = {ChangeState.CONFLICTED: "conflict", ChangeState.DRAFT: "again"}


@dataclass(frozen=True)
class Line:
    """One thing that waits: `kind` of this module, until when, and how many remarks."""

    kind: str
    title: str
    url: str
    reference: str = ""
    due_at: datetime | None = None
    count: int = 0

    def facts(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "title": self.title,
            "url": self.url,
            "reference": self.reference,
            "due_at": self.due_at.isoformat() if self.due_at else "",
            "count": self.count,
        }


def waiting(people: Collection[UUID], *, at: datetime) -> dict[UUID, list[Line]]:
    """What waits for each of `people`, what has a deadline first."""
    found: dict[UUID, list[Line]] = defaultdict(list)
    _verdicts(found, set(people), at)
    _own(found, people)
    _remarks(found, people)
    _reading(found, set(people))
    far = (1, at)
    return {
        key: sorted(lines, key=lambda line: (0, line.due_at) if line.due_at else far) for key, lines in found.items()
    }


def _line(kind: str, change: ChangeRequest, due_at: datetime | None = None, count: int = 0) -> Line:
    url = settings.SITE_URL + change.get_absolute_url()
    return Line(kind, change.document.title, url, change.reference, due_at, count)


def _verdicts(found: dict[UUID, list[Line]], people: set[UUID], at: datetime) -> None:
    wanted = Q(state=ChangeState.IN_REVIEW) | Q(retrospective=Retrospective.WAITING)
    changes = list(verdicts.listed(ChangeRequest.objects.filter(wanted)).order_by("submitted_at", "pk")[: inbox.ASKED])
    if not changes:
        return
    judged = verdicts.judged(changes, at=at)
    takers = defaultdict(set)
    for item in judged.panel.delegations:
        if item.holds_at(at):
            takers[item.giver].add(item.taker)
    for change in changes:
        asked = set(judged.verdicts[change.pk].waits_for)
        near = asked.union(*(takers[person] for person in asked if person in takers)) & people
        for person in near:
            standings = [standing for standing, _giver in judged.asked_of(change, User(pk=person))]
            if standings:
                found[person].append(_asked(change, standings))


def _asked(change: ChangeRequest, standings: list[Standing]) -> Line:
    """One line for each change, by its next deadline."""
    standing = min(standings, key=lambda item: item.due_at or inbox.FOREVER)
    if change.retrospective == Retrospective.WAITING:
        return _line("afterwards", change, change.retrospective_by)
    kind = "risk" if standing.validates_risk else {"conflict": "tie", "objected": "objection"}.get(standing.state)
    return _line(kind or "verdict", change, standing.due_at)


def _own(found: dict[UUID, list[Line]], people: Collection[UUID]) -> None:
    """Changes that come to nothing unless whoever asked for them acts."""
    acts = Q(answer_by__isnull=False, state__in=OPEN_STATES) | Q(state=ChangeState.CONFLICTED)
    rows = ChangeRequest.objects.filter(acts, requested_by__in=list(people)).select_related("document")
    for change in rows.order_by("requested_at", "pk"):
        found[change.requested_by_id].append(_line(OWN.get(change.state, "answer"), change, change.answer_by))


def _remarks(found: dict[UUID, list[Line]], people: Collection[UUID]) -> None:
    """Open remarks of others that whoever asked for the change has not answered."""
    asker = OuterRef("change_request__requested_by")
    replied = Comment.objects.filter(answers=OuterRef("pk"), by=asker)
    mine = {"change_request__requested_by__in": list(people), "change_request__state__in": OPEN_STATES}
    rows = Comment.objects.filter(~Exists(replied), answers=None, settled_at=None, **mine)
    rows = rows.exclude(by=F("change_request__requested_by"))
    counts = dict(rows.values_list("change_request").annotate(count=Count("pk")).order_by())
    for change in ChangeRequest.objects.filter(pk__in=counts).select_related("document").order_by("requested_at", "pk"):
        found[change.requested_by_id].append(_line("remarks", change, None, counts[change.pk]))


def _reading(found: dict[UUID, list[Line]], people: set[UUID]) -> None:
    documents = attestations.to_read()
    missing = attestations.missing(documents)
    for document in documents:
        url = settings.SITE_URL + reverse("governance:reading", args=[document.pk])
        for person in missing.get(document.pk, ()):
            if person.pk in people:
                found[person.pk].append(Line("read", document.title, url))
