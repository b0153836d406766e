"""Whoever answers for the next step of the playbook hears that it is their turn, before anybody has to ask."""

from governance.reads import people
from governance.rules import ownership
from incidents import access
from incidents.reads import steps as reads
from incidents.services import incidents, messages, participants
from portal import outbox
from portal.models import User


def call(held: incidents.Held) -> None:
    """Tell those who answer for the step whose turn it is now, once for each turn.

    Nobody is told of a gate (whoever may decide is asked there), of a step that somebody has or that may not begin
    yet, and where the person at work answers for it, too.
    """
    incident = held.incident
    line = reads.course(incident).now
    if line is None or line.owner is not None or line.locked or line.step.does == "gate":
        return
    key = line.step.responsibility
    if not key:
        return
    matrices, facts = access.matrices_of(incident), people.workflow_facts(incident.workflow)
    folk = people.facts(held.at)
    answer = ownership.resolve(matrices, facts, key, incident.severity, folk, held.at)
    named = {one.person for group in answer.groups[:1] for one in group.people}
    if not named or (held.by is not None and held.by.pk in named):
        return
    if incident.is_restricted:  # nobody else hears of it
        named &= {user.pk for user in participants.followers(incident)}
    to = list(User.objects.active().filter(pk__in=named).order_by("name", "pk"))
    participants.let_in(incident, to, at=held.at)
    turn = f"incident:{incident.pk}:step:{incident.scenario}:{line.step.key}:{line.visit}"
    url = f"{messages.address(incident)}playbook/#now"
    note = messages.note("incident.step", incident, to, turn, next=line.step.title, url=url)
    note.lane = messages.lane_of(incident)
    outbox.enqueue_many([note], at=held.at)
