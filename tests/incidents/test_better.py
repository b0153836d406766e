"""Those who reported it, or are affected, are asked on their tracking page whether what was changed helps (D98)."""

import re

import pytest
from django.test import Client

from incidents.models import HelpAnswer, Incident
from incidents.services import actions, reporters, tracking
from portal.models import User
from tests.factories_governance import Company, make_company
from tests.factories_incidents import fresh, later
from tests.incidents.test_action_items import planned
from tests.incidents.test_reviews import resolved

pytestmark = pytest.mark.django_db
QUESTION = "Has it got better?"


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def incident(company: Company) -> Incident:
    """Closed by its reporter, with an action that is done long enough."""
    found = resolved(company, severity="sev3")
    actions.done(item=planned(found, company), what="It renews", by=company.second, at=later(200))
    reporters.confirm(incident=found, person=company.reporter, at=later(210))
    return fresh(found)


def page(client: Client, incident: Incident, person: User | None = None) -> str:
    return re.sub(r"\s+", " ", client.get(tracking.track_path(incident, person)).content.decode())


def said(client: Client, incident: Incident, **data: str) -> int:
    return client.post(tracking.track_path(incident), data).status_code


def test_who_reported_it_says_that_it_got_better(client: Client, incident: Incident, company: Company) -> None:
    shown = page(client, incident)
    assert QUESTION in shown and "Renew it by itself" not in shown, "what was done is not theirs to read"
    assert said(client, incident, answer="better") == 302
    answer = HelpAnswer.objects.get()
    assert (answer.helps, answer.user, answer.action.incident) == (True, company.reporter, incident)
    assert "You said that it got better" in page(client, incident)


def test_who_says_that_it_does_not_says_what_still_happens(client: Client, incident: Incident) -> None:
    assert said(client, incident, answer="not_better", note=" ") == 422
    assert not HelpAnswer.objects.exists()
    assert said(client, incident, answer="not_better", note="Twice this week") == 302
    answer = HelpAnswer.objects.get()
    assert (answer.helps, answer.note) == (False, "Twice this week")
    shown = page(client, incident)
    assert "You said that it did not get better" in shown and "Twice this week" in shown
    said(client, incident, answer="better")
    assert [row.helps for row in HelpAnswer.objects.all()] == [True], "the newest answer counts"


def test_nobody_is_asked_before_something_was_done(client: Client, company: Company) -> None:
    found = resolved(company, severity="sev3")
    planned(found, company)
    reporters.confirm(incident=found, person=company.reporter, at=later(210))
    assert QUESTION not in page(client, found)
    assert said(client, found, answer="better") == 422
    assert not HelpAnswer.objects.exists()


def test_it_can_be_said_there_that_it_has_stopped_again(client: Client, incident: Incident) -> None:
    assert said(client, incident, answer="no", reason="It stands still again") == 302
    assert fresh(incident).is_open
