"""Calendars of others: what is read of them, by which clocks, and what is refused in words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.rules import calendars

FROM, UNTIL = datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 3, 1, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def event(*lines: str, uid: str = "one", title: str = "Holiday") -> str:
    return "\r\n".join(["BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{title}", *lines, "END:VEVENT"])


def book(*events: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *events, "END:VCALENDAR", ""]).encode()


def read(*events: str, zone: str = "Europe/Berlin") -> calendars.Found:
    return calendars.read(book(*events), zone=zone, from_at=FROM, until_at=UNTIL)


def spans(found: calendars.Found) -> list[tuple[str, str]]:
    """In Berlin's time."""
    return [
        (f"{item.from_at.astimezone(BERLIN):%m-%d %H:%M}", f"{item.until_at.astimezone(BERLIN):%m-%d %H:%M}")
        for item in found.stretches
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART;VALUE=DATE:20260328", "DTEND;VALUE=DATE:20260330"], ("03-28 00:00", "03-30 00:00")),
        (["DTSTART;VALUE=DATE:20260329"], ("03-29 00:00", "03-30 00:00")),
        (["DTSTART:20260401T090000Z", "DTEND:20260401T100000Z"], ("04-01 11:00", "04-01 12:00")),
        (["DTSTART:20260401T090000", "DURATION:PT90M"], ("04-01 09:00", "04-01 10:30")),
        (
            ["DTSTART;TZID=America/Chicago:20260401T090000", "DTEND;TZID=America/Chicago:20260401T100000"],
            ("04-01 16:00", "04-01 17:00"),
        ),
        (
            ["DTSTART;TZID=W. Europe Standard Time:20260401T090000", "DURATION:PT1H"],
            ("04-01 09:00", "04-01 10:00"),
        ),
    ],
    ids=["days", "one day", "utc", "floating", "zone", "zone of Windows"],
)
def test_times_are_those_of_their_zone(lines: list[str], expected: tuple[str, str]) -> None:
    found = read(event(*lines))
    assert (spans(found), found.problems) == ([expected], ())


def test_a_series_keeps_its_wall_clock_across_the_change_and_its_exceptions() -> None:
    found = read(
        event(
            "DTSTART;TZID=Europe/Berlin:20260325T090000",
            "DTEND;TZID=Europe/Berlin:20260325T170000",
            "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260410T000000Z",
            "EXDATE;TZID=Europe/Berlin:20260330T090000",
        ),
        event(
            "RECURRENCE-ID;TZID=Europe/Berlin:20260401T090000",
            "DTSTART;TZID=Europe/Berlin:20260402T100000",
            "DTEND;TZID=Europe/Berlin:20260402T110000",
        ),
    )
    assert spans(found) == [
        ("03-25 09:00", "03-25 17:00"),
        ("04-02 10:00", "04-02 11:00"),
        ("04-06 09:00", "04-06 17:00"),
        ("04-08 09:00", "04-08 17:00"),
    ]
    assert [item.occurrence for item in found.stretches][1] == "20260401T070000"
    assert len({item.occurrence for item in found.stretches}) == 4


def test_a_series_without_an_end_is_bounded_by_the_year() -> None:
    found = read(event("DTSTART;VALUE=DATE:20200101", "RRULE:FREQ=DAILY"))
    assert len(found.stretches) == calendars.MAX_STRETCHES
    assert found.problems == ("Only the first 300 times are read. Export a shorter time.",)
    assert found.stretches[0].until_at > FROM


def test_who_is_named_is_read_from_those_invited_and_from_the_title() -> None:
    found = read(
        event(
            "DTSTART:20260401T090000Z",
            "DURATION:PT1H",
            "ATTENDEE;CN=Bo:MAILTO:Bo@Example.test",
            "ORGANIZER:mailto:boss@example.test",
            title="On call: anna@example.test",
        )
    )
    assert found.stretches[0].emails == ("bo@example.test", "boss@example.test", "anna@example.test")


def test_what_is_cancelled_has_no_times_but_is_known() -> None:
    found = read(event("DTSTART:20260401T090000Z", "DURATION:PT1H", "STATUS:CANCELLED"))
    assert (found.stretches, found.uids) == ((), {"one"})


def test_of_two_versions_the_newer_counts() -> None:
    first, second = "DTSTART:20260401T090000Z", "DTSTART:20260402T090000Z"
    found = read(event(second, "DURATION:PT1H", "SEQUENCE:2"), event(first, "DURATION:PT1H", "SEQUENCE:1"))
    assert spans(found) == [("04-02 11:00", "04-02 12:00")]


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([], "“Holiday” does not say when it begins."),
        (["DTSTART:nonsense"], "“Holiday” does not say when it begins."),
        (["DTSTART:20260401T090000Z"], "“Holiday” has no length."),
        (["DTSTART:20260401T090000Z", "DTEND:20260401T080000Z"], "“Holiday” has no length."),
        (
            ["DTSTART;TZID=Mars/Base:20260401T090000", "DURATION:PT1H"],
            "“Holiday” uses the time zone “Mars/Base”, which nobody here knows.",
        ),
        (["DTSTART;VALUE=DATE:99991231"], None),
        (["DTSTART;VALUE=DATE:00010101", "RRULE:FREQ=DAILY;COUNT=3"], None),
    ],
)
def test_what_cannot_be_read_is_said_by_its_title(lines: list[str], sentence: str | None) -> None:
    found = read(event(*lines))
    assert found.stretches == ()
    assert sentence is None or found.problems == (sentence,)


@pytest.mark.parametrize(
    "rule", ["FREQ=HOURLY", "FREQ=DAILY;BYSETPOS=1", "FREQ=MONTHLY;BYDAY=XX", "FREQ=WEEKLY;INTERVAL=0"]
)
def test_a_rule_that_is_not_known_leaves_the_first_time(rule: str) -> None:
    found = read(event("DTSTART:20260401T090000Z", "DURATION:PT1H", f"RRULE:{rule}"))
    assert len(found.stretches) <= 1
    assert found.problems


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", calendars.NO_CALENDAR),
        (b"hello", calendars.NO_CALENDAR),
        (b"\xff\xfe\x00", calendars.NO_CALENDAR),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x", calendars.NO_CALENDAR),
        (b"BEGIN:VEVENT\nEND:VEVENT", calendars.NO_CALENDAR),
        (book(), calendars.NOTHING),
        (b"x" * (calendars.MAX_BYTES + 1), calendars.TOO_LARGE % {"kilobytes": 512}),
        (book(*[event(uid=str(n)) for n in range(1001)]), calendars.TOO_MANY % {"count": 1000}),
    ],
    ids=["empty", "words", "bytes", "cut", "no calendar", "nothing", "large", "many"],
)
def test_what_is_no_calendar_is_refused(text: bytes, sentence: str) -> None:
    with pytest.raises(calendars.NotACalendar) as refused:
        calendars.read(text, zone="UTC", from_at=FROM, until_at=UNTIL)
    assert refused.value.args[0] == sentence


@given(st.binary(max_size=300), st.text(max_size=200))
def test_hostile_bytes_are_refused_or_read_and_never_fail(raw: bytes, words: str) -> None:
    for text in (raw, book(event(words)), book(event(f"DTSTART:{words}", f"RRULE:{words}", f"EXDATE:{words}"))):
        try:
            calendars.read(text, zone="UTC", from_at=FROM, until_at=UNTIL)
        except calendars.NotACalendar as refused:
            assert refused.args[0]
