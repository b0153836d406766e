"""The one outbox: a message is a row in the transaction of its cause, so none is lost and none is invented.

Context fields travel only as far as their data class allows: what is stored for a message are redacted
copies, one for each class among the recipient's verified methods (I14). Celery workers deliver; they are
woken by a hint that may get lost without harm, because the sweep of the clock delivers whatever waits.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import models, transaction

from portal import bulk, hints, ids, limits, registry
from portal.models.messages import Message, MessageState
from portal.models.people import Channel, ContactMethod, DataClass, Lane, User

SCALE = [DataClass.PUBLIC, DataClass.INTERNAL, DataClass.CONFIDENTIAL, DataClass.RESTRICTED]
RANK = {str(value): number for number, value in enumerate(SCALE)}
CHANNEL_CLASSES = {
    Channel.INBOX: DataClass.RESTRICTED,
    Channel.EMAIL: DataClass.CONFIDENTIAL,
    Channel.WEBHOOK: DataClass.INTERNAL,
}
DEADLINES = {Lane.URGENT: timedelta(hours=1), Lane.ROUTINE: timedelta(hours=24)}
KEY_LENGTH = 200
ACTIONS = "actions"  # one-time links; they name no fact and go everywhere


@dataclass(frozen=True)
class EventType:
    """A kind of message. `data_classes` names every context field and how far it may travel.

    Templates: ``notifications/<name with dots as underscores>/{subject.txt,short.txt,text.txt,html.html}``.
    """

    name: str
    lane: str
    data_classes: Mapping[str, str] = field(default_factory=dict)
    to_unverified: bool = False  # may go to a method that is not proved yet: the link that proves it

    @property
    def templates(self) -> str:
        return f"notifications/{self.name.replace('.', '_')}"


@dataclass(kw_only=True)
class Note:
    """What to tell whom. `context` is JSON; `key` is idempotent; `data_class` raises every field that is not public."""

    event: str
    subject: models.Model
    to: Iterable[User]
    key: str
    context: dict[str, Any]
    thread: str = ""
    lane: str | None = None
    deadline: datetime | None = None
    data_class: str | None = None
    subject_id: UUID | None = None


def enqueue(
    *,
    event: str,
    subject: models.Model,
    to: Iterable[User],
    key: str,
    context: dict[str, Any],
    at: datetime,
    thread: str = "",
    lane: str | None = None,
    deadline: datetime | None = None,
    data_class: str | None = None,
) -> list[Message]:
    """Tell each active person of `to` by inbox and by the first verified method of the lane.

    The same `key` again writes nothing and returns what was written first. Raises LookupError for an
    unknown event and ValueError for a context field without a data class.
    """
    note = Note(
        event=event,
        subject=subject,
        to=to,
        key=key,
        context=context,
        thread=thread,
        lane=lane,
        deadline=deadline,
        data_class=data_class,
    )
    keys = enqueue_many([note], at=at)
    found = {message.key: message for message in Message.objects.filter(key__in=keys)}
    return [found[key] for key in keys]


def enqueue_many(notes: Sequence[Note], at: datetime) -> list[str]:
    """``enqueue`` for a whole batch in two statements; the keys of the messages."""
    told = [(note, {user.pk: user for user in note.to if user.is_active}) for note in notes]
    methods = verified_methods({pk for _, users in told for pk in users})
    rows: dict[str, dict[str, Any]] = {}
    for note, users in told:
        for pk in users:
            for row in _messages(note, pk, methods.get(pk, []), at):
                rows.setdefault(row["key"], row)
    _insert(list(rows.values()))
    return list(rows)


def insert(message: Message) -> Message:
    """Write one message if its key is new, hint at it on commit, and return the row of its key."""
    _insert([{item.attname: getattr(message, item.attname) for item in Message._meta.concrete_fields}])
    return Message.objects.get(key=message.key)


def _insert(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write the messages (column attribute -> value) whose keys are new, and hint at them on commit."""
    with transaction.atomic(savepoint=False):
        written = bulk.insert_new_values(Message, rows)
        for lane in Lane.values:
            mine = [row for row in rows if row["id"] in written and row["lane"] == lane]
            waiting = [row["id"] for row in mine if row["state"] == MessageState.PENDING]
            if waiting:
                transaction.on_commit(partial(hints.publish, waiting, lane), robust=True)


def verified_methods(users: Iterable[UUID]) -> dict[UUID, list[ContactMethod]]:
    """The methods that may carry messages, by person, in the order in which they are tried."""
    found: dict[UUID, list[ContactMethod]] = {}
    usable = ContactMethod.objects.filter(user_id__in=set(users), verified_at__isnull=False, is_active=True)
    for method in usable.order_by("order", "id"):
        found.setdefault(method.user_id, []).append(method)
    return found


def in_order(methods: Sequence[ContactMethod], lane: str) -> list[ContactMethod]:
    """Those of the lane first; the others are better than nothing."""
    return [m for m in methods if m.lane == lane] + [m for m in methods if m.lane != lane]


def message_key(key: str, user: UUID, way: str) -> str:
    """``key:user:way``, shortened by a hash when it would not fit."""
    whole = f"{key}:{user}:{way}"
    if len(whole) <= KEY_LENGTH:
        return whole
    return f"{hashlib.sha256(key.encode()).hexdigest()}:{user}:{way}"


def _messages(note: Note, user: UUID, methods: Sequence[ContactMethod], at: datetime) -> list[dict[str, Any]]:
    kind: EventType | None = registry.event_types.get(note.event)
    if kind is None:
        raise LookupError(f"no message event {note.event!r} is registered")
    lane = note.lane or kind.lane
    ways = in_order(methods, lane)
    contexts = {limit: redact(kind, note, limit) for limit in {str(CHANNEL_CLASSES[Channel(w.channel)]) for w in ways}}
    common = {
        "event": note.event,
        "subject_type": note.subject._meta.label_lower,
        "subject_id": note.subject_id or note.subject.pk,
        "thread": note.thread[:64],
        "recipient_id": user,
        "lane": lane,
        "due_at": at,
        "deadline_at": note.deadline or at + DEADLINES[Lane(lane)],
        "created_at": at,
    }
    inbox_class = str(CHANNEL_CLASSES[Channel.INBOX])
    rows = [
        {
            **common,
            "id": ids.uuid7(),
            "channel": Channel.INBOX,
            "key": message_key(note.key, user, Channel.INBOX),
            "data_class": inbox_class,
            "context": {inbox_class: redact(kind, note, inbox_class)},
            "state": MessageState.DELIVERED,  # the row is the delivery
            "sent_at": at,
            "delivered_at": at,
        }
    ]
    if ways:
        first = ways[0]
        rows.append(
            {
                **common,
                "id": ids.uuid7(),
                "channel": first.channel,
                "method_id": first.pk,
                "key": message_key(note.key, user, first.channel),
                "data_class": CHANNEL_CLASSES[Channel(first.channel)],
                "context": contexts,
                "state": MessageState.PENDING,
            }
        )
    return rows


def redact(kind: EventType, note: Note, limit: str) -> dict[str, Any]:
    """The fields of a note that may travel on a channel of class `limit`."""
    floor = RANK[note.data_class] if note.data_class else 0
    kept: dict[str, Any] = {}
    for name, value in note.context.items():
        if name == ACTIONS:
            kept[name] = value
            continue
        if name not in kind.data_classes:
            raise ValueError(f"context field {name!r} of {kind.name} has no data class")
        rank = RANK[kind.data_classes[name]]
        if (max(rank, floor) if rank else 0) <= RANK[limit]:
            kept[name] = value
    return kept


def fallback(message: Message, method: ContactMethod, at: datetime, reason: str) -> Message:
    """The same news on another method of the same person, with the context of its channel's class (not saved)."""
    limit = RANK[CHANNEL_CLASSES[Channel(method.channel)]]
    allowed = [name for name in message.context if RANK[name] <= limit]
    data_class = max(allowed, key=RANK.__getitem__) if allowed else str(DataClass.PUBLIC)
    root = message.key.split(":fallback:")[0]
    return Message(
        event=message.event,
        subject_type=message.subject_type,
        subject_id=message.subject_id,
        thread=message.thread,
        recipient_id=message.recipient_id,
        channel=method.channel,
        method=method,
        key=message_key(f"{root}:fallback", message.recipient_id, str(method.pk)),
        lane=message.lane,
        data_class=data_class,
        context=message.context or {str(DataClass.PUBLIC): {}},
        due_at=at,
        deadline_at=at + DEADLINES[Lane(message.lane)],
        created_at=at,
        fallback_of=message,
        reason=reason[: limits.REASON_LENGTH],
    )
