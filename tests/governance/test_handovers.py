"""Hand-over notices: who is told when, once; and what a change in between makes of them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from governance.models import HandoverNotice, Schedule
from governance.services import handovers, oncall
from portal import timers
from portal.models import Absence, AuditEntry, Message, Timer
from portal.rendering import render
from portal.services import absences, leaving
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_layer, make_override, make_schedule

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 3, 9, 8, tzinfo=UTC)  # the first hand-over after NOW


@pytest.fixture
def schedule(company: Company) -> Schedule:
    """Responder and second take weeks in turn; whoever has this week was told."""
    found = make_schedule("orders", team=company.team, people=(company.responder, company.second))
    planned(found)
    return found


@pytest.fixture(autouse=True)
def only_hand_overs(company: Company) -> None:
    """What governance tells every morning has nothing to do with it, and months pass here."""
    Timer.objects.exclude(kind=handovers.KIND).update(state="cancelled", ended_at=NOW)


def planned(schedule: Schedule, at: datetime = NOW) -> None:
    """As the admin does it after a change; what is told at once is not looked at."""
    with make._action(at):
        handovers.replan([schedule.pk], at=at, told=handovers.Told(at, at))


def armed(schedule: Schedule) -> datetime | None:
    found = Timer.objects.filter(kind=handovers.KIND, subject_id=schedule.pk, state="armed")
    return found.get().due_at if found else None


def clock(until: datetime) -> None:
    """Fire everything up to `until` at the times at which it is due."""
    while (due := timers.next_due(at=until)[0]) is not None and due <= until:
        timers.fire_due(at=due)


def news(event: str = handovers.EVENT) -> list[tuple[str, str, str]]:
    """(kind, person, subject) of all messages in the inboxes, oldest first; and no more."""
    found = list(Message.objects.filter(event=event, channel="inbox").select_related("recipient").order_by("pk"))
    said = [
        (row.context["restricted"]["kind"], row.recipient.name, render(row, row.recipient).subject) for row in found
    ]
    return sorted(said)


def on_call(company: Company, week: int = 0) -> tuple[Any, Any]:
    """Who has that week, and who has the other ones."""
    both = (company.responder, company.second)
    return both if (date(2026, 3, 2) - date(2026, 1, 5)).days // 7 % 2 == week % 2 else both[::-1]


def test_both_are_told_a_day_before_and_nobody_twice(company: Company, schedule: Schedule) -> None:
    goes, comes = on_call(company)
    assert armed(schedule) == MONDAY - DAY
    clock(MONDAY - DAY - HOUR)
    assert news() == []
    clock(MONDAY - DAY)
    assert news() == [
        ("off", goes.name, "You go off call for Orders on 9 Mar, 08:00"),
        ("on", comes.name, "You go on call for Orders on 9 Mar, 08:00"),
    ]
    assert armed(schedule) == MONDAY + 6 * DAY
    clock(MONDAY + 5 * DAY)
    assert len(news()) == 2
    assert {row.lane for row in Message.objects.filter(event=handovers.EVENT)} == {"routine"}
    assert AuditEntry.objects.filter(verb="oncall.handover_told").count() == 2


def test_the_words_say_who_takes_over_and_until_when(company: Company, schedule: Schedule) -> None:
    goes, comes = on_call(company)
    clock(MONDAY - DAY)
    on = Message.objects.get(event=handovers.EVENT, recipient=comes, channel="inbox")
    off = Message.objects.get(event=handovers.EVENT, recipient=goes, channel="inbox")
    assert f"Until 16 Mar, 08:00. You take over from {goes.name}." in render(on, comes).text
    assert "If you cannot, ask somebody to cover on the on-call page." in render(on, comes).html
    assert f"{comes.name} answers from 9 Mar, 08:00 on." in render(off, goes).text
    on.data_class, on.context = "public", {"public": {"kind": "on", "from_at": MONDAY.isoformat(), "other_at": ""}}
    assert render(on, comes).subject == "You go on call on 9 Mar, 08:00"


def test_the_lead_is_set_for_each_schedule_and_nothing_is_told_without_one(company: Company) -> None:
    schedule = make_schedule("nights", team=company.team, people=(company.responder, company.second))
    for hours, due in ((2, MONDAY - 2 * HOUR), (48, MONDAY - 2 * DAY), (0, None)):
        with make._action(NOW):
            schedule.notice_hours = hours
            schedule.save()
        planned(schedule)
        assert armed(schedule) == due
    clock(MONDAY + DAY)
    assert news() == []


def test_replanning_changes_nothing_where_nothing_has_changed(company: Company, schedule: Schedule) -> None:
    clock(MONDAY - DAY)
    before = news(), list(HandoverNotice.objects.values())
    with make._action(MONDAY - HOUR):
        handovers.replan([schedule.pk], at=MONDAY - HOUR)
    assert (news(), list(HandoverNotice.objects.values())) == before
    assert Timer.objects.filter(kind=handovers.KIND, state="superseded", reason="a newer promise").exists()


def test_a_clock_that_stood_still_tells_whoever_answers_now_and_only_them(company: Company, schedule: Schedule) -> None:
    _goes, comes = on_call(company)
    timers.fire_due(at=MONDAY + 3 * HOUR)
    assert news() == [("now", comes.name, "You are on call for Orders now")]


def test_an_override_before_the_notice_is_what_is_told(company: Company, schedule: Schedule) -> None:
    """The week of who comes is taken by the lead: who goes hears of the lead."""
    goes, _comes = on_call(company)
    take(schedule, company.lead, MONDAY, MONDAY + 7 * DAY, at=NOW)
    clock(MONDAY - DAY)
    assert [(kind, name) for kind, name, _ in news()] == [("off", goes.name), ("on", "Lead")]


def test_an_override_after_the_notice_is_told_once_by_its_own_words(company: Company, schedule: Schedule) -> None:
    clock(MONDAY - DAY)
    before = news()
    take(schedule, company.lead, MONDAY, MONDAY + 7 * DAY, at=MONDAY - HOUR)
    clock(MONDAY + DAY)
    goes, comes = on_call(company)
    assert sorted(set(news()) - set(before)) == []
    assert (comes.name, "Lead answers for Orders instead of you") in [row[1:] for row in news("oncall.shift")]
    withdrawn = HandoverNotice.objects.exclude(withdrawn_at=None)
    assert {(row.person, row.side) for row in withdrawn} == {(comes, "on")}
    assert HandoverNotice.objects.get(person=goes, side="off", shift_at=MONDAY).other == company.lead


def take(schedule: Schedule, by: Any, start: datetime, end: datetime, at: datetime) -> Any:
    return oncall.take_over(schedule=schedule, from_at=start, until_at=end, by=by, reason="swap", at=at)


def test_an_override_taken_back_brings_the_plan_back_without_telling_twice(
    company: Company, schedule: Schedule
) -> None:
    _goes, comes = on_call(company)
    clock(MONDAY - DAY)
    override = take(schedule, company.lead, MONDAY, MONDAY + 7 * DAY, at=MONDAY - 2 * HOUR)
    oncall.withdraw(override=override, by=company.lead, at=MONDAY - HOUR)
    clock(MONDAY + HOUR)
    assert [row[0] for row in news()] == ["off", "on"]
    assert "The plan of Orders holds again" in [row[2] for row in news("oncall.shift")]
    assert HandoverNotice.objects.get(person=comes, side="on", shift_at=MONDAY).withdrawn_at is None


def test_a_change_of_the_layer_tells_those_whose_shift_moves(company: Company, schedule: Schedule) -> None:
    """The notice is out; then an admin puts the lead into the turn of who comes."""
    goes, comes = on_call(company)
    clock(MONDAY - DAY)
    with make._action(MONDAY - HOUR):
        layer = schedule.layers.get()
        turns = [company.lead if turn == comes else turn for turn in (company.responder, company.second)]
        oncall.set_members(layer=layer, people=turns)
        handovers.replan([schedule.pk], at=MONDAY - HOUR)
    fresh = [row for row in news() if row[1] in ("Lead", comes.name)]
    assert fresh == [
        ("moved", comes.name, "Not on call any more: Orders, 9 Mar, 08:00"),
        ("on", "Lead", "You go on call for Orders on 9 Mar, 08:00"),
        ("on", comes.name, "You go on call for Orders on 9 Mar, 08:00"),
    ]
    assert len([row for row in news() if row[:2] == ("off", goes.name)]) == 2  # somebody else takes over


def test_a_later_hand_over_is_told_anew_and_a_longer_shift_is_not(company: Company, schedule: Schedule) -> None:
    _goes, comes = on_call(company)
    clock(MONDAY - DAY)
    with make._action(MONDAY - 2 * HOUR):
        layer = schedule.layers.get()
        layer.handover = time(10)
        layer.save()
        handovers.replan([schedule.pk], at=MONDAY - 2 * HOUR)
    told = [row for row in news() if row[1] == comes.name]
    assert [row[0] for row in told] == ["moved", "on", "on"]
    clock(MONDAY + 3 * HOUR)
    assert [row for row in news() if row[1] == comes.name] == told


def test_an_absence_between_planning_and_firing_tells_the_cover(company: Company, schedule: Schedule) -> None:
    _goes, comes = on_call(company)
    away(company, comes, MONDAY - HOUR, MONDAY + 30 * DAY, cover=company.lead, at=NOW)
    clock(MONDAY - DAY)
    assert [(kind, name) for kind, name, _ in news() if kind == "on"] == [("on", "Lead")]


def away(company: Company, user: Any, start: datetime, end: datetime, cover: Any, at: datetime) -> Absence:
    return absences.add(user=user, starts_at=start, ends_at=end, cover=cover, by=user, at=at)


def test_an_absence_after_the_notice_moves_the_shift_and_its_end_brings_it_back(
    company: Company, schedule: Schedule
) -> None:
    _goes, comes = on_call(company)
    clock(MONDAY - DAY)
    absence = away(company, comes, MONDAY - HOUR, MONDAY + 30 * DAY, cover=company.lead, at=MONDAY - 3 * HOUR)
    assert {(kind, name) for kind, name, _ in news()} >= {("moved", comes.name), ("on", "Lead")}
    absences.cancel(absence=absence, by=comes, at=MONDAY - 2 * HOUR)
    kinds = [(kind, name) for kind, name, _ in news()]
    assert kinds.count(("on", comes.name)) == 2 and kinds.count(("moved", "Lead")) == 1
    assert HandoverNotice.objects.get(person=comes, side="on", shift_at=MONDAY).times == 2


def test_an_absence_at_other_times_is_planned_anew_and_one_that_is_over_stays(
    company: Company, schedule: Schedule
) -> None:
    _goes, comes = on_call(company)
    times = {"starts_at": MONDAY + 20 * DAY, "ends_at": MONDAY + 21 * DAY}
    absence = away(company, comes, times["starts_at"], times["ends_at"], cover=company.lead, at=NOW)
    absences.change(
        absence=absence, starts_at=MONDAY - HOUR, ends_at=MONDAY + 8 * DAY, cover=company.lead, by=comes, at=NOW
    )
    clock(MONDAY - DAY)
    assert ("on", "Lead") in [row[:2] for row in news()]
    before = Absence.objects.values().get()
    with pytest.raises(absences.Gone, match="^This was already taken back, or is over.$"):
        absences.change(absence=absence, **times, cover=None, by=comes, at=MONDAY + 9 * DAY)
    with pytest.raises(absences.BadAbsence, match="^You come back before you leave. Please check the times.$"):
        absences.change(absence=absence, starts_at=NOW, ends_at=NOW, cover=None, by=comes, at=NOW - DAY)
    assert Absence.objects.values().get() == before


def test_an_absence_that_an_admin_writes_or_removes_is_planned_too(company: Company, schedule: Schedule) -> None:
    _goes, comes = on_call(company)
    client = Client()
    client.force_login(make.make_person("root", is_staff=True, is_superuser=True))
    data = {
        "user": str(comes.pk),
        "cover": str(company.lead.pk),
        "starts_at_0": "2026-03-08",
        "starts_at_1": "00:00",
        "ends_at_0": "2026-03-20",
        "ends_at_1": "00:00",
        "reason": "ill",
    }
    with time_machine.travel(MONDAY - 2 * HOUR, tick=False):
        timers.fire_due(at=MONDAY - DAY)
        assert client.post("/admin/portal/absence/add/", data).status_code == 302
        assert ("on", "Lead") in [row[:2] for row in news()]
        absence = Absence.objects.get()
        client.post(f"/admin/portal/absence/{absence.pk}/delete/", {"post": "yes", "reason": "well again"})
    assert not Absence.objects.exists()
    assert ("moved", "Lead") in [row[:2] for row in news()]


def test_without_a_cover_who_goes_hears_that_nobody_follows(company: Company, schedule: Schedule) -> None:
    goes, comes = on_call(company)
    make_schedule("other", team=company.team, people=(company.lead,))
    with make._action(NOW):
        goes_only = schedule.layers.get()
        goes_only.ends_on = date(2026, 3, 8)
        goes_only.save()
    planned(schedule)
    clock(MONDAY - DAY)
    assert [(kind, name) for kind, name, _ in news()] == [("off", goes.name)]
    message = Message.objects.get(event=handovers.EVENT, recipient=goes, channel="inbox")
    assert "Nobody is planned after you." in render(message, goes).text
    assert comes.name not in render(message, goes).text


def test_somebody_who_has_left_is_told_nothing_and_their_shift_passes_on(company: Company, schedule: Schedule) -> None:
    _goes, comes = on_call(company)
    make_layer(schedule, company.lead, key="under", order=0)
    with make._action(NOW):
        layer = schedule.layers.exclude(key="under").get()
        layer.order = 1
        layer.save()
    planned(schedule)
    clock(MONDAY - DAY)
    assert ("on", comes.name) in [row[:2] for row in news()]
    told = Message.objects.filter(recipient=comes).count()
    leaving.deactivate(person=comes, by=company.admin, reason="left", at=MONDAY - HOUR)
    assert Message.objects.filter(recipient=comes, event=handovers.EVENT, channel="inbox").count() == 1
    assert HandoverNotice.objects.get(person=comes, side="on", shift_at=MONDAY).withdrawn_at is not None
    clock(MONDAY + 10 * DAY)
    assert Message.objects.filter(recipient=comes).count() == told
    leaving.reactivate(person=comes, by=company.admin, reason="back", at=MONDAY + 15 * DAY)
    assert armed(schedule) is not None


def test_a_retired_schedule_tells_nothing_more_but_that_shifts_are_over(company: Company, schedule: Schedule) -> None:
    goes, comes = on_call(company)
    clock(MONDAY - DAY)
    with make._action(MONDAY - HOUR):
        schedule.is_active = False
        schedule.save()
        handovers.replan([schedule.pk], at=MONDAY - HOUR)
    assert armed(schedule) is None
    assert {row[:2] for row in news() if row[0] == "moved"} == {("moved", comes.name), ("moved", goes.name)}


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/Berlin", (date(2026, 3, 28), date(2026, 3, 30))),
        ("America/Chicago", (date(2026, 10, 31), date(2026, 11, 2))),
        ("Australia/Lord_Howe", (date(2026, 4, 4), date(2026, 4, 6))),
        ("Africa/Casablanca", (date(2026, 2, 14), date(2026, 2, 16))),
    ],
)
def test_notices_keep_their_lead_across_a_change_of_the_clocks(
    company: Company, zone: str, days: tuple[date, date]
) -> None:
    """A day before is 24 hours before, whatever the clocks do; the hand-over itself follows the local time."""
    start = datetime.combine(days[0], time(12), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    schedule = make_schedule("clocks", team=company.team, zone=zone)
    make_layer(schedule, company.responder, company.second, rotation="daily", starts_on=days[0] - 9 * DAY)
    planned(schedule, start)
    for number in range((days[1] - days[0]).days):
        day = days[0] + (number + 1) * DAY
        handover = datetime.combine(day, time(8), tzinfo=ZoneInfo(zone)).astimezone(UTC)
        told = HandoverNotice.objects.filter(shift_at=handover)
        clock(handover - DAY)
        assert {(row.side, row.told_at) for row in told} == {
            ("on", max(handover - DAY, start)),
            ("off", max(handover - DAY, start)),
        }


def test_office_hours_are_one_turn_however_many_nights_they_have(company: Company) -> None:
    schedule = make_schedule("office", team=company.team)
    windows = [{"weekdays": [0, 1, 2, 3, 4], "from": "09:00", "to": "17:00"}]
    make_layer(schedule, company.responder, company.second, windows=windows)
    planned(schedule)
    clock(MONDAY + 3 * DAY)
    goes, comes = on_call(company)
    assert [(kind, name) for kind, name, _ in news()] == [("off", goes.name), ("on", comes.name)]
    off = HandoverNotice.objects.get(side="off")
    assert off.shift_at == datetime(2026, 3, 6, 17, tzinfo=UTC)
    message = Message.objects.get(event=handovers.EVENT, recipient=goes, channel="inbox")
    assert f"{comes.name} answers from 9 Mar, 09:00 on." in render(message, goes).text


def test_where_no_hand_over_is_in_sight_the_clock_looks_again(company: Company) -> None:
    schedule = make_schedule("alone", team=company.team, people=(company.responder,))
    planned(schedule)
    assert armed(schedule) == NOW + handovers.LOOK_AGAIN
    clock(NOW + 200 * DAY)
    assert news() == []


def test_a_failure_between_the_rows_leaves_nothing_and_the_next_try_tells_once(
    company: Company, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notices, messages and the next timer are one transaction."""
    write = handovers._write

    def fail(*args: Any) -> None:
        write(*args)
        raise RuntimeError("killed")

    monkeypatch.setattr(handovers, "_write", fail)
    timers.fire_due(at=MONDAY - DAY)
    assert (news(), HandoverNotice.objects.filter(shift_at=MONDAY).count()) == ([], 0)
    monkeypatch.undo()
    timers.fire_due(at=MONDAY - DAY + 5 * HOUR)
    assert [row[0] for row in news()] == ["off", "on"]
    assert armed(schedule) == MONDAY + 6 * DAY


def test_an_override_made_elsewhere_is_seen_when_the_timer_fires(company: Company, schedule: Schedule) -> None:
    make_override(schedule, company.lead, MONDAY, MONDAY + DAY, by=company.admin)
    clock(MONDAY - DAY)
    assert ("on", "Lead") in [row[:2] for row in news()]


@pytest.fixture(autouse=True)
def no_timer_parks() -> Iterator[None]:
    yield
    assert not Timer.objects.filter(state="parked").exists()
