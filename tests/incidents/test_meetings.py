"""The clock calls people together while an incident goes on, and leadership joins it (D63, D64)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from incidents.models import Incident, Participant, TimelineEntry
from incidents.reads import timeline
from incidents.services import escalation, incidents, triage
from portal import timers
from portal.models import Message, Timer, User
from tests.factories_governance import Company, make_company
from tests.factories_incidents import armed, fresh, later, make_incident, run_of, tick, told, verbs, violations
from tests.incidents.told import DAILY, make_plan

pytestmark = pytest.mark.django_db
BAD = {"urgency": "yes", "customers": "yes", "money": "yes", "rules": "yes"}


@pytest.fixture
def company() -> Company:
    return make_company()


def bad(company: Company, **extra: Any) -> Incident:
    return make_incident(company, answers=BAD, **extra)


def promised(incident: Incident) -> dict[str, datetime]:
    """Armed meetings by key, and when leadership joins."""
    rows = Timer.objects.filter(subject_id=incident.pk, state="armed", kind__in=["update.meeting", "leadership.joins"])
    return {row.data.get("meeting", "leadership"): row.due_at for row in rows}


def test_what_the_plan_says_is_promised_when_an_incident_is_filed(company: Company) -> None:
    plan = make_plan(company)
    incident = bad(company)
    assert incident.severity == "sev1"
    assert fresh(incident).communication_id == plan.effective_version_id
    assert promised(incident) == {
        "huddle": later(60),
        "daily": later(30),  # 9:30 in the zone of the portal
        "leadership": later(10),
    }


def test_without_a_plan_nothing_is_promised(company: Company) -> None:
    assert promised(bad(company)) == {}


def test_a_near_miss_calls_nobody_together_until_it_has_happened(company: Company) -> None:
    make_plan(company)
    incident = bad(company, kind=Incident.Kind.NEAR_MISS)
    assert promised(incident) == {}
    incidents.happened(incident=incident, reason="It stands.", by=company.reporter, at=later(500))
    assert promised(incident)["leadership"] == later(510)


def test_a_huddle_is_told_to_who_leads_and_to_whom_it_concerns_and_comes_again(company: Company) -> None:
    make_plan(company)
    incident = bad(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    tick(60)
    calls = Message.objects.filter(event="incident.meeting", subject_id=incident.pk, channel="inbox")
    leads = calls.get(recipient=company.lead, lane="urgent")
    assert next(iter(leads.context.values()))["own"] is True
    entry = TimelineEntry.objects.filter(incident=incident, verb="meeting").latest("pk")
    assert entry.data["which"] == "huddle" and entry.data["names"] == ["Lead"]
    assert promised(incident)["huddle"] == later(180)
    assert violations() == []


def test_the_end_ends_them_and_begins_the_wrap_up(company: Company) -> None:
    make_plan(company)
    incident = bad(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    incidents.resolve(incident=incident, resolution="Restarted", checked="Looked", by=company.responder, at=later(5))
    assert promised(incident) == {"wrap-up": later(35)}
    tick(35)
    assert [call["which"] for call in _facts(incident)] == ["wrap_up"]
    assert promised(incident) == {}


def test_opened_again_everything_counts_anew_but_leadership_is_told_once(company: Company) -> None:
    make_plan(company)
    incident = bad(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    tick(10)
    incidents.resolve(incident=incident, resolution="Restarted", checked="Looked", by=company.responder, at=later(15))
    incidents.reopen(incident=incident, reason="It stands again", by=company.responder, at=later(20))
    assert promised(incident) == {"huddle": later(80), "daily": later(30)}


def test_leadership_joins_even_when_somebody_has_answered_and_once(company: Company) -> None:
    make_plan(company)
    incident = bad(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    for minutes in (9, 10, 11, 600):
        tick(minutes)
    assert told(incident, event="incident.leadership") == ["Leader"]
    assert Participant.objects.filter(incident=incident, user=company.leader, role="told").exists()
    assert verbs(incident).count("leadership") == 1
    assert violations() == []


def test_who_leads_and_the_operators_hear_that_nobody_of_leadership_is_there(company: Company) -> None:
    make_plan(company)
    incident = bad(company)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(1))
    User.objects.filter(pk=company.leader.pk).update(is_active=False)
    for minutes in (10, 11):
        tick(minutes)
    assert told(incident, event="incident.leadership") == []
    assert told(incident, event="incident.leadership_missing") == ["Operator", "Responder"]
    entry = incident.timeline.get(verb="leadership")
    assert entry.data["people"] == [] and timeline.sentence(entry).text.endswith("the operators know")
    assert Incident.objects.visible_to(company.operator).filter(pk=incident.pk).exists()  # I18


def test_a_new_severity_asks_anew(company: Company) -> None:
    make_plan(company)
    incident = make_incident(company)
    assert incident.severity == "sev3"
    assert promised(incident) == {"daily": later(30), "leadership": later(240)}
    triage.confirm_severity(incident=incident, severity="sev1", by=company.responder, reason="Worse", at=later(100))
    assert promised(incident)["huddle"] == later(100)  # it should have been after an hour
    assert promised(incident)["leadership"] == later(100)
    tick(100)
    assert promised(incident)["huddle"] == later(220)
    assert "leadership" not in promised(incident)


def test_nobody_is_flooded_when_nobody_does_anything_for_three_days(company: Company) -> None:
    make_plan(company)
    incident = bad(company)
    timers.fire_due(at=later(0))
    moment = later(0)
    while (moment := moment + timedelta(minutes=10)) <= later(3 * 24 * 60):
        timers.fire_due(at=moment)
    told_of = [(row.data["which"], row.at) for row in incident.timeline.filter(verb="meeting").order_by("at", "pk")]
    huddles = [at for which, at in told_of if which == "huddle"]
    assert huddles == [later(60 + 120 * number) for number in range(36)]
    assert [at for which, at in told_of if which == "daily"] == [later(30 + 24 * 60 * day) for day in range(3)]
    assert verbs(incident).count("leadership") == 1


def test_a_clock_that_was_away_calls_once_for_what_was_missed(company: Company) -> None:
    make_plan(company)
    incident = bad(company)
    tick(1000)
    assert verbs(incident).count("meeting") == 2  # one huddle, one daily update
    assert promised(incident)["huddle"] == later(1120)


def test_the_daily_update_keeps_its_hour_when_the_clocks_change(company: Company, settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Vienna"
    make_plan(company, meetings=[DAILY])
    start = datetime(2026, 3, 28, 6, 0, tzinfo=UTC)
    incident = bad(company, at=start)
    assert promised(incident)["daily"] == datetime(2026, 3, 28, 8, 30, tzinfo=UTC)
    timers.fire_due(at=datetime(2026, 3, 28, 8, 30, tzinfo=UTC))
    assert promised(incident)["daily"] == datetime(2026, 3, 29, 7, 30, tzinfo=UTC)


def _facts(incident: Incident) -> list[dict[str, Any]]:
    rows = Message.objects.filter(event="incident.meeting", subject_id=incident.pk, channel="inbox")
    own = rows.filter(recipient__email="lead@example.test").order_by("created_at")
    return [next(iter(row.context.values())) for row in own]


def test_whoever_may_not_open_the_incident_is_invited_without_its_words(company: Company) -> None:
    make_plan(company)
    incident = bad(company, title="CANARY title")
    tick(30)
    call = Message.objects.get(event="incident.meeting", recipient=company.outsider, channel="inbox")
    assert "CANARY" not in str(call.context)
    assert next(iter(call.context.values()))["url"].endswith("/status/")
    assert armed(incident)["update.meeting"]
