"""A day in which nobody writes: exactly the reminders and alarms that the plan says, held against a walk by minutes."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from incidents.models import Incident, TimelineEntry
from incidents.services import incidents, triage
from portal import timers
from portal.models import Message, Timer
from tests.factories_governance import NOW, Company, make_company
from tests.factories_incidents import later, make_acknowledged, tick, violations
from tests.incidents.test_updates import send
from tests.incidents.told import make_plan

pytestmark = pytest.mark.django_db
DAY = 24 * 60
ROWS = [
    {"key": "b", "title": "b", "audience": "business", "after_minutes": 0, "every_minutes": 60},
    {"key": "b4", "title": "b4", "audience": "business", "after_minutes": 240, "every_minutes": 120},
    {"key": "c", "title": "c", "audience": "customers", "after_minutes": 30, "every_minutes": 90},
    {"key": "l", "title": "l", "audience": "leadership", "after_minutes": 300},
]


@pytest.fixture
def company() -> Company:
    found = make_company()
    make_plan(found, cadence=ROWS, meetings=[])
    return found


def walked() -> Counter[tuple[str, int]]:
    """(what, minute) by going through the day minute by minute, with nothing but the words of the plan."""
    rings: Counter[tuple[str, int]] = Counter()
    for name in ("business", "customers", "leadership"):
        rows = sorted((row for row in ROWS if row["audience"] == name), key=lambda row: int(row["after_minutes"]))
        last, alarms = None, set()
        for minute in range(DAY + 1):
            row = next((row for row in reversed(rows) if int(row["after_minutes"]) <= minute), None)
            if row is None:
                continue
            every = row.get("every_minutes")
            if last is None or every is not None and minute >= last + int(every):
                rings["update_due", minute] += 1
                alarms.add(minute + max(5, int(every or 0) // 4))
                last = minute
            if minute in alarms:
                rings["update_overdue", minute] += 1
    return rings


def said(incident: Incident) -> Counter[tuple[str, int]]:
    rows = TimelineEntry.objects.filter(incident=incident, verb__in=["update_due", "update_overdue"])
    return Counter((row.verb, int((row.at - NOW) / timedelta(minutes=1))) for row in rows)


def go(until: datetime) -> None:
    """Fire whatever is due, at the very moment at which it is."""
    while True:
        first = Timer.objects.filter(state="armed", due_at__lte=until).order_by("due_at").first()
        if first is None:
            return
        timers.fire_due(at=first.due_at)


def quiet(company: Company) -> Incident:
    incident = make_acknowledged(company)
    Timer.objects.filter(state="armed").exclude(kind="update.due").update(state="cancelled", ended_at=NOW)
    return incident


def test_a_day_in_which_nobody_writes_rings_as_the_plan_says(company: Company) -> None:
    incident = quiet(company)
    go(later(DAY))
    assert said(incident) == walked()
    alarms = Message.objects.filter(event="incident.update_overdue", channel="inbox", subject_id=incident.pk)
    assert alarms.count() == sum(n for (verb, _), n in walked().items() if verb == "update_overdue")
    assert Timer.objects.filter(kind="update.due", state="armed").count() == 1
    assert violations() == []


def test_after_a_long_silence_of_the_clock_there_is_no_flood(company: Company) -> None:
    incident = quiet(company)
    for minute in range(DAY, DAY + 4):
        tick(minute)
    assert sum(said(incident).values()) <= 6  # one reminder and at most one alarm for each of three audiences


def test_news_that_was_sent_moves_the_next_reminder(company: Company) -> None:
    incident = quiet(company)
    go(later(1))
    send(incident, company.responder, minutes=10)
    go(later(69))
    assert said(incident)["update_overdue", 15] == 0
    assert said(incident)["update_due", 60] == 0
    go(later(70))
    assert said(incident)["update_due", 70] == 1


def test_nothing_rings_when_it_is_over_and_it_counts_anew_when_it_is_not(company: Company) -> None:
    incident = quiet(company)
    incidents.resolve(incident=incident, resolution="Back", checked="Looked", by=company.responder, at=later(20))
    assert not Timer.objects.filter(kind="update.due", state="armed").exists()
    incidents.reopen(incident=incident, reason="No", by=company.responder, at=later(100))
    assert Timer.objects.get(kind="update.due", state="armed").due_at == later(100)


def test_another_severity_does_not_ring_twice_for_the_same_news(company: Company) -> None:
    incident = quiet(company)
    go(later(5))
    before = said(incident)
    triage.confirm_severity(incident=incident, severity="sev1", by=company.responder, reason="Worse", at=later(6))
    Timer.objects.filter(state="armed").exclude(kind="update.due").update(state="cancelled", ended_at=NOW)
    go(later(14))
    assert said(incident) == before
