"""A step whose owner is gone belongs to nobody: the timeline says so, and whoever commands hears of it (D38)."""

from datetime import datetime
from typing import Any

from incidents.models import Incident, RoleAssignment, StepEntry
from incidents.reads import steps as reads
from incidents.services import messages, timeline
from portal import audit, outbox
from portal.models import User

LEFT, HANDED_OVER = "left", "handed_over"


def free(incident: Incident, person: User, *, which: str, at: datetime) -> list[StepEntry]:
    """Free what `person` has taken and not ended; `which` says why: LEFT, or HANDED_OVER.

    Call inside ``audit.action`` with the incident locked, after somebody else commands it. The entries are of the
    person whose steps they were, and say that they did not give them back themselves.
    """
    action = audit.current()
    assert action is not None
    course = reads.course(incident)
    lines = [line for line in course.lines if line.owner is not None and line.owner.pk == person.pk]
    if not lines or course.scenario is None:
        return []
    rows = []
    for line in lines:
        row = StepEntry(
            incident=incident,
            version=course.version,
            scenario=course.scenario.key,
            step=line.step.key,
            did=StepEntry.Did.RELEASED,
            given={"freed": which},
            by=person,
            at=at,
        )
        row.save(force_insert=True)
        rows.append(row)
        facts = {"name": str(person), "title": line.step.title, "step": line.step.key, "which": which}
        facts["scenario"] = course.scenario.key
        timeline.add(incident, verb="step_freed", by=None, at=at, data=facts)
        action.record(verb="incident.step_freed", target=incident, data=facts)
    action.prove(rows, about=incident)
    _tell(incident, person, [line.step.title for line in lines], rows[0], which, at)
    return rows


def handed_over(incident: Incident, person: User, *, at: datetime) -> None:
    """`person` has handed over or given up a role: who holds none any more has no step either."""
    if not RoleAssignment.objects.filter(incident=incident, user=person, ended_at=None).exists():
        free(incident, person, which=HANDED_OVER, at=at)


def _tell(incident: Incident, person: User, titles: list[str], first: StepEntry, which: str, at: datetime) -> None:
    """Whoever commands; while nobody does, whoever takes it reads it on the page that the call leads to."""
    commander = incident.lead
    if commander is None or commander.pk == person.pk or not commander.is_active:
        return
    url = f"{messages.address(incident)}playbook/#now"
    said: dict[str, Any] = {"name": str(person), "next": "; ".join(titles), "which": which, "url": url}
    note = messages.note("incident.step_freed", incident, [commander], f"step:{first.pk}:freed", **said)
    note.lane = messages.lane_of(incident)
    outbox.enqueue_many([note], at=at)
