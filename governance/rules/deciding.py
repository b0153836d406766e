"""A decision that somebody waits for: between what, on which data, by when, and what comes when nobody decides.

(D11, D12, D19-D23.) Time never approves: when the last level is over, the request is held, or denied where the policy
says so. The clock of a level stands still only while whoever asked owes data.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from governance.documents.base import Target
from governance.documents.escalation import Escalation, Level
from governance.documents.facts import WorkflowFacts
from governance.documents.matrix import DEFAULT, Decision, Matrix
from governance.documents.sentences import joined
from governance.rules import ranking
from governance.rules.escalation import Plan, Step, next_step, timed
from governance.rules.resolution import Matrices

FIRST = "asked-first"
"""The level key of the step before the ladder: whoever the named decision belongs to. No level may be called so."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to decide."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `row` is the named decision that applies, None without any.

    `is_unknown`: nothing is known by the name that was given, so that the default row applies. `refused` are ways that
    were offered and that the row does not accept; `choices` those that remain.
    """

    row: Decision | None
    choices: tuple[Choice, ...]
    refused: tuple[Choice, ...] = ()
    is_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """The requester owes data from `since` on; `until` None: still."""

    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class After:
    """What comes when a window is over: the next `step` of the ladder, or an end. An approval is none of them."""

    does: Literal["tell", "hold", "deny"]
    step: Step | None = None


def question(matrix: Matrix | None, name: str, offered: Sequence[Choice]) -> Question:
    """What is asked under `name` with the ways that were `offered` (none: those of the row)."""
    rows = {row.key: row for row in matrix.decisions} if matrix is not None else {}
    return question_of(rows.get(name) or rows.get(DEFAULT), name in rows, offered)


def row_of(matrices: Matrices, workflow: WorkflowFacts | None, name: str) -> Decision | None:
    """The row `name` of the nearest matrix that has it, else the nearest default row."""
    every = [pinned.content for pinned in ranking.documents(matrices, workflow)]
    for wanted in (name, DEFAULT):
        if (found := next((row for each in every for row in each.decisions if row.key == wanted), None)) is not None:
            return found
    return None


def question_of(row: Decision | None, is_known: bool, offered: Sequence[Choice]) -> Question:
    """The same once its `row` was found; not `is_known`: it is the default row, or there is none."""
    accepted = {option.key: Choice(option.key, option.title) for option in row.options} if row is not None else {}
    if not accepted:
        return Question(row, tuple(offered), is_unknown=not is_known)
    asked = [choice.key for choice in offered] or list(accepted)
    return Question(
        row,
        tuple(accepted[key] for key in dict.fromkeys(asked) if key in accepted),
        tuple(choice for choice in offered if choice.key not in accepted),
        is_unknown=not is_known,
    )


def ladder(
    plan: Plan,
    content: Escalation,
    choices: Sequence[Choice],
    *,
    first: Sequence[Target] = (),
    title: str = "",
    minutes: int = 0,
) -> Plan:
    """The levels of `plan` that a decision between `choices` goes to, behind those who are asked `first`.

    A level that may take none of the choices is not asked: it could only wait. Times move up accordingly.
    """
    steps: list[Step] = []
    clock, before = 0, 0
    if first:
        begin = Step(0, "level", FIRST, title, 1, 0, minutes, tuple(first), "urgent", plan.sentence)
        steps.append(timed(begin, 0, minutes))
        clock = minutes
    for step in plan.steps:
        pause, before = step.after_minutes - before, step.after_minutes + step.window_minutes
        level = content.level_by_key.get(step.level)
        if level is not None and choices and not permitted(level, choices):
            continue
        steps.append(replace(timed(step, clock + pause, step.window_minutes), index=len(steps)))
        clock += pause + step.window_minutes
    return replace(plan, steps=tuple(steps), sentence=joined(" ", (step.sentence for step in steps)))


def permitted(level: Level | None, choices: Iterable[Choice]) -> tuple[Choice, ...]:
    """Those of `choices` that `level` may take, by key or title; all where it names none (D21)."""
    if level is None or not level.permitted_actions:
        return tuple(choices)
    named = {_plain(action) for action in level.permitted_actions}
    return tuple(choice for choice in choices if named & {_plain(choice.key), _plain(choice.title)})


def missing(level: Level | None, given: Mapping[str, str]) -> tuple[str, ...]:
    """What `level` needs to know before it may decide, and nobody has said yet (D21)."""
    known = {_plain(name) for name, value in given.items() if value.strip()}
    return tuple(name for name in (level.required_data if level is not None else ()) if _plain(name) not in known)


def _plain(text: str) -> str:
    return " ".join(text.replace("-", " ").replace("_", " ").split()).casefold()


def due(began: datetime, minutes: int, pauses: Sequence[Pause], at: datetime) -> datetime | None:
    """When a window of `minutes` that began at `began` is over; None while it stands still at `at`."""
    if any(pause.until is None and pause.since <= at for pause in pauses):
        return None
    end = began + timedelta(minutes=minutes)
    for pause in sorted(pauses, key=lambda each: each.since):
        if pause.until is not None and pause.since < end:
            end += max(pause.until, began) - max(pause.since, began)
    return end


def after(plan: Plan, position: int | None, can_deny: bool) -> After:
    """What comes after step `position` (None: nobody was asked yet). Denied only if the policy says so, and a safe
    default was named that a denial is."""
    step = next_step(plan, position)
    if step is not None:
        return After("tell", step)
    return After("deny" if plan.ends == "deny" and can_deny else "hold")


def chosen(votes: Mapping[UUID, str], seats: Collection[UUID], recused: Collection[UUID] = ()) -> str | None:
    """The way that a board has chosen: more than half of its seats want it, without those who recused (D20)."""
    able = set(seats) - set(recused)
    counted = Counter(option for person, option in votes.items() if person in able)
    return next((option for option, count in counted.items() if count * 2 > len(able)), None)


def is_split(votes: Mapping[UUID, str], seats: Collection[UUID], recused: Collection[UUID] = ()) -> bool:
    """Whether no way can be chosen any more, whatever the others say: the tie-breaker decides (D12)."""
    able = set(seats) - set(recused)
    counted = Counter(option for person, option in votes.items() if person in able)
    unheard = len(able - set(votes))
    return not able or (max(counted.values(), default=0) + unheard) * 2 <= len(able)
