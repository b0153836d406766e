"""`/inbox/` on a bad day: many messages, about few things."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from portal import ids, limits
from portal.models import Message, User
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.NOW


@pytest.fixture
def person(client: Any) -> User:
    person = factories.make_user("ada@example.com", name="Ada")
    client.force_login(person)
    return person


def write(person: User, number: int, *, minutes: int = 0, thread: str = "", **fields: Any) -> Message:
    """A letter in the inbox of `person`, told `minutes` after NOW."""
    at = NOW + timedelta(minutes=minutes)
    facts = {"title": f"Letter {number}", "url": f"https://portal.example.test/incidents/INC-{number}/"}
    return Message.objects.create(
        event="incident.level",
        subject_type="incidents.incident",
        subject_id=ids.uuid7(),
        thread=thread,
        recipient=person,
        channel="inbox",
        key=f"letter-{number}",
        lane="urgent",
        data_class="internal",
        context={"internal": facts | {"severity": "sev1"}},
        state="delivered",
        due_at=at,
        deadline_at=at,
        created_at=at,
        **fields,
    )


def test_no_letter_is_lost_between_two_pages_though_all_were_written_at_once(client: Any, person: User) -> None:
    for number in range(limits.PAGE_ROWS + 3):
        write(person, number)
    first = client.get("/inbox/")
    second = client.get("/inbox/" + first.context["page"].older)
    shown = [row.letter.message.pk for page in (first, second) for row in page.context["page"].rows]
    assert len(shown) == len(set(shown)) == limits.PAGE_ROWS + 3
    assert client.get("/inbox/" + second.context["page"].newer).context["page"].rows == first.context["page"].rows


def test_letters_about_one_incident_stand_once_and_the_older_ones_beneath(client: Any, person: User) -> None:
    for number, thread in enumerate(("a", "b", "a", "a")):
        write(person, number, minutes=number, thread=thread)
    page = client.get("/inbox/")
    assert [(row.letter.subject[6:14], len(row.earlier)) for row in page.context["page"].rows] == [
        ("Letter 3", 2),
        ("Letter 1", 0),
    ]
    words = page.content.decode()
    assert "2 earlier messages about it" in words
    assert words.index("Letter 3") < words.index("Letter 2") < words.index("Letter 0") < words.index("Letter 1")


def test_what_is_not_read_yet_can_be_looked_at_alone(client: Any, person: User) -> None:
    for number in range(limits.PAGE_ROWS + 2):
        write(person, number, minutes=number, read_at=None if number else NOW)
    page = client.get("/inbox/?show=unread")
    assert "show=unread" in page.context["page"].older
    last = client.get("/inbox/" + page.context["page"].older)
    assert [row.letter.subject[6:14] for row in last.context["page"].rows] == ["Letter 1"]
    Message.objects.update(read_at=NOW)
    assert "Everything is read." in client.get("/inbox/?show=unread").content.decode()


def test_what_came_after_the_page_was_drawn_stays_new(client: Any, person: User) -> None:
    seen, later = write(person, 1), write(person, 2, minutes=2)
    until = (NOW + timedelta(minutes=1)).isoformat()
    assert client.post(reverse("inbox-read"), {"until": until}).status_code == 302
    assert {row.pk: row.read_at is None for row in Message.objects.all()} == {seen.pk: False, later.pk: True}


@pytest.mark.parametrize("until", ["x", "2026-13-01", "0001-01-01T00:00:00+00:00", "2026-01-01T00:00:00"])
def test_a_strange_moment_means_now(client: Any, person: User, until: str) -> None:
    write(person, 1)
    assert client.post(reverse("inbox-read"), {"until": until}).status_code == 302
    assert Message.objects.get().read_at is not None
