"""The documents in force and pinned ones, as the rules take them.

Everything returns ``PinnedVersion``: a ``Pinned`` (document, digest, typed content, title, number) that also
knows its version's id, so that a run can store ``{version id: digest}``. Typed content of frozen versions is
cached in the process by (version, digest), so a warm call costs one small query and a warm pinned read none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeVar, cast
from uuid import UUID

from django.utils.translation import gettext as _

from governance.documents import base
from governance.documents.base import Content, Pinned
from governance.documents.communication import Communication
from governance.documents.escalation import Escalation
from governance.documents.facts import BoardFacts, Facts, WorkflowFacts
from governance.documents.glossary import Glossary
from governance.documents.matrix import Matrix
from governance.documents.module import Module
from governance.documents.playbook import Playbook
from governance.documents.rubric import Rubric
from governance.models import Document, Version, Workflow
from governance.reads import learned, modules, people, seats
from governance.rules import oncall, ownership, scoping
from portal import prepared, roles
from portal.errors import DomainError
from portal.models import Team

C = TypeVar("C", bound=Content)
CACHE_SIZE = 2_000
_cache: dict[tuple[UUID, str], PinnedVersion[Any]] = {}


class NothingInForce(DomainError):
    """No document of a kind is in force: the portal has not been set up."""


@dataclass(frozen=True)
class PinnedVersion(Pinned[C]):
    """``Pinned`` with the id of the version."""

    version: UUID | None = None


# In force


class InForce:
    """The documents of some kinds that are in force, as they were read at one moment; each raises NothingInForce."""

    def __init__(self, found: Mapping[str, list[PinnedVersion[Any]]]) -> None:
        self._found = found

    def matrices(self) -> ownership.Matrices:
        """All matrices: the company's and every team's."""
        return _as_matrices(self._found["matrix"])

    def matrices_for(self, workflow: Workflow | WorkflowFacts | None) -> ownership.Matrices:
        """Those that may decide about `workflow`: the company's and the owning team's (None: the triage team's)."""
        every, facts = self.matrices(), people.workflow_facts(workflow)
        triage = every.company.content.triage_team if every.company else None
        team = facts.team if facts is not None else triage
        return ownership.Matrices(every.company, {key: own for key, own in every.teams.items() if key == team})

    def policies(self) -> list[PinnedVersion[Escalation]]:
        """All escalation policies, for whomever they are."""
        return self._found["escalation"]

    def rubrics(self) -> list[PinnedVersion[Rubric]]:
        """All triage rubrics, for whomever they are."""
        return self._found["rubric"]

    def plans(self) -> list[PinnedVersion[Communication]]:
        """All communication plans, for whomever they are."""
        return self._found["communication"]

    def plan_for(self, workflow: Workflow | WorkflowFacts | None) -> PinnedVersion[Communication] | None:
        """The communication plan for `workflow`, the most specific one; None: there is none yet."""
        found = scoping.applicable(self._found["communication"], workflow=people.workflow_facts(workflow))
        return cast("PinnedVersion[Communication] | None", found)

    def playbooks(self) -> list[PinnedVersion[Playbook]]:
        """All playbooks; many may be for the same scope."""
        return self._found["playbook"]

    def modules(self) -> list[PinnedVersion[Module]]:
        """All playbook modules."""
        return self._found["module"]

    def glossaries(self) -> list[PinnedVersion[Glossary]]:
        """All glossaries, for whomever they are."""
        return self._found["glossary"]

    def policy_for(self, workflow: Workflow | WorkflowFacts | None) -> PinnedVersion[Escalation]:
        """The escalation policy for `workflow`, the most specific one."""
        found = scoping.applicable(self._found["escalation"], workflow=people.workflow_facts(workflow))
        return _or_refuse(found, _("No escalation policy is in force. A governance admin has to publish one."))

    def rubric_for(
        self, workflow: Workflow | WorkflowFacts | None = None, *, department: UUID | None = None
    ) -> PinnedVersion[Rubric]:
        """The triage rubric of the workflow's department (or of `department`), the most specific one."""
        facts = people.workflow_facts(workflow)
        found = scoping.applicable(self._found["rubric"], workflow=facts, department=department)
        return _or_refuse(found, _("No triage rubric is in force. A governance admin has to publish one."))

    def triage_team(self) -> Team:
        """The team that owns what nobody can name yet, from the company matrix; one query."""
        company = self.matrices().company
        key = company.content.triage_team if company else None
        team = Team.objects.filter(pk=key).first() if key else None
        return _or_refuse(
            team, _("No company matrix with a triage team is in force. A governance admin has to publish one.")
        )


def in_force(*kinds: str) -> InForce:
    """The documents of `kinds` that are in force: one small query, and one more for texts not read before."""
    wanted = _effective(kinds)()
    loaded = _load((version, digest) for _kind, version, digest in wanted)
    return InForce({kind: [loaded[version] for own, version, _ in wanted if own == kind] for kind in kinds})


@cache
def _effective(kinds: tuple[str, ...]) -> prepared.Question:
    """(kind, version id, digest) of the documents of `kinds` in force."""
    rows = Document.objects.filter(kind__in=kinds, effective_version__isnull=False).order_by("key")
    return prepared.Question(lambda: rows.values_list("kind", "effective_version_id", "effective_version__digest"))


def matrices() -> ownership.Matrices:
    return in_force("matrix").matrices()


def matrices_for(workflow: Workflow | WorkflowFacts | None) -> ownership.Matrices:
    return in_force("matrix").matrices_for(workflow)


def policy_for(workflow: Workflow | WorkflowFacts | None) -> PinnedVersion[Escalation]:
    return in_force("escalation").policy_for(workflow)


def rubric_for(
    workflow: Workflow | WorkflowFacts | None = None, *, department: UUID | None = None
) -> PinnedVersion[Rubric]:
    return in_force("rubric").rubric_for(workflow, department=department)


def triage_team() -> Team:
    return in_force("matrix").triage_team()


# Pinned


def pins(pinned: ownership.Matrices) -> dict[str, str]:
    """``{version id: digest}`` of `pinned`, as ``EscalationRun.matrices`` stores it."""
    every = [*([pinned.company] if pinned.company else []), *pinned.teams.values()]
    return {str(getattr(item, "version")): item.digest for item in every}  # noqa: B009


def pinned_matrices(stored: Iterable[Mapping[str, str]]) -> list[ownership.Matrices]:
    """The matrices of many stored pins, in their order; at most one query for all of them."""
    every = [{UUID(version): digest for version, digest in each.items()} for each in stored]
    found = _load({(version, digest) for each in every for version, digest in each.items()})
    return [_as_matrices([found[version] for version in each]) for each in every]


def pinned(versions: Iterable[tuple[UUID, str]]) -> dict[UUID, PinnedVersion[Any]]:
    """Typed content of frozen versions given as (version id, digest); at most one query."""
    return _load(versions)


# What a check judges against


def facts(at: Any) -> Facts:
    """The world at `at` as the checks of documents see it; a constant number of queries."""
    folk, force = people.facts(at), in_force("matrix", "escalation", "glossary")
    company, policies = force.matrices().company, force.policies()
    topics, training = learned.facts(at)
    return Facts(
        topics=topics,
        training=training,
        people=folk.people,
        teams=folk.teams,
        workflows=people.workflows(),
        departments=people.departments(),
        responsibilities=frozenset(company.content.responsibility_by_key) if company else None,
        roles=frozenset(company.content.role_by_key) if company else None,
        paths=frozenset(key for policy in policies for key in policy.content.path_by_key) if policies else None,
        platforms=modules.Platforms(),
        modules=modules.Lazily(),
        actions=frozenset(company.content.authorities) if company else None,
        exceptions=frozenset(item.key for policy in policies for item in policy.content.exceptions)
        if policies
        else None,
        jargon=_jargon(force.glossaries()),
        permission_roles=frozenset(role.name.replace(" ", "_") for role in roles.ROLES),
        boards={key: _in_office(board, at) for key, board in folk.boards.items()},
        schedules={key: oncall.roster(schedule, folk, at) for key, schedule in folk.schedules.items()},
    )


def _in_office(board: BoardFacts, at: Any) -> BoardFacts:
    return replace(board, seats=tuple(seat for seat in board.seats if seat.is_held_on(seats.day(at))))


# Inside


def _jargon(glossaries: Iterable[PinnedVersion[Glossary]]) -> Mapping[str, tuple[str, ...]]:
    """What the company's glossary calls words of specialists."""
    company = scoping.applicable(glossaries, workflow=None)
    return company.content.jargon if company is not None else {}


def of(version: Version) -> PinnedVersion[Any]:
    """`version`, frozen or draft, as the rules take it; not cached. Give it with its document."""
    content = base.load(version.document.kind, version.content)
    return PinnedVersion(
        version.document_id, version.digest, content, version.document.title, version.number, version.pk
    )


def _load(wanted: Iterable[tuple[UUID, str]]) -> dict[UUID, PinnedVersion[Any]]:
    keys = set(wanted)
    missing = [version for version, digest in keys if (version, digest) not in _cache]
    fresh: dict[tuple[UUID, str], PinnedVersion[Any]] = {}
    if missing:
        for row in Version.objects.filter(pk__in=missing).select_related("document"):
            fresh[row.pk, row.digest] = of(row)
        if len(_cache) > CACHE_SIZE:
            _cache.clear()
        _cache.update(fresh)
    return {version: fresh.get((version, digest)) or _cache[version, digest] for version, digest in keys}


def _as_matrices(items: Iterable[PinnedVersion[Matrix]]) -> ownership.Matrices:
    company, own = None, {}
    for item in items:
        if item.content.scope.kind == "team" and item.content.scope.team is not None:
            own[item.content.scope.team] = item
        elif item.content.scope.kind == "default":
            company = item
    return ownership.Matrices(company, own)


def _or_refuse(found: Any, sentence: str) -> Any:
    if found is None:
        raise NothingInForce(sentence)
    return found
