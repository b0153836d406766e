"""What a person's own pages show: ways to be reached, absences, inbox."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from portal import limits, outbox, registry
from portal.models import Absence, Channel, ContactMethod, Message, User


@dataclass(frozen=True)
class Way:
    """A contact method and how the last message on it went."""

    method: ContactMethod
    last: Message | None


@dataclass(frozen=True)
class Letter:
    """One message of the inbox, in words."""

    message: Message
    subject: str
    text: str


def ways(user: User) -> list[Way]:
    """The contact methods of `user` in the order in which they are tried; two queries."""
    methods = list(ContactMethod.objects.filter(user=user).order_by("order", "id"))
    last: dict[Any, Message] = {}
    for message in Message.objects.filter(method__in=methods).order_by("-created_at")[:200]:
        last.setdefault(message.method_id, message)
    return [Way(method, last.get(method.pk)) for method in methods]


def absences(user: User, at: datetime) -> list[Absence]:
    return list(Absence.objects.filter(user=user, ends_at__gt=at).select_related("cover").order_by("starts_at"))


def inbox(user: User, *, before: datetime | None = None) -> tuple[list[Letter], datetime | None]:
    """A page of letters, newest first, and where the next page begins (None at the end)."""
    rows = Message.objects.filter(recipient=user, channel=Channel.INBOX).order_by("-created_at", "-id")
    if before is not None:
        rows = rows.filter(created_at__lt=before)
    found = list(rows[: limits.PAGE_ROWS + 1])
    page = found[: limits.PAGE_ROWS]
    return [letter(message, user) for message in page], page[-1].created_at if len(found) > len(page) else None


def letter(message: Message, user: User) -> Letter:
    """The words of one message; an event that no longer exists is named by its key."""
    from portal import rendering

    kind: outbox.EventType | None = registry.event_types.get(message.event)
    if kind is None:
        return Letter(message, message.event, "")
    words = rendering.render(message, user)
    return Letter(message, words.subject, words.text)


def unread(user: User) -> int:
    return Message.objects.filter(recipient=user, channel=Channel.INBOX, read_at=None).count()


def search(text: str, limit: int = 20) -> list[User]:
    """Active people by name or address."""
    people = User.objects.active().filter(Q(name__icontains=text) | Q(email__icontains=text))
    return list(people.order_by("name")[:limit])
