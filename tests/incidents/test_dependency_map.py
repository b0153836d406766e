"""What hangs on the workflow of an incident: drawn, listed, with what is in trouble itself."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from incidents.models import Containment
from incidents.reads import dependency_map
from portal import audit
from tests.factories import NOW
from tests.factories_governance import make_dependency, make_workflow
from tests.factories_incidents import Company, make_incident

pytestmark = pytest.mark.django_db


def test_it_reaches_beyond_the_next_workflow_and_ends_in_a_loop(company: Company) -> None:
    near, far = (make_workflow(key, name=key.title(), team=company.team) for key in ("near", "far"))
    make_dependency(company.workflow, near, title="Orders", timing="at once")
    make_dependency(near, far, title="Totals")
    make_dependency(far, company.workflow, title="Back again")
    incident = make_incident(company)
    with CaptureQueriesContext(connection) as queries:
        found = dependency_map.downstream(incident, company.responder, levels=dependency_map.ALL)
    assert [(str(workflow), by, trouble) for workflow, by, trouble in found.rows] == [
        ("Near", "Orders · at once", ""),
        ("Far", "Totals", ""),
    ]
    assert [box.look for box in found.drawing.boxes] == ["hit", "risk", "risk"]
    assert len(queries) <= dependency_map.ALL + 4


def test_what_is_stopped_itself_is_told_apart(company: Company) -> None:
    halted, broken = (make_workflow(key, name=key.title(), team=company.team) for key in ("halted", "broken"))
    make_dependency(company.workflow, halted)
    make_dependency(company.workflow, broken)
    incident = make_incident(company)
    other = make_incident(company, workflow=broken)
    with audit.action(actor=company.responder, reason="test", at=NOW):
        Containment.objects.create(incident=incident, workflow=halted, what="All runs", by=company.responder, since=NOW)
    mine = {str(row[0]): row[2] for row in dependency_map.downstream(incident, company.responder).rows}
    assert mine == {"Halted": "halted", "Broken": f"{other.reference} is open"}
    theirs = {str(row[0]): row[2] for row in dependency_map.downstream(incident, company.outsider).rows}
    assert theirs == {"Halted": "halted", "Broken": ""}


def test_the_page_draws_it_and_says_the_same_as_a_list(company: Company, client: Client) -> None:
    below = make_workflow("below", name="<Below & long>", team=company.team)
    make_dependency(company.workflow, below, title="Orders")
    incident = make_incident(company)
    client.force_login(company.responder)
    page = client.get(incident.get_absolute_url()).content.decode()
    whole = client.get(reverse("incidents:map", args=[incident.reference])).content.decode()
    for html in (page, whole):
        assert html.count("<rect") >= 2 and "&lt;Below &amp; long&gt;" in html
    assert "<table" in whole


def test_nothing_hangs_on_what_nobody_knows(company: Company, client: Client) -> None:
    incident = make_incident(company, workflow=None)
    client.force_login(company.responder)
    page = client.get(reverse("incidents:map", args=[incident.reference]))
    assert "knows of nothing that waits" in page.content.decode()
    assert 'id="hangs"' not in client.get(incident.get_absolute_url()).content.decode()
