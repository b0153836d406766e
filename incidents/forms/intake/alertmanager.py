"""What Prometheus Alertmanager posts: the alerts of one group, `groupKey`, with their common labels.

One call is one event of the group. The same call again minutes later is a reminder (``repeat_interval``).
"""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from incidents.forms import mapping
from incidents.forms.intake.parsing import Unacceptable, first_line, items, names, part, said, when
from incidents.services import reasons
from portal import limits, redaction

NAMES_WORKFLOW = ("workflow", "workflow_key", "workflow_id", "workflow_name", "flow", "flow_id")
NAMES_COMPONENT = ("component", "service", "node", "instance")
NAMES_VERSION = ("workflow_version", "version")
SAID = ("summary", "title", "description", "message")
LISTED = 20  # alerts in the description


def read(content: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Raises Unacceptable when it is no call of an Alertmanager."""
    status = said(content, "status").lower()
    if status not in ("firing", "resolved"):
        raise Unacceptable("status", _("Use one of: %(words)s.") % {"words": "firing, resolved"})
    if not isinstance(content.get("alerts"), list):
        raise Unacceptable("alerts", _("Send the list of alerts."))
    alerts = items(content, "alerts")
    firing = [alert for alert in alerts if said(alert, "status") == "firing"] or alerts
    group = said(content, "groupKey", most=10 * limits.NAME_LENGTH) or _labels(part(content, "groupLabels"))
    workflow = _label(content, firing, NAMES_WORKFLOW)
    began = [moment for moment in (when(alert.get("startsAt"), at) for alert in firing) if moment]
    return {
        "title": redaction.scrub_text(_title(content, firing))[: limits.TITLE_LENGTH],
        "description": redaction.scrub_text(_description(content, firing))[: limits.TEXT_LENGTH],
        "workflows": names(workflow, by=("key", "external_id", "name")),
        "dedup_key": group,
        "group_reason": reasons.SAME_ALERTS % {"group": group[: limits.NAME_LENGTH]} if group else "",
        "action": "resolve" if status == "resolved" else "trigger",
        "occurred_at": min(began, default=None),
        "severity": _severity(content, firing),
        "workflow_version": _label(content, firing, NAMES_VERSION)[: limits.KEY_LENGTH],
        "components": _components(firing),
        "repeats": True,
    }


def _labels(labels: dict[str, Any]) -> str:
    return ", ".join(f"{name}={said(labels, name)}" for name in sorted(labels))[: limits.TITLE_LENGTH]


def _label(content: dict[str, Any], alerts: list[dict[str, Any]], wanted: tuple[str, ...]) -> str:
    """The first of the labels `wanted` that the group or, if not, one of its alerts carries."""
    places = [part(content, "commonLabels"), part(content, "groupLabels")]
    places += [part(alert, "labels") for alert in alerts[:LISTED]]
    return next((said(place, name) for place in places for name in wanted if said(place, name)), "")


def _title(content: dict[str, Any], alerts: list[dict[str, Any]]) -> str:
    places = [part(content, "commonAnnotations")] + [part(alert, "annotations") for alert in alerts[:LISTED]]
    for place in places:
        for name in SAID:
            text = said(place, name, most=limits.TEXT_LENGTH)
            if text:
                return first_line(text)
    name = _label(content, alerts, ("alertname",))
    return name or _labels(part(content, "groupLabels")) or _("An alert without a name")


def _description(content: dict[str, Any], alerts: list[dict[str, Any]]) -> str:
    """What each alert says, one a line, and where to look."""
    lines = []
    for alert in alerts[:LISTED]:
        annotations, labels = part(alert, "annotations"), part(alert, "labels")
        words = [said(annotations, name, most=limits.TITLE_LENGTH) for name in SAID]
        lines.append(" · ".join(dict.fromkeys(text for text in words if text)) or _labels(labels))
    if len(alerts) > LISTED:
        lines.append(_("… and %(count)d more alerts.") % {"count": len(alerts) - LISTED})
    runbooks = [said(alert, "annotations", "runbook_url", most=limits.ADDRESS_LENGTH) for alert in alerts[:LISTED]]
    places = [*runbooks, said(content, "externalURL", most=limits.ADDRESS_LENGTH)]
    return "\n".join(line for line in [*lines, *dict.fromkeys(places)] if line)


def _severity(content: dict[str, Any], alerts: list[dict[str, Any]]) -> str | None:
    """The worst that an alert of the group says."""
    places = [part(content, "commonLabels")] + [part(alert, "labels") for alert in alerts]
    found = [mapping.severity_of(said(place, name)) for place in places for name in ("severity", "priority")]
    return min((severity for severity in found if severity), default=None)


def _components(alerts: list[dict[str, Any]]) -> tuple[str, ...]:
    found = [said(alert, "labels", name) for name in NAMES_COMPONENT for alert in alerts]
    return tuple(dict.fromkeys(redaction.scrub_text(text) for text in found if text))[:LISTED]
