"""What is refused about shifts, questions and calendar files: each in its exact words, and nothing changes."""

from datetime import timedelta
from typing import Any

import pytest

from governance.models import HandoverNotice, Override, Schedule, Swap
from governance.rules import calendars
from governance.services import calendar_import, oncall, swaps
from portal import access, audit, roles
from portal.models import Absence, AuditEntry
from portal.services import people
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_override, make_schedule
from tests.governance.rules.test_calendars import book, event
from tests.governance.test_oncall import on_duty, told
from tests.governance.unchanged import picture, says

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ONLY_THEIRS = "Only people of the team Orders, or of this schedule, take its shifts."
ITS_ADMINS = "The admins of the team Orders can do this."
ENDS_FIRST = "The shift ends before it starts. Please check the times."


@pytest.fixture
def schedule(company: Company) -> Schedule:
    return make_schedule("orders", team=company.team, people=(company.responder, company.second))


def ask(schedule: Schedule, company: Company, **changed: Any) -> Swap:
    values = {"person": company.lead, "from_at": NOW + HOUR, "until_at": NOW + 3 * HOUR, "reason": "dentist"}
    return swaps.ask(schedule=schedule, at=NOW, **({"by": company.responder} | values | changed))


def leave(company: Company, who: Any) -> None:
    people.leave_team(person=who, team=company.team, by=company.admin, reason="moved", at=NOW)


def test_nobody_from_outside_asks_for_cover(company: Company, schedule: Schedule) -> None:
    with says(access.Refused, ONLY_THEIRS):
        ask(schedule, company, by=company.outsider)


def test_nobody_asks_themselves(company: Company, schedule: Schedule) -> None:
    with says(oncall.BadOverride, "You can take this shift yourself, without asking."):
        ask(schedule, company, person=company.responder)


def test_nobody_is_asked_who_could_not_say_yes(company: Company, schedule: Schedule) -> None:
    sentence = "Outsider is neither in the team nor in the schedule, and could not say yes."
    with says(oncall.BadOverride, sentence):
        ask(schedule, company, person=company.outsider)


@pytest.mark.parametrize(
    ("back", "sentence"),
    [
        ((2 * HOUR, HOUR), ENDS_FIRST),
        ((-2 * HOUR, -HOUR), "This shift is over already."),
        ((DAY, 94 * DAY), "Three months at most. Change the schedule itself for longer than that."),
        ((5 * HOUR, 6 * HOUR), "Responder is away then."),
    ],
    ids=str,
)
def test_what_is_offered_in_exchange_is_judged_like_what_is_asked(
    company: Company, schedule: Schedule, back: tuple[timedelta, timedelta], sentence: str
) -> None:
    make.make_absence(company.responder, NOW + 4 * HOUR, NOW + 7 * HOUR)
    with says(oncall.BadOverride, sentence):
        ask(schedule, company, back=(NOW + back[0], NOW + back[1]))


def test_too_many_questions_are_refused_in_words(
    company: Company, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swaps, "OPEN", 1)
    ask(schedule, company)
    with says(oncall.BadOverride, "You wait for many answers already. Take some of the questions back first."):
        ask(schedule, company, person=company.second)


def test_who_has_left_the_team_meanwhile_cannot_accept(company: Company, schedule: Schedule) -> None:
    swap = ask(schedule, company)
    leave(company, company.lead)
    with says(access.Refused, ONLY_THEIRS):
        swaps.accept(swap=swap, by=company.lead, at=NOW)


def test_nobody_accepts_for_what_is_over(company: Company, schedule: Schedule) -> None:
    swap = ask(schedule, company, from_at=NOW + 5 * HOUR, until_at=NOW + 6 * HOUR, back=(NOW + HOUR, NOW + 2 * HOUR))
    with says(swaps.NotAnswerable, "What was offered for it is over."):
        swaps.accept(swap=swap, by=company.lead, at=NOW + 2 * HOUR)


def test_every_step_of_a_question_stands_in_the_ledger(company: Company, schedule: Schedule) -> None:
    swaps.decline(swap=ask(schedule, company), answer="", by=company.lead, at=NOW)
    swaps.withdraw(swap=ask(schedule, company), by=company.responder, at=NOW)
    swaps.accept(swap=ask(schedule, company), by=company.lead, at=NOW)
    found = AuditEntry.objects.filter(target_id=str(schedule.pk), verb__startswith="oncall.cover_").order_by("pk")
    steps = [(entry.verb.removeprefix("oncall.cover_"), entry.actor) for entry in found]
    mine, theirs = company.responder, company.lead
    assert steps == [
        ("asked", mine),
        ("declined", theirs),
        ("asked", mine),
        ("withdrawn", mine),
        ("asked", mine),
        ("accepted", theirs),
    ]


def test_a_third_one_whose_shift_is_given_away_is_told(company: Company, schedule: Schedule) -> None:
    planned = on_duty(schedule, NOW + 2 * HOUR)
    asking, third = company.lead, make.make_person("third", teams=(company.team,))
    swaps.accept(swap=ask(schedule, company, by=asking, person=third), by=third, at=NOW)
    (address,) = [email for email, subject in told().items() if subject == "Third answers for Orders instead of you"]
    assert planned == type(third).objects.get(email=address).pk


def test_what_is_agreed_is_noted_as_a_hand_over(company: Company, schedule: Schedule) -> None:
    swap = ask(schedule, company)
    assert not HandoverNotice.objects.filter(person=company.lead).exists()
    swaps.accept(swap=swap, by=company.lead, at=NOW)
    notes = HandoverNotice.objects.filter(person=company.lead, withdrawn_at=None)
    assert {(note.side, note.shift_at) for note in notes} == {("on", NOW + HOUR), ("off", NOW + 3 * HOUR)}


@pytest.mark.parametrize("who", ["responder", "outsider", "admin"])
def test_nobody_but_its_admins_puts_somebody_in(company: Company, schedule: Schedule, who: str) -> None:
    by = getattr(company, who)
    if who == "admin":
        by = make.make_person("elsewhere", role=roles.TEAM_ADMIN, teams=(company.triage,))
    with says(access.Refused, ITS_ADMINS):
        oncall.put_in(
            schedule=schedule, person=company.lead, from_at=NOW, until_at=NOW + HOUR, reason="ill", by=by, at=NOW
        )


def test_an_override_of_others_is_not_taken_back(company: Company, schedule: Schedule) -> None:
    override = make_override(schedule, company.lead, NOW, NOW + HOUR, by=company.lead)
    for call in (
        lambda: oncall.withdraw(override=override, by=company.second, at=NOW),
        lambda: oncall.change(override=override, until_at=NOW + DAY, reason="x", by=company.second, at=NOW),
    ):
        with says(access.Refused, ITS_ADMINS):
            call()


def test_an_override_that_is_over_or_gone_is_not_touched(company: Company, schedule: Schedule) -> None:
    override = make_override(schedule, company.lead, NOW, NOW + HOUR, by=company.lead)
    gone = "This was already taken back, or is over."
    for call in (
        lambda at: oncall.withdraw(override=override, by=company.lead, at=at),
        lambda at: oncall.change(override=override, until_at=NOW + DAY, reason="x", by=company.lead, at=at),
    ):
        with says(oncall.Gone, gone):
            call(NOW + HOUR)
    oncall.withdraw(override=override, by=company.lead, at=NOW - HOUR)
    with says(oncall.Gone, gone):
        oncall.withdraw(override=override, by=company.lead, at=NOW - HOUR)


def test_an_end_that_cannot_be_is_refused(company: Company, schedule: Schedule) -> None:
    override = make_override(schedule, company.lead, NOW, NOW + HOUR, by=company.lead)
    for until_at, reason, sentence in (
        (NOW, "x", ENDS_FIRST),
        (NOW + HOUR, "x", "It ends at that time already."),
        (NOW + 93 * DAY, "x", "Three months at most. Change the schedule itself for longer than that."),
        (NOW + DAY, " ", "Please say why."),
    ):
        with says(oncall.BadOverride, sentence):
            oncall.change(override=override, until_at=until_at, reason=reason, by=company.lead, at=NOW)


def test_there_is_no_calendar_address_to_revoke(company: Company) -> None:
    with says(oncall.Gone, "There is no calendar link."):
        oncall.revoke_calendar_link(by=company.responder, at=NOW)


# Calendar files


def found(*events: str) -> calendars.Found:
    return calendars.read(book(*events), zone="UTC", from_at=NOW, until_at=NOW + calendar_import.AHEAD)


def shift(title: str = "Shift", **more: Any) -> str:
    return event("DTSTART:20260303T090000Z", "DTEND:20260303T120000Z", uid="shift", title=title, **more)


def to_overrides(company: Company, schedule: Schedule, *events: str, **changed: Any) -> calendar_import.Result:
    by = changed.pop("by", None) or keeper(company)
    values = {"person": company.lead, "by": by, "at": NOW, "chosen": None}
    return calendar_import.to_overrides(schedule=schedule, found=found(*events), **(values | changed))


def keeper(company: Company) -> Any:
    known = type(company.lead).objects.filter(email="keeper@example.test").first()
    return known or make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))


def test_only_its_admins_read_shifts_into_a_schedule(company: Company, schedule: Schedule) -> None:
    with says(access.Refused, ITS_ADMINS):
        to_overrides(company, schedule, shift(), by=company.responder)


@pytest.mark.parametrize("dry", [True, False])
def test_where_nothing_was_chosen_nothing_is_read(company: Company, schedule: Schedule, dry: bool) -> None:
    by, sentence = keeper(company), "Nothing of this calendar lies ahead, or nothing was chosen."
    with says(calendar_import.NothingChosen, sentence):
        to_overrides(company, schedule, shift(), chosen=[], by=by, dry=dry)
    with says(calendar_import.NothingChosen, sentence):
        calendar_import.to_absences(
            found=found(shift()), chosen=["unknown"], cover=None, by=company.lead, at=NOW, dry=dry
        )


def test_looking_writes_nothing_at_all(company: Company, schedule: Schedule) -> None:
    by = keeper(company)
    before = picture()
    assert to_overrides(company, schedule, shift(), by=by, dry=True).count("new") == 1
    given: dict[str, Any] = {"chosen": None, "cover": None, "by": company.lead, "at": NOW, "dry": True}
    assert calendar_import.to_absences(found=found(shift()), **given).count("new") == 1
    assert picture() == before


def test_a_time_that_names_nobody_is_left_out_with_the_reason(company: Company, schedule: Schedule) -> None:
    (line,) = to_overrides(company, schedule, shift(), person=None).lines
    assert (line.fate, line.why) == ("refused", "It names nobody who is known here. Say who answers then.")
    assert not Override.objects.exists()


def test_a_time_that_has_begun_keeps_who_answers(company: Company, schedule: Schedule) -> None:
    to_overrides(company, schedule, shift())
    later = NOW + DAY + 2 * HOUR
    (line,) = to_overrides(company, schedule, shift("Another"), person=company.second, at=later).lines
    assert (line.fate, line.why) == ("refused", "It has begun with somebody else. Take that back first.")
    assert [(row.person, row.why) for row in Override.objects.all()] == [(company.lead, "Shift")]


def test_somebody_who_is_away_is_left_out_with_the_reason(company: Company, schedule: Schedule) -> None:
    make.make_absence(company.lead, NOW, NOW + 3 * DAY)
    (line,) = to_overrides(company, schedule, shift()).lines
    assert (line.fate, line.why) == ("refused", "Lead is away then.")
    assert not Override.objects.exists() and Absence.objects.count() == 1


def test_members_of_a_layer_that_do_not_change_write_nothing(company: Company, schedule: Schedule) -> None:
    layer, before = schedule.layers.get(), picture()
    with audit.action(actor=company.admin, reason="again", at=NOW):
        oncall.set_members(layer=layer, people=[company.responder, company.second])
    assert picture() == before
