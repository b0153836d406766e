"""How often one person is told on one channel: what is above the limit is collected into one message (D29, P7).

The first message of an incident to a person is never held back by the limit. What has been waiting (it was late
after an outage, came in quiet hours, or was above the limit) leaves together: one message that lists the others,
and after it none of them for a minute. Each stays readable in the inbox.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q

from portal import ids, limits, locks, outbox, prepared, quiet, registry
from portal.models.messages import Message, MessageState
from portal.models.people import Channel, ContactMethod, Lane, User

EVENT = "bundle"
WINDOW = timedelta(seconds=limits.MESSAGES_SECONDS)
APART = timedelta(minutes=1)  # between two messages of what has been waiting
LATE = timedelta(seconds=60)  # nothing waits so long unless the portal or its channel was away
COLLECTED = "collected with others"  # the reason of what was put off here
REMEMBERED = timedelta(days=30)  # so long an incident counts as known to a person

registry.event_types.add(EVENT, outbox.EventType(name=EVENT, lane=Lane.URGENT, data_classes={"count": "public"}))


@dataclass
class Traffic:
    """What a person got on a channel within the last ``WINDOW``; `collection` is when the last collection came."""

    count: int
    first: datetime
    last: datetime
    collection: datetime | None = None


Key = tuple[UUID, str]


def judge(rows: Sequence[Message], at: datetime) -> list[Message]:
    """Those of `rows` (locked) that go out now; the others were put off, or bundled with more of their kind.

    NOTE: whoever looks at what has waited holds the person's channel, or two at once would each send a collection.
    """
    counted = [row for row in rows if _is_counted(row)]
    if not counted:
        return list(rows)
    locks.hold(f"{EVENT}:{row.recipient_id}:{row.channel}" for row in counted if _has_waited(row, at))
    recent, bundled = _recent(counted, at), set[UUID]()
    found = []
    for row in rows:
        key = (row.recipient_id, row.channel)
        if row.pk in bundled:
            continue
        if not _is_counted(row):
            found.append(row)
        elif (later := _not_yet(row, recent.get(key), at)) is not None and later < row.deadline_at:
            put_off(row, later, at, COLLECTED)
        elif others := _company(row, at):
            bundled |= {item.pk for item in (row, *others)}
            _bundle([row, *others], at)
        else:
            found.append(row)
            known = recent.setdefault(key, Traffic(0, at, at))
            known.count, known.last = known.count + 1, at
    return found


def put_off(row: Message, until: datetime, at: datetime, why: str, *, extend: bool = False) -> None:
    """`row` waits until then (at most until its deadline, which `extend` moves along)."""
    if extend:
        row.deadline_at += until - at
    row.due_at, row.state, row.token, row.lease_until = min(until, row.deadline_at), MessageState.PENDING, None, None
    row.reason = why[: limits.REASON_LENGTH]
    row.save(update_fields=["due_at", "deadline_at", "state", "token", "lease_until", "reason"])


def _is_counted(row: Message) -> bool:
    """Not what goes to one method to prove or test it, and not what is a collection already."""
    return row.channel != Channel.INBOX and row.event != EVENT and row.subject_type != ContactMethod._meta.label_lower


def _has_waited(row: Message, at: datetime) -> bool:
    if row.reason == COLLECTED or row.due_at < at - LATE:
        return True
    return row.tries == 0 and row.step == 0 and row.due_at > row.created_at


def _not_yet(row: Message, traffic: Traffic | None, at: datetime) -> datetime | None:
    """When `row` may go at the earliest, None for now.

    NOTE: what was put off here already waits for collections only: first messages of other incidents, which nothing
    holds back, would outrun it until its deadline.
    """
    if _has_waited(row, at):
        last = None
        if traffic is not None:
            last = traffic.collection if row.reason == COLLECTED else traffic.last
        if last is not None and last > at - APART:
            return last + APART
        return at + APART if _under_way(row, at) else None
    if traffic is None or traffic.count < limits.MESSAGES or _is_first(row, at):
        return None
    return traffic.first + WINDOW


_told = prepared.Question(
    lambda: (
        Message.objects.filter(
            recipient_id__any=prepared.Given("people", Message, "recipient", many=True),
            channel__any=prepared.Given("channels", Message, "channel", many=True),
            sent_at__gt=prepared.Given("since", Message, "sent_at"),
        )
        .values_list("recipient_id", "channel")
        .annotate(Count("id"), Min("sent_at"), Max("sent_at"), collection=Max("sent_at", filter=Q(event=EVENT)))
    )
)


def _recent(rows: Sequence[Message], at: datetime) -> dict[Key, Traffic]:
    """What the recipients of `rows` got lately on their channels; one query along an index."""
    told = _told(people={row.recipient_id for row in rows}, channels={row.channel for row in rows}, since=at - WINDOW)
    return {(person, channel): Traffic(*facts) for person, channel, *facts in told}


def _under_way(row: Message, at: datetime) -> bool:
    """Whether somebody is just sending to this person on this channel, or a collection is about to be sent.

    NOTE: it may be due after `at`: whoever made it began later, and did not wait so long.
    """
    others = Message.objects.filter(recipient_id=row.recipient_id, channel=row.channel).exclude(pk=row.pk)
    sending = Q(state=MessageState.SENDING, lease_until__gte=at)
    return others.filter(sending | Q(state=MessageState.PENDING, event=EVENT, due_at__lt=at + APART)).exists()


def _is_first(row: Message, at: datetime) -> bool:
    """Whether the person has heard nothing of this incident on this channel."""
    known = Message.objects.filter(
        recipient_id=row.recipient_id, channel=row.channel, thread=row.thread, sent_at__gt=at - REMEMBERED
    )
    return bool(row.thread) and not known.exists()


def _company(row: Message, at: datetime) -> list[Message]:
    """More that has been waiting for this person on this channel, locked, the oldest first."""
    if not _has_waited(row, at) or row.maybe_duplicate:
        return []
    late = Q(due_at__lt=at - LATE)
    held = Q(reason=COLLECTED) | Q(tries=0, step=0, due_at__gt=F("created_at"))
    rows = Message.objects.filter(
        held | late,
        recipient_id=row.recipient_id,
        channel=row.channel,
        state=MessageState.PENDING,
        due_at__lte=at,
        deadline_at__gt=at,
        maybe_duplicate=False,
    ).exclude(pk=row.pk)
    if quiet.until(row.recipient, at) is not None:
        rows = rows.filter(lane=Lane.URGENT)
    locked = rows.select_for_update(no_key=True, skip_locked=True, of=("self",)).select_related("method")
    found = [item for item in locked.order_by("created_at", "id")[: limits.BUNDLED] if _is_counted(item)]
    needless = outbox.needless(found)
    return [item for item in found if item.pk not in needless]


def _bundle(rows: Sequence[Message], at: datetime) -> Message:
    """One message that lists `rows`: on the way of the most urgent of them, due now."""
    rows = sorted(rows, key=lambda row: (row.lane != Lane.URGENT, row.created_at))
    leading, data_class = rows[0], str(outbox.CHANNEL_CLASSES[Channel(rows[0].channel)])
    message = outbox.insert(
        Message(
            event=EVENT,
            subject_type=User._meta.label_lower,
            subject_id=leading.recipient_id,
            recipient_id=leading.recipient_id,
            channel=leading.channel,
            method_id=leading.method_id,
            key=f"{EVENT}:{ids.uuid7()}",
            lane=leading.lane,
            data_class=data_class,
            context={str(limit): {"count": len(rows)} for limit in outbox.SCALE},
            due_at=at,
            deadline_at=max(row.deadline_at for row in rows),
            created_at=at,
        )
    )
    Message.objects.filter(pk__any=[row.pk for row in rows]).update(
        state=MessageState.BUNDLED, bundle=message, token=None, lease_until=None, reason="listed in one message"
    )
    return message


def listed(message: Message) -> list[Message]:
    """What the bundle `message` lists, also when it goes by another way than planned; the most urgent first."""
    root = message
    while root.fallback_of_id is not None:
        root = Message.objects.get(pk=root.fallback_of_id)
    rows = Message.objects.filter(bundle=root).select_related("recipient")
    return sorted(rows, key=lambda row: (row.lane != Lane.URGENT, row.created_at, row.pk))
