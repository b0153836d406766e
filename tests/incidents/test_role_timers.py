"""What the clock asks about roles: time to hand over, no sign, away; each of the present holder, nobody twice (D8)."""

import pytest

from incidents.models import Incident, Participant, RoleAssignment
from incidents.services import incidents, role_moves
from portal import rendering, timers
from portal.models import Absence, Message, Timer, User
from portal.services import absences
from tests.factories_governance import Company
from tests.factories_incidents import (
    armed,
    fresh,
    later,
    make_acknowledged,
    refuses,
    run_of,
    tick,
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
HOUR = 60


@pytest.fixture(autouse=True)
def matrix(company: Company) -> None:
    with_roles(company)


def row(role: str = COMMS) -> RoleAssignment:
    return RoleAssignment.objects.get(role=role, ended_at=None)


def quiet(company: Company) -> Incident:
    """An incident whose escalation is put off, so that only roles speak."""
    incident = make_led(company)
    for subject in (incident, run_of(incident)):
        timers.cancel(subject=subject, at=later(0), reason="not here")
    return incident


# Rotation


def test_after_the_hours_of_the_role_holder_and_deputy_hear_that_it_is_time(company: Company) -> None:
    incident = take(quiet(company), company.second, minutes=0)
    assert armed(row()) == {"role.rotation": later(12 * HOUR)}
    tick(12 * HOUR - 1)
    assert told(incident, event="role.rotate") == ["Lead", "Responder"]  # of the command, after eight hours
    tick(12 * HOUR)
    assert told(incident, event="role.rotate")[2:] == ["Lead", "Second"]
    assert [entry.data["people"] for entry in incident.timeline.filter(verb="role_rotate", data__role=COMMS)] == [
        ["Second", "Lead"]
    ]
    assert armed(row()) == {"role.rotation": later(18 * HOUR)}
    assert violations() == []


def test_it_reminds_three_times_more_and_then_is_silent(company: Company) -> None:
    incident = take(quiet(company), company.second, minutes=0)
    for hours in range(0, 24 * 7):
        tick(hours * HOUR)
    moments = [entry.at for entry in incident.timeline.filter(verb="role_rotate", data__role=COMMS).order_by("id")]
    assert moments == [later(hours * HOUR) for hours in (12, 18, 24, 30)]
    assert armed(row()) == {} and violations() == []


def test_who_takes_over_starts_anew_and_who_handed_over_is_not_reminded(company: Company) -> None:
    incident = take(quiet(company), company.second, minutes=0)
    before = row()
    pass_on(incident, company.lead, company.second, minutes=11 * HOUR)
    assert armed(before) == {}
    assert Timer.objects.get(subject_id=before.pk, kind="role.rotation").state == "superseded"
    assert armed(row())["role.rotation"] == later(23 * HOUR)


def test_an_incident_that_is_over_reminds_nobody(company: Company) -> None:
    incident = take(quiet(company), company.second, minutes=0)
    incidents.resolve(incident=incident, resolution="New key", checked="Tried", by=company.responder, at=later(5))
    tick(48 * HOUR)
    assert told(incident, event="role.rotate") == []
    assert set(Timer.objects.filter(kind="role.rotation").values_list("state", flat=True)) == {"cancelled"}


def test_a_role_without_hours_is_never_reminded(company: Company) -> None:
    take(quiet(company), company.second, TECHNICAL)
    assert armed(row(TECHNICAL)) == {}


# Silence


def test_who_was_given_a_role_and_gives_no_sign_is_silent_and_a_deputy_can_step_in(company: Company) -> None:
    incident = give(quiet(company), company.second, company.responder, minutes=0)
    refuses(role_moves.CannotTake, "Second is here|does not name", lambda: step_in(company, 59))
    tick(60)
    assert told(incident, event="role.silent") == ["Lead"]
    assert verbs(incident)[-1] == "role_silent"
    step_in(company, 61)
    assert held(incident)[-1] == ("Lead", "stepped_in") and violations() == []


def step_in(company: Company, minutes: float) -> None:
    incident = RoleAssignment.objects.filter(role=COMMS).latest("assumed_at").incident
    role_moves.step_in(incident=incident, role=COMMS, by=company.lead, at=later(minutes))


def test_whatever_they_do_is_a_sign(company: Company) -> None:
    incident = give(quiet(company), company.second, company.responder, minutes=0)
    incidents.add_note(incident=incident, text="I wrote to all", by=company.second, at=later(10))
    tick(60)
    assert told(incident, event="role.silent") == []
    refuses(role_moves.CannotTake, "Second is here", lambda: step_in(company, 61))


def test_who_is_asked_for_a_sign_has_the_same_time_and_says_here_i_am(company: Company) -> None:
    incident = take(quiet(company), company.second, minutes=0)

    def ask(minutes: float, by: User = company.responder) -> None:
        role_moves.ask_sign(incident=incident, role=COMMS, by=by, at=later(minutes))

    refuses(role_moves.CannotTake, "You hold this role yourself", lambda: ask(9, company.second))
    ask(10)
    assert told(incident, event="role.asked") == ["Second"] and armed(row())["role.silence"] == later(70)
    refuses(role_moves.CannotTake, "was asked already", lambda: ask(11))
    role_moves.confirm(incident=incident, role=COMMS, by=company.second, at=later(12))
    tick(70)
    assert told(incident, event="role.silent") == []
    ask(80)
    tick(140)
    assert told(incident, event="role.silent") == ["Lead"] and violations() == []


def test_the_ladder_alone_looks_after_whoever_commands(company: Company) -> None:
    incident = make_led(company)
    pass_on(incident, company.lead, company.responder, COMMANDER, minutes=1)
    assert "role.silence" not in armed(row(COMMANDER))
    assert armed(run_of(incident))["escalation.follow_up"] == later(61)


def test_a_commander_who_gets_nowhere_is_followed_by_whoever_answers(company: Company) -> None:
    incident = make_acknowledged(company)
    incidents.say_plan(incident=incident, plan="Wait", by=company.responder, at=later(0))
    timers.cancel(subject=incident, at=later(0), reason="not here")
    tick(60)
    assert run_of(incident).state == "running" and fresh(incident).lead == company.responder
    role_moves.assume(incident=incident, role=COMMANDER, by=company.second, at=later(61))
    assert held(incident, COMMANDER) == [("Responder", "assumed"), ("Second", "stepped_in")]
    assert violations() == []


# Absence


def away(company: Company, start: float, end: float) -> Absence:
    times = {"starts_at": later(start), "ends_at": later(end)}
    return absences.add(user=company.second, cover=None, by=company.second, at=later(1), **times)


def test_the_deputies_hear_once_when_the_holder_goes_away(company: Company) -> None:
    incident = take(quiet(company), company.second, minutes=0)
    away(company, 30, 90)
    tick(29)
    assert told(incident, event="role.silent") == []
    tick(30)
    tick(31)
    assert told(incident, event="role.silent") == ["Lead"]
    assert incident.timeline.latest("id").data["which"] == "absent"
    assert violations() == []


def test_an_absence_that_was_known_before_counts_too(company: Company) -> None:
    away(company, 30, 90)
    incident = take(quiet(company), company.second, minutes=2)
    tick(30)
    assert told(incident, event="role.silent") == ["Lead"]


def test_an_absence_that_is_taken_back_tells_nobody(company: Company) -> None:
    incident = take(quiet(company), company.second, minutes=0)
    absence = away(company, 30, 90)
    absences.cancel(absence=absence, by=company.second, at=later(5))
    tick(30)
    assert told(incident, event="role.silent") == []


def test_who_is_told_may_open_a_restricted_incident(company: Company) -> None:
    incident = take(quiet(company), company.second, minutes=0)
    Participant.objects.filter(incident=incident, user=company.lead).delete()
    away(company, 30, 90)
    tick(30)
    assert Participant.objects.filter(incident=incident, user=company.lead, role="told").exists()


def test_every_message_says_what_to_do(company: Company) -> None:
    incident = take(quiet(company), company.second, minutes=0)
    tick(12 * HOUR)
    words = {}
    for message in Message.objects.filter(event="role.rotate", channel="email", recipient=company.lead).order_by("pk"):
        (facts,) = message.context.values()
        if facts["role"] == "Communications lead":
            words[facts["which"]] = rendering.render(message, message.recipient)
    assert words["deputy"].subject == "SEV3: time to hand over Communications lead: Orders do not arrive"
    assert "Second has been Communications lead for 12 hours or more. It is time to take over." in words["deputy"].text
    assert holds(incident) == "Second"
