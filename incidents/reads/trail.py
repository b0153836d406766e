"""Audit trails of incidents and sources, and what their entries say after a name."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from incidents.models import Incident, Source
from portal import registry
from portal.reads.trail import Kind

VERBS = {
    "evidence.added": _("added a file"),
    "event.received": _("sent an event"),
    "escalation.re_resolved": _("looked up anew who is told"),
    "incident.acknowledged": _("took the incident"),
    "incident.confirmed": _("confirmed how severe it is"),
    "incident.severity_confirmed": _("confirmed how severe it is"),
    "incident.escalated": _("called the next level"),
    "incident.re_escalated": _("called people again"),
    "incident.lead_left": _("left while leading it"),
    "incident.merged_here": _("brought a duplicate here"),
    "incident.reassigned": _("gave it to somebody else"),
    "incident.reminded": _("reminded the people who work on it"),
    "incident.reported": _("reported it"),
    "incident.resumed": _("let it go on after a pause"),
    "incident.scored": _("rated it"),
    "incident.snoozed": _("paused it for a time"),
    "incident.triggered": _("raised it by a trigger"),
    "incident.unacknowledged": _("gave it back"),
    "incident.contained": _("said that it cannot get worse"),
    "incident.monitoring": _("began to watch whether it holds"),
    "incident.resolved": _("resolved it"),
    "incident.reopened": _("opened it again"),
    "incident.closed": _("closed it"),
    "incident.declined": _("declined it"),
    "incident.joined": _("joined the work"),
    "incident.affected": _("is affected too"),
    "incident.invited": _("asked somebody to help"),
    "incident.plan": _("said what will be done"),
    "incident.merged": _("closed it as a duplicate"),
    "source.created": _("set up the source"),
    "source.reading_changed": _("changed how its messages are read"),
}


def _incident(key: str) -> Any:
    return Incident.objects.select_related("workflow", "team").filter(reference=key).first()


def _source(key: str) -> Any:
    return Source.objects.filter(key=key).first()


def register() -> None:
    registry.trails.add("incident", Kind(_("Incident"), _incident))
    registry.trails.add("source", Kind(_("Source"), _source))
    for verb, words in VERBS.items():
        registry.verbs.add(verb, words)
