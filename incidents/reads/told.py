"""Who was told, when, by which channel, whether it arrived; and who is told next if nothing happens.

What comes is resolved live, by the pinned rules and the people of this moment: the functions of the engine.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from governance.documents.base import Pinned
from governance.documents.escalation import Escalation
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.reads import documents, people
from governance.reads.sentences import said
from governance.rules import escalation as rules
from governance.rules import outlook
from governance.rules.ownership import Matrices, Resolution
from incidents.models import EscalationEvent, EscalationRun, Incident
from incidents.models.escalation import RunState
from portal.models import Attempt, Message, Timer, User
from portal.models.messages import MessageState
from portal.models.people import Channel

STEP, FOLLOW_UP, RESUME, NEWS = "escalation.step", "escalation.follow_up", "escalation.resume", "escalation.news"
CALLS = ("incident.level", "incident.reassigned", "incident.nobody_reached")
TONES = {
    MessageState.SENT: "ok",
    MessageState.DELIVERED: "ok",
    MessageState.FAILED: "bad",
    MessageState.DEAD: "bad",
    MessageState.PENDING: "open",
    MessageState.SENDING: "open",
}
SHOWN = 200  # people; the timeline has them all
CALLED = 800  # messages
SHOWN_OF_EVENT = (
    *("run_id", "generation", "position", "level", "level_key", "round", "kind", "outcome", "decided_by"),
    *("message_key", "at", "user__name", "user__email", "user__is_active"),
)
STEPS = 4  # of the ladder that is still to come
AHEAD: dict[str, outlook.Kind] = {
    STEP: "step",
    RESUME: "step",
    NEWS: "news",
    "triage.timebox": "triage",
    "decision.timebox": "decision",
}
WHY: dict[str, Any] = {
    "triage": gettext_lazy("early, if nobody has judged by then how serious it is"),
    "decision": gettext_lazy("early, if nobody has said by then what will be done"),
}
Outcome = EscalationEvent.Outcome


@dataclass(frozen=True)
class Steering:
    """The pinned rules of a run and the people of this moment, as the pure rules take them."""

    policy: Pinned[Escalation]
    matrices: Matrices
    workflow: WorkflowFacts | None
    folk: PeopleFacts
    plan: rules.Plan


@dataclass(frozen=True)
class Way:
    """One message: channel, state in words, when, why not, and each try."""

    channel: str
    tone: str
    word: str
    at: datetime
    reason: str
    attempts: list[Attempt]


@dataclass(frozen=True)
class Told:
    """One person at one level (0: handed over or asked as the fallback). `ways` says what became of each message."""

    user: User
    level: int
    title: str
    at: datetime
    why: str
    tone: str
    word: str
    ways: list[Way]


@dataclass(frozen=True)
class Next:
    """Who is told at `at` if nothing happens before; `kind` is step, follow_up or news.

    `why` is what makes a step come early, in words.
    """

    kind: str
    at: datetime
    title: str
    names: list[str]
    why: str = ""


def steering(incident: Incident, run: EscalationRun, *, at: datetime) -> Steering:
    """The rules to which `run` is pinned; pinned texts are cached, people take four queries."""
    policy = documents.pinned({(run.policy_id, run.policy_digest)})[run.policy_id]
    matrices = documents.pinned_matrices([run.matrices])[0]
    criticality = None if run.criticality == "unknown" else run.criticality
    plan = rules.plan(policy, run.severity, criticality, wanted=run.path)
    return Steering(policy, matrices, people.workflow_facts(incident.workflow), people.facts(at), plan)


def events(run: EscalationRun | None) -> list[EscalationEvent]:
    """Whom the engine told, and whom not, the latest first; a run is capped (I8), so this is all of them."""
    if run is None:
        return []
    return list(EscalationEvent.objects.filter(run=run).select_related("user").only(*SHOWN_OF_EVENT).order_by("-id"))


def calls(incident: Incident) -> list[Message]:
    """The messages that called people, with every try; two queries."""
    rows = Message.objects.filter(subject_id=incident.pk, event__in=CALLS).defer("context")
    return list(rows.prefetch_related("attempts").order_by("created_at", "id")[:CALLED])


def told(
    run: EscalationRun | None, steers: Steering | None, events: list[EscalationEvent], calls: list[Message]
) -> list[Told]:
    """Everybody who was called, the latest first."""
    if run is None or steers is None:
        return []
    people = [event for event in events if event.outcome == Outcome.TOLD and event.user and event.kind != "news"]
    titles = {step.level: step.title for step in steers.plan.steps}
    present = steers.plan.steps[run.position - 1] if 0 < run.position <= len(steers.plan.steps) else None
    here = (present.level, present.round) if present else None
    ways = _ways(calls)
    seen: dict[tuple[UUID, str], Told] = {}
    for event in people[:SHOWN]:
        if event.user is None or (event.user.pk, event.level_key) in seen:
            continue
        key = (event.user.pk, event.level_key)
        tone, word = _answer(event, run, here)
        mine = ways.get(event.message_key.rsplit(":", 1)[0], [])
        if tone != "ok" and mine and all(way.tone == "bad" for way in mine):
            tone, word = "bad", _("Not reached")
        title = said(titles.get(event.level_key, ""))
        seen[key] = Told(event.user, event.level, title, event.at, said(event.decided_by), tone, word, mine)
    return list(seen.values())


def left_out(events: list[EscalationEvent]) -> list[EscalationEvent]:
    """What the engine decided without telling somebody: told before, or nobody there."""
    return [event for event in events if event.outcome != Outcome.TOLD][:20]


def _answer(event: EscalationEvent, run: EscalationRun, here: tuple[str, int] | None) -> tuple[str, str]:
    """Tone and word of what the person did about the call; `here` is the present level key and round.

    Whoever was told of the present level is still asked when the rules were applied anew since.
    """
    if run.acknowledged_by_id == event.user_id:
        return "ok", _("Answered")
    if run.state in (RunState.RUNNING, RunState.PAUSED):
        if event.user is not None and not event.user.is_active:
            return "", _("Has left")
        if (event.level_key, event.round) == here:
            return "open", _("No answer yet")
        return "bad", _("No answer")
    if run.state in (RunState.EXHAUSTED, RunState.NOBODY_REACHED):
        return "bad", _("No answer")
    answered = run.acknowledged_at
    if answered is not None and event.at < answered:
        return ("", _("Told")) if event.position == run.position - 1 else ("bad", _("No answer"))
    return "", _("Told")


def _ways(messages: list[Message]) -> dict[str, list[Way]]:
    """What became of each call, by the key that all messages of one step to one person share."""
    by_id = {message.pk: message for message in messages}
    found: dict[str, list[Way]] = defaultdict(list)
    for message in messages:
        root = message
        while root.fallback_of_id in by_id:
            root = by_id[root.fallback_of_id]
        if message.channel != Channel.INBOX:
            found[root.key.rsplit(":", 1)[0]].append(_way(message))
    return found


def _way(message: Message) -> Way:
    state = MessageState(message.state)
    attempts = sorted(message.attempts.all(), key=lambda attempt: attempt.number)
    last = next((attempt.detail for attempt in reversed(attempts) if attempt.detail), "")
    tone = TONES.get(state, "")
    why = (message.reason or last) if tone == "bad" else ""
    waits = message.step > 0 and state == MessageState.PENDING  # its turn comes while nobody answers
    at = message.delivered_at or message.sent_at or (message.due_at if waits else message.created_at)
    return Way(message.get_channel_display(), tone, message.get_state_display(), at, why, attempts)


def coming(
    run: EscalationRun | None,
    steers: Steering | None,
    armed: dict[str, Timer],
    events: list[EscalationEvent],
    *,
    at: datetime,
) -> list[Next]:
    """What follows while nothing happens: the next steps of the ladder, or when somebody looks again.

    The engine's moves in memory (``rules.outlook``): a row may ask for a faster answer, nobody is waited for in
    vain, and a time that was allowed and is over calls the next level early.
    """
    if run is None or steers is None or run.state == RunState.STOPPED:
        return []
    answered, again = run.state == RunState.ACKNOWLEDGED, armed.get(FOLLOW_UP)
    before = _told_before(events)
    found, position = [], run.position
    for moment in _onward(run, steers, armed, events, before):
        if moment.kind != "step" or moment.step is None:
            continue
        if again is not None and moment.at >= again.due_at:
            break
        names = [tell.name for tell in moment.telling.tells]
        why = WHY[moment.hurried_by] if moment.hurried_by else ""
        found.append(Next("step", moment.at, said(moment.step.title), names, str(why)))
        position = moment.step.index + 1
        if len(found) == STEPS:
            break
    if again is not None:
        following = rules.next_step(steers.plan, position - 1 if position else None)
        found.append(_again(run, steers, again.due_at, following, before))
    news = armed.get(NEWS)
    if news is not None and not answered:
        step = rules.next_news(steers.plan, _news_index(news) - 1 if _news_index(news) else None)
        if step is not None:
            names = _names(run, steers, step, news.due_at, before)
            found.append(Next("news", news.due_at, _("News for those who follow along"), names))
    return sorted(found, key=lambda item: item.at)


def _told_before(events: list[EscalationEvent]) -> set[tuple[str, int, UUID]]:
    return {
        (event.level_key, event.round, event.user_id)
        for event in events
        if event.outcome == Outcome.TOLD and event.user_id
    }


def _onward(
    run: EscalationRun,
    steers: Steering,
    armed: dict[str, Timer],
    events: list[EscalationEvent],
    before: set[tuple[str, int, UUID]],
) -> Iterator[outlook.Moment]:
    """What comes from where `run` stands; while calls are put off, no time that is over hurries them."""
    answered, resume = run.state == RunState.ACKNOWLEDGED, armed.get(RESUME)
    kept = [
        timer
        for timer in armed.values()
        if timer.kind in AHEAD and (resume is None or AHEAD[timer.kind] not in WHY or timer.due_at > resume.due_at)
    ]
    if run.state not in (RunState.RUNNING, RunState.PAUSED, RunState.ACKNOWLEDGED):
        kept = []
    kept.sort(key=lambda timer: (timer.due_at, timer.pk))
    told_at = [event.at for event in events if event.outcome == Outcome.TOLD and event.generation == run.generation]
    standing = outlook.Standing(
        position=run.position,
        told=before,
        last=max(told_at, default=None),
        due=tuple((timer.due_at, AHEAD[timer.kind], _news_index(timer)) for timer in kept),
        is_answered=answered,
    )
    who = steers.policy, steers.matrices, steers.workflow, run.severity, steers.folk
    return outlook.onward(*who, plan=steers.plan, start=run.generation_at, standing=standing)


def _news_index(timer: Timer) -> int:
    return int(timer.data.get("index", 0)) if timer.kind == NEWS else 0


def _again(
    run: EscalationRun,
    steers: Steering,
    due: datetime,
    following: rules.Step | None,
    told_before: set[tuple[str, int, UUID]],
) -> Next:
    """The look after an answer (or after silence): without progress the levels are called again."""
    if run.state == RunState.ACKNOWLEDGED:
        title = _("If nothing has moved by then, the next level is called")
    else:
        title = _("If nobody has answered by then, everybody is called again")
    step = following or rules.next_step(steers.plan, None)
    return Next(
        "follow_up", due, title, _names(run, steers, step, due, told_before if following else set()) if step else []
    )


def _names(
    run: EscalationRun, steers: Steering, step: rules.Step, at: datetime, told_before: set[tuple[str, int, UUID]]
) -> list[str]:
    return [tell.name for tell in rules.tell(step, _resolved(run, steers, step, at), told_before).tells]


def _resolved(run: EscalationRun, steers: Steering, step: rules.Step, at: datetime) -> tuple[Resolution, ...]:
    return rules.resolutions(steers.policy, step, steers.matrices, steers.workflow, run.severity, steers.folk, at)


def cursor(
    incident: Incident, run: EscalationRun | None, *, calls: list[Message] | None = None, newest: int | None = None
) -> str:
    """Changes whenever something that the page shows has changed; two small queries for what is not given.

    `newest` is the id of the latest timeline entry (0: there is none).
    """
    if newest is None:
        newest = incident.timeline.order_by("-id").values_list("pk", flat=True).first() or 0
    if calls is None or len(calls) == CALLED:
        rows = Message.objects.filter(subject_id=incident.pk, event__in=CALLS).order_by()
        states = sorted(rows.values_list("state").annotate(Count("id")))
    else:
        states = sorted(Counter(str(message.state) for message in calls).items())
    mark = f"{run.state}:{run.generation}:{run.position}" if run else "-"
    facts = f"{incident.state}:{incident.severity}:{incident.lead_id}:{mark}:{states}"
    return f"{newest}-{hashlib.sha256(facts.encode()).hexdigest()[:12]}"
