"""What it costs to find out who is responsible: 500 workflows x 5 responsibilities, in memory."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from datetime import time as clock
from typing import Any
from uuid import UUID, uuid5

from governance.documents import base
from governance.documents.base import CRITICALITIES
from governance.documents.facts import LayerFacts, PeopleFacts, PersonFacts, ScheduleFacts, TeamFacts, WorkflowFacts
from governance.rules import oncall, ownership

from . import report

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
WORKFLOWS, TEAMS, PEOPLE = 500, 20, 200
DUTIES = ("on_call", "containment", "communication", "remediation", "approval")
SPACE = UUID("00000000-0000-4000-8000-000000000002")
GOAL = 5e-6
ROUNDS = 15


def ident(kind: str, number: int) -> UUID:
    return uuid5(SPACE, f"{kind}{number}")


def row(key: str, duty: str, number: int, scope: dict[str, str], **holder: str) -> dict[str, Any]:
    holder = holder or {"person": str(ident("p", number % PEOPLE))}
    alternates = [{"person": str(ident("p", (number + step) % PEOPLE))} for step in (7, 11)]
    return {"key": key, "scope": scope, "responsibility": duty, "holder": holder, "alternates": alternates}


def matrices() -> ownership.Matrices:
    """The company names all duties by default and for a criticality, a team its own and those of some workflows."""
    duties = [{"key": duty, "title": duty.title(), "stages": ["detect"]} for duty in DUTIES]
    rows = [row(f"default-{duty}", duty, number, {}) for number, duty in enumerate(DUTIES)]
    rows += [row(f"high-{duty}", duty, number, {"criticality": "high"}) for number, duty in enumerate(DUTIES)]
    company = {"title": "Company", "responsibilities": duties, "rows": rows, "triage_team": str(ident("t", 0))}
    own = {}
    for team in range(TEAMS):
        scope = {"team": str(ident("t", team))}
        rota = {"schedule": str(ident("s", team))}
        rows = [row("on-call", "on_call", team, scope, **rota), row("containment", "containment", team, scope)]
        for number in range(team, WORKFLOWS, TEAMS * 5):
            special = {"workflow": str(ident("w", number))}
            rows += [row(f"w{number}-{duty}", duty, number, special) for duty in DUTIES[:2]]
        own[ident("t", team)] = pinned({"title": f"Team {team}", "scope": scope, "rows": rows})
    return ownership.Matrices(pinned(company), own)


def pinned(content: dict[str, Any]) -> base.Pinned[Any]:
    text = base.canonical(content)
    loaded = base.load("matrix", text)
    return base.Pinned(uuid5(SPACE, loaded.title), base.digest(text), loaded, loaded.title, 1)


def folk() -> PeopleFacts:
    persons = {ident("p", number): PersonFacts(ident("p", number), f"Person {number}") for number in range(PEOPLE)}
    teams, schedules = {}, {}
    for number in range(TEAMS):
        members = tuple(ident("p", member) for member in range(number, PEOPLE, TEAMS))
        teams[ident("t", number)] = TeamFacts(ident("t", number), f"Team {number}", members)
        week = LayerFacts("week", members, "weekly", 1, clock(8), 0, date(2026, 1, 5))
        schedules[ident("s", number)] = ScheduleFacts(ident("s", number), f"Rota {number}", "Europe/Berlin", (week,))
    return PeopleFacts(persons, teams, schedules)


def workflows() -> list[WorkflowFacts]:
    return [
        WorkflowFacts(ident("w", number), f"Workflow {number}", ident("t", number % TEAMS), CRITICALITIES[number % 3])
        for number in range(WORKFLOWS)
    ]


def bare(own: ownership.Matrices, flow: WorkflowFacts, duty: str, people: PeopleFacts) -> object:
    """The holder's name by nothing but look-ups: no severities, stand-ins, alternates, nor a word of why."""
    assert own.company is not None and flow.team is not None
    mine, all = own.teams[flow.team].content.cells, own.company.content.cells
    found = (
        mine.get(("workflow", flow.id, duty))
        or mine.get(("team", flow.team, duty))
        or all.get(("criticality", flow.criticality, duty))
        or all[("default", None, duty)]
    )
    person = people.people.get(found[0].holder.ref)  # type: ignore[call-overload]
    return person.name if person is not None else ""


def each(question: Callable[[PeopleFacts], object], prepared: Callable[[], PeopleFacts], count: int) -> float:
    """Seconds of the processor per question: the best of some rounds of `count`, each with new `prepared` people.

    All rounds do the same work, which other processes on the machine can only make slower.
    """
    times = []
    for _ in range(ROUNDS):
        people = prepared()
        began = time.process_time()
        question(people)
        times.append((time.process_time() - began) / count)
    return min(times)


def measure() -> None:
    own, people, flows = matrices(), folk(), workflows()
    cells = [(flow, duty) for flow in flows for duty in DUTIES]

    def all_bare(people: PeopleFacts) -> None:
        for flow, duty in cells:
            bare(own, flow, duty, people)

    def all_resolved(people: PeopleFacts) -> None:
        for flow, duty in cells:
            ownership.resolve(own, flow, duty, "sev2", people, AT)

    def all_first(people: PeopleFacts) -> None:
        fresh = unasked(own)
        for flow, duty in cells:
            ownership.resolve(fresh, flow, duty, "sev2", people, AT)

    lookups = each(all_bare, lambda: people, len(cells))
    say("resolve, matrices and people never asked", each(all_first, lambda: replace(people), len(cells)), lookups)
    anew = each(all_resolved, lambda: replace(people), len(cells))
    say("resolve, all of 500 x 5 cells for people just loaded, each", anew, lookups, GOAL)
    say("resolve, for people asked about before", each(all_resolved, lambda: people, len(cells)), lookups, GOAL)
    rota = people.schedules[ident("s", 1)]
    duty = each(lambda _: oncall.on_duty(rota, people, AT), lambda: people, 1)
    report.say(report.Figure(name="on duty, since when and until when", measured=micro(duty)))


def unasked(own: ownership.Matrices) -> ownership.Matrices:
    """The same matrices, about which no rule has found out anything yet; their content is read already."""
    assert own.company is not None
    return ownership.Matrices(replace(own.company), {team: replace(pinned) for team, pinned in own.teams.items()})


def say(name: str, seconds: float, lookups: float, goal: float = 0.0) -> None:
    report.say(
        report.Figure(
            name=name,
            measured=micro(seconds),
            baseline=f"{micro(lookups)} bare look-ups",
            ratio=f"{lookups / seconds:.2f}",
            goal=micro(goal) if goal else "",
            met=seconds < goal if goal else None,
        )
    )


def micro(seconds: float) -> str:
    return f"{seconds * 1e6:.1f} us"
