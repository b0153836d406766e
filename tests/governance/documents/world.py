"""A small company for tests of documents and rules: people, teams, workflows, and a resolver that knows them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from uuid import UUID, uuid5

from governance.documents import base, demo, playbook
from governance.documents.facts import (
    BoardFacts,
    Facts,
    ModuleFacts,
    PeopleFacts,
    PersonFacts,
    RosterFacts,
    SeatFacts,
    TeamFacts,
    WorkflowFacts,
)

NAMESPACE = UUID("00000000-0000-4000-8000-000000000001")
AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
NAMES = (
    "admin",
    "reporter",
    "responder",
    "lead",
    "leadership",
    "product",
    "engineering",
    "success",
    "operator",
    "teamadmin",
    "board1",
    "board2",
    "board3",
    "auditor",
)
MEMBERS = {
    "payments": ["responder", "lead", "teamadmin"],
    "onboarding": ["responder", "lead"],
    "orders": ["responder", "lead"],
    "leadership": ["leadership"],
    "product": ["product"],
    "engineering": ["engineering"],
    "customer-success": ["success"],
    "triage": ["lead", "responder"],
    "operators": ["operator"],
}
SCHEDULES = {"orders": ["responder", "lead"]}
BOARDS = {"rules-board": ["board1", "board2", "board3"]}
PLATFORMS = ("n8n", "node-red")
WORKFLOWS = {
    "payment-capture": ("high", "payments"),
    "order-sync": ("high", "payments"),
    "supplier-onboarding": ("medium", "onboarding"),
    "stock-report": ("low", "onboarding"),
}


def ident(name: str) -> UUID:
    """The id of whatever is called `name` (a person by the first part of their e-mail)."""
    return uuid5(NAMESPACE, name.removesuffix("@demo.example"))


def person(name: str, **more) -> PersonFacts:
    return PersonFacts(ident(f"{name}@demo.example"), name, **more)


def workflow(key: str) -> WorkflowFacts:
    criticality, team = WORKFLOWS[key]
    return WorkflowFacts(ident(f"w:{key}"), key, ident(f"t:{team}"), criticality, key=key)


def people(**changed: PersonFacts) -> PeopleFacts:
    """Everybody; `changed` replaces people by name."""
    persons = {ident(name): changed.get(name, person(name)) for name in NAMES}
    teams = {
        ident(f"t:{key}"): TeamFacts(ident(f"t:{key}"), key, tuple(ident(name) for name in members), key)
        for key, members in MEMBERS.items()
    }
    return PeopleFacts(persons, teams, boards=boards())


def boards() -> dict[UUID, BoardFacts]:
    found = {}
    for key, members in BOARDS.items():
        seats = tuple(SeatFacts(ident(f"{name}@demo.example"), date(2026, 1, 1)) for name in members)
        found[ident(f"b:{key}")] = BoardFacts(ident(f"b:{key}"), key, seats, key)
    return found


def facts(**changed: PersonFacts) -> Facts:
    known = people(**changed)
    company, _ = base.parse("matrix", content("company-matrix"))
    return Facts(
        people=known.people,
        teams=known.teams,
        workflows={workflow(key).id: workflow(key) for key in WORKFLOWS},
        schedules={
            ident(f"s:{key}"): RosterFacts(ident(f"s:{key}"), key, tuple(ident(name) for name in turns))
            for key, turns in SCHEDULES.items()
        },
        boards=known.boards,
        responsibilities=frozenset(company.responsibility_by_key),
        roles=frozenset(company.role_by_key),
        platforms={ident(f"p:{key}"): key for key in PLATFORMS},
        modules=modules(),
        actions=frozenset(limit.key for role in company.roles for limit in role.limits),
        exceptions=frozenset(category["key"] for category in content("escalation")["exceptions"]),
    )


@cache
def modules() -> dict[UUID, ModuleFacts]:
    """The modules of the demo company, each with its first version in force."""
    found = {}
    for kind, key in demo.DOCUMENTS:
        if kind == "module":
            id, text = ident(f"m:{key}"), base.canonical(content(key))
            found[id] = ModuleFacts(id, key, key, {1: base.digest(text)}, 1)
    return found


class Directory:
    """Resolves and names everything of the demo company."""

    def __init__(self) -> None:
        self.known = {("person", f"{name}@demo.example"): ident(name) for name in NAMES}
        self.known |= {("team", key): ident(f"t:{key}") for key in MEMBERS}
        self.known |= {("board", key): ident(f"b:{key}") for key in BOARDS}
        self.known |= {("schedule", key): ident(f"s:{key}") for key in SCHEDULES}
        self.known |= {("workflow", key): ident(f"w:{key}") for key in WORKFLOWS}
        self.known |= {("platform", key): ident(f"p:{key}") for key in PLATFORMS}
        self.known |= {("module", key): ident(f"m:{key}") for kind, key in demo.DOCUMENTS if kind == "module"}
        self.names = {(kind, id): name for (kind, name), id in self.known.items()}

    def find(self, kind: str, name: str) -> UUID | None:
        return self.known.get((kind, name))

    def name(self, kind: str, id: UUID) -> str | None:
        return self.names.get((kind, id))


def content(name: str) -> dict:
    """JSON content of the demo document `name`."""
    found, findings = base.from_yaml(demo.read(name), Directory())
    assert findings == []
    return playbook.with_digests(found, modules()) if "scenarios" in found else found


def pinned(kind: str, source: str | dict, number: int = 1) -> base.Pinned:
    """A demo document (by name) or any JSON content as rules take it."""
    text = base.canonical(content(source) if isinstance(source, str) else source)
    loaded = base.load(kind, text)
    return base.Pinned(ident(f"d:{loaded.title}"), base.digest(text), loaded, loaded.title, number)
