"""Who would be told when, if something broke and nobody answered: the engine's moves, without the engine (D15, I4).

The same pure functions as the live engine, taken in the order in which its clock would take them: a row that
wants a faster answer shortens a window, a step without anybody is followed by the next at once, and a timebox that
is over tells the next level early.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from governance.documents.base import Pinned
from governance.documents.escalation import Escalation
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.rules import escalation, triggers
from governance.rules.escalation import Step, Tell, Telling
from governance.rules.ownership import Matrices, Resolution

Kind = Literal["step", "news", "triage", "decision", "ended"]
Box = Literal["triage", "decision"]
NOBODY = Telling((), (), ())
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens at `at`, `minutes` after the start.

    `step` and `news` tell `telling.tells`; `triage` and `decision` are timeboxes that are over, of which everybody
    hears who was told before and whom the policy's trigger for it names; at `ended` the operators are told, and after
    `minutes` of silence all starts again. `step` carries the minutes as they come; `hurried_by` is the timebox that
    made it come early. `resolved` explains each target.
    """

    at: datetime
    minutes: int
    kind: Kind
    telling: Telling = NOBODY
    step: Step | None = None
    resolved: tuple[Resolution, ...] = ()
    hurried_by: Box | None = None

    @property
    def is_early(self) -> bool:
        return self.hurried_by is not None


@dataclass(frozen=True)
class Standing:
    """Where a run stands: `position` steps are taken.

    `told` as in ``escalation.tell``; `last` is when somebody was told; `due` holds (time, kind, index of the news) of
    all that is promised, in the order in which the clock takes it. `is_answered`: somebody has it, so that only
    timeboxes call the next level.
    """

    position: int
    told: Collection[tuple[str, int, UUID]]
    last: datetime | None
    due: tuple[tuple[datetime, Kind, int], ...]
    is_answered: bool = False


@dataclass
class _Walk:
    """A run in memory. `due` holds (time, order of arming, kind, index)."""

    policy: Pinned[Escalation]
    matrices: Matrices
    workflow: WorkflowFacts | None
    severity: str
    people: PeopleFacts
    start: datetime
    plan: escalation.Plan
    due: list[tuple[datetime, int, Kind, int]] = field(default_factory=list)
    told: dict[UUID, Tell] = field(default_factory=dict)
    already: set[tuple[str, int, UUID]] = field(default_factory=set)
    last: datetime | None = None
    position: int = 0
    is_answered: bool = False
    ends: datetime | None = None
    _order: int = 0

    def begin(self) -> Iterator[Moment]:
        """From the start, at which nobody knows yet."""
        yield from self._take(self.start)
        if self.plan.news:
            self.arm(self._after(self.plan.news[0].after_minutes), "news", 0)
        boxes = escalation.timeboxes(self.policy, self.severity)
        self.arm(self._after(boxes.triage_minutes), "triage")
        self.arm(self._after(boxes.decision_minutes), "decision")
        yield from self.go()

    def go(self) -> Iterator[Moment]:
        """Whatever is due, until all starts again."""
        while self.due:
            now, _, kind, index = heapq.heappop(self.due)
            if self.ends is not None and now >= self.ends:
                return
            if kind == "step":
                yield from self._take(now)
            elif kind == "news":
                yield self._moment(self.plan.news[index], now, kind)
                following = escalation.next_news(self.plan, index)
                if following is not None:
                    minutes = following.after_minutes - self.plan.news[index].after_minutes
                    self.arm(now + minutes * MINUTE, "news", index + 1)
            elif kind != "ended":
                yield Moment(now, self._minutes(now), kind, self._over(kind, now))
                if self.position < len(self.plan.steps) and escalation.hurries(self.last, now):
                    planned = [item[0] for item in self.due if item[2] == "step"]
                    self.due = [item for item in self.due if item[2] != "step"]
                    heapq.heapify(self.due)
                    yield from self._take(now, hurried_by=None if now in planned else kind)

    def arm(self, at: datetime, kind: Kind, index: int = 0) -> None:
        self._order += 1
        heapq.heappush(self.due, (at, self._order, kind, index))

    def _take(self, now: datetime, *, hurried_by: Box | None = None) -> Iterator[Moment]:
        """The next step, and those after it while a step has nobody; then the promise of the one that follows."""
        while self.position < len(self.plan.steps):
            step = self.plan.steps[self.position]
            self.position += 1
            moment = self._moment(step, now, "step", hurried_by=hurried_by)
            yield moment
            following = escalation.next_step(self.plan, step.index)
            if following is None:
                break
            if not moment.telling.nobody:
                if not self.is_answered:
                    window = escalation.window(step, moment.resolved)
                    self.arm(now + escalation.wait(step, following, window) * MINUTE, "step")
                return
        if not self.is_answered:
            self.ends = now + escalation.follow_up(self.policy).silence_minutes * MINUTE
            yield Moment(now, self._minutes(now), "ended")

    def _over(self, which: Box, now: datetime) -> Telling:
        """Who hears that a timebox is over: whoever was told before, and whom the policy's trigger for it names."""
        criticality = self.workflow.criticality if self.workflow is not None else None
        judgement = triggers.of_timebox(self.policy, which, criticality, now)
        besides = triggers.telling(
            judgement, self.policy, self.matrices, self.workflow, self.severity, self.people, now
        )
        heard = self.told | {tell.person: tell for tell in besides.tells if tell.person not in self.told}
        return Telling(tuple(heard.values()), (), besides.gaps)

    def _moment(self, step: Step, now: datetime, kind: Kind, *, hurried_by: Box | None = None) -> Moment:
        resolved = escalation.resolutions(
            self.policy, step, self.matrices, self.workflow, self.severity, self.people, now
        )
        telling = escalation.tell(step, resolved, self.already)
        for tell in telling.tells:
            self.already.add((step.level, step.round, tell.person))
            self.told.setdefault(tell.person, tell)
            self.last = now
        shown = escalation.timed(step, self._minutes(now), escalation.window(step, resolved))
        return Moment(now, self._minutes(now), kind, telling, shown, resolved, hurried_by)

    def _after(self, minutes: int) -> datetime:
        return self.start + minutes * MINUTE

    def _minutes(self, now: datetime) -> int:
        return (now - self.start) // MINUTE


def outlook(
    policy: Pinned[Escalation],
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    severity: str,
    people: PeopleFacts,
    at: datetime,
    *,
    wanted: str = "",
) -> list[Moment]:
    """Everything that happens if it started at `at` and nobody answered, in order, until all starts again.

    People are judged for the time at which their step would come. `wanted` is the path that a rubric names.
    """
    criticality = workflow.criticality if workflow is not None else None
    plan = escalation.plan(policy, severity, criticality, wanted=wanted)
    return list(_Walk(policy, matrices, workflow, severity, people, at, plan).begin())


def onward(
    policy: Pinned[Escalation],
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    severity: str,
    people: PeopleFacts,
    *,
    plan: escalation.Plan,
    start: datetime,
    standing: Standing,
) -> Iterator[Moment]:
    """What comes from `standing` on while nobody does anything, one moment after the other.

    `plan` is that of `policy`; `start` is when the run began. Only a run that still calls ends with `ended`.
    """
    walk = _Walk(policy, matrices, workflow, severity, people, start, plan)
    walk.already, walk.last = set(standing.told), standing.last
    walk.position, walk.is_answered = standing.position, standing.is_answered
    for at, kind, index in standing.due:
        walk.arm(at, kind, index)
    return walk.go()


def steps(moments: list[Moment]) -> list[tuple[Step, Telling]]:
    """The ladder alone: each step, with the minutes as they come, and whom it tells."""
    return [(item.step, item.telling) for item in moments if item.kind == "step" and item.step is not None]
