"""What the clock asks about roles: is it time to pass one on, does its holder give a sign, is the holder away? (D8)

Each is asked of whoever holds the role now; a role that was passed on or an incident that is over asks nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from governance.reads import people
from incidents.models import Incident, RoleAssignment
from incidents.reads import roles as reads
from incidents.services import cases, messages, participants, role_moves, roles, timeline
from portal import audit, registry, timers
from portal.models import Absence, Timer, User

MOST = 4  # reminders to pass one role on: the first and three more


def register() -> None:
    registry.presence.add("incidents.roles", follow)
    registry.after_migrate.add("incidents.roles", roles.catch_up)


def follow(person: User, *, at: datetime) -> None:
    """`person` is back, or goes away now or later: the clock looks at their roles then."""
    timers.supersede(subject=person, at=at, reason="away at other times", kinds=[roles.ABSENCE])
    if RoleAssignment.objects.filter(user=person, ended_at=None).exists():
        timers.schedule_many(roles.absence(person, at=at), at)


def fire_rotation(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``role.rotation``: the holder and the first deputy hear that it is time; some times more."""
    held, left = _hold(rows)
    for timer in rows:
        row = held.get(timer.subject_id)
        if row is None:
            continue
        hours, count = int(timer.data["hours"]), int(timer.data["round"])
        deputy = _first_deputy(row, at)
        facts = {"role": row.title, "holder": str(row.user), "hours": hours, "happened_at": row.assumed_at}
        key = f"role:{row.pk}:rotate:{count}"
        messages.tell("role.rotate", row.incident, [row.user], key, at=at, which="holder", **facts)
        if deputy is not None:
            participants.add(row.incident, deputy, "told", at=at)
            messages.tell("role.rotate", row.incident, [deputy], key, at=at, which="deputy", **facts)
        names = [str(row.user)] + ([str(deputy)] if deputy is not None else [])
        _log(row, "role_rotate", at, hours=hours, people=names)
        if count < MOST:
            due = at + timedelta(hours=hours) / 2
            timers.schedule_many([roles.rotation(row, hours, due, count + 1)], at)
    return left


def fire_silence(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``role.silence``: whoever was asked gave no sign, so the deputies hear that they can step in."""
    held, left = _hold(rows)
    for timer in rows:
        row = held.get(timer.subject_id)
        if row is not None and not reads.has_spoken(row, since=timer.created_at):
            _missing(row, "silent", f"role:{row.pk}:silent:{timer.pk}", at)
    return left


def fire_absence(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``role.absence``: the holder is away now, so the deputies of each role hear it; once each time."""
    away = {
        item.user_id: item
        for item in Absence.objects.filter(
            user__in=[timer.subject_id for timer in rows], starts_at__lte=at, ends_at__gt=at
        )
    }
    concerned = RoleAssignment.objects.filter(user__in=list(away), ended_at=None, incident__in=Incident.objects.open())
    found = _lock(concerned.values_list("pk", "incident_id"))
    busy = {user for pk, user in concerned.values_list("pk", "user_id") if pk not in found}
    left = set()
    for timer in rows:
        absence = away.get(timer.subject_id)
        if timer.subject_id in busy:
            left.add(timer.pk)
            continue
        if absence is None:
            continue
        for row in found.values():
            if row.user_id == absence.user_id:
                _missing(row, "absent", f"role:{row.pk}:absent:{absence.pk}", at)
        again = roles.absence(absence.user, at=absence.ends_at)
        timers.schedule_many(again, at)
    return left


def _missing(row: RoleAssignment, which: str, key: str, at: datetime) -> None:
    names = role_moves.tell_deputies(row, which, key, at=at, incident=row.incident)
    _log(row, "role_silent", at, which=which, people=names)


def _first_deputy(row: RoleAssignment, at: datetime) -> User | None:
    found = roles.rules_of(row.incident).deputies(row.role, row.user, people.facts(at), at)
    return User.objects.active().filter(pk=found[0].person).first() if found else None


def _hold(rows: Sequence[Timer]) -> tuple[dict[UUID, RoleAssignment], set[int]]:
    """The roles that `rows` (timers) are about, of open incidents, locked with their incidents; and the timers whose
    incident somebody else holds."""
    wanted = RoleAssignment.objects.filter(pk__in=[timer.subject_id for timer in rows], ended_at=None)
    pairs = dict(wanted.values_list("pk", "incident_id"))
    found = _lock(pairs.items())
    left = {timer.pk for timer in rows if timer.subject_id in pairs and timer.subject_id not in found}
    return {pk: row for pk, row in found.items() if row.ended_at is None and row.incident.is_open}, left


def _lock(pairs: Iterable[tuple[UUID, UUID]]) -> dict[UUID, RoleAssignment]:
    """Those of the roles (id, id of the incident) whose incident nobody else holds, read again under its lock."""
    wanted = dict(pairs)
    free = cases.lock_free(set(wanted.values()))
    rows = RoleAssignment.objects.select_related("user", "incident__workflow__team", "incident__team", "incident__lead")
    mine = rows.filter(pk__in=[pk for pk, incident in wanted.items() if incident in free]).order_by("assumed_at", "pk")
    return {row.pk: row for row in mine}


def _log(row: RoleAssignment, verb: str, at: datetime, **more: object) -> None:
    facts = {"name": str(row.user), "role": row.role, "title": row.title, **more}
    timeline.add(row.incident, verb=verb, by=None, at=at, data=facts)
    action = audit.current()
    if action is not None:
        action.record(verb=f"incident.{verb}", target=row.incident, data=facts)
