"""The open incidents that count on a person: they lead, have answered, hold a role, have a step, or were told."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from incidents.models import EscalationEvent, EscalationRun, Incident, Participant, RoleAssignment, StepEntry
from portal.models import User


@dataclass
class Told:
    """What a run has done: `taken` (level key, round) whoever was reached, `people` whom each of them told."""

    taken: set[tuple[str, int]] = field(default_factory=set)
    people: dict[tuple[str, int], set[UUID]] = field(default_factory=lambda: defaultdict(set))

    @property
    def already(self) -> set[tuple[str, int, UUID]]:
        """The same as the pure rules take it."""
        return {(level, number, user) for (level, number), users in self.people.items() for user in users}


def concerned(person: User) -> list[UUID]:
    """Ids of those incidents, in the order in which they are locked; one query."""
    told = Participant.objects.filter(incident=OuterRef("pk"), user=person, role=Participant.Role.TOLD)
    roles = RoleAssignment.objects.filter(incident=OuterRef("pk"), user=person, ended_at=None)
    taken = StepEntry.objects.filter(incident=OuterRef("pk"), by=person, did=StepEntry.Did.TAKEN)
    works = Q(lead=person) | Q(run__acknowledged_by=person) | Exists(told) | Exists(roles) | Exists(taken)
    rows = Incident.objects.open().filter(works)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def steps(person: User) -> list[tuple[Incident, int]]:
    """How many steps `person` has taken and not ended, by incident that is open; two queries."""
    taken = StepEntry.objects.filter(incident=OuterRef("pk"), by=person, did=StepEntry.Did.TAKEN)
    incidents = {row.pk: row for row in Incident.objects.open().filter(Exists(taken)).order_by("pk")}
    rows = StepEntry.objects.filter(incident__in=list(incidents)).order_by("id")
    owners: dict[UUID, dict[tuple[str, str], UUID | None]] = {key: {} for key in incidents}
    for incident, scenario, step, did, by in rows.values_list("incident_id", "scenario", "step", "did", "by_id"):
        if scenario == incidents[incident].scenario:
            owners[incident][scenario, step] = by if did == StepEntry.Did.TAKEN else None
    mine = ((row, sum(by == person.pk for by in owners[key].values())) for key, row in incidents.items())
    return [(row, number) for row, number in mine if number]


def told(runs: Iterable[EscalationRun]) -> dict[UUID, Told]:
    """What each run has done so far, by its id; one query."""
    found: dict[UUID, Told] = defaultdict(Told)
    rows = EscalationEvent.objects.filter(run__in=[run.pk for run in runs]).exclude(level_key="news")
    for run, level, number, user, outcome in rows.values_list("run_id", "level_key", "round", "user_id", "outcome"):
        found[run].taken.add((level, number))
        if user is not None and outcome == EscalationEvent.Outcome.TOLD:
            found[run].people[level, number].add(user)
    return found


def visible(keys: Iterable[UUID], viewer: User | None) -> set[UUID]:
    """Those of the incidents that `viewer` may open; one query."""
    if viewer is None:
        return set()
    return set(Incident.objects.visible_to(viewer).filter(pk__in=list(keys)).values_list("pk", flat=True))
