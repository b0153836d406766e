"""Boards, seats, freezes, topics and training in the admin: a reason for each change, retired but never deleted."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from governance.models import Board, BoardSeat, FreezeWindow, Topic, Training
from portal import roles
from tests import factories_governance as make
from tests.factories_boards import board_of, sit
from tests.factories_governance import NOW, Company

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def at_nine() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def signed_in(*more: Any, role: str = roles.GOVERNANCE_ADMIN, **extra: Any) -> Client:
    client = Client()
    person = make.make_person("keeper", role=role, is_staff=True, **extra)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def keeper(company: Company) -> Client:
    return signed_in()


def url(page: str, obj: Any = None, model: str = "board") -> str:
    return reverse(f"admin:governance_{model}_{page}", args=[obj.pk] if obj else [])


def values(*seats: dict[str, Any], known: int = 0, **changed: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": "Change board",
        "key": "change",
        "purpose": "Changes of playbooks",
        "is_active": "on",
        "reason": "set up",
        "seats-TOTAL_FORMS": str(len(seats)),
        "seats-INITIAL_FORMS": str(known),
    }
    for number, seat in enumerate(seats):
        row = {"function": "", "starts_on": "2026-01-01", "ends_on": "", "deputy": ""} | seat
        found |= {f"seats-{number}-{name}": value for name, value in row.items()}
    return {name: value for name, value in (found | changed).items() if value is not None}


def seat_of(seat: BoardSeat, **changed: Any) -> dict[str, Any]:
    return {
        "id": str(seat.pk),
        "board": str(seat.board_id),
        "person": str(seat.person_id),
        "function": seat.function,
        "starts_on": seat.starts_on.isoformat(),
        "ends_on": seat.ends_on.isoformat() if seat.ends_on else "",
        "deputy": str(seat.deputy_id or ""),
    } | changed


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_governance_admin_sets_up_a_board_with_seats(keeper: Client, company: Company) -> None:
    first = {"person": str(company.lead.pk), "function": "product", "deputy": str(company.second.pk)}
    answer = keeper.post(url("add"), values(first, {"person": str(company.leader.pk), "ends_on": "2026-12-31"}))
    assert answer.status_code == 302
    board = Board.objects.get(key="change")
    seats = board.seats.order_by("person__name")
    assert [(seat.person.name, seat.function, seat.deputy, seat.ends_on) for seat in seats] == [
        ("Lead", "product", company.second, None),
        ("Leader", "", None, date(2026, 12, 31)),
    ]
    assert {row.reason for row in (*Board.history.all(), *BoardSeat.history.all())} == {"set up"}
    assert "set up" in text(keeper.get(url("history", board)))


@pytest.mark.parametrize(
    ("seats", "words"),
    [
        ([{"person": "lead", "deputy": "lead"}], "Nobody is their own deputy."),
        ([{"person": "lead"}, {"person": "lead", "starts_on": "2026-06-01"}], "Lead would hold two seats"),
        ([{"person": "lead", "ends_on": "2025-12-31"}], "The term ends before it begins."),
        ([{"person": "gone"}], "Gone does not work here any more."),
        ([{"person": "lead", "deputy": "gone"}], "Gone does not work here any more."),
    ],
)
def test_seats_that_cannot_be_are_refused_and_nothing_is_written(
    keeper: Client, company: Company, seats: list[dict[str, Any]], words: str
) -> None:
    people = {"lead": company.lead, "gone": make.make_person("gone", is_active=False)}
    rows = [{name: str(people[value].pk) if value in people else value for name, value in row.items()} for row in seats]
    answer = keeper.post(url("add"), values(*rows))
    assert answer.status_code == 200 and words in text(answer)
    assert not Board.objects.exists() and not BoardSeat.objects.exists()


def test_no_change_without_a_reason(keeper: Client, company: Company) -> None:
    board = board_of(company.lead)
    answer = keeper.post(url("change", board), values(name="Other", key=None, reason=""))
    assert answer.status_code == 200
    assert Board.objects.get().name == "Change board"


def test_a_term_ends_and_the_next_one_follows_and_the_key_stays(keeper: Client, company: Company) -> None:
    board = board_of()
    seat = sit(board, company.lead)
    rows = (seat_of(seat, ends_on="2026-03-31"), {"person": str(company.lead.pk), "starts_on": "2026-04-01"})
    answer = keeper.post(url("change", board), values(*rows, known=1, key="other", reason="next term"))
    assert answer.status_code == 302
    assert list(board.seats.order_by("starts_on").values_list("ends_on", flat=True)) == [date(2026, 3, 31), None]
    assert Board.objects.get().key == "change"


def test_a_seat_is_never_deleted(keeper: Client, company: Company) -> None:
    board = board_of(company.lead)
    row = seat_of(board.seats.get()) | {"DELETE": "on"}
    assert keeper.post(url("change", board), values(row, known=1)).status_code == 302
    assert board.seats.count() == 1
    assert keeper.post(url("delete", board), {"post": "yes", "reason": "x"}).status_code == 403
    assert Board.objects.count() == 1


def test_a_board_that_a_policy_names_is_retired_only_on_purpose(keeper: Client, company: Company) -> None:
    board = board_of(company.lead)
    row = seat_of(board.seats.get())
    assert "anyway" not in text(keeper.get(url("change", board)))
    policy = make.escalation_policy(leadership="leadership") | {"fallback": [{"board": "change"}]}
    make.publish(make.make_draft(policy, kind="escalation", key="company", by=company.admin), by=company.admin)
    answer = keeper.post(url("change", board), values(row, known=1, key=None, is_active=None))
    assert "“Company escalation” still names this board" in text(answer)
    assert Board.objects.get().is_active
    answer = keeper.post(url("change", board), values(row, known=1, key=None, is_active=None, anyway="on"))
    assert answer.status_code == 302
    assert not Board.objects.get().is_active


def test_a_board_that_nothing_names_is_retired_at_once(keeper: Client, company: Company) -> None:
    board = board_of(company.lead)
    row = seat_of(board.seats.get())
    assert keeper.post(url("change", board), values(row, known=1, key=None, is_active=None)).status_code == 302
    assert not Board.objects.get().is_active


@pytest.mark.parametrize("role", [roles.TEAM_ADMIN, roles.AUDITOR, roles.OPERATOR])
def test_who_keeps_a_team_or_reads_the_ledger_keeps_no_board(company: Company, role: str) -> None:
    board = board_of(company.lead)
    client = signed_in(role=role, teams=(company.team,))
    for page in (url("add"), url("change", board), url("changelist"), url("add", model="freezewindow")):
        assert client.get(page).status_code == 403, page
    assert client.post(url("add"), values()).status_code == 403
    assert client.post(url("change", board), values(name="Mine", key=None)).status_code == 403
    assert Board.objects.get().name == "Change board"


def freeze(**changed: Any) -> dict[str, Any]:
    times = {"starts_at": NOW + DAY, "ends_at": NOW + 2 * DAY} | changed
    found = {"kind": "", "why": "Year end", "reason": "set up"}
    for name in ("starts_at", "ends_at"):
        at = times.pop(name)
        found |= {f"{name}_0": f"{at:%Y-%m-%d}", f"{name}_1": f"{at:%H:%M}"} if at else {}
    return found | times


def test_a_freeze_is_announced_and_withdrawn_with_a_reason(keeper: Client, company: Company) -> None:
    assert keeper.post(url("add", model="freezewindow"), freeze()).status_code == 302
    window = FreezeWindow.objects.get()
    assert (window.starts_at, window.ends_at) == (NOW + DAY, NOW + 2 * DAY)
    chosen = {"action": "withdraw", "_selected_action": [str(window.pk)]}
    keeper.post(url("changelist", model="freezewindow"), chosen)
    assert not FreezeWindow.objects.get().is_withdrawn
    keeper.post(url("changelist", model="freezewindow"), chosen | {"reason": "not needed"})
    assert FreezeWindow.objects.get().is_withdrawn
    assert FreezeWindow.history.latest().reason == "not needed"
    answer = keeper.post(url("changelist", model="freezewindow"), chosen | {"reason": "again"}, follow=True)
    assert "This freeze is over, or was withdrawn already." in text(answer)
    assert keeper.post(url("delete", window, "freezewindow"), {"post": "yes", "reason": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"ends_at": NOW + DAY}, "It ends before it begins."),
        ({"starts_at": NOW - 2 * DAY, "ends_at": NOW - DAY}, "This is over already."),
        ({"why": " "}, "This field is required."),
    ],
)
def test_a_freeze_that_cannot_be_is_refused(
    keeper: Client, company: Company, changed: dict[str, Any], words: str
) -> None:
    answer = keeper.post(url("add", model="freezewindow"), freeze(**changed))
    assert answer.status_code == 200 and words in text(answer)
    assert not FreezeWindow.objects.exists()


def test_what_has_begun_keeps_its_beginning_and_what_is_over_stays(keeper: Client, company: Company) -> None:
    with make._action(NOW):
        now = FreezeWindow.objects.create(starts_at=NOW - DAY, ends_at=NOW + DAY, why="Year end")
        over = FreezeWindow.objects.create(starts_at=NOW - 2 * DAY, ends_at=NOW - DAY, why="Past")
    sent = freeze(starts_at=NOW - 9 * DAY, ends_at=NOW + 3 * DAY)
    assert keeper.post(url("change", now, "freezewindow"), sent).status_code == 302
    now.refresh_from_db()
    assert (now.starts_at, now.ends_at) == (NOW - DAY, NOW + 3 * DAY)
    assert keeper.post(url("change", over, "freezewindow"), sent).status_code == 403


def test_topics_and_training_are_kept_with_a_reason(keeper: Client, company: Company) -> None:
    sent = {"title": "Privacy", "key": "privacy-law", "valid_days": "365", "is_active": "on", "reason": "set up"}
    assert keeper.post(url("add", model="topic"), sent).status_code == 302
    topic = Topic.objects.get(key="privacy-law")
    row = {"person": str(company.lead.pk), "topic": str(topic.pk), "learned_on": "2026-03-01", "proof": "Course"}
    assert keeper.post(url("add", model="training"), row).status_code == 200
    assert not Training.objects.exists()
    assert keeper.post(url("add", model="training"), row | {"reason": "course"}).status_code == 302
    found = Training.objects.get()
    assert (found.person, found.valid_until) == (company.lead, date(2027, 3, 1))
    assert keeper.post(url("delete", topic, "topic"), {"post": "yes", "reason": "x"}).status_code == 403
