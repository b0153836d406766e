"""One time for a request, and a moment in the reader's words; how long a full minute still lasts."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import RequestFactory
from django.utils import timezone, translation

from portal import counting, moments

AT = datetime(2026, 3, 12, 23, 5, tzinfo=UTC)


def test_a_request_has_one_time_however_often_it_is_asked() -> None:
    first, second = RequestFactory().get("/"), RequestFactory().get("/")
    with time_machine.travel(AT, tick=False) as clock:
        assert moments.of(first) == AT
        clock.shift(60)
        assert moments.of(first) == AT
        assert moments.of(second) == AT + timedelta(minutes=1)


@pytest.mark.parametrize(("language", "words"), [("en", "13 Mar, 00:05"), ("de", "13. Mär, 00:05")])
def test_a_moment_is_said_in_the_zone_and_language_of_the_reader(language: str, words: str) -> None:
    with translation.override(language), timezone.override(ZoneInfo("Europe/Berlin")):
        assert moments.in_words(AT) == words


@pytest.mark.parametrize(("second", "left"), [(0, 60), (59, 1)])
def test_a_count_begins_anew_with_the_minute(second: int, left: int) -> None:
    assert counting.wait(AT + timedelta(seconds=second, microseconds=999_999)) == left
