"""Two at once on one update: it goes out once, and whoever was second is told so."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils.dateparse import parse_datetime

from incidents.models import Incident, StatusUpdate, TimelineEntry
from incidents.services import incidents, updates
from portal import timers
from portal.errors import DomainError
from portal.models import Message, Timer
from tests.factories_governance import Company, make_company
from tests.factories_incidents import fresh, later, make_acknowledged, verbs, violations
from tests.incidents.test_updates import STATEMENTS, words, write
from tests.incidents.told import make_plan
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TRIES = 8
ALREADY = "This was sent or dropped already; write a new one."


@pytest.fixture
def company() -> Company:
    found = make_company()
    make_plan(found, statements=STATEMENTS)
    return found


def tried(call: Callable[[], Any]) -> Callable[[], str]:
    def job() -> str:
        try:
            call()
        except DomainError as error:
            return str(error)
        return "done"

    return job


def went_out_once(incident: Incident, row: StatusUpdate) -> None:
    row.refresh_from_db()
    assert row.state == "sent"
    assert verbs(incident).count("update") == 1
    news = Message.objects.filter(event="incident.update", key__contains=f"update:{row.pk}")
    told = list(news.values_list("recipient", "channel"))
    assert told and len(told) == len(set(told))


def test_of_two_who_send_one_draft_one_sends_it_and_the_other_is_told(company: Company) -> None:
    for _ in range(TRIES):
        incident = make_acknowledged(company)
        row = write(incident, company.responder)
        send = tried(partial(updates.send, update=row, by=company.responder, at=later(2)))
        assert sorted(at_once(send, send)) == [ALREADY, "done"]
        went_out_once(incident, row)
    assert violations() == []


def test_of_two_releases_at_once_one_sends(company: Company) -> None:
    for _ in range(TRIES):
        incident = make_acknowledged(company)
        row = write(incident, company.responder, statement="waits", business="It waits.")
        updates.submit(update=row, by=company.responder, at=later(2))
        release = tried(partial(updates.release, update=row, by=company.lead, at=later(3)))
        assert sorted(at_once(release, release)) == [ALREADY, "done"]
        went_out_once(incident, row)
    assert violations() == []


def test_words_changed_while_they_are_released_are_never_sent_unseen(company: Company) -> None:
    for _ in range(TRIES):
        incident = make_acknowledged(company)
        row = write(incident, company.responder, statement="waits", business="It waits.")
        updates.submit(update=row, by=company.responder, at=later(2))
        other = words(statement="waits", business="Nobody saw this.")
        said = at_once(
            tried(partial(updates.release, update=row, by=company.lead, at=later(3))),
            tried(partial(updates.save, update=row, words=other, by=company.responder, at=later(3))),
        )
        row.refresh_from_db()
        ended = (said[0] == "done", said[1] == "done", row.state, row.business)
        assert ended in {(True, False, "sent", "It waits."), (False, True, "draft", "Nobody saw this.")}, said
    assert violations() == []


def test_news_and_the_clock_at_once_leave_one_clock_that_counts_from_the_news(company: Company) -> None:
    for _ in range(TRIES):
        incident = make_acknowledged(company)
        Timer.objects.filter(state="armed").exclude(kind="update.due").update(state="cancelled", ended_at=later(0))
        due = Timer.objects.get(kind="update.due", subject_id=str(incident.pk), state="armed").due_at
        row = write(incident, company.responder)
        at_once(
            tried(partial(updates.send, update=row, by=company.responder, at=due)),
            partial(timers.fire_due, at=due),
        )
        went_out_once(incident, row)
        armed = Timer.objects.get(kind="update.due", subject_id=str(incident.pk), state="armed")
        mark = armed.data["marks"]["business"]
        assert (mark["stage"], parse_datetime(mark["told"])) == ("due", due) and parse_datetime(mark["due"]) > due
        timers.fire_due(at=parse_datetime(mark["due"]) - timedelta(seconds=1))
        rung = TimelineEntry.objects.filter(incident=incident, data__title="Business")
        assert rung.filter(verb="update_due").count() <= 1 and not rung.filter(verb="update_overdue")
        Timer.objects.filter(state="armed").update(state="cancelled", ended_at=due)
    assert violations() == []


def test_an_end_and_news_at_once_leave_one_order(company: Company) -> None:
    for _ in range(TRIES):
        incident = make_acknowledged(company)
        row = write(incident, company.responder, expected_at=later(60))
        end = {"resolution": "Back", "checked": "Looked", "by": company.responder, "at": later(3)}
        said = at_once(
            tried(partial(incidents.resolve, incident=incident, **end)),
            tried(partial(updates.send, update=row, by=company.responder, at=later(3))),
        )
        assert said == ["done", "done"] and fresh(incident).state == "resolved"
        went_out_once(incident, row)
        assert not Timer.objects.filter(kind="update.due", subject_id=str(incident.pk), state="armed").exists()
    assert violations() == []
