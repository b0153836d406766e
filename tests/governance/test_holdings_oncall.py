"""The on-call shifts of who leaves: who answers then, or that nobody does, told to the team's admin."""

from datetime import date, timedelta

import pytest

from governance.reads import holdings_oncall
from portal import roles
from portal.models import Message, User
from portal.rendering import render
from portal.services import leaving
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.factories_oncall import make_layer, make_override, make_schedule

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def held(person: User) -> list[tuple[str, str, str]]:
    return [(row.title, row.detail, row.after) for row in holdings_oncall.held(person, at=NOW)]


def test_turns_that_nobody_takes_are_told_to_the_team_admin() -> None:
    company = make.make_company()
    chief = make.make_person("chief", teams=(company.team,), role=roles.TEAM_ADMIN)
    make_schedule("orders", team=company.team, people=(company.responder, company.second), zone="Europe/Berlin")
    [row] = held(company.second)
    span = "2026-03-09 08:00 – 2026-03-16 08:00 (Europe/Berlin) and 1 more time"
    assert row == ("Orders", "2 shifts in four weeks", f"Nobody answers {span}: Chief is told.")
    leaving.deactivate(person=company.second, by=company.admin, reason="left", at=NOW)
    message = Message.objects.get(event=leaving.GAPS, recipient=chief, channel="inbox")
    assert f"- On-call schedule Orders, {span}: nobody answers" in render(message, chief).text


def test_a_shift_that_was_taken_over_has_nobody_again() -> None:
    company = make.make_company()
    schedule = make_schedule("orders", team=company.team, people=(company.lead,))
    make_override(schedule, company.outsider, NOW + WEEK, NOW + 2 * WEEK, by=company.admin)
    assert held(company.outsider)[0][2].startswith("Nobody answers 2026-03-09 09:00")
    assert held(company.responder) == []


def test_who_covers_holds_the_shift() -> None:
    company = make.make_company()
    make_schedule("orders", team=company.team, people=(company.lead,))
    make.make_absence(company.lead, NOW + WEEK, NOW + 2 * WEEK, cover=company.outsider)
    [row] = held(company.outsider)
    assert row[1] == "1 shift in four weeks"
    assert row[2].startswith("Nobody answers 2026-03-09 09:00 – 2026-03-16 09:00 (UTC)")


def test_a_turn_after_four_weeks_is_named_without_a_gap() -> None:
    company = make.make_company()
    schedule = make_schedule("orders", team=company.team, people=(company.lead,))
    make_layer(schedule, company.outsider, order=1, starts_on=date(2026, 9, 7))
    [row] = holdings_oncall.held(company.outsider, at=NOW)
    assert (row.gap, row.detail) == (None, "0 shifts in four weeks")
