"""Identifiers: what is made later sorts later, also within a millisecond."""

import time
import uuid

import pytest

from portal import ids


def test_what_is_made_later_sorts_later() -> None:
    made = [ids.uuid7() for _ in range(10_000)]
    assert made == sorted(set(made))


def set_back(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - seconds * 1_000_000_000)


def test_it_sorts_later_when_the_clock_of_the_machine_is_set_right(monkeypatch: pytest.MonkeyPatch) -> None:
    first = ids.uuid7()
    set_back(monkeypatch, seconds=9)
    second = ids.uuid7()
    assert first < second < ids.uuid7()


def test_a_clock_that_was_hours_ahead_leaves_no_false_times_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    ids.uuid7()
    set_back(monkeypatch, seconds=3_600)
    second = ids.uuid7()
    assert second.int >> 80 == time.time_ns() // 1_000_000 and second < ids.uuid7()


def test_it_is_a_uuid_of_version_7_that_says_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.uuid7()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1
