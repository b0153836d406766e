"""Who has to read what, who has, and who has not yet (D108).

Playbooks and communication plans are carried out by people, so these have to be read and understood; the other kinds
are carried out by the portal itself. Whoever is responsible or accountable for a workflow that a document is for has to
read it, and stand-ins too; what is for the whole company is for all responders as well. Modules are read as parts of
the playbooks that pin them.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from governance.models import Assignment, Attestation, Document, LayerMember, Workflow
from governance.models.versions import Kind
from governance.reads import documents
from portal import roles
from portal.models import Membership, User
from portal.reads.home import Item

READ = (Kind.PLAYBOOK, Kind.COMMUNICATION)
"""The kinds that people have to read."""
ACTING = ("R", "A")


@dataclass(frozen=True)
class Line:
    """A document that people have to read: of `asked` so many have `read` the version in force.

    `mine`: the reader has to read it; `at`: when the reader did.
    """

    document: Document
    asked: int
    read: int
    mine: bool
    at: datetime | None

    @property
    def left(self) -> int:
        return self.asked - self.read


@dataclass(frozen=True)
class Reader:
    """Somebody who has to read a document, and when they did (None: not yet)."""

    person: User
    at: datetime | None


def to_read() -> list[Document]:
    """The documents in force that people have to read, by title; one query."""
    rows = Document.objects.filter(kind__in=READ, effective_version__isnull=False)
    return list(rows.select_related("effective_version").order_by("title", "pk"))


def audience(rows: Collection[Document], *, only: UUID | None = None) -> dict[UUID, set[UUID]]:
    """Who has to read each of `rows`, by document id; active people, or of them `only` one.

    At most six queries, whatever the size.
    """
    if not rows:
        return {}
    active = User.objects.active() if only is None else User.objects.active().filter(pk=only)
    people = set(active.values_list("pk", flat=True))
    by_workflow = _holders(rows, people)
    responders = Membership.objects.filter(group__name=roles.RESPONDER, user__in=people if only else active)
    everybody = set(responders.values_list("user_id", flat=True)) if _any(rows, "default") else set()
    places = {
        pk: {"workflow": str(pk), "team": str(team), "department": str(department), "criticality": criticality}
        for pk, team, department, criticality in Workflow.objects.in_use().values_list(
            "pk", "team_id", "team__department_id", "criticality"
        )
    }
    found: dict[UUID, set[UUID]] = {}
    for row in rows:
        mine = found[row.pk] = set(everybody) if row.scope_kind == "default" else set()
        for workflow, holders in by_workflow.items():
            place = places.get(workflow)
            if place is not None and (row.scope_kind == "default" or place[row.scope_kind] == row.scope_value):
                mine |= holders & people
    return found


def _any(rows: Iterable[Document], scope: str) -> bool:
    return any(row.scope_kind == scope for row in rows)


def _holders(rows: Iterable[Document], people: set[UUID]) -> dict[UUID, set[UUID]]:
    """Who is responsible or accountable, or stands in, by workflow: teams, schedules and roles as their people."""
    members: dict[tuple[str, object], set[UUID]] = defaultdict(set)
    belong = Membership.objects.filter(group__team__is_active=True, user__in=people)
    for team, person in belong.values_list("group__team", "user_id"):
        members["team", team].add(person)
    turns = LayerMember.objects.filter(layer__schedule__is_active=True, person__in=people)
    for schedule, person in turns.values_list("layer__schedule_id", "person_id"):
        members["schedule", schedule].add(person)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    held = Assignment.objects.filter(letter__in=ACTING, workflow__in=_governed(rows))
    roles_of = _Roles(members)
    columns = ("workflow_id", "workflow__team_id", "user_id", "team_id", "schedule_id", "role")
    for workflow, owner, user, team, schedule, role in held.values_list(*columns).distinct():
        if user is not None:
            found[workflow].add(user)
        elif role:
            found[workflow] |= roles_of.people(owner, role)
        else:
            found[workflow] |= members["team", team] if team else members["schedule", schedule]
    return found


def _governed(rows: Iterable[Document]) -> Any:
    """The workflows in use that one of `rows` is for."""
    scopes: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        scopes[row.scope_kind].append(row.scope_value)
    wanted = Q(pk__in=scopes["workflow"]) | Q(team__in=scopes["team"]) | Q(criticality__in=scopes["criticality"])
    wanted |= Q(team__department__in=scopes["department"])
    every = Workflow.objects.in_use()
    return (every if scopes["default"] else every.filter(wanted)).values("pk")


class _Roles:
    """The people behind the roles of the matrices in force; one small query, and only where a role holds something."""

    def __init__(self, members: dict[tuple[str, object], set[UUID]]) -> None:
        self.members = members
        self.matrices = documents.matrices()

    def people(self, team: UUID, role: str) -> set[UUID]:
        for pinned in (self.matrices.teams.get(team), self.matrices.company):
            if pinned is not None and role in pinned.content.role_by_key:
                holders = pinned.content.role_by_key[role].holders
                found = [{one.person} if one.person else self.members[one.kind, one.ref] for one in holders]
                return set().union(*found)
        return set()


def read_by(rows: Iterable[Document]) -> dict[UUID, dict[UUID, datetime]]:
    """Who has read the versions in force of `rows`, and when, by document id; one query."""
    versions = {row.effective_version_id: row.pk for row in rows}
    found: dict[UUID, dict[UUID, datetime]] = {row: {} for row in versions.values()}
    for version, person, at in Attestation.objects.filter(version__in=versions).values_list(
        "version_id", "person_id", "at"
    ):
        found[versions[version]][person] = at
    return found


def listed(user: User | None = None, *, at: datetime) -> list[Line]:
    """Every document that people have to read, with how many have; a constant number of queries."""
    rows = to_read()
    asked, read = audience(rows), read_by(rows)
    me = user.pk if user is not None else None
    return [
        Line(
            row,
            len(asked[row.pk]),
            len(asked[row.pk] & read[row.pk].keys()),
            me in asked[row.pk],
            read[row.pk].get(me) if me else None,
        )
        for row in rows
    ]


def coverage(document: Document) -> list[Reader]:
    """Who has to read `document`, those who have not first; a constant number of queries."""
    asked, read = audience([document])[document.pk], read_by([document])[document.pk]
    people = User.objects.filter(pk__in=asked).order_by("name", "pk")
    return sorted((Reader(person, read.get(person.pk)) for person in people), key=lambda row: row.at is not None)


def missing(rows: Collection[Document]) -> dict[UUID, list[User]]:
    """Who has not read what is in force of `rows`, by document id; a constant number of queries."""
    asked, read = audience(rows), read_by(rows)
    left = {key: people - read[key].keys() for key, people in asked.items()}
    users = {user.pk: user for user in User.objects.filter(pk__in=set().union(*left.values()) if left else ())}
    return {key: [users[pk] for pk in people] for key, people in left.items()}


def own(document: Document, user: User) -> Attestation | None:
    """That `user` has read what is in force of `document`; one query."""
    return Attestation.objects.filter(version=document.effective_version_id, person=user).first()


def card(user: User, *, at: datetime) -> list[Item]:
    """What `user` has not read yet."""
    done = Attestation.objects.filter(person=user).values("version_id")
    rows = Document.objects.filter(kind__in=READ, effective_version__isnull=False).exclude(effective_version__in=done)
    waiting = list(rows.select_related("effective_version").order_by("title")[:50])
    asked = audience(waiting, only=user.pk)
    return [
        Item(
            title=_("Please read: %(title)s") % {"title": row.title},
            reason=_("Version %(number)s is in force, and you act by it.") % {"number": number},
            url=reverse("governance:reading", args=[row.pk]),
            button=_("Read"),
        )
        for row, number in ((row, row.effective_version.number) for row in waiting if row.effective_version)
        if user.pk in asked[row.pk]
    ]
