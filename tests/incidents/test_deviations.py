"""Every deviation of an incident is in one list, with who, when and why; the report and its file show it (D101)."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from incidents.models import Incident
from incidents.reads import conformance, deviations
from incidents.services import incidents, rechecks, scopes
from incidents.services.steps import Given
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, run_of
from tests.factories_steps import agreed, end, make_stepped, with_lead, working

pytestmark = pytest.mark.django_db
STEPS: list[dict[str, Any]] = [
    {"key": "how-far", "title": "How far does it go?", "does": "scope"},
    {"key": "fix", "title": "Switch it back", "does": "action"},
    {"key": "count", "title": "Count the orders", "does": "action"},
    {"key": "last", "title": "Write it down", "does": "action"},
]


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def incident(company: Company) -> Incident:
    """One step was done otherwise, one left out, one done as it says; then it was resolved."""
    incident = with_lead(company, working(company, make_stepped(company.admin, steps=STEPS)))
    agreed(company, incident)
    end(company, incident, "how-far")
    given = Given(artefact="Order sync r3", note="By hand")
    end(company, incident, "fix", minutes=4, outcome="changed", reason="The button is gone", given=given)
    end(company, incident, "count", minutes=5, by=company.lead, outcome="skipped", reason="Nothing to count")
    end(company, incident, "last", minutes=6, given=Given(artefact="Order sync r4"))
    return fresh(incident)


def resolve(company: Company, incident: Incident) -> Incident:
    Incident.objects.filter(pk=incident.pk).update(components=["Queue"])
    again = [rechecks.Found(key="c0", result="waived", note="It runs at night")]
    words: dict[str, Any] = {"resolution": "New key.", "checked": "Ten orders.", "found_again": again}
    return incidents.resolve(incident=fresh(incident), by=company.responder, at=later(20), **words)


def listed(incident: Incident) -> list[tuple[str, str, str, Any, str]]:
    rows = deviations.of_incident(fresh(incident))
    return [(row.key, row.step, str(row.by or ""), row.at, row.reason) for row in rows]


def test_each_says_what_who_when_and_why(company: Company, incident: Incident) -> None:
    assert listed(incident) == [
        ("step_changed", "fix", "Responder", later(4), "The button is gone"),
        ("step_skipped", "count", "Lead", later(5), "Nothing to count"),
    ]
    resolve(company, incident)
    assert listed(incident)[2:] == [
        ("checked_otherwise", "", "Responder", later(20), "Ten orders."),
        ("not_rechecked", "", "Responder", later(20), "It runs at night"),
    ]


def test_who_went_on_without_all_answers_is_among_them(company: Company) -> None:
    incident = with_lead(company, working(company, make_stepped(company.admin, steps=STEPS)))
    scopes.state(incident=incident, scope="214", aim="None lost", by=company.responder, at=later(2))
    scopes.overrule(incident=fresh(incident), reason="It burns", by=company.responder, at=later(3))
    assert listed(incident) == [("scope_overruled", "", "Responder", later(3), "It burns")]


def test_the_report_and_its_file_show_every_one_of_them(client: Client, company: Company, incident: Incident) -> None:
    resolve(company, incident)
    made = conformance.report(fresh(incident), run_of(incident), at=later(30))
    assert made.deviations == deviations.of_incident(fresh(incident))
    client.force_login(company.responder)
    address = f"/incidents/{incident.reference}/conformance"
    page = client.get(f"{address}/").content.decode()
    sent = json.loads(client.get(f"{address}.json").content)["deviations"]
    assert [(row["key"], row["by"], row["reason"], row["step"]) for row in sent] == [
        ("step_changed", "Responder", "The button is gone", "fix"),
        ("step_skipped", "Lead", "Nothing to count", "count"),
        ("checked_otherwise", "Responder", "Ten orders.", ""),
        ("not_rechecked", "Responder", "It runs at night", ""),
    ]
    assert all(row["at"] and row["reason"] in page and row["reason"] in row["detail"] for row in sent)
    assert "Lead left out “Count the orders”" in page


def test_many_cost_as_few_queries_as_one(company: Company, incident: Incident) -> None:
    resolve(company, incident)
    found = fresh(incident)
    with CaptureQueriesContext(connection) as queries:
        assert len(deviations.of_incident(found)) == 4
    assert len(queries) <= 5
