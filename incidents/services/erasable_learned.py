"""What was written while people learned from an incident can be erased like any other words (D75, D102)."""

from collections.abc import Callable
from typing import Any

from incidents.models import (
    ActionItem,
    Feedback,
    Finding,
    HelpAnswer,
    Hypothesis,
    Incident,
    Postmortem,
    PostmortemSection,
)
from incidents.services.erasable import changed, copies_of
from portal import registry
from portal.models import AuditEntry, Message

About = Callable[[Any], Incident | None]


def _reviewed(row: Any) -> Incident:
    found: Incident = row.postmortem.incident
    return found


WORDS: tuple[tuple[type[Any], tuple[str, ...], About], ...] = (
    (Postmortem, ("questions",), lambda row: row.incident),
    (PostmortemSection, ("text",), _reviewed),
    (Hypothesis, ("text", "test", "result"), _reviewed),
    (Finding, ("text", "closing"), _reviewed),
    (ActionItem, ("title", "measure", "artefact", "ending"), lambda row: row.incident),
    (HelpAnswer, ("note",), lambda row: row.action.incident),
    (Feedback, ("text", "answer"), lambda row: row.incident),
)
"""Tracked models, the columns that people fill, and which incident they are about."""


def register() -> None:
    for model, names, about in WORDS:
        registry.erasable.add(model._meta.label_lower, _finder(model, names, about))


def _finder(model: type[Any], names: tuple[str, ...], about: About) -> Callable[[AuditEntry], list[registry.Stored]]:
    """What finds the words that an entry about a row of `model` stands for."""

    def find(entry: AuditEntry) -> list[registry.Stored]:
        row = model._base_manager.filter(pk=entry.target_id).first()
        if row is None:
            return []
        is_first = entry.verb == f"{model._meta.label_lower}.created"
        said = tuple(name for name in names if getattr(row, name) and (is_first or changed(entry, name)))
        incident = about(row)
        told = Message.objects.filter(subject_type=model._meta.label_lower, subject_id=row.pk)
        copies = ((told, "context"), *(copies_of(incident) if incident is not None else ()))
        return [registry.Stored(row, said, row if incident is None else incident, copies)] if said else []

    return find
