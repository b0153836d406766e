"""How far the playbook of an incident was carried out: every step with its state, its owner and what came of it.

The course follows from the sealed entries alone (``rules.runner``). Entries belong to a step by its key, so that a
newer version of the playbook goes on where the one before it stopped.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from django.utils.translation import gettext as _

from governance.documents.playbook import Playbook, Scenario, Step, StepKind
from governance.documents.ways import LAST, Way, ways
from governance.models import Version
from governance.reads import documents
from governance.reads.sentences import said
from governance.rules import runner
from governance.rules.runner import ScopeState
from incidents.models import Incident, StepEntry
from incidents.reads import scopes
from portal.models import User

Did = StepEntry.Did
ENDED = (Did.DONE, Did.CHANGED, Did.SKIPPED)
AHEAD: tuple[StepKind, ...] = ("scope", "containment", "communication")
"""What may be done before its turn: it does no harm, and containment never waits."""
State = Literal["done", "changed", "skipped", "now", "ahead", "later"]


@dataclass(frozen=True)
class Line:
    """One step of the course. `entry` is how it was ended, `visit` how often that was the case before.

    `locked` says why it may not begin yet; `owner` has taken it since `owned_at`. `freed`: nobody has it, because
    whoever had it has left or handed over.
    """

    place: int
    number: int
    step: Step
    state: State
    visit: int = 0
    entry: StepEntry | None = None
    owner: User | None = None
    owned_at: datetime | None = None
    locked: str = ""
    freed: StepEntry | None = None

    @property
    def whose(self) -> str:
        """Why nobody has the step any more, in a sentence; empty when that is not so."""
        if self.freed is None:
            return ""
        if self.freed.given.get("freed") == "left":
            return _("Nobody’s step: %(name)s had it and is no longer here.") % {"name": self.freed.by}
        return _("Nobody’s step: %(name)s had it and has handed over.") % {"name": self.freed.by}

    @property
    def has_ended(self) -> bool:
        return self.entry is not None

    @property
    def may_end(self) -> bool:
        """Whether a person may end it here and now, as far as the order goes; gates end by a decision."""
        is_early = self.state == "later" and self.step.does in AHEAD
        return (self.state == "now" or is_early) and self.step.does != "gate"


@dataclass(frozen=True)
class Course:
    """`lines` are what was ended, the step whose turn it is, and what follows up to the next gate.

    `possible` are the steps to which a gate may still lead. `total` is exact where no gate lies ahead, else the least.
    `turn_at` is since when it is the turn of `now`; None: since the beginning.
    """

    incident: Incident
    version: Version | None = None
    playbook: Playbook | None = None
    scenario: Scenario | None = None
    scope: ScopeState = "missing"
    lines: tuple[Line, ...] = ()
    possible: tuple[Step, ...] = ()
    total: int = 0
    turn_at: datetime | None = None
    entries: tuple[StepEntry, ...] = field(default=(), repr=False)

    @cached_property
    def now(self) -> Line | None:
        return next((line for line in self.lines if line.state == "now"), None)

    @cached_property
    def ended(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.state in ("done", "changed", "skipped"))

    @cached_property
    def coming(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.state in ("ahead", "later"))

    @property
    def deviations(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.state in ("changed", "skipped"))

    @property
    def is_over(self) -> bool:
        return self.scenario is not None and self.now is None

    @property
    def is_exact(self) -> bool:
        return not self.possible

    def line(self, step: str) -> Line | None:
        """The line of `step` that is not ended yet, else the last one."""
        mine = [line for line in self.lines if line.step.key == step]
        return next((line for line in mine if line.state in ("now", "later", "ahead")), mine[-1] if mine else None)


def course(incident: Incident) -> Course:
    """How far `incident` has come; at most five queries, however many steps there are."""
    if incident.playbook_id is None:
        return Course(incident)
    version = incident.playbook
    assert version is not None
    content = content_of(version)
    scenario = next((item for item in content.scenarios if item.key == incident.scenario), None)
    if scenario is None:
        return Course(incident, version, content)
    rows = StepEntry.objects.filter(
        incident=incident, scenario=scenario.key, version__document=version.document_id
    ).select_related("by", "evidence")
    entries = list(rows.order_by("id"))
    return follow(Course(incident, version, content, scenario, scopes.scope_state(incident)), entries)


def content_of(version: Version) -> Playbook:
    """The content of a frozen `version`; read once in a process."""
    content: Playbook = documents.pinned([(version.pk, version.digest)])[version.pk].content
    return content


def scenario_for(version: Version, incident: Incident) -> str:
    """Which scenario `incident` follows by `version`: the one so far where it still is one, or the only one."""
    scenarios = content_of(version).scenarios
    is_same = incident.playbook is not None and incident.playbook.document_id == version.document_id
    if is_same and incident.scenario in {item.key for item in scenarios}:
        return incident.scenario
    return scenarios[0].key if len(scenarios) == 1 else ""


def follow(begun: Course, entries: Sequence[StepEntry]) -> Course:
    """`begun` with its lines, from `entries` in their order."""
    assert begun.scenario is not None
    steps = begun.scenario.steps
    counted = _counted(entries, steps)
    found = runner.course(steps, [_ended(entry) for entry in counted])
    left: dict[str, deque[StepEntry]] = defaultdict(deque)
    for entry in counted:
        left[entry.step].append(entry)
    owners, freed, times = _owners(entries), _freed(entries), _times(entries)
    lines: list[Line] = []
    last: StepEntry | None = None
    seen: Counter[str] = Counter()
    for visit in found.visits:
        step = steps[visit.place]
        entry = left[step.key].popleft()
        last = entry if last is None or entry.pk > last.pk else last
        lines.append(Line(visit.place, len(lines) + 1, step, _state(entry), seen[step.key], entry))
        seen[step.key] += 1
    onward, possible, least = _onward(steps, found.next)
    for place in onward:
        step, first = steps[place], place == found.next
        early = left[step.key].popleft() if left[step.key] and not first else None
        owner = owners.get(step.key)
        lines.append(
            Line(
                place,
                len(lines) + 1,
                step,
                "now" if first else "ahead" if early else "later",
                times[step.key],
                early,
                owner.by if owner and not early else None,
                owner.at if owner and not early else None,
                said(runner.lock(step, begun.scope) or ""),
                None if early else freed.get(step.key),
            )
        )
    return Course(
        begun.incident,
        begun.version,
        begun.playbook,
        begun.scenario,
        begun.scope,
        tuple(lines),
        tuple(steps[place] for place in possible),
        len(found.visits) + least,
        last.at if last else None,
        tuple(entries),
    )


def _counted(entries: Sequence[StepEntry], steps: Sequence[Step]) -> list[StepEntry]:
    """What ended a step, each gate as it was decided last.

    A way that a gate no longer offers, in a newer version, was not chosen there: somebody has to decide anew.
    """
    gates = {step.key: {option.key for option in step.options} for step in steps if step.does == "gate"}
    found: list[StepEntry] = []
    decided: dict[str, int] = {}
    for entry in entries:
        if entry.did not in ENDED:
            continue
        if entry.step in gates:
            if entry.given.get("option") not in gates[entry.step]:
                continue
            reference = entry.given.get("decision", "")
            if reference in decided:  # it was contested, and this stands instead
                found[decided[reference]] = entry
                continue
            if reference:
                decided[reference] = len(found)
        found.append(entry)
    return found


def _ended(entry: StepEntry) -> runner.Ended:
    return runner.Ended(entry.step, entry.did, entry.given.get("option", ""))  # type: ignore[arg-type]


def _state(entry: StepEntry) -> State:
    return entry.did  # type: ignore[return-value]


def _owners(entries: Iterable[StepEntry]) -> dict[str, StepEntry]:
    """By step who has taken it and neither ended it nor given it back."""
    found: dict[str, StepEntry] = {}
    for entry in entries:
        if entry.did == Did.TAKEN:
            found[entry.step] = entry
        else:
            found.pop(entry.step, None)
    return found


def _freed(entries: Iterable[StepEntry]) -> dict[str, StepEntry]:
    """By step how it was freed, when nothing was done with it since."""
    last = {entry.step: entry for entry in entries}
    return {key: entry for key, entry in last.items() if entry.did == Did.RELEASED and entry.given.get("freed")}


def _times(entries: Iterable[StepEntry]) -> Counter[str]:
    """How often each step was ended; that names its next visit, whatever version ended it."""
    return Counter(entry.step for entry in entries if entry.did in ENDED)


def _onward(steps: Sequence[Step], start: int | None) -> tuple[list[int], list[int], int]:
    """Places from `start` up to the next gate, those to which this may lead, and how many steps it takes at least."""
    if start is None:
        return [], [], 0
    found = ways(steps)
    straight: list[int] = []
    place: int | None = start
    while place is not None and place != LAST and place not in straight:
        straight.append(place)
        place = found[place][0].to if steps[place].does != "gate" and found[place] else None
    beyond = _reachable(found, straight[-1]) - set(straight) if steps[straight[-1]].does == "gate" else set()
    return straight, sorted(beyond), _least(found, start, len(steps))


def _reachable(found: Sequence[Sequence[Way]], start: int) -> set[int]:
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        place = waiting.pop()
        if place in seen:
            continue
        seen.add(place)
        waiting += [way.to for way in found[place] if way.to is not None and way.to != LAST]
    return seen


def _least(found: Sequence[Sequence[Way]], start: int, most: int) -> int:
    """Steps on the shortest way from `start` to the end; without one so many as there are."""
    far: dict[int, int] = {start: 1}
    waiting = deque([start])
    while waiting:
        place = waiting.popleft()
        for way in found[place]:
            if way.to == LAST or way.to is None:
                return far[place]
            if way.to not in far:
                far[way.to] = far[place] + 1
                waiting.append(way.to)
    return most


def in_short(found: Course) -> dict[str, Any]:
    """`found` for programs: keys and names, times as they are."""
    if found.scenario is None or found.version is None:
        return {"scenario": None, "scope": found.scope, "finished": 0, "total": 0, "next": None, "steps": []}
    return {
        "scenario": {"key": found.scenario.key, "title": found.scenario.title},
        "scope": found.scope,
        "finished": len(found.ended),
        "total": found.total,
        "next": found.now.step.key if found.now else None,
        "steps": [_step_in_short(line) for line in found.lines],
    }


def _step_in_short(line: Line) -> dict[str, Any]:
    entry = line.entry
    return {
        "key": line.step.key,
        "title": line.step.title,
        "does": line.step.does,
        "state": line.state,
        "locked": line.locked,
        "option": entry.given.get("option", "") if entry else "",
        "reason": entry.reason if entry else "",
        "by": entry.by if entry else line.owner,
        "at": entry.at if entry else line.owned_at,
    }
