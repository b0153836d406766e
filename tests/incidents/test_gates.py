"""A gate of a playbook is a decision: who has the authority decides, and the course goes on where it leads (D48)."""

from typing import Any

import pytest

from governance.models import Document
from incidents.models import DecisionRequest, Incident, StepEntry
from incidents.reads import steps as reads
from incidents.services import containments, decisions, gates, incidents, pins
from incidents.services.steps import CannotStep, Given
from portal.models import User
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, refuses, verbs, violations
from tests.factories_steps import STEPS, agreed, end, make_stepped, playbook, states, with_lead, working

pytestmark = pytest.mark.django_db
WORDS = decisions.Words(rationale="The cause is known.")


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def document(company: Company) -> Document:
    return make_stepped(company.admin)


@pytest.fixture
def incident(company: Company, document: Document) -> Incident:
    """At the gate."""
    incident = with_lead(company, working(company, document))
    agreed(company, incident)
    end(company, incident, "how-far")
    end(company, incident, "stop", given=Given(halted="The trigger"))
    return fresh(incident)


def ask(company: Company, incident: Incident, *, minutes: float = 4, **more: Any) -> DecisionRequest:
    values = {"step": "way", "details": "It began at noon.", "by": company.responder} | more
    return gates.ask(incident=incident, at=later(minutes), **values)


def decide(request: DecisionRequest, choice: str, by: User, *, minutes: float = 5) -> None:
    decisions.answer(decision=request, choice=choice, words=WORDS, risk="medium", by=by, at=later(minutes))


def test_who_has_the_authority_decides_and_the_course_goes_on(company: Company, incident: Incident) -> None:
    request = ask(company, incident)
    assert (request.asked, request.scenario, request.step, request.incident) == ("gate", "nothing", "way", incident)
    assert [row["key"] for row in request.choices] == ["repair", "back"] and request.playbook == incident.playbook
    refuses(decisions.NotAnswerable, "Lead", lambda: decide(request, "repair", company.responder))
    decide(request, "repair", company.lead)
    entry = StepEntry.objects.get(incident=incident, step="way")
    assert (entry.given, entry.by, entry.did) == (
        {"option": "repair", "decision": request.reference},
        company.lead,
        "done",
    )
    found = reads.course(fresh(incident))
    assert found.now is not None and found.now.step.key == "repair" and found.total == 7
    assert "step_done" in verbs(incident) and "gate_asked" in verbs(incident)
    assert violations() == []


def test_a_gate_is_asked_for_once_in_its_turn(company: Company, document: Document, incident: Incident) -> None:
    early = working(company, document)
    refuses(CannotStep, "not the turn", lambda: ask(company, early))
    refuses(CannotStep, "not the turn", lambda: ask(company, early, step="how-far"))
    request = ask(company, incident)
    refuses(CannotStep, f"already: {request.reference}", lambda: ask(company, incident, by=company.second))


def test_a_request_that_ended_without_a_choice_is_followed_by_another_one(company: Company, incident: Incident) -> None:
    first = ask(company, incident)
    decisions.withdraw(decision=first, reason="Wrong words", by=company.responder, at=later(5))
    assert states(incident)["way"] == "now"
    second = ask(company, incident, minutes=6)
    assert second != first
    decide(second, "back", company.lead, minutes=7)
    assert reads.course(fresh(incident)).now.step.key == "back"


def test_what_is_decided_for_a_course_that_went_another_way_changes_nothing(
    company: Company, incident: Incident
) -> None:
    request = ask(company, incident)
    other = make_stepped(company.admin, key="other", title="Other")
    call: dict[str, Any] = {"reason": "It is the data", "by": company.responder, "at": later(5)}
    pins.choose(incident=incident, playbook=other.effective_version_id, **call)
    decide(request, "repair", company.lead, minutes=6)
    assert not StepEntry.objects.filter(incident=incident, step="way").exists()
    request.refresh_from_db()
    assert request.state == "decided"


def test_a_way_that_a_newer_version_does_not_offer_was_not_chosen(
    company: Company, document: Document, incident: Incident
) -> None:
    decide(ask(company, incident), "repair", company.lead)
    newer = [step if step["key"] != "way" else step | {"options": step["options"][1:]} for step in STEPS]
    newer[2]["options"].append({"key": "none", "title": "Wait", "role": "lead", "next": "counts"})
    keeping.next_version(document, by=company.admin, **playbook([step for step in newer if step["key"] != "repair"]))
    pins.switch(incident=incident, what="playbook", reason="Better", by=company.responder, at=later(6))
    assert states(incident)["way"] == "now"
    decide(ask(company, fresh(incident), minutes=7), "none", company.lead, minutes=8)
    assert reads.course(fresh(incident)).now.step.key == "counts"


def test_a_way_back_visits_steps_again(company: Company) -> None:
    steps = [
        {"key": "proof", "title": "Does it work?", "does": "verification"},
        {
            "key": "fine",
            "title": "Fine?",
            "does": "gate",
            "options": [
                {"key": "yes", "title": "Yes", "role": "lead", "next": "end"},
                {"key": "no", "title": "No", "role": "lead", "next": "proof"},
            ],
        },
    ]
    incident = with_lead(company, working(company, make_stepped(company.admin, steps=steps)))
    passed = {"given": Given(result="passed")}
    end(company, incident, "proof", **passed)
    decide(ask(company, incident, step="fine"), "no", company.lead)
    found = reads.course(fresh(incident))
    assert (found.now.step.key, found.now.visit) == ("proof", 1)
    refuses(CannotStep, "has ended “Does it work", lambda: end(company, incident, "proof", visit=0, **passed))
    end(company, incident, "proof", minutes=6, **passed)
    decide(ask(company, incident, step="fine", minutes=7), "yes", company.lead, minutes=8)
    found = reads.course(fresh(incident))
    assert found.is_over and [line.step.key for line in found.ended] == ["proof", "fine", "proof", "fine"]


def test_the_end_of_the_incident_ends_its_gate(company: Company, incident: Incident) -> None:
    request = ask(company, incident)
    incidents.resolve(
        incident=incident,
        resolution="It runs again.",
        checked="Looked at the orders.",
        settled=[
            containments.Settled(containment=row.pk, is_released=True, words="It is safe.")
            for row in incident.containments.all()
        ],
        by=company.responder,
        at=later(5),
    )
    request.refresh_from_db()
    assert request.state == "withdrawn"
    decide(request, "repair", company.lead, minutes=6)
    assert request.answers.get().counts == "late" and not StepEntry.objects.filter(step="way").exists()
    assert violations() == []
