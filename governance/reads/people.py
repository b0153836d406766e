"""People and teams as plain facts for the rules, and the names by which YAML calls things."""

from collections import defaultdict
from datetime import datetime
from uuid import UUID

from governance.documents.facts import AbsenceFacts, PeopleFacts, PersonFacts, TeamFacts, WorkflowFacts
from governance.models import Workflow
from portal.models import Absence, Department, Membership, Team, User


def facts(at: datetime) -> PeopleFacts:
    """Everybody and every active team as the rules need them at `at` or later; four queries whatever the size.

    Absences that have ended by `at` are left out. Inactive people are there, marked, so that a rule can name them.
    """
    absences: dict[UUID, list[AbsenceFacts]] = defaultdict(list)
    away = Absence.objects.filter(ends_at__gt=at).order_by("starts_at")
    for person, start, end, cover in away.values_list("user_id", "starts_at", "ends_at", "cover_id"):
        absences[person].append(AbsenceFacts(start, end, cover))
    people = {
        pk: PersonFacts(pk, name or email, active, tuple(absences.get(pk, ())))
        for pk, name, email, active in User.objects.values_list("pk", "name", "email", "is_active")
    }
    return PeopleFacts(people, teams())


def teams() -> dict[UUID, TeamFacts]:
    """Active teams with their members, longest-standing first; two queries."""
    members: dict[int, list[UUID]] = defaultdict(list)
    rows = Membership.objects.filter(group__team__isnull=False).order_by("pk")
    for group, person in rows.values_list("group_id", "user_id"):
        members[group].append(person)
    known = Team.objects.filter(is_active=True).values_list("pk", "name", "key", "group_id")
    return {pk: TeamFacts(pk, name, tuple(members.get(group, ())), key) for pk, name, key, group in known}


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


def workflows() -> dict[UUID, WorkflowFacts]:
    """Every workflow by id, retired ones too; one query."""
    names = ("pk", "name", "team_id", "criticality", "team__department_id", "key")
    return {row[0]: WorkflowFacts(*row) for row in Workflow.objects.order_by("name").values_list(*names)}


def departments() -> dict[UUID, str]:
    return dict(Department.objects.values_list("pk", "name"))


class Directory:
    """Names to ids and back, for import and export of YAML: e-mail addresses of people, keys of the rest."""

    def __init__(self) -> None:
        tables = {
            "person": User.objects.values_list("email", "pk"),
            "team": Team.objects.values_list("key", "pk"),
            "workflow": Workflow.objects.values_list("key", "pk"),
            "department": Department.objects.values_list("key", "pk"),
        }
        self._ids = {kind: {name.lower(): pk for name, pk in rows} for kind, rows in tables.items()}
        self._names = {kind: {pk: name for name, pk in rows.items()} for kind, rows in self._ids.items()}

    def find(self, kind: str, name: str) -> UUID | None:
        """The id of what is called `name`, or None."""
        return self._ids.get(kind, {}).get(name.strip().lower())

    def name(self, kind: str, id: UUID) -> str | None:
        """What `id` is called, or None."""
        return self._names.get(kind, {}).get(id)
