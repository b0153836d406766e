"""One message a day with what waits for a person about the rules, at eight in the morning where they are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from governance.services import changes, comments
from portal import rendering, timers
from portal.models import Message, Timer, User
from tests.factories_boards import delegate
from tests.factories_governance import NOW, make_person
from tests.governance.governing import Governed, make_governed, propose, say

pytestmark = pytest.mark.django_db
TOMORROW = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
"""Eight o'clock after NOW where the portal is; tests run in UTC."""


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def morning(at: datetime = TOMORROW) -> dict[str, Message]:
    """Everything due by `at` has happened; the messages of that day in the inbox, by e-mail name."""
    timers.fire_due(at=at)
    rows = Message.objects.filter(event="change.digest", channel="inbox", created_at__gte=at).select_related(
        "recipient"
    )
    return {row.recipient.email.partition("@")[0]: row for row in rows}


def kinds(message: Message) -> list[str]:
    return [line["kind"] for line in message.context["restricted"]["lines"]]


def test_everybody_hears_in_the_morning_what_waits_for_their_verdict(governed: Governed) -> None:
    change = propose(governed)

    told = morning()

    assert set(told) == {"one", "two", "three"}
    words = rendering.render(told["one"], governed.one)
    assert "1 thing about the rules waits for you" in words.subject
    assert change.reference in words.text and "Your verdict: Words" in words.text
    assert "until 3 Mar, 09:00" in words.text
    assert change.get_absolute_url() in words.html


def test_who_has_nothing_to_do_hears_nothing(governed: Governed) -> None:
    assert morning() == {}
    assert Timer.objects.get(kind="change.digest", state="armed").due_at == TOMORROW + timedelta(days=1)


def test_it_comes_once_a_day_and_again_while_something_waits(governed: Governed) -> None:
    propose(governed)

    assert "one" in morning()
    assert morning(TOMORROW + timedelta(hours=3)) == {}
    assert "one" in morning(TOMORROW + timedelta(days=1))


def test_whoever_has_given_a_verdict_is_left_alone(governed: Governed) -> None:
    say(propose(governed), "approve", governed.one)

    assert set(morning()) == {"two", "three"}


def test_who_decides_for_somebody_hears_of_it_too(governed: Governed) -> None:
    delegate(governed.one, governed.boss)
    propose(governed)

    assert kinds(morning()["boss"]) == ["verdict"]


def test_the_morning_is_that_of_the_person(governed: Governed) -> None:
    User.objects.filter(pk=governed.two.pk).update(time_zone="Asia/Tokyo")
    propose(governed)
    morning()

    assert set(morning(TOMORROW + timedelta(hours=15))) == {"two"}  # 23:00 UTC is eight there
    assert "two" not in morning(TOMORROW + timedelta(days=1))


def test_a_reminder_says_until_when(governed: Governed) -> None:
    propose(governed)
    timers.fire_due(at=NOW + timedelta(hours=12))

    message = Message.objects.filter(event="change.reminder", recipient=governed.one, channel="inbox").get()

    assert "until 3 Mar, 09:00" in rendering.render(message, governed.one).subject


def test_after_an_outage_nobody_is_left_out(governed: Governed) -> None:
    propose(governed)

    assert {"one", "two", "three"} <= set(morning(TOMORROW + timedelta(hours=5)))


def test_in_the_evening_it_is_left_for_the_next_morning(governed: Governed) -> None:
    """It would come after its deadline, be dead, and alarm the operators."""
    propose(governed)

    assert morning(TOMORROW + timedelta(hours=11, minutes=30)) == {}
    assert {"one", "two", "three"} <= set(morning(TOMORROW + timedelta(days=1)))


def test_own_changes_objections_and_remarks_are_listed(governed: Governed) -> None:
    change = say(propose(governed), "request_changes", governed.one)
    for text in ("Which one?", "And why?"):
        comments.say(change=change, path="", text=text, is_blocking=False, by=governed.two, at=NOW)

    told = morning()

    assert kinds(told["author"]) == ["answer", "remarks"]
    text = rendering.render(told["author"], governed.author).text
    assert "Answer the objections: Words" in text and "2 remarks to answer: Words" in text
    assert kinds(told["one"]) == ["objection"]


def test_a_change_that_was_called_back_waits_for_its_author(governed: Governed) -> None:
    changes.recall(change=propose(governed), by=governed.author, at=NOW)

    assert kinds(morning()["author"]) == ["again"]


def test_a_long_list_is_cut(governed: Governed) -> None:
    from governance.reads.digests import Line
    from governance.services import digests

    person: Any = make_person("busy")
    lines = [Line("verdict", f"Document {number}", "http://x/") for number in range(25)]
    note = digests._note(person, lines, TOMORROW)

    assert len(note.context["lines"]) == 20 and note.context["more"] == 5 and note.context["count"] == 25


def test_it_costs_the_same_for_more_people_and_changes(governed: Governed, django_assert_max_num_queries: Any) -> None:
    from governance.reads import digests

    propose(governed)
    people = set(User.objects.values_list("pk", flat=True))
    with django_assert_max_num_queries(40) as few:
        digests.waiting(people, at=TOMORROW)
    changes.begin(document=governed.policy, by=governed.author, at=NOW)
    propose(governed, by=governed.other)
    for number in range(3):
        make_person(f"more{number}")
    people = set(User.objects.values_list("pk", flat=True))
    with django_assert_max_num_queries(len(few)):
        digests.waiting(people, at=TOMORROW)
