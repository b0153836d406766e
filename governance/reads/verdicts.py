"""The verdicts on many changes at once, for lists: ``approval.judge`` for each, in a constant number of queries.

What a text touches and includes follows from digests, so that it is worked out once in a process and the texts of a
list are not read again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.documents import base
from governance.documents.approval import Approval
from governance.models import ChangeRequest, Document, Edit, Review, Version, Workflow
from governance.models.changes import ChangeAction, Retrospective
from governance.reads import approval as reads
from governance.reads import documents, people
from governance.rules import approval, ownership
from governance.rules.approval_facts import ChangeFacts, PanelFacts, ReviewFacts, Standing, Verdict
from portal.models import User

TEXTS = ("version__content", "version__based_on__content", "document__effective_version__content")
KEPT = 4_000
"""So many texts are remembered."""
Pin = tuple[UUID, int]

_touched: dict[tuple[str, str], frozenset[str]] = {}
_pins: dict[str, tuple[Pin, ...]] = {}


@dataclass(frozen=True)
class Judged:
    """Verdicts by change, and what is known of everybody who could be asked."""

    verdicts: Mapping[UUID, Verdict]
    facts: Mapping[UUID, ChangeFacts]
    policies: Mapping[UUID, Approval | None]
    panel: PanelFacts
    at: datetime

    def asked_of(self, change: ChangeRequest, user: User) -> list[tuple[Standing, UUID | None]]:
        """What waits for a verdict of `user` about `change`: each requirement, and in whose place (None: the own).

        What one of several people could give waits for each of them. Nobody is asked about what they have made.
        """
        made = self.facts[change.pk].makers
        if user.pk in made:
            return []
        found: list[tuple[Standing, UUID | None]] = []
        for standing in self.verdicts[change.pk].standings:
            if user.pk in standing.waits_for:
                found.append((standing, None))
            else:
                givers = self.givers(change, standing, user)
                found += [(standing, giver) for giver in givers[:1]]
        return found

    def givers(self, change: ChangeRequest, standing: Standing, user: User) -> list[UUID]:
        """Those whom `standing` waits for and who let `user` decide in their place."""
        boards = self._boards(change, standing)
        held = [item for item in self.panel.delegations if item.taker == user.pk and item.holds_at(self.at)]
        fit = [item for item in held if item.kind in ("", change.document.kind) and item.board in boards]
        made = self.facts[change.pk].makers
        return [item.giver for item in fit if item.giver in standing.waits_for and item.giver not in made]

    def _boards(self, change: ChangeRequest, standing: Standing) -> set[UUID | None]:
        """The boards that a requirement asks; None stands for whatever a delegation without a board is for."""
        policy = self.policies[change.pk]
        rows = [row for row in policy.rows if row.key == standing.row] if policy else []
        needs = [need for row in rows for need in row.needs if need.key == standing.key]
        if policy and standing.row == "retrospective":
            needs = [need for need in policy.retrospective if need.key == standing.key]
        asked = [who for need in needs for who in (need.who, need.alternate, need.next, need.tie_breaker) if who]
        return {None, *(who.board for who in asked)}


@dataclass(frozen=True)
class Known:
    """A change with what a policy judges it by."""

    change: ChangeRequest
    facts: ChangeFacts
    reviews: Sequence[ReviewFacts]
    panel: PanelFacts


def listed(changes: Any) -> Any:
    """`changes` (a query set) with what a list shows and ``judged`` reads, without the texts."""
    return reads.select(changes).defer(*TEXTS)


def judged(changes: Sequence[ChangeRequest], *, at: datetime) -> Judged:
    """The verdicts on `changes` (of ``listed``); on those of emergencies that of the review afterwards."""
    policies = _policies(changes)
    facts = _facts(changes)
    since = min((change.submitted_at for change in changes if change.submitted_at), default=at)
    panel = _panel(changes, since=since, at=at)
    duties = _duties(changes, policies, at)
    said = _reviews(changes)
    found = {}
    for change in changes:
        here = replace(panel, responsibilities=duties.get(_about(change.document), {}))
        is_over = change.retrospective != Retrospective.NONE
        found[change.pk] = (approval.retrospective if is_over else approval.evaluate)(
            policies[change.pk],
            facts[change.pk],
            said.get((change.pk, is_over), ()),
            here,
            at=at,
            opened_at=change.published_at if is_over else change.submitted_at,
        )
    return Judged(found, facts, policies, panel, at)


def past(changes: Sequence[ChangeRequest], policy: Approval, *, at: datetime) -> list[Known]:
    """What `policy` would have had before it for each of `changes` (of ``listed``), with the people of today."""
    facts, said = _facts(changes), _reviews(changes)
    since = min((change.submitted_at for change in changes if change.submitted_at), default=at)
    panel = _panel(changes, since=since, at=at)
    duties = _duties(changes, {change.pk: policy for change in changes}, at)
    return [
        Known(
            change,
            facts[change.pk],
            said.get((change.pk, False), []),
            replace(panel, responsibilities=duties.get(_about(change.document), {})),
        )
        for change in changes
    ]


def _policies(changes: Sequence[ChangeRequest]) -> dict[UUID, Approval | None]:
    pinned = {change.policy_id for change in changes if change.policy_id}
    digests = Version.objects.filter(pk__in=pinned).values_list("pk", "digest") if pinned else ()
    known = documents.pinned(digests)
    now = reads.in_force()
    content = now.content if now else None
    return {change.pk: known[change.policy_id].content if change.policy_id else content for change in changes}


def _facts(changes: Sequence[ChangeRequest]) -> dict[UUID, ChangeFacts]:
    """``approval.facts`` of each."""
    touched, makers, critical = _parts(changes), _makers(changes), _criticalities()
    return {
        change.pk: ChangeFacts(
            kind=change.document.kind,
            model=change.model,  # type: ignore[arg-type]
            action=change.action,  # type: ignore[arg-type]
            band=change.band,  # type: ignore[arg-type]
            criticalities=critical(change.document),
            parts=touched[change.pk],
            digest=change.version.digest,
            requester=change.requested_by_id,
            contributors=makers[change.pk],
        )
        for change in changes
    }


def _parts(changes: Sequence[ChangeRequest]) -> dict[UUID, frozenset[str]]:
    """What each touches; texts are read for those that no list has shown before, two queries at most."""
    wanted: dict[UUID, tuple[str, str]] = {}
    for change in changes:
        is_end = change.action == ChangeAction.RETIRE
        based_on = change.version.based_on
        wanted[change.pk] = "retire" if is_end else (based_on.digest if based_on else ""), change.version.digest
    if len(_touched) > KEPT:
        _touched.clear()
    missing = set(wanted.values()) - _touched.keys()
    texts = _texts({digest for pair in missing for digest in pair} - {"", "retire"})
    for old, new in missing:
        if old == "retire":
            _touched[old, new] = frozenset(texts[new])
        else:
            _touched[old, new] = reads.parts_between(texts.get(old, {}), texts[new])
    return {key: _touched[pair] for key, pair in wanted.items()}


def _texts(digests: Iterable[str]) -> dict[str, Any]:
    """Contents by digest; one query, none for nothing."""
    wanted = list(digests)
    rows = Version.objects.filter(digest__in=wanted).values_list("digest", "content") if wanted else ()
    return {digest: json.loads(content) for digest, content in dict(rows).items()}


def _makers(changes: Sequence[ChangeRequest]) -> dict[UUID, frozenset[UUID]]:
    """``approval.contributors`` of each; four queries at most, one more for playbooks not read before."""
    versions: dict[UUID, set[UUID]] = {
        change.pk: set() if change.action == ChangeAction.RETIRE else {change.version_id} for change in changes
    }
    written = [key for key, found in versions.items() if found]
    earlier = ChangeRequest.history.model.objects.filter(id__in=written)
    for key, version in earlier.order_by().values_list("id", "version_id").distinct() if written else ():
        versions[key].add(version)
    for key, included in _included(changes).items():
        versions[key] |= included
    every = {version for found in versions.values() for version in found}
    by: dict[UUID, set[UUID]] = defaultdict(set)
    for version, person in Edit.objects.filter(version__in=every).order_by().values_list("version", "by").distinct():
        by[version].add(person)
    for version, person in Version.objects.filter(pk__in=every).values_list("pk", "created_by"):
        by[version].add(person)
    return {key: frozenset().union(*(by[version] for version in found)) for key, found in versions.items()}


def _included(changes: Sequence[ChangeRequest]) -> dict[UUID, set[UUID]]:
    """The versions of modules that playbooks pin."""
    mine = [item for item in changes if item.document.kind == "playbook" and item.action != ChangeAction.RETIRE]
    if len(_pins) > KEPT:
        _pins.clear()
    missing = {item.version.digest for item in mine} - _pins.keys()
    for digest, content in _texts(missing).items():
        _pins[digest] = tuple(_pinned(content))
    modules = {module for item in mine for module, _number in _pins.get(item.version.digest, ())}
    if not modules:
        return {}
    rows = Version.objects.filter(document__in=modules).values_list("document", "number", "pk")
    known = {(module, number): pk for module, number, pk in rows}
    return {item.pk: {known[pin] for pin in _pins.get(item.version.digest, ()) if pin in known} for item in mine}


def _pinned(content: Any) -> Iterable[Pin]:
    for pin in base.load("playbook", json.dumps(content)).pins:  # type: ignore[attr-defined]
        yield pin.module, pin.version


def _criticalities() -> Any:
    """``approval.criticalities`` without asking again for each document."""
    names = ("pk", "team_id", "team__department_id", "criticality")
    rows = list(Workflow.objects.in_use().order_by().values_list(*names))
    places = {"workflow": 0, "team": 1, "department": 2, "criticality": 3}

    def of(document: Document) -> frozenset[str]:
        place = places.get(document.scope_kind)
        return frozenset(row[3] for row in rows if place is None or str(row[place]) == document.scope_value)

    return of


def _reviews(changes: Sequence[ChangeRequest]) -> dict[tuple[UUID, bool], list[ReviewFacts]]:
    """What was said about each, before and (True) after it took effect."""
    rows = Review.objects.filter(change_request__in=[item.pk for item in changes])
    found: dict[tuple[UUID, bool], list[ReviewFacts]] = defaultdict(list)
    names = ("by_id", "verdict", "digest", "at", "on_behalf_of_id", "delegation_id", "band", "is_confirmed")
    for change, is_over, *values in rows.order_by("at", "pk").values_list(
        "change_request_id", "is_retrospective", *names
    ):
        found[change, is_over].append(ReviewFacts(*values))
    return found


def _panel(changes: Sequence[ChangeRequest], *, since: datetime, at: datetime) -> PanelFacts:
    """Everybody, with absences and delegations since the oldest of `changes` was sent."""
    if not changes:
        return PanelFacts()
    return reads.panel(changes[0].document, None, at=at, since=since)


Place = tuple[str, str]


def _about(document: Document) -> Place:
    """Documents of one place have the same people for a responsibility."""
    kind = document.scope_kind if document.scope_kind in ("workflow", "team") else "default"
    return kind, document.scope_value if kind != "default" else ""


def _duties(
    changes: Sequence[ChangeRequest], policies: Mapping[UUID, Approval | None], at: datetime
) -> dict[Place, dict[str, tuple[UUID, ...]]]:
    """Who holds what the policies name, by what documents are for; nothing is asked when they name nobody so."""
    keys = {key for policy in policies.values() if policy for key in reads.named_responsibilities(policy)}
    if not keys:
        return {}
    folk, matrices, workflows = people.facts(at), documents.matrices(), people.workflows()
    found: dict[Place, dict[str, tuple[UUID, ...]]] = {}
    for change in changes:
        place = _about(change.document)
        if place not in found:
            kind, key = place
            workflow = workflows.get(UUID(key)) if kind == "workflow" else None
            if kind == "team":
                workflow = reads.about(change.document)
            answers = {key: ownership.resolve(matrices, workflow, key, "any", folk, at) for key in sorted(keys)}
            found[place] = {key: tuple(item.person for item in answer.people) for key, answer in answers.items()}
    return found
