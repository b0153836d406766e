"""Which trigger of the policy an event fits, and what follows from it (D17, D18).

The first trigger whose conditions fit decides. It opens or raises an incident, or holds the event back: a count
that is not reached, a number that is within its limit while no other trigger fits. When none fits an event opens an
incident as ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from governance.documents.base import SEVERITIES, Pinned, Target
from governance.documents.escalation import Escalation, Trigger
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.sentences import Sentence
from governance.documents.sentences import stored as _
from governance.rules import escalation
from governance.rules.ownership import Matrices

PLATFORMS = ("node_red", "n8n")
"""Formats of workflow platforms: what they send is a failing connector or step."""
OF_EVENTS = ("event", "connector", "dependency", "count", "threshold")
NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,2})?")
VALUE_LENGTH = 300
"""Of a captured value; the rest is in the event."""
MOST_CAPTURED = 20

BY_EVENT = _("This trigger fits: %(trigger)s.")
BY_STEP = _("%(trigger)s: %(step)s failed.")
BY_UPSTREAM = _("%(trigger)s: %(workflow)s has %(reference)s open.")
BY_COUNT = _("%(trigger)s: %(number)d of %(count)d in %(minutes)d minutes.")
BY_NUMBER = {
    "above": _("%(trigger)s: %(fact)s is %(number)s, above %(value)s."),
    "at_least": _("%(trigger)s: %(fact)s is %(number)s, %(value)s or above."),
    "below": _("%(trigger)s: %(fact)s is %(number)s, below %(value)s."),
    "at_most": _("%(trigger)s: %(fact)s is %(number)s, %(value)s or below."),
    "equal": _("%(trigger)s: %(fact)s is exactly %(number)s."),
}
NOT_BEYOND = _("%(trigger)s: %(fact)s is %(number)s, the limit is %(value)s.")
NO_TRIGGER = _("No trigger of the policy fits, so it opens an incident as every event does.")


@dataclass(frozen=True, slots=True)
class Upstream:
    """A workflow that the event's one depends on, and its open incident."""

    workflow: str
    reference: str


@dataclass(frozen=True, slots=True)
class Happening:
    """What is known of an event, a missing beat or a missed timebox.

    `facts` is JSON in which captured names and numbers are looked up. `earlier` are the times of the events of the
    group that were held back and belong to no incident; `upstream` the open incidents of workflows upstream.
    """

    at: datetime
    kind: Literal["event", "heartbeat", "timebox"] = "event"
    format: str = ""
    title: str = ""
    step: str = ""
    hint: str | None = None
    criticality: str | None = None
    timebox: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    upstream: tuple[Upstream, ...] = ()
    earlier: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What follows. `key` is empty when no trigger fits; `opens` is False for an event that is held back.

    `number` of `count` events within the window were seen, this one included (both 0 unless counted). `severity` is
    raised to at least this one. `captured` are (name, value), the value empty when the event does not say it.
    """

    sentence: Sentence
    key: str = ""
    title: str = ""
    opens: bool = True
    number: int = 0
    count: int = 0
    severity: str | None = None
    captured: tuple[tuple[str, str], ...] = ()
    targets: tuple[Target, ...] = ()
    timebox: Literal["triage", "decision"] = "triage"


def judge(triggers: Iterable[Trigger], happening: Happening) -> Judgement:
    """What the first of `triggers` that fits `happening` makes of it."""
    trigger = deciding(triggers, happening)
    return Judgement(NO_TRIGGER) if trigger is None else verdict(trigger, happening)


def deciding(triggers: Iterable[Trigger], happening: Happening) -> Trigger | None:
    """The first trigger that fits; its count may not be reached yet.

    A number within its limit only decides where nothing else fits: an event may bear it and be about a failure.
    """
    within: Trigger | None = None
    for trigger in triggers:
        if not _listens(trigger, happening) or not _fits(trigger, happening):
            continue
        if not _is_within(trigger, happening):
            return trigger
        within = within or trigger
    return within


def _is_within(trigger: Trigger, happening: Happening) -> bool:
    return trigger.kind == "threshold" and not _compared(trigger, happening, {"trigger": trigger.title})[0]


def asks_upstream(triggers: Iterable[Trigger], happening: Happening) -> bool:
    """Whether the answer may depend on `upstream`: to read it only then."""
    for trigger in triggers:
        if trigger.kind == "dependency" and happening.kind == "event" and _fits_conditions(trigger, happening):
            return True
        if _listens(trigger, happening) and _fits(trigger, happening) and not _is_within(trigger, happening):
            return False
    return False


def may_raise(triggers: Iterable[Trigger], severity: str) -> bool:
    """Whether any trigger of an event could raise an incident of `severity`, tell somebody or capture something."""
    return any(
        trigger.kind in OF_EVENTS and (worse(trigger.severity, severity) or trigger.targets or trigger.captured)
        for trigger in triggers
    )


def worse(severity: str | None, than: str) -> bool:
    """Whether `severity` (None: none) is worse than the other; sev1 is the worst."""
    return severity is not None and SEVERITIES.index(severity) < SEVERITIES.index(than)  # type: ignore[arg-type]


def _listens(trigger: Trigger, happening: Happening) -> bool:
    if happening.kind == "timebox":
        return trigger.kind == "timebox" and trigger.timebox == happening.timebox
    return trigger.kind == "heartbeat" if happening.kind == "heartbeat" else trigger.kind in OF_EVENTS


def _fits(trigger: Trigger, happening: Happening) -> bool:
    if trigger.kind == "connector" and happening.format not in PLATFORMS and not happening.step:
        return False
    if trigger.kind == "dependency" and not happening.upstream:
        return False
    if trigger.kind == "threshold" and (_limit(trigger) is None or _number(trigger.fact, happening) is None):
        return False
    return _fits_conditions(trigger, happening)


def _fits_conditions(trigger: Trigger, happening: Happening) -> bool:
    if trigger.criticality and happening.criticality not in trigger.criticality:
        return False
    if happening.kind != "event":
        return True
    if trigger.formats and happening.format not in trigger.formats:
        return False
    if trigger.hint != "any" and (
        happening.hint not in SEVERITIES or SEVERITIES.index(happening.hint) > SEVERITIES.index(trigger.hint)
    ):
        return False
    said = f"{happening.title}\n{happening.step}".casefold()
    return not trigger.words or any(word.strip().casefold() in said for word in trigger.words if word.strip())


def verdict(trigger: Trigger, happening: Happening) -> Judgement:
    """What `trigger`, which fits, makes of `happening`."""
    named: dict[str, Any] = {"trigger": trigger.title}
    opens, number, count, sentence = True, 0, 0, BY_EVENT % named
    if trigger.kind == "count":
        since = happening.at - timedelta(minutes=trigger.minutes)
        number, count = 1 + sum(since < earlier <= happening.at for earlier in happening.earlier), trigger.count
        opens = number >= count
        sentence = BY_COUNT % (named | {"number": number, "count": count, "minutes": trigger.minutes})
    elif trigger.kind == "threshold":
        opens, sentence = _compared(trigger, happening, named)
    elif trigger.kind == "dependency" and happening.upstream:
        first = happening.upstream[0]
        sentence = BY_UPSTREAM % (named | {"workflow": first.workflow, "reference": first.reference})
    elif trigger.kind == "connector" and happening.step:
        sentence = BY_STEP % (named | {"step": happening.step[:VALUE_LENGTH]})
    return Judgement(
        sentence,
        key=trigger.key,
        title=trigger.title,
        opens=opens,
        number=number,
        count=count,
        severity=trigger.severity,
        captured=captured(trigger, happening),
        targets=trigger.targets,
        timebox=trigger.timebox,
    )


def _compared(trigger: Trigger, happening: Happening, named: dict[str, Any]) -> tuple[bool, Sentence]:
    number, limit = _number(trigger.fact, happening), _limit(trigger)
    if number is None or limit is None:  # nothing to compare: never held back
        return True, BY_EVENT % named
    said = named | {"fact": trigger.fact, "number": f"{number:f}", "value": trigger.value}
    beyond = {
        "above": number > limit,
        "at_least": number >= limit,
        "below": number < limit,
        "at_most": number <= limit,
        "equal": number == limit,
    }[trigger.comparison]
    return beyond, (BY_NUMBER[trigger.comparison] if beyond else NOT_BEYOND) % said


def _limit(trigger: Trigger) -> Decimal | None:
    return Decimal(trigger.value) if NUMBER.fullmatch(trigger.value) else None


def _number(path: str, happening: Happening) -> Decimal | None:
    found = found_at(path, happening.facts)
    if isinstance(found, bool) or not isinstance(found, (int, float, str)):
        return None
    text = str(found).strip()
    return Decimal(text) if NUMBER.fullmatch(text) else None


def captured(trigger: Trigger, happening: Happening) -> tuple[tuple[str, str], ...]:
    """(name, value) of what `trigger` writes down; the value is empty when nothing says it."""
    own = {
        "title": happening.title,
        "step": happening.step,
        "severity": happening.hint or "",
        "upstream": ", ".join(f"{item.workflow} ({item.reference})" for item in happening.upstream),
    }
    found = []
    for name in trigger.captured[:MOST_CAPTURED]:
        value = own.get(_plain(name)) or _as_text(found_at(name, happening.facts))
        found.append((name, value[:VALUE_LENGTH]))
    return tuple(found)


def found_at(path: str, facts: Mapping[str, Any]) -> Any:
    """What stands at `path` (parts joined by dots, numbers count lists) in `facts`; None for nothing.

    A name in words is found too: `Workflow version` is `workflow_version`.
    """
    for steps in (path.strip().split("."), _plain(path).split(".")):
        value: Any = facts
        for step in steps:
            value = _inside(value, step)
            if value is None:
                break
        if value is not None:
            return value
    return None


def _inside(value: Any, step: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(step)
    if isinstance(value, (list, tuple)) and step.isascii() and step.isdigit() and len(step) < 6:
        return value[int(step)] if int(step) < len(value) else None
    return None


def _plain(name: str) -> str:
    return "_".join(name.casefold().split())


def _as_text(value: Any) -> str:
    if value is None or isinstance(value, Mapping):
        return ""
    if isinstance(value, (list, tuple)):
        return ", ".join(_as_text(item) for item in value if not isinstance(item, (Mapping, list, tuple)))
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def lines(judgement: Judgement) -> str:
    """What was captured, one line each, as it is written into the timeline."""
    return "\n".join(f"{name}: {' '.join(value.split())}" for name, value in judgement.captured if value)


def of_timebox(policy: Pinned[Escalation], which: str, criticality: str | None, at: datetime) -> Judgement:
    """What the policy's triggers make of the timebox `which` (triage or decision) that was over at `at`."""
    return judge(policy.content.triggers, Happening(at, kind="timebox", timebox=which, criticality=criticality))


def telling(
    judgement: Judgement,
    policy: Pinned[Escalation],
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    severity: str,
    people: PeopleFacts,
    at: datetime,
) -> escalation.Telling:
    """Whom a trigger tells besides the ladder: its targets are resolved as those of a level are."""
    step = escalation.Step(
        index=0,
        kind="level",
        level=f"trigger:{judgement.key}",
        title=judgement.title,
        round=1,
        after_minutes=0,
        window_minutes=0,
        targets=judgement.targets,
        lane="urgent",
        sentence=judgement.sentence,
    )
    resolved = escalation.resolutions(policy, step, matrices, workflow, severity, people, at)
    return escalation.tell(step, resolved, ())
