"""Who was told, when, by which channel, whether it arrived; and who is told next if nobody answers."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.reads import documents, people
from governance.rules import escalation as rules
from incidents.models import EscalationEvent, EscalationRun, Incident
from incidents.models.escalation import RunState
from portal.models import Message, Timer, User
from portal.models.messages import MessageState

STEP = "escalation.step"
BAD = (MessageState.FAILED, MessageState.DEAD)
SHOWN = 200


@dataclass
class Told:
    """One person at one level. `ways` says for each channel what became of the message."""

    user: User
    level: int
    at: datetime
    why: str
    tone: str = "open"
    word: str = ""
    ways: list["Way"] = field(default_factory=list)


@dataclass(frozen=True)
class Way:
    """One message: channel, state in words, when, why not, and each try."""

    channel: str
    tone: str
    word: str
    at: datetime
    reason: str
    attempts: list[Any]


@dataclass(frozen=True)
class Next:
    """Who is told at `at` if nobody answers before."""

    at: datetime
    title: str
    names: list[str]


def told(incident: Incident, run: EscalationRun | None) -> list[Told]:
    """Everybody who was told by the escalation, newest level first; three queries."""
    if run is None:
        return []
    events = EscalationEvent.objects.filter(run=run, outcome="told").select_related("user").order_by("-id")[:SHOWN]
    messages = Message.objects.filter(subject_id=incident.pk, event="incident.level").exclude(channel="inbox")
    by_person: dict[UUID, list[Message]] = defaultdict(list)
    for message in messages.prefetch_related("attempts").order_by("-created_at")[:SHOWN]:
        by_person[message.recipient_id].append(message)
    seen: dict[tuple[UUID, int], Told] = {}
    for event in events:
        if event.user is None or (event.user.pk, event.level) in seen:
            continue
        ways = [_way(item) for item in by_person[event.user.pk] if item.created_at == event.at]
        one = Told(event.user, event.level, event.at, event.decided_by, ways=ways)
        one.tone, one.word = _answer(one, run)
        seen[event.user.pk, event.level] = one
    return list(seen.values())


def _answer(one: Told, run: EscalationRun) -> tuple[str, str]:
    if run.acknowledged_by_id == one.user.pk:
        return "ok", _("Answered")
    if run.state in (RunState.ACKNOWLEDGED, RunState.STOPPED):
        return "", _("Not needed any more")
    if one.level < run.level or run.state in (RunState.EXHAUSTED, RunState.NOBODY_REACHED):
        return "bad", _("No answer")
    return "open", _("No answer yet")


def _way(message: Message) -> Way:
    words = {
        MessageState.PENDING: ("open", _("waiting")),
        MessageState.SENDING: ("open", _("being sent")),
        MessageState.SENT: ("ok", _("sent")),
        MessageState.DELIVERED: ("ok", _("delivered")),
        MessageState.FAILED: ("bad", _("failed, next way used")),
        MessageState.DEAD: ("bad", _("could not be delivered")),
        MessageState.SUPPRESSED: ("", _("not needed any more")),
        MessageState.BUNDLED: ("", _("bundled")),
    }
    tone, word = words[MessageState(message.state)]
    at = message.sent_at or message.created_at
    return Way(message.get_channel_display(), tone, word, at, message.reason, list(message.attempts.all()))


def coming(incident: Incident, run: EscalationRun | None, *, at: datetime) -> list[Next]:
    """The steps that follow while nobody answers, by the pinned rules and the people of this moment."""
    if run is None or run.state not in (RunState.RUNNING, RunState.PAUSED, RunState.NOBODY_REACHED):
        return []
    due = Timer.objects.filter(subject_id=run.pk, kind=STEP, state="armed").values_list("due_at", flat=True).first()
    due = due or run.paused_until
    if due is None:
        return []
    policy = documents.pinned({(run.policy_id, run.policy_digest)})[run.policy_id]
    matrices = documents.pinned_matrices([run.matrices])[0]
    facts = people.workflow_facts(incident.workflow)
    criticality = None if run.criticality == "unknown" else run.criticality
    plan = rules.plan(policy, run.severity, criticality)
    folk, before = people.facts(at), _told_before(run)
    found: list[Next] = []
    first: rules.Step | None = None
    step = rules.next_step(plan, run.position - 1 if run.position else None)
    while step is not None and len(found) < 4:
        first = first or step
        then = due + timedelta(minutes=step.after_minutes - first.after_minutes)
        resolved = rules.resolutions(policy, step, matrices, facts, run.severity, folk, then)
        found.append(Next(then, step.title, [tell.name for tell in rules.tell(step, resolved, before).tells]))
        step = rules.next_step(plan, step.index)
    return found


def _told_before(run: EscalationRun) -> set[tuple[str, int, UUID]]:
    rows = EscalationEvent.objects.filter(run=run, outcome="told", user__isnull=False)
    return {(level, round_, user) for level, round_, user in rows.values_list("level_key", "round", "user_id") if user}


def cursor(incident: Incident, run: EscalationRun | None) -> str:
    """Changes whenever something that the page shows has changed; two small queries."""
    newest = incident.timeline.order_by("-id").values_list("pk", flat=True).first() or 0
    messages = Message.objects.filter(subject_id=incident.pk).exclude(channel="inbox")
    states = ".".join(sorted(messages.values_list("state", flat=True)[:SHOWN]))
    mark = f"{run.state}:{run.generation}:{run.position}" if run else "-"
    return f"{newest}-{mark}-{hash_of(states)}"


def hash_of(text: str) -> str:


    return hashlib.sha256(text.encode()).hexdigest()[:12]
