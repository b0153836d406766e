"""The communication plan in force: everybody reads who is told how often, by whom, and who has agreed (D60, D62)."""

import copy
import re
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.documents import demo
from governance.models import ChangeRequest, Review
from governance.reads import communication
from governance.services import versions
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.pages import body

pytestmark = pytest.mark.django_db


def plan_of(company: make.Company, **changed: Any) -> dict[str, Any]:
    """The plan of the demo for the people of `company`: every role is its lead, every team is orders."""

    def fitted(value: Any) -> Any:
        if isinstance(value, list):
            return [fitted(item) for item in value]
        if not isinstance(value, dict):
            return value
        known = {"role": "lead", "team": company.team.key, "person": company.leader.email}
        return {name: known.get(name) or fitted(item) for name, item in value.items()}

    return fitted(yaml.safe_load(demo.read("communication"))) | changed


@pytest.fixture
def plan(company: make.Company) -> Any:
    return make.make_document(plan_of(company), kind="communication", key="company", by=company.admin)


def page(client: Client, company: make.Company) -> str:
    client.force_login(company.outsider)
    return body(client.get(reverse("governance:communication")))


def test_the_page_says_who_is_told_by_whom_how_often_and_in_which_words(
    plan: Any, company: make.Company, client: Client
) -> None:
    text = page(client, company)
    for words in ("Senior leadership", "Lead", "after 24 hours", "then every 30 minutes", "text message"):
        assert words in text
    assert "214 orders wait, none is lost." in text and "{what}" not in text, "examples in place of what is open"
    assert "a voucher of 10 euros" in text and "See it with their eyes" in text
    assert "at once, it is approved already" in text


def test_every_part_of_the_page_is_one_jump_away_and_prepared_words_are_folded(
    plan: Any, company: make.Company, client: Client
) -> None:
    text = page(client, company)
    jumps = re.findall(r'<a href="#([^"]+)"', text[text.index('aria-label="On this page"') :].split("</nav>")[0])
    assert len(jumps) == 3 + len(communication.plan().audiences)
    assert all(f'id="{jump}"' in text for jump in jumps)
    assert re.search(r"<summary>Words prepared for them: \d+ texts?</summary>", text)


def test_severities_with_the_same_rhythm_stand_together(plan: Any) -> None:
    found = communication.plan()
    assert found is not None
    business = next(item for item in found.audiences if item.audience.key == "business")
    assert [(item.severities, len(item.rows)) for item in business.rhythms] == [
        (["SEV1"], 2),
        (["SEV2"], 1),
        (["SEV3", "SEV4"], 1),
    ]
    assert business.issuer == "Lead"


def test_whoever_approved_the_text_is_named_with_the_date_for_the_team_that_agrees(
    plan: Any, company: make.Company
) -> None:
    change = ChangeRequest.objects.get(document=plan)
    common = {"change_request": change, "digest": plan.effective_version.digest, "at": NOW}
    Review.objects.create(by=company.responder, verdict="approve", **common)
    Review.objects.create(by=company.second, verdict="request_changes", **common)
    Review.objects.create(by=company.lead, verdict="approve", **common | {"digest": "0" * 64})
    found = communication.plan()
    assert found is not None
    assert {item.function.function for item in found.agreed} == {
        "product",
        "engineering",
        "operations",
        "customer_success",
    }
    for item in found.agreed:
        assert [(signature.name, signature.at) for signature in item.signatures] == [(company.responder.name, NOW)]
        assert item.team == company.team.name
    assert company.responder.name not in {item.name for item in found.others}


def test_a_function_that_nobody_signed_for_says_so(plan: Any, company: make.Company, client: Client) -> None:
    assert "Nobody has signed this version" in page(client, company)


def test_without_a_plan_the_page_says_who_can_change_that(company: make.Company, client: Client) -> None:
    assert "No communication plan is in force yet." in page(client, company)
    assert communication.in_force(company.workflow) is None


def test_the_page_costs_the_same_however_long_the_plan_is(plan: Any, company: make.Company, client: Client) -> None:
    page(client, company)
    with CaptureQueriesContext(connection) as few:
        page(client, company)
    content = plan_of(company, title="Longer")
    for name in ("audiences", "statements", "templates"):
        rows = [row | {"key": f"more-{row['key']}"} for row in content[name]]
        if name != "audiences":
            rows = [row | {"audience": f"more-{row['audience']}"} for row in rows]
        content[name] += copy.deepcopy(rows)
    make.publish(make.make_draft(content, kind="communication", key="company", by=company.admin), by=company.admin)
    assert "Longer" in page(client, company)
    with CaptureQueriesContext(connection) as many:
        page(client, company)
    assert len(few) == len(many)


def test_the_plan_of_a_team_counts_for_its_workflows(plan: Any, company: make.Company) -> None:
    own = plan_of(company, title="Orders", scope={"team": company.team.key})
    make.make_document(own, kind="communication", key="orders", by=company.admin)
    found = [communication.in_force(item) for item in (None, company.workflow)]
    assert [item and item.content.title for item in found] == ["Company communication plan", "Orders"]


def test_what_a_plan_says_comes_back_from_its_export(plan: Any) -> None:
    text = versions.export_yaml(plan.effective_version)
    assert versions.read_yaml("communication", text).digest == plan.effective_version.digest
