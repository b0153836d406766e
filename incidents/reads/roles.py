"""The roles of an incident as pages show them: who holds each, since when, whether they are there, who stands in."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from governance.documents.matrix import Limit, Role
from governance.reads import people
from governance.reads.sentences import said
from governance.rules import authority, incident_roles
from governance.rules.incident_roles import COMMANDER
from governance.rules.resolution import Candidate
from incidents import access
from incidents.models import EscalationRun, Incident, Participant, RoleAssignment, TimelineEntry
from incidents.models.escalation import RunState
from incidents.reads.actions import CALLING
from portal.models import Absence, Timer, User
from portal.models.timers import TimerState

SILENCE = "role.silence"
HERE, ASKED, SILENT, AWAY = "", "asked", "silent", "away"
GONE = (SILENT, AWAY)
AT_ONCE = ("take", "step-in", "ask", "here")
WORDS: dict[str, str | Promise] = {
    "take": gettext_lazy("Take it"),
    "give": gettext_lazy("Give it to somebody"),
    "hand-over": gettext_lazy("Hand over"),
    "step-in": gettext_lazy("Step in"),
    "give-up": gettext_lazy("Give it up"),
    "ask": gettext_lazy("Ask for a sign"),
    "here": gettext_lazy("I am here"),
}
FEW = 8  # people on the card; the page names all


@dataclass(frozen=True)
class Sign:
    """Whether the holder is there: HERE, ASKED (has until `by` to answer), SILENT or AWAY (until `by`)."""

    state: str = HERE
    by: datetime | None = None


@dataclass(frozen=True)
class Line:
    """One role. `due` is when it is time to pass it on; `moves` are what the reader can do, the likely one first."""

    key: str
    role: Role
    held: RoleAssignment | None
    sign: Sign = Sign()
    due: datetime | None = None
    is_due: bool = False
    is_named: bool = True
    named: tuple[Candidate, ...] = ()
    deputies: tuple[Candidate, ...] = ()
    moves: tuple[str, ...] = ()
    past: Sequence[RoleAssignment] = ()

    @property
    def title(self) -> str:
        return said(self.role.title)

    @property
    def buttons(self) -> list[tuple[str, str, bool]]:
        """The moves of the reader, their words, and whether one press does them."""
        return [(move, str(WORDS[move]), move in AT_ONCE) for move in self.moves]

    @property
    def places(self) -> list[tuple[str, str]]:
        """Where each artefact was said to be when the role was handed over."""
        return list(self.held.handover.get("artefacts", {}).items()) if self.held is not None else []

    @property
    def limits(self) -> list[tuple[str, str]]:
        """What the role may do, and how far, in words."""
        return [(said(limit.action), far(limit)) for limit in self.role.limits]


@dataclass(frozen=True)
class Here:
    """Somebody who works on the incident now: `roles` that they hold, `is_specialist` where a threshold called them."""

    user: User
    since: datetime
    roles: tuple[str, ...] = ()
    is_specialist: bool = False


@dataclass(frozen=True)
class Card:
    """The roles and the people of one incident, short; `more` others are here besides."""

    lines: list[Line]
    here: list[Here] = field(default_factory=list)
    asked: list[Here] = field(default_factory=list)
    more: int = 0

    @property
    def is_held(self) -> bool:
        """Whether somebody holds one of the roles, or is here."""
        return bool(self.here) or any(line.held for line in self.lines)


def holder(incident: Incident, role: str) -> User | None:
    """Who holds the role (key of the pinned matrix) now."""
    row = RoleAssignment.objects.select_related("user").filter(incident=incident, role=role, ended_at=None).first()
    return row.user if row is not None else None


def owes_hand_over(incident: Incident, user: User) -> bool:
    """Whether `user` commands `incident` and the matrix asks something at the hand-over of the command."""
    if incident.lead_id != user.pk or not incident.is_open:
        return False
    known = incident_roles.known(access.matrices_of(incident), people.workflow_facts(incident.workflow))
    role = known[COMMANDER]
    return bool(role.handoff or role.artefacts)


def far(limit: Limit) -> str:
    """Up to which severity and risk `limit` goes."""
    severity = said(authority.ANY_SEVERITY) if limit.severity == "any" else limit.severity.upper()
    return f"{severity}, {said(authority.RISK_WORDS[limit.risk])}"


def show(incident: Incident, user: User, *, at: datetime) -> list[Line]:
    """Every role of the pinned matrices, the commander first, with everybody who has held it; a constant number of
    queries."""
    matrices, workflow = access.matrices_of(incident), people.workflow_facts(incident.workflow)
    rows = history(incident)
    signs_now, folk = signs(rows, incident, at=at), people.facts(at)
    found = []
    for key, (role, held, past) in _roles(incident_roles.known(matrices, workflow), rows).items():
        named = incident_roles.named(matrices, workflow, key, incident.severity, folk, at)
        deputies = tuple(item for item in named if held is not None and item.person != held.user_id)
        sign = signs_now.get(held.pk, Sign()) if held is not None else Sign()
        is_named = held is None or incident_roles.is_named(
            matrices, workflow, key, incident.severity, held.user_id, folk, at
        )
        line = Line(key, role, held, sign, *_due(role, held, at), is_named, named, deputies, past=past)
        found.append(_with_moves(line, incident, user))
    return found


def card(incident: Incident, user: User, *, at: datetime) -> Card:
    """The same for the page of the incident, without the matrix's people: fewer questions."""
    matrices, workflow = access.matrices_of(incident), people.workflow_facts(incident.workflow)
    rows = [row for row in history(incident) if row.ended_at is None]
    signs_now = signs(rows, incident, at=at)
    lines = []
    for key, (role, held, _past) in _roles(incident_roles.known(matrices, workflow), rows).items():
        sign = signs_now.get(held.pk, Sign()) if held is not None else Sign()
        lines.append(_with_moves(Line(key, role, held, sign, *_due(role, held, at)), incident, user))
    present, asked = swarm(incident, rows)
    return Card(lines, present[:FEW], asked[:FEW], max(len(present) - FEW, 0) + max(len(asked) - FEW, 0))


def history(incident: Incident) -> list[RoleAssignment]:
    """Who has held which role, in the order of time."""
    rows = RoleAssignment.objects.select_related("user", "before__user").filter(incident=incident)
    return list(rows.order_by("assumed_at", "pk"))


def swarm(incident: Incident, rows: Sequence[RoleAssignment]) -> tuple[list[Here], list[Here]]:
    """Who is here (joined, or holds a role by `rows`), and the specialists who were brought in and are not here yet."""
    mine: dict[UUID, list[str]] = defaultdict(list)
    for row in rows:
        if row.ended_at is None:
            mine[row.user_id].append(row.title)
    brought = _specialists(incident)
    part = Participant.Role
    taking = Participant.objects.filter(incident=incident, role__in=[part.TOLD, part.JOINED], user__is_active=True)
    here: dict[UUID, Here] = {}
    asked: dict[UUID, Here] = {}
    for item in taking.select_related("user").order_by("since", "pk"):
        called = str(item.user) in brought
        one = Here(item.user, item.since, tuple(mine.get(item.user_id, ())), called)
        if item.role == part.JOINED or item.user_id in mine:
            here.setdefault(item.user_id, one)
        elif called:
            asked[item.user_id] = one
    return list(here.values()), [one for pk, one in asked.items() if pk not in here]


def _specialists(incident: Incident) -> set[str]:
    """Names of those whom a threshold of the rubric brought in (D9)."""
    found = TimelineEntry.objects.filter(incident=incident, verb="specialists").values_list("data", flat=True)
    return {str(name) for data in found for name in data.get("people", ())}


def _roles(
    known: dict[str, Role], rows: Iterable[RoleAssignment]
) -> dict[str, tuple[Role, RoleAssignment | None, list[RoleAssignment]]]:
    """Each role with who holds it and who did, newest first; what newer rules do not name any more stays listed."""
    by_key: dict[str, list[RoleAssignment]] = defaultdict(list)
    for row in rows:
        by_key[row.role].append(row)
    every = known | {key: Role(key=key, title=held[-1].title) for key, held in by_key.items() if key not in known}
    found = {}
    for key, role in every.items():
        mine = by_key.get(key, [])
        now = next((row for row in mine if row.ended_at is None), None)
        found[key] = role, now, [row for row in reversed(mine) if row.ended_at is not None]
    return found


def _due(role: Role, held: RoleAssignment | None, at: datetime) -> tuple[datetime | None, bool]:
    if held is None or not role.hours:
        return None, False
    due = held.assumed_at + timedelta(hours=role.hours)
    return due, due <= at


def _with_moves(line: Line, incident: Incident, user: User) -> Line:
    return replace(line, moves=_moves(line, incident, user))


def _moves(line: Line, incident: Incident, user: User) -> tuple[str, ...]:
    run = _run(incident)
    if run is None or not incident.is_open or "roles" not in access.allowed(user, incident):
        return ()
    waits = line.key == COMMANDER and run.state in CALLING
    if line.held is None:
        return ("take", "give")
    if line.held.user_id == user.pk:
        mine = ("here",) if line.sign.state in (ASKED, SILENT) and not waits else ()
        back = ("give-up",) if line.key != COMMANDER or run.state == RunState.ACKNOWLEDGED else ()
        return (*mine, "hand-over", *back)
    if waits:
        return ("take", "give")
    first: tuple[str, ...] = ()
    if line.sign.state in GONE and user.pk in {item.person for item in line.deputies}:
        first = ("step-in",)
    elif line.sign.state == HERE:
        first = ("ask",)
    return (*first, "give")


def _run(incident: Incident) -> EscalationRun | None:
    if "run" in incident._state.fields_cache:
        return getattr(incident, "run", None)
    return EscalationRun.objects.filter(incident=incident).first()


# Signs


def sign(row: RoleAssignment, *, at: datetime) -> str:
    """Whether the holder is there (HERE, ASKED, SILENT, AWAY); with the incident locked, for the services."""
    incident = Incident.objects.get(pk=row.incident_id)
    return signs([row], incident, at=at).get(row.pk, Sign()).state


def has_spoken(row: RoleAssignment, *, since: datetime) -> bool:
    """Whether the holder did anything in the incident after `since`."""
    return TimelineEntry.objects.filter(incident=row.incident_id, by=row.user_id, at__gt=since).exists()


def signs(rows: Iterable[RoleAssignment], incident: Incident, *, at: datetime) -> dict[UUID, Sign]:
    """Of those who hold a role by `rows` whether they are there, by the id of the row; three queries."""
    mine = {row.pk: row for row in rows if row.ended_at is None}
    if not mine:
        return {}
    asked = {
        timer.subject_id: timer
        for timer in Timer.objects.filter(
            kind=SILENCE, subject_id__in=list(mine), state__in=[TimerState.ARMED, TimerState.FIRED]
        ).order_by("pk")
    }
    users = {row.user_id for row in mine.values()}
    last = TimelineEntry.objects.filter(incident=incident, by__in=users).values_list("by_id").annotate(Max("at"))
    spoke = dict(last.order_by()) if asked else {}
    away = Absence.objects.filter(user__in=users, starts_at__lte=at, ends_at__gt=at).values_list("user_id", "ends_at")
    until = dict(away)
    found = {}
    for pk, row in mine.items():
        timer, heard = asked.get(pk), spoke.get(row.user_id)
        waits = timer is not None and (heard is None or heard <= timer.created_at)
        if row.user_id in until:
            found[pk] = Sign(AWAY, until[row.user_id])
        elif timer is not None and waits:
            found[pk] = Sign(ASKED if timer.due_at > at else SILENT, timer.due_at)
        else:
            found[pk] = Sign()
    return found
