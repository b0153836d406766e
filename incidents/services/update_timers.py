"""The clock of the communication desk: an update that is due is a reminder, an overdue one an alarm (D63, D64).

One timer for each incident, due at the earliest moment of all audiences. It keeps one mark for each audience:
{told: when news last went out or was missed, due, moment: when the clock acts, stage: "due" or "overdue", to: who was
reminded, while it waits for them}. Each due update is one reminder to whoever issues it and one alarm to somebody
else; then the next one is awaited.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max
from django.utils.dateparse import parse_datetime

from governance.documents.communication import Communication
from governance.rules import cadence
from incidents.models import Incident, StatusUpdate, TimelineEntry
from incidents.models.incidents import IncidentState
from incidents.reads import audiences, issuers
from incidents.services import cases, messages, participants, timeline
from portal import audit, outbox, timers
from portal.models import Timer, User
from portal.models.timers import TimerState

DUE, PROMISE = "update.due", "update.promise"
Marks = dict[str, dict[str, str]]
KEPT_BY = (IncidentState.CONTAINED, IncidentState.RESOLVED, IncidentState.CLOSED)


def promises(incident: Incident, plan: Communication | None, *, at: datetime) -> list[timers.Spec]:
    """What the clock promises when `incident` is filed or begins anew at `at`; nothing is read."""
    if plan is None or incident.kind == Incident.Kind.NEAR_MISS:
        return []
    found = {audience.key: _mark(plan, incident, audience.key, at, None, at) for audience in plan.audiences}
    return _specs(incident, {key: mark for key, mark in found.items() if mark is not None}, at)


def rearm(incident: Incident, *, at: datetime, sent: str = "", anew: bool = False) -> None:
    """`sent` has heard news, the severity is another one, or (`anew`) everything counts from now on."""
    plan = audiences.plan_of(incident)
    armed = Timer.objects.filter(subject_id=incident.pk, kind=DUE, state=TimerState.ARMED).order_by("pk").first()
    timers.supersede(subject=incident, at=at, reason="news or another severity", kinds=[DUE])
    if plan is None or not incident.is_open or incident.kind == Incident.Kind.NEAR_MISS:
        return
    if anew:
        timers.schedule_many(promises(incident, plan.content, at=at), at)
        return
    began = (_time(armed.data.get("began")) if armed is not None else None) or began_at(incident)
    before: Marks = armed.data.get("marks", {}) if armed is not None else {}
    told = _told(incident, began)
    marks: Marks = {}
    for audience in plan.content.audiences:
        key, old = audience.key, before.get(audience.key)
        last = max(filter(None, (told.get(key), _time(old["told"]) if old else None)), default=None)
        mark = _mark(plan.content, incident, key, began, last, at)
        rings_already = old is not None and old["stage"] == "overdue" and mark is not None and mark["due"] <= old["due"]
        if key != sent and (sent or rings_already):
            mark = old
        if mark is not None:
            marks[key] = mark
    timers.schedule_many(_specs(incident, marks, began), at)


def began_at(incident: Incident) -> datetime:
    """Since when the rhythm counts: the report, or the last time that it began anew."""
    rows = TimelineEntry.objects.filter(incident=incident, verb__in=["reopened", "happened"])
    return rows.aggregate(at=Max("at"))["at"] or incident.reported_at


def _told(incident: Incident, began: datetime) -> dict[str, datetime]:
    rows = StatusUpdate.objects.filter(incident=incident, state=StatusUpdate.State.SENT, sent_at__gte=began)
    return dict(rows.order_by().values_list("audience").annotate(at=Max("sent_at")))


def _mark(
    plan: Communication, incident: Incident, audience: str, began: datetime, told: datetime | None, at: datetime
) -> dict[str, str] | None:
    due = cadence.due(plan.rhythm(audience, incident.severity), began, told)  # type: ignore[arg-type]
    return _marked(told, due, max(due, at), "due") if due is not None else None


def _marked(told: datetime | None, due: datetime, moment: datetime, stage: str) -> dict[str, str]:
    said = told.isoformat() if told is not None else ""
    return {"told": said, "due": due.isoformat(), "moment": moment.isoformat(), "stage": stage}


def _time(text: Any) -> datetime | None:
    return parse_datetime(text) if text else None


def _specs(incident: Incident, marks: Marks, began: datetime) -> list[timers.Spec]:
    moments = [moment for mark in marks.values() if (moment := _time(mark["moment"])) is not None]
    if not moments:
        return []
    data = {"marks": marks, "began": began.isoformat()}
    return [timers.Spec(kind=DUE, subject=incident, due_at=min(moments), data=data)]


@dataclass(frozen=True)
class _Call:
    """`audience` (key) is due, or overdue since `due`."""

    audience: str
    stage: str
    due: datetime


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``update.due``: reminders and alarms whose moment has come, then the next moment."""
    held = cases.lock_free({timer.subject_id for timer in rows})
    for timer in rows:
        incident = held[timer.subject_id][0] if timer.subject_id in held else None
        plan = audiences.plan_of(incident) if incident is not None else None
        if incident is None or plan is None or not incident.is_open:
            continue
        began = _time(timer.data.get("began")) or incident.reported_at
        calls, marks = _walk(plan.content, incident, timer.data.get("marks", {}), began, at)
        for call in calls:
            told = _ring(incident, plan.content, call, timer, at=at)
            if told is not None and call.stage == "due":
                marks[call.audience]["to"] = str(told.pk)
        timers.schedule_many(_specs(incident, marks, began), at)
    return {timer.pk for timer in rows if timer.subject_id not in held}


def _walk(
    plan: Communication, incident: Incident, before: Marks, began: datetime, at: datetime
) -> tuple[list[_Call], Marks]:
    """What rings at `at`, and the marks from then on."""
    calls: list[_Call] = []
    marks: Marks = {}
    for key, mark in before.items():
        due, moment, told = _time(mark["due"]), _time(mark["moment"]), _time(mark["told"])
        if due is None or moment is None:
            continue
        if moment > at:
            marks[key] = mark
            continue
        rows = plan.rhythm(key, incident.severity)  # type: ignore[arg-type]
        following = cadence.after_missed(rows, began, due, at)
        if mark["stage"] == "due" and following is not None and following <= at:
            due = following  # after an outage all that was missed is one reminder
        calls.append(_Call(key, mark["stage"], due))
        if mark["stage"] == "due":
            marks[key] = _marked(told, due, max(due, at) + cadence.grace(rows, began, due), "overdue")
            continue
        if following is not None:
            marks[key] = _marked(due, following, max(following, moment), "due")
    return calls, marks


def _ring(incident: Incident, plan: Communication, call: _Call, timer: Timer, *, at: datetime) -> User | None:
    """Say it, and to whom it was said."""
    audience = plan.audience_by_key.get(call.audience)
    if audience is None:
        return None
    issuer = issuers.issuer(incident, audience, at=at)
    if call.stage == "due":
        to, event = issuer, "incident.update_due"
    else:
        to, event = issuers.somebody_else(incident, issuer, at=at), "incident.update_overdue"
    verb = event.partition(".")[2]
    data = {"title": audience.title, "people": [str(to)] if to is not None else [], "due": call.due.isoformat()}
    _say(incident, verb, data, at=at)
    if to is not None:
        _tell(
            event, incident, to, f"{verb}:{timer.pk}:{call.audience}", at=at, audience=audience.title, due_at=call.due
        )
    return to


def _say(incident: Incident, verb: str, data: dict[str, Any], *, at: datetime) -> None:
    timeline.add(incident, verb=verb, by=None, at=at, data=data)
    action = audit.current()
    if action is not None:
        action.record(verb=f"incident.{verb}", target=incident, data=data)


def _tell(event: str, incident: Incident, to: User, key: str, *, at: datetime, **facts: Any) -> None:
    participants.add(incident, to, "told", at=at)
    outbox.enqueue_many([messages.note(event, incident, [to], key, **facts)], at=at)


# Promises


def promise(update: StatusUpdate, *, at: datetime) -> None:
    """Watch over what the update that was just sent promises: when it works again, else when the next news comes."""
    due = update.expected_at or update.next_at
    if due is not None and due > at:
        spec = timers.Spec(
            kind=PROMISE,
            subject=update.incident,
            due_at=due,
            key=f"{PROMISE}:{update.pk}",
            data={"update": str(update.pk)},
        )
        timers.schedule_many([spec], at)


def keep(incident: Incident, *, at: datetime, audience: str = "") -> None:
    """What was promised has come: it is contained or resolved, or (`audience`) the next news went out."""
    rows = StatusUpdate.objects.filter(incident=incident, state="sent", kept_at=None, missed_at=None)
    rows = rows.filter(audience=audience, expected_at=None) if audience else rows
    for row in rows:
        due = row.expected_at or row.next_at
        if due is not None and row.sent_at is not None and at <= due:
            row.kept_at = at
            row.save(update_fields=["kept_at"])


def fire_promise(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``update.promise``: the time has come, and what was promised has not."""
    held = cases.lock_free({timer.subject_id for timer in rows})
    for timer in rows:
        incident = held[timer.subject_id][0] if timer.subject_id in held else None
        row = StatusUpdate.objects.filter(pk=timer.data.get("update"), kept_at=None, missed_at=None).first()
        if incident is None or row is None or incident.state in KEPT_BY:
            continue
        row.missed_at = at
        row.save(update_fields=["missed_at"])
        plan = audiences.plan_of(incident)
        audience = plan.content.audience_by_key.get(row.audience) if plan is not None else None
        title = audience.title if audience is not None else row.audience
        to = issuers.somebody_else(incident, None, at=at)
        data = {"title": title, "people": [str(to)] if to is not None else [], "due": timer.due_at.isoformat()}
        _say(incident, "promise_missed", data, at=at)
        if to is not None:
            key = f"promise:{row.pk}"
            _tell("incident.promise_missed", incident, to, key, at=at, audience=title, due_at=timer.due_at)
    return {timer.pk for timer in rows if timer.subject_id not in held}
