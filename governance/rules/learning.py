"""What has to follow an incident: the review, its sections and times, and when a cause came back (D82, D92, D97)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from governance.documents.base import Pinned
from governance.documents.escalation import REVIEW_SECTIONS, Escalation, Learning

Because = Literal["cause", "pattern", "workflow"]
BUILT_IN = {
    "sev1": Learning(key="sev1", severity="sev1", publish_days=5),
    "sev2": Learning(key="sev2", severity="sev2", publish_days=10),
}
"""What holds where a policy says nothing."""
ON_WISH = Learning(key="on-wish", demanded=False)
REMINDED_BEFORE = timedelta(days=1)


def rule(policy: Pinned[Escalation] | None, severity: str) -> Learning:
    """What has to follow an incident of `severity`; a row that names it beats one for any."""
    rows = {row.severity: row for row in policy.content.learning} if policy else {}
    if rows:
        return rows.get(severity) or rows.get("any") or ON_WISH  # type: ignore[call-overload, no-any-return]
    return BUILT_IN.get(severity, ON_WISH)


def due(rule: Learning, resolved_at: datetime) -> datetime:
    """By when the review is published."""
    return resolved_at + timedelta(days=rule.publish_days)


def missing(required: Sequence[str], written: Mapping[str, str]) -> list[str]:
    """Sections without which a review cannot be published and that nobody has written, in the order of the report."""
    return [name for name in REVIEW_SECTIONS if name in required and not written.get(name, "").strip()]


@dataclass(frozen=True)
class Trace:
    """What an incident leaves by which its cause is known again: keys of causes, failure patterns and its workflow."""

    at: datetime
    workflow: UUID | None = None
    patterns: frozenset[UUID] = frozenset()
    causes: frozenset[str] = frozenset()


def came_back(earlier: Trace, now: Trace, window: timedelta) -> tuple[Because, ...]:
    """By what the cause of `earlier` is seen again in `now`, the strongest first; empty: it is not, or too long ago."""
    if not earlier.at < now.at <= earlier.at + window:
        return ()
    found: list[Because] = []
    if earlier.causes & now.causes:
        found.append("cause")
    if earlier.patterns & now.patterns:
        found.append("pattern")
    if earlier.workflow is not None and earlier.workflow == now.workflow:
        found.append("workflow")
    return tuple(found)


Direction = Literal["down", "up"]
Verdict = Literal["helped", "not_helped", "unknown"]


@dataclass(frozen=True)
class Measured:
    """What is known of an action when its effect is looked at.

    `value` is what the figure is now (None: nobody measured it); `again` how often its cause came back since it was
    done, by more than the workflow; `helps` and `not_helps` are the answers of those who reported or use it.
    """

    baseline: float | None = None
    goal: float | None = None
    direction: Direction = "down"
    value: float | None = None
    again: int = 0
    helps: int = 0
    not_helps: int = 0


def moved(found: Measured) -> bool | None:
    """Whether the figure has reached its goal, or without a goal is better than before; None: not known."""
    if found.value is None:
        return None
    sign = 1 if found.direction == "up" else -1
    if found.goal is not None:
        return sign * found.value >= sign * found.goal
    return None if found.baseline is None else sign * found.value > sign * found.baseline


def effect(found: Measured) -> Verdict:
    """Whether an action has helped: a cause that came back or a figure that did not move says no.

    Otherwise a figure that moved says yes; where there is none, the people who were asked say it.
    """
    by_figure = moved(found)
    if found.again or by_figure is False or found.not_helps > found.helps:
        return "not_helped"
    if by_figure or found.helps > found.not_helps:
        return "helped"
    return "unknown"
