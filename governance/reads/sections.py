"""What a section of a document can name and choose from, as one person's draft makes it, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.documents import base, sections
from governance.documents.base import Pinned
from governance.documents.cells import Held
from governance.documents.escalation import Escalation
from governance.documents.facts import Facts, Finding
from governance.documents.matrix import Matrix
from governance.models import Document, Version
from governance.reads import documents, drafts
from governance.reads.holders import Holders, NotRead
from governance.rules import ownership
from portal import access
from portal.models import User

MOST_NAMES = 2_000
MOST_STAND_INS = 3
STAND_IN = re.compile(r"(?P<title>.+) \((?P<word>\D+) (?P<number>[0-9]{1,2})\)")


@dataclass(frozen=True)
class Suggestion:
    """A text that names somebody, and what tells them apart."""

    text: str
    note: str


@dataclass(frozen=True)
class Tab:
    """A section with how much is wrong in it; `url` leads to the page that keeps it."""

    key: str
    title: str
    url: str
    blocking: int = 0
    advisory: int = 0


class Known:
    """The world that a section is filled in against: implements ``section_forms.Lookup``."""

    def __init__(self, document: Document, content: Mapping[str, Any], *, at: datetime) -> None:
        self.document, self.content = document, content
        self.facts: Facts = documents.facts(at)
        self.matrices = _with_draft(documents.matrices(), document, content)

    @cached_property
    def holders(self) -> Holders:
        return Holders(self.matrices, self.facts)  # type: ignore[arg-type]

    @cached_property
    def duties(self) -> dict[str, str]:
        """Titles of responsibilities by key: the document's own and the company's."""
        found = {}
        company = self.matrices.company
        for duty in company.content.responsibilities if company else ():
            found[duty.key] = duty.title
        for row in self.content.get("responsibilities") or ():
            found[row["key"]] = row.get("title") or row["key"]
        return found

    def text(self, refers: str, value: Mapping[str, Any]) -> str:
        """How people write a holder or target; `find` gives it back."""
        kind = next((name for name in value if name != "alternate" and value[name] is not None), "")
        if kind != "responsibility":
            return self.holders.label(Held(kind, str(value.get(kind, ""))))
        key = str(value[kind])
        label = self._duty_label(key)
        return (
            _("%(title)s (stand-in %(number)s)") % {"title": label, "number": n}
            if (n := value.get("alternate"))
            else label
        )

    def find(self, refers: str, text: str) -> dict[str, Any] | None:
        """The holder or target that `text` names, None for nobody or several."""
        if refers == "target":
            plain, number = text, 0
            split = STAND_IN.fullmatch(text)
            if split is not None and split["title"] in self._by_label:
                plain, number = split["title"], int(split["number"])
            if plain in self._by_label:
                key = {"responsibility": self._by_label[plain]}
                return {**key, "alternate": number} if number else key
        try:
            held = self.holders.find(text)
        except NotRead:
            return None
        return {held.kind: held.ref}

    def _duty_label(self, key: str) -> str:
        title = self.duties.get(key, "")
        labels = [other for other, said in self.duties.items() if said == title]
        return title if title and len(labels) == 1 and not self._is_held(title) else f"responsibility:{key}"

    def _is_held(self, title: str) -> bool:
        try:
            return bool(self.holders.find(title))
        except NotRead:
            return False

    @cached_property
    def _by_label(self) -> dict[str, str]:
        return {self._duty_label(key): key for key in self.duties}

    def choices(self, refers: str) -> Sequence[tuple[str, str]]:
        """(value, words) of things outside, or of rows of this document."""
        facts = self.facts
        things: dict[str, Any] = {
            "team": lambda: [(str(item.id), item.name) for item in facts.teams.values()],
            "workflow": lambda: [(str(item.id), item.name) for item in facts.workflows.values()],
            "department": lambda: [(str(pk), name) for pk, name in facts.departments.items()],
            "schedule": lambda: [(str(item.id), item.name) for item in facts.schedules.values()],
            "person": lambda: [(str(item.id), item.name) for item in facts.people.values() if item.active],
        }
        if refers in things:
            return sorted(things[refers](), key=lambda item: item[1].casefold())
        if refers == "responsibilities":
            return list(self.duties.items())
        if refers in self.content:
            return [(row["key"], row.get("title") or row["key"]) for row in self.content[refers]]
        return list(self._paths.items()) if refers == "paths" else []

    @cached_property
    def _paths(self) -> dict[str, str]:
        """Titles of the paths of every escalation policy in force."""
        found: dict[str, str] = {}
        for policy in documents.in_force("escalation").policies():
            content: Escalation = policy.content
            found |= {path.key: path.title for path in content.paths}
        return found

    def suggestions(self, refers: str) -> list[Suggestion]:
        """Texts to complete a name from."""
        found = []
        if refers == "target":
            for key in self.duties:
                label = self._duty_label(key)
                found.append(Suggestion(label, _("responsibility")))
                for number in range(1, MOST_STAND_INS + 1):
                    text = _("%(title)s (stand-in %(number)s)") % {"title": label, "number": number}
                    found.append(Suggestion(text, _("who stands in")))
        return found + [Suggestion(item.label, item.note) for item in self.holders.choices(most=MOST_NAMES)]

    def findings(self, content: Mapping[str, Any]) -> list[Finding]:
        """What is wrong with `content`, blocking first."""
        return base.check(self.document.kind, dict(content), self.facts)


def _with_draft(matrices: ownership.Matrices, document: Document, content: Mapping[str, Any]) -> ownership.Matrices:
    """The matrices in force with the draft in its place, so that new roles can be named at once."""
    if document.kind != "matrix":
        return matrices
    parsed, _findings = base.parse("matrix", dict(content))
    if not isinstance(parsed, Matrix):
        return matrices
    pinned = Pinned(document.pk, "", parsed)
    team = drafts.team_of(document)
    if team is None:
        return ownership.Matrices(pinned, matrices.teams)
    return ownership.Matrices(matrices.company, {**matrices.teams, team: pinned})


def tabs(document: Document, found: Sequence[Finding]) -> list[Tab]:
    """The sections of `document` with the number of findings in each."""
    made = []
    for section in sections.sections(document.kind, is_company=document.scope_kind == "default"):
        mine = [item for item in found if item.path.split("/")[1:2] and item.path.split("/")[1] in section.names]
        blocking = sum(item.blocking for item in mine)
        url = reverse("admin:governance_grid") if section.elsewhere else address(document, section.key)
        made.append(Tab(section.key, section.title, url, blocking, len(mine) - blocking))
    return made


def address(document: Document, section: str = "") -> str:
    """Where `section` of `document` is edited."""
    if not section:
        return reverse("admin:governance_document_sections", args=[document.pk])
    return reverse("admin:governance_document_section", args=[document.pk, section])


def beside_the_grid(user: User) -> list[Document]:
    """The matrices whose duties and roles `user` edits most: the company's, else those of the own teams."""
    rows = Document.objects.filter(kind="matrix").order_by("scope_kind", "title")
    company = [row for row in rows.filter(scope_kind="default") if access.can(user, "draft", row)]
    return company or [row for row in rows.filter(scope_kind="team") if access.can(user, "draft", row)]


def may_open(version: Version, user: User) -> bool:
    """The section editor would edit exactly this draft."""
    return version.frozen_at is None and drafts.mine(version.document, user).version == version
