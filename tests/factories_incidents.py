"""Plain factories of incidents, through the services; time is passed on in minutes."""

import itertools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from governance.models import Workflow
from incidents.models import Beat, EscalationEvent, EscalationRun, Incident, Participant, TimelineEntry
from incidents.services import beats, escalation, intake
from portal import timers
from portal.models import AuditEntry, Message, Timer, User
from tests.factories_governance import NOW, Company, make_person
from tests.pictures import counts

numbers = itertools.count(1)


def later(minutes: float = 0, seconds: float = 0) -> datetime:
    """`NOW` plus so much."""
    return NOW + timedelta(minutes=minutes, seconds=seconds)


def make_incident(
    company: Company, *, by: User | None = None, workflow: Workflow | None | str = "", at: datetime = NOW, **extra: Any
) -> Incident:
    """A report of `company.reporter` about `company.workflow`; SEV3 with a workflow of medium criticality."""
    number = next(numbers)
    values: dict[str, Any] = {
        "title": "Orders do not arrive",
        "started_at": at - timedelta(minutes=10),
        "answers": {"urgency": "yes", "customers": "no", "money": "no", "rules": "no"},
        "submission_key": f"key-{number}",
    } | extra
    chosen = company.workflow if workflow == "" else workflow
    return intake.report(by=by or company.reporter, workflow=chosen, at=at, **values)  # type: ignore[arg-type]


def make_acknowledged(company: Company, *, by: User | None = None, at: datetime = NOW, **extra: Any) -> Incident:
    """An incident that `by` (company.responder) has taken at once."""
    incident = make_incident(company, at=at, **extra)
    escalation.acknowledge(run=run_of(incident), by=by or company.responder, at=at)
    return fresh(incident)


def make_root() -> User:
    """The administrator of the whole portal; made once."""
    known = User.objects.filter(email="root@example.test").first()
    return known or make_person("root", is_staff=True, is_superuser=True)


def make_beat(company: Company, **extra: Any) -> tuple[Beat, str]:
    """A beat expected every hour unless `extra` says otherwise, and the secret of its address."""
    values: dict[str, Any] = {"key": "nightly", "name": "Nightly export", "workflow": company.workflow}
    rule = {} if "cron" in extra else {"interval_minutes": 60}
    by = extra.pop("by", None) or make_root()
    return beats.set_up(**values | rule | {"grace_minutes": 5, "at": NOW} | extra, by=by)


def run_of(incident: Incident) -> EscalationRun:
    return EscalationRun.objects.select_related("incident").get(incident_id=incident.pk)


def fresh(incident: Incident) -> Incident:
    return Incident.objects.get(pk=incident.pk)


def tick(minutes: float = 0, seconds: float = 0) -> timers.Fired:
    """Let the clock fire what is due `minutes` after NOW."""
    return timers.fire_due(at=later(minutes, seconds))


def told(incident: Incident, *, event: str = "incident.level") -> list[str]:
    """Names of everybody who got `event` about the incident, in order, as often as they got it."""
    found = Message.objects.filter(event=event, subject_id=incident.pk, channel="inbox")
    return [
        message.recipient.name
        for message in found.select_related("recipient").order_by("created_at", "recipient__name")
    ]


def armed(*subjects: Any) -> dict[str, datetime]:
    """Kind and due time of the armed timers of the subjects."""
    rows = Timer.objects.filter(state="armed", subject_id__in=[item.pk for item in subjects])
    return {row.kind: row.due_at for row in rows}


def verbs(incident: Incident) -> list[str]:
    """The timeline, oldest first."""
    return list(incident.timeline.order_by("id").values_list("verb", flat=True))


def outcomes(incident: Incident) -> list[tuple[str, str, int]]:
    """(level key, outcome, generation) of every escalation event."""
    rows = EscalationEvent.objects.filter(run__incident=incident).order_by("id")
    return list(rows.values_list("level_key", "outcome", "generation"))


def violations() -> list[str]:
    """Everything that any invariant has to say."""
    from portal import registry

    return [sentence for _name, check in registry.invariants.items() for sentence in check()]


WRITTEN = (Incident, EscalationEvent, Participant, TimelineEntry, Timer, Message, AuditEntry)


def refuses(error: type[Exception], sentence: str, call: Callable[[], Any]) -> None:
    """`call` is refused with `sentence`, and nothing was written."""
    before = counts(WRITTEN)
    with pytest.raises(error, match=sentence):
        call()
    assert counts(WRITTEN) == before
