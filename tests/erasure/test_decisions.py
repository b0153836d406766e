"""What somebody asked and why somebody decided can be erased; that it was decided stays provable."""

import pytest

from incidents.models import DecisionRecord, DecisionText
from tests.erasure import canary
from tests.erasure.test_words import SECRET, entry_of, erase, proven
from tests.factories_governance import Company
from tests.factories_incidents import make_incident
from tests.incidents.decisions import scenes

pytestmark = pytest.mark.django_db


def test_a_question_goes_from_request_history_and_messages(company: Company) -> None:
    decision = scenes.ask(company, question=SECRET, details=f"{SECRET}, says her sister", delay_costs=SECRET)
    assert canary.where("Quackenbush") >= {"incidents_decisionrequest.question", "portal_message.context"}
    erase(entry_of("decision.requested", target_id=str(decision.pk)))
    decision.refresh_from_db()
    assert (decision.question, decision.details) == ("[erased]", "[erased]")
    assert canary.where("Quackenbush") == set() and proven()


def test_a_rationale_goes_and_the_record_stays(company: Company) -> None:
    incident = make_incident(company)
    decision = scenes.ask(company, by=company.responder, incident=incident)
    words = scenes.decisions.Words(rationale=SECRET, assumptions=f"{SECRET} is right")
    asked = decision.run.events.filter(outcome="told").first().user
    scenes.decisions.answer(decision=decision, choice="pay", words=words, risk="low", by=asked, at=scenes.after(1))
    erase(entry_of("decision.decided", target_id=str(decision.pk)))
    assert canary.where("Quackenbush") == set() and proven()
    assert DecisionRecord.objects.get(request=decision).choice == "pay" and not DecisionText.objects.exists()
