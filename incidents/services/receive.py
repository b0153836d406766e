"""The door for machines: one event, stored and grouped, is answered only after it is durable.

What was read goes into ``Event.facts``, what became of it into `outcome`, the sentence why into `group_reason`.

Nothing here waits for another sender: that the same event five times at once makes one incident follows from
two unique keys, the event's id within its source and the submission key of the incident, which is computed
from the source, the group, and the group's incident before.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError

from governance.models import Workflow
from incidents.models import EscalationRun, Event, Incident, Source
from incidents.models.escalation import RunState
from incidents.models.incidents import IncidentState
from incidents.services import (
    incidents,
    intake,
    messages,
    participants,
    reasons,
    silences,
    stored_events,
    timeline,
    triage,
    triggered,
    triggers,
)
from portal import audit, bulk, ids, limits

SAME_BODY = timedelta(minutes=10)  # an equal body without an id counts as the same event for so long


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One event as its sender meant it, redacted. Texts may be empty; `workflows` are names to try in order."""

    title: str
    description: str = ""
    workflows: tuple[tuple[str, str], ...] = ()  # (id on the platform | key | name, value)
    event_id: str = ""
    dedup_key: str = ""
    group_reason: str = ""
    action: str = "trigger"  # or acknowledge, or resolve
    occurred_at: datetime | None = None
    severity: str | None = None
    workflow_version: str = ""
    components: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)
    body_hash: str = ""
    repeats: bool = False  # the sender says the same again on purpose, to remind; else an equal body is a retry

    def facts(self) -> dict[str, Any]:
        """What ``Event.facts`` keeps: enough to judge the event, and to open its incident later."""
        return {
            "title": self.title,
            "description": self.description,
            "severity": self.severity,
            "workflow_version": self.workflow_version,
            "components": list(self.components),
            "named": [value for _how, value in self.workflows],
            "reason": self.group_reason,
        }


@dataclass(frozen=True)
class Received:
    """`incident` is None when a resolve found nothing open; `deduplicated` when no incident was opened."""

    incident: Incident | None
    dedup_key: str
    deduplicated: bool


def receive(*, source: Source, arrival: Arrival, at: datetime, delivery_id: str = "") -> Received:
    """Store `arrival` and open, join or resolve its incident. `delivery_id` stands in for a missing event id.

    Raises intake.CannotFile.
    """
    event_id = arrival.event_id or delivery_id
    group = _short(arrival.dedup_key or event_id or f"body:{arrival.body_hash}")
    known = _known(source, event_id, group, arrival, at)
    if isinstance(known, Event):
        return Received(known.incident, known.dedup_key, True)
    event = _new(source, arrival, known, group=group, at=at)
    before, current = _open_before(event)
    stays_quiet = arrival.action == "trigger" and _stays_quiet(event, current, at=at)
    opens = arrival.action == "trigger" and current is None and not stays_quiet
    judged = _judged(event, current) if opens or (arrival.action == "trigger" and current is not None) else None
    # NOTE: taken before the transaction, or the counter's row would make all senders wait for each other.
    spare = ids.reference("INC", at.year) if opens and not triggers.may_hold_back(judged) else ""
    try:
        with audit.action(actor=None, actor_label=f"source {source.key}", reason="event received", at=at) as action:
            if not opens and _silence_ended(event):
                opens, judged = True, _judged(event, None)
            if opens and judged is not None and triggers.may_hold_back(judged):
                _count(event, judged, at)
            elif opens:
                _open(event, before, spare or ids.reference("INC", at.year), at, judged)
            elif arrival.action == "resolve":
                told = _told_meanwhile(event) if current is None else None
                _resolve(event, current or told, max(at, told.reported_at) if told else at)
            elif arrival.action == "acknowledge":
                _acknowledge(event, current, at)
            elif current is not None:
                _join(event, current, at, judged)
            bulk.insert([event])
            said = {"source": source.key, "outcome": event.outcome, "why": event.group_reason}
            action.record(verb="event.received", target=event, data=said)
    except IntegrityError:
        first = stored_events.first(stored_events.by_id(source=source.pk, event_id=known))
        if first is None:
            raise
        return Received(first.incident, first.dedup_key, True)
    return Received(event.incident, event.dedup_key, event.outcome != Event.Outcome.OPENED)


def _stays_quiet(event: Event, current: Incident | None, *, at: datetime) -> bool:
    """Whether the trigger `event` is stored and opens nothing; `current` is the open incident of its group.

    `event.workflow_id` and `event.facts` are known here; its workflow is read only where it is needed.

    Sets `trigger`, `silence`, `outcome` and `group_reason` of `event`, which is not stored yet. Reads only: the
    transaction comes later.
    """
    if current is None:
        event.silence = silences.covering(source_id=event.source_id, workflow_id=event.workflow_id, at=at)
    if event.silence is not None:
        why = reasons.SILENT % {"why": event.silence.why}
        event.outcome, event.group_reason = Event.Outcome.SILENCED, why[: limits.REASON_LENGTH]
        return True
    return False


def _judged(event: Event, current: Incident | None) -> triggered.Judged | None:
    """What the triggers of the policy make of `event`; `current` is the open incident that it joins."""
    if current is not None:
        return triggers.of_joining(event, current)
    return triggers.of_event(event, _workflow_of(event))


def _workflow_of(event: Event) -> Workflow | None:
    """The workflow of `event` with its team; read once."""
    if event.workflow_id and "workflow" not in event._state.fields_cache:
        event.workflow = next(iter(stored_events.workflow_by_id(value=event.workflow_id)), None)
    return event.workflow if event.workflow_id else None


def _count(event: Event, judged: triggered.Judged, at: datetime) -> None:
    """Open the incident when the count or the limit of the trigger is reached, else hold `event` back."""
    if judged.counts:
        judged = triggers.counted(event, judged)
    before, current = _open_before(event)  # read anew: whoever counted before may just have opened it
    if current is not None:
        _join(event, current, at, _judged(event, current))
    elif judged.judgement.opens:
        _open(event, before, ids.reference("INC", at.year), at, judged)
        triggers.take_in(event, judged)
    else:
        triggers.hold_back(event, judged)


def _silence_ended(event: Event) -> bool:
    """Whether the silence in which `event` was to be stored is over by now, so that it opens its incident after all.

    NOTE: else the silence cannot end before `event` is stored; whoever ends it finds the event.
    """
    if event.silence is None or silences.hold(event.silence.pk):
        return False
    event.silence = None
    return True


def _told_meanwhile(event: Event) -> Incident | None:
    """The incident that the end of a silence has opened while `event` arrived."""
    ended = silences.await_end(source_id=event.source_id, workflow_id=event.workflow_id, at=event.received_at)
    return _open_before(event)[1] if ended else None


def _new(source: Source, arrival: Arrival, event_id: str, *, group: str, at: datetime) -> Event:
    named = _named(arrival.workflows)
    return Event(
        source=source,
        event_id=event_id,
        body_hash=arrival.body_hash,
        body=arrival.body,
        action=arrival.action,
        dedup_key=group,
        group_key=group,
        facts=arrival.facts(),
        workflow_id=named.pk if named else source.workflow_id,
        occurred_at=arrival.occurred_at,
        received_at=at,
    )


def _known(source: Source, event_id: str, group: str, arrival: Arrival, at: datetime) -> Event | str:
    """The event that this one repeats, else the id under which it is stored.

    Without an id, the newest event of its group is repeated when the bodies are equal: at once it is a retry, later
    only while its incident is open. After another event of the group, say its end, an equal body is news.
    """
    if event_id:
        name = _name(event_id, arrival.action)
        return stored_events.first(stored_events.by_id(source=source.pk, event_id=name)) or name
    base = f"body:{arrival.body_hash}"
    last = stored_events.first(stored_events.newest(source=source.pk, group_key=group))
    if last is None:
        return base
    if last.body_hash == arrival.body_hash and last.event_id.startswith("body:"):
        still_open = last.incident is not None and last.incident.is_open and not arrival.repeats
        if still_open or at - last.received_at < SAME_BODY:
            return last
    return f"{base}:{last.pk}"


def _name(event_id: str, action: str) -> str:
    """The id under which an event is stored.

    NOTE: senders number alerts, not calls: the resolve of an alert carries the id of its trigger and is another event.
    """
    return _short(event_id if action == "trigger" else f"{action}:{event_id}")


def _short(name: str) -> str:
    """`name`, or something as unique that fits its column."""
    return name if len(name) <= 200 else f"{name[:130]}…{hashlib.sha256(name.encode()).hexdigest()}"


def _open_before(event: Event) -> tuple[Event | None, Incident | None]:
    """The event of the same group before this one, and its incident if that is open."""
    before = stored_events.first(stored_events.by_group(source=event.source_id, group_key=event.group_key))
    incident = before.incident if before else None
    while incident is not None and incident.merged_into_id:  # what came for a duplicate goes to the other one
        incident = Incident.objects.only("reference", "state", "merged_into").get(pk=incident.merged_into_id)
    return before, incident if incident is not None and incident.is_open else None


def open_later(*, event: Event, judged: triggered.Judged | None, at: datetime) -> Incident | None:
    """Open the incident of the stored `event`, which stayed quiet until now, or join the one that is open.

    None when neither: `judged` holds it back. For whoever ends a silence; inside ``audit.action``. Raises
    intake.CannotFile.
    """
    before, current = _open_before(event)
    if current is not None:
        _join(event, current, at)
    elif judged is not None and not judged.judgement.opens:
        return None
    else:
        _open(event, before, ids.reference("INC", at.year), at, judged)
    event.save(update_fields=["incident", "outcome", "group_reason", "trigger"])
    assert event.incident is not None
    return event.incident


def _open(event: Event, before: Event | None, spare: str, at: datetime, judged: triggered.Judged | None = None) -> None:
    """File the incident of `event` under the reference `spare`, or join one after all.

    NOTE: `before` was read before the transaction. Whoever opened an incident of this group since then holds the
    submission key that is computed here.
    """
    previous = before.incident_id if before else ""
    key = hashlib.sha256(f"{event.source_id}:{event.group_key}:{previous}".encode()).hexdigest()
    began = min([event.occurred_at or event.received_at, *(judged.happening.earlier if judged else ())])
    incident = intake.report(
        by=None,
        title=event.facts["title"][: limits.TITLE_LENGTH],  # a mark may be longer than the secret that it hides
        description=event.facts["description"],
        workflow=_workflow_of(event),
        started_at=max(began, at - intake.OLDEST),  # stored in a silence, it may have become too old
        answers={},
        hint=event.facts["severity"],
        workflow_version=event.facts["workflow_version"],
        components=event.facts["components"],
        submission_key=key,
        source_label=event.source.name,
        reference=spare,
        judged=judged,
        at=at,
    )
    event.trigger = judged.judgement.key if judged else ""
    if incident.reference != spare:  # another event of this group was faster just now
        _join(event, incident, at)
        return
    event.incident, event.outcome = incident, Event.Outcome.OPENED
    event.group_reason = reasons.OPENED % {"ref": incident.reference}


def _join(event: Event, incident: Incident, at: datetime, judged: triggered.Judged | None = None) -> None:
    """The timeline says the first time that and why events are grouped; the events themselves count the rest.

    `judged` is the trigger of the policy that `event` fits and that may raise the incident.
    """
    is_first = not Event.objects.filter(incident=incident)[1:2].exists()
    event.incident, event.outcome = incident, Event.Outcome.JOINED
    event.group_reason = reasons.JOINED % {
        "ref": incident.reference,
        "why": event.facts["reason"] or reasons.SAME_EVENT,
    }
    if is_first:
        facts = {"source": event.source.name, "reason": event.group_reason}
        timeline.add(incident, verb="event", by=None, at=at, data=facts)
    if judged is not None and judged.force is None:
        triggers.matched_again(incident, judged, at=at)
    triage.hinted(incident=incident, hint=event.facts.get("severity") or "", label=event.source.name, at=at)


def _resolve(event: Event, current: Incident | None, at: datetime) -> None:
    """Resolve what nobody has taken yet; where people are at work, tell them and leave the decision to them."""
    held = _held(event, current)
    if held is None:
        return
    text = reasons.WORKS_AGAIN % {"source": event.source.name}
    if held.state == IncidentState.REPORTED:
        incidents.resolve(incident=held, resolution=text, checked=text, by=None, at=at, label=event.source.name)
        event.outcome = Event.Outcome.RESOLVED
        event.group_reason = reasons.RESOLVED % {"ref": held.reference}
        return
    _tell(held, text, "works_again", at)
    event.outcome = Event.Outcome.TOLD
    event.group_reason = reasons.TOLD % {"ref": held.reference}


def _acknowledge(event: Event, current: Incident | None, at: datetime) -> None:
    """Somebody took it where the event comes from: people here are told, and nobody's duty to answer ends.

    Who answers here is known by name, has the authority and is asked for progress; who did there is none of these.
    """
    held = _held(event, current)
    if held is None:
        return
    unanswered = EscalationRun.objects.filter(incident=held, acknowledged_by=None).exclude(state=RunState.STOPPED)
    words = reasons.STILL_ASKED if unanswered.exists() else reasons.TAKEN_THERE
    text = words % {"source": event.source.name}
    _tell(held, text, "acknowledged_there", at)
    event.outcome = Event.Outcome.ACKNOWLEDGED
    event.group_reason = reasons.NOTED % {"ref": held.reference}


def _held(event: Event, current: Incident | None) -> Incident | None:
    """`current` locked, or None when it is over; `event` says so then.

    NOTE: locked before its state is judged, so that nobody takes it in between.
    """
    event.incident, event.outcome = current, Event.Outcome.NOTHING_OPEN
    if current is None:
        event.group_reason = reasons.NOTHING_OPEN
        return None
    held = Incident.objects.select_for_update(no_key=True).get(pk=current.pk)
    if not held.is_open:
        event.group_reason = reasons.OVER % {"ref": held.reference}
        return None
    event.incident = held
    return held


def _tell(incident: Incident, text: str, what: str, at: datetime) -> None:
    note_id = incidents.add_note(incident=incident, text=text, by=None, at=at)
    key = f"incident:{incident.pk}:{what}:{note_id}"
    messages.tell("incident.news", incident, participants.followers(incident), key, at=at, why=text)


def workflow_of(source: Source, names: Sequence[tuple[str, str]]) -> Workflow | None:
    """The workflow that `names` mean (as in ``Arrival.workflows``), else the source's own, else None."""
    return _named(names) or (
        next(iter(stored_events.workflow_by_id(value=source.workflow_id)), None) if source.workflow_id else None
    )


def _named(names: Sequence[tuple[str, str]]) -> Workflow | None:
    """The first workflow that is named and is the only one of its name; else the source's own is meant.

    An event of neither is filed without a workflow, and triage decides.
    """
    for how, value in names:
        value = value[: limits.NAME_LENGTH]
        if how == "name":
            found = list(stored_events.workflows().in_use().filter(name__iexact=value)[:2])
        else:
            found = stored_events.workflow_by[how](value=value)
        if len(found) == 1:
            return found[0]
    return None
