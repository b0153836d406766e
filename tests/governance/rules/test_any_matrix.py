"""For any matrices, people and schedules: one deciding row, the most specific one, or an explained gap (D1, D6, I17).

The expected answer is found here by looking at every row there is, without a line of the code that is tested.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.documents.facts import (
    AbsenceFacts,
    LayerFacts,
    OverrideFacts,
    PeopleFacts,
    PersonFacts,
    ScheduleFacts,
    TeamFacts,
    WorkflowFacts,
)
from governance.rules import ownership
from tests.governance.documents import world
from tests.governance.documents.world import AT, ident

FOLK = ("ann", "ben", "cleo", "dan", "eve")
TEAMS = ("payments", "orders", "empty")
WORKFLOWS = ("capture", "refund")
SCHEDULES = ("rota", "nights")
DUTIES = {"on_call": ["detect"], "owner": ["review"], "triage": ["triage"], "undefined": []}
MOSTLY = ("on_call",) * 6 + ("triage", "owner", "undefined")
"""Duties as rows name them and questions ask for them, so that most rows are about the question."""
UNKNOWN = str(ident("nobody at all"))


class Dice:
    """Throws one world. Plain chance, since choices that shrink would make most worlds empty."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def rare(self, one_in: int = 6) -> bool:
        return self.random.randrange(one_in) == 0

    def one(self, *choices: Any) -> Any:
        return self.random.choice(choices)

    def some(self, most: int, make: Callable[[], Any], least: int = 0) -> list[Any]:
        return [make() for _ in range(self.random.randint(least, most))]

    def id(self, kind: str, *keys: str) -> str:
        return str(ident(f"{kind}{self.one(*keys)}"))

    def plain_holder(self) -> dict[str, Any]:
        if self.rare(20):
            return {"person": UNKNOWN}
        return self.one(
            {"person": self.id("", *FOLK)},
            {"person": self.id("", *FOLK)},
            {"team": self.id("t:", *TEAMS)},
            {"schedule": self.id("s:", *SCHEDULES, *SCHEDULES, "unknown")},
        )

    def holder(self) -> dict[str, Any]:
        return {"role": self.one("lead", "deputy", "unknown")} if self.rare(4) else self.plain_holder()

    def scope(self) -> dict[str, Any]:
        return self.one(
            {},
            {"criticality": self.one("high", "low")},
            {"team": self.id("t:", *TEAMS)},
            {"workflow": self.id("w:", *WORKFLOWS)},
        )

    def row(self, key: str) -> dict[str, Any]:
        row = {"key": key, "responsibility": self.one(*MOSTLY), "holder": self.holder(), "scope": self.scope()}
        more = {
            "severity": self.one("any", "sev1", "sev2"),
            "letter": self.one(*"RARARACI"),
            "alternates": self.some(3, self.holder),
            "acknowledge_minutes": self.one(None, 5, 60),
        }
        return row | {name: value for name, value in more.items() if not self.rare()}

    def body(self) -> dict[str, Any]:
        roles = [
            {"key": key, "title": "A role", "holders": self.some(2, self.plain_holder)}
            for key in ("lead", "deputy")
            if not self.rare(3)
        ]
        duties = [{"key": key, "title": key, "stages": DUTIES[key]} for key in list(DUTIES)[:3] if not self.rare()]
        rows = [self.row(f"row-{place}") for place in range(self.random.randint(0, 40))]
        return {"rows": rows, "roles": roles, "responsibilities": duties}

    def absence(self) -> AbsenceFacts:
        start = AT + timedelta(hours=self.random.randint(-3, 1))
        cover = self.one(None, ident("nobody at all"), *map(ident, FOLK))
        return AbsenceFacts(start, start + timedelta(hours=self.random.randint(1, 4)), cover)

    def override(self) -> OverrideFacts:
        start = AT + timedelta(hours=self.random.randint(-3, 1))
        return OverrideFacts(start, start + timedelta(hours=2), self.one(None, *map(ident, FOLK)))

    def layer(self) -> LayerFacts:
        turns = tuple(self.some(3, lambda: ident(self.one(*FOLK))))
        return LayerFacts("layer", turns, "daily", 1, time(8), 0, AT.date() - timedelta(self.random.randint(-1, 4)))

    def facts(self) -> PeopleFacts:
        people = {}
        for name in FOLK:
            away = tuple(self.some(1, self.absence)) if self.rare(2) else ()
            people[ident(name)] = PersonFacts(ident(name), name, not self.rare(), away)
        teams = {}
        for key in TEAMS[:2]:
            members = self.random.sample([ident(name) for name in FOLK], self.random.randint(0, 3))
            teams[ident(f"t:{key}")] = TeamFacts(ident(f"t:{key}"), key, tuple(members), key)
        schedules = {}
        for key in SCHEDULES:
            id, layers, overrides = ident(f"s:{key}"), self.some(2, self.layer), self.some(2, self.override)
            schedules[id] = ScheduleFacts(id, key, "UTC", tuple(layers), tuple(overrides) if self.rare(2) else ())
        return PeopleFacts(people, teams, schedules)

    def world(self) -> dict[str, Any]:
        company = None if self.rare(10) else self.body()
        if company is not None:
            company |= {"title": "Company", "triage_team": None if self.rare() else self.id("t:", *TEAMS)}
        own = {
            key: self.body() | {"title": key, "scope": {"team": str(ident(f"t:{key}"))}}
            for key in TEAMS
            if not self.rare(4)
        }
        team = None if self.rare(10) else ident(f"t:{self.one(*TEAMS)}")
        workflow = WorkflowFacts(ident(f"w:{WORKFLOWS[0]}"), "Capture", team, self.one("high", "high", "low", ""))
        return {
            "facts": self.facts(),
            "company": company,
            "own": own,
            "workflow": None if self.rare() else workflow,
            "duty": self.one(*MOSTLY),
            "severity": self.one("sev1", "sev2", "sev3"),
            "letters": self.one(("R", "A"), ("R", "A"), ("R", "A"), ("C",), ("I",)),
        }


def asked(given: dict[str, Any]) -> ownership.Resolution:
    matrices = ownership.Matrices(
        world.pinned("matrix", given["company"]) if given["company"] is not None else None,
        {ident(f"t:{key}"): world.pinned("matrix", body) for key, body in given["own"].items()},
    )
    return ownership.resolve(
        matrices,
        given["workflow"],
        given["duty"],
        given["severity"],
        given["facts"],
        AT,
        letters=given["letters"],
    )


# The answer, found by looking at everything


def expected(given: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """(title of the document, row) of every row that fits, the one that decides first."""
    workflow, company = given["workflow"], given["company"]
    team = str(workflow.team) if workflow and workflow.team else None
    if workflow is None and company is not None:
        team = company["triage_team"]
    fitting = []
    for title, body in [("Company", company or {}), *given["own"].items()]:
        mine = title != "Company" and team == str(ident(f"t:{title}"))
        for place, row in enumerate(body.get("rows", [])):
            scope = row.get("scope", {})
            where = None
            if mine and workflow and scope == {"workflow": str(workflow.id)}:
                where = 0
            elif mine and scope == {"team": team}:
                where = 1
            elif (
                title == "Company"
                and workflow
                and workflow.criticality
                and scope == {"criticality": workflow.criticality}
            ):
                where = 2
            elif title == "Company" and not scope:
                where = 4
            named, letter = row.get("severity", "any"), row.get("letter", "A")
            fits = row["responsibility"] == given["duty"] and named in ("any", given["severity"])
            if where is not None and fits and letter in given["letters"]:
                rank = (where, named == "any", given["letters"].index(letter), place)
                fitting.append((rank, title, row))
    fitting += triaged(given, [row for rank, _, row in sorted(fitting, key=lambda item: item[0]) if rank[0] == 4])
    return [(title, row) for _, title, row in sorted(fitting, key=lambda item: item[0])]


def triaged(given: dict[str, Any], defaults: list[dict[str, Any]]) -> list[Any]:
    """The triage team answers for what nobody can name, where it detects or triages."""
    company = given["company"]
    if given["workflow"] is not None or company is None or not company["triage_team"] or given["letters"] != ("R", "A"):
        return []
    defined = {duty["key"] for duty in company["responsibilities"]}
    if not (given["duty"] == "on_call" or given["duty"] == "triage" and "triage" in defined):
        return []
    behind = [defaults[0]["holder"], *defaults[0].get("alternates", [])] if defaults else []
    minutes = defaults[0].get("acknowledge_minutes") if defaults else None
    row = {"key": "triage_team", "letter": "R", "holder": {"team": company["triage_team"]}, "alternates": behind}
    return [((3, False, 0, 0), "Company", row | {"acknowledge_minutes": minutes})]


def there(person: Any, facts: PeopleFacts) -> Any:
    """`person`, or who covers; None when nobody does."""
    seen: list[Any] = []
    while person in facts.people and facts.people[person].active and person not in seen:
        away = [item for item in facts.people[person].absences if item.from_at <= AT < item.until_at]
        if not away:
            return person
        seen.append(person)
        person = away[0].cover
    return None


def on_rota(schedule: ScheduleFacts) -> Any:
    """Whom the schedule names at AT, an hour after the hand-over."""
    for override in reversed(schedule.overrides):
        if override.from_at <= AT < override.until_at:
            return override.person
    for layer in reversed(schedule.layers):
        if layer.people and layer.starts_on <= AT.date():
            return layer.people[(AT.date() - layer.starts_on).days % len(layer.people)]
    return None


def behind(holder: dict[str, Any], given: dict[str, Any]) -> list[Any]:
    """Everybody whom `holder` names and who is there, nobody twice."""
    facts, [(kind, ref)] = given["facts"], holder.items()
    if kind == "role":
        workflow, company = given["workflow"], given["company"]
        team = str(workflow.team) if workflow else (company["triage_team"] if company else None)
        documents = [body for key, body in given["own"].items() if team == str(ident(f"t:{key}"))] + [company or {}]
        held = [role for body in documents for role in body.get("roles", []) if role["key"] == ref]
        named = [behind(item, given) for item in (held[0].get("holders", []) if held else [])]
        return list(dict.fromkeys(person for group in named for person in group))
    id = UUID(ref)
    if kind == "person":
        asked = [id]
    elif kind == "team":
        asked = list(facts.teams[id].members) if id in facts.teams else []
    else:
        asked = [on_rota(facts.schedules[id])] if id in facts.schedules else []
    return list(dict.fromkeys(found for found in (there(person, facts) for person in asked) if found is not None))


def groups(row: dict[str, Any], given: dict[str, Any]) -> list[tuple[int, list[Any]]]:
    """(position, people) of the holder and the alternates, nobody in two of them, empty ones left out."""
    seen: set[Any] = set()
    found = []
    for position, holder in enumerate([row["holder"], *row.get("alternates", [])]):
        people = [person for person in behind(holder, given) if person not in seen]
        seen |= set(people)
        if people:
            found.append((position, people))
    return found


@settings(max_examples=settings().max_examples * 6)
@given(st.integers(0, 2**32))
def test_one_row_decides_the_most_specific_one_or_the_gap_is_explained(seed: int) -> None:
    given = Dice(seed).world()
    found, ranked = asked(given), expected(given)
    assert str(found.sentence)
    if not ranked:
        assert found.decided_by is None and found.gap and found.letter == ""
        assert "No row says who is responsible" in found.sentence
        return
    title, row = ranked[0]
    assert found.decided_by is not None
    assert (found.decided_by.row, found.decided_by.document) == (row["key"], ident(f"d:{title}"))
    assert (found.letter, found.acknowledge_minutes) == (row.get("letter", "A"), row.get("acknowledge_minutes"))
    told = [(group.position, [person.person for person in group.people]) for group in found.groups]
    assert told == groups(row, given)
    assert found.gap == (not told)
    if found.gap:
        assert "Nobody can be told" in found.sentence and found.why_not
    outranked = [other["key"] for _title, other in ranked[1:]]
    assert [why.row for why in found.why_not[len(found.why_not) - len(outranked) :]] == outranked
