"""`/decisions/<ref>/replay/`: other facts, other rules, and nothing live touched (D78)."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from incidents.models import EscalationEvent
from incidents.reads import replays
from incidents.services import decision_cases
from portal import timers
from tests.factories_governance import Company, make_draft, publish
from tests.incidents.decisions_pages.scenes import ask, fresh, make_policy, make_shop
from tests.incidents.source_pages import client_of, page_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_shop()


def everything() -> dict[str, list[Any]]:
    """Every row of every table."""
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in apps.get_models()}


def test_it_foretells_what_the_engine_does(company: Company) -> None:
    decision = ask(company)
    case = decision_cases.open_one(fresh(decision))
    known = replays.known(case, at=timezone.now())
    would = replays.play(case, known.asked, at=timezone.now())
    at = decision.opened_at
    for minutes in range(1, 24 * 60, 5):
        timers.fire_due(at=at + timedelta(minutes=minutes))
    done = EscalationEvent.objects.filter(run__decision=decision, outcome="told").order_by("id")
    asked = [(row.user.name, row.at) for row in done.select_related("user") if row.user]
    foretold = [(name, line.at) for line in would.lines for name in line.names]
    assert [name for name, _ in asked] == [name for name, _ in foretold]
    for (_, really), (_, said) in zip(asked, foretold, strict=True):
        assert timedelta() <= really - said <= timedelta(minutes=len(asked) * 5)
    assert fresh(decision).state == "held" and "nothing is done" in would.ends


def test_other_facts_and_an_older_or_newer_policy_lead_elsewhere(company: Company) -> None:
    decision = ask(company)
    policy = make_policy(required_data=["Who is affected"]) | {"title": "Company escalation"}
    policy["levels"][0]["targets"] = [{"role": "lead"}]
    publish(make_draft(policy, kind="escalation", key="company", by=company.admin, at=timezone.now()), by=company.admin)
    case = decision_cases.open_one(fresh(decision))
    known = replays.known(case, at=timezone.now())
    (newest, _), (was, words) = known.policies
    assert was == str(decision.run.policy_id) and "as it was" in words
    at = timezone.localtime(decision.opened_at).strftime("%Y-%m-%dT%H:%M")
    query = {"severity": "sev1", "risk": "high", "category": "", "at": at, "policy": newest}
    query["matrix"] = known.matrices[0][0]
    answer = client_of(company.responder).get(f"{decision.get_absolute_url()}replay/", query)
    would = answer.context["would"]
    assert would.lines[0].names == ["Lead"] and would.lines[0].missing == ["Who is affected"]
    assert answer.context["was"].lines[0][2] == ["Responder"]
    exception = client_of(company.responder).get(
        f"{decision.get_absolute_url()}replay/", query | {"policy": was, "category": "data-integrity"}
    )
    assert exception.context["would"].lines[0].names == ["Second"]


def test_nothing_live_is_touched(company: Company) -> None:
    decision = ask(company)
    client = client_of(company.responder)
    client.get(decision.get_absolute_url())
    before = everything()
    path = f"{decision.get_absolute_url()}replay/"
    assert client.get(path).status_code == 200
    query = {"severity": "sev1", "risk": "high", "category": "data-integrity", "at": "2026-03-02T09:00"}
    case = decision_cases.open_one(fresh(decision))
    known = replays.known(case, at=timezone.now())
    query |= {"policy": known.policies[0][0], "matrix": known.matrices[0][0]}
    assert client.get(path, query).status_code == 200
    assert everything() == before


def test_what_makes_no_sense_is_said_at_its_field(company: Company) -> None:
    decision = ask(company)
    answer = client_of(company.responder).get(f"{decision.get_absolute_url()}replay/?severity=sev9&at=noon&policy=x")
    assert answer.status_code == 422 and "Write a date and a time." in answer.content.decode()
    assert "Change what is marked above first." in answer.content.decode()
    assert "By the rules, if nobody answers" in page_of(company.responder, f"{decision.get_absolute_url()}replay/")
