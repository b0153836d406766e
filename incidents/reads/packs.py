"""Incidents as evidence: what happened, whom the engine told by which row, by which versions, and what proves it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from governance.models import ChangeRequest, Version
from governance.reads import packs
from incidents.models import EscalationRun, Incident
from incidents.reads import pins, timeline
from portal import registry
from portal.evidence import contents, populations
from portal.evidence.contents import Contents, Contributor, Population, Said
from portal.models import Message

RECEIPTS = {
    "escalation.capped",
    "incident.acknowledged",
    "incident.closed",
    "incident.declined",
    "incident.merged",
    "incident.plan",
    "incident.resolved",
    "incident.severity_confirmed",
    "incident.switched",
    "incident.playbook",
}
NOT_IN = ("context", "token", "lease_until", "method_id")  # of a message: its words, and how it is delivered
WORDS = ("description", "just_before", "who_is_hurt", "resolution", "deviation")


def of_incident(incident: Incident) -> Contents:
    """Everything about `incident`, with the versions that it ran by and the emergency changes that it was for."""
    run = EscalationRun.objects.filter(incident=incident).first()
    found = Contents(receipts=set(RECEIPTS))
    found.about(incident)
    found.people |= {incident.reporter_id, incident.lead_id}
    found.files["incident.json"] = contents.state(incident) | {
        "reference": incident.reference,
        "words": {name: getattr(incident, name) for name in WORDS},
        "workflow": str(incident.workflow or ""),
        "team": str(incident.team),
    }
    _happened(found, incident)
    _rated(found, incident)
    _escalated(found, run)
    _told(found, incident)
    _kept(found, incident)
    found.add(_pinned(found, incident, run))
    return found


def _happened(found: Contents, incident: Incident) -> None:
    rows = incident.timeline.select_related("by", "text_row").order_by("id")
    found.files["timeline.json"] = contents.listed(
        contents.columns(row, "incident_id")
        | {
            "sentence": timeline.sentence(row).text,
            "salt": row.text_row.salt if hasattr(row, "text_row") else "",
            "text": row.text_row.text if hasattr(row, "text_row") else None,
        }
        for row in rows
    )
    found.people |= {row.by_id for row in rows}
    others = list(incident.participants.order_by("since", "id"))
    found.files["participants.json"] = contents.listed(contents.columns(row, "incident_id") for row in others)
    found.people |= {row.user_id for row in others}


def _rated(found: Contents, incident: Incident) -> None:
    scores = list(incident.scores.order_by("at", "pk"))
    found.logs += scores
    found.people |= {row.by_id for row in scores}
    found.files["scores.json"] = contents.listed(contents.state(row) for row in scores)


def _escalated(found: Contents, run: EscalationRun | None) -> None:
    """Each person told or not, by which row of which version; what the engine wrote into the ledger proves it."""
    if run is None:
        return
    found.about(run)
    rows = []
    for event in run.events.order_by("id"):
        row = contents.columns(event, "run_id")
        if event.user_id is not None and event.outcome == "told":
            data = {"generation": event.generation, "level": event.level_key, "round": event.round}
            told = {"told": str(event.user_id)}
            row[contents.SAID] = Said("escalation.stepped", run.pk, at=event.at, data=data, among=told)
        rows.append(row)
        found.people.add(event.user_id)
    found.files["escalation.json"] = contents.listed(rows, run=contents.columns(run))


def _told(found: Contents, incident: Incident) -> None:
    """Messages and each try to deliver them: to whom, how, when, with what result; never their words (D32)."""
    messages = Message.objects.filter(subject_id=incident.pk).defer("context").order_by("created_at", "id")
    rows = []
    for message in messages.prefetch_related("attempts"):
        tries = sorted(message.attempts.all(), key=lambda item: item.number)
        said = contents.columns(message, *NOT_IN)
        said["attempts"] = [contents.columns(item, "token", "address", "message_id") for item in tries]
        rows.append(said)
        found.about(message)
        found.people.add(message.recipient_id)
    found.files["messages.json"] = contents.listed(rows)


def _kept(found: Contents, incident: Incident) -> None:
    kept = list(incident.evidence.order_by("added_at", "pk"))
    found.about(*kept)
    found.people |= {row.added_by_id for row in kept}
    found.files["evidence.json"] = contents.listed(contents.state(row) for row in kept)


def _pinned(found: Contents, incident: Incident, run: EscalationRun | None) -> Contents:
    """The versions that steered it (D79), and the changes for which it was the ground."""
    now = {*pins.pinned_ids(incident, run), *pins.modules_of(incident.playbook)}
    before = {UUID(str(key)) for key in incident.scores.values_list("rubric_id", flat=True)}
    before |= {UUID(row.data["before"]) for row in incident.timeline.filter(verb="switched") if row.data.get("before")}
    rows = Version.objects.filter(pk__in=now | before).select_related("document").order_by("document__kind", "pk")
    found.files["pins.json"] = contents.listed(
        (
            {
                "what": row.document.kind,
                "version": row.pk,
                "title": row.document.title,
                "number": row.number,
                "document": row.digest,
                "is_now": row.pk in now,
            }
            for row in rows
        ),
        workflow_version=incident.workflow_version,
    )
    emergencies = ChangeRequest.objects.filter(ground_type=Incident._meta.label_lower, ground_id=incident.pk)
    more = list(emergencies.select_related("document", "version__based_on", "policy").order_by("requested_at"))
    return packs.of_versions({row.pk for row in rows} | {row.version_id for row in more}, more)


def _find(key: str) -> Incident | None:
    return Incident.objects.select_related("workflow", "team", "playbook").filter(reference=key).first()


def _incidents(begin: datetime, end: datetime) -> Population:
    """All incidents, near misses and drills that were reported in [begin, end), restricted ones too."""
    rows = Incident.objects.filter(reported_at__gte=begin, reported_at__lt=end).order_by("reported_at", "pk")
    listed: list[dict[str, Any]] = [
        {
            "id": row.pk,
            "reference": row.reference,
            "state": row.state,
            "kind": row.kind,
            "severity": row.severity,
            "priority": row.priority,
            "title": row.title,
            "workflow": row.workflow.name if row.workflow else "",
            "team": row.team.name,
            "is_restricted": row.is_restricted,
            "reported_at": row.reported_at,
            "acknowledged_at": row.acknowledged_at,
            "resolved_at": row.resolved_at,
            "closed_at": row.closed_at,
        }
        for row in rows.select_related("workflow", "team")
    ]
    return Population(["incidents.incident.created"], listed, populations.numbers(listed))


def register() -> None:
    registry.packs.add(
        "incident", Contributor(_("Incident"), _incidents, _find, of_incident, lambda row: row.reference)
    )
