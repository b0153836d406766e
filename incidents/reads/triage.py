"""All that is known of an incident for whoever looks first, as one JSON document (D36).

``document`` returns, in this order, with times in ISO 8601 (UTC), "" for texts that nobody gave and null for facts
that are not known:

- ``schema`` "triage/1"; a key is never renamed or removed under the same number. ``exported_at``.
- ``incident`` {reference, url, kind, title, state, severity, priority 1-4, path, trigger, hint, team, reporter, lead,
  data_class, is_restricted}; ``path`` and ``trigger`` are keys of the escalation policy, ``reporter`` null = a machine.
- ``workflow`` null or {key, name, platform, environment, criticality}.
- ``workflow_versions`` [str]; ``components`` [str].
- ``times`` {started_at, reported_at, acknowledged_at, triaged_at, decided_at, contained_at, resolved_at, closed_at}.
- ``users_saw``, ``just_before`` (what the reporter did), ``who_is_hurt``, ``plan``.
- ``answers`` [{key, question, answer yes|no|unknown}].
- ``scores`` [{at, by null = the rubric, severity, priority, total, rule, path, hint, criticality, reason, answers
  {key: answer}, breakdown [{key, title, answer, points, weight, total, sentence}], rubric {title, version, digest}}],
  the oldest first, the newest 200.
- ``changes`` of the workflow near the start [{changed_at, summary, version, source, minutes, is_before}].
- ``events_total`` (up to 1 000) and ``events`` [{received_at, occurred_at, source, action, outcome, trigger, why,
  dedup_key, title, severity, workflow_version, components}], the newest 100, the newest first. Bodies stay behind.
- ``playbook`` null or {title, version, digest, scenario null or {key, title}, scope missing|open|agreed|objected|
  overruled, finished, total (at least), next null or a key, steps [{key, title, does, visit, state done|changed|
  skipped|now|ahead|later, is_locked, owner, owned_at, ended_by, ended_at, reason, option (of a gate), result (of a
  check), artefact, evidence null or its SHA-256}]}, the steps in the order of the way that was taken.
- ``roles`` [{role, title, holder, entered assumed|assigned|handed_over|stepped_in, is_authorized, assumed_at,
  ended_at}]; ``decisions`` [{reference, asked, question, step, workflow, severity, risk, state, opened_at, due_at,
  ended_at, records [{number, outcome, choice, title, by, level, authority, risk, at}]}], of a contested one the last
  record counts; ``containments`` [{kind, what, workflow, by, since, released_by, released_at, release}]; ``remedies``
  [{kind, what, rationale, artefact, by, at, expires_at, removed_at}]; ``rechecks`` [{subject, workflow, result passed|
  failed|waived, note, by, at}]: the oldest first, the newest 200 of each.

Nothing in it goes beyond the page of the incident: whoever may open that may have this. Among the decisions are those
that the reader may see.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from governance.reads import documents
from incidents.models import Event, ImpactScore, Incident
from incidents.reads import rating, triage_response
from incidents.reads.triage_response import iso
from portal.models import User

SCHEMA = "triage/1"
SCORES, EVENTS, COUNTED = 200, 100, 1_000
TIMES = (
    *("started_at", "reported_at", "acknowledged_at", "triaged_at", "decided_at"),
    *("contained_at", "resolved_at", "closed_at"),
)


def document(incident: Incident, user: User, *, at: datetime) -> dict[str, Any]:
    """The document of `incident` for `user`; a constant number of queries.

    Give it with workflow, platform, team and people.
    """
    newest = incident.scores.select_related("by", "rubric__document").defer("rubric__content").order_by("-id")
    scores = list(newest[:SCORES])[::-1]
    events = Event.objects.filter(incident=incident)
    return {
        "schema": SCHEMA,
        "exported_at": iso(at),
        "incident": _incident(incident),
        "workflow": _workflow(incident),
        "workflow_versions": versions(incident.workflow_version),
        "components": incident.components,
        "times": {name: iso(getattr(incident, name)) for name in TIMES},
        "users_saw": incident.description,
        "just_before": incident.just_before,
        "who_is_hurt": incident.who_is_hurt,
        "plan": incident.plan,
        "answers": _answers(incident, scores),
        "scores": [_score(score) for score in scores],
        "changes": [_change(item) for item in rating.changes(incident)],
        "events_total": events.order_by()[:COUNTED].count(),
        "events": [_event(event) for event in _newest(events)],
        **triage_response.parts(incident, user),
    }


def versions(text: str) -> list[str]:
    """The ids of a workflow version as they are kept: separated by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]


def _newest(events: Any) -> list[Event]:
    return list(events.select_related("source").defer("body").order_by("-received_at", "-id")[:EVENTS])


def _incident(incident: Incident) -> dict[str, Any]:
    plain = ("kind", "title", "state", "severity", "priority", "path", "trigger", "hint", "data_class", "is_restricted")
    found: dict[str, Any] = {"reference": incident.reference, "url": settings.SITE_URL + incident.get_absolute_url()}
    found |= {name: getattr(incident, name) for name in plain}
    people = {"reporter": incident.reporter, "lead": incident.lead}
    return found | {"team": incident.team.name} | {name: str(user) if user else None for name, user in people.items()}


def _workflow(incident: Incident) -> dict[str, Any] | None:
    workflow = incident.workflow
    if workflow is None:
        return None
    plain = ("key", "name", "environment", "criticality")
    return {name: getattr(workflow, name) for name in plain} | {"platform": workflow.platform.name}


def _answers(incident: Incident, scores: list[ImpactScore]) -> list[dict[str, str]]:
    if not scores:
        return [{"key": key, "question": "", "answer": str(answer)} for key, answer in incident.answers.items()]
    rubric = scores[-1].rubric
    content = documents.pinned({(rubric.pk, rubric.digest)})[rubric.pk].content
    return rating.answers_in_words(content, incident.answers)


def _score(score: ImpactScore) -> dict[str, Any]:
    rubric = score.rubric
    plain = ("severity", "priority", "total", "rule", "path", "hint", "criticality", "reason", "answers", "breakdown")
    found: dict[str, Any] = {"at": iso(score.at), "by": str(score.by) if score.by else None}
    found |= {name: getattr(score, name) for name in plain}
    return found | {"rubric": {"title": rubric.document.title, "version": rubric.number, "digest": rubric.digest}}


def _change(near: rating.Change) -> dict[str, Any]:
    change = near.change
    plain: dict[str, Any] = {name: getattr(change, name) for name in ("summary", "version", "source")}
    return {"changed_at": iso(change.changed_at), **plain, "minutes": near.minutes, "is_before": near.is_before}


def _event(event: Event) -> dict[str, Any]:
    facts: Mapping[str, Any] = event.facts if isinstance(event.facts, dict) else {}
    return {
        "received_at": iso(event.received_at),
        "occurred_at": iso(event.occurred_at),
        "source": event.source.name,
        "action": event.action,
        "outcome": event.outcome,
        "trigger": event.trigger,
        "why": event.group_reason,
        "dedup_key": event.dedup_key,
        "title": facts.get("title", ""),
        "severity": facts.get("severity"),
        "workflow_version": facts.get("workflow_version", ""),
        "components": list(facts.get("components") or []),
    }
