"""What a page of the editor can name and choose from, as one draft makes it, and what is wrong with it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from governance.documents import base, playbook, section_places, sections
from governance.documents.base import Pinned
from governance.documents.cells import Held
from governance.documents.escalation import Escalation
from governance.documents.facts import Facts, Finding
from governance.documents.matrix import Matrix
from governance.documents.playbook import END
from governance.documents.section_places import Place
from governance.documents.section_words import VALUES
from governance.documents.sections import Section
from governance.models import ChangeRequest, Document
from governance.reads import documents, drafts, sentences
from governance.reads.deciders import Deciders
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
    """A section with how much in it was changed and is wrong; `url` leads to the page that keeps it."""

    key: str
    title: str
    url: str
    blocking: int = 0
    advisory: int = 0
    changed: int = 0
    elsewhere: bool = False


class Known:
    """The world that a page is filled in against: implements ``section_forms.Lookup``."""

    def __init__(
        self, document: Document, content: Mapping[str, Any], *, at: datetime, place: Place | None = None
    ) -> None:
        self.document, self.content, self.place = document, content, place
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

    @cached_property
    def deciders(self) -> Deciders:
        return Deciders(self.facts, self.duties)

    def text(self, refers: str, value: Mapping[str, Any]) -> str:
        """How people write a holder, a target or who decides; `find` gives it back."""
        if refers == "who":
            return self.deciders.text(value)
        kind = next((name for name in value if name != "alternate" and value[name] is not None), "")
        if kind == "board":
            return self._board_label(str(value[kind]))
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
        """The holder, target or decider that `text` names, None for nobody or several."""
        if refers == "who":
            return self.deciders.find(text)
        if refers == "target":
            plain, number = text, 0
            split = STAND_IN.fullmatch(text)
            if split is not None and split["title"] in self._by_label:
                plain, number = split["title"], int(split["number"])
            if plain in self._by_label:
                key = {"responsibility": self._by_label[plain]}
                return {**key, "alternate": number} if number else key
            for board in self.facts.boards:
                if text == self._board_label(str(board)):
                    return {"board": str(board)}
        try:
            held = self.holders.find(text)
        except NotRead:
            return None
        return {held.kind: held.ref}

    def _duty_label(self, key: str) -> str:
        title = self.duties.get(key, "")
        labels = [other for other, said in self.duties.items() if said == title]
        return title if title and len(labels) == 1 and not self._is_held(title) else f"responsibility:{key}"

    def _board_label(self, ref: str) -> str:
        board = next((board for pk, board in self.facts.boards.items() if str(pk) == ref), None)
        if board is None:
            return f"board:{ref}"
        is_clear = [item.name for item in self.facts.boards.values()].count(board.name) == 1
        taken = board.name in self.duties.values() or self._is_held(board.name)
        return board.name if is_clear and not taken else f"board:{board.key}"

    def _is_held(self, title: str) -> bool:
        try:
            return bool(self.holders.find(title))
        except NotRead:
            return False

    @cached_property
    def _by_label(self) -> dict[str, str]:
        return {self._duty_label(key): key for key in self.duties}

    def choices(self, refers: str) -> Sequence[tuple[str, str]]:
        """(value, words) of things outside, or of rows of this document: those nearest to the page."""
        if refers in self._things:
            return sorted(self._things[refers], key=lambda item: item[1].casefold())
        if refers == "topics":
            return list(self.facts.topics.items())
        if refers == "responsibilities":
            return list(self.duties.items())
        rows = self._nearby(refers)
        if rows is not None:
            found = [(row["key"], self._title(row)) for row in rows]
            return [*found, (END, VALUES["next"][END])] if refers == "steps" else found
        known: dict[str, Any] = {"roles": self._roles, "actions": self._actions, "paths": self._of_policies("paths")}
        known["exceptions"] = self._of_policies("exceptions")
        return list(known.get(refers, {}).items())

    @cached_property
    def _things(self) -> dict[str, list[tuple[str, str]]]:
        facts = self.facts
        return {
            "team": [(str(item.id), item.name) for item in facts.teams.values()],
            "workflow": [(str(item.id), item.name) for item in facts.workflows.values()],
            "department": [(str(pk), name) for pk, name in facts.departments.items()],
            "platform": [(str(pk), name) for pk, name in facts.platforms.items()],
            "module": [(str(item.id), _module(item)) for item in facts.modules.values() if item.effective],
            "schedule": [(str(item.id), item.name) for item in facts.schedules.values()],
            "person": [(str(item.id), item.name) for item in facts.people.values() if item.active],
            "board": [(str(item.id), item.name) for item in facts.boards.values()],
        }

    def _nearby(self, refers: str) -> list[Any] | None:
        """The rows of a list called so: of the row that the page is about, of those around it, of the document."""
        holders: list[Any] = [self.content]
        for name, key in self.place.steps if self.place is not None else ():
            inner: Any = (holders[-1] or {}).get(name)
            holders.append(inner if key is None else next((row for row in inner or () if row["key"] == key), None))
        if self.place is not None and self.place.list_field is not None and self.place.list_field.name == refers:
            holders.pop()  # a row of the list itself: its brothers and sisters
        lists = (row.get(refers) for row in reversed(holders) if row)
        return next((rows for rows in lists if rows and isinstance(rows[0], dict)), [] if refers == "steps" else None)

    def _title(self, row: Mapping[str, Any]) -> str:
        module = next((item for item in self.facts.modules.values() if str(item.id) == row.get("module")), None)
        return module.title if module is not None else section_places.title(row)

    @cached_property
    def _roles(self) -> dict[str, str]:
        """Titles of the roles of the company matrix."""
        company = self.matrices.company
        return {role.key: role.title for role in company.content.roles} if company else {}

    @cached_property
    def _actions(self) -> dict[str, str]:
        """What roles of the company matrix may do without asking."""
        company = self.matrices.company
        return {limit.key: limit.action for role in company.content.roles for limit in role.limits} if company else {}

    def _of_policies(self, name: str) -> dict[str, str]:
        """Titles of the paths or exceptions of every escalation policy in force."""
        contents: list[Escalation] = [policy.content for policy in self._policies]
        return {row.key: row.title for content in contents for row in getattr(content, name)}

    @cached_property
    def _policies(self) -> list[Any]:
        return documents.in_force("escalation").policies()

    def suggestions(self, refers: str) -> list[Suggestion]:
        """Texts to complete a name from."""
        if refers == "who":
            return [Suggestion(text, note) for text, note in self.deciders.choices()][:MOST_NAMES]
        found = []
        if refers == "target":
            for key in self.duties:
                label = self._duty_label(key)
                found.append(Suggestion(label, _("responsibility")))
                for number in range(1, MOST_STAND_INS + 1):
                    text = _("%(title)s (stand-in %(number)s)") % {"title": label, "number": number}
                    found.append(Suggestion(text, _("who stands in")))
            found += [Suggestion(self._board_label(str(board)), _("board")) for board in self.facts.boards]
        return found + [Suggestion(item.label, item.note) for item in self.holders.choices(most=MOST_NAMES)]

    def findings(self, content: Mapping[str, Any]) -> list[Finding]:
        """What is wrong with `content`, blocking first; pins have their digests as they will be stored."""
        said = dict(content)
        if self.document.kind == "playbook":
            said = playbook.with_digests(said, self.facts.modules)
        return base.check(self.document.kind, said, self.facts)


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


def _module(item: Any) -> str:
    return _("%(title)s (version %(number)s is in force)") % {"title": item.title, "number": item.effective}


def of(document: Document) -> tuple[Section, ...]:
    """The sections of `document`."""
    return sections.sections(document.kind, is_company=document.scope_kind == "default")


def kept(document: Document) -> Mapping[str, str]:
    """Rows of `document` that may not be removed, by path, each with the reason."""
    return sections.kept(document.kind, is_company=document.scope_kind == "default")


def tabs(
    change: ChangeRequest, found: Sequence[Finding], before: Mapping[str, Any], now: Mapping[str, Any]
) -> list[Tab]:
    """The sections of the document of `change` with the number of changes and findings in each."""
    changed = Counter({name: len(rows) for name, rows in _changed(before, now).items()})
    made = []
    for section in of(change.document):
        mine = [item for item in found if item.path.split("/")[1:2] and item.path.split("/")[1] in section.names]
        blocking = sum(item.blocking for item in mine)
        url = reverse("admin:governance_grid") if section.elsewhere else address(change, section.key)
        count = sum(changed[name] for name in section.names)
        title = sentences.said(section.title)
        made.append(Tab(section.key, title, url, blocking, len(mine) - blocking, count, bool(section.elsewhere)))
    return made


def _changed(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, set[str]]:
    """By field of the document the rows of it that differ; a field without rows is one."""
    found: dict[str, set[str]] = {}
    for change in base.diff(dict(before), dict(now)):
        name, _slash, rest = change.path[1:].partition("/")
        found.setdefault(name, set()).add(rest.partition("/")[0])
    return found


def address(change: ChangeRequest, section: str = "", row: str = "") -> str:
    """Where `section` of the draft is edited, and the row at the address `row` in it."""
    if not section:
        return reverse("governance:change-edit", args=[change.reference])
    url = reverse("governance:change-section", args=[change.reference, section])
    return f"{url}?{urlencode({'row': row}, safe='/')}" if row else url


def mend(change: ChangeRequest, path: str) -> str:
    """Where what a finding's `path` names is edited; empty when it is nowhere."""
    key, row = section_places.nearest(of(change.document), path)
    if not key:
        return ""
    section = next(item for item in of(change.document) if item.key == key)
    return reverse("admin:governance_grid") if section.elsewhere else address(change, key, row)


def beside_the_grid(user: User) -> list[Document]:
    """The matrices whose duties and roles `user` edits most: the company's, else those of the own teams."""
    rows = Document.objects.filter(kind="matrix").order_by("scope_kind", "title")
    company = [row for row in rows.filter(scope_kind="default") if access.can(user, "draft", row)]
    return company or [row for row in rows.filter(scope_kind="team") if access.can(user, "draft", row)]


def begins(document: Document) -> str:
    """The page on which somebody begins to change `document`."""
    return f"{reverse('governance:change-new')}?document={document.pk}"
