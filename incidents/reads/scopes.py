"""What was said about scope and aim, who is asked to agree, and what they said (D37, D38)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from governance.documents.communication import Communication
from governance.reads import documents, people
from governance.rules import scoping
from governance.rules.runner import ScopeState
from incidents.models import Incident, ScopeAnswer, ScopeStatement
from incidents.models.response import Function
from portal.models import Membership, Team, User

PLANNED = {
    "product": "product",
    "engineering": "engineering",
    "operations": "operations",
    "customer_success": "support",
}
"""What the communication plan calls those who sign it -> who is asked."""
TEAMS = {
    "product": ("product",),
    "engineering": ("engineering",),
    "operations": ("operations", "operators"),
    "support": ("support", "customer-success", "customer-care"),
}
"""Keys of teams, where the plan names none."""
ASKED = 50
"""People at most for one function: the rest of a large team hears it from them."""


@dataclass(frozen=True)
class Speakers:
    """Who speaks for a function. `is_fallback`: nobody is named for it, so those who take part do."""

    people: list[User]
    is_fallback: bool = False


@dataclass(frozen=True)
class Said:
    """What a function said; `answer` None: it is waited for `people`."""

    function: str
    title: str
    people: list[User]
    answer: ScopeAnswer | None
    is_mine: bool
    """The reader speaks for it and has not agreed yet."""


@dataclass(frozen=True)
class Scope:
    """Where scope and aim stand for one reader. `before` are earlier statements, the newest first."""

    state: ScopeState
    statement: ScopeStatement | None = None
    said: tuple[Said, ...] = ()
    before: tuple[ScopeStatement, ...] = ()
    may_overrule: bool = False

    @property
    def is_settled(self) -> bool:
        return self.state in ("agreed", "overruled")

    @property
    def is_asked(self) -> bool:
        return any(item.is_mine for item in self.said)

    @property
    def waits_for(self) -> list[Said]:
        """The functions that have not said anything yet, while somebody waits for them."""
        return [item for item in self.said if item.answer is None and self.state in ("open", "objected")]

    @property
    def agreed(self) -> int:
        return sum(item.answer is not None and item.answer.agrees for item in self.said)


def statement(incident: Incident) -> ScopeStatement | None:
    """The newest one."""
    return ScopeStatement.objects.select_related("by").filter(incident=incident).order_by("-number").first()


def scope_state(incident: Incident) -> ScopeState:
    """Whether corrective steps may begin; two queries."""
    found = statement(incident)
    return judged(found, _answers(found))


def judged(found: ScopeStatement | None, answers: dict[str, ScopeAnswer]) -> ScopeState:
    """The state of a statement with the newest answer of each function."""
    if found is None:
        return "missing"
    if found.overruled:
        return "overruled"
    if any(not answer.agrees for answer in answers.values()):
        return "objected"
    return "agreed" if set(answers) == set(Function.values) else "open"


def _answers(found: ScopeStatement | None) -> dict[str, ScopeAnswer]:
    """The newest answer of each function."""
    if found is None:
        return {}
    rows = ScopeAnswer.objects.filter(statement=found).select_related("by").order_by("id")
    return {row.function: row for row in rows}


def of(incident: Incident, user: User) -> Scope:
    """Scope and aim of `incident` as `user` reads them; a constant number of queries."""
    rows = list(ScopeStatement.objects.select_related("by").filter(incident=incident).order_by("-number"))
    found = rows[0] if rows else None
    if found is None:
        return Scope("missing")
    # NOTE: what was agreed on belongs to the words that an overruling took over
    answers = _answers(found if not found.overruled or len(rows) == 1 else rows[1])
    state = judged(found, answers)
    waits = state in ("open", "objected") and incident.is_open
    asked = speakers(incident, besides=found.by) if waits else {}
    said = []
    for function in Function:
        who, answer = asked.get(function.value), answers.get(function.value)
        mine = who is not None and user in who.people and (answer is None or not answer.agrees)
        said.append(Said(function.value, str(function.label), who.people if who else [], answer, mine))
    may_overrule = waits and incident.lead_id == user.pk
    return Scope(state, found, tuple(said), tuple(rows[1:]), may_overrule)


def speakers(incident: Incident, *, besides: User) -> dict[str, Speakers]:
    """Who speaks for each function about what `besides` stated; a constant number of queries.

    Those of the function's team who take part already, else the whole team; where the plan names no team and none has
    a fitting key, whoever takes part. Of a restricted incident nobody hears who does not take part.
    """
    teams = _teams(incident)
    members = _members(set(teams.values()))
    here = _at_work(incident)
    others = [user for user in here if user != besides] or here or [besides]
    found = {}
    for function in Function.values:
        named = members.get(teams[function], []) if function in teams else []
        present = [user for user in named if user in here]
        if incident.is_restricted or present:
            named = present
        found[function] = Speakers(named[:ASKED]) if named else Speakers(others[:ASKED], is_fallback=True)
    return found


def _members(teams: Collection[UUID]) -> dict[UUID, list[User]]:
    """Active people of each team, by name; one query."""
    rows = Membership.objects.filter(group__team__in=list(teams), group__team__is_active=True, user__is_active=True)
    found: dict[UUID, list[User]] = defaultdict(list)
    for row in rows.select_related("user", "group__team").order_by("user__name", "user_id"):
        found[row.group.team.pk].append(row.user)
    return found


def _at_work(incident: Incident) -> list[User]:
    taking_part = {"participations__incident": incident, "participations__role__in": ["told", "joined"]}
    return list(User.objects.active().filter(**taking_part).distinct().order_by("name", "pk"))


def _teams(incident: Incident) -> dict[str, UUID]:
    """The team of each function: as the communication plan says, else by its key; two queries at most."""
    plan = _plan(incident)
    signed = {PLANNED[row.function]: row.team for row in plan.functions} if plan is not None else {}
    found = {function: team for function, team in signed.items() if team is not None}
    left = {function: keys for function, keys in TEAMS.items() if function not in found}
    keys = [key for each in left.values() for key in each]
    known = dict(Team.objects.filter(key__in=keys, is_active=True).values_list("key", "pk"))
    for function, each in left.items():
        team = next((known[key] for key in each if key in known), None)
        if team is not None:
            found[function] = team
    return found


def _plan(incident: Incident) -> Communication | None:
    """The plan that the incident is pinned to, else the one in force for its workflow."""
    if incident.communication is not None:
        pinned = documents.pinned([(incident.communication.pk, incident.communication.digest)])
        plan: Communication = pinned[incident.communication.pk].content
        return plan
    facts = people.workflow_facts(incident.workflow)
    best = scoping.applicable(documents.in_force("communication").plans(), workflow=facts)
    return best.content if best is not None else None
