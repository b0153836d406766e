"""Mail about changes: at once for whoever has to act, everything else as one message in their morning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from governance.models import ChangeRequest
from governance.services import comments
from portal import delivery, outbox, timers
from portal.models import Message, User
from tests.factories_governance import NOW
from tests.governance.governing import Governed, approve, make_governed, propose, say

pytestmark = pytest.mark.django_db
MORNING = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
"""Eight o'clock after NOW where the portal is; tests run in UTC."""


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def mails(person: User, at: datetime) -> list[str]:
    """Subjects of what has reached `person` by e-mail when everything due by `at` has gone out; each once."""
    mail.outbox = []
    for lane in ("urgent", "routine"):
        delivery.sweep(lane=lane, at=at, grace=timedelta(), worker="test", seconds=20)
    return [item.subject for item in mail.outbox if item.to == [person.email]]


def remarks(change: ChangeRequest, governed: Governed) -> None:
    for minutes, person in enumerate((governed.one, governed.two, governed.one)):
        at = NOW + timedelta(minutes=minutes)
        comments.say(change=change, text=f"Remark {minutes}", by=person, at=at, path="")


def news(person: User, channel: str) -> Any:
    return Message.objects.filter(event="change.news", recipient=person, channel=channel)


def test_remarks_come_as_one_mail_in_the_morning_and_stand_in_the_inbox_at_once(governed: Governed) -> None:
    change = propose(governed)
    mails(governed.author, NOW)
    before = news(governed.author, "inbox").count()
    remarks(change, governed)
    assert news(governed.author, "inbox").count() == before + 3
    assert mails(governed.author, NOW + timedelta(hours=5)) == []
    [told] = mails(governed.author, MORNING)
    assert told.startswith("3 messages for you")
    listed = next(item.body for item in mail.outbox if item.to == [governed.author.email])
    assert listed.count(f"says something about {change.reference}") == 3


def test_answers_and_what_is_settled_wait_too(governed: Governed) -> None:
    change = propose(governed)
    comment = comments.say(change=change, text="Why?", by=governed.one, at=NOW)
    comments.answer(comment=comment, text="Because.", by=governed.author, at=NOW)
    comments.settle(comment=comment, by=governed.author, at=NOW)
    mine = news(governed.one, "email").filter(key__contains=str(change.pk))
    assert {row.context["confidential"]["what"] for row in mine} == {"answered", "comment_settled"}
    assert set(mine.values_list("due_at", flat=True)) == {MORNING}


def test_a_verdict_that_asks_to_act_comes_at_once(governed: Governed) -> None:
    change = propose(governed)
    mails(governed.author, NOW)
    say(change, "request_changes", governed.one, rationale="Say it shorter")
    [told] = mails(governed.author, NOW)
    assert f"One asks for changes in {change.reference}" in told


def test_that_it_is_in_force_waits_for_the_morning_of_each(governed: Governed) -> None:
    User.objects.filter(pk=governed.one.pk).update(time_zone="Asia/Tokyo")
    change = approve(propose(governed), governed.one, governed.two)
    rows = Message.objects.filter(event="change.news", key__contains=f"{change.pk}:published").exclude(channel="inbox")
    tokyo = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
    assert {row.recipient.name: row.due_at for row in rows} == {"Author": MORNING, "One": tokyo}


def test_a_reminder_comes_at_once(governed: Governed) -> None:
    change = propose(governed)
    timers.fire_due(at=NOW + timedelta(hours=12))
    assert [change.reference in told for told in mails(governed.one, NOW + timedelta(hours=12))] == [True]


def test_of_two_reasons_to_hold_news_the_later_counts(governed: Governed) -> None:
    soon, later = NOW + timedelta(minutes=1), NOW + timedelta(hours=1)
    for outer, inner in ((soon, later), (later, soon), (later, None)):
        with outbox.held(outer), outbox.held(inner):
            assert outbox.earliest(governed.one, "routine", NOW) == later
    assert outbox.earliest(governed.one, "routine", NOW) == NOW
