"""A question is answered from two sides at once; shifts move in the moment in which the clock tells of them."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from governance.models import CalendarLink, HandoverNotice, Override, Swap
from governance.rules import calendars
from governance.services import calendar_import, handovers, oncall, swaps
from portal import roles, timers
from portal.errors import DomainError
from portal.models import Absence, ApiToken, AuditEntry, Message, Timer, User
from portal.services import absences, leaving, tokens
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.factories_oncall import make_schedule
from tests.governance.rules.test_calendars import book, event
from tests.governance.test_handovers import DAY, HOUR, MONDAY, planned
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TRIES = 12


def quietly(act: Callable[[], Any]) -> Callable[[], str]:
    def job() -> str:
        try:
            act()
        except DomainError as error:
            return str(error)
        return ""

    return job


def test_a_question_is_either_accepted_or_taken_back() -> None:
    company = make.make_company()
    schedule = make_schedule("orders", team=company.team, people=(company.responder, company.second))
    seen: Counter[str] = Counter()
    for number in range(TRIES):
        start = NOW + timedelta(days=number, hours=2)
        swap = swaps.ask(
            schedule=schedule,
            person=company.lead,
            from_at=start,
            until_at=start + HOUR,
            reason="x",
            by=company.responder,
            at=NOW,
        )
        said = at_once(
            quietly(lambda swap=swap: swaps.accept(swap=swap, by=company.lead, at=NOW)),
            quietly(lambda swap=swap: swaps.withdraw(swap=swap, by=company.responder, at=NOW)),
        )
        swap = Swap.objects.get(pk=swap.pk)
        assert sorted(map(bool, said)) == [False, True], said
        assert Override.objects.filter(from_at=start).exists() == (swap.state == "accepted")
        seen[swap.state] += 1
    print(f"\n{dict(seen)}")


def test_a_shift_that_moves_while_the_clock_tells_of_it_is_told_as_it_is() -> None:
    """Whoever comes goes away with a cover: after both, the cover was told once and the timers are one."""
    company = make.make_company()
    schedule = make_schedule("orders", team=company.team, people=(company.responder, company.second))
    planned(schedule)
    for number in range(TRIES):
        handover = MONDAY + number * 7 * DAY
        due = handover - DAY
        comes = company.second if number % 2 == 0 else company.responder
        notice = {"schedule": schedule, "side": "on", "shift_at": handover, "withdrawn_at": None}
        at_once(
            lambda due=due: timers.fire_due(at=due),
            lambda due=due, comes=comes, at=handover: absences.add(
                user=comes, starts_at=at - HOUR, ends_at=at + DAY, cover=company.lead, by=comes, at=due
            ),
        )
        timers.fire_due(at=due + HOUR)
        holds = HandoverNotice.objects.filter(**notice)
        assert [row.person for row in holds] == [company.lead]
        told = Message.objects.filter(event=handovers.EVENT, channel="inbox", recipient=company.lead)
        assert (
            len(
                [
                    row
                    for row in told
                    if row.context["restricted"]["from_at"] == handover.isoformat()
                    and row.context["restricted"]["kind"] == "on"
                ]
            )
            == 1
        )
        assert Timer.objects.filter(kind=handovers.KIND, state="armed").count() == 1
        assert not Timer.objects.filter(state="parked").exists()
        for at in (handover + HOUR, handover + 2 * DAY):
            timers.fire_due(at=at)


def test_two_people_take_one_shift_and_the_latest_has_it() -> None:
    company = make.make_company()
    schedule = make_schedule("orders", team=company.team, people=(company.responder, company.second))
    for number in range(TRIES):
        start = NOW + timedelta(days=number, hours=2)

        def take(by: Any, start: Any = start) -> Callable[[], Any]:
            return lambda: oncall.take_over(
                schedule=schedule, from_at=start, until_at=start + HOUR, reason="x", by=by, at=NOW
            )

        at_once(take(company.lead), take(company.second))
        assert Override.objects.filter(from_at=start).count() == 2
        assert Timer.objects.filter(kind=handovers.KIND, state="armed").count() == 1


def test_a_calendar_address_ends_once() -> None:
    person = make.make_person("ada")
    for number in range(TRIES):
        oncall.make_calendar_link(by=person, at=NOW)
        end = quietly(lambda: oncall.revoke_calendar_link(by=person, at=NOW))
        assert sorted(at_once(end, end)) == ["", "There is no calendar link."]
        assert AuditEntry.objects.filter(verb="oncall.calendar_link_revoked").count() == number + 1


def test_nothing_that_opens_a_door_is_made_by_somebody_who_leaves_in_that_moment() -> None:
    person, boss = make.make_person("ada"), make.make_person("boss", role=roles.ADMIN)
    for number in range(TRIES):
        at = NOW + timedelta(days=number)
        given = {"user": person, "by": person, "name": "x", "scope": "read", "days": 9, "at": at}
        at_once(
            lambda at=at: leaving.deactivate(person=person, by=boss, reason="left", at=at),
            quietly(lambda given=given: tokens.create(**given)),
            quietly(lambda at=at: oncall.make_calendar_link(by=person, at=at)),
        )
        assert not ApiToken.objects.filter(revoked_at=None).exists() and not CalendarLink.objects.exists()
        leaving.reactivate(person=person, by=boss, reason="again", at=at)


def test_nobody_takes_a_shift_in_the_moment_in_which_they_leave() -> None:
    """Either the shift was theirs before, and counted among what they hold, or it is refused."""
    company, boss = make.make_company(), make.make_person("boss", role=roles.ADMIN)
    schedule = make_schedule("orders", team=company.team, people=(company.responder, company.second))
    seen: Counter[str] = Counter()
    for number in range(TRIES):
        at = NOW + timedelta(days=number)
        shift = {"schedule": schedule, "from_at": at + HOUR, "until_at": at + 2 * HOUR, "reason": "x", "at": at}
        person = User.objects.get(pk=company.lead.pk)
        jobs: list[Callable[[], Any]] = [lambda shift=shift, person=person: oncall.take_over(**shift, by=person)]
        jobs += [lambda shift=shift, person=person: oncall.put_in(**shift, person=person, by=company.admin)]
        file = book(event(f"DTSTART:{shift['from_at']:%Y%m%dT%H%M%SZ}", "DURATION:PT1H", uid=str(number)))
        found = calendars.read(file, zone="UTC", from_at=at, until_at=at + DAY)
        read = {"schedule": schedule, "found": found, "chosen": None, "by": company.admin, "at": at}
        jobs += [lambda read=read, person=person: calendar_import.to_overrides(**read, person=person)]
        swap = swaps.ask(**shift, person=person, by=company.responder)
        jobs += [lambda swap=swap, person=person, at=at: swaps.accept(swap=swap, by=person, at=at)]
        at_once(
            quietly(jobs[number % len(jobs)]),
            lambda person=person, at=at: leaving.deactivate(person=person, by=boss, reason="left", at=at),
        )
        left = AuditEntry.objects.filter(verb="user.deactivated").order_by("-pk").first()
        assert left is not None
        taken = Override.objects.filter(from_at=at + HOUR).exists()
        assert taken == ("On-call shifts" in left.payload.content), number
        seen["taken" if taken else "refused"] += 1
        leaving.reactivate(person=person, by=boss, reason="again", at=at)
    print(f"\n{dict(seen)}")


def test_two_who_stand_in_for_each_other_do_not_go_away_at_once() -> None:
    ann, ben = make.make_person("ann"), make.make_person("ben")
    for number in range(TRIES):
        start = NOW + number * DAY
        times = {"starts_at": start + HOUR, "ends_at": start + 2 * HOUR, "at": start}
        answers = at_once(
            quietly(lambda times=times: absences.add(user=ann, by=ann, cover=ben, **times)),
            quietly(lambda times=times: absences.add(user=ben, by=ben, cover=ann, **times)),
        )
        assert sorted(map(bool, answers)) == [False, True], answers
        assert Absence.objects.filter(starts_at=start + HOUR).count() == 1


def test_two_who_read_calendars_and_stand_in_for_each_other_do_not_wait_for_each_other() -> None:
    ann, ben = make.make_person("ann"), make.make_person("ben")
    for number in range(TRIES):
        start = NOW + number * DAY
        file = book(event(f"DTSTART:{start + HOUR:%Y%m%dT%H%M%SZ}", "DURATION:PT1H", uid=str(number)))
        found = calendars.read(file, zone="UTC", from_at=start, until_at=start + DAY)
        given = {"found": found, "chosen": None, "at": start}
        at_once(
            lambda given=given: calendar_import.to_absences(**given, by=ann, cover=ben),
            lambda given=given: calendar_import.to_absences(**given, by=ben, cover=ann),
        )
        assert Absence.objects.filter(starts_at=start + HOUR).count() == 1
