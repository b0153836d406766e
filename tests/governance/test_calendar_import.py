"""A calendar file becomes absences or overrides: looked at first, saved once, changed when it is read in again."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from governance.models import ImportedEvent, Override, Schedule
from governance.rules import calendars
from portal import roles
from portal.models import Absence, AuditEntry, Message, Timer
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_schedule
from tests.governance.rules.test_calendars import book, event
from tests.governance.test_oncall_page import signed_in, text
from tests.pictures import counts

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROWS = (Absence, Override, ImportedEvent, Message, Timer, AuditEntry)
TUESDAY = event("DTSTART:20260303T090000Z", "DTEND:20260303T120000Z", uid="dentist", title="Dentist")
WEEK = event("DTSTART;VALUE=DATE:20260406", "DTEND;VALUE=DATE:20260411", uid="week", title="Away")


@pytest.fixture(autouse=True)
def at_nine() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def schedule(company: Company) -> Schedule:
    return make_schedule("orders", team=company.team, people=(company.responder, company.second))


def post(client: Client, *events: str, do: str = "save", chosen: Any = None, **changed: Any) -> Any:
    """Look, and with `do` save everything that can be chosen."""
    data = {"target": "mine", "text": book(*events).decode(), "person": "", "do": "look"} | changed
    looked = client.post("/oncall/import/", data)
    if do == "look" or looked.status_code != 200:
        return looked
    ids = re.findall(r'name="chosen" value="([0-9a-f]+)"', looked.content.decode())
    return client.post("/oncall/import/", data | {"do": "save", "chosen": ids if chosen is None else chosen})


def away() -> list[tuple[datetime, datetime]]:
    return list(Absence.objects.order_by("starts_at").values_list("starts_at", "ends_at"))


def test_looking_says_what_would_be_and_saves_nothing(company: Company) -> None:
    client, before = signed_in(company.responder), counts(ROWS)
    answer = post(client, TUESDAY, WEEK, do="look")
    said = text(answer)
    assert answer.status_code == 200
    assert "2 times were found" in said and "Dentist" in said and "new" in said
    assert counts(ROWS) == before


def test_times_of_a_calendar_become_my_absences_with_a_cover(company: Company) -> None:
    client = signed_in(company.responder)
    answer = post(client, TUESDAY, WEEK, person="lead@example.test")
    assert (answer.status_code, answer["Location"]) == (302, "/oncall/")
    assert "2 times were taken over." in text(client.get("/oncall/"))
    assert away() == [
        (datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC)),
        (datetime(2026, 4, 6, tzinfo=UTC), datetime(2026, 4, 11, tzinfo=UTC)),
    ]
    assert {(row.user, row.cover) for row in Absence.objects.all()} == {(company.responder, company.lead)}
    assert AuditEntry.objects.filter(verb="absence.calendar_read").count() == 1


def test_the_same_calendar_again_doubles_nothing_and_a_newer_one_changes(company: Company) -> None:
    client = signed_in(company.responder)
    post(client, TUESDAY, WEEK)
    known = set(Absence.objects.values_list("pk", flat=True))
    assert "as before" in text(post(client, TUESDAY, WEEK, do="look"))
    post(client, TUESDAY, WEEK)
    later = event("DTSTART:20260304T090000Z", "DTEND:20260304T100000Z", uid="dentist", title="Dentist")
    assert "changed" in text(post(client, later, do="look"))
    post(client, later)
    assert set(Absence.objects.values_list("pk", flat=True)) == known
    assert away()[0] == (datetime(2026, 3, 4, 9, tzinfo=UTC), datetime(2026, 3, 4, 10, tzinfo=UTC))


def test_what_is_cancelled_or_left_out_of_a_series_ends(company: Company) -> None:
    client = signed_in(company.responder)
    series = ["DTSTART:20260303T090000Z", "DTEND:20260303T100000Z", "RRULE:FREQ=WEEKLY;COUNT=3"]
    post(client, event(*series, uid="course"), TUESDAY.replace("20260303", "20260305"))
    assert len(away()) == 4
    post(client, event(*series, "EXDATE:20260310T090000Z", uid="course"))
    assert len(away()) == 3
    cancelled = event("DTSTART:20260305T090000Z", "DURATION:PT1H", "STATUS:CANCELLED", uid="dentist")
    assert "ended: not in the calendar any more" in text(post(client, cancelled, do="look"))
    post(client, cancelled)
    assert len(away()) == 2


def test_only_what_was_chosen_is_saved(company: Company) -> None:
    client = signed_in(company.responder)
    looked = post(client, TUESDAY, WEEK, do="look").content.decode()
    ids = re.findall(r'name="chosen" value="([0-9a-f]+)"', looked)
    post(client, TUESDAY, WEEK, chosen=ids[:1])
    assert len(away()) == 1
    before = counts(ROWS)
    answer = post(client, WEEK, chosen=["nothing"])
    assert (answer.status_code, counts(ROWS)) == (422, before)
    assert "Nothing of this calendar lies ahead, or nothing was chosen." in text(answer)


def test_times_that_overlap_are_left_out_with_the_reason(company: Company) -> None:
    make.make_absence(company.responder, NOW + DAY, NOW + 2 * DAY)
    client = signed_in(company.responder)
    said = text(post(client, TUESDAY, WEEK, do="look"))
    assert "You have already said that you are away at that time." in said and "left out" in said
    post(client, TUESDAY, WEEK)
    assert "1 time was taken over." in text(client.get("/oncall/"))
    assert len(away()) == 2


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"text": ""}, "Choose a calendar file, or paste its text."),
        ({"text": "hello"}, "This is not a calendar file."),
        ({"target": ""}, "Say what it is."),
        ({"target": "orders"}, "Choose one of the list."),
        ({"person": "x@example.test"}, "Nobody here has this address."),
        ({"text": book(TUESDAY.replace("2026", "2025")).decode()}, "Nothing of this calendar lies ahead"),
        ({"person": "responder@example.test"}, None),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_refused_in_words(
    company: Company, schedule: Schedule, changed: dict[str, str], sentence: str | None
) -> None:
    client, before = signed_in(company.responder), counts(ROWS)
    answer = post(client, TUESDAY, do="look", **changed)
    assert answer.status_code == (422 if sentence else 200)
    assert (sentence or "Choose somebody else to stand in for you.") in text(answer)
    assert counts(ROWS) == before


def test_a_file_is_read_and_a_large_one_refused(company: Company) -> None:
    client = signed_in(company.responder)
    small = SimpleUploadedFile("a.ics", book(TUESDAY), "text/calendar")
    answer = client.post("/oncall/import/", {"target": "mine", "file": small, "do": "look"})
    assert "Dentist" in text(answer)
    large = SimpleUploadedFile("a.ics", b"x" * (calendars.MAX_BYTES + 1), "text/calendar")
    answer = client.post("/oncall/import/", {"target": "mine", "file": large, "do": "look"})
    assert answer.status_code == 422
    assert "This file is larger than 512 KB. Export a shorter time." in text(answer)


SHIFT = event(
    "DTSTART:20260305T090000Z",
    "DTEND:20260305T120000Z",
    "ATTENDEE:mailto:lead@example.test",
    uid="shift",
    title="Early",
)


def keeper_of(company: Company) -> Client:
    return signed_in(make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,)))


def test_whoever_keeps_a_schedule_reads_shifts_in_and_those_concerned_are_told_once(
    company: Company, schedule: Schedule
) -> None:
    client = keeper_of(company)
    second = event("DTSTART:20260306T090000Z", "DTEND:20260306T120000Z", "ATTENDEE:mailto:lead@example.test", uid="two")
    post(client, SHIFT, second, target="orders")
    rows = list(Override.objects.order_by("from_at"))
    assert [(row.person, row.why) for row in rows] == [(company.lead, "Early"), (company.lead, "Holiday")]
    told = Message.objects.filter(event="oncall.shift", channel="inbox")
    assert {row.context["restricted"]["kind"] for row in told} == {"plan"}
    assert told.filter(recipient=company.lead).count() == 1 and told.count() == 2  # and who would have answered
    again = counts((Override, ImportedEvent, Message))
    post(client, SHIFT, second, target="orders")
    assert counts((Override, ImportedEvent, Message)) == again


def test_a_newer_calendar_moves_a_shift_and_names_somebody_else(company: Company, schedule: Schedule) -> None:
    client = keeper_of(company)
    post(client, SHIFT, target="orders")
    moved = SHIFT.replace("20260305", "20260307").replace("lead@", "second@")
    post(client, moved, target="orders")
    row = Override.objects.get()
    assert (row.person, row.from_at) == (company.second, datetime(2026, 3, 7, 9, tzinfo=UTC))
    post(client, moved.replace("SUMMARY", "STATUS:CANCELLED\r\nSUMMARY"), target="orders")
    assert Override.objects.count() == 0


def test_a_shift_of_nobody_known_is_left_out_unless_somebody_is_named(company: Company, schedule: Schedule) -> None:
    client = keeper_of(company)
    unknown = SHIFT.replace("lead@", "stranger@")
    assert "It names nobody who is known here." in text(post(client, unknown, do="look", target="orders"))
    post(client, unknown, target="orders", person="second@example.test")
    assert Override.objects.get().person == company.second


def test_peers_read_no_shifts_in(company: Company, schedule: Schedule) -> None:
    client = signed_in(company.second)
    before = counts(ROWS)
    answer = post(client, SHIFT, target="orders", do="look")
    assert (answer.status_code, counts(ROWS)) == (422, before)
