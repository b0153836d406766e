"""Incidents in the shape of ``incidents.api.schemas``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from incidents.models import EscalationRun, Incident, TimelineEntry
from incidents.reads import actions, programs, steps, timeline, trigger
from incidents.reads import incident as incident_reads
from incidents.reads import told as told_reads
from portal.models import User

TIMES = (
    *("started_at", "reported_at", "acknowledged_at", "triaged_at", "decided_at", "contained_at", "resolved_at"),
    "closed_at",
)
FACTS = ("reference", "title", "kind", "state", "severity", "priority", "is_restricted")
MORE = (
    *("description", "just_before", "who_is_hurt", "answers", "components", "workflow_version", "data_class", "hint"),
    *("trigger", "path", "plan", "resolution"),
)
ANSWERS = {"ok": "answered", "open": "waiting", "bad": "none"}


def person(user: Any) -> dict[str, Any] | None:
    return {"id": user.pk, "name": str(user)} if user else None


def thing(row: Any) -> dict[str, Any] | None:
    return {"key": row.key, "name": row.name} if row else None


def short(incident: Incident) -> dict[str, Any]:
    """`incident`, read with workflow, team and lead."""
    return {name: getattr(incident, name) for name in (*FACTS, *TIMES)} | {
        "url": f"{settings.SITE_URL}{incident.get_absolute_url()}",
        "workflow": thing(incident.workflow),
        "team": thing(incident.team),
        "lead": person(incident.lead),
    }


def whole(incident: Incident, user: User, *, at: datetime) -> dict[str, Any]:
    """Everything that the page of `incident` says to `user` at `at`; a constant number of queries."""
    page, due = incident_reads.show(incident, user, at=at), programs.promised(incident)
    fits = actions.available(incident, page.run, page.may.__contains__, user)
    return (
        short(incident)
        | {name: getattr(incident, name) for name in MORE}
        | {
            "reporter": person(incident.reporter),
            "checked": incident.deviation,
            "merged_into": programs.winner(incident, user) or None,
            "due": {"triage_at": due.get("triage"), "decision_at": due.get("decision")},
            "escalation": page.run and escalation(page.run, page.told, page.coming),
            "triggers": [
                {"at": item.at, "title": item.title, "why": item.why, "opened": item.opened}
                for item in trigger.of(incident, page.run)
            ],
            "rules": [_rule(version) for version in page.pins],
            "course": course(incident),
            "may": [slug for slug, _words in fits],
        }
    )


def escalation(run: EscalationRun, told: list[told_reads.Told], coming: list[told_reads.Next]) -> dict[str, Any]:
    names = ("state", "severity", "generation", "level", "started_at", "acknowledged_at", "paused_until")
    return {name: getattr(run, name) for name in names} | {
        "acknowledged_by": person(run.acknowledged_by),
        "told": [_told(item) for item in told],
        "next": [
            {"kind": item.kind, "at": item.at, "title": item.title, "names": item.names, "why": item.why}
            for item in coming
        ],
    }


def _told(item: told_reads.Told) -> dict[str, Any]:
    return {
        "person": person(item.user),
        "level": item.level,
        "title": item.title,
        "at": item.at,
        "answer": ANSWERS.get(item.tone, "told"),
        "why": item.why,
        "ways": [
            {"channel": str(way.channel), "state": str(way.word), "at": way.at, "reason": str(way.reason)}
            for way in item.ways
        ],
    }


def course(incident: Incident) -> dict[str, Any] | None:
    """How far the playbook of `incident` was carried out; None without one."""
    if incident.playbook_id is None:
        return None
    found = steps.in_short(steps.course(incident))
    return found | {"steps": [row | {"by": person(row["by"])} for row in found["steps"]]}


def _rule(version: Any) -> dict[str, Any]:
    document = version.document
    found = {"kind": document.kind, "key": document.key, "title": document.title}
    return found | {"version": version.number, "digest": version.digest}


def entry(row: TimelineEntry, words: timeline.Row) -> dict[str, Any]:
    found = {"id": row.pk, "at": row.at, "verb": row.verb, "by": person(row.by), "is_public": row.is_public}
    return found | {"text": words.text, "detail": words.detail}
