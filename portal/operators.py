"""What the people who keep the portal running must know: a message to every operator, by inbox and e-mail."""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import models

from portal import outbox, registry, roles
from portal.models.people import DataClass, Lane, User

log = structlog.get_logger(__name__)

EVENT = "operator.alert"
registry.event_types.add(
    EVENT,
    outbox.EventType(
        name=EVENT,
        lane=Lane.URGENT,
        data_classes={
            "what": DataClass.INTERNAL,
            "kind": DataClass.INTERNAL,
            "subject": DataClass.INTERNAL,
            "reason": DataClass.INTERNAL,
            "recipient": DataClass.INTERNAL,
            "channel": DataClass.INTERNAL,
            "event": DataClass.INTERNAL,
            "count": DataClass.INTERNAL,
            "path": DataClass.INTERNAL,
        },
    ),
)


def people() -> list[User]:
    """The active holders of the role operator."""
    return list(User.objects.active().filter(groups__name=roles.OPERATOR).distinct().order_by("pk"))


def key_of(what: str, name: str) -> str:
    """The key that all messages of one alert share; the invariant checker looks for it."""
    return f"{EVENT}:{what}:{name}"


def alert(
    *, what: str, subject: models.Model, key: str, facts: dict[str, Any], at: datetime, subject_id: UUID | None = None
) -> int:
    """Tell the operators once per `what` and `key`; returns how many people were told.

    `what` is a word that the templates of ``operator.alert`` know, as timer_parked.
    Without an operator it is logged, and the watchdog still sees the cause.
    """
    told = people()
    if not told:
        log.error("operators.nobody_to_tell", what=what, key=key)
        return 0
    note = outbox.Note(
        event=EVENT,
        subject=subject,
        subject_id=subject_id,
        to=told,
        key=key_of(what, key),
        context={"what": what} | facts,
        thread=f"{EVENT}.{what}",
    )
    outbox.enqueue_many([note], at=at)
    return len(told)
