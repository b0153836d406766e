"""The list of playbooks and of failure patterns in force: what each is for, and how it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.documents.base import Pinned
from governance.documents.module import Module
from governance.documents.playbook import Playbook
from governance.models import Document
from governance.models.versions import Kind
from governance.reads import checks, choosing, document_page, playbooks


@dataclass(frozen=True)
class Row:
    """A document on the shelf. `about` says what it is for, `scope` for whom; `words` and `tone` how it stands.

    `parts` are the titles of the scenarios of a playbook, or of the playbooks that use a module. `older`: so many
    pins of a playbook name a version of a module that is not the newest.
    """

    document: Document
    number: int
    about: str
    scope: str
    words: str
    tone: str
    parts: tuple[str, ...]
    older: int = 0


@dataclass(frozen=True)
class Shelf:
    """What was found, of so many that there are; `failures` are all modules in force as (key, title)."""

    playbooks: tuple[Row, ...]
    modules: tuple[Row, ...]
    total: int
    failures: tuple[tuple[str, str], ...]

    @property
    def found(self) -> int:
        return len(self.playbooks) + len(self.modules)


def shelf(*, words: str = "", failure: str = "", at: datetime) -> Shelf:
    """Playbooks and modules whose text holds all of `words`, and of the module with key `failure` only what uses it.

    A constant number of queries.
    """
    listed, library = playbooks.listed(), playbooks.library()
    known = document_page.by_id([*(item.playbook for item in listed), *library])
    world = _World(known, choosing.scopes(known.values()), at)
    wanted = next((key for key, row in known.items() if row.kind == Kind.MODULE and row.key == failure), None)
    patterns = {item.document: item.content for item in library}
    found = [
        world.row(
            item.playbook, item.playbook.content.purpose or item.playbook.content.when, item.scenarios, item.older
        )
        for item in listed
        if _holds(words, _said(item.playbook.content, patterns))
        and (wanted is None or wanted in {pin.module for pin in item.playbook.content.pins})
    ]
    users = _users(listed)
    modules = [
        world.row(item, item.content.summary, users.get(item.document, ()))
        for item in library
        if _holds(words, _told(item.content)) and wanted in (None, item.document)
    ]
    failures = tuple((known[item.document].key, item.title) for item in library)
    return Shelf(tuple(found), tuple(modules), len(listed) + len(library), failures)


@dataclass(frozen=True)
class _World:
    known: Mapping[UUID, Document]
    scopes: Mapping[UUID, str]
    at: datetime

    def row(self, item: Pinned[Any], about: str, parts: Iterable[str], older: int = 0) -> Row:
        document = self.known[item.document]
        words, tone = checks.state(document, on=checks.today(self.at))
        return Row(document, item.number, about, self.scopes[document.pk], words, tone, tuple(parts), older)


def _users(listed: Iterable[playbooks.Listed]) -> dict[UUID, tuple[str, ...]]:
    """Titles of the playbooks that pin each module."""
    found: dict[UUID, tuple[str, ...]] = {}
    for item in listed:
        for module in {pin.module for pin in item.playbook.content.pins}:
            found[module] = (*found.get(module, ()), item.playbook.title)
    return found


def _said(content: Playbook, patterns: Mapping[UUID, Module]) -> str:
    """Everything by which people look for a playbook: also how the failures that it is for show themselves."""
    texts = [content.title, content.purpose, content.when]
    for scenario in content.scenarios:
        texts += [scenario.title, scenario.when]
    texts += [_told(patterns[pin.module]) for pin in content.pins if pin.module in patterns]
    return " ".join(texts)


def _told(content: Module) -> str:
    return " ".join([content.title, content.summary, *content.symptoms, *content.causes])


def _holds(words: str, text: str) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words.casefold().split())
