"""Beats: a workflow promises a sign of life every so often, and its absence is an incident (P4).

A beat that comes moves ``Beat.due_at`` on in two statements; its timer is moved on only when it fires, at most once in
an interval. A beat that comes late, before the clock has noticed, counts: nothing is told that is over already. One
that is missed opens one incident; the next beat resolves it while nobody has taken it, else tells whoever works on it.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from django.conf import settings
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from governance.models import Workflow
from incidents.models import Beat, Incident
from incidents.models.incidents import IncidentState
from incidents.services import incidents, intake, messages, participants, reasons, silences, triggers
from portal import access, audit, ids, limits, prepared, timers
from portal.errors import DomainError
from portal.models import Timer, User
from portal.models.timers import TimerState
from portal.prepared import Given

MISSING = "beat.missing"
LONGEST_MINUTES = 366 * 24 * 60
LONGEST_GRACE = 30 * 24 * 60
State = Beat.State

_by_token = prepared.Question(lambda: Beat.objects.filter(token_digest=Given("digest", Beat, "token_digest")))


class BadRule(DomainError):
    """The interval, the cron expression, the zone or the grace cannot be; `field` is where."""

    def __init__(self, text: str, field: str) -> None:
        super().__init__(text)
        self.field = field


class Taken(DomainError):
    """Another beat has this key."""

    field = "key"


class Idle(DomainError):
    """The beat is paused, or it is not."""


@dataclass(frozen=True)
class Heard:
    """A beat that came: `next_by` is when the next one is missing, None while nobody waits for it."""

    next_by: datetime | None


# The rule


def check(*, interval_minutes: int | None, cron: str, time_zone: str, grace_minutes: int) -> None:
    """Raises BadRule unless exactly one of interval and cron says when the next beat is expected."""
    if bool(interval_minutes) == bool(cron.strip()):
        raise BadRule(_("Give either the minutes between two beats or a cron expression."), "interval_minutes")
    if interval_minutes and not 1 <= interval_minutes <= LONGEST_MINUTES:
        raise BadRule(_("Use between one minute and a year."), "interval_minutes")
    if not 0 <= grace_minutes <= LONGEST_GRACE:
        raise BadRule(_("At most thirty days late."), "grace_minutes")
    if not cron.strip():
        return
    try:
        zone = ZoneInfo(time_zone or settings.TIME_ZONE)
    except (KeyError, ValueError, OSError):  # unknown, or no name of a zone at all
        raise BadRule(_("There is no time zone called “%(name)s”.") % {"name": time_zone}, "time_zone") from None
    if len(cron.split()) != 5:
        raise BadRule(_("A cron expression has five fields, for example: 30 6 * * mon-fri."), "cron")
    try:
        next(CronSim(cron.upper(), datetime(2026, 1, 1, tzinfo=zone)))
    except (CronSimError, StopIteration, ValueError):
        raise BadRule(
            _("This is no cron expression, or it names no time: %(text)s.") % {"text": cron}, "cron"
        ) from None


def expected_after(beat: Beat, at: datetime) -> datetime:
    """When the beat after `at` is expected, in UTC; cron reads the clock on the wall of its zone (DESIGN section 7)."""
    if beat.interval_minutes:
        return at + timedelta(minutes=beat.interval_minutes)
    zone = ZoneInfo(beat.time_zone or settings.TIME_ZONE)
    return next(CronSim(beat.cron.upper(), at.astimezone(zone))).astimezone(UTC)


def missing_at(beat: Beat, at: datetime) -> datetime:
    """When the beat after `at` counts as missing: its time and the grace."""
    return expected_after(beat, at) + timedelta(minutes=beat.grace_minutes)


# Setting up


def digest(token: str) -> str:
    """SHA-256 as hexadecimal digits; the secret is random, so one round is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def set_up(
    *,
    key: str,
    name: str,
    workflow: Workflow,
    by: User,
    at: datetime,
    interval_minutes: int | None = None,
    cron: str = "",
    time_zone: str = "",
    grace_minutes: int = 5,
    severity: str = "",
    reason: str = "",
) -> tuple[Beat, str]:
    """Make a beat of `workflow`, and the secret of its address, which is shown once.

    Raises BadRule, Taken, access.Refused.
    """
    cron, time_zone = " ".join(cron.split()), time_zone.strip()
    check(interval_minutes=interval_minutes, cron=cron, time_zone=time_zone, grace_minutes=grace_minutes)
    new = Beat(key=key, name=name, workflow=workflow, grace_minutes=grace_minutes, severity=severity)
    new.interval_minutes, new.cron, new.time_zone = interval_minutes or None, cron, time_zone
    with audit.action(actor=by, reason=reason or "beat set up", at=at) as action:
        access.require(by, "add", Beat)
        if key == "new" or Beat.objects.filter(key=key).exists():
            raise Taken(_("Another beat is called so. Choose another name for the address."))
        token = give_secret(new)
        new.save(force_insert=True)
        action.record(verb="beat.created", target=new, data={"workflow": workflow.key})
    return new, token


def give_secret(beat: Beat) -> str:
    """A new secret for `beat`, in memory; the old one ends when it is saved."""
    token = secrets.token_hex(20)
    beat.token_digest = digest(token)
    return token


def rotate(*, beat: Beat, by: User, reason: str, at: datetime) -> str:
    """A new secret, shown once; the old address is unknown from now on. Raises access.Refused."""
    with audit.action(actor=by, reason=reason, at=at) as action:
        held = _lock(beat)
        access.require(by, "change", held)
        token = give_secret(held)
        held.save(update_fields=["token_digest"])
        action.record(verb="beat.rotated", target=held)
    return token


def pause(*, beat: Beat, by: User, reason: str, at: datetime) -> Beat:
    """Nobody waits for `beat` until it is resumed. An incident that is open goes on. Raises Idle, access.Refused."""
    with audit.action(actor=by, reason=reason, at=at) as action:
        held = _lock(beat)
        access.require(by, "change", held)
        if not held.is_active:
            raise Idle(_("%(beat)s is paused already.") % {"beat": held})
        held.is_active, held.state, held.due_at = False, State.NEW, None
        held.save(update_fields=["is_active", "state", "due_at"])
        timers.cancel(subject=held, at=at, reason="paused")
        action.record(verb="beat.paused", target=held)
    return held


def resume(*, beat: Beat, by: User, reason: str, at: datetime) -> Beat:
    """The next beat arms the clock again, as the first one did. Raises Idle, access.Refused."""
    with audit.action(actor=by, reason=reason, at=at) as action:
        held = _lock(beat)
        access.require(by, "change", held)
        if held.is_active:
            raise Idle(_("%(beat)s is not paused.") % {"beat": held})
        held.is_active = True
        held.save(update_fields=["is_active"])
        action.record(verb="beat.resumed", target=held)
    return held


def replan(beat: Beat, *, at: datetime) -> None:
    """The rule of `beat` has changed: what is promised follows it, counted from the last beat but never in the past.

    Call inside the action that saved it.
    """
    held = _lock(beat)
    if held.is_active and held.state == State.UP and held.last_at is not None:
        _expect(held, max(missing_at(held, held.last_at), at + timedelta(minutes=held.grace_minutes)), at=at)


def _lock(beat: Beat) -> Beat:
    return Beat.objects.select_related("workflow__team").select_for_update(no_key=True, of=("self",)).get(pk=beat.pk)


def _expect(beat: Beat, due: datetime, *, at: datetime) -> None:
    beat.due_at = due
    beat.save(update_fields=["state", "last_at", "due_at"])
    timers.schedule(kind=MISSING, subject=beat, due_at=due, at=at)


# A beat comes


def beat(*, token: str, at: datetime) -> Heard | None:
    """The beat whose address holds `token` came at `at`; None when there is none. Two statements while all is well."""
    found = next(iter(_by_token(digest=digest(token))), None)
    if found is None:
        return None
    if not found.is_active:
        Beat.objects.filter(pk=found.pk, is_active=False).update(last_at=at)
        return Heard(None)
    due = missing_at(found, at)
    if found.state == State.UP:
        # NOTE: judged again by the database, or a beat would be lost that comes while the clock finds it missing.
        same = Beat.objects.filter(pk=found.pk, is_active=True, state=State.UP, token_digest=found.token_digest)
        if same.update(last_at=at, due_at=due):
            return Heard(due)
    return _come_back(found, at)


def _come_back(found: Beat, at: datetime) -> Heard:
    """The first beat, or the first one after it was missing."""
    with audit.action(actor=None, actor_label=f"beat {found.key}", reason="a beat came", at=at) as action:
        held = _lock(found)
        if not held.is_active:
            return Heard(None)
        was = held.state
        held.state, held.last_at = State.UP, at
        due = missing_at(held, at)
        _expect(held, due, at=at)
        if was == State.MISSING and held.incident_id is not None:
            _works_again(held, at=at)
        action.record(verb="beat.came", target=held, data={"was": was})
    return Heard(due)


def _works_again(held: Beat, *, at: datetime) -> None:
    """Resolve what nobody has taken yet; where people are at work, tell them and leave the decision to them."""
    incident = _incident(held)
    if incident is None or not incident.is_open:
        return
    text = reasons.BEAT_BACK % {"beat": held.name}
    if incident.state == IncidentState.REPORTED:
        incidents.resolve(incident=incident, resolution=text, checked=text, by=None, at=at, label=held.name)
        return
    _news(incident, text, at=at)


def _news(incident: Incident, text: str, *, at: datetime) -> None:
    note_id = incidents.add_note(incident=incident, text=text, by=None, at=at)
    key = f"incident:{incident.pk}:beat:{note_id}"
    messages.tell("incident.news", incident, participants.followers(incident), key, at=at, why=text)


def _incident(held: Beat, *, waits: bool = True) -> Incident | None:
    """The incident of `held`, or the one that it was merged into, locked; None for none, or one that is held."""
    key = held.incident_id
    rows = Incident.objects.select_for_update(no_key=True, skip_locked=not waits)
    while key is not None:
        found = rows.filter(pk=key).first()
        if found is None or found.merged_into_id is None:
            return found
        key = found.merged_into_id
    return None


# None comes


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``beat.missing``."""
    held = timers.lock_subjects(Beat, {timer.subject_id for timer in rows})
    left = {timer.pk for timer in rows if timer.subject_id not in held}
    for timer in rows:
        found = held.get(timer.subject_id)
        if found is None or not found.is_active or found.due_at is None or found.state == State.NEW:
            continue
        if found.state == State.UP and found.due_at > at:
            timers.schedule(kind=MISSING, subject=found, due_at=found.due_at, at=at)
        elif not _miss(found, at=at):  # missing already: it was so in a silence, and nobody was told
            left.add(timer.pk)
    return left


def _miss(found: Beat, *, at: datetime) -> bool:
    """`found` is missing: one incident, or a word to those who still work on the last one; nothing in a silence.

    False when somebody holds that incident just now.
    """
    workflow = Workflow.objects.select_related("team").get(pk=found.workflow_id)
    found.state = State.MISSING
    silence = silences.covering(source_id=None, workflow_id=workflow.pk, at=at)
    if silence is not None and silences.hold(silence.pk):
        found.save(update_fields=["state"])
        timers.schedule(kind=MISSING, subject=found, due_at=silence.ends_at, at=at, reason="silence")
        return True
    before = _incident(found, waits=False) if found.incident_id is not None else None
    if found.incident_id is not None and before is None:
        return False
    if before is not None and before.is_open:
        _news(before, reasons.BEAT_MISSING_AGAIN % {"beat": found.name}, at=at)
    else:
        found.incident = _report(found, workflow, at=at)
    found.save(update_fields=["state", "incident"])
    return True


def _report(found: Beat, workflow: Workflow, *, at: datetime) -> Incident:
    assert found.due_at is not None
    expected = found.due_at - timedelta(minutes=found.grace_minutes)
    last = found.last_at.isoformat(timespec="seconds") if found.last_at else ""
    facts = {"last_beat": last, "expected": expected.isoformat(timespec="seconds"), "beat": found.name}
    title = reasons.BEAT_MISSING % {"beat": found.name}
    return intake.report(
        by=None,
        title=title[: limits.TITLE_LENGTH],
        workflow=workflow,
        started_at=max(expected, at - intake.OLDEST),
        answers={},
        hint=found.severity or None,
        submission_key=f"beat:{found.pk}:{int(found.due_at.timestamp())}",
        source_label=found.name,
        reference=ids.reference("INC", at.year),
        judged=triggers.of_beat(workflow, title=title, facts=facts, at=at),
        at=at,
    )


def silence_ended(*, workflow_id: UUID, at: datetime) -> None:
    """A silence of a workflow is over: what is still missing is told by the clock now."""
    waiting = Timer.objects.filter(kind=MISSING, state=TimerState.ARMED, subject_id=OuterRef("pk"))
    rows = Beat.objects.filter(Exists(waiting), workflow=workflow_id, is_active=True, state=State.MISSING)
    specs = [timers.Spec(kind=MISSING, subject=found, due_at=at, reason="the silence is over") for found in rows]
    timers.schedule_many(specs, at)
