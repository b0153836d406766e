"""Pages and messages of decisions say each thing once, of whom it holds, and with what one needs to choose."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from governance.documents.playbook import GateOption
from governance.reads import playbooks
from incidents.models import DecisionRequest, Incident
from incidents.reads import incident as incident_reads
from incidents.reads import timeline
from incidents.services import decision_cases, decision_messages, decisions, escalation, gates
from incidents.services.steps import Given
from portal import outbox, registry, rendering, timers
from portal.models import AuditEntry, Message
from tests import factories_keeping as keeping
from tests.factories import make_user
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_incident, violations
from tests.factories_steps import STEPS, agreed, end, make_stepped, with_lead, working
from tests.incidents.decisions_pages.scenes import ask, make_shop
from tests.incidents.source_pages import page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def gate(company: Company) -> DecisionRequest:
    """The decision of a gate that waits."""
    incident = with_lead(company, working(company, make_stepped(company.admin)))
    agreed(company, incident)
    end(company, incident, "how-far")
    end(company, incident, "stop", given=Given(halted="The trigger"))
    return gates.ask(
        incident=fresh(incident), step="way", details="It began at noon.", by=company.responder, at=later(4)
    )


def decide(gate: DecisionRequest, company: Company) -> Incident:
    words = decisions.Words(rationale="The cause is known.")
    decisions.answer(decision=gate, choice="repair", words=words, risk="medium", by=company.lead, at=later(5))
    assert gate.incident is not None
    return fresh(gate.incident)


def test_a_gate_shows_one_line_for_the_question_and_one_for_the_choice(company: Company, gate: DecisionRequest) -> None:
    incident = decide(gate, company)
    lines = [
        row.text for row in timeline.page(incident).rows if gate.reference in row.text or gate.question in row.text
    ]
    assert len([text for text in lines if "asked for" in text]) == 1
    assert len([text for text in lines if "ecided" in text]) == 1
    assert [row.text for row in timeline.fresh(incident, after=0).rows if gate.question in row.text] == [
        text for text in lines if gate.question in text
    ]
    in_steps = [row.text for row in timeline.page(incident, only="steps").rows]
    in_decisions = [row.text for row in timeline.page(incident, only="decisions").rows]
    assert any(text.startswith("Decided “") for text in in_steps)
    assert any(text.startswith("Decision asked for") for text in in_decisions)
    wanted = ["incident.decision_requested", "incident.gate_asked", "incident.decision_ended", "incident.step_done"]
    assert set(wanted) <= set(AuditEntry.objects.values_list("verb", flat=True))
    assert violations() == []


def test_the_ways_of_a_gate_say_when_to_take_them(company: Company, gate: DecisionRequest) -> None:
    whens = [option["when"] for step in STEPS for option in step.get("options", ()) if option.get("when")]
    assert whens
    for reader in (company.lead, company.responder):  # who decides, and who reads along
        page = page_of(reader, gate.get_absolute_url())
        for when in whens:
            assert page.count(when) == 1


def test_the_subject_names_the_incident(company: Company, gate: DecisionRequest) -> None:
    message = Message.objects.filter(event="decision.asked", subject_id=gate.pk, channel="inbox").latest("pk")
    subject = rendering.render(message, message.recipient).subject
    assert gate.incident is not None
    assert subject.endswith(f"({gate.incident.reference}, {gate.incident.title[:60]})")
    facts = {"event": "decision.asked", "subject": gate, "to": [], "key": "k", "data_class": gate.data_class}
    note = outbox.Note(**facts, context=decision_messages.facts(gate))
    public = outbox.redact(registry.event_types["decision.asked"], note, "public")
    assert public["incident"] == gate.incident.reference and "incident_title" not in public
    gate.incident.data_class, gate.data_class = "confidential", "internal"
    assert decision_messages.facts(gate)["incident_title"] == ""


def test_who_passed_it_on_reads_no_missing_answer() -> None:
    company = make_shop()
    decision, at = ask(company), timezone.now()
    decisions.pass_on(decision=decision, position=1, reason="Above my limit", by=company.responder, at=at)
    page = page_of(company.responder, decision.get_absolute_url())
    assert f"Passed on by {company.responder}" in page and 'data-tone="bad">No answer<' not in page
    assert "No answer</" not in page


def test_the_last_ones_are_not_called_nobody(company: Company, gate: DecisionRequest) -> None:
    while (found := DecisionRequest.objects.get(pk=gate.pk)).state == "open":
        case = decision_cases.open_one(found)
        if case.step is not None and case.step.kind == "fallback":
            break
        assert found.due_at is not None
        timers.fire_due(at=found.due_at)
    page = page_of(company.lead, gate.get_absolute_url())
    assert "The last ones who are asked, " in page and "Nobody was reached, " not in page


def test_the_stepper_names_who_answered_then() -> None:
    company = make_shop()
    incident = make_incident(company)
    escalation.acknowledge(run=incident.run, by=company.responder, at=later(2))
    incident = fresh(incident)
    at = timezone.now() + timedelta(minutes=1)
    assert str(company.responder) in incident_reads.steps(incident, incident.run, at)[1]["note"]
    escalation.reassign(run=incident.run, to=company.second, by=company.responder, reason="Shift", at=later(3))
    incident = fresh(incident)
    note = incident_reads.steps(incident, incident.run, at)[1]["note"]
    assert incident.lead == company.second and note and str(company.second) not in note


def test_a_collection_lists_a_decision_once() -> None:
    company = make_shop()
    decision, user = ask(company), make_user("waits")
    for number, event in enumerate(("decision.asked", "decision.news", "decision.ready")):
        decision_messages.tell(event, decision, [user], f"k{number}", at=timezone.now() + timedelta(seconds=number))
    rows = list(Message.objects.filter(recipient=user, channel="inbox").order_by("created_at"))
    assert [row.event for row in rows] == ["decision.asked", "decision.news", "decision.ready"]
    assert rendering._once(rows) == rows[1:]


def test_a_role_that_comes_with_the_portal_has_its_german_name() -> None:
    option = GateOption(key="off", title="Off", role="incident-commander")
    titles = {"role": {"incident-commander": "Incident commander"}}
    with translation.override("de"):
        assert "Einsatzleitung" in playbooks.needs(option, titles)
