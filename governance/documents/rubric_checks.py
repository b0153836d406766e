"""What a rubric must hold before it may be published, and what is unwise (D25-D28)."""

from __future__ import annotations

from collections.abc import Iterator

from governance.documents import links
from governance.documents.base import SEVERITIES, duplicate_keys
from governance.documents.facts import Facts, Finding
from governance.documents.rubric import Rubric
from governance.documents.sentences import Sentence as _


def findings(content: Rubric, facts: Facts) -> list[Finding]:
    """All findings about a rubric, blocking ones first."""
    found = [
        *links.unknown(content, facts),
        *_keys(content),
        *_dimensions(content),
        *_departments(content),
        *_thresholds(content),
        *_named_paths(content, facts),
        *_signals(content),
    ]
    return sorted(found, key=lambda finding: not finding.blocking)


def _keys(content: Rubric) -> Iterator[Finding]:
    for name in ("dimensions", "departments", "thresholds", "signals", "symptoms"):
        yield from duplicate_keys(getattr(content, name), f"/{name}")
    if content.scope.kind not in ("default", "department"):
        yield Finding("blocking", "/scope", _("A rubric belongs to one department or is the company default."))


def _dimensions(content: Rubric) -> Iterator[Finding]:
    if not content.dimensions:
        yield Finding("blocking", "/dimensions", _("The rubric asks nothing."))
    for dimension in content.dimensions:
        path = f"/dimensions/{dimension.key}"
        if dimension.yes == dimension.no:
            sentence = _("%(question)s: yes and no count the same, so the question changes nothing.")
            yield Finding("advisory", path, sentence % {"question": dimension.title})
        if not min(dimension.yes, dimension.no) <= dimension.unknown <= max(dimension.yes, dimension.no):
            sentence = _("%(question)s: don't know must lie between yes and no.") % {"question": dimension.title}
            yield Finding("blocking", f"{path}/unknown", sentence)
    points = content.criticality
    if not points.low <= points.medium <= points.high:
        yield Finding("blocking", "/criticality", _("A higher criticality may not count less than a lower one."))


def _departments(content: Rubric) -> Iterator[Finding]:
    dimensions = {dimension.key for dimension in content.dimensions}
    seen = set()
    for appetite in content.departments:
        path = f"/departments/{appetite.key}"
        if appetite.department in seen:
            yield Finding("blocking", path, _("This department has its weights twice."))
        seen.add(appetite.department)
        yield from duplicate_keys(appetite.weights, f"{path}/weights")
        for weight in appetite.weights:
            if weight.key not in dimensions:
                sentence = _("There is no question called '%(key)s'.") % {"key": weight.key}
                yield Finding("blocking", f"{path}/weights/{weight.key}", sentence)


def _thresholds(content: Rubric) -> Iterator[Finding]:
    if not any(threshold.minimum == 0 for threshold in content.thresholds):
        yield Finding("blocking", "/thresholds", _("No threshold starts at 0, so a low total would have no severity."))
    ordered = sorted(content.thresholds, key=lambda threshold: threshold.minimum)
    for lower, upper in zip(ordered, ordered[1:], strict=False):
        path = f"/thresholds/{upper.key}"
        if lower.minimum == upper.minimum:
            sentence = _("%(lower)s and %(upper)s start at the same total.")
            yield Finding("blocking", path, sentence % {"lower": lower.key, "upper": upper.key})
        if SEVERITIES.index(upper.severity) > SEVERITIES.index(lower.severity):
            yield Finding("blocking", path, _("A higher total may not mean a lower severity."))
    top = sum(max(item.yes, item.no) * item.weight for item in content.dimensions) + content.criticality.high
    for threshold in content.thresholds:
        if threshold.minimum > top and not content.departments:
            sentence = _("%(severity)s starts at %(minimum)d, but no answers reach more than %(top)d.")
            said = {"severity": threshold.severity.upper(), "minimum": threshold.minimum, "top": top}
            yield Finding("blocking", f"/thresholds/{threshold.key}", sentence % said)
        if not threshold.do_now:
            sentence = _("%(severity)s does not say what to do now.") % {"severity": threshold.severity.upper()}
            yield Finding("advisory", f"/thresholds/{threshold.key}/do_now", sentence)
    for severity in SEVERITIES:
        if severity not in {threshold.severity for threshold in content.thresholds}:
            sentence = _("No total leads to %(severity)s.") % {"severity": severity.upper()}
            yield Finding("advisory", "/thresholds", sentence)


def _named_paths(content: Rubric, facts: Facts) -> Iterator[Finding]:
    """D25: a threshold names a path of the escalation policy; what names none leaves it to the policy."""
    for threshold in content.thresholds:
        if threshold.path is not None and facts.paths is not None and threshold.path not in facts.paths:
            sentence = _("No escalation policy in force has a path called '%(key)s', so the policy's own rule decides.")
            yield Finding("advisory", f"/thresholds/{threshold.key}/path", sentence % {"key": threshold.path})


def _signals(content: Rubric) -> Iterator[Finding]:
    caught = ""
    for signal in content.signals:
        if caught:
            sentence = _("%(signal)s is never reached: %(other)s catches everything.")
            yield Finding("blocking", f"/signals/{signal.key}", sentence % {"signal": signal.title, "other": caught})
        if signal.hint == "any" and signal.criticality == "any":
            caught = signal.title
