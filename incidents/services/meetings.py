"""The clock calls people together while an incident goes on, and leadership joins it in time (D63, D64).

One timer for each meeting of the pinned plan, and one for leadership. A new severity asks anew, the end of the
incident ends them all and begins the wrap-up.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime

from governance.documents.communication import Communication, Meeting
from governance.rules import meetings as rules
from incidents.models import Incident, Participant
from incidents.models.incidents import OPEN_STATES, IncidentState
from incidents.reads import audiences
from incidents.services import cases, messages, participants, timeline
from portal import audit, operators, outbox, timers
from portal.models import Timer, User
from portal.models.people import Lane
from portal.models.timers import TimerState

MEETING, JOINS = "update.meeting", "leadership.joins"
WHILE_OPEN, AFTER = ("huddle", "daily"), ("wrap_up",)
OUTSIDE = ("reference", "severity", "since_at", "kind")


def promises(incident: Incident, plan: Communication | None, *, at: datetime) -> list[timers.Spec]:
    """What the clock promises when `incident` is filed or opened again at `at`; nothing is read."""
    if plan is None:
        return []
    specs = [_meeting(incident, one, at, None, at) for one in rules.wanted(plan, incident.severity, WHILE_OPEN)]
    joins = rules.leadership_joins(plan, incident.severity, at)
    if joins is not None:
        specs.append(_joining(incident, joins, at))
    return [spec for spec in specs if spec is not None]


def rearm(incident: Incident, *, at: datetime) -> None:
    """A new severity: meetings and leadership as it asks for them, still counted from the report.

    What was held already counts; leadership joins once.
    """
    plan = _content(incident)
    kinds = [MEETING, JOINS]
    mine = Timer.objects.filter(subject_id=incident.pk, kind__in=kinds)
    fired = {row.key: row for row in mine.filter(state=TimerState.FIRED).order_by("pk")}
    armed = mine.filter(state=TimerState.ARMED).order_by("pk").first()
    began = _began(armed or next(iter(fired.values()), None)) or incident.reported_at
    timers.supersede(subject=incident, at=at, reason="another severity", kinds=kinds)
    if plan is None:
        return
    specs = []
    for meeting in rules.wanted(plan, incident.severity, WHILE_OPEN):
        before = fired.get(_key(incident, meeting.key))
        held = before.ended_at if before is not None else None
        specs.append(_meeting(incident, meeting, began, held, at))
    joins = rules.leadership_joins(plan, incident.severity, began)
    if joins is not None and f"{JOINS}:{incident.pk}" not in fired:
        specs.append(_joining(incident, max(joins, at), began))
    timers.schedule_many([spec for spec in specs if spec is not None], at)


def reopened(incident: Incident, *, at: datetime) -> None:
    """It goes on: everything counts anew, but leadership knows already once it has joined."""
    specs = promises(incident, _content(incident), at=at)
    if Timer.objects.filter(key=f"{JOINS}:{incident.pk}", state=TimerState.FIRED).exists():
        specs = [spec for spec in specs if spec.kind != JOINS]
    timers.schedule_many(specs, at)


def wrap_ups(incident: Incident, *, at: datetime) -> list[timers.Spec]:
    """What is promised when `incident` is resolved at `at`."""
    plan = _content(incident) if incident.kind != Incident.Kind.NEAR_MISS else None
    wanted = rules.wanted(plan, incident.severity, AFTER) if plan is not None else []
    return [spec for one in wanted if (spec := _meeting(incident, one, at, None, at)) is not None]


def _content(incident: Incident) -> Communication | None:
    plan = audiences.plan_of(incident)
    return plan.content if plan is not None else None


def _key(incident: Incident, meeting: str) -> str:
    return f"{MEETING}:{incident.pk}:{meeting}"


def _began(timer: Timer | None) -> datetime | None:
    return parse_datetime(timer.data.get("began", "")) if timer is not None else None


def _meeting(
    incident: Incident, meeting: Meeting, began: datetime, held: datetime | None, at: datetime
) -> timers.Spec | None:
    due = rules.due(meeting, began, held, at, incident.team.time_zone or settings.TIME_ZONE)
    if due is None:
        return None
    data = {"meeting": meeting.key, "began": began.isoformat()}
    return timers.Spec(kind=MEETING, subject=incident, due_at=due, key=_key(incident, meeting.key), data=data)


def _joining(incident: Incident, due: datetime, began: datetime) -> timers.Spec:
    return timers.Spec(kind=JOINS, subject=incident, due_at=due, data={"began": began.isoformat()})


# The clock


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``update.meeting``: whoever leads and the audiences hear of it, and the next one is promised."""
    held = cases.lock_free({timer.subject_id for timer in rows})
    left = set()
    for timer in rows:
        if timer.subject_id not in held:
            left.add(timer.pk)
            continue
        incident = held[timer.subject_id][0]
        plan = _content(incident)
        meeting = _still(plan, incident, timer.data.get("meeting", ""))
        if plan is None or meeting is None:
            continue
        _call(incident, plan, meeting, timer, at=at)
        began = _began(timer) or incident.reported_at
        following = _meeting(incident, meeting, began, at, at)
        if following is not None:
            timers.schedule_many([following], at)
    return left


def _still(plan: Communication | None, incident: Incident, key: str) -> Meeting | None:
    """The meeting, where the incident still is in the state for it."""
    if plan is None:
        return None
    occasions = WHILE_OPEN if incident.state in OPEN_STATES else AFTER
    if incident.state not in (*OPEN_STATES, IncidentState.RESOLVED):
        return None
    return next((one for one in rules.wanted(plan, incident.severity, occasions) if one.key == key), None)


def _call(incident: Incident, plan: Communication, meeting: Meeting, timer: Timer, *, at: datetime) -> None:
    leads = audiences.who_leads(incident, meeting.leads, at=at)
    invited = [plan.audience_by_key[key] for key in meeting.audiences if key in plan.audience_by_key]
    guests = [user for user in audiences.members(incident, invited, at=at) if user != leads]
    if any(rules.page_of(audience) is None for audience in invited):  # those who repair
        guests += [user for user in participants.followers(incident) if user != leads and user not in guests]
    if leads is not None:
        participants.add(incident, leads, Participant.Role.TOLD, at=at)
    names = [str(leads)] if leads is not None else []
    data = {"which": meeting.occasion, "title": meeting.title, "names": names, "people": [str(one) for one in guests]}
    timeline.add(incident, verb="meeting", by=None, at=at, data=data)
    _record("incident.meeting", incident, data)
    facts: dict[str, Any] = {"which": meeting.occasion, "meeting": meeting.title, "agenda": list(meeting.agenda)}
    facts["leader"] = str(leads) if leads is not None else ""
    lane = Lane.URGENT if meeting.occasion == "huddle" else Lane.ROUTINE
    inside, outside = _sorted(incident, guests)
    here = facts | {"bridge": incident.bridge}
    notes = [
        messages.note("incident.meeting", incident, inside, f"meeting:{timer.pk}", **here, own=False),
        _invitation(incident, outside, f"meeting:{timer.pk}", facts),
    ]
    if leads is not None:
        notes.append(messages.note("incident.meeting", incident, [leads], f"meeting:{timer.pk}", **here, own=True))
    for note in notes:
        note.lane = lane
    outbox.enqueue_many([note for note in notes if note.to], at)


def _sorted(incident: Incident, people: Sequence[User]) -> tuple[list[User], list[User]]:
    """Those of `people` who may open `incident`, and the others."""
    part = Participant.objects.insiders().filter(incident=incident, user__in=people)
    taking_part = set(part.values_list("user_id", flat=True))
    mine = Incident.objects.filter(pk=incident.pk)
    inside = [user for user in people if user.pk in taking_part or mine.visible_to(user).exists()]
    return inside, [user for user in people if user not in inside]


def _invitation(incident: Incident, people: Sequence[User], key: str, facts: dict[str, Any]) -> outbox.Note:
    """Whoever may not open the incident hears of the meeting, not of what it is about: that they read as the plan
    tells it to them, on their status page."""
    known = {name: fact for name, fact in messages.facts(incident).items() if name in OUTSIDE}
    context = known | facts | {"own": False, "url": messages.status_address()}
    return outbox.Note(
        event="incident.meeting",
        subject=incident,
        to=people,
        key=key,
        context=context,
        thread=messages.thread(incident),
    )


def fire_joins(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``leadership.joins``: leadership is told and takes part, whoever has answered (D64)."""
    held = cases.lock_free({timer.subject_id for timer in rows})
    for timer in rows:
        incident = held[timer.subject_id][0] if timer.subject_id in held else None
        plan = _content(incident) if incident is not None else None
        if incident is None or plan is None or not incident.is_open:
            continue
        people = audiences.members(incident, rules.leaders(plan), at=at)
        participants.add_many([(incident.pk, user.pk, Participant.Role.TOLD) for user in people], at=at)
        data = {"people": [str(user) for user in people]}
        timeline.add(incident, verb="leadership", by=None, at=at, data=data)
        _record("incident.leadership", incident, data)
        messages.tell("incident.leadership", incident, people, f"incident:{incident.pk}:leadership", at=at)
        if not people:
            _missed(incident, at=at)
    return {timer.pk for timer in rows if timer.subject_id not in held}


def _missed(incident: Incident, *, at: datetime) -> None:
    """Leadership should join and the plan names nobody who is there: whoever leads and the operators see to it."""
    people = {user.pk: user for user in operators.people()}
    if incident.lead is not None and incident.lead.is_active:
        people[incident.lead.pk] = incident.lead
    participants.add_many([(incident.pk, pk, Participant.Role.TOLD) for pk in people], at=at)
    key = f"incident:{incident.pk}:leadership_missing"
    messages.tell("incident.leadership_missing", incident, people.values(), key, at=at)


def _record(verb: str, incident: Incident, data: dict[str, Any]) -> None:
    action = audit.current()
    if action is not None:
        action.record(verb=verb, target=incident, data=data)
