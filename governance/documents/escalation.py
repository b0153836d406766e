"""The escalation policy: levels, windows, paths, repeats, fallback, timeboxes (D16-D24, D30)."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints

from governance.documents.base import (
    Content,
    Criticality,
    CriticalityOrAny,
    Key,
    Minutes,
    Part,
    Scope,
    Severity,
    SeverityOrAny,
    Target,
    Text,
    Title,
)

Listens = Literal["report", "event", "connector", "dependency", "count", "threshold", "heartbeat", "timebox"]
"""What a trigger listens for. `report` describes what people do; nothing is matched against it."""
Format = Literal["generic", "node_red", "n8n", "alertmanager", "pagerduty", "slack"]
ReviewSection = Literal["timeline", "impact", "cause", "remediation", "verification", "prevention"]
REVIEW_SECTIONS: tuple[ReviewSection, ...] = get_args(ReviewSection)
Comparison = Literal["above", "at_least", "below", "at_most", "equal"]


def _as_text(value: object) -> object:
    """A whole number of YAML as text; everything else as it is (content holds no floats)."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Number = Annotated[str, StringConstraints(max_length=40), BeforeValidator(_as_text)]
"""A number as text, `12` or `0.95`; the check refuses other text."""


class Trigger(Part):
    """What opens an incident or raises one: who is told, what is captured, which timebox starts (D17, D18).

    A trigger fits an event when all of its conditions do: the source's format (empty = any), one of the words in
    title or step (empty = any), the sender's hint at this severity or worse, the workflow's criticality (empty =
    any). Then it depends on what it listens for:

    - `event`: every event. `connector`: an event of a workflow platform, or one that names the step that failed.
    - `dependency`: a workflow upstream has an open incident.
    - `count`: the `count`-th event of a group within `minutes`; the events before are held back.
    - `threshold`: the number at `fact` (a path in the event, joined by dots) compares so with `value`. Where it does
      not and no other trigger fits, the event is held back; one without the number is not meant.
    - `heartbeat`: a beat is missing. `timebox`: the timebox that it names was missed.

    The first that fits decides. `severity` is raised to at least this one; `captured` are names of facts or paths in
    the event that are written into the incident. `timebox` starts with the trigger; for `timebox`, it was missed.
    """

    key: Key
    title: Title
    kind: Listens = "report"
    formats: tuple[Format, ...] = ()
    words: tuple[Title, ...] = ()
    hint: SeverityOrAny = "any"
    criticality: tuple[Criticality, ...] = ()
    count: Annotated[int, Field(ge=1, le=1000)] = 1
    minutes: Minutes = 10
    fact: Annotated[str, StringConstraints(max_length=200)] = ""
    comparison: Comparison = "above"
    value: Number = ""
    severity: Severity | None = None
    told: Text = ""
    targets: tuple[Target, ...] = ()
    captured: tuple[Title, ...] = ()
    timebox: Literal["triage", "decision"] = "triage"


class Timebox(Part):
    """How long triage and decision may take at a severity; a named one beats `any` (D24)."""

    key: Key
    severity: SeverityOrAny = "any"
    triage_minutes: Minutes = 15
    decision_minutes: Minutes = 60


class Criteria(Part):
    """When a level takes part: at this severity or worse, and for these criticalities (empty = all)."""

    minimum_severity: Severity = "sev4"
    criticality: tuple[Criticality, ...] = ()


class Level(Part):
    """One step of the ladder: who is told and how long they have to answer (D19-D21)."""

    key: Key
    title: Title
    criteria: Criteria = Criteria()
    window_minutes: Minutes
    targets: tuple[Target, ...] = ()
    required_data: tuple[Title, ...] = ()
    permitted_actions: tuple[Title, ...] = ()
    consequence: Text = ""
    on_timeout: Literal["next", "hold", "deny"] = "next"


class News(Part):
    """Periodic news in the routine lane: every so many minutes, at most `times` (D16, D30)."""

    every_minutes: Minutes
    targets: tuple[Target, ...] = ()
    times: Annotated[int, Field(ge=1, le=500)] = 24


class Path(Part):
    """Which levels, in which order, for a criticality and severity; the most specific path applies (D16).

    A named criticality beats a named severity, which beats any.
    """

    key: Key
    title: Title
    criticality: CriticalityOrAny = "any"
    severity: SeverityOrAny = "any"
    levels: tuple[Key, ...] = ()
    news: News | None = None


class Repeats(Part):
    """After the last window the whole path is told again: `count` more rounds, each `every_minutes` after the last."""

    count: Annotated[int, Field(ge=0, le=20)] = 0
    every_minutes: Minutes = 15


class FollowUp(Part):
    """Ask again when an acknowledged incident shows no progress, and when nobody has said anything (minutes).

    A resolved incident closes when its reporter has not said otherwise for `close_after_days` (D98).
    """

    acknowledged_minutes: Minutes = 60
    silence_minutes: Minutes = 240
    close_after_days: Annotated[int, Field(ge=1, le=90)] = 3


class ExceptionCategory(Part):
    """A kind of exception with its own path and timer (D23)."""

    key: Key
    title: Title
    path: Key
    decision_minutes: Minutes = 60


class Learning(Part):
    """What has to follow an incident of a severity; a named one beats `any` (D82, D92, D96, D97).

    `demanded`: a review opens by itself when it is resolved, is published after `publish_days` at the latest, and the
    incident does not close before. `required` are sections without which it is not published. The effect of an action
    is looked at `effect_days` after it was done; a cause has come back when it is seen again within `window_days`.
    """

    key: Key
    severity: SeverityOrAny = "any"
    demanded: bool = True
    publish_days: Annotated[int, Field(ge=1, le=365)] = 10
    required: Annotated[tuple[ReviewSection, ...], Field(min_length=1)] = REVIEW_SECTIONS
    effect_days: Annotated[int, Field(ge=1, le=365)] = 30
    window_days: Annotated[int, Field(ge=1, le=730)] = 90


class Escalation(Content):
    """The content of kind `escalation`. `cap` bounds all steps that a run may take, news included (I8)."""

    scope: Scope = Scope()
    triggers: tuple[Trigger, ...] = ()
    timeboxes: tuple[Timebox, ...] = ()
    levels: tuple[Level, ...] = ()
    paths: tuple[Path, ...] = ()
    repeats: Repeats = Repeats()
    cap: Annotated[int, Field(ge=2, le=1000)] = 50
    fallback: tuple[Target, ...] = ()
    follow_up: FollowUp = FollowUp()
    exceptions: tuple[ExceptionCategory, ...] = ()
    learning: tuple[Learning, ...] = ()

    @cached_property
    def level_by_key(self) -> dict[str, Level]:
        return {level.key: level for level in self.levels}

    @cached_property
    def path_by_key(self) -> dict[str, Path]:
        return {path.key: path for path in self.paths}
