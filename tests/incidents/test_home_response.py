"""What the response puts on the page of what needs me now."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from incidents.models import Incident
from incidents.reads import asks, decisions, home, home_response
from incidents.reads import incident as page
from incidents.services import scopes
from portal import access, roles
from portal.models import Message, User
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests.factories_governance import NOW, Company
from tests.factories_incidents import later, make_acknowledged, make_incident, tick
from tests.factories_steps import agreed, make_stepped, working
from tests.incidents.test_updates import send
from tests.incidents.told import make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def product(company: Company) -> User:
    person = make.make_person("product-one", role=roles.RESPONDER)
    make.make_team("product", members=(person,))
    return person


def asked(incident: Incident, user: User) -> asks.Ask:
    """What the page of the incident asks of `user`."""
    incident = Incident.objects.get(pk=incident.pk)
    return page.show(incident, user, at=later(3)).ask


def test_scope_and_aim_wait_for_whoever_speaks_for_a_function(company: Company, product: User) -> None:
    incident = working(company, make_stepped(company.admin))
    made = scopes.state(incident=incident, scope="214", aim="None is lost", by=company.responder, at=later(1))
    (item,) = home_response.scope(product, at=later(2))
    assert item.title == f"Agree to scope and aim, or object: {incident.title}"
    assert item.url == f"/incidents/{incident.reference}/playbook/#scope" and item.severity == incident.severity
    assert asked(incident, product).url == item.url
    assert home_response.scope(company.reporter, at=later(2)) == []
    scopes.answer(incident=incident, number=made.number, agrees=True, by=product, at=later(2))
    assert home_response.scope(product, at=later(3)) == []
    assert asked(incident, product).url != item.url


def test_what_is_agreed_to_and_still_open_hides_nothing_that_waits(company: Company, product: User) -> None:
    playbook = make_stepped(company.admin)
    for number in range(home_response.MOST + 1):
        incident = working(company, playbook)
        made = scopes.state(incident=incident, scope="214", aim="None is lost", by=company.responder, at=later(1))
        if number:
            scopes.answer(incident=incident, number=made.number, agrees=True, by=product, at=later(2))
    assert len(home_response.scope(product, at=later(3))) == 1


def test_nobody_is_asked_about_what_goes_on_without_all_answers(company: Company, product: User) -> None:
    incident = make_acknowledged(company)
    scopes.state(incident=incident, scope="214 orders", aim="None is lost", by=company.responder, at=later(1))
    scopes.overrule(incident=incident, reason="Nobody is reached", by=company.responder, at=later(2))
    assert home_response.scope(product, at=later(3)) == []


def test_an_update_waits_for_whoever_was_reminded_until_it_is_sent() -> None:
    company = make.make_company()
    make_plan(company)
    incident = make_acknowledged(company, title="Orders late")
    users = list(User.objects.all())
    assert [home_response.update(user, at=NOW) for user in users if home_response.update(user, at=NOW)] == []
    tick(0)
    reminded = Message.objects.filter(event="incident.update_due", subject_id=incident.pk, channel="inbox")
    assert {user for user in users if home_response.update(user, at=NOW)} == {row.recipient for row in reminded}
    (writer,) = {row.recipient for row in reminded}
    (item,) = home_response.update(writer, at=NOW)
    assert item.title == "Write the update: Orders late" and "Business" in item.reason
    assert item.url.startswith(f"/incidents/{incident.reference}/updates/new/?audience=") and item.due_at == NOW
    assert item.reason.endswith("It is due now.")
    (late,) = home_response.update(writer, at=later(5))
    assert late.reason.endswith("It is late.")  # and no threat of what has happened already
    (early,) = home_response.update(writer, at=NOW - timedelta(minutes=1))
    assert early.reason.endswith("If it is late, somebody else is told.")
    for audience in ("responders", "business", "leadership", "customers", "partners"):
        send(incident, company.responder, audience=audience, minutes=1)
    assert home_response.update(writer, at=later(2)) == []


def test_the_menu_counts_what_stands_on_the_page(company: Company, product: User) -> None:
    incident = working(company, make_stepped(company.admin))
    made = scopes.state(incident=incident, scope="214", aim="None is lost", by=company.responder, at=later(1))
    make_plan(company)
    writing = make_acknowledged(company, title="Orders late")
    tick(0)
    for user in (product, company.responder, company.lead, company.outsider):
        cards = home_response.scope(user, at=later(2)) + home_response.update(user, at=later(2))
        assert home_response.number(user) == len(cards)
    client = Client()
    client.force_login(product)
    others = home.number(product) + decisions.number(product)
    assert f'{others + 1}<span class="vh">' in " ".join(client.get("/incidents/").content.decode().split())
    scopes.answer(incident=incident, number=made.number, agrees=True, by=product, at=later(2))
    assert home_response.number(product) == 0
    assert sum(home_response.number(user) for user in User.objects.all()) >= 1 and writing.is_open


def test_what_everybody_has_agreed_to_costs_nothing_more(
    company: Company, product: User, django_assert_num_queries: Any
) -> None:
    incident = working(company, make_stepped(company.admin))
    agreed(company, incident, minutes=1)
    with django_assert_num_queries(1):
        assert home_response.scope(company.responder, at=later(3)) == []


def test_the_menu_asks_two_questions_and_none_beside_the_cards(
    company: Company, django_assert_num_queries: Any
) -> None:
    make_incident(company)
    with django_assert_num_queries(2):
        assert home_response.number(company.responder) == 0
    access.remember(company.responder)
    home_response.scope(company.responder, at=NOW)
    home_response.update(company.responder, at=NOW)
    with django_assert_num_queries(0):
        assert home_response.number(company.responder) == 0


def test_whom_nothing_waits_for_costs_two_queries(company: Company, django_assert_num_queries: Any) -> None:
    for number in range(3):
        make_incident(company, title=f"Orders {number}")
    with django_assert_num_queries(2):
        assert home_response.scope(company.responder, at=NOW) + home_response.update(company.responder, at=NOW) == []
