"""Whoever answers for the next step hears of it; nobody else, and nobody twice."""

import pytest

from incidents.models import Incident
from incidents.services import steps
from portal.models import Message, User
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, told, violations
from tests.factories_steps import agreed, end, make_stepped, with_lead, working
from tests.incidents.test_home_response import asked

pytestmark = pytest.mark.django_db
STEPS = [
    {"key": "how-far", "title": "Find out how far it goes", "does": "scope", "checks": ["All"]},
    {"key": "fix", "title": "Switch it back", "does": "action", "how": "In the platform.", "responsibility": "on_call"},
    {"key": "which", "title": "Write down which", "does": "action", "how": "In a list.", "responsibility": "on_call"},
]
TURN = "incident.step"


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def incident(company: Company) -> Incident:
    """Lead and responder work on it; its first step is over for whoever ends it."""
    incident = with_lead(company, working(company, make_stepped(company.admin, steps=STEPS)))
    agreed(company, incident)
    return fresh(incident)


def look(company: Company, incident: Incident, by: User) -> None:
    end(company, incident, "how-far", by=by, given=steps.Given(checked=(0,), note="Only orders"))


def test_who_answers_for_the_next_step_is_told_that_it_is_theirs(company: Company, incident: Incident) -> None:
    look(company, incident, company.lead)
    assert told(incident, event=TURN) == [company.responder.name]
    words = Message.objects.get(event=TURN, channel="inbox").context["restricted"]
    assert words["next"] == "Switch it back" and words["url"].endswith("/playbook/#now")
    ask = asked(incident, company.responder)
    assert ask.title == "Next step: Switch it back"
    assert asked(incident, company.lead).title != ask.title
    assert violations() == []


def test_nobody_is_told_of_what_they_see_themselves(company: Company, incident: Incident) -> None:
    look(company, incident, company.responder)
    assert told(incident, event=TURN) == []


def test_a_step_that_somebody_has_taken_needs_nobody(company: Company, incident: Incident) -> None:
    steps.take(incident=incident, step="fix", by=company.lead, at=later(2.5))
    look(company, incident, company.lead)
    assert told(incident, event=TURN) == []


def test_each_turn_is_told_once(company: Company, incident: Incident) -> None:
    look(company, incident, company.lead)
    end(company, incident, "fix", by=company.lead, minutes=4, given=steps.Given(artefact="Order sync r3", note="x"))
    assert told(incident, event=TURN) == [company.responder.name] * 2


def test_of_a_restricted_incident_nobody_new_hears(company: Company, incident: Incident) -> None:
    Incident.objects.filter(pk=incident.pk).update(is_restricted=True)
    incident.participants.filter(user=company.responder).delete()
    look(company, fresh(incident), company.lead)
    assert told(incident, event=TURN) == []


def test_it_may_begin_as_soon_as_scope_and_aim_are_agreed_on(company: Company) -> None:
    rows = [STEPS[0] | {"responsibility": "on_call"}, *STEPS[1:]]
    incident = with_lead(company, working(company, make_stepped(company.admin, steps=rows)))
    assert told(incident, event=TURN) == []
    agreed(company, incident)
    assert told(incident, event=TURN) == [company.responder.name]
