"""What a content names outside itself by its id, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any, get_args
from uuid import UUID

from governance.documents.base import Content, Part
from governance.documents.facts import Facts, Finding, Reference
from governance.documents.interchange import reference_kind
from governance.documents.sentences import Sentence as _


def found_in(content: Content) -> list[Reference]:
    """Every id of a person, team, workflow, department, schedule or board inside `content`, by field name."""
    found: list[Reference] = []

    def walk(part: Part, path: str) -> None:
        values = vars(part)
        for name in _telling_fields(type(part)):
            item = values[name]
            if item is None:
                continue
            if isinstance(item, UUID):
                found.append(Reference(reference_kind(name) or name, item, f"{path}/{name}"))
            elif isinstance(item, Part):
                walk(item, f"{path}/{name}")
            elif isinstance(item, tuple):
                for index, inner in enumerate(item):
                    if isinstance(inner, Part):
                        walk(inner, f"{path}/{name}/{getattr(inner, 'key', index)}")

    walk(content, "")
    return found


@cache
def _telling_fields(part: type[Part]) -> tuple[str, ...]:
    """The fields of `part` whose values may be ids or hold some."""
    return tuple(name for name, item in part.model_fields.items() if _may_tell(item.annotation))


def _may_tell(annotation: Any) -> bool:
    if isinstance(annotation, type) and issubclass(annotation, (UUID, Part)):
        return True
    return any(map(_may_tell, get_args(annotation)))


def unknown(content: Content, facts: Facts) -> list[Finding]:
    """Blocking findings for ids that name nobody, and for inactive people."""
    wrong: dict[tuple[str, UUID], str] = {}
    findings = []
    for reference in found_in(content):
        named = (reference.kind, reference.id)
        if named not in wrong:
            wrong[named] = _wrong_reference(reference, facts)
        if wrong[named]:
            findings.append(Finding("blocking", reference.path, wrong[named]))
    return findings


def _wrong_reference(reference: Reference, facts: Facts) -> str:
    if reference.kind == "person":
        person = facts.people.get(reference.id)
        if person is None:
            return _("This person does not exist.")
        left = _("%(name)s is no longer active and cannot hold a duty.")
        return "" if person.active else left % {"name": person.name}
    judged: dict[str, tuple[Collection[UUID], str]] = {
        "team": (facts.teams, _("This team does not exist.")),
        "workflow": (facts.workflows, _("This workflow does not exist.")),
        "department": (facts.departments, _("This department does not exist.")),
        "platform": (facts.platforms, _("This platform does not exist.")),
        "module": (facts.modules, _("This playbook module does not exist.")),
        "schedule": (facts.schedules, _("This on-call schedule does not exist or is no longer used.")),
        "board": (facts.boards, _("This board does not exist or is no longer used.")),
    }
    known, missing = judged.get(reference.kind, ((), _("This does not exist.")))
    return "" if reference.id in known else missing
