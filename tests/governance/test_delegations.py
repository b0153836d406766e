"""Letting somebody decide in one's place: only what one has, for a while, both told by the clock, taken back."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from governance.models import Board, Delegation
from governance.services import delegations
from portal import access, timers
from portal.models import AuditEntry, Message, Timer
from portal.rendering import render
from portal.services import leaving
from tests import factories_governance as make
from tests.factories_boards import WEEK, board_of, delegate, sit
from tests.factories_governance import NOW, Company

pytestmark = pytest.mark.django_db
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def board(company: Company) -> Board:
    """The lead and the leader sit on it; the second is the lead's deputy."""
    found = board_of(company.leader)
    sit(found, company.lead, deputy=company.second, function="product")
    return found


def news() -> list[tuple[str, str]]:
    """(person, subject) of what was told, in the inboxes."""
    rows = Message.objects.filter(event=delegations.EVENT, channel="inbox").select_related("recipient")
    return sorted((row.recipient.name, render(row, row.recipient).subject) for row in rows)


def due() -> list[datetime]:
    return list(Timer.objects.filter(kind=delegations.KIND, state="armed").values_list("due_at", flat=True))


def clock(until: datetime) -> None:
    while (at := timers.next_due(at=until)[0]) is not None and at <= until:
        timers.fire_due(at=at)


def test_a_delegation_that_begins_now_is_told_to_both_at_once(company: Company, board: Board) -> None:
    given = delegate(company.lead, company.outsider, board=board, kind="playbook")
    assert list(Delegation.objects.in_force(NOW)) == [given]
    assert news() == [
        ("Lead", "Outsider decides for you from now on"),
        ("Outsider", "You decide for Lead from now on"),
    ]
    text = render(*told(company.outsider)).text
    assert "From 2 Mar, 09:00 to 9 Mar, 09:00. Only on the board Change board. Only about playbooks." in text
    assert "Why: holidays" in text and "Your own seat stays as it is." in text
    assert due() == [NOW + 6 * DAY]
    entry = AuditEntry.objects.get(verb="delegation.given")
    assert (entry.actor, entry.target_id) == (company.lead, str(given.pk))
    assert Delegation.history.get().reason == "holidays"


def told(person: Any) -> tuple[Message, Any]:
    return Message.objects.filter(event=delegations.EVENT, channel="inbox", recipient=person).latest("pk"), person


def test_no_name_leaves_by_a_channel_that_may_not_carry_it(company: Company, board: Board) -> None:
    delegate(company.lead, company.outsider, board=board)
    message, person = told(company.outsider)
    message.data_class, message.context = "public", {"public": {"kind": "begun", "side": "taker"}}
    assert render(message, person).subject == "You decide for somebody else from now on"


def test_the_clock_tells_the_beginning_a_day_before_the_end_and_the_end(company: Company, board: Board) -> None:
    starts = NOW + DAY
    delegate(company.lead, company.outsider, starts_at=starts, ends_at=starts + WEEK)
    assert (news(), due()) == ([], [starts])
    clock(starts)
    assert [subject for name, subject in news() if name == "Outsider"] == ["You decide for Lead from now on"]
    clock(starts + 6 * DAY)
    assert ("Lead", "Outsider decides for you only until 10 Mar, 09:00") in news()
    clock(starts + WEEK)
    assert ("Outsider", "You do not decide for Lead any more") in news()
    assert ("Lead", "Outsider does not decide for you any more") in news()
    assert (len(news()), due()) == (6, [])
    assert AuditEntry.objects.filter(verb="delegation.ended").count() == 1
    assert not Delegation.objects.in_force(starts + WEEK).exists()


def test_a_clock_that_stood_still_tells_only_the_last(company: Company, board: Board) -> None:
    delegate(company.lead, company.outsider, starts_at=NOW + DAY, ends_at=NOW + WEEK)
    timers.fire_due(at=NOW + 30 * DAY)
    assert [subject for _name, subject in news()] == [
        "Outsider does not decide for you any more",
        "You do not decide for Lead any more",
    ]


def test_what_lasts_a_few_hours_has_no_word_a_day_before(company: Company, board: Board) -> None:
    delegate(company.lead, company.outsider, ends_at=NOW + 3 * HOUR)
    assert due() == [NOW + 3 * HOUR]


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"taker": "lead"}, "taker", "you decide for yourself anyway"),
        ({"ends_at": NOW - HOUR}, "ends_at", "The end has to be after the beginning"),
        ({"ends_at": NOW + 90 * DAY + HOUR}, "ends_at", "At most 90 days."),
        ({"starts_at": NOW + 400 * DAY, "ends_at": NOW + 401 * DAY}, "starts_at", "more than a year from now"),
        ({"why": "  "}, "why", "Please say why."),
        ({"kind": "recipe"}, "kind", "Choose a kind of the list."),
    ],
)
def test_what_cannot_be_given_is_refused_and_nothing_is_written(
    company: Company, board: Board, changed: dict[str, Any], field: str, words: str
) -> None:
    wanted = {"taker": "outsider"} | changed
    taker = getattr(company, wanted.pop("taker"))
    with pytest.raises(delegations.BadDelegation, match=words) as refused:
        delegate(company.lead, taker, **wanted)
    assert refused.value.field == field
    nothing()


def nothing() -> None:
    assert not Delegation.objects.exists()
    assert (news(), due(), AuditEntry.objects.filter(verb="delegation.given").count()) == ([], [], 0)


def test_ninety_days_are_the_most(company: Company, board: Board) -> None:
    assert delegate(company.lead, company.outsider, ends_at=NOW + 90 * DAY).pk


def test_somebody_who_has_left_takes_nothing(company: Company, board: Board) -> None:
    leaving.deactivate(person=company.outsider, by=company.admin, reason="left", at=NOW)
    with pytest.raises(delegations.BadDelegation, match="Outsider does not work here any more"):
        delegate(company.lead, company.outsider)
    nothing()


def test_one_passes_on_only_a_seat_that_one_has_then(company: Company, board: Board) -> None:
    other = board_of(company.leader, key="risk")
    sit(other, company.lead, ends_on=date(2026, 3, 4))
    assert delegate(company.lead, company.outsider, board=other).pk
    with pytest.raises(delegations.NotYours, match="You do not sit on Risk board when this begins"):
        delegate(company.lead, company.second, board=other, starts_at=NOW + 3 * DAY)
    with pytest.raises(delegations.NotYours, match="A deputy cannot pass the seat on either"):
        delegate(company.second, company.outsider, board=board)  # who is a deputy
    assert Delegation.objects.count() == 1


def test_who_decides_nothing_has_nothing_to_pass_on(company: Company, board: Board) -> None:
    with pytest.raises(delegations.NotYours, match="no policy names you, so there is nothing to pass on"):
        delegate(company.reporter, company.outsider)
    nothing()


def test_a_delegation_is_not_passed_on_by_who_took_it(company: Company, board: Board) -> None:
    delegate(company.lead, company.outsider, board=board)
    with pytest.raises(delegations.NotYours):
        delegate(company.outsider, company.second, board=board)
    assert Delegation.objects.count() == 1


def test_a_retired_board_has_no_seat_to_pass_on(company: Company, board: Board) -> None:
    with make._action(NOW):
        board.is_active = False
        board.save()
    with pytest.raises(delegations.BadDelegation, match="This board is not used any more"):
        delegate(company.lead, company.outsider, board=board)
    nothing()


def test_the_same_at_the_same_time_is_given_once(company: Company, board: Board) -> None:
    first = delegate(company.lead, company.outsider, board=board)
    with pytest.raises(delegations.BadDelegation, match="Outsider decides for you in that time already"):
        delegate(company.lead, company.outsider, board=board, starts_at=NOW + DAY)
    assert delegate(company.lead, company.outsider, board=board, kind="rubric").pk
    delegations.take_back(delegation=first, by=company.lead, at=NOW + HOUR)
    assert delegate(company.lead, company.outsider, board=board, at=NOW + HOUR).pk


def test_taken_back_it_ends_at_once_and_both_are_told(company: Company, board: Board) -> None:
    given = delegate(company.lead, company.outsider)
    delegations.take_back(delegation=given, by=company.lead, at=NOW + HOUR)
    assert not Delegation.objects.in_force(NOW + HOUR).exists()
    assert Delegation.objects.in_force(NOW + HOUR - timedelta(minutes=1)).exists()  # what was said then stays said
    assert ("Outsider", "You do not decide for Lead any more") in news()
    assert due() == []
    with pytest.raises(delegations.Over, match="This has ended already"):
        delegations.take_back(delegation=given, by=company.lead, at=NOW + 2 * HOUR)
    assert AuditEntry.objects.filter(verb="delegation.taken_back").count() == 1


def test_taken_back_before_it_begins_nobody_hears_of_it(company: Company, board: Board) -> None:
    given = delegate(company.lead, company.outsider, starts_at=NOW + DAY)
    delegations.take_back(delegation=given, by=company.lead, at=NOW + HOUR)
    clock(NOW + 30 * DAY)
    assert news() == []


@pytest.mark.parametrize("who", ["outsider", "leader", "admin"])
def test_only_who_gave_it_takes_it_back(company: Company, board: Board, who: str) -> None:
    given = delegate(company.lead, company.outsider)
    with pytest.raises(access.Refused, match="Only whoever lets somebody decide in their place"):
        delegations.take_back(delegation=given, by=getattr(company, who), at=NOW + HOUR)
    assert Delegation.objects.get().ended_at is None
    assert access.can(getattr(company, who), "view", given)


@pytest.mark.parametrize(("leaver", "other"), [("lead", "outsider"), ("outsider", "lead")])
def test_it_ends_when_one_of_the_two_leaves_and_the_other_is_told(
    company: Company, board: Board, leaver: str, other: str
) -> None:
    given = delegate(company.lead, company.outsider)
    before = news()
    leaving.deactivate(person=getattr(company, leaver), by=company.admin, reason="left", at=NOW + HOUR)
    given.refresh_from_db()
    assert (given.ended_at, due()) == (NOW + HOUR, [])
    assert [name for name, _subject in sorted(set(news()) - set(before))] == [other.capitalize()]
    assert AuditEntry.objects.get(verb="delegation.ended").actor == company.admin
