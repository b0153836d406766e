"""Shares of on-call time against a count minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from governance.documents.facts import AbsenceFacts, LayerFacts, OverrideFacts, PeopleFacts, PersonFacts, ScheduleFacts
from governance.rules import oncall, shares
from governance.rules.shares import Share
from tests.governance.rules.schedules import ANNA, BORIS, CHIARA, NAMES, ZONES

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def world(zone: str, first: date) -> tuple[ScheduleFacts, PeopleFacts, datetime, datetime]:
    begin = datetime.combine(first, time(5), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    layer = LayerFacts("base", (ANNA, BORIS, CHIARA), "daily", 1, time(8), 0, first - 3 * DAY)
    closed = OverrideFacts(begin + 3 * DAY, begin + 4 * DAY, None)
    schedule = ScheduleFacts(ANNA, "Payments", zone, (layer,), (closed,), "payments")
    away = (AbsenceFacts(begin + 5 * DAY, begin + 9 * DAY),)
    people = {pk: PersonFacts(pk, name, absences=away if pk == BORIS else ()) for pk, name in NAMES.items()}
    return schedule, PeopleFacts(people), begin, begin + 28 * DAY


def counted(schedule: ScheduleFacts, people: PeopleFacts, first: datetime, last: datetime) -> dict:
    """Minutes (whole, at night, at weekends) by person; None and "closed" for nobody."""
    found: dict = {}
    for shift in oncall.shifts(schedule, people, first, last):
        at = shift.from_at
        name = shift.person or ("closed" if shift.sentence.template == oncall.ON_PURPOSE else None)
        row = found.setdefault(name, [0, 0, 0])
        while at < shift.until_at:
            local = at.astimezone(ZoneInfo(schedule.zone))
            row[0] += 1
            row[1] += local.hour >= 22 or local.hour < 6
            row[2] += local.weekday() >= 5
            at += MINUTE
    return found


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Chicago", "Australia/Lord_Howe", "Africa/Casablanca"])
def test_hours_nights_and_weekends_are_those_that_one_counts(zone: str) -> None:
    schedule, people, first, last = world(zone, ZONES[zone] + 10 * DAY)
    expected = counted(schedule, people, first, last)
    found = shares.of(schedule, people, first, last)
    for person in (ANNA, BORIS, CHIARA):
        share = found[person]
        assert [share.whole / MINUTE, share.nights / MINUTE, share.weekends / MINUTE] == expected[person]
    figures = shares.coverage(schedule, people, first, last)
    assert figures.open / MINUTE == expected[None][0]
    assert figures.closed / MINUTE == expected["closed"][0]
    assert figures.covered + figures.open + figures.closed == last - first
    assert (figures.people, figures.percent < 100) == (3, True)


def test_shares_of_several_schedules_are_added_and_the_largest_comes_first() -> None:
    hour = timedelta(hours=1)
    found = shares.together(
        [{ANNA: Share(ANNA, hour), BORIS: Share(BORIS, hour)}, {BORIS: Share(BORIS, 5 * hour, hour)}]
    )
    assert found == [Share(BORIS, 6 * hour, hour), Share(ANNA, hour)]
    assert shares.uneven(found) == found[0]
    assert shares.uneven([Share(ANNA, hour), Share(BORIS, hour)]) is None
    assert shares.uneven([Share(ANNA, hour)]) is None


def test_a_schedule_that_nobody_has_is_open_and_a_closed_one_is_whole() -> None:
    first = datetime(2026, 3, 2, tzinfo=UTC)
    empty = ScheduleFacts(ANNA, "Empty", "UTC")
    figures = shares.coverage(empty, PeopleFacts(), first, first + DAY)
    assert (figures.percent, figures.open) == (0, DAY)
    closed = ScheduleFacts(ANNA, "Closed", "UTC", (), (OverrideFacts(first, first + DAY, None),))
    figures = shares.coverage(closed, PeopleFacts(), first, first + DAY)
    assert (figures.percent, figures.closed) == (100, DAY)
