"""The door for machines: one event, stored and grouped, is answered only after it is durable.

Nothing here waits for another sender: that the same event five times at once makes one incident follows from
two unique keys, the event's id within its source and the submission key of the incident, which is computed
from the source, the group, and the group's incident before.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from governance.models import Workflow
from governance.models.catalog import Lifecycle
from incidents.models import Event, Incident, Source
from incidents.models.incidents import IncidentState
from incidents.services import incidents, intake, messages, participants, timeline
from portal import audit, bulk, ids, limits, prepared
from portal.prepared import Given

SAME_BODY = timedelta(minutes=10)  # an equal body without an id counts as the same event for so long


def _stored() -> QuerySet[Event]:
    """The events of a given source with what is judged or answered of them and their incidents, and nothing more."""
    wanted = ("dedup_key", "received_at", "incident__reference", "incident__state")
    events = Event.objects.filter(source=Given("source", Event, "source"))
    return events.select_related("incident").only(*wanted)


_by_id = prepared.Question(lambda: _stored().filter(event_id=Given("event_id", Event, "event_id")))
_by_body = prepared.Question(
    lambda: (
        _stored()
        .filter(body_hash=Given("body_hash", Event, "body_hash"), event_id__startswith="body:")
        .order_by("-received_at")[:1]
    )
)
_by_group = prepared.Question(
    lambda: (
        _stored()
        .filter(group_key=Given("group_key", Event, "group_key"), incident__isnull=False)
        .order_by("-received_at", "-id")[:1]
    )
)
_workflow_by_id = prepared.Question(
    lambda: Workflow.objects.select_related("team").filter(pk=Given("pk", Workflow, "id"))
)


def _first(found: list[Event]) -> Event | None:
    return found[0] if found else None


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """One event as its sender meant it, redacted. Texts may be empty; `workflows` are names to try in order."""

    title: str
    description: str = ""
    workflows: tuple[tuple[str, str], ...] = ()  # (id on the platform | key | name, value)
    event_id: str = ""
    dedup_key: str = ""
    group_reason: str = ""
    action: str = "trigger"
    occurred_at: datetime | None = None
    severity: str | None = None
    workflow_version: str = ""
    components: tuple[str, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)
    body_hash: str = ""


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
    known = _known(source, event_id, arrival, at)
    if isinstance(known, Event):
        return Received(known.incident, known.dedup_key, True)
    event = _new(source, arrival, known, group=(arrival.dedup_key or event_id or known)[:200], at=at)
    before, current = _open_before(event)
    opens = arrival.action == "trigger" and current is None
    # NOTE: taken before the transaction, or the counter's row would make all senders wait for each other.
    spare = ids.reference("INC", at.year) if opens else ""
    try:
        with audit.action(actor=None, actor_label=f"source {source.key}", reason="event received", at=at) as action:
            opened = False
            if arrival.action == "resolve":
                _resolve(event, current, at)
            elif current is not None:
                _join(event, current, arrival, at)
            else:
                opened = _open(event, arrival, before, spare, at)
            bulk.insert([event])
            action.record(verb="event.received", target=event, data={"source": source.key, "why": event.group_reason})
    except IntegrityError:
        first = _first(_by_id(source=source.pk, event_id=known))
        if first is None:
            raise
        return Received(first.incident, first.dedup_key, True)
    return Received(event.incident, event.dedup_key, not opened)


def _new(source: Source, arrival: Arrival, event_id: str, *, group: str, at: datetime) -> Event:
    return Event(
        source=source,
        event_id=event_id,
        body_hash=arrival.body_hash,
        body=arrival.body,
        action=arrival.action,
        dedup_key=group,
        group_key=group,
        occurred_at=arrival.occurred_at,
        received_at=at,
    )


def _known(source: Source, event_id: str, arrival: Arrival, at: datetime) -> Event | str:
    """The event that this one repeats, else the id under which it is stored."""
    if event_id:
        name = _name(event_id, arrival.action)
        return _first(_by_id(source=source.pk, event_id=name)) or name
    base = f"body:{arrival.body_hash}"
    last = _first(_by_body(source=source.pk, body_hash=arrival.body_hash))
    if last is None:
        return base
    still_open = last.incident is not None and last.incident.is_open
    return last if still_open or at - last.received_at < SAME_BODY else f"{base}:{last.pk}"


def _name(event_id: str, action: str) -> str:
    """The id under which an event is stored.

    NOTE: senders number alerts, not calls: the resolve of an alert carries the id of its trigger and is another event.
    """
    if action == "trigger":
        return event_id[:200]
    plain = f"{action}:{event_id}"
    return plain if len(plain) <= 200 else f"{action}:{hashlib.sha256(event_id.encode()).hexdigest()}"


def _open_before(event: Event) -> tuple[Event | None, Incident | None]:
    """The event of the same group before this one, and its incident if that is open."""
    before = _first(_by_group(source=event.source_id, group_key=event.group_key))
    return before, before.incident if before and before.incident and before.incident.is_open else None


def _open(event: Event, arrival: Arrival, before: Event | None, spare: str, at: datetime) -> bool:
    """File the incident of `event` under the reference `spare`; False when it joins one after all.

    NOTE: `before` was read before the transaction. Whoever opened an incident of this group since then holds the
    submission key that is computed here.
    """
    previous = before.incident_id if before else ""
    key = hashlib.sha256(f"{event.source_id}:{event.group_key}:{previous}".encode()).hexdigest()
    incident = intake.report(
        by=None,
        title=arrival.title,
        description=arrival.description,
        workflow=_workflow(event.source, arrival),
        started_at=arrival.occurred_at or at,
        answers={},
        hint=arrival.severity,
        workflow_version=arrival.workflow_version,
        components=arrival.components,
        submission_key=key,
        source_label=event.source.name,
        reference=spare,
        at=at,
    )
    if incident.reference != spare:  # another event of this group was faster just now
        _join(event, incident, arrival, at)
        return False
    event.incident = incident
    event.group_reason = _("Opened %(ref)s: no incident of this group was open.") % {"ref": incident.reference}
    return True


def _join(event: Event, incident: Incident, arrival: Arrival, at: datetime) -> None:
    """The timeline says the first time that and why events are grouped; the events themselves count the rest."""
    is_first = not Event.objects.filter(incident=incident)[1:2].exists()
    event.incident = incident
    event.group_reason = _("Joined %(ref)s, which is open: %(why)s.") % {
        "ref": incident.reference,
        "why": arrival.group_reason or _("it is the same event"),
    }
    if is_first:
        facts = {"source": event.source.name, "reason": event.group_reason}
        timeline.add(incident, verb="event", by=None, at=at, data=facts)


def _resolve(event: Event, current: Incident | None, at: datetime) -> None:
    """Resolve what nobody has taken yet; where people are at work, tell them and leave the decision to them."""
    event.incident = current
    if current is None:
        event.group_reason = _("Nothing of this group was open.")
        return
    text = _("%(source)s says that it works again.") % {"source": event.source.name}
    # NOTE: locked before its state is judged, so that nobody takes it in between.
    current = Incident.objects.select_for_update(no_key=True).get(pk=current.pk)
    if not current.is_open:
        event.group_reason = _("%(ref)s was over already.") % {"ref": current.reference}
        return
    if current.state == IncidentState.REPORTED:
        incidents.resolve(incident=current, resolution=text, checked=text, by=None, at=at, label=event.source.name)
        event.group_reason = _("Resolved %(ref)s, which nobody had taken yet.") % {"ref": current.reference}
        return
    note_id = incidents.add_note(incident=current, text=text, by=None, at=at)
    key = f"incident:{current.pk}:works_again:{note_id}"
    messages.tell("incident.news", current, participants.followers(current), key, at=at, why=text)
    event.group_reason = _("Told the people who work on %(ref)s.") % {"ref": current.reference}


def _workflow(source: Source, arrival: Arrival) -> Workflow | None:
    """The first workflow that the event names, else the source's own, else None (triage decides)."""
    live = Workflow.objects.select_related("team").exclude(lifecycle=Lifecycle.RETIRED)
    for how, value in arrival.workflows:
        lookup = {"name__iexact": value} if how == "name" else {how: value[: limits.NAME_LENGTH]}
        found = list(live.filter(**lookup)[:2])
        if len(found) == 1:
            return found[0]
    return next(iter(_workflow_by_id(pk=source.workflow_id)), None) if source.workflow_id else None
