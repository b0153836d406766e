"""Every move of an incident, what it ends, whom it tells, and what it refuses (DESIGN section 6)."""

from typing import Any

import pytest

from incidents.models import Incident, TimelineText
from incidents.services import incidents
from portal import access
from portal.models import AuditEntry, Message
from tests.factories_governance import Company
from tests.factories_incidents import (
    armed,
    fresh,
    later,
    make_acknowledged,
    make_incident,
    refuses,
    run_of,
    tick,
    told,
    verbs,
    violations,
)

pytestmark = pytest.mark.django_db


def resolve(company: Company, incident: Incident, minutes: float = 20, **extra: Any) -> Incident:
    values = {"resolution": "Renewed the key.", "checked": "Sent a test order.", "by": company.responder} | extra
    return incidents.resolve(incident=incident, at=later(minutes), **values)


def test_the_whole_way_to_closed(company: Company) -> None:
    incident, by = make_acknowledged(company), company.responder
    incidents.say_plan(incident=incident, plan="Renew the key.", by=by, at=later(5))
    incidents.contain(incident=incident, note="Orders wait, none is lost.", by=by, at=later(8))
    incidents.monitor(incident=incident, note="The key works.", by=by, at=later(12))
    resolve(company, incident)
    found = fresh(incident)
    assert (found.plan, found.decided_at, found.contained_at) == ("Renew the key.", later(5), later(8))
    assert (found.state, found.resolved_at) == ("resolved", later(20))
    assert (found.resolution, found.deviation) == ("Renewed the key.", "Sent a test order.")
    tick(20 + 3 * 24 * 60)
    found = fresh(incident)
    assert (found.state, found.closed_at) == ("closed", later(20 + 3 * 24 * 60))
    assert verbs(found)[-5:] == ["plan", "contained", "monitoring", "resolved", "closed"]
    assert violations() == []


def test_every_move_leaves_history_and_audit(company: Company) -> None:
    incident = make_acknowledged(company)
    resolve(company, incident)
    states = list(incident.history.order_by("history_id").values_list("state", flat=True))
    assert states == ["reported", "investigating", "resolved"]
    assert AuditEntry.objects.filter(verb="incident.resolved", target_id=str(incident.pk)).count() == 1


def test_resolve_stops_the_run_and_its_clocks(company: Company) -> None:
    incident = make_incident(company)
    resolve(company, incident, 2)
    run = run_of(incident)
    assert (run.state, run.stopped_at) == ("stopped", later(2))
    assert armed(run) == {}
    assert armed(incident) == {"incident.close": later(2 + 3 * 24 * 60), "incident.remind": later(2 + 2 * 24 * 60)}
    tick(120)
    assert told(incident) == ["Responder"]
    assert violations() == []


def test_resolve_tells_the_reporter_in_plain_words_and_all_who_were_told(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    resolve(company, incident, 16)
    assert told(incident, event="incident.resolved") == ["Second"]
    assert told(incident, event="report.news") == ["Reporter"]
    words = Message.objects.get(event="report.news", channel="inbox")
    assert (words.lane, words.context["restricted"]["state"]) == ("routine", "resolved")


def test_resolve_asks_how_it_was_checked(company: Company) -> None:
    incident = make_acknowledged(company)
    refuses(incidents.NotPossible, "Say how you checked", lambda: resolve(company, incident, checked=" "))
    refuses(incidents.NotPossible, "Say what made it work", lambda: resolve(company, incident, resolution=""))


def test_a_machine_may_resolve_what_it_reported(company: Company) -> None:
    incident = make_incident(company)
    resolve(company, incident, by=None, label="Shop floor")
    assert AuditEntry.objects.get(verb="incident.resolved").actor_label == "Shop floor"
    assert incident.timeline.get(verb="resolved").data["name"] == "Shop floor"


def test_resolving_twice_is_refused(company: Company) -> None:
    incident = make_acknowledged(company)
    resolve(company, incident)
    refuses(incidents.NotPossible, "This is resolved", lambda: resolve(company, incident, 21))


def test_reopening_calls_people_again_in_a_new_generation(company: Company) -> None:
    incident = make_acknowledged(company)
    resolve(company, incident)
    incidents.reopen(incident=incident, reason="Orders stop again.", by=company.reporter, at=later(30))
    found, run = fresh(incident), run_of(incident)
    assert (found.state, found.lead, found.resolved_at, found.plan) == ("investigating", None, None, "")
    assert (run.state, run.generation, run.position) == ("running", 2, 1)
    assert told(incident) == ["Responder", "Responder"]
    assert armed(run)["escalation.step"] == later(45)
    assert armed(found) == {"decision.timebox": later(90), "triage.timebox": later(45)}
    assert told(incident, event="incident.reopened") == ["Responder"]
    assert violations() == []


def test_reopening_needs_a_reason_and_an_end(company: Company) -> None:
    incident = make_acknowledged(company)
    refuses(
        incidents.NotPossible,
        "This is investigating",
        lambda: incidents.reopen(incident=incident, reason="Again", by=company.responder, at=later(1)),
    )
    resolve(company, incident)
    refuses(
        incidents.NotPossible,
        "Say what does not work",
        lambda: incidents.reopen(incident=incident, reason="", by=company.responder, at=later(21)),
    )


def test_a_closed_incident_can_be_reopened(company: Company) -> None:
    incident = make_acknowledged(company)
    resolve(company, incident)
    incidents.close(incident=incident, by=company.reporter, at=later(25))
    assert armed(incident) == {}
    incidents.reopen(incident=incident, reason="Not yet", by=company.reporter, at=later(30))
    assert fresh(incident).closed_at is None


def test_declining_ends_everything_and_tells_the_reporter_why(company: Company) -> None:
    incident = make_incident(company)
    incidents.decline(incident=incident, reason="A planned pause.", by=company.responder, at=later(3))
    assert (fresh(incident).state, run_of(incident).state) == ("declined", "stopped")
    assert armed(incident, run_of(incident)) == {}
    words = Message.objects.get(event="report.news", channel="inbox").context["restricted"]
    assert (words["state"], words["reason"]) == ("declined", "A planned pause.")
    assert violations() == []


def test_a_contained_incident_is_not_declined(company: Company) -> None:
    incident = make_acknowledged(company)
    incidents.contain(incident=incident, note="", by=company.responder, at=later(2))
    refuses(
        incidents.NotPossible,
        "This is contained",
        lambda: incidents.decline(incident=incident, reason="No", by=company.responder, at=later(3)),
    )


def test_a_plan_is_one_sentence(company: Company) -> None:
    incident = make_acknowledged(company)
    refuses(
        incidents.NotPossible,
        "in one sentence",
        lambda: incidents.say_plan(incident=incident, plan="  ", by=company.responder, at=later(1)),
    )
    refuses(
        incidents.NotPossible,
        "at most 500",
        lambda: incidents.say_plan(incident=incident, plan="x" * 501, by=company.responder, at=later(1)),
    )


@pytest.mark.parametrize("move", ["contain", "monitor"])
def test_the_reporter_follows_but_does_not_work_on_it(company: Company, move: str) -> None:
    incident = make_incident(company)
    refuses(
        access.Refused,
        "You reported this",
        lambda: getattr(incidents, move)(incident=incident, note="x", by=company.reporter, at=later(1)),
    )


def test_the_reporter_adds_notes_also_without_signing_in(company: Company) -> None:
    incident = make_incident(company)
    incidents.add_note(incident=incident, text="Also refunds.", by=company.reporter, at=later(1))
    key = incidents.add_note(incident=incident, text="And invoices.", by=None, at=later(2), is_public=True)
    assert TimelineText.objects.get(entry=key).text == "And invoices."
    assert AuditEntry.objects.filter(verb="incident.note", actor_label="tracking page").count() == 1
    refuses(
        incidents.NotPossible,
        "Write what you want to add",
        lambda: incidents.add_note(incident=incident, text=" ", by=None, at=later(3)),
    )


def test_joining_once_makes_somebody_a_participant(company: Company) -> None:
    incident = make_incident(company)
    incidents.join(incident=incident, by=company.second, at=later(1))
    assert incident.participants.filter(user=company.second, role="joined").count() == 1
    refuses(
        incidents.NotPossible,
        "You take part already",
        lambda: incidents.join(incident=incident, by=company.second, at=later(2)),
    )
