"""Who holds which role now, what it may do and owes, and who decides when people disagree (D2, D5, D7, D11-D13)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.documents.base import Holder, Pinned
from governance.documents.facts import PeopleFacts
from governance.documents.matrix import Decision, Matrix, Responsibility, Role
from governance.reads import documents, foretold, people
from governance.reads.foretold import Person
from governance.rules import ownership
from governance.rules.ownership import Candidate, Matrices, Resolution
from portal import outbox
from portal.models import ContactMethod
from portal.models.people import Lane


@dataclass(frozen=True)
class Held:
    """A role of one document with those who hold it now; `gaps` say why somebody named does not."""

    role: Role
    document: str
    people: tuple[Person, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True)
class Decided:
    """A decision with a name, and who takes it when no workflow is named; `minutes` None: the policy's."""

    decision: Decision
    resolution: Resolution
    minutes: int | None


@dataclass(frozen=True)
class Conflict:
    """Who decides when people contradict each other, within `minutes`."""

    people: tuple[Person, ...]
    gaps: tuple[str, ...]
    minutes: int
    note: str


@dataclass(frozen=True)
class Contacts:
    """Everything beside the grid that the matrices in force say; lists are empty while none is."""

    roles: tuple[Held, ...]
    responsibilities: tuple[tuple[Responsibility, Resolution], ...]
    decisions: tuple[Decided, ...]
    conflict: Conflict | None
    teams: tuple[tuple[str, tuple[str, ...]], ...]


def contacts(*, at: datetime) -> Contacts:
    """Roles, named decisions and the conflict rule with the people of `at`; a constant number of queries."""
    matrices, folk = documents.matrices(), people.facts(at)
    if matrices.company is None:
        return Contacts((), (), (), None, _teams(folk))
    held = [
        (role, pinned, ownership.expand(Matrices(company=pinned), None, "role", role.key, folk, at))
        for pinned in (matrices.company, *matrices.teams.values())
        for role in pinned.content.roles
    ]
    company = Matrices(company=_default(matrices.company))
    rule = matrices.company.content.conflict
    breaks = _behind(company, rule.tie_breaker, folk, at) if rule else ((), [])
    everybody = {item.person for _, _, (found, _) in held for item in found} | {item.person for item in breaks[0]}
    methods = outbox.verified_methods(everybody)
    return Contacts(
        roles=tuple(
            Held(role, pinned.name, _people(found, methods), tuple(why.sentence for why in missing))
            for role, pinned, (found, missing) in held
        ),
        responsibilities=tuple(
            (duty, ownership.resolve(company, None, duty.key, "any", folk, at))
            for duty in matrices.company.content.responsibilities
        ),
        decisions=tuple(_decided(company, decision, folk, at) for decision in matrices.company.content.decisions),
        conflict=Conflict(_people(breaks[0], methods), tuple(breaks[1]), rule.minutes, rule.note) if rule else None,
        teams=_teams(folk),
    )


def _default(company: Pinned[Matrix]) -> Pinned[Matrix]:
    """The company matrix without its triage team: the answers of its default rows."""
    content = company.content.model_copy(update={"triage_team": None})
    return Pinned(company.document, company.digest, content, company.title, company.number)


def _behind(
    company: Matrices, holder: Holder, folk: PeopleFacts, at: datetime
) -> tuple[tuple[Candidate, ...], list[str]]:
    found, missing = ownership.expand(company, None, holder.kind, holder.ref, folk, at)
    return found, [why.sentence for why in missing]


def _people(found: tuple[Candidate, ...], methods: dict[UUID, list[ContactMethod]]) -> tuple[Person, ...]:
    return tuple(
        Person(item.person, item.name, foretold.ways(methods.get(item.person, ()), str(Lane.URGENT)), why=item.sentence)
        for item in found
    )


def _decided(company: Matrices, decision: Decision, folk: PeopleFacts, at: datetime) -> Decided:
    resolution = ownership.resolve(company, None, decision.responsibility, "any", folk, at)
    return Decided(decision, resolution, decision.minutes or resolution.decide_minutes)


def _teams(folk: PeopleFacts) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Active teams by name with their active members."""
    found = []
    for team in folk.teams.values():
        members = (folk.people.get(member) for member in team.members)
        found.append((team.name, tuple(person.name for person in members if person is not None and person.active)))
    return tuple(sorted(found))
