"""What a document refers to, and where it is used. A constant number of queries, whatever the size.

``uses`` is filled by higher apps, which this one does not know: name -> use(document, user) -> list of Use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.documents import base
from governance.documents.escalation import Escalation
from governance.documents.matrix import Matrix
from governance.documents.module import Module
from governance.documents.rubric import Rubric
from governance.models import Document, Reference, Version, Workflow
from governance.reads import documents, named, people, playbooks
from governance.rules import scoping
from portal.registry import Register

SHOWN = 50
KINDS = {
    "portal.user": "person",
    "portal.team": "team",
    "portal.department": "department",
    "governance.workflow": "workflow",
    "governance.schedule": "schedule",
    "governance.board": "board",
    "governance.document": "module",
    "governance.platform": "platform",
}


@dataclass(frozen=True)
class Use:
    """A place where something is used: a link (or "") and what it does there."""

    text: str
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Names:
    """Things of one kind that a version names: so many in all, the first ones by name."""

    kind: str
    count: int
    names: tuple[str, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.names)


@dataclass(frozen=True)
class Governed:
    """The workflows that a document decides about: so many, the first ones by name."""

    count: int
    workflows: tuple[Workflow, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.workflows)


uses: Register[Callable[[Document, Any], list[Use]]] = Register("use of documents")


def refers_to(version: Version | None) -> list[Names]:
    """What `version` names, by kind; one query for the counts and two for each kind."""
    if version is None:
        return []
    rows = Reference.objects.filter(version=version).order_by()
    counts = dict(rows.values_list("target_type").annotate(count=Count("target_id", distinct=True)))
    found = []
    for label, kind in KINDS.items():
        if label in counts:
            mine = rows.filter(target_type=label).values("target_id")
            called = "title" if kind == "module" else "name"
            field = "email" if kind == "person" else called
            things = named.MODELS[kind].objects.filter(pk__in=mine).order_by(called, "pk")[:SHOWN]
            texts = tuple(name or other for name, other in things.values_list(called, field))
            found.append(Names(kind, counts[label], texts))
    return found


def used_in(document: Document, user: Any) -> list[Use]:
    """Other documents in force that rely on `document`, and what higher apps know."""
    found = _documents(document)
    for _name, ask in uses.items():
        found += ask(document, user)
    return found


def governed(document: Document) -> Governed:
    """The workflows in use that `document` decides about, being the most specific one; nothing when not in force."""
    if document.effective_version_id is None:
        return Governed(0, ())
    every = Workflow.objects.in_use().select_related("team").order_by("name", "pk")
    if document.kind == "matrix":
        own = every.filter(team_id=document.scope_value) if document.scope_kind == "team" else every
        return Governed(own.count(), tuple(own[:SHOWN]))
    wanted = _in_force(document.kind)
    mine = [item for item in every if _decides(document.pk, wanted, people.workflow_facts(item))]
    return Governed(len(mine), tuple(mine[:SHOWN]))


def _decides(document: UUID, wanted: list[Any], workflow: Any) -> bool:
    found = scoping.applicable(wanted, workflow=workflow)
    return found is not None and found.document == document


def _in_force(kind: str) -> list[Any]:
    pairs = Document.objects.filter(kind=kind, effective_version__isnull=False).order_by("key")
    wanted = list(pairs.values_list("effective_version_id", "effective_version__digest"))
    loaded = documents.pinned(wanted)
    return [loaded[version] for version, _digest in wanted]


def _documents(document: Document) -> list[Use]:
    """Documents in force that name a responsibility, role or path that `document` defines."""
    version = document.effective_version
    if version is None:
        return []
    mine = documents.of(version).content
    if isinstance(mine, Matrix):
        if document.scope_kind != "default":
            return []
        known = {
            key: part.title for parts in (mine.role_by_key, mine.responsibility_by_key) for key, part in parts.items()
        }
        others = [item for kind in ("matrix", "escalation") for item in _in_force(kind) if item.document != document.pk]
        return _uses(others, known, _named_duties)
    if isinstance(mine, Module):
        return [_pinning(item) for item in playbooks.used_in(document.pk)]
    if isinstance(mine, Escalation):
        return _uses(_in_force("rubric"), {key: path.title for key, path in mine.path_by_key.items()}, _named_paths)
    return []


def _uses(others: Iterable[Any], known: dict[str, str], named_by: Callable[[Any], set[str]]) -> list[Use]:
    """Those of `others` that name something of `known`, titles by key."""
    found = []
    for item in others:
        shared = named_by(item.content) & known.keys()
        if shared:
            count = len(shared)
            note = ngettext("names %(count)s part of it: %(names)s", "names %(count)s parts of it: %(names)s", count)
            names = ", ".join(sorted(known[key] for key in shared)[:10]) + (", …" if count > 10 else "")
            url = reverse("governance:document", args=[item.document])
            found.append(Use(item.title, url, note % {"count": count, "names": names}))
    return found


def _pinning(item: playbooks.UsedIn) -> Use:
    """A playbook that pins the module."""
    url = reverse("governance:document", args=[item.playbook.document])
    said = {"number": item.version, "scenarios": ", ".join(item.scenarios)}
    return Use(item.playbook.title, url, _("pins version %(number)s in: %(scenarios)s") % said)


def _named_paths(content: Rubric) -> set[str]:
    return {threshold.path for threshold in content.thresholds if threshold.path}


def _named_duties(content: Matrix | Escalation) -> set[str]:
    """Keys of responsibilities and roles that another document defines."""
    found: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, base.Part):
            for name in type(value).model_fields:
                item = getattr(value, name)
                if name in ("role", "responsibility") and isinstance(item, str):
                    found.add(item)
                else:
                    walk(item)
        elif isinstance(value, tuple):
            for item in value:
                walk(item)

    walk(content)
    own = {*content.responsibility_by_key, *content.role_by_key} if isinstance(content, Matrix) else set()
    return found - own


def said_of_scope(document: Document) -> str:
    """For whom a document is, by name."""
    if document.scope_kind == "default":
        return _("the whole company")
    if document.scope_kind == "criticality":
        return _("workflows of criticality %(name)s") % {"name": document.scope_value}
    names = named.Named([{document.scope_kind: document.scope_value}])
    return names.name(document.scope_kind, UUID(document.scope_value)) or document.get_scope_kind_display()
