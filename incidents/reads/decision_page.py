"""One decision as its page shows it: what to do now, who is asked and why, what follows, the facts, the reasons."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from governance.documents.base import Pinned
from governance.documents.escalation import Escalation, Level
from governance.documents.facts import WorkflowFacts
from governance.documents.matrix import ConflictRule, Decision
from governance.documents.playbook import Playbook
from governance.reads import documents, people
from governance.reads.sentences import said
from governance.rules import escalation as rules
from governance.rules.deciding import Choice
from governance.rules.ownership import Candidate, Matrices
from incidents.models import DecisionAnswer, DecisionReading, DecisionRequest, EscalationEvent, EscalationRun
from incidents.reads import decision_voices
from incidents.reads.clocks import Clock, moment
from incidents.reads.decision_voices import Asked, Voice
from incidents.reads.decision_words import AFTER, ENDS, OUTCOMES, TONES, word
from portal.models import User

SHOWN = 200  # people who were asked
TIE = "tie-breaker"  # level key of whoever settles a contradiction
STEPS = 4  # of the ladder that is still to come


class Case(Protocol):
    """A decision with its run and the pinned rules that steer it."""

    run: EscalationRun
    policy: Pinned[Escalation]
    matrices: Matrices
    workflow: WorkflowFacts | None
    decision: DecisionRequest

    @property
    def choices(self) -> tuple[Choice, ...]: ...
    @property
    def row(self) -> Decision | None: ...
    @property
    def conflict(self) -> ConflictRule | None: ...
    @property
    def plan(self) -> rules.Plan: ...
    @property
    def step(self) -> rules.Step | None: ...
    def level(self, key: str) -> Level | None: ...
    def permitted(self, key: str) -> tuple[Choice, ...]: ...
    def missing(self, key: str) -> tuple[str, ...]: ...


@dataclass(frozen=True)
class Next:
    """The one thing to do now, or that nothing is."""

    title: str
    why: str
    due: datetime | None = None
    start: datetime | None = None
    url: str = ""
    button: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Coming:
    """Who is asked at `at` if nobody decides before."""

    at: datetime | None
    title: str
    names: list[str]
    minutes: int


class Verdict(Protocol):
    """Whether the reader may take a choice: by what right, or why not and who could."""

    @property
    def allowed(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def escalate(self) -> tuple[Candidate, ...]: ...


@dataclass(frozen=True)
class Way:
    """A choice: whether the present level and the reader may take it, whether it is the safe one, who voted for it."""

    key: str
    title: str
    when: str
    is_permitted: bool
    is_safe: bool
    votes: list[str]
    verdict: Verdict


@dataclass(frozen=True)
class Figure:
    """One line of the readings side by side."""

    name: str
    values: list[str]
    differs: bool


@dataclass(frozen=True)
class Shown:
    decision: DecisionRequest
    tone: str
    word: str
    next: Next
    clocks: list[Clock]
    asked: list[Asked]
    coming: list[Coming]
    ends: str
    ways: list[Way]
    level: str
    consequence: str
    missing: tuple[str, ...]
    row: Decision | None
    category: str
    host: str
    readings: list[DecisionReading]
    figures: list[Figure]
    ruled: DecisionReading | None
    voices: list[Voice]
    cursor: str

    def was_asked(self, user: Any) -> bool:
        """Whether some level has asked `user`."""
        return any(one.user.pk == user.pk for one in self.asked)


def show(case: Case, user: User, verdicts: Mapping[str, Verdict], *, why_not: str, at: datetime) -> Shown:
    """Everything but the record; a constant number of queries. `why_not` says why `user` may take none of the ways."""
    decision, run = case.decision, case.run
    events = list(EscalationEvent.objects.filter(run=run).select_related("user").order_by("-id")[:SHOWN])
    answers = list(DecisionAnswer.objects.filter(request=decision).select_related("by").order_by("id"))
    readings = list(DecisionReading.objects.filter(request=decision).select_related("by", "rules_over").order_by("id"))
    step = case.step
    missing = case.missing(step.level) if step is not None and decision.is_asked else ()
    levels = {step.level: _level_title(step) for step in case.plan.steps} | {TIE: _("Whoever settles contradictions")}
    heard = decision_voices.heard(decision)
    told = decision_voices.asked(decision, run, events, answers, levels, heard, at=at)
    coming = _coming(case, events, at=at) if decision.state in ("open", "waiting") else []
    level = case.level(step.level) if step is not None else None
    kinds = {item.key: item.title for item in case.policy.content.exceptions}
    ruling = next((row for row in reversed(readings) if row.rules_over_id), None)
    sides = [row for row in readings if not row.rules_over_id]
    return Shown(
        decision=decision,
        tone=TONES.get(decision.state, ""),
        word=word(decision),
        next=_next(case, user, why_not, told, coming, missing, answers),
        clocks=_clocks(case, told, at),
        asked=told,
        coming=coming,
        ends=str(ENDS[_ends(case)]) if coming else "",
        ways=_ways(case, answers, verdicts),
        level=_level_title(step) if step is not None else "",
        consequence=level.consequence if level is not None else "",
        missing=missing,
        row=case.row,
        category=kinds.get(decision.category, decision.category),
        host=urlsplit(decision.link).hostname or "" if decision.link else "",
        readings=sides,
        figures=figures([row.values for row in sides]),
        ruled=ruling,
        voices=decision_voices.voices(answers, {choice.key: choice.title for choice in case.choices}, heard),
        cursor=cursor(decision, run),
    )


def cursor(decision: DecisionRequest, run: EscalationRun) -> str:
    """Changes whenever something that the page shows has changed; three small queries."""
    last_answer = decision.answers.order_by("-id").values_list("pk", flat=True).first() or 0
    last_reading = decision.readings.order_by("-id").values_list("pk", flat=True).first() or 0
    last_record = decision.records.order_by("-id").values_list("pk", "callback__state", "callback__tries").first()
    mark = [
        *(decision.state, decision.due_at, sorted(decision.given.items()), run.state, run.generation, run.position),
        *(last_answer, last_reading, last_record),
    ]
    return hashlib.sha256(repr(mark).encode()).hexdigest()[:16]


def _ends(case: Case) -> str:
    return "deny" if case.plan.ends == "deny" and case.decision.safe_default else "hold"


def _coming(case: Case, events: list[EscalationEvent], *, at: datetime) -> list[Coming]:
    """The next steps of the ladder, by the rules and the people of now; no time while the clock stands still."""
    told = {
        (event.level_key, event.round, event.user_id)
        for event in events
        if event.outcome == EscalationEvent.Outcome.TOLD and event.user_id
    }
    folk, due = people.facts(at), case.decision.due_at
    found: list[Coming] = []
    for step in case.plan.steps[case.run.position :][:STEPS]:
        when = due or at
        resolved = rules.resolutions(case.policy, step, case.matrices, case.workflow, case.run.severity, folk, when)
        names = [tell.name for tell in rules.tell(step, resolved, told).tells]
        found.append(Coming(due, title_of(step), names, step.window_minutes))
        following = rules.next_step(case.plan, step.index)
        if following is None:
            break
        if due is not None:
            due += timedelta(minutes=rules.wait(step, following, rules.window(step, resolved)))
    return found


def title_of(step: rules.Step) -> str:
    """What a step is called before it is taken."""
    if step.kind == "fallback":
        return _("The last ones who are asked")
    title = said(step.title)
    return _("%(title)s, once more") % {"title": title} if step.round > 1 else title


def _level_title(step: rules.Step) -> str:
    """What the level is called beside whom it asked; the rules call the last one by why it is there."""
    return title_of(step) if step.kind == "fallback" else said(step.title)


def _ways(case: Case, answers: list[DecisionAnswer], verdicts: Mapping[str, Verdict]) -> list[Way]:
    step, decision, whens = case.step, case.decision, conditions(case.decision)
    allowed = {choice.key for choice in (case.permitted(step.level) if step is not None else case.choices)}
    votes: dict[str, list[str]] = {}
    for answer in answers:
        if answer.counts == DecisionAnswer.Counts.VOTES and answer.generation == case.run.generation:
            votes.setdefault(answer.choice, []).append(str(answer.by))
    return [
        Way(
            choice.key,
            choice.title,
            whens.get(choice.key, ""),
            choice.key in allowed,
            choice.key == decision.safe_default,
            votes.get(choice.key, []),
            verdicts[choice.key],
        )
        for choice in case.choices
    ]


def conditions(decision: DecisionRequest) -> dict[str, str]:
    """When the playbook takes each way of the gate that asks, by key of the choice; no query for any other decision."""
    if decision.playbook is None or not decision.step:
        return {}
    playbook: Playbook = documents.of(decision.playbook).content
    return {
        option.key: option.when
        for scenario in playbook.scenarios
        if scenario.key == decision.scenario
        for step in scenario.steps
        if step.key == decision.step
        for option in step.options
        if option.when
    }


def figures(readings: Sequence[Mapping[str, Any]]) -> list[Figure]:
    """Readings of the same data line by line; a figure that one of them lacks differs, too."""
    names = dict.fromkeys(name for values in readings for name in values)
    found = []
    for name in names:
        values = [str(reading.get(name, "")) for reading in readings]
        found.append(Figure(name, values, len(set(values)) > 1))
    return found


def _next(
    case: Case,
    user: User,
    why_not: str,
    told: list[Asked],
    coming: list[Coming],
    missing: tuple[str, ...],
    answers: list[DecisionAnswer],
) -> Next:
    decision = case.decision
    due, start = decision.due_at, case.run.generation_at
    if not decision.is_asked:
        return _over(case)
    if decision.state == "waiting":
        if decision.requester_id == user.pk:
            why = _("The clock stands still until you say it. Only then somebody can decide.")
            return Next(_("Say what is missing"), why, url="#data", button=_("Give the data"), tone="warn")
        name = str(decision.requester or decision.source or _("whoever asked"))
        why = _("%(name)s has to say first: %(what)s.") % {"name": name, "what": "; ".join(missing)}
        return Next(_("It waits for data"), why, tone="")
    told_at = [one.at for one in told if one.is_now]
    start = max(told_at, default=start)
    names = ", ".join(one.user.name for one in told if one.is_now and one.is_silent) or _("Nobody")
    mine = [row for row in answers if row.by_id == user.pk and row.counts == DecisionAnswer.Counts.VOTES]
    if not why_not and mine and mine[-1].generation == case.run.generation:
        why = _("It waits for %(names)s. Until it is decided you can vote anew.") % {"names": names}
        return Next(_("You have voted: %(choice)s") % {"choice": _title(case, mine[-1].choice)}, why, due, start)
    if not why_not:
        title = _("Settle the contradiction") if decision.state == "contested" else _("Decide")
        return Next(title, _then(coming, case), due, start, "#answer", _("To the answer"))
    return Next(
        _("You don’t need to do anything right now."), _("It waits for %(names)s.") % {"names": names}, due, start
    )


def _over(case: Case) -> Next:
    """How it ended, in one sentence."""
    decision = case.decision
    title = str(OUTCOMES.get(decision.state, decision.get_state_display()))
    if decision.state == "decided":
        record = decision.records.order_by("-number").first()
        if record is not None:
            title = _("Decided: %(choice)s") % {"choice": _title(case, record.choice)}
    tone = "ok" if decision.state == "decided" else ""
    return Next(title, str(AFTER.get(decision.state, AFTER["decided"])), tone=tone)


def _title(case: Case, key: str) -> str:
    return next((choice.title for choice in case.choices if choice.key == key), key)


def _then(coming: list[Coming], case: Case) -> str:
    """What happens when nobody answers in time."""
    if case.decision.state == "contested":
        return _("Two answers contradict each other, or somebody objects. What you say holds.")
    if coming and coming[0].names:
        return _("If nobody decides by then, it goes to %(names)s.") % {"names": ", ".join(coming[0].names)}
    if coming:
        return _("If nobody decides by then, the next people are asked.")
    return str(ENDS[_ends(case)])


def _clocks(case: Case, told: list[Asked], at: datetime) -> list[Clock]:
    decision = case.decision
    asked = _("asked %(time)s") % {"time": moment(decision.opened_at, at)}
    first = Clock(
        _("Took") if decision.ended_at else _("Has waited for"),
        running=decision.opened_at,
        ended=decision.ended_at,
        note=asked,
    )
    if decision.ended_at:
        ended = _("ended %(time)s") % {"time": moment(decision.ended_at, at)}
        return [first, Clock(_("Outcome"), value=word(decision), note=ended, tone=TONES.get(decision.state, ""))]
    now = [one for one in told if one.is_now]
    if decision.state == "waiting":
        left = _("%(count)d min left then") % {"count": (decision.left_seconds or 0) // 60}
        name = str(decision.requester or decision.source or _("whoever asked"))
        return [
            first,
            Clock(
                _("Clock stands still"),
                value=_("Paused"),
                note=_("waits for %(name)s; %(left)s") % {"name": name, "left": left},
                tone="warn",
            ),
        ]
    start = max((one.at for one in now), default=case.run.generation_at)
    names = ", ".join(one.user.name for one in now) or _("Nobody")
    if decision.due_at is None:
        return [first]
    return [first, Clock(_("To be decided in"), due=decision.due_at, start=start, note=names)]
