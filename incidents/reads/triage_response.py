"""What was done about an incident, for its document (``reads.triage``): playbook, roles, decisions, what holds for now.

Every list is in the order in which things happened and holds the newest 200; nothing in it depends on the reader's
language. No free words of a decision are among it: whoever may read them finds them on its page.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from incidents import access
from incidents.models import (
    Containment,
    DecisionRecord,
    DecisionRequest,
    Incident,
    Recheck,
    Remedy,
    RoleAssignment,
    StepEntry,
)
from incidents.reads import steps
from portal.models import User

MOST = 200


def parts(incident: Incident, user: User) -> dict[str, Any]:
    """The keys that ``reads.triage`` describes; a constant number of queries. `user`: who reads it."""
    return {
        "playbook": _playbook(steps.course(incident)),
        "roles": [_role(row) for row in _roles(incident)],
        "decisions": _decisions(incident, user),
        "containments": [_containment(row) for row in _containments(incident)],
        "remedies": [_remedy(row) for row in _newest(Remedy.objects.filter(incident=incident), "by", order="at")],
        "rechecks": [_recheck(row) for row in _rechecks(incident)],
    }


def iso(moment: datetime | None) -> str | None:
    """`moment` in UTC as ISO 8601."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


def _newest(rows: QuerySet[Any], *joined: str, order: str) -> list[Any]:
    """The newest `rows` by the field `order`, the oldest of them first."""
    found: list[Any] = list(rows.select_related(*joined).order_by(f"-{order}", "-pk")[:MOST])
    return found[::-1]


def _name(user: User | None) -> str | None:
    return str(user) if user is not None else None


# Playbook


def _playbook(found: steps.Course) -> dict[str, Any] | None:
    version = found.version
    if version is None:
        return None
    scenario = found.scenario
    return {
        "title": version.document.title,
        "version": version.number,
        "digest": version.digest,
        "scenario": {"key": scenario.key, "title": scenario.title} if scenario else None,
        "scope": found.scope,
        "finished": len(found.ended),
        "total": found.total,
        "next": found.now.step.key if found.now else None,
        "steps": [_step(line, found.entries) for line in found.lines],
    }


def _step(line: steps.Line, entries: Sequence[StepEntry]) -> dict[str, Any]:
    entry = line.entry
    taken = _taken(entry, entries) if entry is not None else None
    owner, owned_at = (taken.by, taken.at) if taken is not None else (line.owner, line.owned_at)
    given = entry.given if entry is not None else {}
    return {
        "key": line.step.key,
        "title": line.step.title,
        "does": line.step.does,
        "visit": line.visit,
        "state": line.state,
        "is_locked": bool(line.locked),
        "owner": _name(owner),
        "owned_at": iso(owned_at),
        "ended_by": _name(entry.by) if entry is not None else None,
        "ended_at": iso(entry.at) if entry is not None else None,
        "reason": entry.reason if entry is not None else "",
        "option": given.get("option", ""),
        "result": given.get("result", ""),
        "artefact": given.get("artefact", ""),
        "evidence": entry.evidence.sha256 if entry is not None and entry.evidence is not None else None,
    }


def _taken(ended: StepEntry, entries: Sequence[StepEntry]) -> StepEntry | None:
    """Who had the step when it was `ended`."""
    owner = None
    for entry in entries:
        if entry.pk >= ended.pk:
            break
        if entry.step == ended.step:
            owner = entry if entry.did == StepEntry.Did.TAKEN else None
    return owner


# Roles, decisions


def _roles(incident: Incident) -> list[RoleAssignment]:
    return _newest(RoleAssignment.objects.filter(incident=incident), "user", order="assumed_at")


def _role(row: RoleAssignment) -> dict[str, Any]:
    return {
        "role": row.role,
        "title": row.title,
        "holder": str(row.user),
        "entered": row.entered,
        "is_authorized": row.is_authorized,
        "assumed_at": iso(row.assumed_at),
        "ended_at": iso(row.ended_at),
    }


def _decisions(incident: Incident, user: User) -> list[dict[str, Any]]:
    """Those of `incident` that `user` may see; two queries."""
    seen = DecisionRequest.objects.filter(access.visible_decisions(user), incident=incident)
    rows = _newest(seen.defer("details", "given", "contexts"), "workflow", order="opened_at")
    records: dict[Any, list[DecisionRecord]] = defaultdict(list)
    found = DecisionRecord.objects.filter(request__in=[row.pk for row in rows]).select_related("by")
    for record in found.order_by("number"):
        records[record.request_id].append(record)
    return [_decision(row, records[row.pk]) for row in rows]


def _decision(row: DecisionRequest, records: Sequence[DecisionRecord]) -> dict[str, Any]:
    titles = {choice["key"]: choice["title"] for choice in row.choices}
    return {
        "reference": row.reference,
        "asked": row.asked,
        "question": row.question,
        "step": row.step,
        "workflow": row.workflow.key if row.workflow else None,
        "severity": row.severity,
        "risk": row.risk,
        "state": row.state,
        "opened_at": iso(row.opened_at),
        "due_at": iso(row.due_at),
        "ended_at": iso(row.ended_at),
        "records": [
            {
                "number": record.number,
                "outcome": record.outcome,
                "choice": record.choice,
                "title": titles.get(record.choice, ""),
                "level": record.level,
                "by": _name(record.by),
                "authority": record.authority,
                "risk": record.risk,
                "at": iso(record.at),
            }
            for record in records
        ],
    }


# What was halted, done and looked at again


def _containments(incident: Incident) -> list[Containment]:
    rows = Containment.objects.filter(incident=incident)
    return _newest(rows, "workflow", "by", "released_by", order="since")


def _containment(row: Containment) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "what": row.what,
        "workflow": row.workflow.key if row.workflow else None,
        "by": str(row.by),
        "since": iso(row.since),
        "released_by": _name(row.released_by),
        "released_at": iso(row.released_at),
        "release": row.release,
    }


def _remedy(row: Remedy) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "what": row.what,
        "rationale": row.rationale,
        "artefact": row.artefact,
        "by": str(row.by),
        "at": iso(row.at),
        "expires_at": iso(row.expires_at),
        "removed_at": iso(row.removed_at),
    }


def _rechecks(incident: Incident) -> list[Recheck]:
    return _newest(Recheck.objects.filter(incident=incident), "workflow", "by", order="at")


def _recheck(row: Recheck) -> dict[str, Any]:
    return {
        "subject": row.subject,
        "workflow": row.workflow.key if row.workflow else None,
        "result": row.result,
        "note": row.note,
        "by": str(row.by),
        "at": iso(row.at),
    }
