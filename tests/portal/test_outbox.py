"""The outbox: one row per person and way, once per key, and no field further than its data class."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from portal import outbox, registry
from portal.models import Message
from tests.portal.kernel import NOW, deactivate, make_user, states

pytestmark = pytest.mark.django_db

EVENT = "t.outbox"


@pytest.fixture(autouse=True)
def event() -> Iterator[None]:
    classes = {"reference": "public", "title": "internal", "cause": "confidential", "name": "restricted"}
    registry.event_types.add(EVENT, outbox.EventType(EVENT, "urgent", classes))
    yield
    del registry.event_types._entries[EVENT]


WORDS = {"reference": "INC-1", "title": "Orders stand still", "cause": "a bug", "name": "Eve"}


def tell(*people: Any, **changes: Any) -> list[Message]:
    known = {"event": EVENT, "subject": people[0], "to": people, "key": "k", "context": WORDS, "at": NOW}
    return outbox.enqueue(**(known | changes))


def test_each_person_gets_an_inbox_row_and_one_message_on_the_first_method() -> None:
    user = make_user(methods=[("email", "a@example.com"), ("webhook", "https://hooks.example.com/a")])
    made = tell(user)
    assert [(m.channel, m.state) for m in made] == [("inbox", "delivered"), ("email", "pending")]
    assert {m.key for m in made} == {f"k:{user.pk}:inbox", f"k:{user.pk}:email"}
    assert made[1].deadline_at == NOW + timedelta(hours=1)


def test_the_same_key_again_writes_nothing_and_returns_the_first() -> None:
    user = make_user()
    first, second = tell(user), tell(user)
    assert [m.pk for m in first] == [m.pk for m in second]
    assert Message.objects.count() == 2


def test_a_person_named_twice_is_told_once() -> None:
    user = make_user()
    tell(user, user)
    assert states() == [("inbox", "delivered"), ("email", "pending")]


def test_nobody_inactive_is_told() -> None:
    user = make_user()
    deactivate(user)
    assert tell(user) == []


def test_only_verified_and_active_methods_carry_messages() -> None:
    user = make_user()
    user.contact_methods.all()
    from portal import audit

    with audit.action(actor=None, actor_label="test", reason="r", at=NOW):
        method = user.contact_methods.get()
        method.verified_at = None
        method.save(update_fields=["verified_at"])
    assert [m.channel for m in tell(user)] == ["inbox"]


def test_the_methods_of_the_lane_come_first() -> None:
    from portal import audit
    from portal.models import ContactMethod

    user = make_user(methods=[("email", "day@example.com")])
    with audit.action(actor=None, actor_label="test", reason="r", at=NOW):
        ContactMethod(
            user=user, channel="webhook", address="https://h.example.com", lane="routine", order=9, verified_at=NOW
        ).save()
    assert tell(user, lane="routine")[1].channel == "webhook"
    assert tell(user, key="k2")[1].channel == "email"


def test_a_field_travels_only_as_far_as_its_data_class() -> None:
    user = make_user(methods=[("email", "a@example.com"), ("webhook", "https://hooks.example.com/a")])
    inbox, mail = tell(user)
    assert inbox.context == {"restricted": WORDS}
    assert set(mail.context) == {"confidential", "internal"}
    assert set(mail.context["confidential"]) == {"reference", "title", "cause"}
    assert set(mail.context["internal"]) == {"reference", "title"}
    assert mail.data_class == "confidential"


def test_a_restricted_subject_lets_only_public_fields_and_links_out() -> None:
    actions = [{"purpose": "acknowledge", "generation": 1}]
    mail = tell(make_user(), data_class="restricted", context=WORDS | {"actions": actions})[1]
    assert mail.context["confidential"] == {"reference": "INC-1", "actions": actions}


def test_a_field_without_a_data_class_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(ValueError, match="'secret' of t.outbox has no data class"):
        tell(make_user(), context={"secret": 1})
    assert Message.objects.count() == 0


def test_an_unknown_event_is_refused() -> None:
    with pytest.raises(LookupError, match="t.unknown"):
        tell(make_user(), event="t.unknown")


def test_a_long_key_is_hashed_and_still_idempotent() -> None:
    user = make_user()
    first = tell(user, key="x" * 300)
    assert [m.pk for m in tell(user, key="x" * 300)] == [m.pk for m in first]
    assert tell(user, key="x" * 299)[0].pk != first[0].pk


def test_a_batch_costs_a_constant_number_of_statements(django_assert_num_queries: Any) -> None:
    people = [make_user() for _ in range(4)]
    notes = [outbox.Note(event=EVENT, subject=p, to=people, key=f"n{i}", context=WORDS) for i, p in enumerate(people)]
    with django_assert_num_queries(2 if connection.vendor == "postgresql" else 3):
        assert len(outbox.enqueue_many(notes, at=NOW)) == 32
