"""How far a scenario was carried out, which step comes next, and what a step still owes (D37-D39, D48).

Steps are ended one by one, each with what came of it. Whoever works ahead of the order does no harm: the course takes
in what was ended once its turn comes. A step that a loop comes back to is a step once more.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from governance.documents.playbook import Step, StepKind
from governance.documents.sentences import Sentence
from governance.documents.sentences import Sentence as _
from governance.documents.ways import LAST, Way, ways

Outcome = Literal["done", "changed", "skipped"]
"""As the playbook says, otherwise than it says, or not at all; the last two are deviations and have a reason."""
ScopeState = Literal["missing", "open", "objected", "agreed", "overruled"]
"""What was said about scope and aim; `overruled`: whoever commands went on without all answers, with a reason."""
CORRECTIVE: tuple[StepKind, ...] = ("action", "rollback")
"""Steps that change what went wrong. Containment only stops harm, so it never waits."""

SAY_SCOPE = _("State scope and aim first: what is affected, and what is to be reached.")
AGREE_SCOPE = _("Scope and aim have still to be agreed on.")
SETTLE_SCOPE = _("Somebody objects to scope and aim: settle that first.")
LOCKED: Mapping[ScopeState, Sentence] = {"missing": SAY_SCOPE, "open": AGREE_SCOPE, "objected": SETTLE_SCOPE}
CHOOSE = _("Choose one of the ways on.")
NAME_ARTEFACT = _("Name what was changed: the definition, its version, a schema or a setting.")
NAME_HALTED = _("Say what was halted or isolated.")
SAY_WHY = _("Say why this is done: it goes into the next update.")
SAY_RESULT = _("Say whether it passed.")
HAS_FAILED = _("It did not pass, so this step is not done yet.")
SEND_UPDATE = _("Send the update first.")
CHECK = _("Still to be checked: %(check)s")
GIVE_REASON = _("Say why the step is not done as the playbook says.")


@dataclass(frozen=True, slots=True)
class Ended:
    """A step that was ended. `option` is the key of the way that was chosen at a gate."""

    step: str
    outcome: Outcome = "done"
    option: str = ""


@dataclass(frozen=True, slots=True)
class Visit:
    """A step in its turn: its place in the scenario, and how it was ended."""

    place: int
    ended: Ended


@dataclass(frozen=True, slots=True)
class Course:
    """`next` is the place of the step whose turn it is, None at the end. `ahead` was ended before its turn."""

    visits: tuple[Visit, ...]
    next: int | None
    ahead: tuple[Ended, ...] = ()

    @property
    def has_ended(self) -> bool:
        return self.next is None


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of a step that somebody wants to end; `checked` are places in its checks."""

    outcome: Outcome = "done"
    reason: str = ""
    checked: Collection[int] = ()
    option: str = ""
    artefact: str = ""
    halted: bool = False
    rationale: str = ""
    result: Literal["", "passed", "failed"] = ""
    was_told: bool = False
    scope: ScopeState = field(default="missing")


def course(steps: Sequence[Step], ended: Sequence[Ended]) -> Course:
    """Follow `steps` as far as `ended`, in the order in which they were, leads."""
    waiting: dict[str, deque[tuple[int, Ended]]] = {}
    for number, each in enumerate(ended):
        waiting.setdefault(each.step, deque()).append((number, each))
    found = ways(steps)
    visits: list[Visit] = []
    taken: set[int] = set()
    place = 0 if steps else LAST
    while place != LAST and waiting.get(steps[place].key):
        number, each = waiting[steps[place].key][0]
        onward = _onward(steps[place], each, found[place])
        if onward is None:
            break
        waiting[steps[place].key].popleft()
        taken.add(number)
        visits.append(Visit(place, each))
        place = onward
    ahead = tuple(each for number, each in enumerate(ended) if number not in taken)
    return Course(tuple(visits), None if place == LAST else place, ahead)


def _onward(step: Step, ended: Ended, ways_on: Sequence[Way]) -> int | None:
    """The place that `step` leads to; None where a gate was ended without one of its ways."""
    for way in ways_on:
        if way.option is None or step.options[way.option].key == ended.option:
            return way.to
    return None


def lock(step: Step, scope: ScopeState) -> Sentence | None:
    """Why `step` may not begin yet; None when it may. Only corrective steps wait for the scope (D38)."""
    return LOCKED.get(scope) if step.does in CORRECTIVE else None


def owes(step: Step, given: Given) -> tuple[Sentence, ...]:
    """What `step` still needs before it can be ended so; empty when it can.

    A gate is never skipped: where it leads is a decision. A deviation needs nothing but its reason, and yet nothing
    is skipped or changed in order to get round the lock.
    """
    if (locked := lock(step, given.scope)) is not None and given.outcome != "skipped":
        return (locked,)
    if step.does == "gate":
        return () if given.option in {option.key for option in step.options} else (CHOOSE,)
    if given.outcome != "done":
        return () if given.reason.strip() else (GIVE_REASON,)
    checks = [CHECK % {"check": check} for place, check in enumerate(step.checks) if place not in given.checked]
    return (*_demands(step, given), *checks)


def _demands(step: Step, given: Given) -> tuple[Sentence, ...]:
    """What the kind of `step` asks for (D37-D39, D71, D101)."""
    match step.does:
        case "scope":
            return tuple(sentence for state, sentence in LOCKED.items() if state == given.scope)
        case "containment":
            return () if given.halted else (NAME_HALTED,)
        case "action":
            return () if given.artefact.strip() else (NAME_ARTEFACT,)
        case "rollback":
            missing = [] if given.artefact.strip() else [NAME_ARTEFACT]
            return tuple(missing if given.rationale.strip() else [*missing, SAY_WHY])
        case "integrity" | "verification":
            return {"passed": (), "failed": (HAS_FAILED,)}.get(given.result, (SAY_RESULT,))
        case "communication":
            return () if given.was_told else (SEND_UPDATE,)
    return ()
