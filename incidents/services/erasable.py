"""What of incidents is personal: words that an entry of the ledger stands for, and who has to do with an incident."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from incidents.models import (
    BoardView,
    Containment,
    DecisionRequest,
    DecisionText,
    EffectCheck,
    Evidence,
    Incident,
    OutsideText,
    Recheck,
    Remedy,
    ReportDraft,
    RoleAssignment,
    ScopeAnswer,
    ScopeStatement,
    StepEntry,
    TimelineEntry,
    TimelineText,
    words,
)
from incidents.services import evidence
from portal import registry
from portal.models import AuditEntry, Message, User

REPORTED = ("title", "description", "just_before", "who_is_hurt")
FIRST = ("incident.reported", "incidents.incident.created", "incident.near_miss")
ASKED = ("decision.requested", "incidents.decisionrequest.created")
LATER = ("plan", "resolution", "deviation")


def register() -> None:
    registry.copies.add_all({"incidents.timelineentry": ("data",), "incidents.escalationevent": ("decided_by",)})
    registry.copies.add_all({"incidents.decisionrequest": ("given",), "incidents.decisionreading": ("values",)})
    registry.involves.add("incidents.incident", _involved)
    registry.holdable.add("incident", lambda reference: Incident.objects.filter(reference__iexact=reference).first())
    registry.cleaning.add("incidents.words", words.forget)
    registry.forgetting.add("incidents.own", _forget)
    registry.erasable.add("incidents.incident", of_incident)
    registry.erasable.add("incidents.evidence", of_file)
    registry.involves.add("incidents.decisionrequest", _decides)
    registry.erasable.add("incidents.decisionrequest", of_decision)


def _involved(person: User, keys: set[str]) -> set[str]:
    mine = Q(participants__user=person) | Q(timeline__by=person) | Q(reporter=person) | Q(lead=person)
    return {str(key) for key in Incident.objects.filter(mine, pk__in=sorted(keys)).values_list("pk", flat=True)}


def _decides(person: User, keys: set[str]) -> set[str]:
    mine = Q(requester=person) | Q(answers__by=person) | Q(run__events__user=person)
    return {str(key) for key in DecisionRequest.objects.filter(mine, pk__in=sorted(keys)).values_list("pk", flat=True)}


def _forget(person: User) -> None:
    ReportDraft.objects.filter(user=person).delete()
    BoardView.objects.filter(user=person).delete()


def copies_of(incident: Incident) -> tuple[tuple[Any, str], ...]:
    """What repeats words of `incident` beside its own rows."""
    return (
        (Message.objects.filter(subject_type=incident._meta.label_lower, subject_id=incident.pk), "context"),
        (TimelineEntry.objects.filter(incident=incident), "data"),
        (RoleAssignment.objects.filter(incident=incident), "handover"),
    )


def of_incident(entry: AuditEntry) -> list[registry.Stored]:
    """What was typed in the action of `entry`: the texts of its moment on the timeline, and the columns that it
    filled and that still say the same."""
    incident = Incident.objects.filter(pk=entry.target_id).first()
    if incident is None:
        return []
    texts = list(TimelineText.objects.filter(entry__incident=incident, entry__at=entry.at))
    copies = copies_of(incident)
    given = StepEntry.objects.filter(incident=incident, at=entry.at)
    found = [registry.Stored(row, ("text",), incident, (*copies, (given, "given")), goes=True) for row in texts]
    said = {row.text for row in texts}
    for role in RoleAssignment.objects.filter(incident=incident).exclude(note=""):
        if any(role.note in text for text in said):
            found.append(registry.Stored(role, ("note",), incident, copies))
    fields = [name for name in LATER if getattr(incident, name) and getattr(incident, name) in said]
    if "resolution" in fields and incident.resolved_at == entry.at and incident.deviation:
        fields.append("deviation")
    if entry.verb in FIRST:
        fields += REPORTED
    elif entry.verb == "incidents.incident.changed" and changed(entry, "title"):
        fields.append("title")
    found += [registry.Stored(incident, (name,), incident, copies) for name in fields if getattr(incident, name)]
    return found + _mended(incident, entry, copies) + _worked(incident, entry, copies)


def _worked(incident: Incident, entry: AuditEntry, copies: tuple[tuple[Any, str], ...]) -> list[registry.Stored]:
    """What was said at the moment of `entry` of steps, of scope and aim, of what was looked at again, and
    whether something helps.

    These rows are sealed; their proof goes with the entries of the same action.
    """
    rows: tuple[tuple[QuerySet[Any], tuple[str, ...]], ...] = (
        (StepEntry.objects.filter(incident=incident), ("reason",)),
        (ScopeStatement.objects.filter(incident=incident), ("scope", "aim", "reason")),
        (ScopeAnswer.objects.filter(statement__incident=incident), ("why",)),
        (Recheck.objects.filter(incident=incident), ("note",)),
        (EffectCheck.objects.filter(action__incident=incident), ("note",)),
    )
    return [
        registry.Stored(row, said, incident, copies)
        for found, names in rows
        for row in found.filter(at=entry.at)
        if (said := tuple(name for name in names if getattr(row, name)))
    ]


def _mended(incident: Incident, entry: AuditEntry, copies: tuple[tuple[Any, str], ...]) -> list[registry.Stored]:
    """What was said at the moment of `entry` of what stands still, of workarounds, fixes and for outside."""
    halted = Containment.objects.filter(incident=incident)
    found = [registry.Stored(row, ("what",), incident, copies) for row in halted.filter(since=entry.at)]
    found += [registry.Stored(row, ("release",), incident, copies) for row in halted.filter(released_at=entry.at)]
    words = ("what", "rationale", "artefact")
    outside = OutsideText.objects.filter(postmortem__incident=incident, at=entry.at).exclude(text="")
    found += [registry.Stored(row, ("text",), incident, copies) for row in outside]
    remedies = Remedy.objects.filter(incident=incident, at=entry.at)
    return found + [registry.Stored(row, words, incident, copies) for row in remedies]


def of_decision(entry: AuditEntry) -> list[registry.Stored]:
    """What was asked, or what the decider wrote, in the action of `entry`; the sealed record and its hash stay."""
    decision = DecisionRequest.objects.filter(pk=entry.target_id).first()
    if decision is None:
        return []
    messages = Message.objects.filter(subject_type=decision._meta.label_lower, subject_id=decision.pk)
    copies: tuple[tuple[Any, str], ...] = ((messages, "context"),)
    if decision.incident is not None:
        copies += copies_of(decision.incident)
    texts = DecisionText.objects.filter(record__request=decision, record__at=entry.at)
    found = [registry.Stored(row, ("text",), decision, copies, goes=True) for row in texts]
    if entry.verb in ASKED:
        said = [name for name in ("question", "details", "delay_costs") if getattr(decision, name)]
        found += [registry.Stored(decision, (name,), decision, copies) for name in said]
    return found


def changed(entry: AuditEntry, name: str) -> bool:
    """Whether `entry`, of a tracked row, tells of another value of `name`."""
    payload = getattr(entry, "payload", None)
    return payload is not None and f'"{name}":' in payload.content


def of_file(entry: AuditEntry) -> list[registry.Stored]:
    """The name of a file and, unless another incident keeps the same, what is in it; row and hash stay."""
    row = Evidence.objects.select_related("incident").filter(pk=entry.target_id).first()
    if row is None:
        return []
    return [registry.Stored(row, ("name",), row.incident, copies_of(row.incident), _removal(row))]


def _removal(row: Evidence) -> Callable[[], None] | None:
    if Evidence.objects.filter(sha256=row.sha256).exclude(pk=row.pk).exists():
        return None
    return lambda: evidence.path_of(row.sha256).unlink(missing_ok=True)
