"""What happens next: the plan of a run, whom each step tells, and the times that hold (D16-D24, I8).

All functions are pure; minutes count from the start of the run's generation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Literal
from uuid import UUID

from governance.documents.base import SEVERITIES, Pinned, Target
from governance.documents.escalation import Escalation, FollowUp, Level, Path
from governance.documents.facts import BoardFacts, PeopleFacts, ScheduleFacts, WorkflowFacts
from governance.documents.sentences import Sentence, joined, lasting
from governance.documents.sentences import stored as _
from governance.rules import ownership
from governance.rules.ownership import Candidate, DecidedBy, Group, Matrices, Resolution, WhyNot

TRIAGE_MINUTES, DECISION_MINUTES = 15, 60
UNKNOWN = "medium"
"""The criticality that an unknown workflow counts as when no path is for any criticality."""
JUST_TOLD = timedelta(minutes=1)  # a level that was told so recently counts as the consequence of a timebox
FALLBACK, NEWS = "fallback", "news"
"""The level keys of the fallback step and of news steps; no level may be called so."""

NOBODY_TOLD = _("Nobody is told.")
NOBODY_REACHED = _("Nobody was reached")
FALLS_BACK = _("After %(minutes)s without an answer: the fallback and the operators are told.")
AT_ONCE = _("At once: %(level)s is told, with %(window)s to answer.")
AFTER = _("After %(minutes)s without an answer: %(level)s is told, with %(window)s to answer.")
AGAIN = _("After %(minutes)s without an answer: %(level)s is told again (round %(round)d), with %(window)s to answer.")
NEWS_OF = _("News: %(path)s")
NEWS_AFTER = _("After %(minutes)s: news for those who follow along.")
LEVEL = _("%(policy)s, %(step)s: %(name)s.")
TELLS = _("%(step)s tells %(name)s.")
TEAM, SOME_TEAM, SOMEBODY = _("the team %(team)s"), _("a team"), _("a person")
OTHERS = {
    "role": _("the role %(key)s"),
    "schedule": _("the on-call schedule %(key)s"),
    "board": _("the board %(key)s"),
}
REACHES_NOBODY = _("%(step)s reaches nobody: %(why)s")
TOLD_BEFORE = _("%(name)s was already told for %(step)s.")
REASON = _("%(step)s: %(person)s.")
REASON_BY = _("%(step)s: %(person)s (%(row)s).")


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `index` is its position in its own list (`Plan.steps` or `Plan.news`), `round` starts at 1."""

    index: int
    kind: Literal["level", "repeat", "fallback", "news"]
    level: str
    title: str
    round: int
    after_minutes: int
    window_minutes: int
    targets: tuple[Target, ...]
    lane: Literal["urgent", "routine"]
    sentence: Sentence


@dataclass(frozen=True)
class Plan:
    """The ladder (`steps`: levels, repeats, at the end the fallback) and, beside it, the periodic `news`.

    Both together never exceed the policy's cap. `path` is the path's key, `ends` what happens after the last
    step. `sentence` says it all in plain words.
    """

    path: str
    steps: tuple[Step, ...]
    news: tuple[Step, ...]
    ends: Literal["fallback", "hold", "deny"]
    sentence: Sentence

    @property
    def fallback(self) -> Step | None:
        """The step for when nobody was reached; a run that finds nobody goes there at once."""
        return self.steps[-1] if self.steps and self.steps[-1].kind == "fallback" else None

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each level along the ladder, from 1."""
        return {level: number for number, level in enumerate(dict.fromkeys(step.level for step in self.steps), start=1)}


@dataclass(frozen=True, slots=True)
class Tell:
    """Tell this person. `responsibility` is the key when a responsibility was the target, else ""."""

    person: UUID
    name: str
    responsibility: str
    decided_by: DecidedBy | None
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Telling:
    """Whom a step tells, who was left out and why, and which targets have nobody (sentences, I4, I17)."""

    tells: tuple[Tell, ...]
    skipped: tuple[WhyNot, ...]
    gaps: tuple[Sentence, ...]

    @property
    def nobody(self) -> bool:
        """No target of the step has anybody at all (different from: all were told before)."""
        return not self.tells and not self.skipped


@dataclass(frozen=True, slots=True)
class Timeboxes:
    """Minutes for triage and decision, and the key of the row that says so ("" = the built-in default, D24)."""

    triage_minutes: int
    decision_minutes: int
    row: str


@dataclass(frozen=True, slots=True)
class FollowUpTimes:
    """Minutes until a run escalates again after an acknowledgement without progress, and after silence."""

    acknowledged_minutes: int
    silence_minutes: int


def plan(
    policy: Pinned[Escalation],
    severity: str,
    criticality: str | None,
    category: str | None = None,
    *,
    wanted: str = "",
) -> Plan:
    """The whole plan for an incident; `criticality` None = workflow unknown, `category` names an exception (D23).

    `wanted` is the key of the path that the rubric's threshold names (D25): it goes before the policy's own rule,
    unless the policy has no such path or nobody on it takes part.
    """
    content = policy.content
    path = _path(content, severity, criticality, category, wanted)
    levels = [content.level_by_key[key] for key in path.levels if key in content.level_by_key] if path else []
    levels = [level for level in levels if _takes_part(level, severity, criticality)]
    steps, ends = _ladder(content, levels)
    news = _news(path, content.cap - len(steps)) if path and path.news else ()
    sentence = joined(" ", (step.sentence for step in steps)) if steps else NOBODY_TOLD
    return Plan(path.key if path else "", steps, news, ends, sentence)


def _path(content: Escalation, severity: str, criticality: str | None, category: str | None, named: str) -> Path | None:
    """The path for the category, else the named one, else the most specific; unknown counts as medium (D16)."""
    special = {exception.key: exception.path for exception in content.exceptions}
    if category in special and special[category] in content.path_by_key:
        return content.path_by_key[special[category]]
    steered = content.path_by_key.get(named)
    if steered is not None and any(
        key in content.level_by_key and _takes_part(content.level_by_key[key], severity, criticality)
        for key in steered.levels
    ):
        return steered
    wanted = [(criticality, severity), (criticality, "any"), ("any", severity), ("any", "any")]
    if criticality is None:
        wanted += [(UNKNOWN, severity), (UNKNOWN, "any")]
    ordinary = {(path.criticality, path.severity): path for path in content.paths if path.key not in special.values()}
    return next((ordinary[cell] for cell in wanted if cell in ordinary), None)


def _takes_part(level: Level, severity: str, criticality: str | None) -> bool:
    severe = severity in SEVERITIES and SEVERITIES.index(severity) <= SEVERITIES.index(level.criteria.minimum_severity)
    return severe and (not level.criteria.criticality or (criticality or UNKNOWN) in level.criteria.criticality)


def _ladder(content: Escalation, levels: list[Level]) -> tuple[tuple[Step, ...], Literal["fallback", "hold", "deny"]]:
    """Rounds of levels, then the fallback; the cap keeps a place for the fallback."""
    steps: list[Step] = []
    minutes = 0
    for round_number in range(1, 2 + content.repeats.count if levels else 1):
        if round_number > 1:
            minutes += content.repeats.every_minutes
        for level in levels:
            if len(steps) + 1 >= content.cap:
                break
            steps.append(_level_step(len(steps), level, round_number, minutes))
            minutes += level.window_minutes
            if level.on_timeout != "next":
                return tuple(steps), level.on_timeout
    sentence = FALLS_BACK % {"minutes": lasting(minutes)}
    kind: Literal["fallback"] = "fallback"
    steps.append(Step(len(steps), kind, FALLBACK, NOBODY_REACHED, 1, minutes, 0, content.fallback, "urgent", sentence))
    return tuple(steps), "fallback"


def _level_step(index: int, level: Level, round_number: int, minutes: int) -> Step:
    sentence = _sentence(level.title, round_number, minutes, level.window_minutes)
    kind: Literal["level", "repeat"] = "level" if round_number == 1 else "repeat"
    return Step(
        index,
        kind,
        level.key,
        level.title,
        round_number,
        minutes,
        level.window_minutes,
        level.targets,
        "urgent",
        sentence,
    )


def _sentence(title: str, round_number: int, minutes: int, window_minutes: int) -> Sentence:
    template = AGAIN if round_number > 1 else AFTER if minutes else AT_ONCE
    words = {"minutes": lasting(minutes), "window": lasting(window_minutes)}
    return template % {**words, "level": title, "round": round_number}


def timed(step: Step, minutes: int, window_minutes: int) -> Step:
    """`step` as it comes: `minutes` after the start, with `window_minutes` to answer."""
    if step.kind == "fallback":
        sentence = FALLS_BACK % {"minutes": lasting(minutes)}
    elif step.kind == "news":
        sentence = NEWS_AFTER % {"minutes": lasting(minutes)}
    else:
        sentence = _sentence(step.title, step.round, minutes, window_minutes)
    return replace(step, after_minutes=minutes, window_minutes=window_minutes, sentence=sentence)


def _news(path: Path, room: int) -> tuple[Step, ...]:
    """The periodic news of a path, as many as the cap has room for."""
    news = path.news
    if news is None:
        return ()
    return tuple(
        Step(
            index,
            "news",
            NEWS,
            NEWS_OF % {"path": path.title},
            index + 1,
            (index + 1) * news.every_minutes,
            news.every_minutes,
            news.targets,
            "routine",
            NEWS_AFTER % {"minutes": lasting((index + 1) * news.every_minutes)},
        )
        for index in range(max(0, min(news.times, room)))
    )


def next_step(plan: Plan, position: int | None) -> Step | None:
    """The ladder's step after index `position` (None = nothing taken yet); None when the ladder has ended."""
    index = 0 if position is None else position + 1
    return plan.steps[index] if 0 <= index < len(plan.steps) else None


def next_news(plan: Plan, position: int | None) -> Step | None:
    """The news step after index `position` of `plan.news` (None = none sent yet); None when there are no more."""
    index = 0 if position is None else position + 1
    return plan.news[index] if 0 <= index < len(plan.news) else None


def resolutions(
    policy: Pinned[Escalation],
    step: Step,
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    severity: str,
    people: PeopleFacts,
    at: datetime,
) -> tuple[Resolution, ...]:
    """One resolution per target of `step`, in order; direct targets are decided by the policy's level."""
    return tuple(_resolution(policy, step, target, matrices, workflow, severity, people, at) for target in step.targets)


def _resolution(
    policy: Pinned[Escalation],
    step: Step,
    target: Target,
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    severity: str,
    people: PeopleFacts,
    at: datetime,
) -> Resolution:
    if target.responsibility is not None:
        return ownership.resolve(matrices, workflow, target.responsibility, severity, people, at)
    found, missing = ownership.expand(matrices, workflow, target.kind, target.ref, people, at)
    name = _target_name(target, people)
    because = LEVEL % {"policy": policy.name, "step": step.title, "name": name}
    decided = DecidedBy(policy.document, policy.digest, step.level, because)
    groups = (Group(0, found),) if found else ()
    tells = TELLS % {"step": step.title, "name": name}
    sentence = tells if found else joined("; ", (item.sentence for item in missing))
    return Resolution("", severity, groups=groups, decided_by=decided, why_not=missing, sentence=sentence)


def _target_name(target: Target, people: PeopleFacts) -> str:
    if target.team is not None:
        return TEAM % {"team": people.teams[target.team].name} if target.team in people.teams else SOME_TEAM
    if target.person is not None:
        return people.people[target.person].name if target.person in people.people else SOMEBODY
    known: ScheduleFacts | BoardFacts | None = None
    if target.schedule is not None:
        known = people.schedules.get(target.schedule)
    elif target.board is not None:
        known = people.boards.get(target.board)
    return OTHERS[target.kind] % {"key": known.name if known is not None else target.ref}


def tell(step: Step, resolved: tuple[Resolution, ...], already_told: Collection[tuple[str, int, UUID]]) -> Telling:
    """Whom `step` tells, given `resolutions(...)` of its targets.

    `already_told` holds (level key, round, person) of every generation of the run: nobody is told twice for a level.
    """
    tells: dict[UUID, Tell] = {}
    skipped: dict[UUID, WhyNot] = {}
    gaps = []
    for target, resolution in zip(step.targets, resolved, strict=True):
        if resolution.gap:
            gaps.append(REACHES_NOBODY % {"step": step.title, "why": resolution.sentence})
        for person in resolution.told(target.alternate):
            if (step.level, step.round, person.person) in already_told:
                skipped[person.person] = WhyNot(step.level, TOLD_BEFORE % {"name": person.name, "step": step.title})
            elif person.person not in tells:
                reason = _reason(step, person, resolution.decided_by)
                duty = resolution.responsibility
                tells[person.person] = Tell(person.person, person.name, duty, resolution.decided_by, reason)
    return Telling(tuple(tells.values()), tuple(skipped.values()), tuple(gaps))


def _reason(step: Step, person: Candidate, decided: DecidedBy | None) -> Sentence:
    """Why `person` is told: the level, how they came in, and the row that decided."""
    if decided is None:
        return REASON % {"step": step.title, "person": person.sentence.clause}
    return REASON_BY % {"step": step.title, "person": person.sentence.clause, "row": decided.sentence.clause}


def window(step: Step, resolved: tuple[Resolution, ...]) -> int:
    """Minutes until the next step: the level's window, or less where a deciding row asks for a faster answer."""
    rows = [resolution.acknowledge_minutes for resolution in resolved if resolution.acknowledge_minutes is not None]
    return min([step.window_minutes, *rows])


def wait(step: Step, following: Step, minutes: int) -> int:
    """Minutes from taking `step`, with a window of `minutes`, until `following` is due."""
    return following.after_minutes - step.after_minutes - (step.window_minutes - minutes)


def hurries(last: datetime | None, at: datetime) -> bool:
    """A timebox that is over at `at` tells the next level at once, unless somebody was told just now (D24)."""
    return last is None or last + JUST_TOLD <= at


def timeboxes(policy: Pinned[Escalation] | None, severity: str, category: str | None = None) -> Timeboxes:
    """How long triage and decision may take; 15 and 60 minutes when nothing says otherwise (D24)."""
    boxes = {box.severity: box for box in policy.content.timeboxes} if policy else {}
    box = boxes.get(severity) or boxes.get("any")  # type: ignore[call-overload]
    triage, decision = (box.triage_minutes, box.decision_minutes) if box else (TRIAGE_MINUTES, DECISION_MINUTES)
    exception = next((item for item in policy.content.exceptions if item.key == category), None) if policy else None
    if exception is not None:
        decision = exception.decision_minutes
    return Timeboxes(triage, decision, box.key if box else "")


def follow_up(policy: Pinned[Escalation] | None) -> FollowUpTimes:
    """When to escalate again after an acknowledgement without progress, and after silence."""
    times = policy.content.follow_up if policy else FollowUp()
    return FollowUpTimes(times.acknowledged_minutes, times.silence_minutes)
