"""`/decisions/`, asking on `/decisions/new/`, the page of the incident and the first page: what waits for whom."""

import html
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.models import DecisionRequest
from incidents.reads import decisions as reads
from incidents.services import decisions
from portal import roles
from portal.access import can
from tests.factories_governance import Company, make_person
from tests.factories_incidents import make_incident
from tests.incidents.decisions_pages.scenes import ask, fresh, make_shop
from tests.incidents.source_pages import client_of, page_of

pytestmark = pytest.mark.django_db
ABOUT = "/decisions/new/?workflow=order-sync&name=&category=&severity=sev3&risk=medium"
QUESTION = {"question": "Pay it?", "way_1": "Pay", "way_2": "Wait", "key": "k1"}


@pytest.fixture
def company() -> Company:
    return make_shop()


def decide(decision: DecisionRequest, company: Company) -> None:
    words = decisions.Words(rationale="It is due.")
    decisions.answer(decision=decision, choice="pay", words=words, risk="low", by=company.responder, at=timezone.now())


def test_what_waits_for_me_stands_first_the_soonest_on_top(company: Company) -> None:
    assert "No decision is waited for." in page_of(company.responder, "/decisions/")
    assert "Nothing waits for you." in page_of(company.responder, "/decisions/?show=mine")
    assert "Nothing here yet" in page_of(company.responder, "/decisions/?show=ended")
    late = ask(company, question="The later one?")
    soon = ask(company, question="The sooner one?", at=timezone.now() - timedelta(minutes=5))
    others = ask(company, question="Of others?", category="data-integrity")
    page = client_of(company.responder).get("/decisions/").context["page"]
    assert [row.decision for row in page.mine] == [soon, late]
    assert [row.decision for row in page.rows] == [others] and page.rows[0].asked == ["Second"]
    decide(soon, company)
    ended = client_of(company.responder).get("/decisions/?show=ended").context["page"]
    assert [row.decision for row in ended.rows] == [soon]


def test_a_question_about_an_incident_says_of_which(company: Company) -> None:
    incident = make_incident(company, at=timezone.now(), title="Orders <stand> still")
    decision = ask(company, question="What do we do about it?", incident=incident, by=company.second)
    words = f"{incident.reference}</span> Orders &lt;stand&gt; still"
    assert words in page_of(company.responder, "/decisions/")
    page = page_of(company.responder, decision.get_absolute_url())
    assert f'href="{incident.get_absolute_url()}">{incident.reference}</a> Orders &lt;stand&gt; still' in page
    assert page.count("Orders &lt;stand&gt; still") == 1


def test_the_first_page_leads_straight_to_the_decision_and_the_menu_counts_it(company: Company) -> None:
    decision = ask(company, delay_costs="12 orders an hour")
    page = page_of(company.responder, "/")
    assert "Decide: Pay the invoice INV-9?" in page and decision.get_absolute_url() in page
    assert "To wait costs: 12 orders an hour" in page
    assert reads.number(company.responder) == 1 and reads.number(company.second) == 0
    decide(decision, company)
    assert "Decide: Pay the invoice" not in page_of(company.responder, "/")


def test_the_requester_is_waited_for_while_data_is_missing() -> None:
    company = make_shop(required_data=["Who is affected"])
    ask(company)
    assert "Say what is missing: Pay the invoice INV-9?" in page_of(company.reporter, "/")
    assert reads.number(company.responder) == 0  # nobody can decide yet


def test_listed_is_viewable_and_the_rest_is_not(company: Company) -> None:
    mine, open_one = ask(company, by=company.outsider, workflow=None), ask(company)
    auditor = make_person("auditor", role=roles.AUDITOR)
    people = [company.responder, company.second, company.reporter, company.outsider, company.leader, auditor]
    for user in people:
        page = reads.page(user, "open")
        listed = {row.decision.pk for row in (*page.mine, *page.rows)}
        assert listed == {row.pk for row in (mine, open_one) if can(user, "view", row)}
        for row in (mine, open_one):
            status = client_of(user).get(row.get_absolute_url()).status_code
            assert status == (200 if row.pk in listed else 404)


def test_the_list_asks_the_same_number_of_questions_however_long_it_is(company: Company) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            client_of(company.responder).get("/decisions/")
        return len(found)

    for _ in range(3):
        ask(company)
        ask(company, category="data-integrity")
    few = queries()
    for _ in range(12):
        ask(company)
        ask(company, category="data-integrity")
    assert queries() == few


def test_long_lists_stand_in_pages(company: Company) -> None:
    first = ask(company, category="data-integrity")
    rows = []
    for number in range(60):
        values = {f.attname: getattr(first, f.attname) for f in DecisionRequest._meta.concrete_fields}
        del values["id"]
        values |= {"reference": f"DEC-X-{number:03}", "asked_key": f"x{number}", "question": f"Number {number}?"}
        rows.append(DecisionRequest(**values | {"due_at": first.due_at + timedelta(minutes=number)}))
    DecisionRequest.objects.bulk_create(rows)
    page = reads.page(company.responder, "open")
    assert len(page.rows) == 50 and page.older and not page.newer
    answer = client_of(company.responder).get(
        "/decisions/" + client_of(company.responder).get("/decisions/").context["older"]
    )
    assert len(answer.context["page"].rows) == 11 and not answer.context["older"] and answer.context["newer"]


def test_a_person_asks_in_two_steps_and_sees_whom_it_asks_before(company: Company) -> None:
    client = client_of(company.reporter)
    company.reporter.groups.add(*company.responder.groups.all())
    assert "Which decision is it?" in client.get("/decisions/new/").content.decode()
    second = client.get(ABOUT).content.decode()
    assert "Whom it asks" in second and "Responder" in second and "Lead" in second
    answer = client.post(ABOUT, QUESTION | {"safe_default": "way-2", "data_class": "internal"}, follow=True)
    made = DecisionRequest.objects.get()
    assert answer.redirect_chain == [(made.get_absolute_url(), 302)]
    assert [row["title"] for row in made.choices] == ["Pay", "Wait"] and made.safe_default == "way-2"
    assert made.requester == company.reporter and made.workflow == company.workflow
    client.post(ABOUT, QUESTION | {"data_class": "internal"})
    assert DecisionRequest.objects.count() == 1  # sent twice


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"question": ""}, "Ask the question in one sentence."),
        ({"way_2": ""}, "Name at least two ways to decide."),
        ({"way_2": "pay"}, "Two ways are called alike."),
        ({"safe_default": "way-5"}, "This way is empty."),
        ({"link": "http://flows.example.com"}, "Write an address that starts with https://."),
        ({"link": "javascript:alert(1)"}, "Write an address that starts with https://."),
    ],
)
def test_what_is_wrong_is_said_in_words_and_nothing_is_lost(
    company: Company, sent: dict[str, str], sentence: str
) -> None:
    typed = QUESTION | {"data_class": "internal", "details": "Kept as typed."} | sent
    answer = client_of(company.responder).post(ABOUT, typed)
    page = html.unescape(answer.content.decode())
    assert answer.status_code == 422 and sentence in page and "Kept as typed." in page
    assert not DecisionRequest.objects.exists()


def test_a_named_decision_brings_its_ways_and_the_rest_of_the_query_is_judged(company: Company) -> None:
    bad = client_of(company.responder).get("/decisions/new/?severity=sev9&risk=medium")
    assert bad.status_code == 422 and "Choose one of these." in bad.content.decode()
    nowhere = client_of(company.responder).get("/decisions/new/?incident=INC-1999-0001")
    assert nowhere.status_code == 404


def test_the_incident_lists_its_decisions_and_asks_for_one(company: Company) -> None:
    incident = make_incident(company, at=timezone.now())
    page = page_of(company.responder, incident.get_absolute_url())
    assert f"?incident={incident.reference}" in page
    about = f"/decisions/new/?incident={incident.reference}&name=&category=&severity=sev3&risk=low"
    assert incident.title in page_of(company.responder, about)
    client_of(company.responder).post(about, QUESTION | {"data_class": "internal"})
    made = DecisionRequest.objects.get()
    assert made.incident == incident and made.workflow == incident.workflow
    assert made.question in page_of(company.responder, incident.get_absolute_url())
    assert fresh(made).state == "open"
