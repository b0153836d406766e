"""A change as the approval policy judges it: what it touches, who made it, who could be asked, and the verdict.

The live explanation, the page of a change, publication and the invariant all ask ``judge``.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from governance.documents import base
from governance.documents.approval import Approval
from governance.documents.facts import PeopleFacts, WorkflowFacts
from governance.models import ChangeRequest, Delegation, Document, Edit, Review, Version, Workflow
from governance.models.changes import ChangeAction
from governance.reads import documents, people
from governance.reads.documents import PinnedVersion
from governance.rules import approval, ownership, risk
from governance.rules.approval_facts import (
    ChangeFacts,
    DelegationFacts,
    PanelFacts,
    ReviewFacts,
    Verdict,
)
from portal import prepared
from portal.models import Membership

KIND = "approval"
NOBODY = UUID(int=0)
"""Who asks for a change that is only thought of."""


def in_force() -> PinnedVersion[Approval] | None:
    """The approval policy that is in force, the one for the whole company; None: nothing can be approved yet.

    Its check refuses every other scope: a policy of its own for a team would let that choose who judges it.
    """
    rows = Document.objects.filter(kind=KIND, scope_kind=Document.ScopeKind.DEFAULT, effective_version__isnull=False)
    found = rows.values_list("effective_version_id", "effective_version__digest").first()
    return documents.pinned([found])[found[0]] if found else None


def policy_of(change: ChangeRequest) -> PinnedVersion[Approval] | None:
    """The policy that judges `change`: the one that it was sent for review under, else the one in force."""
    if change.policy_id is None:
        return in_force()
    digest = Version.objects.values_list("digest", flat=True).get(pk=change.policy_id)
    return documents.pinned([(change.policy_id, digest)])[change.policy_id]


def judge(change: ChangeRequest, *, at: datetime) -> Verdict:
    """What the policy of `change` says about it at `at`; a constant number of queries."""
    policy = policy_of(change)
    return approval.evaluate(
        policy.content if policy else None,
        facts(change),
        reviews(change),
        panel(change.document, policy.content if policy else None, at=at, since=change.submitted_at),
        at=at,
        opened_at=change.submitted_at,
    )


def judge_afterwards(change: ChangeRequest, *, at: datetime) -> Verdict:
    """What the retrospective review of the emergency change `change` comes to."""
    policy = policy_of(change)
    content = policy.content if policy else None
    return approval.retrospective(
        content,
        facts(change),
        reviews(change, retrospective=True),
        panel(change.document, content, at=at, since=change.published_at),
        at=at,
        opened_at=change.published_at,
    )


def forecast(change: ChangeRequest, *, at: datetime, as_standard: bool = False) -> Verdict:
    """What the draft `change` would need under the policy in force, and whether there are people who could give it."""
    policy = in_force()
    content = policy.content if policy else None
    wanted = facts(change)
    yes = [key for key, answer in change.answers.items() if answer]
    found = risk.calculated(content, yes=yes, criticalities=wanted.criticalities, parts=wanted.parts)
    wanted = replace(wanted, band=risk.higher(wanted.band, found.band))
    if as_standard:
        wanted = replace(wanted, model="standard")
    return approval.forecast(content, wanted, panel(change.document, content, at=at), at)


def is_satisfiable(*, at: datetime) -> bool:
    """Somebody could still approve a change of the approval policy in force; without one nobody can."""
    verdict = own_forecast(at=at)
    return verdict is not None and verdict.satisfiable


def own_forecast(*, at: datetime) -> Verdict | None:
    """What a normal change of the approval policy in force would need at `at`; None: there is none."""
    policy = in_force()
    if policy is None:
        return None
    document = Document.objects.get(pk=policy.document)
    own = ChangeFacts(KIND, "normal", "publish", "low", frozenset(), frozenset(), policy.digest, NOBODY)
    return approval.forecast(policy.content, own, panel(document, policy.content, at=at), at)


def facts(change: ChangeRequest) -> ChangeFacts:
    """What the rows of a policy ask about `change`, and who may not judge it."""
    return ChangeFacts(
        kind=change.document.kind,
        model=change.model,  # type: ignore[arg-type]
        action=change.action,  # type: ignore[arg-type]
        band=change.band,  # type: ignore[arg-type]
        criticalities=criticalities(change.document),
        parts=touched(change),
        digest=change.version.digest,
        requester=change.requested_by_id,
        contributors=contributors(change),
    )


def reviews(change: ChangeRequest, *, retrospective: bool = False) -> list[ReviewFacts]:
    """The verdicts on `change` in the order in which they were given."""
    rows = Review.objects.filter(change_request=change, is_retrospective=retrospective).order_by("at", "pk")
    return [
        ReviewFacts(
            by=row.by_id,
            verdict=row.verdict,  # type: ignore[arg-type]
            digest=row.digest,
            at=row.at,
            on_behalf_of=row.on_behalf_of_id,
            delegation=row.delegation_id,
            band=row.band,  # type: ignore[arg-type]
            confirmed=row.is_confirmed,
        )
        for row in rows
    ]


def contributors(change: ChangeRequest) -> frozenset[UUID]:
    """Everybody who wrote something in any text that `change` has had, or in one that it includes; who began it too.

    A version in force that is retired was approved as it is: nobody's words are judged then.
    """
    if change.action == ChangeAction.RETIRE:
        return frozenset()
    earlier = ChangeRequest.history.model.objects.filter(id=change.pk).values_list("version_id", flat=True)
    versions = {change.version_id, *earlier, *included(change.version)}
    written = Edit.objects.filter(version__in=versions).values_list("by_id", flat=True).distinct()
    begun = Version.objects.filter(pk__in=versions).values_list("created_by_id", flat=True)
    return frozenset(written) | frozenset(begun)


def included(version: Version) -> list[UUID]:
    """Ids of the versions that the text of `version` pins: the modules of a playbook."""
    if version.document.kind != "playbook":
        return []
    pins = {(pin.module, pin.version) for pin in base.load("playbook", version.content).pins}  # type: ignore[attr-defined]
    rows = Version.objects.filter(document__in={module for module, _ in pins}).values_list("pk", "document", "number")
    return [pk for pk, module, number in rows if (module, number) in pins]


def touched(change: ChangeRequest) -> frozenset[str]:
    """Names of the parts that `change` touches: every field on the way to something that differs.

    Against what it was drafted from; retiring touches everything.
    """
    if change.action == ChangeAction.RETIRE:
        return frozenset(json.loads(change.version.content))
    based_on = change.version.based_on
    return _parts(based_on.content if based_on else "{}", change.version.content)


@lru_cache(maxsize=8)
def _parts(old: str, new: str) -> frozenset[str]:
    """A page and a verdict ask several times about the same two texts, which may have thousands of rows."""
    return parts_between(json.loads(old), json.loads(new))


def parts_between(old: dict[str, Any], new: dict[str, Any]) -> frozenset[str]:
    """The names of the fields in which `old` and `new` differ, and of the lists and rows' fields that lead there."""
    found: set[str] = set()
    rows: Rows = {}
    for item in base.diff(old, new):
        found.update(_names(item.path, new if item.op != "removed" else old, rows))
        for side in (item.before, item.after):
            if isinstance(side, dict) and item.op in ("added", "removed"):
                found.update(name for name in side if name != "key")
    return frozenset(found)


Rows = dict[int, dict[str, Any]]
"""The rows of lists by key, by the identity of the list: thousands of paths lead through the same ones."""


def _names(path: str, content: Any, rows: Rows) -> Iterable[str]:
    """The parts of a pointer that are fields, not keys of rows."""
    for step in path.strip("/").split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        if isinstance(content, list):
            if id(content) not in rows:
                rows[id(content)] = {row["key"]: row for row in content if isinstance(row, dict) and "key" in row}
            content = rows[id(content)].get(step)
        else:
            yield step
            content = content.get(step) if isinstance(content, dict) else None


def criticalities(document: Document) -> frozenset[str]:
    """How critical the workflows in use are that `document` is for."""
    rows = Workflow.objects.in_use()
    match document.scope_kind:
        case "workflow":
            rows = rows.filter(pk=document.scope_value)
        case "team":
            rows = rows.filter(team_id=document.scope_value)
        case "department":
            rows = rows.filter(team__department_id=document.scope_value)
        case "criticality":
            rows = rows.filter(criticality=document.scope_value)
    return frozenset(rows.order_by().values_list("criticality", flat=True).distinct())


# Who could be asked

_roles = prepared.Question(
    lambda: (
        Membership.objects.filter(group__team=None, user__is_active=True)
        .order_by("pk")
        .values_list("group__name", "user_id")
    )
)


def panel(document: Document, policy: Approval | None, *, at: datetime, since: datetime | None = None) -> PanelFacts:
    """Everybody whom `policy` could ask about a change of `document`; a constant number of queries.

    With the absences since `since`, and all delegations that held at any time since then.
    """
    earliest = min(since or at, at)
    folk = people.facts(earliest)
    held = defaultdict(list)
    for name, person in _roles():
        held[name.replace(" ", "_")].append(person)
    return PanelFacts(
        people=folk.people,
        teams=folk.teams,
        boards=folk.boards,
        roles={name: tuple(members) for name, members in held.items()},
        responsibilities=_responsibilities(document, policy, folk, at),
        delegations=_delegations(earliest),
    )


def _delegations(since: datetime) -> tuple[DelegationFacts, ...]:
    rows = Delegation.objects.filter(ends_at__gt=since).order_by("starts_at", "pk")
    names = ("pk", "giver_id", "taker_id", "starts_at", "ends_at", "board_id", "kind", "ended_at")
    return tuple(DelegationFacts(*row) for row in rows.values_list(*names))


def _responsibilities(
    document: Document, policy: Approval | None, folk: PeopleFacts, at: datetime
) -> dict[str, tuple[UUID, ...]]:
    """Who holds the responsibilities that `policy` names, for what `document` is about."""
    keys = sorted(set(named_responsibilities(policy))) if policy else []
    if not keys:
        return {}
    matrices, workflow = documents.matrices(), about(document)
    found = {key: ownership.resolve(matrices, workflow, key, "any", folk, at) for key in keys}
    return {key: tuple(item.person for item in answer.people) for key, answer in found.items()}


def named_responsibilities(policy: Approval) -> Iterable[str]:
    for _path, need in policy.requirements():
        for who in (need.who, need.alternate, need.next, need.tie_breaker):
            if who is not None and who.responsibility is not None:
                yield who.responsibility


def boards_asked(policy: Approval | None, verdict: Verdict, person: UUID) -> frozenset[UUID]:
    """The boards of those requirements of `policy` in which `verdict` (before or afterwards) asks `person`."""
    asked = {(item.row, item.key) for item in verdict.standings if person in (*item.eligible, *item.recused)}
    rows = [(row.key, need) for row in policy.rows for need in row.needs] if policy else []
    rows += [("retrospective", need) for need in policy.retrospective] if policy else []
    named = [need for row, need in rows if (row, need.key) in asked]
    whos = [who for need in named for who in (need.who, need.alternate, need.next, need.tie_breaker)]
    return frozenset(who.board for who in whos if who is not None and who.board is not None)


def about(document: Document) -> WorkflowFacts | None:
    """What stands for everything that `document` is for, as the matrices resolve it; None: the company."""
    if document.scope_kind == "workflow":
        workflow = Workflow.objects.select_related("team").filter(pk=document.scope_value).first()
        return people.workflow_facts(workflow)
    if document.scope_kind == "team":
        key = UUID(document.scope_value)
        return WorkflowFacts(id=key, name=document.title, team=key, criticality="")
    return None


def select(changes: Any) -> Any:
    """`changes` (a queryset) with what ``judge`` reads, so that it asks nothing twice."""
    return changes.select_related(
        "document__effective_version", "version__based_on", "version__document", "requested_by"
    )
