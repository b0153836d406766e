"""A case: an incident with its run and the rules that both were pinned to."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from incidents.models import EscalationRun
from incidents.models.escalation import RunState
from incidents.services import cases
from tests.factories_governance import NOW, Company, escalation_policy, make_company, make_document
from tests.factories_incidents import fresh, later, make_acknowledged, make_incident, run_of
from tests.pictures import counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return make_company()


def test_pinning_chooses_what_is_in_force_and_saves_nothing(company: Company) -> None:
    incident = make_incident(company)
    run, before = run_of(incident), counts((EscalationRun,))
    saved = EscalationRun.objects.values().get(pk=run.pk)
    case = cases.pin(fresh(incident), at=later(5))
    assert (case.run.policy_id, case.run.policy_digest) == (run.policy_id, run.policy_digest)
    assert (case.run.matrices, case.run.severity) == (run.matrices, incident.severity)
    assert (case.run.started_at, case.run.generation_at) == (later(5), later(5))
    assert counts((EscalationRun,)) == before
    assert EscalationRun.objects.values().get(pk=run.pk) == saved


def test_a_case_stays_with_its_pins_when_another_policy_comes_into_force(company: Company) -> None:
    incident = make_incident(company)
    content: dict[str, Any] = escalation_policy(leadership="leadership") | {"title": "Another"}
    make_document(content, kind="escalation", key="company", by=company.admin, at=NOW)
    case = cases.open_one(fresh(incident), run_of(incident))
    assert case.policy.content.title != "Another"
    assert cases.pin(fresh(incident), at=later(1)).policy.content.title == "Another"


def test_however_many_cases_are_opened_by_three_queries(company: Company) -> None:
    found = [make_incident(company, workflow=workflow) for workflow in (company.workflow, None) for _ in range(3)]
    pairs = [(fresh(incident), run_of(incident)) for incident in found]
    with CaptureQueriesContext(connection) as few:
        opened = cases.open_many(pairs)
        facts = [(case.workflow.key if case.workflow else "", case.criticality) for case in opened]
    assert len(few) <= 3
    assert facts == [("order-sync", "medium")] * 3 + [("", None)] * 3


def test_a_plan_is_made_once_for_all_cases_alike(company: Company) -> None:
    incident = make_incident(company)
    case, worse = (cases.open_one(fresh(incident), run_of(incident)) for _ in range(2))
    worse.run.severity = "sev1"
    assert (
        cases.Case(incident=case.incident, run=case.run, policy=case.policy, matrices=case.matrices, workflow=None).plan
        is case.plan
    ), "made once"
    assert worse.plan is not case.plan


def test_steps_are_counted_by_levels_and_end_at_the_cap(company: Company) -> None:
    incident = make_incident(company)
    case = cases.open_one(fresh(incident), run_of(incident))
    numbers = [case.level_of(step) for step in case.plan.steps]
    assert numbers[:6] == [1, 2, 3, 1, 2, 3], "on call, second, lead; then once more"
    case.run.steps = case.policy.content.cap - 1
    assert not case.is_capped
    case.run.steps += 1
    assert case.is_capped


def test_locking_reads_again_and_a_near_miss_has_no_run(company: Company) -> None:
    stale = make_incident(company)
    make_near = make_incident(company, kind="near_miss")
    type(stale).objects.filter(pk=stale.pk).update(severity="sev1")
    found, run = cases.lock(stale)
    assert (found.severity, run and run.incident) == ("sev1", found)
    assert cases.lock(make_near) == (make_near, None)
    free = cases.lock_free([stale.pk, make_near.pk])
    assert {key: pair[1] for key, pair in free.items()} == {stale.pk: run, make_near.pk: None}


@pytest.mark.parametrize("state", [RunState.RUNNING, RunState.ACKNOWLEDGED])
def test_a_new_generation_forgets_who_answered_only_if_it_runs(company: Company, state: str) -> None:
    run = run_of(make_acknowledged(company))
    run.paused_until, run.stopped_at = later(9), later(9)
    number, taken_by = run.generation, run.acknowledged_by
    assert taken_by == company.responder
    cases.next_generation(run, at=NOW + timedelta(hours=1), state=state)
    assert (run.generation, run.generation_at, run.state) == (number + 1, later(60), state)
    assert (run.paused_until, run.stopped_at) == (None, None)
    is_running = state == RunState.RUNNING
    assert (run.acknowledged_by is None, run.acknowledged_at is None) == (is_running, is_running)
    assert run_of(run.incident).generation == number, "in memory only"
