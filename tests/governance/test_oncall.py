"""Taking shifts, asking for cover, and what is refused (D2, P1)."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from governance.documents.facts import PeopleFacts
from governance.models import CalendarLink, LayerMember, Override, Schedule, Swap
from governance.reads import people
from governance.rules import oncall as rules
from governance.services import oncall, swaps
from portal import access, roles, secrets
from portal.models import AuditEntry, Message, User
from portal.rendering import render
from portal.services import leaving
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_oncall import make_override, make_schedule

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def schedule(company: Company) -> Schedule:
    """Responder and second take weeks in turn; NOW is the first hour of one of second's or responder's."""
    return make_schedule("orders", team=company.team, people=(company.responder, company.second))


def on_duty(schedule: Schedule, at: datetime = NOW) -> Any:
    folk: PeopleFacts = people.facts(at)
    found = rules.on_duty(folk.schedules[schedule.pk], folk, at)
    return found and found.person


def rows() -> list[int]:
    return [table.objects.count() for table in (Override, Swap, Message, AuditEntry)]


def told(event: str = "oncall.shift") -> dict[str, str]:
    """Who was told in the inbox: e-mail -> subject."""
    found = Message.objects.filter(event=event, channel="inbox").select_related("recipient").order_by("pk")
    return {item.recipient.email: render(item, item.recipient).subject for item in found}


def take(schedule: Schedule, by: Any, start: datetime = NOW, end: datetime = NOW + HOUR, **extra: Any) -> Override:
    return oncall.take_over(schedule=schedule, from_at=start, until_at=end, by=by, at=NOW, **{"reason": "swap"} | extra)


def other(company: Company, schedule: Schedule) -> Any:
    return company.second if on_duty(schedule) == company.responder.pk else company.responder


def test_who_takes_a_shift_answers_and_who_would_have_is_told(company: Company, schedule: Schedule) -> None:
    before, relieved = on_duty(schedule), other(company, schedule)
    override = take(schedule, company.lead)
    assert before != relieved.pk
    assert on_duty(schedule) == company.lead.pk
    assert on_duty(schedule, NOW + HOUR) == before
    assert (override.why, override.by) == ("swap", company.lead)
    (address,) = told()
    assert told() == {address: "Lead answers for Orders instead of you"}
    assert Message.objects.filter(recipient_id=before, event="oncall.shift").exists()
    entry = AuditEntry.objects.get(verb="oncall.overridden")
    assert (entry.actor, entry.target_id) == (company.lead, str(schedule.pk))


def test_a_shift_that_has_begun_is_taken_from_now_on(company: Company, schedule: Schedule) -> None:
    assert take(schedule, company.lead, NOW - HOUR).from_at == NOW


def test_the_latest_override_wins(company: Company, schedule: Schedule) -> None:
    take(schedule, company.lead)
    take(schedule, company.second)
    assert on_duty(schedule) == company.second.pk


@pytest.mark.parametrize(
    ("start", "end", "sentence"),
    [
        (HOUR, HOUR, "The shift ends before it starts. Please check the times."),
        (2 * HOUR, HOUR, "The shift ends before it starts. Please check the times."),
        (-2 * HOUR, -HOUR, "This shift is over already."),
        (-HOUR, 0 * HOUR, "This shift is over already."),
        (HOUR, 93 * 24 * HOUR, "Three months at most. Change the schedule itself for longer than that."),
    ],
    ids=str,
)
def test_times_that_cannot_be_are_refused(
    company: Company, schedule: Schedule, start: timedelta, end: timedelta, sentence: str
) -> None:
    before = rows()
    with pytest.raises(oncall.BadOverride, match=f"^{sentence}$"):
        take(schedule, company.lead, NOW + start, NOW + end)
    assert rows() == before


def test_a_reason_is_asked(company: Company, schedule: Schedule) -> None:
    before = rows()
    with pytest.raises(oncall.BadOverride, match="^Please say why.$"):
        take(schedule, company.lead, reason="  ")
    assert rows() == before


def test_a_retired_schedule_is_refused(company: Company, schedule: Schedule) -> None:
    with make._action(NOW):
        schedule.is_active = False
        schedule.save(update_fields=["is_active"])
    before = rows()
    with pytest.raises(oncall.BadOverride, match="^This schedule is not in use any more.$"):
        take(schedule, company.lead)
    assert rows() == before


def test_only_people_of_the_team_or_in_turn_take_shifts(company: Company, schedule: Schedule) -> None:
    before = rows()
    with pytest.raises(access.Refused, match="^Only people of the team Orders, or of this schedule, take its shifts.$"):
        take(schedule, company.outsider)
    assert rows() == before
    guests = make_schedule(team=company.team, people=(company.outsider,))
    assert take(guests, company.outsider).person == company.outsider


def test_who_is_away_or_has_left_is_refused(company: Company, schedule: Schedule) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))
    make.make_absence(company.lead, NOW + HOUR, NOW + 3 * HOUR)
    gone = make.make_person("gone", teams=(company.team,))
    with make._action(NOW):
        gone.is_active = False
        gone.save(update_fields=["is_active"])
    before = rows()
    for person, sentence in ((company.lead, "Lead is away then."), (gone, "Gone does not work here any more.")):
        with pytest.raises(oncall.BadOverride, match=f"^{sentence}$"):
            oncall.put_in(
                schedule=schedule,
                person=person,
                from_at=NOW,
                until_at=NOW + 2 * HOUR,
                reason="x",
                by=keeper,
                at=NOW,
            )
    assert rows() == before


def put_in(schedule: Schedule, person: Any, by: Any) -> Override:
    return oncall.put_in(
        schedule=schedule, person=person, from_at=NOW, until_at=NOW + HOUR, reason="ill", by=by, at=NOW
    )


def test_an_admin_of_the_team_puts_somebody_in_who_is_told(company: Company, schedule: Schedule) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))
    put_in(schedule, company.lead, keeper)
    assert on_duty(schedule) == company.lead.pk
    assert told()["lead@example.test"] == "You answer for Orders"
    assert len(told()) == 2


def test_nobody_may_be_put_in_on_purpose(company: Company, schedule: Schedule) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))
    put_in(schedule, None, keeper)
    assert on_duty(schedule) is None
    assert list(told().values()) == ["Nobody answers for Orders, on purpose"]


def test_peers_and_admins_of_other_teams_put_nobody_in(company: Company, schedule: Schedule) -> None:
    stranger = make.make_person("stranger", role=roles.TEAM_ADMIN, teams=(company.leadership,))
    before = rows()
    for person in (company.second, stranger):
        with pytest.raises(access.Refused, match="^The admins of the team Orders can do this.$"):
            put_in(schedule, company.lead, person)
    assert rows() == before


def ask(schedule: Schedule, person: Any, by: Any) -> Swap:
    return swaps.ask(
        schedule=schedule, person=person, from_at=NOW + HOUR, until_at=NOW + 2 * HOUR, reason="dentist", by=by, at=NOW
    )


def test_asking_tells_the_person_once_and_changes_nothing(company: Company, schedule: Schedule) -> None:
    ask(schedule, company.lead, company.responder)
    ask(schedule, company.lead, company.responder)
    assert told() == {"lead@example.test": "Responder asks you to take a shift: Orders"}
    assert Message.objects.filter(event="oncall.shift", channel="inbox").count() == 1
    assert Override.objects.count() == 0


def test_nobody_is_asked_who_could_not_say_yes(company: Company, schedule: Schedule) -> None:
    before = rows()
    with pytest.raises(oncall.BadOverride, match="^You can take this shift yourself, without asking.$"):
        ask(schedule, company.responder, company.responder)
    with pytest.raises(
        oncall.BadOverride, match="^Outsider is neither in the team nor in the schedule, and could not say yes.$"
    ):
        ask(schedule, company.outsider, company.responder)
    with pytest.raises(access.Refused):
        ask(schedule, company.lead, company.outsider)
    assert rows() == before


def test_words_keep_what_is_internal_out_of_public_channels(company: Company, schedule: Schedule) -> None:
    ask(schedule, company.lead, company.responder)
    message = Message.objects.get(event="oncall.shift", channel="inbox")
    message.context = {"public": {"kind": "asked", "url": "https://x/", "from_at": "2026-03-02T10:00:00+00:00"}}
    message.data_class = "public"
    words = render(message, company.lead)
    assert words.subject == "Can you take a shift on call?"
    assert "Responder" not in words.text and "dentist" not in words.html


def test_an_override_ends_at_another_time(company: Company, schedule: Schedule) -> None:
    override = take(schedule, company.lead)
    oncall.change(override=override, until_at=NOW + 3 * HOUR, reason="longer", by=company.lead, at=NOW)
    assert on_duty(schedule, NOW + 2 * HOUR) == company.lead.pk
    with pytest.raises(access.Refused):
        oncall.change(override=override, until_at=NOW + HOUR, reason="no", by=company.second, at=NOW)
    with pytest.raises(oncall.BadOverride, match="^The shift ends before it starts. Please check the times.$"):
        oncall.change(override=override, until_at=NOW, reason="no", by=company.lead, at=NOW)
    assert Override.objects.get().until_at == NOW + 3 * HOUR


def test_what_is_to_come_is_taken_back_without_a_trace_but_history(company: Company, schedule: Schedule) -> None:
    before = on_duty(schedule)
    override = take(schedule, company.lead, NOW + HOUR, NOW + 2 * HOUR)
    oncall.withdraw(override=override, by=company.lead, at=NOW)
    assert Override.objects.count() == 0
    assert on_duty(schedule, NOW + HOUR) == before
    assert "The plan of Orders holds again" in [
        render(item, item.recipient).subject for item in Message.objects.filter(recipient_id=before, channel="inbox")
    ]
    assert [row.history_type for row in Override.history.order_by("history_id")] == ["+", "-"]


def test_what_has_begun_ends_now(company: Company, schedule: Schedule) -> None:
    override = take(schedule, company.lead)
    oncall.withdraw(override=override, by=company.lead, at=NOW + HOUR / 2)
    override.refresh_from_db()
    assert (override.from_at, override.until_at) == (NOW, NOW + HOUR / 2)


def test_what_is_over_or_belongs_to_others_is_not_taken_back(company: Company, schedule: Schedule) -> None:
    override = make_override(schedule, company.lead, NOW - HOUR, NOW, by=company.lead)
    mine = take(schedule, company.lead)
    before = rows()
    with pytest.raises(oncall.Gone, match="^This was already taken back, or is over.$"):
        oncall.withdraw(override=override, by=company.lead, at=NOW)
    with pytest.raises(access.Refused, match="^The admins of the team Orders can do this.$"):
        oncall.withdraw(override=mine, by=company.second, at=NOW)
    assert rows() == before


def test_members_are_set_in_their_order_and_unchanged_ones_write_nothing(company: Company, schedule: Schedule) -> None:
    layer = schedule.layers.get()
    for turns in ((company.second, company.responder, company.second), (company.second,), (company.second,)):
        before = AuditEntry.objects.count()
        with make._action(NOW):
            oncall.set_members(layer=layer, people=turns)
        found = LayerMember.objects.filter(layer=layer).order_by("position")
        assert [row.person_id for row in found] == [person.pk for person in turns]
    assert AuditEntry.objects.count() == before


def test_a_calendar_link_is_kept_as_a_digest_and_replaced(company: Company) -> None:
    first = oncall.make_calendar_link(by=company.lead, at=NOW)
    second = oncall.make_calendar_link(by=company.lead, at=NOW)
    link = CalendarLink.objects.get()
    assert first != second and len(second) >= 22
    assert link.digest == secrets.digest(second)
    assert not any(second in str(vars(row)) or link.digest in str(vars(row)) for row in CalendarLink.history.all())
    oncall.revoke_calendar_link(by=company.lead, at=NOW)
    assert CalendarLink.objects.count() == 0
    with pytest.raises(oncall.Gone, match="^There is no calendar link.$"):
        oncall.revoke_calendar_link(by=company.lead, at=NOW)


def test_who_leaves_takes_the_calendar_link_along_and_makes_no_other(company: Company) -> None:
    """Else whoever knows the address would read the shifts of somebody who comes back."""
    oncall.make_calendar_link(by=company.lead, at=NOW)
    before = User.objects.get(pk=company.lead.pk)
    leaving.deactivate(person=company.lead, by=company.admin, reason="left", at=NOW)
    assert not CalendarLink.objects.exists()
    assert AuditEntry.objects.filter(verb="oncall.calendar_link_revoked").count() == 1
    entries = AuditEntry.objects.count()
    with pytest.raises(access.Refused, match="^Your account is not active any more.$"):
        oncall.make_calendar_link(by=before, at=NOW)
    assert not CalendarLink.objects.exists() and AuditEntry.objects.count() == entries
