"""The list of incidents: what a person may see of them, filtered, a page at a time.

Lists are two keyset pages merged, of what the person's teams own and of what the person takes part in: each follows
an index, however many incidents there are. Counts are exact up to ``limits.COUNTED_ROWS``.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import OuterRef, Q, Subquery

from incidents import access
from incidents.models import EscalationEvent, EscalationRun, Incident
from incidents.models.incidents import IncidentState, Severity
from incidents.reads import words
from portal import access as portal_access
from portal import limits, roles
from portal.models import User

STATES = ("open", "resolved", "all")
RESOLVED = [IncidentState.RESOLVED, IncidentState.CLOSED]
WORDS = 100  # characters of the search text
SHOWN = (
    *("reference", "title", "kind", "state", "severity", "reported_at", "resolved_at", "closed_at"),
    *("lead__name", "lead__email"),
)
TONES = {"contained": "info", "investigating": "info", "monitoring": "ok", "resolved": "ok"}


@dataclass(frozen=True)
class Filters:
    """What the address asks for; `state` is open, resolved or all, the others are empty for "any"."""

    state: str = "open"
    severity: str = ""
    team: str = ""
    workflow: str = ""
    kind: str = ""
    mine: bool = False
    q: str = ""

    @property
    def by_severity(self) -> bool:
        """Open incidents stand by severity, all others by time alone."""
        return self.state == "open"

    @property
    def narrows(self) -> bool:
        return self != Filters(state=self.state)

    def address(self, **other: Any) -> str:
        """The query of these filters with `other` values; "?" without any."""
        changed = replace(self, **{k: v for k, v in other.items() if k in vars(self)})
        places = [(name, other[name]) for name in ("after", "before") if other.get(name)]
        return "?" + urlencode(changed.values() + places)

    def values(self) -> list[tuple[str, str]]:
        """(name, value) of what the address says."""
        said = vars(self) | {"mine": "1" if self.mine else "", "state": "" if self.state == "open" else self.state}
        return [(name, str(value)) for name, value in said.items() if value]


@dataclass(frozen=True)
class Row:
    """One incident; `told` and `told_at` say who was called last while nobody leads."""

    incident: Incident
    tone: str
    told: str
    told_at: datetime | None


@dataclass(frozen=True)
class Page:
    """`newer` and `older` are queries or empty, `total` counts up to the bound and `is_more` says it is beyond."""

    rows: list[Row]
    newer: str
    older: str
    total: int
    is_more: bool


def filters(asked: Mapping[str, str]) -> Filters:
    """The filters of an address; values that mean nothing are left out."""

    def text(name: str) -> str:
        return str(asked.get(name, "")).replace("\x00", "").strip()[:WORDS]

    state, severity, kind = text("state"), text("severity").lower(), text("kind")
    return Filters(
        state=state if state in STATES else "open",
        severity=severity if severity in Severity.values else "",
        team=text("team"),
        workflow=text("workflow"),
        kind=kind if kind in Incident.Kind.values else "",
        mine=text("mine") == "1",
        q=text("q"),
    )


def _chosen(user: User, asked: Filters) -> Q:
    chosen = Q()
    if asked.state == "open":
        chosen &= Q(state__in=["reported", "investigating", "contained", "monitoring"])
    elif asked.state == "resolved":
        chosen &= Q(state__in=RESOLVED)
    if asked.severity:
        chosen &= Q(severity=asked.severity)
    if asked.team:
        chosen &= Q(team__key=asked.team)
    if asked.workflow:
        chosen &= Q(workflow__key=asked.workflow)
    if asked.kind:
        chosen &= Q(kind=asked.kind)
    if asked.mine:
        chosen &= Q(lead=user)
    if asked.q:
        chosen &= words.matching(asked.q) if asked.by_severity else words.rare(asked.q)
    return chosen


def sources(user: User) -> list[Any]:
    """Query sets that together are ``visible_to(user)`` and overlap."""
    if not user.is_active:
        return []
    if roles.AUDITOR in portal_access.groups(user).values():
        return [Incident.objects.all()]
    return [Incident.objects.filter(access.owned(user)), Incident.objects.by_participation(user)]


def merged(found: list[Any], *, by_severity: bool, limit: int, backwards: bool = False) -> list[Incident]:
    """The first `limit` incidents of all query sets in the order of the board (`backwards`: from the end)."""
    order = ["severity", "-reported_at", "-id"] if by_severity else ["-reported_at", "-id"]
    if backwards:
        order = [name[1:] if name.startswith("-") else "-" + name for name in order]
    rows = {row.pk: row for one in found for row in one.select_related("lead").only(*SHOWN).order_by(*order)[:limit]}
    listed = list(rows.values())
    listed.sort(key=lambda row: (row.reported_at, row.pk), reverse=not backwards)
    if by_severity:
        listed.sort(key=lambda row: row.severity, reverse=backwards)
    return listed[:limit]


def cursor(row: Incident) -> str:
    """Where `row` stands in the list, for the address."""
    place = json.dumps([row.severity, row.reported_at.isoformat(), row.pk.hex])
    return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


def _place(text: str) -> tuple[str, datetime, UUID] | None:
    """The place that a cursor names; None when it is not one of ours."""
    try:
        severity, at, key = json.loads(base64.urlsafe_b64decode(text[:200] + "=" * (-len(text[:200]) % 4)))
        when, pk = datetime.fromisoformat(at).astimezone(UTC), UUID(hex=key)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    return (severity, when, pk) if severity in Severity.values else None


def is_cursor(text: str) -> bool:
    """Whether ``cursor`` has written this."""
    return _place(text) is not None


def _beyond(place: tuple[str, datetime, UUID], *, by_severity: bool, backwards: bool) -> Q:
    severity, when, pk = place
    less, more = ("gt", "lt") if backwards else ("lt", "gt")
    later = Q(**{f"reported_at__{less}e": when}) & (Q(**{f"reported_at__{less}": when}) | Q(**{f"id__{less}": pk}))
    if not by_severity:
        return later
    return Q(**{f"severity__{more}": severity}) | (Q(severity=severity) & later)


def page(user: User, asked: Filters, *, after: str = "", before: str = "", rows: int = limits.PAGE_ROWS) -> Page:
    """The `rows` incidents that `user` may see, after or before a cursor; a bad cursor is the beginning."""
    place, backwards = _place(after), False
    if place is None and before:
        place = _place(before)
        backwards = place is not None
    chosen = _chosen(user, asked)
    seen = [one.filter(chosen) for one in sources(user)]
    part = seen
    if place is not None:
        part = [one.filter(_beyond(place, by_severity=asked.by_severity, backwards=backwards)) for one in seen]
    found = merged(part, by_severity=asked.by_severity, limit=rows + 1, backwards=backwards)
    is_cut, found = len(found) > rows, found[:rows]
    if backwards:
        found.reverse()
    newer = found and (is_cut if backwards else place is not None)
    older = found and (backwards or is_cut)
    whole = place is None and not is_cut
    total = len(found) if whole else _count(user, seen)
    return Page(
        rows=described(found),
        newer=asked.address(before=cursor(found[0])) if newer else "",
        older=asked.address(after=cursor(found[-1])) if older else "",
        total=min(total, limits.COUNTED_ROWS),
        is_more=total > limits.COUNTED_ROWS,
    )


def _count(user: User, seen: list[Any]) -> int:
    """How many incidents `seen` holds, up to one beyond the bound: the first source, and of the next what is new."""
    total = 0
    for number, one in enumerate(seen):
        rows = one.exclude(access.owned(user)) if number else one
        if total <= limits.COUNTED_ROWS:
            total += rows.order_by()[: limits.COUNTED_ROWS + 1 - total].count()
    return total


def described(rows: list[Incident]) -> list[Row]:
    """Rows with who was told last where nobody leads; one query."""
    waiting = [row.pk for row in rows if row.lead_id is None and row.is_open]
    told = EscalationEvent.objects.filter(run=OuterRef("pk"), outcome=EscalationEvent.Outcome.TOLD).order_by("-id")
    runs = EscalationRun.objects.filter(incident__in=waiting).annotate(
        told=Subquery(told.values("user__name")[:1]), told_at=Subquery(told.values("at")[:1])
    )
    last = {key: (name or "", at) for key, name, at in runs.values_list("incident_id", "told", "told_at")}
    return [Row(row, _tone(row), *last.get(row.pk, ("", None))) for row in rows]


def _tone(row: Incident) -> str:
    return "warn" if row.is_open and row.lead_id is None else TONES.get(row.state, "")


def last_resolved(user: User) -> datetime | None:
    """When the incident that ended last was resolved, of those `user` may see."""
    ended = [one.filter(resolved_at__isnull=False).order_by("-resolved_at") for one in sources(user)]
    ends = [rows.values_list("resolved_at", flat=True).first() for rows in ended]
    return max((end for end in ends if end is not None), default=None)
