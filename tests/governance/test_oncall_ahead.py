"""The next date on the first page of somebody whom nothing needs now."""

from datetime import timedelta

import pytest

from governance.reads import oncall_ahead
from portal import moments
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_override, make_schedule

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def said(person: object) -> str:
    found = oncall_ahead.ahead(person, at=NOW)  # type: ignore[arg-type]
    return found.sentence if found else ""


def test_without_schedules_there_is_no_date(company: Company) -> None:
    assert oncall_ahead.ahead(company.responder, at=NOW) is None


def test_ones_own_shift_comes_before_everybody_elses(company: Company) -> None:
    schedule = make_schedule("orders", team=company.team, people=(company.second,))
    make_override(schedule, company.responder, NOW + HOUR, NOW + 2 * HOUR, by=company.second)
    begin, end = moments.in_words(NOW + HOUR), moments.in_words(NOW + 2 * HOUR)
    assert said(company.responder) == f"You are on call for {schedule.name} from {begin}."
    assert said(company.second) == f"You are on call for {schedule.name} until {begin}."
    others = f"Next change on call: {company.responder.name} answers for {schedule.name} from {begin}."
    assert said(company.outsider) == others
    later = oncall_ahead.ahead(company.responder, at=NOW + HOUR)
    assert later and later.sentence == f"You are on call for {schedule.name} until {end}." and later.url == "/oncall/"


def test_who_is_always_on_call_and_who_only_reports_have_no_date(company: Company) -> None:
    make_schedule("orders", team=company.team, people=(company.second,))
    assert oncall_ahead.ahead(company.second, at=NOW) is None
    assert oncall_ahead.ahead(company.reporter, at=NOW) is None
