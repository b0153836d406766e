"""Whether somebody's authority reaches as far as a decision does, and if not, whose does (D5, D7, D23).

Roles of the matrices have limits: an action, up to a severity and a risk. The portal asks by the key of a limit (KEYS);
a role of the team's own matrix stands for the company's role with the same key. What no role limits is not limited.
Whoever holds a role in the incident in hand (`holding`: key of the role -> person) has its limits, too, never more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from governance.documents.base import Holder
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.documents.matrix import Limit, Role
from governance.documents.sentences import Sentence
from governance.documents.sentences import Sentence as _
from governance.rules import ownership, ranking
from governance.rules.resolution import Candidate, Matrices

EMERGENCY = "emergency-change"
KEYS = ("plan", "contain", "monitor", "resolve", "decline", EMERGENCY)
"""Keys of limits that the portal itself judges by; others are for people and playbooks."""
RISKS = ("low", "medium", "high")
RISK_WORDS = {"low": _("low risk"), "medium": _("medium risk"), "high": _("high risk"), "any": _("any risk")}
ANY_SEVERITY = _("any severity")
REACHES = _("%(person)s as %(role)s: %(action)s, up to %(severity)s and %(risk)s.")
NOT_LIMITED = _("No role of the matrix limits this.")
ENDS = _("As %(role)s you may decide this up to %(severity)s and %(risk)s; this is %(case)s.")
OTHERS = _("This is for whoever has the role %(roles)s.")
NOBODY = _("No role that the matrix names may decide this at %(case)s.")
OR = _("%(some)s or %(last)s")
CASE = _("%(severity)s with %(risk)s")
HOLDS = _("%(person)s holds the role %(role)s in this incident.")
NOBODY_HOLDS: Mapping[str, UUID] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Authority:
    """`sentence` says by which role and limit, or why not; `escalate_to` are those whose limit reaches, if not."""

    allowed: bool
    sentence: Sentence
    role: str = ""
    limit: str = ""
    escalate_to: tuple[Candidate, ...] = ()

    def __bool__(self) -> bool:
        return self.allowed


def is_limited(matrices: Matrices, workflow: WorkflowFacts | None, action: str) -> bool:
    """Whether a role of the matrices for `workflow` has a limit with the key `action`."""
    return any(_is(limit, action) for role in roles(matrices, workflow) for limit in role.limits)


def may(
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    person: UUID,
    action: str,
    severity: str,
    risk: str,
    people: PeopleFacts,
    at: datetime,
    *,
    holding: Mapping[str, UUID] = NOBODY_HOLDS,
) -> Authority:
    """Whether `person` may do `action` (key of a limit) at `severity` (sev1 is the worst) and `risk` (low to high)."""
    if not is_limited(matrices, workflow, action):
        return Authority(True, NOT_LIMITED)
    every = [(role, limit) for role in roles(matrices, workflow) for limit in role.limits if _is(limit, action)]
    return _judge(every, matrices, workflow, person, severity, risk, people, at, holding)


def in_emergency(
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    person: UUID,
    severity: str,
    risk: str,
    people: PeopleFacts,
    at: datetime,
    *,
    holding: Mapping[str, UUID] = NOBODY_HOLDS,
) -> Authority:
    """Whether `person` may let a rule take effect before it is approved (break glass).

    By a limit for just that where the matrices have one, else by any limit that reaches so far.
    """
    if is_limited(matrices, workflow, EMERGENCY):
        return may(matrices, workflow, person, EMERGENCY, severity, risk, people, at, holding=holding)
    every = [(role, limit) for role in roles(matrices, workflow) for limit in role.limits]
    if not every:
        return Authority(True, NOT_LIMITED)
    return _judge(every, matrices, workflow, person, severity, risk, people, at, holding)


def roles(matrices: Matrices, workflow: WorkflowFacts | None) -> Iterator[Role]:
    """The roles that count for `workflow`, the team's own first; of one key only the nearest."""
    seen: set[str] = set()
    for pinned in ranking.documents(matrices, workflow):
        yield from (role for role in pinned.content.roles if role.key not in seen)
        seen |= {role.key for role in pinned.content.roles}


def reaches(limit: Limit, severity: str, risk: str) -> bool:
    """Whether `limit` goes as far as `severity` and `risk`."""
    severe = limit.severity == "any" or limit.severity <= severity  # sev1 is the worst
    return severe and (limit.risk == "any" or RISKS.index(risk) <= RISKS.index(limit.risk))


def _judge(
    every: list[tuple[Role, Limit]],
    matrices: Matrices,
    workflow: WorkflowFacts | None,
    person: UUID,
    severity: str,
    risk: str,
    people: PeopleFacts,
    at: datetime,
    holding: Mapping[str, UUID],
) -> Authority:
    others: dict[UUID, Candidate] = {}
    mine: list[tuple[Role, Limit]] = []
    for role, limit in every:
        found = _holders(role, matrices, workflow, people, at)
        here = holding.get(role.key) or holding.get(role.key.replace("_", "-"))
        if person in found or person == here or _is_named(role, person, people):
            mine.append((role, limit))
            if reaches(limit, severity, risk):
                said = {"person": _name(person, people), "role": role.title, "action": limit.action}
                return Authority(True, REACHES % (said | _far(limit)), role.title, limit.key)
        elif reaches(limit, severity, risk):
            others = _holds(role, here, people) | found | others
    case = CASE % {"severity": severity.upper(), "risk": RISK_WORDS[risk]}
    if mine:
        role, limit = max(mine, key=lambda item: _reach(item[1]))
        return Authority(
            False, ENDS % {"role": role.title, "case": case, **_far(limit)}, escalate_to=tuple(others.values())
        )
    titles = list(dict.fromkeys(role.title for role, limit in every if reaches(limit, severity, risk)))
    sentence = OTHERS % {"roles": _either(titles)} if titles else NOBODY % {"case": case}
    return Authority(False, sentence, escalate_to=tuple(others.values()))


def _is(limit: Limit, action: str) -> bool:
    return limit.key.replace("_", "-") == action


def _holders(
    role: Role, matrices: Matrices, workflow: WorkflowFacts | None, people: PeopleFacts, at: datetime
) -> dict[UUID, Candidate]:
    """Who stands behind `role` now: its holders, or whoever covers for them."""
    found, _missing = ownership.expand(matrices, workflow, "role", role.key, people, at)
    return {item.person: item for item in found}


def _holds(role: Role, person: UUID | None, people: PeopleFacts) -> dict[UUID, Candidate]:
    """Whoever holds `role` in the incident in hand."""
    known = people.people.get(person) if person is not None else None
    if known is None or not known.active:
        return {}
    sentence = HOLDS % {"person": known.name, "role": role.title}
    return {known.id: Candidate(known.id, known.name, "holder", sentence)}


def _is_named(role: Role, person: UUID, people: PeopleFacts) -> bool:
    """Whether `role` names `person`, who may be away and decides all the same."""
    known = people.people.get(person)
    return known is not None and known.active and any(names(holder, person, people) for holder in role.holders)


def names(holder: Holder, person: UUID, people: PeopleFacts) -> bool:
    """Whether `holder` is `person` or a team of theirs, whoever is away."""
    team = people.teams.get(holder.team) if holder.team else None
    return holder.person == person or (team is not None and person in team.members)


def _name(person: UUID, people: PeopleFacts) -> str:
    known = people.people.get(person)
    return known.name if known is not None else str(person)


def _far(limit: Limit) -> dict[str, str]:
    severity = ANY_SEVERITY if limit.severity == "any" else limit.severity.upper()
    return {"severity": severity, "risk": RISK_WORDS[limit.risk]}


def _reach(limit: Limit) -> tuple[int, int]:
    """How far `limit` goes, as numbers that compare."""
    severity = 5 if limit.severity == "any" else 5 - int(limit.severity[-1])
    return severity, (*RISKS, "any").index(limit.risk)


def _either(titles: list[str]) -> str:
    if len(titles) < 2:
        return "".join(titles)
    return OR % {"some": ", ".join(titles[:-1]), "last": titles[-1]}
