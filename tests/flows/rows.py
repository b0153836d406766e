"""How many rows the tables have that something sent to the portal could leave behind."""

from collections.abc import Iterator
from contextlib import contextmanager

from governance.models import ChangeRequest, Document, Edit, Version
from incidents.models import (
    EscalationEvent,
    EscalationRun,
    Event,
    Evidence,
    ImpactScore,
    Incident,
    Participant,
    TimelineEntry,
)
from portal.models import AuditEntry, ContactMethod, Message, Timer
from tests.pictures import counts

ROWS = (
    *(Incident, Event, EscalationRun, EscalationEvent, ImpactScore, Participant, TimelineEntry, Evidence),
    *(Message, Timer, AuditEntry, ContactMethod, Document, Version, Edit, ChangeRequest),
)


@contextmanager
def nothing_written() -> Iterator[None]:
    before = counts(ROWS)
    yield
    assert counts(ROWS) == before
