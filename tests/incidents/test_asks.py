"""What the page of an incident asks of its reader first: one test for each, in the order of urgency."""

from datetime import datetime, timedelta

import pytest

from incidents import access
from incidents.models import Incident, Participant
from incidents.reads import incident as reads
from incidents.reads import updates
from incidents.reads.asks import Ask
from incidents.services import incidents, role_moves, steps, triage
from portal.models import User
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_acknowledged, make_incident
from tests.factories_steps import agreed, end, make_stepped, working
from tests.incidents.decisions.scenes import ask as ask_for
from tests.incidents.role_scenes import COMMS, make_led, take, with_roles
from tests.incidents.told import make_plan

pytestmark = pytest.mark.django_db
HOURLY = [{"key": "b", "title": "b", "audience": "business", "after_minutes": 60, "every_minutes": 60}]
WAITING = (("business", 10), ("customers", 30), ("leadership", 90))


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


def asked(incident: Incident, user: User, at: datetime | None = None) -> Ask:
    return reads.show(access.get(user, incident.reference), user, at=at or later(5)).ask


def judged(incident: Incident, by: User) -> Incident:
    """Its severity is confirmed and its plan is said."""
    triage.confirm_severity(incident=incident, severity=incident.severity, by=by, reason="Seen.", at=later(2))
    incidents.say_plan(incident=fresh(incident), plan="Restart it.", by=by, at=later(2))
    return fresh(incident)


def contained(incident: Incident, by: User) -> Incident:
    incidents.contain(incident=judged(incident, by), note="Paused.", by=by, at=later(3))
    return fresh(incident)


def test_a_call_is_asked_before_a_decision(company: Company) -> None:
    incident = make_incident(company)
    Participant.objects.create(incident=incident, user=company.second, role="joined", since=later(0))
    ask_for(company, incident=incident, by=company.second)
    assert asked(incident, company.responder).title == "Answer: can you take this?"


def test_a_decision_is_asked_before_the_severity(company: Company) -> None:
    incident = make_acknowledged(company)
    Participant.objects.create(incident=incident, user=company.second, role="joined", since=later(0))
    decision = ask_for(company, incident=incident, by=company.second)
    ask = asked(incident, company.responder, later(1))
    assert (ask.title, ask.button) == (f"Decide: {decision.question}", "Decide")
    assert ask.url == decision.get_absolute_url()
    assert asked(make_acknowledged(company), company.responder).title == "Confirm how severe it is"


def test_news_is_asked_of_whoever_writes_it_when_its_time_comes(company: Company) -> None:
    make_plan(company, cadence=HOURLY, meetings=[])
    incident = make_acknowledged(company)
    Participant.objects.create(incident=incident, user=company.lead, role="joined", since=later(0))
    assert asked(incident, company.lead, later(44)).title == "Confirm how severe it is"
    soon = asked(incident, company.lead, later(45))
    assert (soon.title, soon.due) == ("Write the 10:00 update", later(60))
    assert soon.url.endswith("/updates/new/?audience=business")
    assert "somebody else is told" in soon.why
    assert "It is due now." in asked(incident, company.lead, later(61)).why
    assert "It is late." in asked(incident, company.lead, later(65)).why
    assert asked(incident, company.responder, later(61)).title == "Confirm how severe it is"


def test_the_severity_the_plan_and_then_containment(company: Company) -> None:
    incident = make_acknowledged(company)
    assert asked(incident, company.responder).title == "Confirm how severe it is"
    ask = asked(judged(incident, company.responder), company.responder)
    assert (ask.title, ask.button) == ("Stop it from getting worse", "It is contained")


def test_containment_is_asked_by_the_step_of_the_playbook_that_does_it(company: Company) -> None:
    incident = judged(working(company, make_stepped(company.admin)), company.responder)
    ask = asked(incident, company.responder)
    assert (ask.title, ask.why) == ("Stop it from getting worse", "The playbook says how: Stop the trigger.")
    assert ask.url.endswith("/playbook/?step=stop#step-2")


def test_then_the_next_step_with_why_it_is_locked(company: Company) -> None:
    first = [{"key": "act", "title": "Repair it", "does": "action"}, {"key": "see", "title": "Look", "does": "action"}]
    incident = contained(working(company, make_stepped(company.admin, steps=first)), company.responder)
    locked = asked(incident, company.responder)
    assert locked.title == "Next step: Repair it"
    assert locked.why == reads.show(incident, company.responder, at=later(5)).course.now.locked != ""  # type: ignore[union-attr]
    assert locked.url.endswith("/playbook/#scope")
    agreed(company, incident, minutes=4)
    free = asked(incident, company.responder)
    assert (free.why, free.url[-14:]) == ("Nobody has it yet.", "/playbook/#now")
    steps.take(incident=fresh(incident), step="act", by=company.responder, at=later(4))
    assert asked(incident, company.responder).why == "You have this step."


def test_a_step_that_somebody_else_has_is_not_asked_for(company: Company) -> None:
    first = [{"key": "how", "title": "How far?", "does": "scope"}]
    incident = contained(working(company, make_stepped(company.admin, steps=first)), company.responder)
    Participant.objects.create(incident=incident, user=company.second, role="joined", since=later(1))
    steps.take(incident=fresh(incident), step="how", by=company.second, at=later(4))
    assert asked(incident, company.responder).title == "Repair it, then watch it"
    assert asked(incident, company.second).title == "Next step: How far?"


def test_a_playbook_waits_for_what_it_looks_like(company: Company) -> None:
    incident = contained(working(company, make_stepped(company.admin)), company.responder)
    Incident.objects.filter(pk=incident.pk).update(scenario="")
    assert asked(incident, company.responder).title == "Choose what it looks like"


def test_a_missing_role_is_asked_of_whoever_is_named_for_it(company: Company) -> None:
    with_roles(company)
    incident = contained(make_led(company), company.responder)
    ask = asked(incident, company.lead)
    assert (ask.title, ask.method) == ("Take the role: Communications lead", "post")
    assert ask.url.endswith(f"/roles/{COMMS}/take/")
    assert asked(incident, company.responder).title == "Repair it, then watch it"
    take(incident, company.lead, minutes=4)
    assert asked(incident, company.lead).title == "Repair it, then watch it"
    role_moves.give_up(incident=fresh(incident), role=COMMS, reason="Busy", by=company.lead, at=later(5))
    assert asked(incident, company.lead, later(6)).title == "Take the role: Communications lead"


def test_at_the_end_it_is_resolved(company: Company) -> None:
    only = [{"key": "how", "title": "How far?", "does": "scope"}]
    incident = contained(working(company, make_stepped(company.admin, steps=only)), company.responder)
    agreed(company, incident, minutes=4)
    end(company, incident, "how", minutes=4)
    incidents.monitor(incident=fresh(incident), note="Restarted.", by=company.responder, at=later(5))
    ask = asked(incident, company.responder, later(6))
    assert (ask.title, ask.button) == ("Check that it works, then resolve", "Resolve")


def test_a_clock_counts_everybody_who_waits_already(company: Company) -> None:
    rows = [{"key": name, "title": name, "audience": name, "after_minutes": minutes} for name, minutes in WAITING]
    make_plan(company, cadence=rows, meetings=[])
    incident = make_acknowledged(company)

    def note(minutes: int) -> str:
        return next(one.note for one in reads.show(incident, company.responder, at=later(minutes)).clocks if one.grace)

    assert (note(5), note(20), note(35)) == ("1 audience waits", "1 audience waits", "2 audiences wait")


def test_news_that_is_due_at_once_is_not_late_from_the_first_second(company: Company) -> None:
    rows = [{"key": "b", "title": "b", "audience": "business", "after_minutes": 0}]
    make_plan(company, cadence=rows, meetings=[])
    incident = make_acknowledged(company)
    for minutes, words in ((0, "It is due now."), (4, "It is due now."), (5, "It is late.")):
        assert words in updates.otherwise(incident.reported_at, at=later(minutes))
    clock = next(one for one in reads.show(incident, company.responder, at=later(3)).clocks if one.grace)
    assert (clock.due, clock.grace) == (later(0), timedelta(minutes=5))


def test_a_clock_says_when_somebody_is_told_next(company: Company) -> None:
    rows = [*HOURLY, {"key": "c", "title": "c", "audience": "customers", "after_minutes": 90}]
    make_plan(company, cadence=rows, meetings=[])
    incident = make_acknowledged(company)
    clocks = reads.show(incident, company.responder, at=later(5)).clocks
    assert [(clock.label, clock.note) for clock in clocks if clock.due == later(60)][-1:] == [
        ("Next update", "1 audience waits")
    ]
    assert "Next update" not in {
        clock.label for clock in reads.show(incident, company.responder, at=later(5)).clocks[:3]
    }
