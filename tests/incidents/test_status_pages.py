"""Status pages: each audience reads what it was told, and not a word more (I14, D62)."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from governance.models import Document
from incidents.models import Incident, Subscription
from incidents.services import escalation, incidents
from portal.models import User
from tests.factories_governance import NOW, Company, make_company, make_person
from tests.factories_incidents import fresh, later, make_incident, run_of
from tests.incidents.told import make_plan, make_update

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plan")]
CANARY = "Canary"
PAGES = ("public", "partners", "internal", "executives")


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def plan(company: Company, frozen: Any) -> Document:
    return make_plan(company)


@pytest.fixture
def frozen(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests of these tests come an hour after NOW."""
    monkeypatch.setattr("portal.moments.of", lambda request: later(60))


def get(address: str, user: User | None = None, **headers: Any) -> Any:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client.get(address, headers=headers)


def text(address: str, user: User | None = None) -> str:
    answer = get(address, user)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def canaries(company: Company, **extra: Any) -> Incident:
    """An incident every typed word of which is a canary."""
    incident = make_incident(
        company,
        title=f"{CANARY} title",
        description=f"{CANARY} description",
        just_before=f"{CANARY} before",
        who_is_hurt=f"{CANARY} hurt",
        components=[f"{CANARY} component"],
        workflow_version=f"{CANARY}-version",
        **extra,
    )
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    incidents.say_plan(incident=incident, plan=f"{CANARY} plan", by=company.responder, at=later(2))
    incidents.add_note(incident=incident, text=f"{CANARY} note", by=company.responder, at=later(2))
    incidents.contain(incident=incident, note=f"{CANARY} contained", by=company.responder, at=later(3))
    return fresh(incident)


def test_the_public_page_needs_no_account_and_may_be_kept_for_all(company: Company) -> None:
    incident = make_incident(company)
    make_update(incident, by=company.responder, next_at=later(90), expected_at=later(120))
    for user in (None, company.responder):
        for address in ("/status/public/", "/status/public.json", "/status/public.atom"):
            answer = get(address, user)
            assert answer.status_code == 200
            assert answer.headers["Cache-Control"] == "public, max-age=30"
            assert "Cookie" not in answer.headers.get("Vary", "") and not answer.cookies
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert "Payments are slow" in answer.content.decode()
    assert get("/status/public/").content == get("/status/public/", company.responder).content
    assert "csrf" not in text("/status/public/") and "<script" not in text("/status/public/")


def test_the_public_page_speaks_the_language_of_the_browser_and_of_nobody_else(company: Company) -> None:
    german = make_person("greta", locale="de")
    assert get("/status/public/", german).headers["Content-Language"] == "en"
    answer = get("/status/public/", **{"Accept-Language": "de"})
    assert answer.headers["Content-Language"] == "de" and "Accept-Language" in answer.headers["Vary"]


def test_nothing_of_an_incident_is_on_any_page_but_what_was_told(company: Company) -> None:
    incident = canaries(company)
    make_update(incident, "responders", by=company.responder, subject=f"{CANARY} one", business=f"{CANARY} two")
    make_update(
        incident,
        by=company.responder,
        business="",
        technical=f"{CANARY} technical",
        answers={"impact": "Some wait.", "who": f"{CANARY} who", "cause": f"{CANARY} cause", "cost": f"{CANARY} cost"},
    )
    make_update(incident, by=company.responder, state="draft", sent_at=None, subject=f"{CANARY} draft")
    make_update(incident, by=company.responder, state="dropped", sent_at=None, subject=f"{CANARY} dropped")
    for page in PAGES:
        for address in (f"/status/{page}/", f"/status/{page}.json"):
            found = text(address, company.leader)
            assert CANARY not in found, (address, found)
            assert company.workflow.name not in found or page in ("internal", "executives")
    for address in ("/status/public/", "/status/public.json", "/status/public.atom"):
        found = text(address)
        assert CANARY not in found and "Some wait." in found
        assert company.workflow.name not in found and "Responder" not in found


AUDIENCE_OF = {"public": "customers", "partners": "partners", "internal": "business", "executives": "leadership"}


def test_each_audience_reads_on_its_own_page_only(company: Company) -> None:
    incident = make_incident(company)
    for audience in AUDIENCE_OF.values():
        make_update(incident, audience, by=company.responder, subject=f"For {audience}", business=f"Words {audience}")
    for page in PAGES:
        found = text(f"/status/{page}/", company.leader) + text(f"/status/{page}.json", company.leader)
        assert set(re.findall(r"Words (\w+)", found)) == {AUDIENCE_OF[page]}


def test_who_reads_which_page(company: Company) -> None:
    for page, user, status in [
        ("partners", None, 302),
        ("internal", None, 302),
        ("executives", None, 302),
        ("nothing", None, 302),
        ("nothing", company.leader, 404),
        ("internal", company.reporter, 200),
        ("partners", company.reporter, 200),
        ("executives", company.reporter, 404),
        ("executives", company.responder, 404),
        ("executives", company.leader, 200),
        ("executives", make_person("aud", role="auditor"), 200),
    ]:
        assert get(f"/status/{page}/", user).status_code == status, (page, user)
        assert get(f"/status/{page}.json", user).status_code == status, (page, user)
        if status == 200:
            assert get(f"/status/{page}/", user).headers["Cache-Control"] == "private, no-store"


def test_leadership_goes_on_to_how_it_stands_now(company: Company) -> None:
    assert 'href="/insights/now/"' in text("/status/executives/", company.leader)
    assert get("/insights/now/", company.leader).status_code == 200
    auditor = make_person("aud", role="auditor")
    assert "/insights/now/" not in text("/status/executives/", auditor)
    assert "/insights/now/" not in text("/status/internal/", company.leader)


def test_a_restricted_incident_is_told_inside_to_its_audience_alone(company: Company) -> None:
    incident = make_incident(company)
    Incident.objects.filter(pk=incident.pk).update(is_restricted=True)
    make_update(incident, "business", by=company.responder, subject="Hush")
    assert "Hush" in text("/status/internal/", company.outsider)
    assert "Hush" in text("/status/internal/", company.responder)  # was told, so may open it
    assert "Hush" not in text("/status/internal/", make_person("stranger"))


def test_the_state_comes_from_what_was_told(company: Company) -> None:
    incident = make_incident(company)
    make_update(incident, by=company.responder, event="opened", at=later(5))
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(6))
    incidents.resolve(incident=incident, resolution="Back", checked="Yes", by=company.responder, at=later(20))
    found = text("/status/public/")
    assert "1 thing does not work" in found and "We are looking into it" not in found
    assert "It should work again, and we are making sure" in found
    assert json.loads(text("/status/public.json"))["current"][0]["mended"] is True
    make_update(incident, by=company.responder, event="resolved", subject="It works again", at=later(30))
    found = text("/status/public/")
    assert "Everything works" in found and "It works again" in found
    answer = json.loads(text("/status/public.json"))
    assert answer["all_well"] is True and answer["current"] == []
    (over,) = answer["past"]
    assert over["reference"] == incident.reference
    assert [item["state"] for item in over["news"]] == [
        "resolved",
        "opened",
    ]


def test_what_is_long_over_is_gone_and_near_misses_never_come(company: Company) -> None:
    old, near = make_incident(company), make_incident(company, kind=Incident.Kind.NEAR_MISS)
    make_update(old, by=company.responder, event="resolved", subject="Old", at=NOW - timedelta(days=91))
    make_update(near, by=company.responder, subject="Near", plan_id=old.communication_id)
    found = text("/status/public/")
    assert "Old" not in found and "Near" not in found and "Everything works" in found


def test_a_promise_that_has_passed_is_said_to_be_late(company: Company) -> None:
    make_update(make_incident(company), by=company.responder, next_at=later(30))
    assert "we are late" in text("/status/public/")


def test_inside_it_says_which_processes_run(company: Company) -> None:
    assert company.workflow.name in text("/status/internal/", company.reporter)
    make_incident(company)
    assert company.workflow.name not in text("/status/internal/", company.reporter)


def test_one_can_follow_from_the_page_and_end_it(company: Company) -> None:
    incident = make_incident(company)
    make_update(incident, "business", by=company.responder)
    client = Client()
    client.force_login(company.outsider)
    assert "Tell me about this" in client.get("/status/internal/").content.decode()
    address = f"/incidents/{incident.reference}/follow/"
    answer = client.post(address, {"audience": "business", "next": "/status/internal/"})
    assert answer.status_code == 302 and answer["Location"] == "/status/internal/"
    assert Subscription.objects.get(user=company.outsider).ended_at is None
    page = client.get("/status/").content.decode()
    assert "Payments are slow" in page and "Business" in page
    client.post(address, {"audience": "business", "end": "1", "next": "https://example.org/"})
    assert Subscription.objects.get(user=company.outsider).ended_at == later(60)
    assert client.get(address).status_code == 405


def test_thirty_incidents_take_no_more_queries_than_one(company: Company, django_assert_max_num_queries: Any) -> None:
    make_update(make_incident(company), by=company.responder)
    with django_assert_max_num_queries(4):
        text("/status/public/")
    for _number in range(30):
        make_update(make_incident(company), by=company.responder)
    with django_assert_max_num_queries(4):
        text("/status/public/")
