"""What a document names, where it is used, and which workflows it governs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.reads import references
from governance.services import versions
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.factories_incidents import make_incident
from tests.governance.pages import page

pytestmark = pytest.mark.django_db


def test_a_document_says_what_it_names_and_where_it_is_used(client, admin, company) -> None:
    text = page(client, "document_change", company.matrix.pk)
    assert company.responder.name in text and "Decides about" in text
    assert str(company.policy.title) in text and "names 2 parts of it: Lead, On call" in text


def test_live_runs_pinned_to_a_document_are_named_to_who_may_see_them(client, admin, company) -> None:
    incident = make_incident(company)
    for document in (company.matrix, company.policy):
        [use] = [use for use in references.used_in(document, company.responder) if "runs by" in use.note]
        assert (use.text, use.note) == (incident.reference, "runs by version 1")
        [hidden] = [use for use in references.used_in(document, company.outsider) if "running" in use.text]
        assert (hidden.text, hidden.url) == ("1 more running escalation", "")


def test_the_page_of_a_document_asks_as_much_for_many_as_for_few(client, admin, company) -> None:
    url = reverse("admin:governance_document_change", args=[company.matrix.pk])

    def cost_with_one_more_of_each() -> int:
        make_incident(company)
        make.make_workflow(team=company.team)
        versions.draft_from_effective(document=company.matrix, by=admin, at=NOW)
        client.get(url)
        with CaptureQueriesContext(connection) as found:
            assert client.get(url).status_code == 200
        return len(found)

    few = cost_with_one_more_of_each()
    assert [cost_with_one_more_of_each() for _number in range(3)] == [few] * 3


def test_the_most_specific_policy_governs_a_workflow(admin, company) -> None:
    workflow = make.make_workflow("special", team=company.team)
    before = references.governed(company.policy).count
    content = make.escalation_policy(leadership="leadership") | {
        "title": "Special",
        "scope": {"workflow": "special"},
    }
    document = make.make_document(content, kind="escalation", key="special", by=admin)
    assert references.governed(document).workflows == (workflow,)
    assert references.governed(company.policy).count == before - 1
    assert references.said_of_scope(document) == "Special"
