"""From symptom to likely causes: lists that a review is offered, and what becomes of a cause by a test (D85, D86)."""

import pytest
from django.test import Client

from governance.models import Document
from incidents.models import Finding, Hypothesis, Incident, Postmortem
from incidents.reads import likely_causes, steps
from incidents.reads.likely_causes import Checklist
from tests import factories_governance as make
from tests.factories_governance import Company, make_company
from tests.incidents.test_reviews import resolved

pytestmark = pytest.mark.django_db
EXPIRED, CHANGED = "A credential has expired", "An address has changed"


@pytest.fixture
def company() -> Company:
    found = make_company()
    symptoms = [
        {"key": "slow", "symptom": "Everything is slow", "causes": ["Too much at once"]},
        {"key": "nothing", "symptom": "Orders do not arrive in the system", "causes": [EXPIRED, CHANGED]},
        {"key": "unknown", "symptom": "Nobody knows", "causes": []},
    ]
    rubric = Document.objects.get(kind="rubric", key="company")
    content = make.triage_rubric() | {"symptoms": symptoms}
    make.make_document(content, kind="rubric", key=rubric.key, by=found.admin)
    return found


@pytest.fixture
def incident(company: Company) -> Incident:
    return resolved(company)


def lists(incident: Incident) -> list[Checklist]:
    return likely_causes.checklists(incident, steps.course(incident), Hypothesis.objects.all())


def test_what_fits_the_report_stands_first_and_what_has_no_cause_is_left_out(incident: Incident) -> None:
    first, second = lists(incident)
    assert (first.title, first.fits) == ("Orders do not arrive in the system", True)
    assert [item.text for item in first.causes] == [EXPIRED, CHANGED]
    assert (second.title, second.fits) == ("Everything is slow", False)


def test_the_key_of_a_cause_follows_from_its_words() -> None:
    key = likely_causes.cause_key("nothing", EXPIRED)
    assert (
        key == likely_causes.cause_key("nothing", f" {EXPIRED.upper()} ") != likely_causes.cause_key("nothing", CHANGED)
    )
    assert len(likely_causes.cause_key("x" * 80, EXPIRED)) <= 64


def test_a_cause_is_tested_and_becomes_a_finding(client: Client, company: Company, incident: Incident) -> None:
    review = Postmortem.objects.get()
    address = review.get_absolute_url()
    client.force_login(company.responder)
    assert EXPIRED in client.get(address).content.decode()
    key = lists(incident)[0].causes[0].key
    assert client.post(f"{address}suppose-known/", {"cause": "made-up"}).status_code == 404
    answer = client.post(f"{address}suppose-known/", {"cause": key})
    assert answer["Location"] == f"{address}#cause-1"
    row = Hypothesis.objects.get()
    assert (row.text, row.cause, row.verdict) == (EXPIRED, key, "open")
    client.post(f"{address}suppose-known/", {"cause": key})
    assert Hypothesis.objects.count() == 1, "it is on the list already"
    found = {"kind": "cause", "origin": "systemic", "text": "Nobody renews it", "hypothesis": "1"}
    assert client.post(f"{address}find/", found).status_code == 422, "nobody has tested it"
    words = {"number": "1", "verdict": "confirmed", "test": "We tried it", "result": "It was refused"}
    assert client.post(f"{address}judge/", words).status_code == 302
    assert client.post(f"{address}find/", found).status_code == 302
    made = Finding.objects.get()
    assert (made.hypothesis, made.cause) == (row, key), "by its key the cause is known again"
    assert lists(incident)[0].causes[0].hypothesis == row
