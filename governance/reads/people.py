"""People and teams as plain facts for the rules, and the names by which YAML calls things."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from operator import attrgetter
from uuid import UUID

from django.db.models import FilteredRelation, Q

from governance.documents.facts import AbsenceFacts, PeopleFacts, PersonFacts, TeamFacts, WorkflowFacts
from governance.models import Board, Document, Platform, Schedule, Workflow
from governance.models.versions import Kind
from governance.reads import schedules, seats
from portal import prepared
from portal.models import Absence, Department, Team, User

_people = prepared.Question(
    lambda: User.objects.annotate(
        away=FilteredRelation("absences", condition=Q(absences__ends_at__gt=prepared.Given("at", Absence, "ends_at")))
    ).values_list("pk", "name", "email", "is_active", "away__starts_at", "away__ends_at", "away__cover_id")
)
_members = prepared.Question(
    lambda: (
        Team.objects.filter(is_active=True)
        .order_by("group__memberships__pk")
        .values_list("pk", "name", "key", "group__memberships__user_id")
    )
)


def facts(at: datetime) -> PeopleFacts:
    """Everybody, every active team, schedule and board as the rules need them at `at` or later.

    Four queries whatever the size, five where there are schedules.

    Absences and overrides that have ended by `at` are left out. Inactive people are there, marked, so that a rule can
    name them.
    """
    people: dict[UUID, PersonFacts] = {}
    for pk, name, email, active, start, end, cover in _people(at=at):
        known = people[pk].absences if pk in people else ()
        if start is not None:
            known = tuple(sorted((*known, AbsenceFacts(start, end, cover)), key=attrgetter("from_at")))
        people[pk] = PersonFacts(pk, name or email, active, known)
    return PeopleFacts(people, teams(), schedules.facts(at), seats.facts(at))


def teams() -> dict[UUID, TeamFacts]:
    """Active teams with their members, longest-standing first; one query."""
    names: dict[UUID, tuple[str, str]] = {}
    members: dict[UUID, list[UUID]] = defaultdict(list)
    for pk, name, key, person in _members():
        names[pk] = name, key
        if person is not None:
            members[pk].append(person)
    return {pk: TeamFacts(pk, name, tuple(members[pk]), key) for pk, (name, key) in names.items()}


def workflow_facts(workflow: Workflow | WorkflowFacts | None) -> WorkflowFacts | None:
    """A workflow as the rules see it; None (unknown) stays None. Give `workflow` with its team selected."""
    if workflow is None or isinstance(workflow, WorkflowFacts):
        return workflow
    return WorkflowFacts(
        id=workflow.pk,
        name=workflow.name,
        team=workflow.team_id,
        criticality=workflow.criticality,
        department=workflow.team.department_id,
        key=workflow.key,
    )


def team_facts(team: Team) -> WorkflowFacts:
    """What stands for every workflow of `team`: nothing but the team's row and the default decides."""
    return WorkflowFacts(id=team.pk, name=team.name, team=team.pk, criticality="")


def workflows() -> dict[UUID, WorkflowFacts]:
    """Every workflow by id, retired ones too; one query."""
    names = ("pk", "name", "team_id", "criticality", "team__department_id", "key")
    return {row[0]: WorkflowFacts(*row) for row in Workflow.objects.order_by("name").values_list(*names)}


def departments() -> dict[UUID, str]:
    return dict(Department.objects.values_list("pk", "name"))


class Directory:
    """Names to ids and back, for import and export of YAML: e-mail addresses of people, keys of the rest.

    One query for each kind that a document names.
    """

    _TABLES: dict[str, Callable[[], Iterable[tuple[str, UUID]]]] = {
        "person": lambda: User.objects.values_list("email", "pk"),
        "team": lambda: Team.objects.values_list("key", "pk"),
        "workflow": lambda: Workflow.objects.values_list("key", "pk"),
        "department": lambda: Department.objects.values_list("key", "pk"),
        "schedule": lambda: Schedule.objects.values_list("key", "pk"),
        "board": lambda: Board.objects.values_list("key", "pk"),
        "module": lambda: Document.objects.filter(kind=Kind.MODULE).values_list("key", "pk"),
        "platform": lambda: Platform.objects.values_list("key", "pk"),
    }

    def __init__(self) -> None:
        self._ids: dict[str, dict[str, UUID]] = {}
        self._names: dict[str, dict[UUID, str]] = {}

    def find(self, kind: str, name: str) -> UUID | None:
        """The id of what is called `name`, or None."""
        self._read(kind)
        return self._ids[kind].get(name.strip().lower())

    def name(self, kind: str, id: UUID) -> str | None:
        """What `id` is called, or None."""
        self._read(kind)
        return self._names[kind].get(id)

    def _read(self, kind: str) -> None:
        if kind not in self._ids:
            rows = self._TABLES[kind]() if kind in self._TABLES else ()
            self._ids[kind] = {name.lower(): pk for name, pk in rows}
            self._names[kind] = {pk: name for name, pk in self._ids[kind].items()}
