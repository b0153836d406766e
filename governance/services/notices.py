"""What people are told about changes: at once when they have to act, everything else in the morning, in one message.

The inbox of the portal has it at once in any case. What waits for them ``digests`` says once a day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from governance.models import ChangeRequest
from governance.reads import sentences
from governance.rules import keeping
from governance.rules.turnarounds import Reminder
from portal import audit, outbox, registry
from portal.models import Lane, User
from portal.models.people import DataClass

NEWS = "change.news"  # to whoever asked: what became of it
REMINDER = "change.reminder"  # to those who are waited for
AT_ONCE = (
    *("changes_requested", "rejected", "conflicted", "expired", "rolled_back"),
    *("retrospective", "retrospective_late", "retrospective_rejected"),
)
"""News after which whoever is told has to act, or would wait in vain; the rest leaves in the morning."""
FACTS = {
    "what": DataClass.PUBLIC,
    "url": DataClass.PUBLIC,
    "reference": DataClass.PUBLIC,
    "title": DataClass.INTERNAL,
    "why": DataClass.INTERNAL,
    "by": DataClass.INTERNAL,
    "at": DataClass.PUBLIC,
    "due_at": DataClass.PUBLIC,
    "need": DataClass.INTERNAL,
    "percent": DataClass.PUBLIC,
}


def register() -> None:
    for name, lane in ((NEWS, Lane.ROUTINE), (REMINDER, Lane.ROUTINE)):
        registry.event_types.add(name, outbox.EventType(name=name, lane=lane, data_classes=FACTS))


def decided(change: ChangeRequest, *, at: datetime) -> None:
    """Tell whoever asked what became of `change`: its state, and why."""
    news(change, change.state, [change.requested_by], why=change.outcome, at=at)


def published(change: ChangeRequest, *, at: datetime) -> None:
    """Tell whoever asked, and all who reviewed it, that it is in force."""
    reviewers = User.objects.filter(reviews__change_request=change).distinct()
    to = {person.pk: person for person in [change.requested_by, *reviewers]}
    news(change, change.state, to.values(), at=at)


def news(change: ChangeRequest, what: str, to: Iterable[User], *, at: datetime, why: str = "", by: Any = "") -> None:
    """Tell those in `to`, but not whoever did it, that `what` (a state, changes_requested …) happened to `change`."""
    action = audit.current()
    doer = getattr(action.actor if action else None, "pk", None)
    told = defaultdict[datetime | None, list[User]](list)
    for person in to:
        if person.pk != doer:
            told[_leaves_at(person, what, at)].append(person)
    for until, people_here in told.items():
        with outbox.held(until):
            outbox.enqueue(
                event=NEWS,
                subject=change,
                to=people_here,
                key=f"{NEWS}:{change.pk}:{what}:{at.isoformat()}",
                context=_context(change) | {"what": what, "why": why, "by": str(by), "at": at.isoformat()},
                thread=f"change:{change.pk}",
                at=at,
            )


def _leaves_at(person: User, what: str, at: datetime) -> datetime | None:
    """When news leave the portal for `person`: in their next morning, where the outbox puts them into one message."""
    return None if what in AT_ONCE else keeping.last_morning(person.time_zone or settings.TIME_ZONE, at, days=1)


def remind(change: ChangeRequest, reminder: Reminder, *, at: datetime) -> None:
    """Remind those whom a requirement waits for, once for each mark and for each time it was opened."""
    standing = reminder.standing
    outbox.enqueue(
        event=REMINDER,
        subject=change,
        to=people(standing.waits_for),
        key=f"{REMINDER}:{change.pk}:{standing.row}:{standing.key}:{reminder.at.isoformat()}",
        context=_context(change)
        | {
            "what": "late" if reminder.percent >= 100 else "waits",
            "percent": reminder.percent,
            "need": sentences.said(standing.title),
            "due_at": standing.due_at.isoformat() if standing.due_at else "",
        },
        thread=f"change:{change.pk}",
        at=at,
    )


def _context(change: ChangeRequest) -> dict[str, Any]:
    return {
        "url": settings.SITE_URL + change.get_absolute_url(),
        "reference": change.reference,
        "title": change.document.title,
    }


def people(keys: Iterable[UUID]) -> list[User]:
    """The active ones of these people."""
    return list(User.objects.active().filter(pk__in=list(keys)).order_by("pk"))
