"""What happens on the stage, each called in a child of the warmed parent."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from governance.models import Workflow
from incidents.models import (
    Beat,
    DecisionCallback,
    EscalationEvent,
    EscalationRun,
    Event,
    Incident,
    Participant,
    Silence,
    TimelineEntry,
)
from incidents.models.decisions import CallbackState
from incidents.reads import rechecks as recheck_reads
from incidents.services import (
    actions,
    beats,
    callbacks,
    escalation,
    incidents,
    intake,
    receive,
    rechecks,
    review_timers,
    silences,
    sources,
    update_timers,
)
from portal import audit, hints, links
from portal.audit import leaves, merkle, tree
from portal.models import Attempt, AuditEntry, Checkpoint, ContactMethod, Leaf, Message, Subtree, Timer, User
from portal.models.messages import MessageState
from portal.models.people import Channel, Lane
from portal.services import contacts

LEAD = "lead@demo.example"  # the second level


def prepare(minutes_ago: float) -> str:
    """The demo company in an empty database; returns the time at which an incident is going to be filed."""
    call_command("migrate", interactive=False, verbosity=0)
    call_command("demo", verbosity=0)
    # what governance does every morning is not part of the play
    Timer.objects.exclude(subject_type__startswith="incidents.").update(state="cancelled", ended_at=timezone.now())
    # nor what it says at once: after eight in the evening, who is on call the next evening
    Message.objects.filter(state="pending").exclude(event__startswith="incident.").update(state="suppressed")
    return (timezone.now() - timedelta(minutes=minutes_ago)).isoformat()


def add_webhook(address: str, at: str) -> str:
    """The lead wants to be told by a webhook first, then by e-mail; returns the signing secret."""
    lead, when = User.objects.get(email=LEAD), datetime.fromisoformat(at)
    method, secret = contacts.add(
        user=lead, channel=Channel.WEBHOOK, address=address, lane=Lane.URGENT, by=lead, at=when
    )
    with audit.action(actor=lead, reason="the webhook first", at=when):
        for other in ContactMethod.objects.filter(user=lead).exclude(pk=method.pk):
            other.order = method.order + 1
            other.save(update_fields=["order"])
    return secret


def prove(token: str, at: str) -> None:
    """The lead presses the link that the webhook brought."""
    contacts.verify(grant=links.read(token), at=datetime.fromisoformat(at))


def file(at: str, workflow: str = "payment-capture") -> str:
    """The reporter files an incident at `at`; its first level is told in the same transaction."""
    incident = intake.report(
        by=User.objects.get(email="reporter@demo.example"),
        title="Card payments are not captured",
        workflow=Workflow.objects.get(key=workflow),
        started_at=datetime.fromisoformat(at),
        answers={},
        at=datetime.fromisoformat(at),
        submission_key=uuid4().hex,
    )
    return str(incident.pk)


def no_updates_owed() -> None:
    """Leave the reminders to write an update to the promises: two messages that wait together go as one bundle."""
    Timer.objects.filter(kind=update_timers.DUE).update(state="cancelled", ended_at=timezone.now())


# Promises: each returns when the clock shall deliver what it told at once, and when what it promised is due.


def silence(at: str) -> tuple[str, str]:
    """A source is silent for ten minutes; three groups of events come, one of them is over before its end."""
    when, lead = datetime.fromisoformat(at), User.objects.get(email=LEAD)
    workflow = Workflow.objects.get(key="payment-capture")
    source, _secrets = sources.set_up(key="shop", format="generic", workflow=workflow, by=None, at=when)
    ends_at = when + timedelta(minutes=10)
    silences.plan(source=source, starts_at=when, ends_at=ends_at, reason="Upgrade", by=lead, at=when)
    rows = [("one", "trigger"), ("one", "trigger"), ("two", "trigger"), ("over", "trigger"), ("over", "resolve")]
    for number, (group, action) in enumerate(rows):
        name = f"event-{number}"
        arrival = receive.Arrival(title=group, event_id=name, dedup_key=group, action=action, body_hash=name)
        receive.receive(source=source, arrival=arrival, at=when + timedelta(minutes=number))
    return after(at, 5), ends_at.isoformat()


def missing(at: str) -> tuple[str, str]:
    """A sign of life came once and then no more."""
    when, admin = datetime.fromisoformat(at), User.objects.get(email="admin@demo.example")
    rule = {"interval_minutes": 10, "grace_minutes": 2}
    workflow = Workflow.objects.get(key="payment-capture")
    beat, token = beats.set_up(key="nightly", name="Nightly", workflow=workflow, by=admin, at=when, **rule)
    beats.beat(token=token, at=when)
    return after(at, 1), beats.missing_at(beat, when).isoformat()


def second_way(at: str) -> tuple[str, str]:
    """The lead is told by a webhook, and three minutes later by e-mail unless somebody has answered."""
    lead = User.objects.get(email=LEAD)
    method = ContactMethod.objects.get(user=lead, channel=Channel.WEBHOOK)
    contacts.change(method=method, lane=method.lane, wait_minutes=3, by=lead, at=datetime.fromisoformat(at))
    file(at)
    return after(at, 6), after(at, 9.1)


def reminder(at: str) -> tuple[str, str]:
    """What was filed is resolved, and its reporter does not say whether it works again; a day later it closes."""
    words = {"resolution": "Renewed the key.", "checked": "Sent a test order."}
    lead, incident = User.objects.get(email=LEAD), Incident.objects.get()
    found = [rechecks.Found(key=item.key, result="passed") for item in recheck_reads.subjects(incident)]
    incidents.resolve(incident=incident, by=lead, at=datetime.fromisoformat(at), found_again=found, **words)
    due = Timer.objects.get(kind=incidents.REMIND, state="armed").due_at
    return after(at, 6), due.isoformat()  # what the demo told has arrived by then too


def review(at: str) -> tuple[str, str]:
    """What was filed is resolved, and nobody writes its review; a day before its time whoever owes it is reminded."""
    reminder(at)
    return just_before(Timer.objects.get(kind=review_timers.DUE, state="armed").due_at)


def effect(at: str) -> tuple[str, str]:
    """What was to keep it from coming back is done; after a month the clock looks whether it helps."""
    reminder(at)
    lead, incident, when = User.objects.get(email=LEAD), Incident.objects.get(), datetime.fromisoformat(after(at, 1))
    plan = actions.Plan(
        title="Renew the key by itself",
        owner=lead,
        due_at=when + timedelta(days=9),
        measure="No key expires unseen",
        artefact="renewal 1.2",
    )
    item = actions.plan(incident=incident, plan=plan, by=lead, at=when)
    item = actions.done(item=item, what="It renews itself.", by=lead, at=when)
    assert item.effect_due_at is not None
    return just_before(item.effect_due_at)


def just_before(due: datetime) -> tuple[str, str]:
    return after(due.isoformat(), -1), due.isoformat()


def after(at: str, minutes: float) -> str:
    return (datetime.fromisoformat(at) + timedelta(minutes=minutes)).isoformat()


def update(at: str) -> tuple[str, str]:
    """Nobody writes the update that is owed at once; a quarter of an hour after the reminder somebody else hears it."""
    file(at)
    return after(at, 1), after(at, 16)


def overdue(at: str) -> int:
    """As `left`, without the messages whose time has not come."""
    rows = Message.objects.filter(state=MessageState.PENDING, due_at__gt=at)
    return left(at) - rows.count()


def publish() -> int:
    """Hint at everything that waits, as the transaction's end does."""
    rows = list(Message.objects.filter(state=MessageState.PENDING).values_list("lane", "pk"))
    for lane in {lane for lane, _ in rows}:
        hints.publish([pk for its, pk in rows if its == lane], lane)
    answers = list(DecisionCallback.objects.filter(state=CallbackState.PENDING).values_list("pk", flat=True))
    if answers:
        hints.publish(answers, Lane.URGENT, callbacks.TASK)
    return len(rows) + len(answers)


def acknowledge(at: str) -> str:
    run = EscalationRun.objects.get()
    return escalation.acknowledge(run=run, by=User.objects.get(email=LEAD), at=datetime.fromisoformat(at)).state


def waiting() -> int:
    """Messages, and answers to workflows, that are neither sent nor given up."""
    messages = Message.objects.filter(state__in=[MessageState.PENDING, MessageState.SENDING])
    return messages.count() + DecisionCallback.objects.filter(state__in=callbacks.WAITING).count()


def left(at: str) -> int:
    """What waits to be sent, and timers that are due at `at`."""
    return waiting() + Timer.objects.filter(state="armed", due_at__lte=at).count()


def state() -> dict[str, Any]:
    """What a kill must not change (I11): everything but times, ids, attempts and the mark of a possible duplicate."""
    return {
        "incidents": sorted(Incident.objects.values_list("state", "severity")),
        "runs": sorted(EscalationRun.objects.values_list("state", "generation", "position", "level", "steps")),
        "events": sorted(
            map(
                str, EscalationEvent.objects.values_list("position", "level", "round", "kind", "user__email", "outcome")
            )
        ),
        "participants": sorted(Participant.objects.values_list("user__email", "role")),
        "timeline": sorted(TimelineEntry.objects.values_list("verb", flat=True)),
        "stored": sorted(map(str, Event.objects.values_list("event_id", "outcome", "incident__title"))),
        "silences": [ended_at is not None for ended_at in Silence.objects.values_list("ended_at", flat=True)],
        "beats": list(Beat.objects.values_list("state", "incident__title")),
        "timers": sorted(Timer.objects.values_list("kind", "state")),
        "messages": sorted(Message.objects.values_list("event", "recipient__email", "channel", "state")),
    }


def write_entries(count: int) -> None:
    """What happened and is not sealed yet."""
    with audit.action(actor=None, actor_label="play", reason="something happened", at=timezone.now()) as action:
        action.record_many([("thing.done", "portal.thing", str(n), {"n": n}) for n in range(count)])


def ledger() -> dict[str, Any]:
    """Whether all that happened is sealed, in one gapless tree whose last checkpoint covers it."""
    indexes = list(Leaf.objects.order_by("index").values_list("index", flat=True))
    checkpoint = Checkpoint.objects.latest("id")
    return {
        "waiting": AuditEntry.objects.filter(leaf=None).count(),
        "gapless": indexes == list(range(len(indexes))),
        "signed": checkpoint.size == len(indexes) and checkpoint.root == tree.root(checkpoint.size).hex(),
        "findings": [
            f"leaf {leaf.index} is not its entry"
            for leaf in Leaf.objects.select_related("entry")
            if merkle.leaf_hash(leaves.of(leaf.entry)).hex() != leaf.hash
        ],
        "subtrees": list(Subtree.objects.order_by("level", "index").values_list("level", "index")),
    }


def deliveries() -> dict[str, dict[str, dict[str, Any]]]:
    """For each channel to the outside and each message by its id: whether it is marked as a possible duplicate,
    its state, and how many tries there were without a mark."""
    found: dict[str, dict[str, dict[str, Any]]] = {"email": {}, "webhook": {}}
    unmarked = Counter(Attempt.objects.filter(maybe_duplicate=False).values_list("message_id", flat=True))
    rows = Message.objects.filter(channel__in=found)
    # these were before the play
    rows = rows.exclude(event=contacts.VERIFY).exclude(state="suppressed", subject_type__startswith="governance.")
    for pk, channel, mark, state in rows.values_list("pk", "channel", "maybe_duplicate", "state"):
        found[channel][str(pk)] = {"mark": mark, "state": state, "unmarked": unmarked[pk]}
    return found


def flush_broker() -> None:
    """Forget the hints of the try before."""
    from redis import Redis

    Redis.from_url(settings.REDIS_URL).flushdb()


def count(state: str) -> int:
    """E-mails in `state`."""
    return Message.objects.filter(state=state, channel="email").count()


def alerts() -> int:
    """Alerts that the operators find in the portal."""
    return Message.objects.filter(event="operator.alert", channel="inbox").count()
