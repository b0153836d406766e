"""Whether an incident ran as governance wants it: versions with their approvals, deviations, emergencies (D99, P16).

Every finding says what does not fit and follows from rows that cannot be changed afterwards, or from how things stand
when the report is made. A constant number of queries.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from governance.documents import base
from governance.models import Attestation, ChangeRequest, Edit, Version
from governance.models.changes import ChangeModel, Retrospective
from governance.models.versions import Kind
from governance.reads import documents
from incidents.models import EscalationRun, Incident, TimelineEntry
from incidents.reads import deviations, rechecks, timeline
from incidents.reads import pins as pin_reads
from incidents.reads.deviations import Deviation
from incidents.reads.pins import Pin
from portal.models import AuditEntry, User

STEPPED = ("step_done", "step_changed", "step_skipped")
CHOSEN = ("playbook", "switched")
ACTED = ("acknowledged", "severity", "plan", "contained", "monitoring", "resolved", "escalated", "reassigned")
BY_THE_BOOK = (*ACTED, *STEPPED, *CHOSEN)
REPINNED = ("workflow", "switched")


@dataclass(frozen=True)
class Approval:
    """How a version came into force. `rule` are the rows of the policy that decided, `by` who approved and when."""

    change: ChangeRequest
    policy: str
    rule: str
    by: tuple[tuple[User, User | None, datetime], ...]
    fits: bool
    """The approvals are for exactly this text, by people who had not written it; or nobody had to be asked."""


@dataclass(frozen=True)
class Line:
    """A version by which the incident ran since `used_at`, and its approval (None: it never came into force)."""

    pin: Pin
    used_at: datetime | None
    approval: Approval | None


@dataclass(frozen=True)
class Finding:
    """Something that does not fit governance. `key` names the kind of it for programs."""

    key: str
    text: str


@dataclass(frozen=True)
class Report:
    incident: Incident
    made_at: datetime
    lines: list[Line]
    deviations: list[Deviation]
    emergencies: list[ChangeRequest]
    decisions: list[timeline.Row]
    looked: rechecks.Looked = rechecks.Looked()
    findings: list[Finding] = field(default_factory=list)


def report(incident: Incident, run: EscalationRun | None, *, at: datetime) -> Report:
    """The report about `incident` as of `at`."""
    entries = _entries(incident)
    pinned = pin_reads.pins(incident, run, at=incident.resolved_at or incident.closed_at or at)
    published = _published(pinned)
    approvals = _approvals(pinned, published)
    lines = [
        Line(pin, used, approvals.get(pin.version.pk))
        for pin, used in zip(pinned, _used(pinned, incident, run, entries, published), strict=True)
    ]
    emergencies = ChangeRequest.objects.filter(ground_type=Incident._meta.label_lower, ground_id=incident.pk)
    uses = list(emergencies.select_related("document", "version", "requested_by").order_by("published_at", "pk"))
    findings = [
        *(finding for line in lines for finding in _of_line(line, published)),
        *_of_emergencies(uses, lines),
        *_of_choices(incident, entries),
        *_of_readers(incident, lines, entries),
    ]
    chosen = [timeline.sentence(row) for row in entries if row.verb in CHOSEN]
    looked = rechecks.looked(incident)
    went = deviations.of_incident(incident, entries, looked)
    return Report(incident, at, lines, went, uses, chosen, looked, findings)


def _entries(incident: Incident) -> list[TimelineEntry]:
    """What the report needs of the timeline, oldest first; one query."""
    rows = incident.timeline.filter(verb__in={*deviations.NEEDED, *BY_THE_BOOK, *REPINNED}).select_related(
        "by", "text_row"
    )
    return list(rows.order_by("id"))


def _published(pinned: Sequence[Pin]) -> dict[UUID, list[ChangeRequest]]:
    """Everything that ever came into force, or went out of it, of the documents concerned, by document."""
    rows = ChangeRequest.objects.filter(
        document__in={pin.version.document_id for pin in pinned}, published_at__isnull=False
    ).select_related("requested_by", "policy__document", "version")
    found: dict[UUID, list[ChangeRequest]] = defaultdict(list)
    for row in rows.prefetch_related("reviews__by", "reviews__on_behalf_of").order_by("published_at", "pk"):
        found[row.document_id].append(row)
    return found


def _approvals(pinned: Sequence[Pin], published: dict[UUID, list[ChangeRequest]]) -> dict[UUID, Approval]:
    """The approval of each version that ever came into force, by version."""
    keys = [pin.version.pk for pin in pinned]
    makers: dict[UUID, set[Any]] = defaultdict(set)
    for version, by in Edit.objects.filter(version__in=keys).values_list("version_id", "by_id").distinct():
        makers[version].add(by)
    rules = _rules(keys)
    changes = {
        pin.version.pk: [row for row in published[pin.version.document_id] if row.version_id == pin.version.pk]
        for pin in pinned
    }
    judges = [row.policy for rows in changes.values() for row in rows[:1] if row.policy is not None]
    policies = documents.pinned({(policy.pk, policy.digest) for policy in judges})
    found = {}
    for pin in pinned:
        rows, key = changes[pin.version.pk], pin.version.pk
        if rows:
            policy = policies.get(rows[0].policy_id)  # type: ignore[arg-type]
            wrote = makers[key] | {pin.version.created_by_id, rows[0].requested_by_id}
            found[key] = _approval(rows[0], pin.version, policy, rules.get(str(key), ""), wrote)
    return found


def _approval(change: ChangeRequest, version: Version, policy: Any, rule: str, wrote: set[Any]) -> Approval:
    given = [
        row
        for row in change.reviews.all()
        if row.verdict == "approve" and row.digest == version.digest and not row.is_retrospective
    ]
    others = [row for row in given if row.by_id not in wrote and row.on_behalf_of_id not in wrote]
    titles = {row.key: row.title for row in policy.content.rows} if policy is not None else {}
    named = ", ".join(titles.get(key, key) for key in filter(None, rule.split(", ")))
    words = _("%(title)s, version %(number)s") % {"title": policy.title, "number": policy.number} if policy else ""
    match change.model:
        case ChangeModel.GENESIS | ChangeModel.EMERGENCY:
            fits = True  # an emergency is judged afterwards, which has findings of its own
        case ChangeModel.STANDARD:
            fits = bool(rule) or change.undoes_id is not None or bool(given)
        case ChangeModel.REPAIR:
            fits = any(row.by_id != change.requested_by_id for row in given)
        case _:
            fits = bool(others) or (change.policy_id is None and bool(given))
    by = tuple((row.by, row.on_behalf_of, row.at) for row in sorted(given, key=lambda row: (row.at, row.pk)))
    return Approval(change, words, named, by, fits)


def _rules(keys: Sequence[UUID]) -> dict[str, str]:
    """The rows of the policy that let each version (id as text) take effect first, as the ledger has them."""
    rows = AuditEntry.objects.filter(
        verb="version.published", target_type=Version._meta.label_lower, target_id__in=[str(key) for key in keys]
    )
    found: dict[str, str] = {}
    for row in rows.select_related("payload").order_by("pk"):
        if hasattr(row, "payload"):
            data = json.loads(row.payload.content).get("data") or {}
            found.setdefault(row.target_id, str(data.get("rule") or ""))
    return found


def _used(
    pinned: Sequence[Pin],
    incident: Incident,
    run: EscalationRun | None,
    entries: Sequence[TimelineEntry],
    published: dict[UUID, list[ChangeRequest]],
) -> list[datetime | None]:
    """Since when the incident ran by each of `pinned`; None: nothing says so."""
    scores: dict[UUID, datetime] = {}
    for rubric, moment in incident.scores.order_by("at").values_list("rubric_id", "at"):
        scores.setdefault(rubric, moment)
    chosen = {row.data.get("version"): row.at for row in reversed(entries) if row.verb in CHOSEN}
    began = [run.started_at] if run else []
    began += [row.at for row in entries if row.verb in REPINNED]
    found: list[datetime | None] = []
    for pin in pinned:
        key = pin.version.pk
        if pin.what == Kind.RUBRIC:
            found.append(scores.get(key))
        elif pin.what in (Kind.PLAYBOOK, Kind.MODULE):
            found.append(chosen.get(str(incident.playbook_id)))
        else:
            since = next(
                (row.published_at for row in published[pin.version.document_id] if row.version_id == key), None
            )
            after = [moment for moment in began if since is not None and moment >= since]
            found.append(after[0] if after else next(iter(began), None))
    return found


def _was_in_force(line: Line, published: dict[UUID, list[ChangeRequest]]) -> bool:
    """Whether the version was in force when the incident began to run by it; modules stay pinned by their playbook."""
    last: ChangeRequest | None = None
    earlier = False
    for row in published[line.pin.version.document_id]:
        if row.published_at is not None and line.used_at is not None and row.published_at <= line.used_at:
            last = row
            earlier = earlier or row.version_id == line.pin.version.pk
    if line.pin.what == Kind.MODULE:
        return earlier
    return last is not None and last.version_id == line.pin.version.pk and last.action != "retire"


def _of_line(line: Line, published: dict[UUID, list[ChangeRequest]]) -> list[Finding]:
    """What does not fit about one version."""
    version, found = line.pin.version, []
    name = {"title": version.document.title, "number": version.number}
    if base.digest(version.content) != version.digest:
        found.append(Finding("text", _("The text of %(title)s, version %(number)s does not fit its digest.") % name))
    if line.approval is None:
        sentence = _("%(title)s, version %(number)s was never put into force by a change request.")
        return [*found, Finding("unapproved", sentence % name), *_stale(line, name)]
    if not line.approval.fits:
        sentence = _("%(title)s, version %(number)s came into force without an approval of exactly this text.")
        found.append(Finding("unapproved", sentence % name))
    if line.used_at is not None and not _was_in_force(line, published):
        sentence = _("%(title)s, version %(number)s was not in force when the incident began to run by it.")
        found.append(Finding("not_in_force", sentence % name))
    return [*found, *_stale(line, name)]


def _stale(line: Line, name: dict[str, Any]) -> list[Finding]:
    if not line.pin.stale:
        return []
    return [Finding("review_overdue", _("%(title)s: %(words)s") % {**name, "words": line.pin.stale})]


def _of_emergencies(uses: Sequence[ChangeRequest], lines: Sequence[Line]) -> list[Finding]:
    """Emergency changes for this incident, and those by which it ran, that nobody has accepted afterwards."""
    by_line = [line.approval.change for line in lines if line.approval is not None]
    every = {row.pk: row for row in [*uses, *by_line] if row.model == ChangeModel.EMERGENCY}
    found = []
    for row in every.values():
        name = {"reference": row.reference}
        if row.retrospective == Retrospective.REJECTED:
            found.append(Finding("emergency_rejected", _("The emergency change %(reference)s was rejected.") % name))
        elif row.retrospective != Retrospective.ACCEPTED and row.published_at is not None:
            sentence = _("Nobody has judged the emergency change %(reference)s yet.")
            found.append(Finding("emergency_not_judged", sentence % name))
    return found


def _of_choices(incident: Incident, entries: Sequence[TimelineEntry]) -> list[Finding]:
    """Versions that were chosen without a reason, or that nobody chose."""
    found = []
    for row in entries:
        replaced = row.verb in CHOSEN and (row.verb == "switched" or row.data.get("before"))
        if replaced and not row.commitment:
            words = {"title": row.data.get("title", ""), "number": row.data.get("number", "")}
            sentence = _("The switch to %(title)s, version %(number)s has no reason.")
            found.append(Finding("no_reason", sentence % words))
    chosen = [row.data.get("version") for row in entries if row.verb in CHOSEN]
    if incident.playbook_id is not None and str(incident.playbook_id) not in chosen:
        found.append(Finding("no_decision", _("Nobody is known to have chosen the playbook of this incident.")))
    return found


def _of_readers(incident: Incident, lines: Sequence[Line], entries: Sequence[TimelineEntry]) -> list[Finding]:
    """Those who acted by the playbook and had not read it by then (D108)."""
    line = next((line for line in lines if line.pin.version.pk == incident.playbook_id), None)
    if line is None:
        return []
    first: dict[Any, TimelineEntry] = {}
    for row in entries:
        if row.verb in BY_THE_BOOK and row.by_id and (line.used_at is None or row.at >= line.used_at):
            first.setdefault(row.by_id, row)
    rows = Attestation.objects.filter(version=line.pin.version, person__in=list(first))
    read = dict(rows.values_list("person_id", "at"))
    left = [row.by for key, row in first.items() if key not in read or read[key] > row.at]
    if not left:
        return []
    words = {"names": timeline.names(left), "title": line.pin.version.document.title}
    sentence = _("%(names)s acted by “%(title)s” without having read and understood this version.")
    return [Finding("not_read", sentence % words)]


# The same for programs


def document(made: Report) -> dict[str, Any]:
    """The report as JSON: times as ISO 8601, versions by digest; keys of findings are the same in every language."""
    return {
        "schema": 1,
        "incident": made.incident.reference,
        "severity": made.incident.severity,
        "state": made.incident.state,
        "made_at": made.made_at.isoformat(),
        "versions": [_line_json(line) for line in made.lines],
        "deviations": [
            {
                "key": row.key,
                "at": row.at.isoformat() if row.at else None,
                "by": str(row.by) if row.by else "",
                "what": row.text,
                "reason": row.reason,
                "detail": row.detail,
                "step": row.step,
            }
            for row in made.deviations
        ],
        "emergency_changes": [
            {
                "change": row.reference,
                "document": row.document.title,
                "digest": row.version.digest,
                "by": str(row.requested_by),
                "published_at": row.published_at.isoformat() if row.published_at else None,
                "retrospective": row.retrospective,
            }
            for row in made.emergencies
        ],
        "decisions": [{"at": row.at.isoformat(), "what": row.text, "reason": row.detail} for row in made.decisions],
        "rechecks": [
            {
                "what": line.name,
                "workflow": line.workflow.key if line.workflow else None,
                "result": line.row.result if line.row else None,
                "note": line.row.note if line.row else "",
                "by": str(line.row.by) if line.row else "",
                "at": line.row.at.isoformat() if line.row else None,
            }
            for line in made.looked.lines
        ],
        "findings": [{"key": row.key, "text": row.text} for row in made.findings],
    }


def _line_json(line: Line) -> dict[str, Any]:
    version, approval = line.pin.version, line.approval
    found: dict[str, Any] = {
        "kind": line.pin.what,
        "document": version.document.title,
        "version": version.number,
        "digest": version.digest,
        "used_since": line.used_at.isoformat() if line.used_at else None,
        "newer": line.pin.newer.number if line.pin.newer else None,
        "approval": None,
    }
    if approval is not None:
        change = approval.change
        found["approval"] = {
            "change": change.reference,
            "model": change.model,
            "policy": approval.policy,
            "rule": approval.rule,
            "requested_by": str(change.requested_by),
            "published_at": change.published_at.isoformat() if change.published_at else None,
            "approved_by": [
                {"name": str(by), "on_behalf_of": str(other) if other else "", "at": moment.isoformat()}
                for by, other, moment in approval.by
            ],
            "fits": approval.fits,
        }
    return found
