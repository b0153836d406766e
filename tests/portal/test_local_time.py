"""Times that people type by their own clocks, on the days on which these change (DESIGN section 7)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.urls import reverse
from django.utils import formats, timezone, translation

from governance.rules import local_time as rules
from portal.forms.local_time import LocalDateTimeField
from portal.models import Absence
from portal.quiet import first_instant
from tests import factories

CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("America/Chicago", date(2026, 3, 8)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),  # by half an hour
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
]


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_the_form_and_the_rules_mean_the_same_instant(zone: str, day: date) -> None:
    for minutes in range(0, 24 * 60, 10):
        wall = datetime.combine(day, time()) + timedelta(minutes=minutes)
        assert first_instant(wall, ZoneInfo(zone)) == rules.instant(zone, wall.toordinal(), wall.time()), wall


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-03-29T02:30", datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),  # left out: the first instant after
        ("2026-10-25T02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # comes twice: the first
        ("2026-10-25T02:30+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),  # says which
        ("2026-07-01T12:00", datetime(2026, 7, 1, 10, 0, tzinfo=UTC)),
    ],
)
def test_every_time_of_a_clock_is_taken(typed: str, meant: datetime) -> None:
    with timezone.override("Europe/Berlin"):
        assert LocalDateTimeField().clean(typed) == meant


@pytest.mark.parametrize("typed", ["0001-01-01T00:00", "9999-12-31T23:59", "tomorrow", "2026-02-30T10:00"])
def test_nonsense_and_the_ends_of_the_calendar_are_no_error(typed: str) -> None:
    for zone in ("Europe/Berlin", "America/Chicago"):
        with timezone.override(zone):
            try:
                LocalDateTimeField().clean(typed)
            except forms.ValidationError as error:
                assert error.messages == ["Write it like 2026-03-14 20:00."]


@pytest.mark.django_db
def test_an_absence_may_begin_in_the_hour_of_a_clock_change(client: Any) -> None:
    person = factories.make_user("ada@example.com", name="Ada", time_zone="Europe/Berlin")
    client.force_login(person)
    year = timezone.now().year + 1
    night = max(date(year, 10, day) for day in range(25, 32) if date(year, 10, day).weekday() == 6)
    form = {"starts_at": f"{night}T02:30", "ends_at": f"{night}T12:00", "cover": ""}
    assert client.post(reverse("profile-absence-add"), form).status_code == 302
    assert Absence.objects.get().starts_at == datetime.combine(night, time(0, 30), tzinfo=UTC)


@pytest.mark.parametrize(("language", "written"), [("en", "22 Nov 2026, 03:23"), ("de", "22. Nov 2026, 03:23")])
def test_the_admin_writes_a_time_as_every_page_does(language: str, written: str) -> None:
    with translation.override(language):
        at = datetime(2026, 11, 22, 3, 23)
        assert (formats.date_format(at, "DATETIME_FORMAT"), formats.localize(at)) == (written, written)
        assert f"{formats.localize(at.date())}, {formats.time_format(at.time())}" == written
