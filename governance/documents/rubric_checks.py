"""What a rubric must hold before it may be published, and what is unwise (D25-D28)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from governance.documents.base import SEVERITIES, duplicate_keys, unknown_references
from governance.documents.facts import Facts, Finding

if TYPE_CHECKING:
    from governance.documents.rubric import Rubric


def findings(content: Rubric, facts: Facts) -> list[Finding]:
    """All findings about a rubric, blocking ones first."""
    found = [
        *unknown_references(content, facts),
        *_keys(content),
        *_dimensions(content),
        *_departments(content),
        *_thresholds(content),
        *_signals(content),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def _keys(content: Rubric) -> Iterator[Finding]:
    for name in ("dimensions", "departments", "thresholds", "signals", "symptoms"):
        yield from duplicate_keys(getattr(content, name), f"/{name}")
    if content.scope.kind not in ("default", "department"):
        yield Finding("blocking", "/scope", "A rubric belongs to one department or is the company default.")


def _dimensions(content: Rubric) -> Iterator[Finding]:
    if not content.dimensions:
        yield Finding("blocking", "/dimensions", "The rubric asks nothing.")
    for dimension in content.dimensions:
        path = f"/dimensions/{dimension.key}"
        if dimension.yes == dimension.no:
            yield Finding(
                "advisory", path, f"{dimension.title}: yes and no count the same, so the question changes nothing."
            )
        if not min(dimension.yes, dimension.no) <= dimension.unknown <= max(dimension.yes, dimension.no):
            yield Finding("blocking", f"{path}/unknown", f"{dimension.title}: don't know must lie between yes and no.")
    points = content.criticality
    if not points.low <= points.medium <= points.high:
        yield Finding("blocking", "/criticality", "A higher criticality may not count less than a lower one.")


def _departments(content: Rubric) -> Iterator[Finding]:
    dimensions = {dimension.key for dimension in content.dimensions}
    seen = set()
    for appetite in content.departments:
        path = f"/departments/{appetite.key}"
        if appetite.department in seen:
            yield Finding("blocking", path, "This department has its weights twice.")
        seen.add(appetite.department)
        yield from duplicate_keys(appetite.weights, f"{path}/weights")
        for weight in appetite.weights:
            if weight.key not in dimensions:
                yield Finding(
                    "blocking", f"{path}/weights/{weight.key}", f"There is no question called {weight.key!r}."
                )


def _thresholds(content: Rubric) -> Iterator[Finding]:
    if not any(threshold.minimum == 0 for threshold in content.thresholds):
        yield Finding("blocking", "/thresholds", "No threshold starts at 0, so a low total would have no severity.")
    ordered = sorted(content.thresholds, key=lambda threshold: threshold.minimum)
    for lower, upper in zip(ordered, ordered[1:], strict=False):
        path = f"/thresholds/{upper.key}"
        if lower.minimum == upper.minimum:
            yield Finding("blocking", path, f"{lower.key} and {upper.key} start at the same total.")
        if SEVERITIES.index(upper.severity) > SEVERITIES.index(lower.severity):
            yield Finding("blocking", path, "A higher total may not mean a lower severity.")
    top = sum(max(item.yes, item.no) * item.weight for item in content.dimensions) + content.criticality.high
    for threshold in content.thresholds:
        if threshold.minimum > top and not content.departments:
            sentence = (
                f"{threshold.severity.upper()} starts at {threshold.minimum}, but no answers reach more than {top}."
            )
            yield Finding("blocking", f"/thresholds/{threshold.key}", sentence)
        if not threshold.do_now:
            yield Finding(
                "advisory",
                f"/thresholds/{threshold.key}/do_now",
                f"{threshold.severity.upper()} does not say what to do now.",
            )
    for severity in SEVERITIES:
        if severity not in {threshold.severity for threshold in content.thresholds}:
            yield Finding("advisory", "/thresholds", f"No total leads to {severity.upper()}.")


def _signals(content: Rubric) -> Iterator[Finding]:
    caught = ""
    for signal in content.signals:
        if caught:
            yield Finding(
                "blocking", f"/signals/{signal.key}", f"{signal.title} is never reached: {caught} catches everything."
            )
        if signal.hint == "any" and signal.criticality == "any":
            caught = signal.title
