"""Who would be told when, if something broke and nobody answered: the engine's moves, without the engine (D15, I4).

The same pure functions as the live engine, taken in the order in which its clock would take them: a row that
wants a faster answer shortens a window, a step without anybody is followed by the next at once, and a timebox that
is over tells the next level early.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from governance.documents.base import Pinned
from governance.documents.escalation import Escalation
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.rules import escalation
from governance.rules.escalation import Step, Tell, Telling
from governance.rules.ownership import Matrices, Resolution

Kind = Literal["step", "news", "triage", "decision", "ended"]
NOBODY = Telling((), (), ())


@dataclass(frozen=True, slots=True)
class Moment:
    """What happens `minutes` after the start.

    `step` and `news` tell `telling.tells`; `triage` and `decision` are timeboxes that are over, of which everybody
    hears who was told before; at `ended` the operators are told, and after `minutes` of silence all starts again.
    `step` carries the minutes as they come; `is_early` when a timebox hurried it. `resolved` explains each target.
    """

    minutes: int
    kind: Kind
    telling: Telling = NOBODY
    step: Step | None = None
    resolved: tuple[Resolution, ...] = ()
    is_early: bool = False


@dataclass
class _Walk:
    """A run in memory. `due` holds (minutes, order of arming, kind, index)."""

    policy: Pinned[Escalation]
    matrices: Matrices
    workflow: WorkflowFacts | None
    severity: str
    people: PeopleFacts
    at: datetime
    plan: escalation.Plan
    due: list[tuple[int, int, Kind, int]] = field(default_factory=list)
    told: dict[UUID, Tell] = field(default_factory=dict)
    already: set[tuple[str, int, UUID]] = field(default_factory=set)
    last: datetime | None = None
    position: int = 0
    ends: int | None = None
    _order: int = 0

    def run(self) -> Iterator[Moment]:
        yield from self._take(0)
        if self.plan.news:
            self._arm(self.plan.news[0].after_minutes, "news", 0)
        boxes = escalation.timeboxes(self.policy, self.severity)
        self._arm(boxes.triage_minutes, "triage")
        self._arm(boxes.decision_minutes, "decision")
        while self.due:
            minutes, _, kind, index = heapq.heappop(self.due)
            if self.ends is not None and minutes >= self.ends:
                return
            if kind == "step":
                yield from self._take(minutes)
            elif kind == "news":
                yield self._moment(self.plan.news[index], minutes, kind)
                following = escalation.next_news(self.plan, index)
                if following is not None:
                    step = self.plan.news[index]
                    self._arm(minutes + following.after_minutes - step.after_minutes, "news", index + 1)
            else:
                yield Moment(minutes, kind, Telling(tuple(self.told.values()), (), ()))
                now = self.at + timedelta(minutes=minutes)
                if self.position < len(self.plan.steps) and escalation.hurries(self.last, now):
                    planned = [item[0] for item in self.due if item[2] == "step"]
                    self.due = [item for item in self.due if item[2] != "step"]
                    heapq.heapify(self.due)
                    yield from self._take(minutes, is_early=minutes not in planned)

    def _take(self, minutes: int, *, is_early: bool = False) -> Iterator[Moment]:
        """The next step, and those after it while a step has nobody; then the promise of the one that follows."""
        while self.position < len(self.plan.steps):
            step = self.plan.steps[self.position]
            self.position += 1
            moment = self._moment(step, minutes, "step", is_early=is_early)
            yield moment
            following = escalation.next_step(self.plan, step.index)
            if following is None:
                break
            if not moment.telling.nobody:
                window = escalation.window(step, moment.resolved)
                self._arm(minutes + escalation.wait(step, following, window), "step")
                return
        self.ends = minutes + escalation.follow_up(self.policy).silence_minutes
        yield Moment(minutes, "ended")

    def _moment(self, step: Step, minutes: int, kind: Kind, *, is_early: bool = False) -> Moment:
        now = self.at + timedelta(minutes=minutes)
        resolved = escalation.resolutions(
            self.policy, step, self.matrices, self.workflow, self.severity, self.people, now
        )
        telling = escalation.tell(step, resolved, self.already)
        for tell in telling.tells:
            self.already.add((step.level, step.round, tell.person))
            self.told.setdefault(tell.person, tell)
            self.last = now
        shown = escalation.timed(step, minutes, escalation.window(step, resolved))
        return Moment(minutes, kind, telling, shown, resolved, is_early)

    def _arm(self, minutes: int, kind: Kind, index: int = 0) -> None:
        self._order += 1
        heapq.heappush(self.due, (minutes, self._order, kind, index))


def outlook(
    policy: Pinned[Escalation],
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    severity: str,
    people: PeopleFacts,
    at: datetime,
) -> list[Moment]:
    """Everything that happens if it started at `at` and nobody answered, in order, until all starts again.

    People are judged for the time at which their step would come.
    """
    criticality = workflow.criticality if workflow is not None else None
    plan = escalation.plan(policy, severity, criticality)
    return list(_Walk(policy, matrices, workflow, severity, people, at, plan).run())


def steps(moments: list[Moment]) -> list[tuple[Step, Telling]]:
    """The ladder alone: each step, with the minutes as they come, and whom it tells."""
    return [(item.step, item.telling) for item in moments if item.kind == "step" and item.step is not None]
