"""What follows when shifts change: hand-overs are planned anew, and whoever is concerned may take it back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from governance.models import HandoverNotice, Override, Schedule
from governance.rules import calendars
from governance.services import calendar_import, oncall, swaps
from portal import roles
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_schedule
from tests.governance.rules.test_calendars import book, event

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def schedule(company: Company) -> Schedule:
    return make_schedule("orders", team=company.team, people=(company.responder, company.second))


@pytest.fixture
def keeper(company: Company) -> User:
    return make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))


def noted(person: User) -> set[tuple[str, datetime]]:
    rows = HandoverNotice.objects.filter(person=person, withdrawn_at=None)
    return {(row.side, row.shift_at) for row in rows}


def put_in(schedule: Schedule, person: User, by: User) -> Override:
    times = {"from_at": NOW + HOUR, "until_at": NOW + 3 * HOUR}
    return oncall.put_in(schedule=schedule, person=person, reason="ill", by=by, at=NOW, **times)


def test_another_end_moves_what_was_noted(company: Company, schedule: Schedule, keeper: User) -> None:
    override = put_in(schedule, company.lead, keeper)
    assert noted(company.lead) == {("on", NOW + HOUR), ("off", NOW + 3 * HOUR)}
    oncall.change(override=override, until_at=NOW + 2 * HOUR, reason="better", by=keeper, at=NOW)
    assert noted(company.lead) == {("on", NOW + HOUR), ("off", NOW + 2 * HOUR)}
    oncall.withdraw(override=override, by=keeper, at=NOW)
    assert noted(company.lead) == set()


def test_what_a_calendar_says_is_noted(company: Company, schedule: Schedule, keeper: User) -> None:
    shift = event("DTSTART:20260302T100000Z", "DTEND:20260302T120000Z", uid="shift", title="Shift")
    found = calendars.read(book(shift), zone="UTC", from_at=NOW, until_at=NOW + calendar_import.AHEAD)
    given: dict[str, Any] = {"schedule": schedule, "found": found, "chosen": None, "person": company.lead}
    calendar_import.to_overrides(by=keeper, at=NOW, dry=True, **given)
    assert noted(company.lead) == set()
    calendar_import.to_overrides(by=keeper, at=NOW, **given)
    assert noted(company.lead) == {("on", NOW + HOUR), ("off", NOW + 3 * HOUR)}


def test_who_is_put_in_may_take_it_back(company: Company, schedule: Schedule, keeper: User) -> None:
    oncall.withdraw(override=put_in(schedule, company.lead, keeper), by=company.lead, at=NOW)
    assert not Override.objects.exists()


def test_who_asked_for_it_may_take_it_back(company: Company, schedule: Schedule) -> None:
    times = {"from_at": NOW + HOUR, "until_at": NOW + 3 * HOUR}
    swap = swaps.ask(schedule=schedule, person=company.lead, reason="dentist", by=company.responder, at=NOW, **times)
    swaps.accept(swap=swap, by=company.lead, at=NOW)
    oncall.withdraw(override=Override.objects.get(), by=company.responder, at=NOW)
    assert not Override.objects.exists()
