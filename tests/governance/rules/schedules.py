"""On-call schedules for tests of rules: five people, 20 zones, schedules by chance, and the clock on their wall."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from governance.documents.facts import (
    AbsenceFacts,
    LayerFacts,
    OverrideFacts,
    PeopleFacts,
    PersonFacts,
    ScheduleFacts,
    Window,
)

PEOPLE = tuple(UUID(int=number + 1) for number in range(5))
ANNA, BORIS, CHIARA, DMITRI, ELENA = PEOPLE
NAMES = dict(zip(PEOPLE, ("Anna", "Boris", "Chiara", "Dmitri", "Elena"), strict=True))
EVERY_DAY = frozenset(range(7))
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
SPAN = 60

# 20 zones, each with the first of 60 days; all those that have one hold a change of the clocks.
ZONES = {
    "Europe/Berlin": date(2026, 3, 1),
    "America/Chicago": date(2026, 10, 1),
    "Australia/Lord_Howe": date(2026, 3, 10),  # half an hour
    "Africa/Casablanca": date(2026, 2, 1),  # twice, around Ramadan
    "UTC": date(2026, 1, 1),
    "Asia/Kolkata": date(2026, 1, 1),
    "Asia/Kathmandu": date(2026, 1, 1),
    "Pacific/Chatham": date(2026, 9, 1),  # 02:45
    "America/St_Johns": date(2010, 10, 1),  # the fold begins a minute past midnight
    "Europe/London": date(2026, 10, 1),
    "America/Sao_Paulo": date(2018, 10, 20),  # the gap is at midnight
    "Asia/Beirut": date(2026, 10, 1),  # the fold ends at midnight
    "America/Havana": date(2026, 3, 1),  # the gap is at midnight
    "America/Asuncion": date(2024, 3, 1),  # the fold ends at midnight
    "Pacific/Apia": date(2011, 12, 1),  # without 30 December
    "Africa/Cairo": date(2026, 4, 1),
    "Asia/Tehran": date(2022, 3, 1),
    "Europe/Dublin": date(2026, 3, 1),
    "Antarctica/Troll": date(2026, 3, 1),  # two hours
    "Pacific/Auckland": date(2026, 9, 1),
}


def folk(**absences: list[AbsenceFacts]) -> PeopleFacts:
    """Five people; `absences` by name."""
    return PeopleFacts(
        {
            person: PersonFacts(person, name, absences=tuple(absences.get(name.lower(), ())))
            for person, name in NAMES.items()
        }
    )


def layer(*people: UUID, key: str = "first", **changed) -> LayerFacts:
    values = {
        "rotation": "weekly",
        "every": 1,
        "handover": time(8),
        "weekday": 0,
        "starts_on": date(2026, 1, 5),
        **changed,
    }
    return LayerFacts(key, people, **values)


def schedule(*layers: LayerFacts, zone: str = "Europe/Berlin", overrides: tuple[OverrideFacts, ...] = ()):
    return ScheduleFacts(UUID(int=99), "Payments", zone, layers, overrides, "payments")


def local(zone: str, *when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def berlin(*when: int) -> datetime:
    return local("Europe/Berlin", *when)


# The clock


class Wall:
    """The minutes from three days before `first` on, the latest time that the wall clock has shown by each (that is
    what once and first mean in a fold), and the `changes` of the clock.
    """

    def __init__(self, zone: str, first: date) -> None:
        tz = ZoneInfo(zone)
        self.first = datetime(first.year, first.month, first.day, tzinfo=tz).astimezone(UTC)
        self.start = self.first - 3 * DAY
        self.shown: list[datetime] = []
        self.changes: list[int] = []
        latest = before = datetime.min
        for number in range((SPAN + 3) * 24 * 60):
            shown = (self.start + number * MINUTE).astimezone(tz).replace(tzinfo=None)
            if number and shown - before != MINUTE:
                self.changes.append(number)
            latest, before = max(latest, shown), shown
            self.shown.append(latest)

    def at(self, minute: int) -> datetime:
        return self.start + minute * MINUTE


wall = cache(Wall)


# Schedules by chance

CLOCKS = [time(0), time(0, 30), time(1, 30), time(2), time(2, 15), time(2, 30), time(2, 45), time(3), time(8), time(23)]


@st.composite
def windows(draw) -> tuple[Window, ...]:
    some = st.builds(
        Window,
        st.frozensets(st.sampled_from(range(7)), min_size=1),
        st.sampled_from(CLOCKS),
        st.sampled_from([*CLOCKS, time(18)]),
    )
    return tuple(draw(st.lists(some, max_size=2)))


@st.composite
def layers(draw, first: date) -> tuple[LayerFacts, ...]:
    found = []
    for number in range(draw(st.integers(1, 3))):
        starts_on = first + draw(st.integers(-40, 50)) * DAY
        ends_on = draw(st.none() | st.integers(0, 60))
        found.append(
            LayerFacts(
                f"layer-{number}",
                tuple(draw(st.lists(st.sampled_from(PEOPLE), max_size=4))),
                draw(st.sampled_from(["daily", "weekly", "custom"])),
                draw(st.integers(1, 3)),
                draw(st.sampled_from(CLOCKS)),
                draw(st.integers(0, 6)),
                starts_on,
                None if ends_on is None else starts_on + ends_on * DAY,
                draw(windows()),
            )
        )
    return tuple(found)


@st.composite
def stretches(draw, first: datetime) -> tuple[datetime, datetime]:
    """Whole minutes within the 60 days."""
    begin = first + draw(st.integers(0, SPAN * 24 * 60 - 2)) * MINUTE
    return begin, begin + draw(st.integers(1, 10 * 24 * 60)) * MINUTE


@st.composite
def worlds(draw) -> tuple[Wall, ScheduleFacts, PeopleFacts]:
    zone = draw(st.sampled_from(list(ZONES)))
    clock = wall(zone, ZONES[zone])
    whom = st.none() | st.sampled_from(PEOPLE)
    overrides = [OverrideFacts(*draw(stretches(clock.first)), draw(whom)) for _ in range(draw(st.integers(0, 3)))]
    people = {}
    for person, name in NAMES.items():
        count = draw(st.sampled_from([0, 0, 1, 2]))
        away = tuple(AbsenceFacts(*draw(stretches(clock.first)), draw(whom)) for _ in range(count))
        people[person] = PersonFacts(person, name, draw(st.sampled_from([True] * 9 + [False])), away)
    planned = schedule(*draw(layers(ZONES[zone])), zone=zone, overrides=tuple(overrides))
    return clock, planned, PeopleFacts(people)


def interval(clock: Wall) -> tuple[datetime, datetime]:
    return clock.first, clock.first + SPAN * DAY


DEEP = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
