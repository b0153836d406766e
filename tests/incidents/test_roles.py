"""Who holds which role: one person commands from the first answer on, and roles change hands in order (D5, D6, D8)."""

import pytest
from django.db import IntegrityError, transaction

from incidents import invariants
from incidents.models import Incident, Participant, RoleAssignment
from incidents.services import escalation, incidents, merging, role_moves, roles
from portal import access, audit
from portal.models import AuditEntry, Message, User
from portal.services import leaving
from tests.factories_governance import Company, make_absence
from tests.factories_incidents import (
    armed,
    fresh,
    later,
    make_acknowledged,
    make_incident,
    refuses,
    run_of,
    told,
    verbs,
    violations,
)
from tests.incidents.role_scenes import (
    COMMANDER,
    COMMS,
    TECHNICAL,
    give,
    held,
    holds,
    make_led,
    pass_on,
    take,
    with_roles,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def matrix(company: Company) -> None:
    with_roles(company)


# Command


def test_whoever_answers_first_commands_from_then_on(company: Company) -> None:
    incident = make_incident(company)
    assert holds(incident, COMMANDER) == ""
    role_moves.assume(incident=incident, role=COMMANDER, by=company.responder, at=later(3))
    row = RoleAssignment.objects.get(incident=incident)
    assert (row.role, row.title, row.user, row.assumed_at) == (
        COMMANDER,
        "Incident commander",
        company.responder,
        later(3),
    )
    assert fresh(incident).lead == company.responder and run_of(incident).state == "acknowledged"
    assert violations() == []


def test_command_follows_every_change_of_the_lead(company: Company) -> None:
    incident = make_led(company)
    escalation.unacknowledge(run=run_of(incident), by=company.responder, reason="On a train", at=later(5))
    assert holds(incident, COMMANDER) == "" and violations() == []
    escalation.acknowledge(run=run_of(incident), by=company.second, at=later(6))
    escalation.reassign(run=run_of(incident), to=company.lead, by=company.second, reason="Mine ends", at=later(7))
    assert held(incident, COMMANDER) == [("Responder", "assumed"), ("Second", "assumed"), ("Lead", "handed_over")]
    assert fresh(incident).lead == company.lead and violations() == []
    rows = list(RoleAssignment.objects.filter(incident=incident).order_by("assumed_at"))
    assert [(row.assumed_at, row.ended_at) for row in rows] == [
        (later(0), later(5)),
        (later(6), later(7)),
        (later(7), None),
    ]
    assert [row.before for row in rows] == [None, None, rows[1]]


def test_all_roles_end_with_the_incident_and_none_comes_back_when_it_is_opened_again(company: Company) -> None:
    incident = take(make_led(company), company.lead)
    incidents.resolve(incident=incident, resolution="New key", checked="Tried", by=company.responder, at=later(5))
    assert not RoleAssignment.objects.filter(ended_at=None).exists()
    assert armed(*RoleAssignment.objects.all()) == {}
    incidents.reopen(incident=incident, reason="Still broken", by=company.reporter, at=later(9))
    assert (fresh(incident).lead, holds(incident, COMMANDER)) == (None, "") and violations() == []


def test_a_duplicate_has_no_roles_any_more(company: Company) -> None:
    one, other = make_led(company), make_incident(company)
    merging.merge(loser=one, winner=other, by=company.responder, reason="The same", at=later(2))
    assert holds(one, COMMANDER) == "" and violations() == []


def test_a_near_miss_needs_no_roles(company: Company) -> None:
    near = make_incident(company, kind=Incident.Kind.NEAR_MISS)
    for role in (COMMS, COMMANDER):
        refuses(role_moves.CannotTake, "near miss", lambda role=role: take(near, company.responder, role))


# Taking and giving


def test_a_free_role_is_taken_with_one_move(company: Company) -> None:
    incident = take(make_led(company), company.second)
    assert holds(incident) == "Second"
    assert verbs(incident)[-1] == "role_assumed"
    assert Participant.objects.filter(incident=incident, user=company.second, role="joined").exists()
    assert AuditEntry.objects.filter(verb="incident.role_assumed", actor=company.second).count() == 1
    refuses(role_moves.CannotTake, "Second has it", lambda: take(incident, company.lead, minutes=2))
    refuses(role_moves.CannotTake, "You hold this role already", lambda: take(incident, company.second, minutes=2))
    refuses(role_moves.CannotTake, "no such role", lambda: take(incident, company.second, "cook", minutes=2))
    assert violations() == []


def test_who_is_given_a_role_is_told_at_once_and_may_open_the_incident(company: Company) -> None:
    incident = give(make_led(company), company.outsider, company.responder)
    assert holds(incident) == "Outsider" and told(incident, event="role.assigned") == ["Outsider"]
    assert Message.objects.filter(event="role.assigned", lane="urgent", channel="inbox").count() == 1
    assert access.can(company.outsider, "view", incident)
    assert incident.timeline.latest("id").text_row.text == "They know it"
    assert violations() == []


def test_who_had_the_role_hears_who_has_it_now(company: Company) -> None:
    incident = take(make_led(company), company.second)
    give(incident, company.lead, company.responder)
    assert told(incident, event="role.relieved") == ["Second"]
    assert held(incident) == [("Second", "assumed"), ("Lead", "assigned")]
    refuses(role_moves.CannotTake, "Lead holds this role already", lambda: give(incident, company.lead, company.second))


def test_giving_the_command_away_is_reassigning(company: Company) -> None:
    incident = make_led(company)
    give(incident, company.second, company.lead, COMMANDER)
    assert (fresh(incident).lead, run_of(incident).acknowledged_by) == (company.second, company.second)
    assert verbs(incident)[-1] == "reassigned"
    assert told(incident, event="incident.reassigned") == ["Second"]
    assert told(incident, event="role.assigned") == []
    assert told(incident, event="role.relieved") == ["Responder"]
    assert violations() == []


def test_only_who_works_on_it_moves_roles(company: Company) -> None:
    incident = make_led(company)
    refuses(access.Refused, "people who were told work on it", lambda: take(incident, company.reporter))
    refuses(access.Refused, "You cannot see", lambda: take(incident, company.outsider))
    User.objects.filter(pk=company.second.pk).update(is_active=False)
    company.second.refresh_from_db()
    refuses(role_moves.CannotTake, "not active any more", lambda: give(incident, company.second, company.responder))


# Handing over


def test_handing_over_keeps_what_the_form_said_and_tells_the_receiver(company: Company) -> None:
    incident = take(make_led(company), company.second)
    pass_on(incident, company.lead, company.second)
    row = RoleAssignment.objects.get(incident=incident, role=COMMS, ended_at=None)
    assert (row.user, row.entered, row.assumed_at) == (company.lead, "handed_over", later(3))
    assert row.handover == {
        "criteria": {"The next update is known": True},
        "artefacts": {"Every update sent": "In the wiki"},
    }
    assert told(incident, event="role.handed_over") == ["Lead"]
    words = Message.objects.get(event="role.handed_over", channel="inbox").context["restricted"]
    assert words["handover"] == ["Every update sent: In the wiki", "The next update is known"]
    assert told(incident, event="role.relieved") == [] and violations() == []


def test_what_is_missing_needs_a_note_that_says_why(company: Company) -> None:
    incident = take(make_led(company), company.second)
    refuses(
        role_moves.CannotTake,
        "still open: The next update is known; Every update sent",
        lambda: pass_on(incident, company.lead, company.second, criteria=[], artefacts={}),
    )
    pass_on(incident, company.lead, company.second, criteria=[], note="My train leaves")
    entry = incident.timeline.latest("id")
    assert (
        entry.data["missing"] == ["The next update is known"]
        and entry.text_row.text == "My train leaves\nEvery update sent: In the wiki"
    )


def test_only_the_holder_hands_over(company: Company) -> None:
    incident = take(make_led(company), company.second)
    refuses(role_moves.CannotTake, "You do not hold", lambda: pass_on(incident, company.lead, company.responder))
    refuses(role_moves.CannotTake, "You do not hold", lambda: pass_on(incident, company.lead, company.lead, TECHNICAL))


def test_handing_the_command_over_is_one_move_with_one_message(company: Company) -> None:
    incident = make_led(company)
    pass_on(incident, company.lead, company.responder, COMMANDER)
    assert fresh(incident).lead == company.lead
    row = RoleAssignment.objects.get(incident=incident, role=COMMANDER, ended_at=None)
    assert (row.entered, row.handover["artefacts"]) == ("handed_over", {"Handoff note": "In the wiki"})
    assert verbs(incident)[-1] == "reassigned" and "role_handed_over" not in verbs(incident)
    assert told(incident, event="incident.reassigned") == ["Lead"]
    assert told(incident, event="role.handed_over") == []
    assert violations() == []


# Stepping in, giving up


def test_a_deputy_steps_in_for_somebody_who_is_away(company: Company) -> None:
    incident = take(make_led(company), company.second)

    def step(by: object, role: str = COMMS) -> None:
        role_moves.step_in(incident=incident, role=role, by=by, at=later(5))  # type: ignore[arg-type]

    refuses(role_moves.CannotTake, "Second is here", lambda: step(company.lead))
    make_absence(company.second, starts_at=later(4), ends_at=later(400))
    refuses(role_moves.CannotTake, "does not name you", lambda: step(company.responder))
    step(company.lead)
    assert held(incident)[-1] == ("Lead", "stepped_in")
    assert told(incident, event="role.relieved") == ["Second"] and violations() == []
    refuses(role_moves.CannotTake, "Nobody holds this role", lambda: step(company.second, TECHNICAL))


def test_a_deputy_steps_in_for_a_commander_who_is_away_and_leads(company: Company) -> None:
    incident = make_led(company)
    make_absence(company.responder, starts_at=later(4), ends_at=later(400))
    role_moves.step_in(incident=incident, role=COMMANDER, by=company.second, at=later(5))
    assert (fresh(incident).lead, run_of(incident).acknowledged_by) == (company.second, company.second)
    assert verbs(incident)[-1] == "role_stepped_in" and "reassigned" not in verbs(incident)
    assert armed(run_of(incident))["escalation.follow_up"] == later(65)
    assert violations() == []


def test_giving_up_tells_the_deputies(company: Company) -> None:
    incident = take(make_led(company), company.second)
    role_moves.give_up(incident=incident, role=COMMS, reason="Another fire", by=company.second, at=later(5))
    assert (holds(incident), told(incident, event="role.silent")) == ("", ["Lead"])
    assert verbs(incident)[-1] == "role_given_up" and violations() == []
    refuses(
        role_moves.CannotTake,
        "You do not hold",
        lambda: role_moves.give_up(incident=incident, role=COMMS, reason="x", by=company.second, at=later(6)),
    )


def test_giving_up_the_command_gives_the_incident_back(company: Company) -> None:
    incident = make_led(company)
    role_moves.give_up(incident=incident, role=COMMANDER, reason="Too tired", by=company.responder, at=later(5))
    assert (run_of(incident).state, fresh(incident).lead, holds(incident, COMMANDER)) == ("running", None, "")
    assert verbs(incident).count("unacknowledged") == 1 and violations() == []


def test_the_roles_of_somebody_who_leaves_end_and_the_deputies_are_told(company: Company) -> None:
    incident = take(take(make_led(company), company.second), company.second, TECHNICAL)
    leaving.deactivate(person=company.second, by=company.admin, reason="has another job", at=later(9))
    assert (holds(incident), holds(incident, TECHNICAL)) == ("", "")
    assert holds(incident, COMMANDER) == "Responder"
    assert told(incident, event="role.silent") == ["Lead"]
    silent = incident.timeline.filter(verb="role_silent")
    assert sorted(entry.data["title"] for entry in silent) == ["Communications lead", "Technical lead"]
    assert [line for line in violations() if "is on call" not in line] == []


# Always


def test_the_database_takes_one_holder_at_a_time_and_no_end_before_the_beginning(company: Company) -> None:
    incident = make_led(company)
    row = {"incident": incident, "role": COMMANDER, "title": "x", "assumed_at": later(5)}
    for more in ({"user": company.second}, {"user": company.lead, "role": "x", "ended_at": later(4)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            RoleAssignment.objects.bulk_create([RoleAssignment(**row | more)])
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleAssignment.objects.bulk_create(
            [RoleAssignment(**row | {"role": "x", "user": company.lead, "entered": "y"})]
        )


def test_a_clock_that_runs_behind_never_lets_two_hold_a_role_at_once(company: Company) -> None:
    incident = take(make_led(company), company.second, minutes=5)
    give(incident, company.lead, company.responder, minutes=4)
    first, then = RoleAssignment.objects.filter(incident=incident, role=COMMS).order_by("pk")
    assert (first.assumed_at, first.ended_at, then.assumed_at) == (later(5), later(5), later(5))
    assert violations() == []


def test_who_comes_after_a_pause_never_overlaps_with_the_holder_before(company: Company) -> None:
    incident = take(make_led(company), company.second, minutes=5)
    role_moves.give_up(incident=incident, role=COMMS, reason="Another fire", by=company.second, at=later(9))
    take(incident, company.lead, minutes=7)
    first, then = RoleAssignment.objects.filter(incident=incident, role=COMMS).order_by("pk")
    assert (first.ended_at, then.assumed_at, then.before) == (later(9), later(9), None)
    assert violations() == []


def test_after_an_upgrade_whoever_leads_commands(company: Company) -> None:
    incident, over = make_led(company), make_led(company)
    incidents.resolve(incident=over, resolution="Key", checked="Tried", by=company.responder, at=later(5))
    with audit.action(actor=company.admin, reason="as it was before there were roles", at=later(9)):
        roles.end_all(incident, at=later(9))
    assert len(invariants.one_person_commands()) == 1
    for _ in range(2):
        roles.catch_up()
        assert violations() == []
    assert (holds(incident, COMMANDER), holds(over, COMMANDER)) == ("Responder", "")


def test_the_invariants_find_what_no_service_would_write(company: Company) -> None:
    incident = make_led(company)
    rows = RoleAssignment.objects.filter(incident=incident)
    rows.update(user=company.second)
    assert len(invariants.one_person_commands()) == 2
    rows.update(ended_at=later(1))
    assert len(invariants.one_person_commands()) == 1
    Incident.objects.filter(pk=incident.pk).update(lead=None)
    assert invariants.one_person_commands() == [f"Incident {incident.reference} was answered, but nobody commands it."]
    rows.update(ended_at=None)
    Incident.objects.filter(pk=incident.pk).update(state="closed")
    assert invariants.one_person_commands() == [
        f"Incident {incident.reference} is over, but somebody holds a role in it."
    ]
    rows.update(ended_at=later(9))
    late = {"title": "x", "user": company.lead, "assumed_at": later(5), "ended_at": later(10)}
    RoleAssignment.objects.bulk_create([RoleAssignment(incident=incident, role=COMMANDER, **late)])
    assert len(invariants.nobody_shares_a_role()) == 1
    other = make_acknowledged(company)
    assert holds(other, COMMANDER) == "Responder"
