"""Rows in bulk arrive as they were set, and a conflict leaves what was there."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import DataError, connection, transaction

from portal import bulk, ids
from portal.models import Absence, AuditEntry, AuditPayload, Message, Timer, User
from tests import factories

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 29, 1, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
TEXTS = ["", "plain", "it’s “quoted” \\ and \"quoted\" 'twice'", "a\tb\nc {1,2} ;-- %s %(x)s", "Zoë 🚒 \u2028", "null"]


def make_timer(key: str, **extra: object) -> Timer:
    values = {"kind": "test", "subject_type": "portal.user", "subject_id": ids.uuid7(), "due_at": AT, "created_at": AT}
    return Timer(**(values | {"key": key} | extra))


@pytest.mark.parametrize("text", TEXTS)
def test_every_value_comes_back_as_it_was_set(text: str) -> None:
    data = {"text": text, "list": [1, 2.5, None, True, {"deep": [text]}], text: "key"}
    (row,) = bulk.insert([make_timer(f"k{text}", data=data, reason=text)])
    stored = Timer.objects.get(pk=row.pk)
    assert (stored.key, stored.reason, stored.data) == (f"k{text}", text, data)
    assert (stored.due_at, stored.ended_at, stored.subject_id) == (AT.astimezone(UTC), None, row.subject_id)
    assert not row._state.adding


def test_keys_belong_to_their_rows() -> None:
    rows = bulk.insert([make_timer(f"key {number}") for number in range(50)])
    assert dict(Timer.objects.values_list("pk", "key")) == {row.pk: row.key for row in rows}


def test_a_key_that_is_not_given_out_is_kept() -> None:
    entry = AuditEntry(at=AT, actor_label="test", verb="a.b", target_type="x", target_id="1", commitment="")
    (entry,) = bulk.insert([entry])
    (payload,) = bulk.insert([AuditPayload(entry_id=entry.pk, salt="s", content="{}")])
    assert payload.pk == entry.pk


def test_values_alone_are_written_with_the_defaults_of_the_rest() -> None:
    common = {"kind": "test", "subject_type": "portal.user", "due_at": AT, "created_at": AT}
    rows = [common | {"key": f"k{number}", "subject_id": ids.uuid7()} for number in range(3)]
    keys = bulk.insert_values(Timer, rows)
    stored = Timer.objects.in_bulk(keys)
    assert [stored[key].key for key in keys] == ["k0", "k1", "k2"]
    assert {(row.state, row.attempts, row.reason, row.ended_at) for row in stored.values()} == {("armed", 0, "", None)}
    assert [row.data for row in stored.values()] == [{}] * 3


@pytest.mark.parametrize("count", [1, 2, 7])
def test_any_number_of_equal_rows_arrives(count: int) -> None:
    row = {"at": AT, "actor_label": "test", "verb": "a.b", "target_type": "x", "target_id": "1", "commitment": ""}
    keys = bulk.insert_values(AuditEntry, [row | {"request_id": ids.uuid7()}] * count)
    assert len(set(keys)) == count


def test_a_value_that_is_too_long_is_refused_and_not_cut() -> None:
    refused = pytest.raises(DataError) if connection.vendor == "postgresql" else nullcontext()
    with refused, transaction.atomic():
        bulk.insert([make_timer("k" * 201), make_timer("other")])


def test_nothing_to_write_is_no_statement(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert bulk.insert([]) == []
        assert bulk.insert_new([]) == set()
        assert bulk.insert_values(Timer, []) == []


def news(key: str, event: str, user: User) -> dict[str, Any]:
    """The values of a message."""
    return {
        "id": ids.uuid7(),
        "event": event,
        "subject_type": "portal.user",
        "subject_id": user.pk,
        "recipient_id": user.pk,
        "channel": "inbox",
        "key": key,
        "lane": "urgent",
        "due_at": AT,
        "deadline_at": AT,
        "created_at": AT,
        "context": {"internal": {"title": "Zoë"}},
    }


def stored_news() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("key").values_list("key", "event"))


def test_only_new_rows_are_written_and_named() -> None:
    user = factories.make_user()
    first = Message(**news("a", "first", user))
    assert bulk.insert_new([first]) == {first.pk}
    again, other = Message(**news("a", "again", user)), Message(**news("b", "other", user))
    assert bulk.insert_new([again, other]) == {other.pk}
    assert stored_news() == [("a", "first"), ("b", "other")]


def test_of_values_too_only_new_ones_are_written() -> None:
    user = factories.make_user()
    first, again, other, third = (news(key, key * 3, user) for key in "aabc")
    assert bulk.insert_new_values(Message, [first]) == {first["id"]}
    assert bulk.insert_new_values(Message, [again, other]) == {other["id"]}
    bulk.insert_missing_values(Message, [again, other, third])
    assert stored_news() == [("a", "aaa"), ("b", "bbb"), ("c", "ccc")]


def test_more_rows_than_one_statement_takes_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "ROWS", 2)
    rows = bulk.insert([make_timer(f"key {number}") for number in range(5)])
    assert dict(Timer.objects.values_list("pk", "key")) == {row.pk: f"key {n}" for n, row in enumerate(rows)}


def test_tables_are_written_together_at_the_end_by_one_statement(django_assert_num_queries: Any) -> None:
    user = factories.make_user()
    entry = {"at": AT, "actor_label": "test", "verb": "a.b", "target_type": "x", "target_id": "1", "commitment": ""}
    rows = [make_timer("first"), make_timer("second", data={"%s": "100 %"})]
    away = Absence(user=user, starts_at=AT, ends_at=AT + timedelta(days=1))
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 3), bulk.together():
        bulk.insert(rows)
        bulk.insert([away])
        bulk.insert_values(AuditEntry, [entry | {"request_id": ids.uuid7()}])
    assert {timer.key: timer.data for timer in Timer.objects.all()} == {"first": {}, "second": {"%s": "100 %"}}
    stored = Absence.objects.get()
    assert (stored.pk, stored.user) == (away.pk, user)
    assert AuditEntry.objects.filter(verb="a.b").count() == 1


def test_whatever_answers_is_written_at_once() -> None:
    entry = {"at": AT, "actor_label": "test", "verb": "a.b", "target_type": "x", "target_id": "1", "commitment": ""}
    record, user = entry | {"request_id": ids.uuid7()}, factories.make_user()
    with bulk.together():
        (key,) = bulk.insert_values(AuditEntry, [record], at_once=True)
        assert AuditEntry.objects.get(pk=key).verb == "a.b"
        assert bulk.insert_new([AuditPayload(entry_id=key, salt="s", content="{}")]) == {key}
        first, again = news("a", "first", user), news("a", "again", user)
        assert bulk.insert_new_values(Message, [first]) == {first["id"]}
        assert bulk.insert_new_values(Message, [again]) == bulk.insert_new([Message(**again)]) == set()


def test_what_is_written_together_may_be_part_of_more(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1 if connection.vendor == "postgresql" else 3), bulk.together():
        bulk.insert([make_timer("first")])
        with bulk.together():
            bulk.insert([make_timer("second")])
        bulk.insert([make_timer("third")])
    assert set(Timer.objects.values_list("key", flat=True)) == {"first", "second", "third"}


def test_where_nothing_waits_no_statement_is_sent(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0), bulk.together():
        bulk.insert([])


def test_nothing_is_written_together_when_something_fails() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic(), bulk.together():
        bulk.insert([make_timer("key")])
        raise ZeroDivisionError
    assert not Timer.objects.exists()
    bulk.insert([make_timer("later")])
    assert Timer.objects.get().key == "later"
