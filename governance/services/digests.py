"""One message a day with everything about the rules that waits for a person, at eight in the morning where they are.

The timer ``change.digest`` of the approval policy is due whenever it is eight in some zone in which people are; it is
armed again by its handler as long as a policy is in force. Who has nothing to do hears nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.urls import reverse

from governance.models import ChangeRequest, Document, Version
from governance.reads import approval
from governance.reads import digests as reads
from governance.rules import keeping
from portal import locks, outbox, registry, timers
from portal.models import Lane, Timer, User
from portal.models.people import DataClass

KIND = "change.digest"  # of the timer
EVENT = "change.digest"  # of the message
LINES = 20
HOLDS = timedelta(hours=12)
"""So long after eight it is still the message of that morning; what it says then stands in the one of the next."""
TIME_TO_SEND = timedelta(hours=1)
"""Less is left, after an outage of the clock: it would be lost on the way, and the operators alarmed for nothing."""
FACTS = {
    "url": DataClass.PUBLIC,
    "count": DataClass.PUBLIC,
    "more": DataClass.PUBLIC,
    "lines": DataClass.INTERNAL,
}


def register() -> None:
    registry.event_types.add(EVENT, outbox.EventType(name=EVENT, lane=Lane.ROUTINE, data_classes=FACTS))
    registry.timer_handlers.add(KIND, fire)
    registry.published.add("governance.digests", follow)


def follow(document: Document, version: Version, change: ChangeRequest, *, at: datetime) -> None:
    """The first approval policy is in force: from now on there is something to wait for."""
    if document.kind == approval.KIND:
        promise(at=at)


def promise(*, at: datetime) -> None:
    """The next morning message is promised, if it is not yet and a policy is in force; two queries."""
    armed = Timer.objects.filter(kind=KIND, state="armed")
    if armed.exists():
        return
    locks.hold([KIND])  # of two who ask at once the second finds the promise of the first
    if not armed.exists():
        document = Document.objects.filter(kind=approval.KIND, effective_version__isnull=False).first()
        if document is not None:
            _arm(document, at)


def fire(due: Sequence[Timer], *, at: datetime) -> set[int]:
    """It is eight somewhere: tell the people there. Returns the timers whose document is locked."""
    held = timers.lock_subjects(Document, {timer.subject_id for timer in due})
    since = min((timer.created_at for timer in due if timer.subject_id in held), default=at)
    if held:
        _tell(since, at)
    for document in held.values():
        if document.effective_version_id is not None:
            _arm(document, at)
    return {timer.pk for timer in due if timer.subject_id not in held}


def _arm(document: Document, at: datetime) -> None:
    due_at = min(keeping.last_morning(zone, at, days=1) for zone in _zones(at).values())
    timers.schedule(kind=KIND, subject=document, due_at=due_at, at=at)


def _zones(at: datetime) -> dict[str, str]:
    """The zones in which people are, as they are stored -> their name; that of the portal always."""
    stored = set(User.objects.active().order_by().values_list("time_zone", flat=True).distinct()) | {""}
    return {zone: zone or settings.TIME_ZONE for zone in stored}


def _tell(since: datetime, at: datetime) -> None:
    """Tell whoever's morning was after `since`, by `at`, and is not over; nobody twice for one day of theirs."""
    mornings = {stored: keeping.last_morning(zone, at) for stored, zone in _zones(at).items()}
    since = max(since, at - HOLDS + TIME_TO_SEND)
    people = User.objects.active().filter(time_zone__in=[zone for zone, eight in mornings.items() if eight > since])
    told = {person.pk: person for person in people}
    notes = [
        _note(told[key], lines, mornings[told[key].time_zone]) for key, lines in reads.waiting(told, at=at).items()
    ]
    if notes:
        outbox.enqueue_many(notes, at)


def _note(person: User, lines: list[reads.Line], morning: datetime) -> outbox.Note:
    return outbox.Note(
        event=EVENT,
        subject=person,
        to=[person],
        key=f"{EVENT}:{person.pk}:{morning.isoformat()}",
        context={
            "url": settings.SITE_URL + reverse("governance:changes"),
            "count": len(lines),
            "more": len(lines[LINES:]),
            "lines": [line.facts() for line in lines[:LINES]],
        },
        deadline=morning + HOLDS,
        thread=EVENT,
    )
