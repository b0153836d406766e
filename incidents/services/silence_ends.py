"""The end of a silence: each group of events that is still open then opens its incident and tells people (P4).

The triggers of the policy judge its events as if they came without the silence: what they would only have counted
is counted now.

From the moment at which the end is written no event is stored in the silence any more, so that its groups are a
closed list; they are told in batches, the next one by a timer that remembers the last group.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from incidents.models import Event, Incident, Silence
from incidents.services import beats, reasons, receive, silences, timeline, triggers
from incidents.services.triggered import Judged
from portal import audit, limits, timers
from portal.models import Timer

BATCH = 20  # groups in one transaction
MOST_JUDGED = 100  # events of one group
Group = tuple[UUID, str]  # source, group key


def fire(rows: Sequence[Timer], *, at: datetime) -> set[int]:
    """Handler of ``silence.ends``."""
    held = timers.lock_subjects(Silence, {timer.subject_id for timer in rows})
    stay, room = set(), BATCH
    for timer in rows:
        silence = held.get(timer.subject_id)
        if silence is None or not room:
            stay.add(timer.pk)
            continue
        if silence.ended_at is None:
            silence.ended_at = at
            silence.save(update_fields=["ended_at"])
            _record(silence)
            if silence.workflow_id is not None:
                beats.silence_ended(workflow_id=silence.workflow_id, at=at)
        room -= _tell(silence, timer.data.get("after"), room, at=at)
    return stay


def _record(silence: Silence) -> None:
    action = audit.current()
    if action is not None:
        action.record(verb="silence.ended", target=silence)


def _tell(silence: Silence, after: Any, room: int, *, at: datetime) -> int:
    """Tell of up to `room` groups behind `after`; returns how many, and promises the rest."""
    found = _groups(silence, after, room + 1)
    for source_id, group_key in found[:room]:
        _judge(silence, source_id, group_key, at=at)
    if len(found) > room:
        source_id, group_key = found[room - 1]
        data = {"after": [str(source_id), group_key]}
        timers.schedule(kind=silences.ENDS, subject=silence, due_at=at, at=at, data=data, reason="more groups")
    return min(len(found), room)


def _groups(silence: Silence, after: Any, limit: int) -> list[Group]:
    """The groups with events that were stored in `silence` and are in no incident, in order."""
    rows = Event.objects.filter(silence=silence, outcome=Event.Outcome.SILENCED, incident=None)
    if after:
        source, group = after
        rows = rows.filter(Q(source_id__gt=source) | Q(source_id=source, group_key__gt=group))
    listed = rows.order_by("source_id", "group_key").values_list("source_id", "group_key").distinct()
    return list(listed[:limit])


def _judge(silence: Silence, source_id: UUID, group_key: str, *, at: datetime) -> None:
    """Open the incident of one group, unless it was over in between or another silence covers it."""
    group = Event.objects.filter(source=source_id, group_key=group_key)
    over = group.filter(action="resolve").order_by("-received_at", "-id").first()
    waiting = group.filter(silence=silence, outcome=Event.Outcome.SILENCED, incident=None)
    if over is not None:
        waiting = waiting.filter(Q(received_at__gt=over.received_at) | Q(received_at=over.received_at, id__gt=over.pk))
    first = _in_order(waiting).first()
    if first is None:
        return
    other = silences.covering(source_id=source_id, workflow_id=first.workflow_id, at=at)
    if other is not None and silences.hold(other.pk):
        waiting.update(silence=other)
        return
    decisive, judged = _decisive(waiting, first)
    incident = receive.open_later(event=decisive, judged=judged, at=at)
    if incident is not None:
        _join(incident, decisive, waiting, silence, at=at)
    elif judged is not None:
        triggers.hold_back(decisive, judged)
        facts = {name: getattr(decisive, name) for name in ("trigger", "outcome", "group_reason")}
        waiting.update(**facts)


def _in_order(waiting: Any) -> Any:
    return waiting.select_related("source", "workflow__team").order_by("received_at", "id")


def _decisive(waiting: Any, first: Event) -> tuple[Event, Judged | None]:
    """The first event that would have opened an incident without the silence, else the last one, and its judgement.

    After ``MOST_JUDGED`` that would not, the first one opens: rather once too often than never.
    """
    event, judged, seen = first, triggers.of_event(first, first.workflow), list[datetime]()
    if judged is None or not triggers.may_hold_back(judged):
        return first, judged
    for event in _in_order(waiting)[:MOST_JUDGED]:
        judged = triggers.of_event(event, event.workflow)
        if judged is not None and judged.counts:
            judged = triggers.counted(event, judged)
            happening = replace(judged.happening, earlier=(*judged.happening.earlier, *seen))
            judged = replace(judged, happening=happening)
        if judged is None or judged.judgement.opens:
            return event, judged
        seen.append(event.received_at)
    return (first, None) if len(seen) == MOST_JUDGED else (event, judged)


def _join(incident: Incident, first: Event, waiting: Any, silence: Silence, *, at: datetime) -> None:
    """The other events of the group belong to `incident`, too; the timeline says why it begins so late."""
    reason = str(reasons.SILENCE_ENDED % {"why": silence.why})[: limits.REASON_LENGTH]
    rest = reasons.SILENT_BEFORE % {"ref": incident.reference}
    Event.objects.filter(pk=first.pk).update(outcome=Event.Outcome.SILENCED, group_reason=rest)
    waiting.update(incident=incident, group_reason=rest)
    timeline.add(incident, verb="event", by=None, at=at, data={"source": first.source.name, "reason": reason})
