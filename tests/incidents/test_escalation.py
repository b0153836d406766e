"""Level by level until somebody answers, and everything that people do to an escalation (P5, D16-D24, I6, I8, I17)."""

from typing import Any

import pytest

from governance.models import Workflow
from incidents.models import EscalationEvent
from incidents.services import escalation
from portal.models import Message
from tests.factories_governance import (
    Company,
    escalation_policy,
    make_absence,
    make_company,
    make_draft,
    make_person,
    make_team,
    make_workflow,
    publish,
)
from tests.factories_incidents import (
    armed,
    later,
    make_incident,
    outcomes,
    run_of,
    tick,
    told,
    verbs,
    violations,
)

pytestmark = pytest.mark.django_db


# The ladder


def test_the_first_level_is_told_in_the_transaction_that_files(company: Company) -> None:
    incident = make_incident(company)
    run = run_of(incident)
    assert told(incident) == ["Responder"]
    assert (run.state, run.position, run.level, run.steps, run.generation) == ("running", 1, 1, 1, 1)
    assert armed(run) == {"escalation.step": later(15)}
    assert violations() == []


def test_second_level_is_told_when_nobody_acknowledges(company: Company) -> None:
    incident = make_incident(company)
    tick(14)
    assert told(incident) == ["Responder"]
    tick(15)
    assert told(incident) == ["Responder", "Second"]
    assert run_of(incident).level == 2


def test_the_whole_ladder_ends_in_the_fallback_and_tells_the_operators(company: Company) -> None:
    incident = make_incident(company)
    company.operator.refresh_from_db()
    for minutes in (15, 30, 75, 90, 105, 135):
        tick(minutes)
    assert told(incident)[:3] == ["Responder", "Second", "Lead"]
    assert told(incident)[-1] == "Leader"
    assert told(incident, event="incident.nobody_reached") == ["Operator"]
    run = run_of(incident)
    assert (run.state, run.steps) == ("exhausted", 7)
    assert armed(run) == {"escalation.follow_up": later(135 + 240)}
    assert violations() == []


def test_repeats_tell_the_same_people_again(company: Company) -> None:
    incident = make_incident(company)
    for minutes in (15, 30, 75):
        tick(minutes)
    assert told(incident) == ["Responder", "Second", "Lead", "Responder"]
    assert EscalationEvent.objects.filter(outcome="told", round=2).count() == 1


def test_each_event_names_the_deciding_row(company: Company) -> None:
    event = EscalationEvent.objects.get(run__incident=make_incident(company))
    assert event.row == "on-call"
    assert event.responsibility == "on_call"
    assert "Company ownership" in event.decided_by
    assert event.version_digest == company.matrix.effective_version.digest


def test_a_running_escalation_stays_with_the_policy_it_began_with(company: Company) -> None:
    incident = make_incident(company)
    changed = escalation_policy(leadership="leadership")
    changed["levels"][1]["targets"] = [{"team": "leadership"}]
    publish(make_draft(changed, kind="escalation", key="company", by=company.admin), by=company.admin)
    tick(15)
    assert told(incident) == ["Responder", "Second"]
    assert told(make_incident(company, at=later(20))) == ["Responder"]


def test_people_are_resolved_when_the_step_fires(company: Company) -> None:
    incident = make_incident(company)
    make_absence(company.second, later(10), later(600), cover=company.lead)
    tick(15)
    assert told(incident) == ["Responder", "Lead"]


def test_a_clock_that_was_down_gives_each_level_its_whole_window(company: Company) -> None:
    incident = make_incident(company)
    tick(50)
    assert told(incident) == ["Responder", "Second"]
    assert armed(run_of(incident))["escalation.step"] == later(65)


def test_many_runs_in_one_batch_get_their_own_steps(company: Company) -> None:
    filed = [make_incident(company, at=later(number)) for number in range(4)]
    tick(17)
    assert [told(item) for item in filed] == [["Responder", "Second"]] * 3 + [["Responder"]]
    assert violations() == []


def test_a_batch_needs_as_many_queries_as_one_run(company: Company, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        make_incident(company, at=later(seconds=number))
    with django_assert_max_num_queries(45):
        tick(16)
    assert EscalationEvent.objects.filter(level=2).count() == 12


# Gaps (I17) and the cap (I8)


def test_a_level_without_anybody_is_followed_by_the_next_at_once(company: Company) -> None:
    make_absence(company.responder, later(-10), later(600))
    with_nobody = escalation_policy(leadership="leadership")
    with_nobody["levels"][0]["targets"] = [{"person": company.responder.email}]
    publish(make_draft(with_nobody, kind="escalation", key="company", by=company.admin), by=company.admin)
    incident = make_incident(company)
    assert outcomes(incident) == [("on-call", "nobody", 1), ("second", "told", 1)]
    assert told(incident, event="incident.gap") == ["Operator"]
    assert run_of(incident).state == "running"
    assert violations() == []


def test_when_no_level_has_anybody_the_fallback_is_told_at_once(company: Company) -> None:
    for person in (company.responder, company.second, company.lead):
        make_absence(person, later(-10), later(600))
    incident = make_incident(company)
    run = run_of(incident)
    assert run.state == "nobody_reached"
    assert told(incident) == ["Leader"]
    assert told(incident, event="incident.nobody_reached") == ["Operator"]
    assert "nobody_reached" in verbs(incident)
    assert violations() == []


def test_a_run_that_reached_nobody_can_still_be_answered(company: Company) -> None:
    for person in (company.responder, company.second, company.lead):
        make_absence(person, later(-10), later(600))
    incident = make_incident(company)
    escalation.acknowledge(run=run_of(incident), by=company.leader, at=later(5))
    assert run_of(incident).state == "acknowledged"


def test_a_run_takes_at_most_its_cap_of_steps() -> None:
    policy = escalation_policy(leadership="leadership") | {"cap": 4}
    company = make_company(policy=policy)
    incident = make_incident(company)
    for minutes in range(15, 3000, 60):
        tick(minutes)
    run = run_of(incident)
    assert run.steps == 4
    assert "cap_reached" in verbs(incident)
    assert armed(run) == {}
    assert violations() == []


def test_silence_after_the_last_level_starts_the_ladder_again(company: Company) -> None:
    incident = make_incident(company)
    for minutes in (15, 30, 75, 90, 105, 135):
        tick(minutes)
    before = len(told(incident))
    tick(135 + 240)
    assert told(incident)[before:] == ["Responder"]
    assert run_of(incident).generation == 2
    assert "re_escalated" in verbs(incident)


# Tiers (D16, D30)


def tiers(company: Company) -> dict[str, Any]:
    policy = escalation_policy(leadership="leadership")
    policy["levels"] += [
        {"key": "leaders", "title": "Leadership", "window_minutes": 15, "targets": [{"team": "leadership"}]},
        {
            "key": "together",
            "title": "Product and engineering together",
            "window_minutes": 15,
            "targets": [{"team": "product"}, {"team": "engineering"}],
        },
    ]
    news = {"every_minutes": 60, "targets": [{"team": "product"}], "times": 3}
    policy["paths"] = [
        {"key": "high", "title": "High", "criticality": "high", "levels": ["on-call", "leaders"]},
        {"key": "medium", "title": "Medium", "criticality": "medium", "levels": ["together", "second", "lead"]},
        {"key": "low", "title": "Low", "criticality": "low", "levels": ["on-call"], "news": news},
        {"key": "rest", "title": "Unknown", "levels": ["on-call"]},
    ]
    policy["repeats"] = {"count": 0, "every_minutes": 15}
    return policy


@pytest.fixture
def tiered(company: Company) -> Company:
    for key in ("product", "engineering"):
        make_team(key, department=company.department, members=(make_person(key),))
    publish(make_draft(tiers(company), kind="escalation", key="company", by=company.admin), by=company.admin)
    return company


def of(company: Company, criticality: str) -> Workflow:
    return make_workflow(f"tier-{criticality}", team=company.team, criticality=criticality)


def test_high_criticality_tells_leadership_fast(tiered: Company) -> None:
    incident = make_incident(tiered, workflow=of(tiered, "high"))
    tick(15)
    assert told(incident) == ["Responder", "Leader"]


def test_medium_criticality_asks_product_and_engineering_together(tiered: Company) -> None:
    assert told(make_incident(tiered, workflow=of(tiered, "medium"))) == ["Engineering", "Product"]


def test_low_criticality_stays_with_on_call_and_sends_routine_news(tiered: Company) -> None:
    incident = make_incident(tiered, workflow=of(tiered, "low"))
    assert told(incident) == ["Responder"]
    for minutes in (60, 120, 180, 240, 300):
        tick(minutes)
    assert told(incident, event="incident.news") == ["Product"] * 3
    assert set(Message.objects.filter(event="incident.news").values_list("lane", flat=True)) == {"routine"}
    assert violations() == []


def test_news_ends_with_the_answer(tiered: Company) -> None:
    incident = make_incident(tiered, workflow=of(tiered, "low"))
    escalation.acknowledge(run=run_of(incident), by=tiered.responder, at=later(10))
    tick(61)
    assert told(incident, event="incident.news") == []


def test_an_unknown_workflow_belongs_to_the_triage_team(tiered: Company) -> None:
    incident = make_incident(tiered, workflow=None)
    assert incident.team == tiered.triage
    assert told(incident) == ["Responder", "Second"]


# The message


def test_the_message_says_what_since_when_and_who_is_next(company: Company) -> None:
    incident = make_incident(company, started_at=later(-30))
    words = Message.objects.get(event="incident.level", channel="inbox").context["restricted"]
    assert words["title"] == "Orders do not arrive"
    assert words["since_at"] == later(-30).isoformat()
    assert words["answer_by_at"] == later(15).isoformat()
    assert words["impact"] == ["Urgency"]
    assert (words["next"], words["next_at"]) == ("Second", later(15).isoformat())
    assert words["url"].endswith(f"/incidents/{incident.reference}/")
    assert words["actions"] == [{"purpose": "acknowledge", "generation": 1}]
