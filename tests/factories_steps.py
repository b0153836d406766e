"""An incident that is worked on by a playbook with every kind of step."""

from typing import Any

from governance.models import Document
from incidents.models import Incident, Participant, ScopeAnswer, StepEntry
from incidents.reads import scopes as scope_reads
from incidents.reads import steps as reads
from incidents.services import pins, scopes, steps
from incidents.services.steps import Given
from portal.models import User
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_acknowledged

STEPS: list[dict[str, Any]] = [
    {"key": "how-far", "title": "How far does it go?", "does": "scope"},
    {"key": "stop", "title": "Stop the trigger", "does": "containment", "follows": "stalled"},
    {
        "key": "way",
        "title": "Which way?",
        "does": "gate",
        "options": [
            {"key": "repair", "title": "Repair it", "when": "The cause is known.", "role": "lead", "next": "repair"},
            {"key": "back", "title": "Go back", "when": "It began with a change.", "authority": "all", "next": "back"},
        ],
    },
    {"key": "repair", "title": "Repair the trigger", "does": "action", "next": "counts", "checks": ["One", "Two"]},
    {"key": "back", "title": "Back to the last version", "does": "rollback", "follows": "stalled"},
    {"key": "counts", "title": "Compare the counts", "does": "integrity", "follows": "stalled"},
    {"key": "proof", "title": "Follow one event", "does": "verification", "follows": "stalled"},
    {"key": "tell", "title": "Tell those affected", "does": "communication", "responsibility": "owner"},
]
"""Two ways through a gate, and every kind of step once."""


def make_stepped(by: User, *, steps: list[dict[str, Any]] | None = None, **changed: Any) -> Document:
    """A playbook in force whose only scenario has `steps`."""
    return keeping.make_playbook(by, **playbook(STEPS if steps is None else steps, **changed))


def playbook(steps: list[dict[str, Any]], **changed: Any) -> dict[str, Any]:
    scenarios = keeping.playbook()["scenarios"]
    scenarios[0]["steps"] = steps
    return {"scenarios": scenarios} | changed


def working(company: Company, document: Document) -> Incident:
    """An incident that the responder leads and works on by `document`."""
    incident = make_acknowledged(company)
    pins.choose(incident=incident, playbook=document.effective_version_id, by=company.responder, at=later(1))
    return fresh(incident)


def with_lead(company: Company, incident: Incident) -> Incident:
    """`incident`, on which whoever may decide at its gates works, too."""
    Participant.objects.create(incident=incident, user=company.lead, role=Participant.Role.JOINED, since=later(1))
    return incident


def agreed(company: Company, incident: Incident, *, minutes: float = 2) -> None:
    """Scope and aim are stated, and everybody who is asked agrees."""
    by = company.responder
    made = scopes.state(incident=incident, scope="214 orders", aim="None is lost", by=by, at=later(minutes))
    for who in scope_reads.speakers(fresh(incident), besides=by).values():
        if scopes.scope_state(incident) == "open":
            scopes.answer(incident=incident, number=made.number, agrees=True, by=who.people[0], at=later(minutes))
    assert scopes.scope_state(incident) == "agreed"


def end(company: Company, incident: Incident, step: str, *, minutes: float = 3, **more: Any) -> StepEntry:
    """The responder ends `step`, as it stands now."""
    line = reads.course(fresh(incident)).line(step)
    values = {"given": Given(), "visit": line.visit if line else 0, "by": company.responder} | more
    return steps.end(incident=fresh(incident), step=step, at=later(minutes), **values)


def states(incident: Incident) -> dict[str, str]:
    """Step -> state, of everything on the way."""
    return {line.step.key: line.state for line in reads.course(fresh(incident)).lines}


def answers(incident: Incident) -> list[tuple[str, bool]]:
    rows = ScopeAnswer.objects.filter(statement__incident=incident).order_by("id")
    return list(rows.values_list("function", "agrees"))
