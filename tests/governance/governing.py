"""A company whose rules are decided by a board: what the tests of change control begin with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from governance.models import Board, ChangeRequest, Document, Version
from governance.reads import approval
from governance.services import changes, reviews
from portal import registry, roles
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.remembered import remembered

LATER = NOW + timedelta(hours=1)
NO_AUTHORITY = "Your authority does not reach a SEV1."


@dataclass
class Governed:
    """Three people on the board `board`, `boss` above them; `author` keeps all documents and asks for changes."""

    author: User
    other: User
    one: User
    two: User
    three: User
    boss: User
    owner: User
    board: Board
    policy: Document
    glossary: Document


def need(**changed: Any) -> dict[str, Any]:
    """Two of the three on the board within a day; then the boss."""
    return {
        "key": "board",
        "title": "Board",
        "who": {"board": "board"},
        "how": "number",
        "number": 2,
        "turnaround_minutes": 1440,
        "alternate": {"person": "boss@example.test"},
    } | changed


def row(*needs: dict[str, Any], **when: Any) -> dict[str, Any]:
    return {
        "key": "all",
        "title": "Everything",
        "when": {"kinds": ["glossary", "module", "playbook", "matrix", "escalation", "rubric"], **when},
        "needs": list(needs) or [need()],
    }


def words(**meanings: str) -> dict[str, Any]:
    """Content of a glossary."""
    return {
        "title": "Words",
        "terms": [{"key": key, "title": key.capitalize(), "meaning": text} for key, text in meanings.items()],
    }


@remembered
def make_governed(*, rows: tuple[dict[str, Any], ...] = (), more: tuple[tuple[str, Any], ...] = ()) -> Governed:
    """A board of three, a policy of `rows` (default: two of the board for everything) and a glossary in force."""
    author = make.make_person("author", role=roles.GOVERNANCE_ADMIN)
    other = make.make_person("other", role=roles.GOVERNANCE_ADMIN)
    one, two, three = (make.make_person(name, role=roles.BOARD_MEMBER) for name in ("one", "two", "three"))
    boss, owner = make.make_person("boss"), make.make_person("owner", role=roles.RESPONDER)
    board = make.make_board(one, two, three, functions=("Product", "Operations", "Compliance"))
    rest = {"key": "retro", "title": "Afterwards", "who": {"board": "board"}, "how": "number", "number": 2}
    policy = make.make_policy(*(rows or (row(),)), by=author, retrospective=[rest], **dict(more))
    made = Governed(author, other, one, two, three, boss, owner, board, policy, Document())
    answers = {item["key"]: False for item in dict(more).get("risk", ())}
    through(propose(made, words(incident="Something stopped."), by=other, answers=answers))
    made.glossary = Document.objects.get(kind="glossary")
    return made


def through(change: ChangeRequest) -> ChangeRequest:
    """Whoever is asked approves, one after the other."""
    while change.state == "in_review":
        verdict = approval.judge(change, at=NOW)
        person = User.objects.get(pk=verdict.waits_for[0])
        change = approve(change, person, band=verdict.band, is_confirmed=True)
    return change


def drafted(governed: Governed, content: dict[str, Any], *, by: User | None = None, kind: str = "glossary") -> Version:
    return make.make_draft(content, kind=kind, key="words", by=by or governed.author)


def propose(
    governed: Governed, content: dict[str, Any] | None = None, *, by: User | None = None, at: Any = NOW, **said: Any
) -> ChangeRequest:
    """A change of the glossary, sent for review by `by`."""
    by = by or governed.author
    content = content or words(incident="Something stopped or waits for a person.")
    version = drafted(governed, content, by=by)
    return changes.submit(change=asked(version, by=by, at=at, **said), by=by, at=at)


def asked(version: Version, *, by: User, at: Any = NOW, **said: Any) -> ChangeRequest:
    """A draft change that says `said` of itself."""
    with make._action(at):
        change = changes.ask(document=version.document, version=version, reason="clearer", by=by, at=at)
    return changes.describe(change=change, by=by, at=at, said=said)


def approve(change: ChangeRequest, *people: User, at: Any = NOW, **more: Any) -> ChangeRequest:
    for person in people:
        change = say(change, "approve", person, at=at, **more)
    return change


def say(change: ChangeRequest, verdict: str, by: User, *, at: Any = NOW, **more: Any) -> ChangeRequest:
    given = {"rationale": "because", "seen": change.version.digest} | more
    return reviews.review(change=change, verdict=verdict, by=by, at=at, **given)


@contextmanager
def open_ground(governed: Governed, *, refusal: str = "") -> Iterator[UUID]:
    """Something is open that `author` may act on, and so may others unless `refusal` says why not; its id."""

    def grounds(user: User, document: Document, *, at: Any) -> list[registry.Ground]:
        why = "" if user.pk == governed.author.pk else refusal
        return [registry.Ground("INC-2026-0001 Nothing works", governed.board, refusal=why)]

    registry.grounds.add("test", grounds)
    try:
        yield governed.board.pk
    finally:
        del registry.grounds._entries["test"]


def in_force(document: Document) -> Version:
    found = Document.objects.select_related("effective_version").get(pk=document.pk).effective_version
    assert found is not None
    return found
