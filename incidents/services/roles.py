"""Who holds which role in an incident: one person at a time, and whoever leads commands (D5, D8).

``command`` is called wherever the lead changes, so that the two agree. Here the rows and their promises are written;
what people do is in ``role_moves``, what the clock asks in ``role_timers``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Exists, Max, OuterRef

from governance.documents.base import Pinned
from governance.documents.escalation import Escalation
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Role
from governance.reads import documents, people
from governance.rules import escalation as rules
from governance.rules import incident_roles
from governance.rules.incident_roles import COMMANDER
from governance.rules.resolution import Candidate, Matrices
from incidents import access
from incidents.models import EscalationRun, Incident, Participant, RoleAssignment
from incidents.services import cases, participants
from portal import audit, limits, timers
from portal.models import Absence, User

ROTATION, SILENCE, ABSENCE = "role.rotation", "role.silence", "role.absence"
Entered = RoleAssignment.Entered
GIVEN = (Entered.ASSIGNED, Entered.HANDED_OVER)


@dataclass(frozen=True, kw_only=True)
class Way:
    """How somebody comes to a role: passed on `by` whom, with what the form asked for and the words that go with it."""

    entered: str = Entered.ASSUMED
    by: User | None = None
    handover: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


TAKEN = Way()


@dataclass(frozen=True)
class Rules:
    """What the pinned matrices say about the roles of one incident."""

    matrices: Matrices
    workflow: WorkflowFacts | None
    severity: str
    roles: dict[str, Role]

    def deputies(self, key: str, holder: User | None, folk: PeopleFacts, at: datetime) -> tuple[Candidate, ...]:
        """Who stands in for `holder`, in order."""
        away = holder.pk if holder is not None else None
        return incident_roles.deputies(self.matrices, self.workflow, key, self.severity, away, folk, at)

    def is_named(self, key: str, user: User, folk: PeopleFacts, at: datetime) -> bool:
        return incident_roles.is_named(self.matrices, self.workflow, key, self.severity, user.pk, folk, at)


def rules_of(incident: Incident) -> Rules:
    """The roles that `incident` has, by the matrices to which it is pinned."""
    matrices, workflow = access.matrices_of(incident), people.workflow_facts(incident.workflow)
    return Rules(matrices, workflow, incident.severity, incident_roles.known(matrices, workflow))


def held_now(incident: Incident, key: str) -> RoleAssignment | None:
    """Who holds the role; the caller holds the incident."""
    return RoleAssignment.objects.select_related("user").filter(incident=incident, role=key, ended_at=None).first()


def command(incident: Incident, user: User | None, at: datetime, *, way: Way = TAKEN) -> None:
    """`user` commands `incident` from now on (None: nobody); whoever does already goes on.

    Call with the incident locked inside ``audit.action``, wherever the lead changes.
    """
    held = held_now(incident, COMMANDER)
    if user is None:
        if held is not None:
            end(held, at=at, reason="given back")
    elif held is None:
        enter(incident, COMMANDER, user, at=at, way=way)
    elif held.user_id != user.pk:
        way = Way(entered=Entered.STEPPED_IN) if way is TAKEN else way
        enter(incident, COMMANDER, user, at=at, way=way, before=held)


def enter(
    incident: Incident, key: str, user: User, *, at: datetime, way: Way, before: RoleAssignment | None = None
) -> RoleAssignment:
    """`user` holds the role `key` from now on, after `before`, whose time ends; promises to remind of passing it on.

    A clock that runs behind never makes two of them hold it at once.
    """
    known = rules_of(incident)
    role = known.roles[key]
    is_authorized = _is_authorized(known, key, user, way, before, at)
    if before is not None:
        end(before, at=at, reason="passed on")
    at = max(at, _last_end(incident, key) or at)
    row = RoleAssignment(
        incident=incident,
        role=key,
        title=role.title[: limits.TITLE_LENGTH],
        user=user,
        entered=way.entered,
        before=before,
        assumed_at=at,
        is_authorized=is_authorized,
        handover=dict(way.handover),
        note=way.note[: limits.REASON_LENGTH],
    )
    row.save()
    came = Participant.Role.TOLD if way.entered in GIVEN else Participant.Role.JOINED
    participants.add(incident, user, came, at=at)
    specs = _rotation(row, role, at)
    if way.entered in GIVEN and key != COMMANDER:  # the ladder looks after whoever commands
        specs += silence(row, at=at)
    timers.schedule_many(specs + absence(user, at=at), at)
    return row


def _is_authorized(known: Rules, key: str, user: User, way: Way, before: RoleAssignment | None, at: datetime) -> bool:
    """Whether the limits of the role come with it: by name in the matrix, or from somebody who has them."""
    if not known.roles[key].limits:
        return False
    by = way.by if way.entered in GIVEN else None
    if by is not None and before is not None and before.is_authorized and before.user_id == by.pk:
        return True
    folk = people.facts(at)
    return known.is_named(key, user, folk, at) or (by is not None and known.is_named(key, by, folk, at))


def _last_end(incident: Incident, key: str) -> datetime | None:
    """When the last holder of the role was done with it."""
    rows = RoleAssignment.objects.filter(incident=incident, role=key)
    found: datetime | None = rows.aggregate(last=Max("ended_at"))["last"]
    return found


def end(row: RoleAssignment, *, at: datetime, reason: str) -> None:
    """Nobody holds the role by `row` any more, at `at` but never before it began; its promises end."""
    row.ended_at = max(at, row.assumed_at)
    row.save(update_fields=["ended_at"])
    timers.supersede(subject=row, at=at, reason=reason)


def end_all(incident: Incident, *, at: datetime) -> None:
    """The incident is over: nobody holds a role in it any more, nobody is reminded."""
    for row in RoleAssignment.objects.filter(incident=incident, ended_at=None).order_by("role"):
        row.ended_at = max(at, row.assumed_at)
        row.save(update_fields=["ended_at"])
        timers.cancel(subject=row, at=at, reason="the incident is over")


def title(incident: Incident, key: str = COMMANDER) -> str:
    """What the pinned matrix calls the role."""
    return rules_of(incident).roles[key].title


def text_of(note: str, handover: Mapping[str, Any]) -> str:
    """What the timeline keeps of a hand-over: the note, and where each artefact is."""
    places = [f"{name}: {where}" for name, where in handover.get("artefacts", {}).items() if where]
    return "\n".join([note, *places] if note else places)


def lines(handover: Mapping[str, Any]) -> list[str]:
    """What was handed over, a line each: "Handoff note: in the wiki", and what is done."""
    found = [f"{name}: {where}" for name, where in handover.get("artefacts", {}).items() if where]
    return found + [text for text, is_done in handover.get("criteria", {}).items() if is_done]


def catch_up() -> None:
    """After an upgrade from a portal without roles whoever leads an open incident commands it; twice is once."""
    if RoleAssignment._meta.db_table not in connection.introspection.table_names():
        return  # this migrate has gone back to before
    here = RoleAssignment.objects.filter(incident=OuterRef("pk"), role=COMMANDER, ended_at=None)
    for incident in Incident.objects.open().filter(~Exists(here), lead__isnull=False).order_by("pk"):
        at = timers.now()
        with audit.action(actor=None, actor_label="clock", reason="acknowledged", at=at):
            found, _run = cases.lock(incident)
            if found.is_open:
                command(found, found.lead, at)


# Promises


def _rotation(row: RoleAssignment, role: Role, at: datetime) -> list[timers.Spec]:
    return [rotation(row, role.hours, at + timedelta(hours=role.hours), 1)] if role.hours else []


def rotation(row: RoleAssignment, hours: int, due_at: datetime, round: int) -> timers.Spec:
    """The reminder to pass the role on, for the `round`-th time."""
    return timers.Spec(kind=ROTATION, subject=row, due_at=due_at, data={"round": round, "hours": hours})


def silence(row: RoleAssignment, *, at: datetime) -> list[timers.Spec]:
    """The look whether the holder, who was asked now, has given a sign; where nothing is pinned nobody looks."""
    run = EscalationRun.objects.filter(incident=row.incident_id).first()
    if run is None:
        return []
    minutes = rules.follow_up(policy_of(run)).acknowledged_minutes
    due = at + timedelta(minutes=minutes)
    return [timers.Spec(kind=SILENCE, subject=row, due_at=due, data={"minutes": minutes})]


def policy_of(run: EscalationRun) -> Pinned[Escalation]:
    return documents.pinned({(run.policy_id, run.policy_digest)})[run.policy_id]


def absence(user: User, *, at: datetime) -> list[timers.Spec]:
    """The look at the roles of `user` when they go away next."""
    away = Absence.objects.filter(user=user, ends_at__gt=at).order_by("starts_at", "pk").first()
    if away is None:
        return []
    data = {"absence": str(away.pk)}
    return [timers.Spec(kind=ABSENCE, subject=user, due_at=max(at, away.starts_at), data=data)]
