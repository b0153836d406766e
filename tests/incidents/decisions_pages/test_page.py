"""`/decisions/<ref>/`: who may decide what, what is refused, and what stands there afterwards."""

from typing import Any

import pytest
from django.utils import timezone

from incidents.models import DecisionAnswer, DecisionReading, DecisionRecord, DecisionRequest
from incidents.services import decisions
from tests.factories_governance import Company
from tests.incidents.decisions_pages.scenes import WORDS, ask, fresh, make_shop
from tests.incidents.source_pages import client_of, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_shop()


def answer_to(decision: DecisionRequest, company: Company, **sent: str) -> Any:
    client = client_of(company.responder)
    return client.post(f"{decision.get_absolute_url()}answer/", {"choice": "pay"} | WORDS | sent, follow=True)


def test_whoever_is_asked_decides_on_the_page_and_the_record_stands_there(company: Company) -> None:
    decision = ask(company, delay_costs="12 orders an hour are late", safe_default="reject")
    page = page_of(company.responder, decision.get_absolute_url())
    assert "12 orders an hour are late" in page and "Send it back (the safe way;" in page
    assert "Responder" in page and "Second" in page and 'name="rationale"' in page
    answer = answer_to(decision, company, assumptions="The goods are complete.")
    assert answer.redirect_chain == [(decision.get_absolute_url(), 302)]
    record = DecisionRecord.objects.get(request=decision)
    assert (record.choice, record.by, record.risk) == ("pay", company.responder, "low")
    shown = answer.content.decode()
    for words in (
        "The supplier delivered.",
        "The goods are complete.",
        "Company escalation, version 1",
        record.inputs[:16],
    ):
        assert words in shown
    assert "Receipt" in shown and 'name="rationale"' not in shown


def test_who_was_not_asked_reads_why_not_and_changes_nothing(company: Company) -> None:
    decision = ask(company)
    page = page_of(company.second, decision.get_absolute_url())
    assert "You were not asked to decide this." in page and 'name="rationale"' not in page
    answer = client_of(company.second).post(f"{decision.get_absolute_url()}answer/", {"choice": "pay"} | WORDS)
    assert answer.status_code == 409 and "Nothing was changed." in answer.content.decode()
    assert fresh(decision).state == "open" and not DecisionAnswer.objects.exists()


def test_who_may_not_know_of_it_finds_nothing(company: Company) -> None:
    decision = ask(company)
    for path in ("", "replay/"):
        assert client_of(company.outsider).get(decision.get_absolute_url() + path).status_code == 404
    answer = client_of(company.outsider).post(f"{decision.get_absolute_url()}answer/", {"choice": "pay"} | WORDS)
    assert answer.status_code == 404 and not DecisionAnswer.objects.exists()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"choice": ""}, "Choose one of the ways."),
        ({"choice": "burn"}, "Your level may not take this one."),
        ({"rationale": " "}, "Say why you decide so."),
        ({"risk": "none"}, "Choose one of these."),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_nothing_is_lost(
    company: Company, sent: dict[str, str], sentence: str
) -> None:
    decision = ask(company)
    answer = answer_to(decision, company, constraints="Only this once.", **sent)
    page = answer.content.decode()
    assert answer.status_code == 422 and sentence in page and "Only this once." in page
    assert fresh(decision).state == "open" and not DecisionRecord.objects.exists()


def test_the_standard_form_of_an_exception_has_to_be_filled_in(company: Company) -> None:
    decision = ask(company, category="data-integrity")
    client = client_of(company.second)  # this exception has its own path
    path = f"{decision.get_absolute_url()}answer/"
    refused = client.post(path, {"choice": "pay"} | WORDS)
    assert refused.status_code == 422
    assert refused.content.decode().count("Answer “Which records are affected?”.") == 2  # on top, and at the field
    more = {"more_records": "Orders 4711 to 4925", "more_right": "The shop's, by its ledger"}
    answer = client.post(path, {"choice": "pay"} | WORDS | more, follow=True)
    assert fresh(decision).state == "decided"
    page = answer.content.decode()
    assert "Which records are affected?" in page and "Orders 4711 to 4925" in page


def test_an_answer_that_comes_too_late_is_kept_and_says_so(company: Company) -> None:
    decision = ask(company)
    answer_to(decision, company)
    late = answer_to(decision, company, choice="reject")
    assert "Somebody was faster" in late.content.decode()
    assert list(DecisionAnswer.objects.order_by("pk").values_list("counts", flat=True)) == ["decides", "late"]
    assert DecisionRecord.objects.get().choice == "pay"


def test_missing_data_stands_still_until_the_requester_says_it() -> None:
    company = make_shop(required_data=["Who is affected", "Since when"])
    decision = ask(company)
    path = decision.get_absolute_url()
    assert "has to say first: Who is affected; Since when" in page_of(company.responder, path)
    mine = page_of(company.reporter, path)
    assert "Say what is missing" in mine and "Paused" in mine
    client = client_of(company.reporter)
    empty = client.post(f"{path}data/", {"given_0": ""})
    assert empty.status_code == 422 and "Write at least one of these." in empty.content.decode()
    client.post(f"{path}data/", {"given_0": "Three shops"})
    assert fresh(decision).state == "waiting"
    client.post(f"{path}data/", {"given_0": "Since noon"})
    assert fresh(decision).given == {"Who is affected": "Three shops", "Since when": "Since noon"}
    assert fresh(decision).state == "open" and 'name="rationale"' in page_of(company.responder, path)


def test_a_level_takes_only_what_it_is_permitted() -> None:
    company = make_shop(permitted_actions=["Send it back"])
    decision = ask(company)
    page = page_of(company.responder, decision.get_absolute_url())
    assert "Not for the level that is asked now." in page and 'value="pay"' not in page and 'value="reject"' in page
    assert answer_to(decision, company, choice="pay").status_code == 422
    assert fresh(decision).state == "open"


def test_objecting_recusing_and_withdrawing_need_a_reason(company: Company) -> None:
    decision = ask(company)
    path = decision.get_absolute_url()
    for user, action, sentence in (
        (company.responder, "object", "Say what speaks against it."),
        (company.responder, "recuse", "Say why somebody else should decide."),
        (company.reporter, "withdraw", "Say why it is not needed any more."),
    ):
        refused = client_of(user).post(f"{path}{action}/", {"reason": ""})
        assert refused.status_code == 422 and sentence in refused.content.decode()
    client_of(company.responder).post(f"{path}object/", {"reason": "It was paid before."})
    assert fresh(decision).state == "contested"
    assert "Settle the contradiction" in page_of(company.leader, path)
    assert "This is contested." in page_of(company.responder, path)
    client_of(company.reporter).post(f"{path}withdraw/", {"reason": "The supplier has called."})
    assert fresh(decision).state == "withdrawn"
    assert "Withdrawn by whoever asked" in page_of(company.responder, path)


def test_who_recuses_does_not_decide_and_the_next_one_is_asked(company: Company) -> None:
    decision = ask(company)
    path = decision.get_absolute_url()
    client_of(company.responder).post(f"{path}recuse/", {"reason": "I ordered it myself."})
    page = page_of(company.responder, path)
    assert "Does not decide" in page and 'name="rationale"' not in page
    assert 'name="rationale"' in page_of(company.second, path)


def test_two_readings_stand_side_by_side_and_differences_are_marked(company: Company) -> None:
    decision = ask(company)
    path = decision.get_absolute_url()
    client = client_of(company.responder)
    for title, figures in (("Shop", "Orders: 214\nCanceled: 3"), ("Warehouse", "Orders: 209\nCanceled: 3")):
        client.post(f"{path}reading/", {"title": title, "source": "Its report", "values": figures})
    page = page_of(company.responder, path)
    assert DecisionReading.objects.count() == 2 and page.count(">differs<") == 1
    assert "<b>214</b>" in page and "<b>209</b>" in page and "<b>3</b>" not in page
    refused = client.post(f"{path}reading/", {"title": "X", "source": "Y", "values": "no colon"})
    assert refused.status_code == 422 and "Write “name: value” on each line." in refused.content.decode()


def test_a_name_that_the_matrix_does_not_know_is_said(company: Company) -> None:
    decision = ask(company, name="buy-a-ship")
    page = page_of(company.responder, decision.get_absolute_url())
    assert "The matrix knows no decision called “buy-a-ship”." in page


def test_the_page_polls_and_answers_nothing_while_nothing_changed(company: Company) -> None:
    decision = ask(company)
    client = client_of(company.responder)
    page = client.get(decision.get_absolute_url())
    poll = f"{decision.get_absolute_url()}?part=status&cursor={page.context['shown'].cursor}"
    assert client.get(poll).status_code == 204
    decisions.give_data(decision=decision, given={"Extra": "1"}, at=timezone.now(), by=company.reporter)
    changed = client.get(poll)
    assert changed.status_code == 200 and "Something has changed here." in changed.content.decode()


def test_nothing_else_can_be_done_there(company: Company) -> None:
    decision = ask(company)
    client = client_of(company.responder)
    assert client.post(f"{decision.get_absolute_url()}dance/").status_code == 404
    assert client.get(f"{decision.get_absolute_url()}answer/").status_code == 405
    assert client.post(f"{decision.get_absolute_url()}withdraw/", {"reason": "Because"}).status_code in (403, 409)
    assert fresh(decision).state == "open"


def test_the_owner_of_data_integrity_says_which_reading_holds(company: Company) -> None:
    decision = ask(company)
    path = decision.get_absolute_url()
    client = client_of(company.responder)
    for title in ("Shop", "Warehouse"):
        client.post(f"{path}reading/", {"title": title, "source": "Its report", "values": f"Orders: {len(title)}"})
    shop = DecisionReading.objects.get(title="Shop")
    sent = {"reading": str(shop.pk), "reason": "The shop counts once."}
    assert client.post(f"{path}rule/", sent).status_code in (403, 409)
    assert not DecisionReading.objects.filter(rules_over__isnull=False).exists()
    client_of(company.lead).post(f"{path}rule/", sent)
    ruling = DecisionReading.objects.get(rules_over__isnull=False)
    assert (ruling.rules_over, ruling.by) == (shop, company.lead)
    assert "One of them holds" in page_of(company.responder, path)
