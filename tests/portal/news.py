"""News to people with ways of their own, for the tests of how they arrive."""

from datetime import datetime, timedelta
from typing import Any

from portal import audit, channels, delivery, outbox, registry
from portal.models import Message, User
from tests.portal.kernel import NOW, make_user

ASK, TELL = "t.ask", "t.tell"
WORDS = {"what": "message_dead", "event": "e", "recipient": "r", "channel": "c", "reason": "x"}
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)
SENT, RETRY = channels.Outcome("sent", "250 ok"), channels.Outcome("retry", "connection refused")
REFUSED = channels.Outcome("refused", "550 no such user")


class Words(outbox.EventType):
    templates = "notifications/operator_alert"


def person(*waits: int, **fields: Any) -> User:
    """Somebody with an e-mail address, a webhook and a second e-mail address, each with a wait before the next."""
    ways = [("email", "a@example.com"), ("webhook", "https://h.example.com/b"), ("email", "c@example.com")]
    user = make_user(methods=ways[: len(waits)], **fields)
    with audit.action(actor=None, actor_label="test", reason="r", at=NOW):
        for method, wait in zip(user.contact_methods.order_by("order"), waits, strict=True):
            method.wait_minutes = wait
            method.save(update_fields=["wait_minutes"])
    return user


def tell(user: User, event: str = ASK, **changes: Any) -> list[Message]:
    known = {"event": event, "subject": user, "to": [user], "key": "k", "context": WORDS, "at": NOW}
    outbox.enqueue(**(known | changes))
    return list(Message.objects.exclude(channel="inbox").order_by("step", "created_at"))


def run(at: datetime, lane: str = "urgent") -> int:
    return delivery.sweep(lane=lane, at=at, grace=timedelta(), worker="s", seconds=5)


def problems() -> list[str]:
    return [line for _, check in registry.invariants.items() for line in check()]
