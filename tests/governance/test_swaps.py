"""Asking for cover and exchange: asked, accepted, declined, taken back, each side told; ends that move."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from governance.models import HandoverNotice, ImportedEvent, Override, Schedule, Swap
from governance.reads import swaps as reads
from governance.services import oncall, swaps
from portal import access, roles
from portal.models import AuditEntry, Message, Timer
from portal.rendering import render
from portal.services import leaving, people
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_schedule
from tests.governance.test_oncall import on_duty, told
from tests.pictures import counts

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROWS = (Override, Swap, Message, AuditEntry, Timer)


@pytest.fixture
def schedule(company: Company) -> Schedule:
    return make_schedule("orders", team=company.team, people=(company.responder, company.second))


def ask(schedule: Schedule, company: Company, **changed: Any) -> Swap:
    values = {"person": company.lead, "from_at": NOW + HOUR, "until_at": NOW + 3 * HOUR, "reason": "dentist"}
    return swaps.ask(schedule=schedule, by=company.responder, at=NOW, **(values | changed))


def test_who_accepts_answers_and_who_asked_is_told(company: Company, schedule: Schedule) -> None:
    swap = ask(schedule, company)
    assert on_duty(schedule, NOW + 2 * HOUR) != company.lead.pk
    swaps.accept(swap=swap, by=company.lead, at=NOW)
    assert on_duty(schedule, NOW + 2 * HOUR) == company.lead.pk
    assert told()["responder@example.test"] == "Lead takes your shift: Orders"
    assert [(row.person, row.by, row.why) for row in Override.objects.all()] == [
        (company.lead, company.responder, "dentist")
    ]
    assert AuditEntry.objects.filter(verb="oncall.cover_accepted").count() == 1
    assert reads.asked(company.responder, at=NOW).by_me == [swap]


def test_an_exchange_puts_both_in(company: Company, schedule: Schedule) -> None:
    back = (NOW + 2 * DAY, NOW + 2 * DAY + HOUR)
    swap = ask(schedule, company, back=back)
    assert told() == {"lead@example.test": "Responder offers you an exchange of shifts: Orders"}
    words = render(Message.objects.get(recipient=company.lead, channel="inbox"), company.lead).text
    assert "In exchange: from 4 Mar, 09:00 to 4 Mar, 10:00." in words
    swaps.accept(swap=swap, by=company.lead, at=NOW)
    assert on_duty(schedule, NOW + 2 * HOUR) == company.lead.pk
    assert on_duty(schedule, back[0]) == company.responder.pk
    assert Override.objects.count() == 2


def test_an_exchange_puts_nobody_in_who_may_not_take_shifts_any_more(company: Company, schedule: Schedule) -> None:
    """Whoever asked has moved to another team meanwhile, and has no turn either."""
    swap = ask(schedule, company, back=(NOW + 2 * DAY, NOW + 2 * DAY + HOUR))
    with make._action(NOW):
        oncall.set_members(layer=schedule.layers.get(), people=[company.second])
        people.leave_team(person=company.responder, team=company.team, by=company.admin, reason="moved", at=NOW)
    before = counts(ROWS)
    with pytest.raises(oncall.BadOverride, match="^Responder is neither in the team nor in the schedule"):
        swaps.accept(swap=swap, by=company.lead, at=NOW)
    assert counts(ROWS) == before
    assert Swap.objects.get().state == "asked"


def test_who_declines_changes_nothing_and_says_why(company: Company, schedule: Schedule) -> None:
    swap, before = ask(schedule, company), on_duty(schedule, NOW + 2 * HOUR)
    swaps.decline(swap=swap, answer=" on holiday ", by=company.lead, at=NOW)
    assert on_duty(schedule, NOW + 2 * HOUR) == before
    assert told()["responder@example.test"] == "Lead cannot take your shift: Orders"
    message = Message.objects.get(recipient=company.responder, channel="inbox")
    assert "Their answer: on holiday" in render(message, company.responder).text
    assert "It is still yours." in render(message, company.responder).html
    swap.refresh_from_db()
    assert (swap.state, swap.answer, swap.answered_at) == ("declined", "on holiday", NOW)


def test_who_asked_takes_it_back_and_the_other_is_told(company: Company, schedule: Schedule) -> None:
    swap = ask(schedule, company)
    swaps.withdraw(swap=swap, by=company.responder, at=NOW)
    subjects = [render(row, company.lead).subject for row in Message.objects.filter(recipient=company.lead)]
    assert "Responder does not ask you any more: Orders" in subjects
    assert reads.asked(company.lead, at=NOW).of_me == []


def test_an_answer_is_given_once_by_whoever_was_asked(company: Company, schedule: Schedule) -> None:
    swap = ask(schedule, company)
    before = counts(ROWS)
    for act, sentence in (
        (swaps.accept, "Lead was asked, not you."),
        (swaps.withdraw, "Responder asked this, not you."),
    ):
        with pytest.raises(swaps.NotYours, match=f"^{sentence}$"):
            act(swap=swap, by=company.second, at=NOW)
    with pytest.raises(swaps.NotAnswerable, match="^This shift is over already.$"):
        swaps.accept(swap=swap, by=company.lead, at=NOW + 3 * HOUR)
    assert counts(ROWS) == before
    swaps.accept(swap=swap, by=company.lead, at=NOW)
    before = counts(ROWS)
    for act in (swaps.accept, lambda **kw: swaps.decline(answer="", **kw)):
        with pytest.raises(swaps.NotAnswerable, match="^This was answered already, or taken back.$"):
            act(swap=swap, by=company.lead, at=NOW)
    assert counts(ROWS) == before


def test_who_is_away_by_then_cannot_accept_and_nothing_changes(company: Company, schedule: Schedule) -> None:
    swap = ask(schedule, company)
    make.make_absence(company.lead, NOW, NOW + DAY)
    before = counts(ROWS)
    with pytest.raises(oncall.BadOverride, match="^Lead is away then.$"):
        swaps.accept(swap=swap, by=company.lead, at=NOW)
    assert counts(ROWS) == before


def test_the_first_page_shows_what_somebody_asks(company: Company, schedule: Schedule) -> None:
    ask(schedule, company)
    (item,) = reads.card(company.lead, at=NOW)
    assert (item.title, item.button) == ("Responder asks you to take a shift: Orders", "Answer")
    assert reads.card(company.second, at=NOW) == []
    assert reads.card(company.lead, at=NOW + 3 * HOUR) == []


def test_questions_have_a_bound(company: Company, schedule: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swaps, "OPEN", 1)
    ask(schedule, company)
    with pytest.raises(oncall.BadOverride, match="^You wait for many answers already."):
        ask(schedule, company, person=company.second)


def test_who_answers_longer_or_shorter_by_another_end_is_told(company: Company, schedule: Schedule) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))
    planned = on_duty(schedule)
    override = oncall.put_in(
        schedule=schedule, person=company.lead, from_at=NOW, until_at=NOW + HOUR, reason="ill", by=keeper, at=NOW
    )
    oncall.change(override=override, until_at=NOW + 5 * HOUR, reason="still ill", by=keeper, at=NOW)
    oncall.change(override=override, until_at=NOW + 2 * HOUR, reason="better", by=keeper, at=NOW)
    found = Message.objects.filter(event="oncall.shift", channel="inbox", recipient_id=planned).order_by("pk")
    assert [render(row, row.recipient).subject for row in found] == [
        "Lead answers for Orders instead of you",
        "Lead answers for Orders instead of you",
        "The plan of Orders holds again",
    ]
    assert Message.objects.filter(event="oncall.shift", channel="inbox", recipient=company.lead).count() == 3
    before = counts(ROWS)
    with pytest.raises(oncall.BadOverride, match="^It ends at that time already.$"):
        oncall.change(override=override, until_at=NOW + 2 * HOUR, reason="x", by=keeper, at=NOW)
    with pytest.raises(access.Refused):
        oncall.change(override=override, until_at=NOW + 3 * HOUR, reason="x", by=company.second, at=NOW)
    assert counts(ROWS) == before


def test_who_leaves_is_not_waited_for_and_asks_nobody_any_more(company: Company, schedule: Schedule) -> None:
    ask(schedule, company)
    mine = swaps.ask(
        schedule=schedule,
        person=company.second,
        from_at=NOW + HOUR,
        until_at=NOW + 2 * HOUR,
        reason="x",
        by=company.lead,
        at=NOW,
    )
    leaving.deactivate(person=company.lead, by=company.admin, reason="left", at=NOW)
    assert list(Swap.objects.order_by("asked_at", "pk").values_list("state", flat=True)) == ["declined", "withdrawn"]
    subjects = told()
    assert subjects["responder@example.test"] == "Lead cannot take your shift: Orders"
    assert subjects["second@example.test"] == "Lead does not ask you any more: Orders"
    assert mine not in Swap.objects.open(NOW)


@pytest.mark.parametrize(
    "values",
    [
        {"until_at": NOW},
        {"back_from_at": NOW},
        {"back_from_at": NOW, "back_until_at": NOW - HOUR},
        {"state": "odd"},
        {"state": "accepted"},
        {"answered_at": NOW},
        {"person": "by"},
        {"why": ""},
    ],
    ids=str,
)
def test_a_question_that_cannot_be_is_refused_by_the_database(
    company: Company, schedule: Schedule, values: dict[str, Any]
) -> None:
    known = {
        "schedule": schedule,
        "by": company.responder,
        "person": company.lead,
        "from_at": NOW,
        "until_at": NOW + HOUR,
        "why": "x",
        "asked_at": NOW,
    }
    if values.get("person") == "by":
        values = {"person": company.responder}
    with pytest.raises(IntegrityError), make._action(NOW):
        Swap.objects.create(**(known | values))


def test_notices_and_readings_that_cannot_be_are_refused_by_the_database(company: Company, schedule: Schedule) -> None:
    known = {
        "schedule": schedule,
        "person": company.lead,
        "side": "on",
        "shift_at": NOW,
        "until_at": NOW,
        "told_at": NOW,
    }
    HandoverNotice.objects.create(**known)
    for values in ({}, {"side": "odd"}, {"side": "off", "until_at": NOW - HOUR}):
        with pytest.raises(IntegrityError), transaction.atomic():
            HandoverNotice.objects.create(**(known | values))
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportedEvent.objects.create(uid="x", occurrence="", read_at=NOW)
    with pytest.raises(IntegrityError), make._action(NOW):
        Schedule(key="x", name="X", team=company.team, zone="UTC", notice_hours=337).save()
