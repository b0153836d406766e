"""I10: each state change has its audit entry in the same transaction."""

import hashlib
import json
from datetime import datetime, timedelta, timezone

import pytest
import rfc8785
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from portal import audit, history, invariants
from portal.audit import record
from portal.errors import DomainError
from portal.models import AuditEntry, AuditPayload, Department
from tests import factories

pytestmark = pytest.mark.django_db


def test_one_entry_for_what_was_recorded_and_one_for_each_history_row() -> None:
    with factories.action("opened") as action:
        department = Department.objects.create(key="ops", name="Ops")
        action.record(verb="department.opened", target=department, data={"n": 1})
    entries = AuditEntry.objects.filter(request_id=action.request_id).order_by("id")
    assert [entry.verb for entry in entries] == ["department.opened", "portal.department.created"]
    assert {entry.target_id for entry in entries} == {str(department.pk)}
    first, second = (json.loads(entry.payload.content) for entry in entries)
    assert first == {"reason": "opened", "data": {"n": 1}, "history": []}
    row = history.model_of(Department).objects.get()
    assert second["history"] == [
        {"table": "portal_historicaldepartment", "id": row.history_id, "digest": audit.row_digest(row)}
    ]


def test_the_commitment_is_the_hash_of_salt_and_canonical_payload() -> None:
    with factories.action() as action:
        action.record_many([("a.b", "portal.team", "1", {"z": 1, "a": "ü"})])
    entry = AuditEntry.objects.get()
    assert entry.payload.content == '{"data":{"a":"ü","z":1},"history":[],"reason":"test"}'
    text = entry.payload.salt + entry.payload.content
    assert entry.commitment == hashlib.sha256(text.encode()).hexdigest()
    assert len(entry.payload.salt) == 64


WORDS = st.text(max_size=12) | st.sampled_from(["\ue000", "\U0001f692", "\x00\x1f\x7f", "\u2028", '"\\\\'])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_canonical_text_is_that_of_rfc_8785(value: object) -> None:
    assert audit.canonical(value) == rfc8785.dumps(record.plain(value)).decode()


def test_two_statements_write_any_number_of_entries() -> None:
    with (
        CaptureQueriesContext(
            connection,
        ) as queries,
        factories.action() as action,
    ):
        action.record_many([("a.b", "portal.team", str(n), None) for n in range(50)])
    inserts = [query for query in queries if query["sql"].startswith("INSERT")]
    assert len(inserts) == 2
    assert AuditEntry.objects.count() == AuditPayload.objects.count() == 50


def test_an_inner_action_joins_the_outer_one() -> None:
    with (
        factories.action("outer") as outer,
        audit.action(actor=None, actor_label="x", reason="inner", at=factories.NOW) as inner,
    ):
        assert inner is outer
        factories.make_department("ops")
    entry = AuditEntry.objects.get()
    assert entry.request_id == outer.request_id
    assert json.loads(entry.payload.content)["reason"] == "outer"
    assert audit.current() is None


def test_an_error_rolls_everything_back_and_closes_the_action() -> None:
    with pytest.raises(DomainError), factories.action() as action:
        Department.objects.create(key="ops", name="Ops")
        action.record_many([("a.b", "portal.team", "1", None)])
        raise DomainError("no")
    assert not Department.objects.exists()
    assert not AuditEntry.objects.exists()
    assert audit.current() is None


def test_an_inner_error_that_is_swallowed_cannot_leave_half_a_change() -> None:
    with pytest.raises(transaction.TransactionManagementError), factories.action():
        try:
            with factories.action():
                raise DomainError("no")
        except DomainError:
            pass
        Department.objects.create(key="ops", name="Ops")
    assert not AuditEntry.objects.exists()


def test_a_savepoint_forgets_only_its_part() -> None:
    with factories.action() as action:
        factories.make_department("kept")
        with pytest.raises(DomainError), action.savepoint():
            factories.make_department("lost")
            raise DomainError("no")
    assert list(Department.objects.values_list("key", flat=True)) == ["kept"]
    assert AuditEntry.objects.count() == 1


def test_somebody_must_act() -> None:
    with pytest.raises(ValueError, match="Say who acts"), audit.action(actor=None, reason="x", at=factories.NOW):
        pass


def test_a_change_says_what_was_before_and_after() -> None:
    department = factories.make_department("ops", "Ops")
    with factories.action("clearer"):
        department.name = "Operations"
        department.save(update_fields=["name"])
    entry = AuditEntry.objects.order_by("id").last()
    assert entry.verb == "portal.department.changed"
    assert json.loads(entry.payload.content)["data"] == {"name": {"before": "Ops", "after": "Operations"}}


def test_the_digest_of_a_history_row_survives_the_trip_to_the_database() -> None:
    berlin = timezone(timedelta(hours=2))
    person = factories.make_user()
    start = datetime(2026, 5, 1, 9, 30, 0, 123456, tzinfo=berlin)
    absence = factories.make_absence(person, start, start + timedelta(days=1))
    row = type(absence).history.get(id=absence.pk)
    entry = AuditEntry.objects.filter(verb="portal.absence.created").get()
    assert json.loads(entry.payload.content)["history"][0]["digest"] == audit.row_digest(row)


@pytest.mark.parametrize("value", ["\x00", "\ud800", 2**70, {"a": {1: b"x"}}, [factories.NOW], 1.5, None, True])
def test_anything_can_be_recorded(value: object) -> None:
    with factories.action() as action:
        action.record_many([("a.b", "portal.team", "1", {"value": value})])
    assert json.loads(AuditEntry.objects.get().payload.content)["data"].keys() == {"value"}


def test_the_invariant_finds_a_change_without_entry() -> None:
    factories.make_department("ops")
    assert invariants.every_change_has_its_entry() == []
    row = history.model_of(Department).objects.get()
    row.pk, row.request_id = None, "01900000-0000-7000-8000-000000000000"
    row.save(force_insert=True)
    assert invariants.every_change_has_its_entry() == [f"portal.HistoricalDepartment {row.pk} has no audit entry."]
