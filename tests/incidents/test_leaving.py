"""Somebody leaves while incidents run: the duties pass on at once, nobody is told twice, nobody leads by absence."""

from datetime import datetime
from typing import Any

import pytest

from incidents.models import EscalationEvent, Incident, TimelineEntry
from incidents.models.escalation import RunState
from incidents.reads import incident as reads
from incidents.reads import timeline as words
from incidents.services import cases, escalation, leaving, re_resolution
from portal import registry, rendering, timers
from portal.models import AuditEntry, Message, User
from portal.services import leaving as people
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_incidents import (
    armed,
    fresh,
    later,
    make_acknowledged,
    make_incident,
    run_of,
    tick,
    told,
    verbs,
    violations,
)

pytestmark = pytest.mark.django_db


def leave(person: User, company: Company, at: datetime = NOW) -> None:
    people.deactivate(person=person, by=company.admin, reason="has another job", at=at)


def broken() -> list[str]:
    """Every invariant but the one that says that nobody is on call, which is the case here."""
    return [sentence for sentence in violations() if "is on call" not in sentence]


def held(person: User, viewer: User | None = None) -> list[tuple[str, str, str]]:
    return [(row.section, row.title, row.after) for row in leaving.held(person, at=NOW, viewer=viewer)]


# Told, and not answered


def test_the_alternate_is_told_at_once(company: Company) -> None:
    incident = make_incident(company)
    leave(company.responder, company, later(5))
    assert told(incident) == ["Responder", "Second"]
    run = run_of(incident)
    assert (run.state, run.generation, run.level) == (RunState.RUNNING, 2, 1)
    assert armed(run)["escalation.step"] == later(20)
    assert verbs(incident)[-3:] == ["passed_on", "re_resolved", "told"]
    assert AuditEntry.objects.filter(verb="escalation.re_resolved").count() == 1
    assert violations() == []


def test_others_of_the_level_are_still_asked_when_somebody_has_left(company: Company) -> None:
    policy = make.escalation_policy(leadership="leadership")
    policy["levels"][0]["targets"].append({"person": company.outsider.email})
    make.publish(make.make_draft(policy, kind="escalation", key="company", by=company.admin), by=company.admin)
    incident = make_incident(company)
    leave(company.responder, company, later(5))
    shown = reads.show(fresh(incident), company.admin, at=later(6)).told
    assert {item.user.name: item.word for item in shown} == {
        "Second": "No answer yet",
        "Outsider": "No answer yet",
        "Responder": "Has left",
    }


def test_nobody_is_told_twice_for_a_level(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    tick(30)
    assert told(incident) == ["Responder", "Second", "Lead"]
    leave(company.responder, company, later(31))
    assert told(incident) == ["Responder", "Second", "Lead", "Second"]  # now for the first level
    before = EscalationEvent.objects.filter(outcome="told").count()
    tick(32)
    leave(company.second, company, later(33))
    assert EscalationEvent.objects.filter(outcome="told").count() == before
    assert broken() == []


def test_a_level_without_anybody_else_is_followed_by_the_next_and_the_operators_hear_of_it(company: Company) -> None:
    leave(company.second, company)
    incident = make_incident(company)
    leave(company.responder, company, later(1))
    assert told(incident) == ["Responder", "Lead"]
    assert told(incident, event="incident.gap")[0] == "Operator"
    assert run_of(incident).level == 3
    assert broken() == []


def test_others_of_the_level_keep_their_time(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    before = run_of(incident), armed(run_of(incident)), TimelineEntry.objects.count()
    leave(company.leader, company, later(16))
    after = run_of(incident), armed(run_of(incident)), TimelineEntry.objects.count()
    assert (before[0].generation, *before[1:]) == (after[0].generation, *after[1:])


def test_an_answered_incident_stays_with_who_has_it(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    escalation.acknowledge(run=run_of(incident), by=company.second, at=later(16))
    leave(company.responder, company, later(17))
    run = run_of(incident)
    assert (run.state, run.generation, run.acknowledged_by) == (RunState.ACKNOWLEDGED, 1, company.second)
    assert told(incident) == ["Responder", "Second"]


def test_a_pause_stays_and_the_newly_responsible_hear_of_it(company: Company) -> None:
    incident = make_incident(company)
    escalation.snooze(run=run_of(incident), until=later(90), by=company.second, reason="x", at=NOW)
    leave(company.responder, company, later(5))
    run = run_of(incident)
    assert (run.state, run.paused_until) == (RunState.PAUSED, later(90))
    assert told(incident) == ["Responder", "Second"]
    assert "escalation.step" not in armed(run)


def test_a_closed_incident_is_left_alone(company: Company) -> None:
    incident = make_acknowledged(company)
    Incident.objects.filter(pk=incident.pk).update(state="closed")
    before = TimelineEntry.objects.count()
    leave(company.responder, company, later(5))
    assert TimelineEntry.objects.count() == before
    assert fresh(incident).lead == company.responder


# The lead


def test_who_leaves_leads_no_more_and_the_newly_responsible_are_told(company: Company) -> None:
    incident = make_acknowledged(company)
    leave(company.responder, company, later(5))
    incident, run = fresh(incident), run_of(incident)
    assert (incident.lead, incident.state) == (None, "investigating")
    assert (run.state, run.acknowledged_by, run.generation) == (RunState.RUNNING, None, 2)
    assert told(incident) == ["Responder", "Second"]
    assert set(armed(run)) == {"escalation.step"}
    assert verbs(incident)[-3:] == ["left", "re_resolved", "told"]
    line = TimelineEntry.objects.get(incident=incident, verb="left")
    assert words.sentence(line).text == "Responder does not work here any more; nobody leads, people are called again"
    assert AuditEntry.objects.filter(verb="incident.lead_left").count() == 1
    assert violations() == []


def test_when_everybody_of_the_level_was_told_the_next_one_is_called(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    escalation.acknowledge(run=run_of(incident), by=company.second, at=later(16))
    leave(company.second, company, later(20))
    assert fresh(incident).lead is None
    assert told(incident) == ["Responder", "Second", "Responder"]  # who stands in for the second level now
    assert run_of(incident).state == RunState.RUNNING


def test_the_others_hear_that_nobody_leads_and_not_why_the_person_left(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    tick(30)
    escalation.acknowledge(run=run_of(incident), by=company.responder, at=later(31))
    leave(company.responder, company, later(40))
    assert told(incident, event="incident.unacknowledged") == ["Lead"]  # Second is called, which says more
    message = Message.objects.get(event="incident.unacknowledged", channel="inbox")
    said = rendering.render(message, company.lead)
    assert said.subject == "SEV3: nobody leads it now: Orders do not arrive"
    assert "Responder does not work here any more, so people are called again." in said.text
    assert "another job" not in said.text + said.html


def test_an_incident_handed_to_who_leaves_goes_on(company: Company) -> None:
    incident = make_incident(company)
    escalation.reassign(run=run_of(incident), to=company.outsider, by=company.responder, reason="knows it", at=NOW)
    leave(company.outsider, company, later(1))
    assert fresh(incident).lead is None
    assert told(incident) == ["Responder", "Second"]


def test_a_snooze_of_who_leaves_ends(company: Company) -> None:
    incident = make_acknowledged(company)
    escalation.snooze(run=run_of(incident), until=later(300), by=company.responder, reason="waiting", at=later(1))
    leave(company.responder, company, later(2))
    run = run_of(incident)
    assert (run.state, run.paused_until, run.acknowledged_by) == (RunState.RUNNING, None, None)
    assert "escalation.resume" not in armed(run)
    assert told(incident) == ["Responder", "Second"]


def test_many_incidents_pass_on_in_batches(company: Company, monkeypatch: Any) -> None:
    monkeypatch.setattr(leaving, "BATCH", 2)
    incidents = [make_incident(company) for _ in range(5)]
    leave(company.responder, company, later(1))
    assert all(told(incident) == ["Responder", "Second"] for incident in incidents)
    assert violations() == []


# The second look


def test_who_was_told_in_the_very_moment_is_caught_ten_seconds_later(company: Company) -> None:
    pass_on = registry.leaving["incidents.running"]
    registry.leaving._entries["incidents.running"] = lambda **_: None  # as if the clock had not committed yet
    try:
        incident = make_incident(company)
        leave(company.responder, company, later(1))
    finally:
        registry.leaving._entries["incidents.running"] = pass_on
    assert told(incident) == ["Responder"]
    timers.schedule(kind=leaving.LEFT, subject=company.responder, due_at=later(1, 10), at=later(1))
    assert timers.fire_due(at=later(1, 10)).parked == 0
    assert told(incident) == ["Responder", "Second"]


def test_the_second_look_changes_nothing_twice(company: Company) -> None:
    taken, waiting = make_acknowledged(company), make_incident(company)
    leave(company.responder, company, later(1))
    before = [(run_of(item).generation, verbs(item)) for item in (taken, waiting)]
    fired = tick(1, 10)
    assert (fired.count, fired.parked) == (1, 0)
    assert [(run_of(item).generation, verbs(item)) for item in (taken, waiting)] == before


def test_who_is_back_before_the_second_look_is_left_alone(company: Company) -> None:
    incident = make_incident(company)
    leave(company.responder, company, later(1))
    people.reactivate(person=company.responder, by=company.admin, reason="a mistake", at=later(1, 5))
    generation = run_of(incident).generation
    assert tick(1, 10).parked == 0
    assert run_of(incident).generation == generation


# Before


def test_the_page_says_what_will_happen(company: Company) -> None:
    taken, waiting = make_acknowledged(company, title="Invoices stop"), make_incident(company)
    assert held(company.responder, company.second) == [
        ("Incidents they lead", str(taken), "Nobody leads it then. Told at once: Second."),
        ("Calls they have not answered", str(waiting), "Told at once: Second."),
    ]
    before = TimelineEntry.objects.count()
    leave(company.responder, company, later(1))
    assert TimelineEntry.objects.count() > before
    assert [row[2] for row in held(company.responder)] == ["Others were told, too; the levels go on."] * 2


def test_the_page_does_not_name_what_the_viewer_may_not_see(company: Company) -> None:
    make_incident(company)
    [row] = leaving.held(company.responder, at=NOW, viewer=company.admin)
    assert (row.title, row.url) == ("An incident that you may not see", "")


def test_the_page_says_when_the_next_level_or_nobody_hears_of_it(company: Company) -> None:
    leave(company.second, company)
    make_incident(company)
    sentence = "Nobody else was told: the operators hear of it, and the next level, Lead, at once."
    assert [row[2] for row in held(company.responder)] == [sentence]


def test_the_number_of_queries_does_not_grow_with_the_incidents(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        make_incident(company)
    with django_assert_max_num_queries(12):
        leaving.held(company.responder, at=NOW, viewer=company.admin)


def test_a_level_that_was_repeated_is_told_once_to_who_is_new(company: Company) -> None:
    incident = make_incident(company)
    for minutes in (15, 30, 60, 75, 90):
        tick(minutes)
    taken = run_of(incident)
    count = EscalationEvent.objects.filter(run=taken, level_key="on-call").count()
    assert count > 1, "the policy repeats"
    leave(company.responder, company, later(91))
    new = EscalationEvent.objects.filter(
        run=taken, level_key="on-call", outcome="told", generation__gt=taken.generation
    )
    assert new.count() <= 1


def test_the_rules_say_each_level_once(company: Company) -> None:
    incident = make_incident(company)
    case = cases.open_one(incident, run_of(incident))
    taken = {(step.level, step.round) for step in case.plan.steps}
    levels = [step.level for step in re_resolution.reached(case.plan, taken, falls=False)]
    assert len(levels) == len(set(levels))
