"""What happened before that is like something: the same process, or much the same words, and how it ended.

Everything is judged by what the reader may open. Follows the index of the search, which is a second or two behind.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils.text import Truncator

from governance.models import Workflow
from incidents.models import Incident
from incidents.models.incidents import OPEN_STATES, IncidentState
from incidents.reads.reports import plain_state
from portal.models import User
from portal.search import query

SHOWN, NEAR = 5, 3
SHARE, HERE = 0.3, 0.2  # of what the words weigh: enough anywhere, and enough in the same process
COMMON = 2  # stems that two reports of different processes share at least
SAME = 0.3  # what the same process adds
ENDING = 220  # characters of how it ended
NOTHING = (IncidentState.DECLINED, IncidentState.DUPLICATE)


@dataclass(frozen=True)
class Before:
    """An incident like this one; `tone` and `state` say how it stands, `ending` how it ended, in its own words."""

    incident: Incident
    tone: str
    state: str
    ending: str
    is_same: bool

    @property
    def is_near_miss(self) -> bool:
        return self.incident.kind == Incident.Kind.NEAR_MISS


@dataclass(frozen=True)
class Similar:
    """`before` is what is like it, the most alike first; `near` are near misses in the same place."""

    before: list[Before]
    near: list[Before]

    def __bool__(self) -> bool:
        return bool(self.before or self.near)


def of_incident(incident: Incident, user: User) -> Similar:
    """What is like `incident`, of what `user` may open; a constant number of queries."""
    text = f"{incident.title} {incident.description}"
    return similar(user, text, incident.workflow, without=incident.pk)


def while_filing(user: User, workflow: Workflow | None, text: str) -> Similar:
    """What is over already and like what somebody is about to report; nothing before they have said anything."""
    if workflow is None and not text.strip():
        return Similar([], [])
    return similar(user, text, workflow, only_over=True)


def similar(
    user: User, text: str, workflow: Workflow | None, *, without: UUID | None = None, only_over: bool = False
) -> Similar:
    place = workflow.pk if workflow is not None else None
    found = query.alike(text, kind="incident", workflow=place, without=str(without or ""))
    shares = {UUID(row.subject): row for row in found}
    rows = _readable(user, shares, only_over=only_over)

    def is_here(row: Incident) -> bool:
        return place is not None and row.workflow_id == place

    def weight(row: Incident) -> float:
        return shares[row.pk].share + (SAME if is_here(row) else 0)

    def is_alike(row: Incident) -> bool:
        share, common = shares[row.pk].share, shares[row.pk].in_common
        return share >= HERE if is_here(row) else share >= SHARE and common >= COMMON

    rows.sort(key=lambda row: (-weight(row), -row.reported_at.timestamp()))
    before = [row for row in rows if is_alike(row)][:SHOWN]
    misses = [row for row in rows if row.kind == Incident.Kind.NEAR_MISS and is_here(row) and row not in before]
    misses.sort(key=lambda row: row.reported_at, reverse=True)
    return Similar(
        [_told(row, is_same=is_here(row)) for row in before], [_told(row, is_same=True) for row in misses[:NEAR]]
    )


def _readable(user: User, keys: Iterable[UUID], *, only_over: bool) -> list[Incident]:
    """Those of `keys` that `user` may open and that were something; one query."""
    rows = Incident.objects.visible_to(user).filter(pk__any=sorted(keys)).exclude(kind=Incident.Kind.DRILL)
    rows = rows.exclude(state__in=NOTHING)
    if only_over:
        rows = rows.exclude(Q(state__in=OPEN_STATES, kind=Incident.Kind.INCIDENT))
    shown = ("reference", "title", "kind", "state", "reported_at", "resolution")
    beside = ("workflow__name", "playbook__number", "playbook__document__title")
    return list(rows.select_related("workflow", "playbook__document").only(*shown, *beside))


def _told(row: Incident, *, is_same: bool) -> Before:
    ending = Truncator(" ".join(row.resolution.split())).chars(ENDING)
    return Before(row, *plain_state(row), ending=ending, is_same=is_same)
