"""How a decision ended, as people read it: who, what, why, by which authority, under which rules, and the callback."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from governance.documents.base import Pinned
from governance.reads.sentences import said
from incidents.models import DecisionRequest
from incidents.reads import standard_forms
from incidents.reads.decision_page import Case
from incidents.reads.decision_words import CALLBACKS, OUTCOMES, TONES
from portal.models import AuditEntry


@dataclass(frozen=True)
class Sheet:
    """The record as people read it; `words` are None when they were erased."""

    record: Any
    outcome: str
    tone: str
    choice: str
    level: str
    words: list[tuple[str, str]]
    pins: list[tuple[str, str]]
    callback: Any
    sent: tuple[str, Any]
    attempts: list[Any]


def sheets(case: Case) -> list[Sheet]:
    """All records, the one that counts first; three queries."""
    records = case.decision.records.select_related("by", "text_row", "callback").prefetch_related("callback__attempts")
    titles = {choice.key: choice.title for choice in case.choices}
    levels = {step.level: said(step.title) for step in case.plan.steps}
    found = []
    for record in records.order_by("-number"):
        callback = getattr(record, "callback", None)
        found.append(
            Sheet(
                record=record,
                outcome=str(OUTCOMES.get(record.outcome, record.outcome)),
                tone=TONES.get(record.outcome, ""),
                choice=titles.get(record.choice, record.choice),
                level=levels.get(record.level, record.level),
                words=_words(getattr(record, "text_row", None)),
                pins=_pins(case, record.pins),
                callback=callback,
                sent=CALLBACKS.get(callback.state, ("", callback.state)) if callback else ("", ""),
                attempts=sorted(callback.attempts.all(), key=lambda each: each.number) if callback else [],
            )
        )
    return found


LABELS = {
    "rationale": lambda: _("Why"),
    "assumptions": lambda: _("Taken for granted"),
    "constraints": lambda: _("Under these conditions"),
}


def _words(row: Any) -> list[tuple[str, str]]:
    """(label, text) of what the decider wrote."""
    try:
        content = json.loads(row.text) if row is not None else {}
    except ValueError:
        return []
    found = [(label(), str(content[key])) for key, label in LABELS.items() if content.get(key)]
    return found + [(str(standard_forms.label(key)), str(text)) for key, text in (content.get("more") or {}).items()]


def _pins(case: Case, pins: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(what, digest) of the rules by which it was decided, with the number of the version."""
    every: list[Pinned[Any]] = [
        case.policy,
        *([case.matrices.company] if case.matrices.company else []),
        *case.matrices.teams.values(),
    ]
    titles = {
        item.digest: _("%(title)s, version %(number)s") % {"title": item.title, "number": item.number} for item in every
    }
    found = []
    for what, value in pins.items():
        for digest in value if isinstance(value, list) else [value]:
            label = titles.get(digest) or {
                "playbook": _("Playbook"),
                "workflow_version": _("Version of the process"),
            }.get(what, what)
            found.append((label, str(digest)))
    return found


def receipt(decision: DecisionRequest) -> int | None:
    """The ledger's entry of how it ended last, for a receipt."""
    verbs = [f"decision.{outcome}" for outcome in ("decided", "denied", "held")]
    entries = AuditEntry.objects.filter(
        verb__in=verbs, target_type=decision._meta.label_lower, target_id=str(decision.pk)
    )
    return entries.order_by("-pk").values_list("pk", flat=True).first()
