"""Somebody leaves: running incidents go on at once with whoever is responsible now.

``verdicts`` says what becomes of each incident; the page that asks before and the move itself use the same. What
the person led has no lead any more and its levels go on; where they were told and have not answered, the newly
responsible are told, nobody twice. A clock that told the person in the very moment is caught by a second look.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.documents.facts import PeopleFacts
from governance.reads import holdings as documents
from governance.reads import people
from governance.rules import escalation as rules
from governance.rules.incident_roles import COMMANDER
from incidents.models import EscalationEvent, EscalationRun, Incident, RoleAssignment
from incidents.models.escalation import RunState
from incidents.reads import holdings as reads
from incidents.services import (
    cases,
    escalation,
    messages,
    participants,
    re_resolution,
    role_moves,
    step_owners,
    timeline,
)
from portal import audit, registry, timers
from portal.models import Timer, User
from portal.reads.holdings import Holding

LEFT = "person.left"
SECOND_LOOK = timedelta(seconds=10)  # longer than any transaction of the clock
BATCH = 100  # incidents locked at once
BECAUSE = "somebody has left"
Pair = tuple[Incident, EscalationRun | None]


@dataclass(frozen=True)
class Verdict:
    """What becomes of one incident: `new` are told at once (names), else `following`, the next level.

    `leads`: the person has it. `is_silent`: only they were told at the present level. Who was not told (`was_told`)
    holds a role or has a step.
    """

    leads: bool
    new: tuple[str, ...] = ()
    following: tuple[str, ...] = ()
    is_silent: bool = False
    was_told: bool = True

    @property
    def moves(self) -> bool:
        return self.leads or self.is_silent or bool(self.new)


def register() -> None:
    registry.leaving.add("incidents.running", pass_on)
    registry.holdings.add("incidents.running", held)


def verdicts(pairs: Sequence[Pair], person: User, folk: PeopleFacts, *, at: datetime) -> dict[UUID, Verdict]:
    """What becomes of each incident, by its id, in a world (`folk`) in which `person` is not active."""
    running = [(incident, run) for incident, run in pairs if run is not None and run.state != RunState.STOPPED]
    done = reads.told([run for _incident, run in running])
    found = {incident.pk: Verdict(incident.lead_id == person.pk) for incident, _run in pairs}
    for case in cases.open_many(running):
        found[case.incident.pk] = _verdict(case, person, done[case.run.pk], folk, at)
    return found


def _verdict(case: cases.Case, person: User, done: reads.Told, folk: PeopleFacts, at: datetime) -> Verdict:
    run = case.run
    leads = person.pk in (case.incident.lead_id, run.acknowledged_by_id)
    if run.state == RunState.ACKNOWLEDGED and not leads:
        return Verdict(leads)  # somebody else has it
    new: dict[str, None] = {}
    for step in re_resolution.reached(case.plan, done.taken, falls=False):
        new |= dict.fromkeys(_names(_tell(case, step, done, folk, at)))
    present = case.plan.steps[run.position - 1] if 0 < run.position <= len(case.plan.steps) else None
    here = done.people.get((present.level, present.round), set()) if present is not None else set()
    others = [user for user in here if user in folk.people and folk.people[user].active]
    is_silent = run.state == RunState.RUNNING and person.pk in here and not others
    was_told = any(person.pk in users for users in done.people.values())
    return Verdict(leads, tuple(new), _next(case, done, folk, at), is_silent, was_told)


def _next(case: cases.Case, done: reads.Told, folk: PeopleFacts, at: datetime) -> tuple[str, ...]:
    """Whom the next level tells; one where nobody is left is followed by the next at once, the last by the first."""
    step = case.next_step
    if step is None:
        step, done = rules.next_step(case.plan, None), reads.Told()
    while step is not None:
        telling = _tell(case, step, done, folk, at)
        if not telling.nobody:
            return _names(telling)
        step = rules.next_step(case.plan, step.index)
    return ()


def _tell(case: cases.Case, step: rules.Step, done: reads.Told, folk: PeopleFacts, at: datetime) -> rules.Telling:
    """Whom `step` would tell now, and who has heard of it."""
    resolved = rules.resolutions(case.policy, step, case.matrices, case.workflow, case.run.severity, folk, at)
    return rules.tell(step, resolved, done.already)


def _names(telling: rules.Telling) -> tuple[str, ...]:
    return tuple(tell.name for tell in telling.tells)


# Passing on


def pass_on(*, person: User, by: User, at: datetime) -> None:
    """Move every incident that counts on `person`; locks them by key, in batches, each before its run."""
    keys = reads.concerned(person)
    for start in range(0, len(keys), BATCH):
        _move(person, _lock(keys[start : start + BATCH]), at=at)
    timers.schedule(kind=LEFT, subject=person, due_at=at + SECOND_LOOK, at=at, reason=BECAUSE)


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``person.left``: whatever told the person while they were leaving goes on, too."""
    gone = User.objects.filter(is_active=False).in_bulk({timer.subject_id for timer in rows})
    left = set()
    for timer in rows:
        person = gone.get(timer.subject_id)
        if person is None:
            continue
        keys = reads.concerned(person)
        pairs = cases.lock_free(keys)
        _move(person, list(pairs.values()), at=at)
        if len(pairs) < len(keys):
            left.add(timer.pk)
    return left


def _lock(keys: Sequence[UUID]) -> list[Pair]:
    """Those of the incidents that are still open, with their runs, all locked and read again."""
    rows = Incident.objects.open().select_related("workflow__team", "team", "lead", "reporter").filter(pk__in=keys)
    held = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    found = EscalationRun.objects.filter(incident__in=[incident.pk for incident in held])
    runs = {run.incident_id: run for run in found.select_for_update(no_key=True).order_by("incident_id")}
    for incident in held:
        if incident.pk in runs:
            runs[incident.pk].incident = incident
    return [(incident, runs.get(incident.pk)) for incident in held]


def _move(person: User, pairs: Sequence[Pair], *, at: datetime) -> None:
    if not pairs:
        return
    judged = verdicts(pairs, person, documents.without(people.facts(at), person.pk), at=at)
    for incident, run in pairs:
        verdict = judged[incident.pk]
        if verdict.leads:
            _give_back(person, incident, run, verdict, at=at)
        elif verdict.moves and run is not None:
            timeline.add(incident, verb="passed_on", by=None, at=at, data={"name": str(person)})
            _resolve(incident, run, at=at)
        role_moves.left(incident, person, at=at)
        step_owners.free(incident, person, which=step_owners.LEFT, at=at)


def _give_back(person: User, incident: Incident, run: EscalationRun | None, verdict: Verdict, *, at: datetime) -> None:
    """`incident` has no lead any more; the newly responsible are told, else the next level, at once."""
    escalation.lead(incident, None, at)
    timeline.add(incident, verb="left", by=None, at=at, data={"name": str(person)})
    action = audit.current()
    if action is not None:
        action.record(verb="incident.lead_left", target=incident, data={"person": str(person.pk)})
    if run is None or run.state == RunState.STOPPED:
        return
    key = f"run:{run.pk}:{run.generation}:left:{person.pk}"
    run.state, run.acknowledged_by, run.acknowledged_at, run.paused_until = RunState.RUNNING, None, None, None
    if verdict.new:
        _resolve(incident, run, at=at)
    else:
        escalation.resume(cases.open_one(incident, run), at=at, reason=BECAUSE)
    called = EscalationEvent.objects.filter(run=run, generation=run.generation).values_list("user_id", flat=True)
    others = {user.pk: user for user in participants.followers(incident)}
    for pk in {person.pk, *called}:
        others.pop(pk, None)
    messages.tell("incident.unacknowledged", incident, others.values(), key, at=at, name=str(person), which="left")


def _resolve(incident: Incident, run: EscalationRun, *, at: datetime) -> None:
    re_resolution.reresolve(incident=incident, run=run, before=incident.severity, because=BECAUSE, repin=False, at=at)


# Before


def held(person: User, *, at: datetime, viewer: User | None) -> list[Holding]:
    """The incidents that `person` leads or has been told of, and who hears of them; names only what `viewer` sees."""
    keys = reads.concerned(person)
    rows = Incident.objects.select_related("workflow__team", "team", "lead", "run").filter(pk__in=keys).order_by("pk")
    pairs: list[Pair] = [(incident, getattr(incident, "run", None)) for incident in rows]
    pairs.sort(key=lambda pair: pair[0].lead_id != person.pk)
    judged = verdicts(pairs, person, documents.without(people.facts(at), person.pk), at=at)
    seen = reads.visible(keys, viewer)
    found = [_row(incident, run, judged[incident.pk], incident.pk in seen) for incident, run in pairs]
    return [row for row in found if row is not None] + _roles(person, seen) + _steps(person, seen)


def _roles(person: User, seen: Set[UUID]) -> list[Holding]:
    """The roles besides the command that `person` holds in open incidents."""
    rows = RoleAssignment.objects.select_related("incident").filter(user=person, ended_at=None)
    found = []
    for row in rows.filter(incident__in=Incident.objects.open()).exclude(role=COMMANDER).order_by("incident", "role"):
        is_seen = row.incident_id in seen
        title = str(row.incident) if is_seen else _("An incident that you may not see")
        url = row.incident.get_absolute_url() if is_seen else ""
        after = _("Nobody holds it then. The deputies are told at once.")
        found.append(Holding(_("Roles they hold in incidents"), title, row.title, after, url))
    return found


def _steps(person: User, seen: Set[UUID]) -> list[Holding]:
    """The steps of playbooks that `person` has taken in open incidents; two queries."""
    found = []
    for incident, number in reads.steps(person):
        is_seen = incident.pk in seen
        title = str(incident) if is_seen else _("An incident that you may not see")
        detail = ngettext("%(n)d step", "%(n)d steps", number) % {"n": number}
        after = _("Nobody has it then. Whoever leads is told.")
        url = f"{incident.get_absolute_url()}playbook/" if is_seen else ""
        found.append(Holding(_("Steps they have taken in playbooks"), title, detail, after, url))
    return found


def _row(incident: Incident, run: EscalationRun | None, verdict: Verdict, is_seen: bool) -> Holding | None:
    title = str(incident) if is_seen else _("An incident that you may not see")
    url = incident.get_absolute_url() if is_seen else ""
    detail = f"{incident.get_severity_display()}, {incident.get_state_display()}"  # type: ignore[attr-defined]
    if verdict.leads:
        return Holding(_("Incidents they lead"), title, detail, _given_back(run, verdict), url)
    if run is None or run.state in (RunState.ACKNOWLEDGED, RunState.STOPPED) or not verdict.was_told:
        return None
    return Holding(_("Calls they have not answered"), title, detail, _passed_on(verdict), url)


def _given_back(run: EscalationRun | None, verdict: Verdict) -> str:
    names = _listed(verdict.new or verdict.following)
    if run is None or not names:
        return _("Nobody leads it then.")
    if verdict.new:
        return _("Nobody leads it then. Told at once: %(names)s.") % {"names": names}
    return _("Nobody leads it then. The next level is told at once: %(names)s.") % {"names": names}


def _passed_on(verdict: Verdict) -> str:
    if verdict.new:
        return _("Told at once: %(names)s.") % {"names": _listed(verdict.new)}
    if verdict.is_silent:
        said = {"names": _listed(verdict.following) or _("nobody")}
        return _("Nobody else was told: the operators hear of it, and the next level, %(names)s, at once.") % said
    return _("Others were told, too; the levels go on.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
