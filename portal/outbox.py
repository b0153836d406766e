"""The one outbox: a message is a row in the transaction of its cause, so none is lost and none is invented.

Context fields travel only as far as their data class allows: what is stored for a message are redacted
copies, one for each class among the recipient's verified methods (I14). Celery workers deliver; they are
woken by a hint that may get lost without harm, because the sweep of the clock delivers whatever waits.
"""

import contextlib
import contextvars
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import models, transaction

from portal import bulk, hints, ids, limits, prepared, quiet, registry
from portal.models.messages import Message, MessageState
from portal.models.people import Channel, ContactMethod, DataClass, Lane, User

SCALE = [DataClass.PUBLIC, DataClass.INTERNAL, DataClass.CONFIDENTIAL, DataClass.RESTRICTED]
RANK = {str(value): number for number, value in enumerate(SCALE)}
CHANNEL_CLASSES = {
    Channel.INBOX: DataClass.RESTRICTED,
    Channel.EMAIL: DataClass.CONFIDENTIAL,
    Channel.WEBHOOK: DataClass.INTERNAL,
    Channel.CHAT: DataClass.INTERNAL,
    Channel.SMS: DataClass.PUBLIC,
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
    asks_for: str = ""  # messages with it about one subject ask the same: a list of several shows the newest alone
    wants_answer: bool = False  # goes on to the person's next ways while nobody answers (P6)

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
    """``enqueue`` for a whole batch in two statements; the keys of the messages.

    Ways that wait their turn are written in a third one, and only for what is new.
    """
    told = [(note, {user.pk: user for user in note.to if user.is_active}) for note in notes]
    methods = verified_methods({pk for _, users in told for pk in users})
    rows: dict[str, dict[str, Any]] = {}
    later: list[dict[str, Any]] = []
    for note, users in told:
        for user in users.values():
            for row in _messages(note, user, methods.get(user.pk, []), at):
                if row.get("step"):
                    later.append(row)
                else:
                    rows.setdefault(row["key"], row)
    written = _insert(list(rows.values()))
    if waiting := [row for row in later if row["fallback_of_id"] in written]:
        _insert(waiting)
    return list(rows)


_held: contextvars.ContextVar[datetime | None] = contextvars.ContextVar("held", default=None)


@contextlib.contextmanager
def held(until: datetime | None) -> Iterator[None]:
    """What is written inside leaves at `until` at the earliest, so that a person's are collected.

    After an outage, or in their morning; inside another one the later end counts.
    """
    before = _held.set(max(filter(None, (_held.get(), until)), default=None))
    try:
        yield
    finally:
        _held.reset(before)


def insert(message: Message) -> Message:
    """Write one message if its key is new, hint at it on commit, and return the row of its key."""
    _insert([{item.attname: getattr(message, item.attname) for item in Message._meta.concrete_fields}])
    return Message.objects.get(key=message.key)


def _insert(rows: Sequence[Mapping[str, Any]]) -> set[Any]:
    """Write the messages (column attribute -> value) whose keys are new, and hint on commit at those that are due;
    the ids of what was written."""
    with transaction.atomic(savepoint=False):
        written = bulk.insert_new_values(Message, rows)
        for lane in Lane.values:
            mine = [row for row in rows if row["id"] in written and row["lane"] == lane]
            waiting = [
                row["id"] for row in mine if row["state"] == MessageState.PENDING and row["due_at"] <= row["created_at"]
            ]
            if waiting:
                transaction.on_commit(partial(hints.publish, waiting, lane), robust=True)
    return written


_usable = prepared.Question(
    lambda: ContactMethod.objects.filter(
        user_id__any=prepared.Given("users", ContactMethod, "user", many=True),
        verified_at__isnull=False,
        is_active=True,
    ).order_by("order", "id")
)


def verified_methods(users: Iterable[UUID]) -> dict[UUID, list[ContactMethod]]:
    """The methods that may carry messages, by person, in the order in which they are tried."""
    found: dict[UUID, list[ContactMethod]] = {}
    for method in _usable(users=set(users)):
        found.setdefault(method.user_id, []).append(method)
    return found


def in_order(methods: Sequence[ContactMethod], lane: str) -> list[ContactMethod]:
    """Those of the lane first; the others are better than nothing."""
    return [m for m in methods if m.lane == lane] + [m for m in methods if m.lane != lane]


def waits(methods: Sequence[ContactMethod], lane: str) -> list[tuple[ContactMethod, timedelta]]:
    """The ways of `lane` that follow the first one while nobody answers, each with how long after the first.

    A way without a wait ends the row: what comes after it is used only when everything before it fails.
    """
    found, after = [], timedelta()
    for way, following in pairwise(method for method in methods if method.lane == lane):
        if not way.wait_minutes:
            break
        after += timedelta(minutes=way.wait_minutes)
        found.append((following, after))
    return found


def earliest(user: User, lane: str, at: datetime) -> datetime:
    """When news caused at `at` may leave: routine ones not in the person's quiet hours, none before ``held`` ends."""
    calm = (quiet.until(user, at) if lane == Lane.ROUTINE else None) or at
    return max(calm, _held.get() or calm)


def message_key(key: str, user: UUID, way: str) -> str:
    """``key:user:way``, shortened by a hash when it would not fit."""
    whole = f"{key}:{user}:{way}"
    if len(whole) <= KEY_LENGTH:
        return whole
    return f"{hashlib.sha256(key.encode()).hexdigest()}:{user}:{way}"


def _messages(note: Note, user: User, methods: Sequence[ContactMethod], at: datetime) -> list[dict[str, Any]]:
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
        "recipient_id": user.pk,
        "lane": lane,
        "created_at": at,
    }
    allowed = (note.deadline or at + DEADLINES[Lane(lane)]) - at
    inbox_class = str(CHANNEL_CLASSES[Channel.INBOX])
    rows = [
        {
            **common,
            "id": ids.uuid7(),
            "channel": Channel.INBOX,
            "key": message_key(note.key, user.pk, Channel.INBOX),
            "due_at": at,
            "deadline_at": at + allowed,
            "data_class": inbox_class,
            "context": {inbox_class: redact(kind, note, inbox_class)},
            "state": MessageState.DELIVERED,  # the row is the delivery
            "sent_at": at,
            "delivered_at": at,
        }
    ]
    if not ways:
        return rows
    due, first, root, key = (
        earliest(user, lane, at),
        ways[0],
        ids.uuid7(),
        message_key(note.key, user.pk, ways[0].channel),
    )
    common |= {"context": contexts, "state": MessageState.PENDING}
    rows.append(common | {"id": root, "key": key} | _on(first, due, allowed))
    if kind.wants_answer and lane == Lane.URGENT:
        for number, (way, after) in enumerate(waits(ways, lane), start=1):
            mine = {"id": ids.uuid7(), "key": fallback_key(key, user.pk, way), "fallback_of_id": root, "step": number}
            rows.append(common | mine | _on(way, due + after, allowed))
    return rows


def _on(way: ContactMethod, due: datetime, allowed: timedelta) -> dict[str, Any]:
    """The columns of a message that its way and its time decide."""
    return {
        "channel": way.channel,
        "method_id": way.pk,
        "data_class": CHANNEL_CLASSES[Channel(way.channel)],
        "due_at": due,
        "deadline_at": due + allowed,
    }


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
    due = earliest(message.recipient, message.lane, at)
    return Message(
        event=message.event,
        subject_type=message.subject_type,
        subject_id=message.subject_id,
        thread=message.thread,
        recipient_id=message.recipient_id,
        channel=method.channel,
        method=method,
        key=fallback_key(message.key, message.recipient_id, method),
        lane=message.lane,
        data_class=data_class,
        context=message.context or {str(DataClass.PUBLIC): {}},
        due_at=due,
        deadline_at=due + DEADLINES[Lane(message.lane)],
        created_at=at,
        fallback_of=message,
        reason=reason[: limits.REASON_LENGTH],
    )


def fallback_key(key: str, user: UUID, method: ContactMethod) -> str:
    """The key of the same news on `method`: whether it waits its turn or is needed because another way failed."""
    return message_key(f"{key.split(':fallback:')[0]}:fallback", user, str(method.pk))


def hurry(message: Message, *, at: datetime, reason: str) -> None:
    """`message` waits its turn, and its turn has come: send it now."""
    message.deadline_at -= max(message.due_at - at, timedelta())
    message.due_at, message.reason = at, reason[: limits.REASON_LENGTH]
    message.save(update_fields=["due_at", "deadline_at", "reason"])
    transaction.on_commit(partial(hints.publish, [message.pk], message.lane), robust=True)


def needless(messages: Iterable[Message]) -> dict[UUID, str]:
    """Those of `messages` that ask for an answer which somebody has given, with the reason (I6)."""
    asking: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        kind: EventType | None = registry.event_types.get(message.event)
        if kind is not None and kind.wants_answer:
            asking[message.subject_type].append(message)
    found: dict[UUID, str] = {}
    for label, some in asking.items():
        judge = registry.answered.get(label)
        if judge is not None:
            found |= judge(some)
    return found


def answered(*, subject: models.Model, events: Iterable[str], reason: str) -> int:
    """Nobody has to be asked about `subject` any more: what still waits is not sent; returns how much that was.

    Call inside the transaction of the answer, with the subject locked (the order: subject, run, timer, message).
    """
    waiting = Message.objects.filter(
        subject_id=subject.pk,
        subject_type=subject._meta.label_lower,
        state=MessageState.PENDING,
        event__in=list(events),
    )
    return waiting.update(state=MessageState.SUPPRESSED, reason=reason[: limits.REASON_LENGTH])


def seen(*, user: UUID, subjects: Iterable[UUID], reason: str) -> int:
    """`user` knows about `subjects`: their further ways that wait are not needed; returns how many that were."""
    waiting = Message.objects.filter(
        recipient_id=user, subject_id__any=set(subjects), state=MessageState.PENDING, step__gt=0, tries=0
    )
    return waiting.update(state=MessageState.SUPPRESSED, reason=reason[: limits.REASON_LENGTH])
