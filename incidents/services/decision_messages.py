"""What people are told about a decision that waits: who is asked, by when, and where it is decided (D20, D31)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from incidents.models import DecisionRequest
from incidents.models.decisions import ASKS
from incidents.services.messages import CONFIDENTIAL, INTERNAL, PUBLIC, TEXT_LENGTH, iso
from portal import outbox, registry
from portal.models import Message, User
from portal.models.people import Lane

ASKED, READY, OWED, CONTESTED = "decision.asked", "decision.ready", "decision.owed", "decision.contested"
NEWS, GAP, NOBODY, ENDED = "decision.news", "decision.gap", "decision.nobody_reached", "decision.ended"
FACTS = {
    "reference": PUBLIC,
    "incident": PUBLIC,
    "severity": PUBLIC,
    "url": PUBLIC,
    "answer_by_at": PUBLIC,
    "since_at": PUBLIC,
    "state": PUBLIC,
    "again": PUBLIC,
    "outcome": PUBLIC,
    "question": INTERNAL,
    "choices": INTERNAL,
    "choice": INTERNAL,
    "delay_costs": INTERNAL,
    "link": INTERNAL,
    "workflow": INTERNAL,
    "incident_title": INTERNAL,
    "level": INTERNAL,
    "name": INTERNAL,
    "why": INTERNAL,
    "next": INTERNAL,
    "next_at": INTERNAL,
    "owed": INTERNAL,
    "details": CONFIDENTIAL,
    "given": CONFIDENTIAL,
    "reason": CONFIDENTIAL,
}
LANES = {
    ASKED: Lane.URGENT,
    READY: Lane.URGENT,
    OWED: Lane.URGENT,
    CONTESTED: Lane.URGENT,
    GAP: Lane.URGENT,
    NOBODY: Lane.URGENT,
    NEWS: Lane.ROUTINE,
    ENDED: Lane.ROUTINE,
}
ASKING = (ASKED, READY, CONTESTED, NOBODY)
"""Events that ask for an answer."""


def register() -> None:
    """Name the events to the outbox."""
    for name, lane in LANES.items():
        asks, asks_for = name in ASKING, "decision" if name in (ASKED, READY, CONTESTED) else ""
        kind = outbox.EventType(name=name, lane=lane, data_classes=FACTS, wants_answer=asks, asks_for=asks_for)
        registry.event_types.add(name, kind)
    registry.answered.add(DecisionRequest._meta.label_lower, answered)


def answered(calls: Sequence[Message]) -> dict[UUID, str]:
    """Those of `calls` (messages that ask for a decision) that nobody waits for any more, and why."""
    rows = DecisionRequest.objects.filter(pk__in={call.subject_id for call in calls})
    states = dict(rows.values_list("pk", "state"))
    return {call.pk: "it is decided" for call in calls if states.get(call.subject_id) not in ASKS}


def nobody_is_asked(decision: DecisionRequest, reason: str) -> None:
    """Calls about `decision` that have not left yet are not needed any more (I6)."""
    outbox.answered(subject=decision, events=list(ASKING), reason=reason)


def facts(decision: DecisionRequest, **more: Any) -> dict[str, Any]:
    """The context of a message about `decision`: the question, the ways, what a delay costs, where exactly."""
    found = {
        "reference": decision.reference,
        "severity": decision.severity,
        "url": settings.SITE_URL + decision.get_absolute_url(),
        "since_at": iso(decision.opened_at),
        "state": decision.state,
        "question": decision.question,
        "choices": [choice["title"] for choice in decision.choices],
        "delay_costs": decision.delay_costs,
        "link": decision.link,
        "workflow": decision.workflow.name if decision.workflow else "",
        "incident": decision.incident.reference if decision.incident else "",
        "incident_title": _title_of(decision),
        "details": decision.details[:TEXT_LENGTH],
        "given": [f"{name}: {value}"[:TEXT_LENGTH] for name, value in decision.given.items()],
    }
    return found | {name: iso(value) if isinstance(value, datetime) else value for name, value in more.items()}


def _title_of(decision: DecisionRequest) -> str:
    """What the incident is called; empty where the decision may travel further than the words of its incident."""
    incident = decision.incident
    if incident is None or outbox.RANK[incident.data_class] > outbox.RANK[decision.data_class]:
        return ""
    return incident.title


def note(event: str, decision: DecisionRequest, to: Iterable[User], key: str, **more: Any) -> outbox.Note:
    """A message about `decision`, not yet written."""
    return outbox.Note(
        event=event,
        subject=decision,
        to=to,
        key=key,
        context=facts(decision, **more),
        thread=f"decision:{decision.pk}",
        data_class=decision.data_class,
    )


def tell(event: str, decision: DecisionRequest, to: Iterable[User], key: str, *, at: datetime, **more: Any) -> None:
    """Write one message about `decision` to each of `to`."""
    outbox.enqueue_many([note(event, decision, to, key, **more)], at=at)
