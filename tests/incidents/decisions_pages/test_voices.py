"""What was said besides the record stands on the page: votes, who asked the next level, and the answer on its way."""

import pytest
from django.utils import timezone

from incidents.models import CallbackAttempt, DecisionRecord, DecisionRequest
from incidents.services import callbacks, decisions
from portal import audit
from portal.models import User
from tests.factories_governance import Company
from tests.incidents import decided
from tests.incidents.decisions_pages.scenes import WORDS, ask, fresh, make_shop
from tests.incidents.source_pages import client_of, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_shop()


def higher(decision: DecisionRequest, user: User, **sent: object) -> object:
    decision.run.refresh_from_db()
    data = {"reason": "It is above my limit", "position": decision.run.position} | sent
    return client_of(user).post(f"{decision.get_absolute_url()}higher/", data, follow=True)


def test_the_next_level_is_asked_from_the_page_and_reads_why(company: Company) -> None:
    decision = ask(company)
    assert "Somebody above me should decide" in page_of(company.responder, decision.get_absolute_url())
    shown = higher(decision, company.responder).content.decode()  # type: ignore[attr-defined]
    assert "The next level is asked now." in shown and "Asked the next level" in shown
    assert "Somebody above me should decide" not in shown
    assert "It is above my limit" in page_of(company.second, decision.get_absolute_url())


def test_without_a_reason_nothing_moves(company: Company) -> None:
    decision = ask(company)
    answer = higher(decision, company.responder, reason=" ")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    assert "Say why somebody above you should decide." in answer.content.decode()  # type: ignore[attr-defined]
    position = fresh(decision).run.position
    assert position == 1


def test_a_late_answer_stands_there_with_its_reason(company: Company) -> None:
    decision = ask(company)
    client_of(company.responder).post(f"{decision.get_absolute_url()}answer/", {"choice": "pay"} | WORDS)
    late = {"choice": "reject"} | WORDS | {"rationale": "The price was wrong."}
    client_of(company.responder).post(f"{decision.get_absolute_url()}answer/", late)
    page = page_of(company.responder, decision.get_absolute_url())
    assert "Answered too late" in page and page.count("Send it back") >= 2


def test_each_try_to_tell_the_workflow_stands_there(company: Company) -> None:
    decision, at = ask(company), timezone.now()
    source, _secrets = decided.make_source()
    DecisionRequest.objects.filter(pk=decision.pk).update(source=source, callback="https://flows.example/answers")
    client_of(company.responder).post(f"{decision.get_absolute_url()}answer/", {"choice": "pay"} | WORDS)
    with audit.action(actor=None, actor_label="test", reason="told", at=at):
        row = callbacks.promise(fresh(decision), DecisionRecord.objects.get(request=decision), at=at)
    for number, result in enumerate(("temporary", "sent"), start=1):
        CallbackAttempt.objects.create(
            callback=row, number=number, started_at=at, ended_at=at, result=result, detail=f"HTTP 50{number}"
        )
    page = page_of(company.lead, decision.get_absolute_url())
    assert "Try 1" in page and "Try 2" in page and "HTTP 501" in page


def test_an_objection_is_read_by_all_who_take_part(company: Company) -> None:
    decision = ask(company)
    decisions.recuse(decision=decision, reason="I ordered it myself.", by=company.responder, at=timezone.now())
    assert "I ordered it myself." in page_of(company.lead, decision.get_absolute_url())
