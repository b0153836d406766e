"""What must always hold in the kernel's tables; ``manage.py clock --audit`` and the fault tests ask.

Each check returns sentences, one for each violation (at most a hundred are told).
"""

from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery

from portal import audit, operators, outbox, pacing, registry
from portal.audit import verify
from portal.models import Attempt, AuditPayload, Heartbeat, Message, Timer
from portal.models.messages import MessageState
from portal.models.people import Channel
from portal.reads import completeness

TOLD = 100
LATE = timedelta(seconds=60)


def register() -> None:
    registry.invariants.add("I1", a_sent_message_has_a_delivery)
    registry.invariants.add("I1 bundles", a_bundled_message_is_listed_in_one_that_goes_out)
    registry.invariants.add("I2", at_most_one_delivery_is_unmarked)
    registry.invariants.add("I3", due_timers_are_served)
    registry.invariants.add("I5", no_delivery_without_an_attempt_begun_before)
    registry.invariants.add("I7", late_messages_are_dead_and_dead_ones_are_told)
    registry.invariants.add("I9", a_lost_lease_changed_nothing)
    registry.invariants.add("I10", every_change_has_its_entry)
    registry.invariants.add("I14", no_field_above_the_class_of_its_channel)
    registry.invariants.add("I19", the_ledger_is_what_was_sealed_and_signed)


def _travelled() -> Q:
    return Q(state__in=[MessageState.SENT, MessageState.DELIVERED]) & ~Q(channel=Channel.INBOX)


def a_sent_message_has_a_delivery() -> list[str]:
    """I1; a row of the inbox is its own delivery."""
    sent = Attempt.objects.filter(message=OuterRef("pk"), result="sent", ended_at__isnull=False)
    lost = Message.objects.filter(_travelled()).filter(~Exists(sent))
    return [f"Message {row.pk} says {row.state}, but no attempt was accepted." for row in lost[:TOLD]]


def a_bundled_message_is_listed_in_one_that_goes_out() -> list[str]:
    """Bundling loses nothing: what is bundled names a bundle of the same person, and nothing else does.

    What becomes of the bundle itself (sent, on its way, given up and told) the other checks say.
    """
    bundled = Message.objects.filter(state=MessageState.BUNDLED)
    alone = bundled.filter(Q(bundle=None) | ~Q(bundle__event=pacing.EVENT) | ~Q(bundle__recipient=F("recipient")))
    sent = Message.objects.filter(bundle__isnull=False).exclude(state=MessageState.BUNDLED)
    empty = Message.objects.filter(event=pacing.EVENT, fallback_of=None, bundled__isnull=True)
    found = [f"Message {row.pk} is bundled, but no message of this person lists it." for row in alone[:TOLD]]
    found += [f"Message {row.pk} is listed in a bundle and is {row.state}." for row in sent[:TOLD]]
    return found + [f"Message {row.pk} is a bundle of nothing." for row in empty[:TOLD]]


def at_most_one_delivery_is_unmarked() -> list[str]:
    """I2: what was or may have been delivered before makes all that follows a possible duplicate."""
    doubled = (
        Attempt.objects.filter(result__in=["sent", "unknown"], maybe_duplicate=False)
        .values("message")
        .annotate(times=Count("id"))
        .filter(times__gt=1)
    )
    return [f"Message {row['message']} may have arrived {row['times']} times unmarked." for row in doubled[:TOLD]]


def _clock() -> tuple[datetime, datetime] | None:
    """Since when the clock has been running and when it last did; None when it never ran."""
    beat = Heartbeat.objects.filter(pk="clock").first()
    if beat is None:
        return None
    return datetime.fromisoformat(beat.detail.get("since", beat.at.isoformat())), beat.at


def due_timers_are_served() -> list[str]:
    """I3: while a clock runs, nothing stays armed for 60 s after it was due."""
    running = _clock()
    if running is None or running[1] - running[0] <= LATE:
        return []
    late = Timer.objects.filter(state="armed", due_at__lt=running[1] - LATE, created_at__lt=running[1] - LATE)
    return [f"Timer {row.pk} ({row.kind}) has been due since {row.due_at:%H:%M:%S}." for row in late[:TOLD]]


def no_delivery_without_an_attempt_begun_before() -> list[str]:
    """I5: one attempt for each try, begun before it ended."""
    tried = Message.objects.filter(~Q(channel=Channel.INBOX)).annotate(begun=Count("attempts"))
    bare = tried.filter(~Q(begun=F("tries")))
    early = Attempt.objects.filter(ended_at__lt=F("started_at"))
    return [f"Message {row.pk} was tried {row.tries} times with {row.begun} attempts." for row in bare[:TOLD]] + [
        f"Attempt {row.pk} ended before it began." for row in early[:TOLD]
    ]


def late_messages_are_dead_and_dead_ones_are_told() -> list[str]:
    """I7; an operators' alert that died alerts nobody again, and without operators the watchdog tells."""
    found = []
    running = _clock()
    if running is not None and running[1] - running[0] > LATE:
        waiting = Q(state__in=[MessageState.PENDING, MessageState.SENDING], deadline_at__lt=running[1] - LATE)
        found += [f"Message {row.pk} waits past its deadline." for row in Message.objects.filter(waiting)[:TOLD]]
    if not operators.people():
        return found
    for row in Message.objects.filter(state=MessageState.DEAD).exclude(event=operators.EVENT)[:1000]:
        if not Message.objects.filter(key__startswith=operators.key_of("message_dead", str(row.pk))).exists():
            found.append(f"Message {row.pk} is dead and no operator was told.")
    return found[:TOLD]


def a_lost_lease_changed_nothing() -> list[str]:
    """I9: what a message says is what its last attempt found."""
    last = Attempt.objects.filter(message=OuterRef("pk")).order_by("-number").values("result")[:1]
    sent = Message.objects.filter(_travelled()).annotate(last=Subquery(last)).exclude(last="sent")
    leased = Message.objects.filter(state=MessageState.SENDING).annotate(
        mine=Exists(Attempt.objects.filter(message=OuterRef("pk"), token=OuterRef("token"), ended_at=None))
    )
    return [f"Message {row.pk} says {row.state}, its last attempt says {row.last!r}." for row in sent[:TOLD]] + [
        f"Message {row.pk} is leased without an open attempt." for row in leased.filter(mine=False)[:TOLD]
    ]


def no_field_above_the_class_of_its_channel() -> list[str]:
    """I14, by the present definition of each event."""
    found = []
    for row in Message.objects.filter(~Q(channel=Channel.INBOX)).only("event", "channel", "data_class", "context"):
        limit = outbox.RANK[outbox.CHANNEL_CLASSES[Channel(row.channel)]]
        kind = registry.event_types.get(row.event)
        fields = row.context.get(row.data_class, {})
        high = [n for n in fields if kind and outbox.RANK[kind.data_classes.get(n, "public")] > limit]
        if high or outbox.RANK[row.data_class] > limit:
            found.append(f"Message {row.pk} carries {', '.join(high) or row.data_class} on {row.channel}.")
    return found[:TOLD]


def every_change_has_its_entry() -> list[str]:
    """I10: tables, history and ledger tell the same, and each payload fits its commitment."""
    found = completeness.sentences(completeness.check(most=TOLD))
    for payload in AuditPayload.objects.select_related("entry").iterator(chunk_size=1000):
        if audit.commitment(payload.salt, payload.content) != payload.entry.commitment:
            found.append(f"The payload of audit entry {payload.entry_id} does not fit its commitment.")
    return found[:TOLD]


TIMED = {"early", "late", "waiting"}  # clocks may be moved where invariants are checked; `audit verify` judges times


def the_ledger_is_what_was_sealed_and_signed() -> list[str]:
    """I19: each leaf is its entry, one gapless tree, each checkpoint signs its root."""
    return [finding.sentence for finding in verify.run().findings if finding.kind not in TIMED][:TOLD]
