"""The on-call page, its form, and the calendar of one person (D2)."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import icalendar
import pytest
import time_machine
from django.test import Client

from governance.models import CalendarLink, Override, Schedule
from governance.reads import oncall as reads
from portal import roles
from portal.models import Message
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_layer, make_override, make_schedule
from tests.flows.rows import nothing_written

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(autouse=True)
def at_nine() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def weekly(company: Company, **extra: Any) -> Schedule:
    return make_schedule("orders", team=company.team, people=(company.responder, company.second), **extra)


def test_without_schedules_the_page_says_so_and_leads_on(company: Company) -> None:
    answer = signed_in(company.outsider).get("/oncall/")
    assert answer.status_code == 200
    assert "There is no on-call schedule yet." in text(answer)
    assert 'href="/ownership/"' in answer.content.decode()


def test_everybody_reads_who_answers_now_and_next(company: Company) -> None:
    weekly(company)
    said = text(signed_in(company.outsider).get("/oncall/"))
    assert "Swap a shift" not in said
    assert "Swap a shift" in text(signed_in(company.responder).get("/oncall/"))
    assert re.search(r"Orders\s+(Responder|Second) (Responder|Second) from", said)
    assert "Somebody answers at every minute of the next 4 weeks." in said
    assert "You are not on call in the next 4 weeks." in said
    assert "Only people of a team, or of its schedules, take its shifts. You are in none." in said


def test_the_soonest_gap_stands_on_top_with_somebody_who_can_close_it(company: Company) -> None:
    weekly(company, ends_on=date(2026, 3, 10))
    said = text(signed_in(company.responder).get("/oncall/"))
    assert "Nobody answers for Orders" in said and "Take this shift" in said
    make.make_absence(company.responder, NOW + timedelta(days=9), NOW + timedelta(days=12))
    said = text(signed_in(company.responder).get("/oncall/"))
    assert re.search("Ask (Second|Lead) to cover", said)
    outside = text(signed_in(company.outsider).get("/oncall/"))
    assert "Free then:" in outside and "to cover" not in outside


def test_the_link_of_a_gap_fills_the_form(company: Company) -> None:
    weekly(company, ends_on=date(2026, 3, 10))
    client = signed_in(company.responder)
    page = client.get("/oncall/").content.decode()
    link = re.search(r'class="btn primary" href="([^"]+)"', page)[1].replace("&amp;", "&")
    form = client.get(link).context["form"]
    gap = client.get("/oncall/").context["worst"].stretch
    assert form["schedule"].value() == gap.key
    assert form["from_at"].value().replace(tzinfo=gap.from_at.tzinfo) == gap.from_at
    assert form["who"].value() == "me"


def test_a_link_with_nonsense_is_no_error(company: Company) -> None:
    weekly(company)
    client = signed_in(company.responder)
    for query in ("from=x&until=2026-99-99T00:00", "schedule=x", "week=2026-02-31", "week=1800-01-01", "person=%20"):
        assert client.get(f"/oncall/?{query}").status_code == 200


def post(client: Client, chosen: Schedule, /, **changed: Any) -> Any:
    data = {
        "schedule": chosen.key,
        "from_at": "2026-03-02T12:00",
        "until_at": "2026-03-02T14:00",
        "who": "me",
        "person": "",
        "reason": "swap",
    }
    return client.post("/oncall/cover/", data | changed)


def test_a_person_of_the_team_takes_a_shift_by_the_form(company: Company) -> None:
    schedule = weekly(company)
    client = signed_in(company.lead)
    answer = post(client, schedule)
    assert (answer.status_code, answer["Location"]) == (302, "/oncall/")
    override = Override.objects.get()
    assert (override.person, override.until_at - override.from_at) == (company.lead, 2 * HOUR)
    page = client.get("/oncall/")
    assert "Saved. You answer in that time." in text(page)
    assert [item.from_at for item in page.context["oncall"].mine] == [override.from_at]


def test_a_peer_is_asked_and_an_admin_of_the_team_decides(company: Company) -> None:
    schedule = weekly(company)
    client = signed_in(company.responder)
    post(client, schedule, who="other", person="lead@example.test")
    assert "Lead was asked. Nothing changes until they take the shift." in text(client.get("/oncall/"))
    assert Override.objects.count() == 0
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))
    client = signed_in(keeper)
    post(client, schedule, who="other", person="LEAD@example.test")
    assert "Saved. Lead answers in that time and was told." in text(client.get("/oncall/"))
    assert Override.objects.get().person == company.lead


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"until_at": "2026-03-02T11:00"}, "The shift ends before it starts. Please check the times."),
        ({"until_at": ""}, "Say until when."),
        ({"from_at": "0001-01-01T00:00"}, "Choose a date in this century."),
        ({"reason": ""}, "Please say why."),
        ({"who": ""}, "Say who answers."),
        ({"who": "other"}, "Say who."),
        ({"who": "other", "person": "nobody@example.test"}, "Nobody here has this address."),
        ({"schedule": "x"}, "Choose a schedule of the list."),
    ],
    ids=str,
)
def test_the_form_says_what_is_missing_and_nothing_changes(
    company: Company, changed: dict[str, str], sentence: str
) -> None:
    schedule = weekly(company)
    client = signed_in(company.lead)
    with nothing_written():
        answer = post(client, schedule, **changed)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert Override.objects.count() == 0


def test_a_schedule_of_others_is_not_offered(company: Company) -> None:
    schedule, client = weekly(company), signed_in(company.outsider)
    with nothing_written():
        answer = post(client, schedule)
    assert answer.status_code == 422
    assert Override.objects.count() == 0


def test_what_was_arranged_is_taken_back_on_the_page(company: Company) -> None:
    schedule = weekly(company)
    client = signed_in(company.lead)
    post(client, schedule)
    path = f"/oncall/overrides/{Override.objects.get().pk}/withdraw/"
    assert path in client.get("/oncall/").content.decode()
    assert path not in signed_in(company.second).get("/oncall/").content.decode()
    assert "The admins of the team Orders can do this." in text(signed_in(company.second).post(path, follow=True))
    assert Override.objects.count() == 1
    assert "Taken back. The plan holds again." in text(client.post(path, follow=True))
    assert Override.objects.count() == 0


def test_a_page_costs_the_same_whatever_the_number_of_schedules(
    company: Company, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        schedule = make_schedule(
            team=company.team, people=(company.responder, company.second), ends_on=date(2026, 3, 9)
        )
        make_override(schedule, None, NOW + HOUR, NOW + 2 * HOUR, by=company.admin)
    client = signed_in(company.responder)
    client.get("/oncall/")
    with django_assert_max_num_queries(28):  # four of them count what waits, for the menu
        client.get("/oncall/")


def shown(company: Company, at: datetime = NOW, **extra: Any) -> reads.Page:
    return reads.page(company.responder, at=at, **{"first": None, "zone": UTC} | extra)


def test_the_week_has_a_cell_for_each_half_day_and_joins_equal_ones(company: Company) -> None:
    schedule = make_schedule("days", team=company.team)
    make_layer(
        schedule, company.responder, company.second, rotation="daily", handover=time(20), starts_on=date(2026, 3, 1)
    )
    (line,) = shown(company).week
    assert sum(cell.span for cell in line.cells) == 14
    assert {cell.words for cell in line.cells} == {"You", "Second"}
    assert [cell.span for cell in line.cells] == [1, 2, 2, 2, 2, 2, 2, 1]


def test_a_gap_says_nobody_and_a_planned_closing_is_none(company: Company) -> None:
    schedule = weekly(company, ends_on=date(2026, 3, 5))
    make_override(schedule, None, NOW, NOW + 11 * HOUR, by=company.admin)
    found = shown(company)
    cells = found.week[0].cells
    assert (cells[0].tone, cells[0].words) == ("me", "You / Closed")
    assert (cells[-1].tone, cells[-1].words, cells[-1].span) == ("gap", "Nobody", 6)
    assert [gap.stretch.from_at.date() for gap in found.gaps] == [date(2026, 3, 6)]
    assert "Free then:" in text(signed_in(company.outsider).get("/oncall/"))


def test_before_eight_the_week_begins_with_the_night_that_is_not_over(company: Company) -> None:
    weekly(company)
    early = datetime(2026, 3, 5, 5, 0, tzinfo=UTC)
    assert shown(company, at=early).days[0] == date(2026, 3, 4)
    assert shown(company, at=early, zone=ZoneInfo("Asia/Tokyo")).days[0] == date(2026, 3, 5)


def test_today_is_the_date_of_the_reader_even_before_the_day_shift_begins(company: Company) -> None:
    weekly(company)
    with time_machine.travel(datetime(2026, 3, 8, 4, 24, tzinfo=UTC), tick=False):
        said = text(signed_in(company.responder).get("/oncall/"))
    assert "This week" in said and "Sat 7 Sun 8, today Mon 9" in said


def test_a_week_with_a_change_of_the_clock_is_whole(company: Company) -> None:
    weekly(company, zone="Europe/Berlin")
    (line,) = shown(company, first=date(2026, 3, 27), zone=BERLIN).week
    assert sum(cell.span for cell in line.cells) == 14
    assert "gap" not in {cell.tone for cell in line.cells}


# The calendar


def made_address(client: Client) -> str:
    answer = client.post("/oncall/calendar/", {"do": "make"})
    assert "no-store" in answer["Cache-Control"]  # the page shows the secret this once
    return urlsplit(re.search(r"<code>([^<]+)</code>", answer.content.decode())[1]).path


def test_the_calendar_shows_my_shifts_to_whoever_has_the_secret(company: Company) -> None:
    weekly(company)
    client = signed_in(company.responder)
    path = made_address(client)
    answer = Client().get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    events = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    mine = reads.page(company.responder, first=None, zone=UTC, at=NOW).mine
    begun = {event.decoded("dtstart") for event in events}
    assert {item.from_at for item in mine if item.from_at > NOW} <= begun
    assert {str(event["summary"]) for event in events} == {"On call: Orders"}
    assert len({str(event["uid"]) for event in events}) == len(events) >= 6
    assert path not in client.get("/oncall/").content.decode()


def test_a_new_address_ends_the_one_before_and_an_ended_one_leads_nowhere(company: Company) -> None:
    weekly(company)
    client = signed_in(company.responder)
    first, second = made_address(client), made_address(client)
    assert [Client().get(path).status_code for path in (first, second)] == [404, 200]
    client.post("/oncall/calendar/", {"do": "revoke"})
    assert Client().get(second).status_code == 404
    assert CalendarLink.objects.count() == 0


def test_somebody_who_has_left_has_no_calendar(company: Company) -> None:
    path = made_address_of(company)
    with make._action(NOW):
        company.responder.is_active = False
        company.responder.save(update_fields=["is_active"])
    assert Client().get(path).status_code == 404


def made_address_of(company: Company) -> str:
    weekly(company)
    return made_address(signed_in(company.responder))


def test_reading_the_calendar_writes_nothing(company: Company) -> None:
    path = made_address_of(company)
    with nothing_written():
        Client().get(path)
    assert Message.objects.filter(event="oncall.shift").count() == 0


def test_after_a_refusal_every_link_still_leads_to_the_page(company: Company) -> None:
    schedule = weekly(company)
    client = signed_in(company.responder)
    refused = client.post("/oncall/cover/", {"schedule": schedule.key, "who": "me"})
    assert refused.status_code == 422
    for answer in (refused, client.post("/oncall/calendar/", {"do": "make"})):
        said = answer.content.decode()
        assert 'href="/oncall/?week=' in said and 'href="?' not in said
        assert 'action="/oncall/#shares"' in said
    for path in ("/oncall/cover/", "/oncall/calendar/"):  # by the address bar, or after signing in again
        assert client.get(path + "?week=2026-03-16")["Location"] == "/oncall/?week=2026-03-16"
        assert client.get(path)["Location"] == "/oncall/"


def test_who_goes_where_only_a_form_may_send_to_reads_words(company: Company) -> None:
    answer = signed_in(company.responder).get(f"/oncall/swaps/{company.team.pk}/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "There is nothing at this address" in text(answer)


def test_while_one_types_those_are_offered_who_could_take_the_shift(company: Company) -> None:
    weekly(company)
    said = signed_in(company.responder).get("/oncall/").content.decode()
    offered = re.search(r'<datalist id="colleagues">(.*?)</datalist>', said)[1]
    assert f'value="{company.second.email}"' in offered
    for other in (company.responder, company.outsider):
        assert other.email not in offered
    assert 'list="colleagues"' in said


def test_a_gap_without_an_end_names_no_time_at_which_somebody_answers_again(company: Company) -> None:
    schedule = weekly(company, ends_on=date(2026, 3, 10))
    client = signed_in(company.responder)
    [gap] = client.get("/oncall/").context["oncall"].gaps
    assert gap.is_endless
    page = client.get("/oncall/")
    assert ">from <time" in re.sub(r"\s+", " ", page.content.decode())
    assert "30 Mar, 09:00" not in text(page)
    make_layer(schedule, company.second, starts_on=date(2026, 3, 20))
    [gap] = client.get("/oncall/").context["oncall"].gaps
    assert not gap.is_endless


def test_a_gap_that_nobody_has_free_throughout_can_still_be_covered_in_part(company: Company) -> None:
    weekly(company, ends_on=date(2026, 3, 2))
    for person in (company.responder, company.second, company.lead):
        make_schedule(team=company.team, people=(person,))
    client = signed_in(company.responder)
    page = client.get("/oncall/")
    worst = page.context["worst"]
    assert (worst.can_take, worst.free, worst.may_take) == (False, [], True)
    link = re.search(r'class="btn primary" href="([^"]+)">Cover<', page.content.decode())[1].replace("&amp;", "&")
    form = client.get(link).context["form"]
    assert (form["schedule"].value(), form["who"].value()) == ("orders", "me")
    assert form["from_at"].value().replace(tzinfo=UTC) == worst.stretch.from_at
