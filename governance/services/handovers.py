"""Whoever goes on or off call is told before, by the one clock; nobody twice, and anew only when it has changed (P1).

One timer for each schedule waits for its next notice. Whatever changes who answers calls ``replan`` or ``follow`` in
its own transaction: what is due is told at once, what no longer holds is taken back, the timer is set anew. Rows of
HandoverNotice remember what was told.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from governance.documents.facts import PeopleFacts
from governance.models import HandoverNotice, Schedule
from governance.models.oncall import NoticeSide
from governance.reads import people
from governance.rules import handovers as rules
from governance.rules import oncall
from portal import audit, outbox, registry, timers
from portal.models import Lane, Timer, User
from portal.models.people import DataClass

KIND = "oncall.handover"  # of the timer
EVENT = "oncall.handover"  # of the message
FACTS = {
    "kind": DataClass.PUBLIC,  # on, now, off, moved
    "url": DataClass.PUBLIC,
    "from_at": DataClass.PUBLIC,  # when it begins; for `off` when it ends
    "until_at": DataClass.PUBLIC,  # empty when no end is known
    "other_at": DataClass.PUBLIC,
    "schedule": DataClass.INTERNAL,
    "other": DataClass.INTERNAL,  # whom one relieves, or who relieves
}
LATE = timedelta(hours=1)  # the least time that a notice has to arrive
LOOK_AGAIN = timedelta(days=30)  # where no hand-over is in sight


@dataclass(frozen=True)
class Told:
    """Those concerned by a change of [from_at, until_at) hear of it otherwise, by the message about a shift."""

    from_at: datetime
    until_at: datetime

    def of(self, shift_at: datetime, at: datetime) -> bool:
        """The hand-over at `shift_at` is one of the two that the change makes, as seen at `at`."""
        return shift_at in (self.from_at, self.until_at) or shift_at <= at >= self.from_at

    def within(self, shift_at: datetime) -> bool:
        return self.from_at <= shift_at <= self.until_at


@dataclass
class _Plan:
    """What has to be written for some schedules."""

    at: datetime
    users: dict[UUID, User] = field(default_factory=dict)
    notes: list[tuple[Schedule, str, HandoverNotice, dict[str, Any]]] = field(default_factory=list)
    new: list[HandoverNotice] = field(default_factory=list)
    changed: list[HandoverNotice] = field(default_factory=list)
    promises: list[timers.Spec] = field(default_factory=list)


def register() -> None:
    """Name the message to the outbox, and what follows when people leave, come back or are away."""
    registry.event_types.add(EVENT, outbox.EventType(name=EVENT, lane=Lane.ROUTINE, data_classes=FACTS))
    registry.leaving.add("governance.oncall", pass_on)
    registry.presence.add("governance.oncall", follow)


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """Tell of the hand-overs that are near. Returns the timers whose schedule somebody else holds."""
    held = timers.lock_subjects(Schedule, {timer.subject_id for timer in due})
    _settle(list(held.values()), at)
    return {timer.pk for timer in due if timer.subject_id not in held}


def replan(wanted: Collection[UUID], *, at: datetime, told: Told | None = None) -> None:
    """Who answers by the schedules `wanted` (ids) may have changed: tell what is due, set the timers anew.

    Call inside ``audit.action``, after the change. Locks the schedules.
    """
    if wanted:
        rows = Schedule.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
        _settle(list(rows), at, told)


def follow(person: User, *, at: datetime) -> None:
    """`person` leaves, comes back, goes away or is here after all: plan anew whatever may name them."""
    folk = people.facts(at)
    named = [
        schedule.id
        for schedule in folk.schedules.values()
        if any(one.id == person.pk for one in oncall.everybody(schedule, folk))
    ]
    told = HandoverNotice.objects.filter(person=person, until_at__gt=at, withdrawn_at=None)
    replan({*named, *told.values_list("schedule_id", flat=True)}, at=at)


def pass_on(*, person: User, by: User, at: datetime) -> None:
    """`person` has left: whoever answers now is told, and who relieves whom is planned anew."""
    follow(person, at=at)


def _settle(schedules: list[Schedule], at: datetime, told: Told | None = None) -> None:
    """Bring notices, messages and timers of locked `schedules` to what the rules say at `at`."""
    if not schedules:
        return
    folk = people.facts(at - rules.PAUSE)
    known: dict[UUID, list[HandoverNotice]] = defaultdict(list)
    ids = [schedule.pk for schedule in schedules]
    for row in HandoverNotice.objects.filter(schedule_id__in=ids, until_at__gt=at - rules.PAUSE).order_by("pk"):
        known[row.schedule_id].append(row)
    plan = _Plan(at)
    for schedule in schedules:
        _one(plan, schedule, folk, known[schedule.pk], told)
    HandoverNotice.objects.bulk_create(plan.new)
    for row in plan.changed:
        row.save(update_fields=["until_at", "other", "told_at", "times", "withdrawn_at"])
    _write(plan, folk)


def _one(plan: _Plan, schedule: Schedule, folk: PeopleFacts, rows: list[HandoverNotice], told: Told | None) -> None:
    """What one schedule adds to `plan`."""
    lead, facts = timedelta(hours=schedule.notice_hours), folk.schedules.get(schedule.pk)
    if not lead:
        timers.cancel(subject=schedule, at=plan.at, reason="no notices", kinds=[KIND])
        return
    turns = rules.ahead(facts, folk, plan.at, lead) if facts is not None else []
    _take_back(plan, schedule, turns, rows, told)
    for turn in turns:
        if turn.holds(plan.at):
            _running(plan, schedule, turn, rows, told)
    for item in rules.handovers(turns):
        if item.at - lead <= plan.at < item.at:
            _tell(plan, schedule, item.side, item.at, item.turn, rows, told)
    if facts is None:
        timers.cancel(subject=schedule, at=plan.at, reason="the schedule is not in use", kinds=[KIND])
        return
    due = rules.following(turns, plan.at, lead) or plan.at + LOOK_AGAIN
    plan.promises.append(timers.Spec(kind=KIND, subject=schedule, due_at=min(due, plan.at + LOOK_AGAIN)))


def _take_back(
    plan: _Plan, schedule: Schedule, turns: list[rules.Turn], rows: list[HandoverNotice], told: Told | None
) -> None:
    """Withdraw what was told of the future and does not hold; whoever does not answer then is told."""
    ahead = {(item.side, item.person, item.at) for item in rules.handovers(turns)}
    for row in rows:
        if row.withdrawn_at is not None or row.until_at <= plan.at:
            continue
        covering = [turn for turn in turns if turn.person == row.person_id and turn.holds(max(row.shift_at, plan.at))]
        if row.shift_at <= plan.at and covering or (row.side, row.person_id, row.shift_at) in ahead:
            continue
        row.withdrawn_at = plan.at
        plan.changed.append(row)
        if row.side == NoticeSide.ON and not covering and not (told and told.within(max(row.shift_at, plan.at))):
            plan.notes.append((schedule, "moved", row, {"until_at": ""}))


def _running(plan: _Plan, schedule: Schedule, turn: rules.Turn, rows: list[HandoverNotice], told: Told | None) -> None:
    """Whoever answers now was told, or hears it now; a clock that stood still is caught up with."""
    for row in rows:
        mine = row.side == NoticeSide.ON and row.person_id == turn.person and row.withdrawn_at is None
        if mine and row.shift_at < turn.until_at and row.until_at > turn.from_at:
            _extend(plan, row, turn.until_at)
            return
    _tell(plan, schedule, NoticeSide.ON, turn.from_at, turn, rows, told)


def _extend(plan: _Plan, row: HandoverNotice, until_at: datetime) -> None:
    if row.until_at != until_at:
        row.until_at = until_at
        plan.changed.append(row)


def _tell(
    plan: _Plan,
    schedule: Schedule,
    side: str,
    at: datetime,
    turn: rules.Turn,
    rows: list[HandoverNotice],
    told: Told | None,
) -> None:
    """Tell of one hand-over unless it was told as it is."""
    other = turn.before if side == NoticeSide.ON else turn.after
    until = turn.until_at if side == NoticeSide.ON else at
    row = next((row for row in rows if (row.side, row.person_id, row.shift_at) == (side, turn.person, at)), None)
    if row is not None and row.withdrawn_at is None and (side == NoticeSide.ON or row.other_id == other):
        _extend(plan, row, until)
        return
    if row is None:
        row = HandoverNotice(
            schedule=schedule,
            person_id=turn.person,
            side=side,
            shift_at=at,
            until_at=until,
            other_id=other,
            told_at=plan.at,
        )
        rows.append(row)
        plan.new.append(row)
    else:
        row.until_at, row.other_id, row.told_at, row.withdrawn_at = until, other, plan.at, None
        row.times += 1
        plan.changed.append(row)
    if told and told.of(at, plan.at):
        return
    kind = "now" if at <= plan.at else side
    end = turn.until_at.isoformat() if turn.ends and side == NoticeSide.ON else ""
    after = turn.after_at.isoformat() if turn.after_at is not None and side == NoticeSide.OFF else ""
    plan.notes.append((schedule, kind, row, {"until_at": end, "other_at": after}))


def _write(plan: _Plan, folk: PeopleFacts) -> None:
    """Messages and timers, each table once."""
    timers.schedule_many(plan.promises, at=plan.at)
    users = User.objects.active().in_bulk({row.person_id for _schedule, _kind, row, _more in plan.notes})
    notes = []
    for schedule, kind, row, more in plan.notes:
        other = folk.people.get(row.other_id) if row.other_id else None
        context = {
            "kind": kind,
            "url": settings.SITE_URL + reverse("governance:oncall"),
            "from_at": row.shift_at.isoformat(),
            "schedule": schedule.name,
            "other": other.name if other is not None else "",
            "other_at": "",
        }
        notes.append(
            outbox.Note(
                event=EVENT,
                subject=schedule,
                to=[users[row.person_id]] if row.person_id in users else [],
                key=f"{EVENT}:{schedule.pk}:{kind}:{row.side}:{row.shift_at.isoformat()}:{row.times}",
                context=context | more,
                deadline=max(row.shift_at, plan.at + LATE),
            )
        )
    if notes:
        outbox.enqueue_many(notes, plan.at)
        action = audit.current()
        assert action is not None, "hand-overs are told inside an action"
        action.record_many(
            (
                "oncall.handover_told",
                timers.label(schedule),
                schedule.pk,
                {"kind": kind, "person": str(row.person_id), "at": row.shift_at.isoformat()},
            )
            for schedule, kind, row, _more in plan.notes
        )
