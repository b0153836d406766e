"""What an emergency change can be for: open incidents, and only as far as somebody's authority reaches (D7, D55)."""

import pytest

from incidents.models import Incident
from incidents.reads import grounds
from incidents.services import incidents
from portal import registry
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_incidents import later, make_acknowledged, make_incident, tick

pytestmark = pytest.mark.django_db


def given(user, document) -> list[tuple[str, bool]]:
    found = registry.grounds["incidents"](user, document, at=NOW)
    return [(ground.subject.reference, not ground.refusal) for ground in found]


def test_who_leads_an_incident_and_has_authority_has_a_ground(company: Company) -> None:
    incident = make_acknowledged(company, by=company.responder)
    (ground,) = grounds.grounds(company.responder, company.policy, at=NOW)
    assert ground.subject == incident and ground.url == incident.get_absolute_url()
    assert ground.refusal == "This is for whoever has the role Lead."
    assert given(company.lead, company.policy) == []  # not called yet


def test_the_holder_of_a_role_whose_limit_reaches_is_not_refused(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    tick(30)  # the third level: the lead
    assert given(company.lead, company.policy) == [(incident.reference, True)]


def test_what_is_over_or_was_only_a_drill_is_no_ground(company: Company) -> None:
    incident = make_acknowledged(company)
    assert len(given(company.responder, company.policy)) == 1
    incidents.resolve(incident=incident, resolution="x", checked="y", by=company.responder, at=later(1))
    assert given(company.responder, company.policy) == []
    make_incident(company, kind=Incident.Kind.NEAR_MISS)
    assert given(company.responder, company.policy) == []


def test_a_document_of_another_team_has_no_ground_in_this_incident(company: Company) -> None:
    make_acknowledged(company)
    make.make_team("returns")
    content = make.escalation_policy(leadership="leadership") | {"scope": {"team": "returns"}}
    other = make.make_document(content, kind="escalation", key="returns", by=company.admin)
    own = make.make_document(content | {"scope": {"team": "orders"}}, kind="escalation", key="own", by=company.admin)
    assert given(company.responder, other) == []
    assert len(given(company.responder, own)) == 1


def test_who_only_reported_or_reads_along_has_none(company: Company) -> None:
    make_acknowledged(company)
    for person in (company.reporter, company.outsider, company.leader, company.admin):
        assert given(person, company.policy) == []


def test_more_incidents_cost_no_more_queries(company: Company) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            given(company.responder, company.policy)
        return len(captured)

    make_acknowledged(company)
    few = cost()
    for _ in range(3):
        make_acknowledged(company)
    assert cost() == few
