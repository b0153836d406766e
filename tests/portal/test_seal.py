"""Sealed rows refuse update and delete on both databases."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from portal import checks, history, ids, seal
from portal.models import Attempt, AuditEntry, AuditPayload, Department, Message
from tests import factories

pytestmark = pytest.mark.django_db


def refuses(change: Any) -> None:
    with pytest.raises(IntegrityError, match="sealed"), transaction.atomic():
        change()


def make_attempt() -> Attempt:
    message = Message.objects.create(
        event="test",
        subject_type="portal.team",
        subject_id=ids.uuid7(),
        recipient=factories.make_user(),
        channel="inbox",
        key="k",
        lane="urgent",
        due_at=factories.NOW,
        deadline_at=factories.NOW,
        created_at=factories.NOW,
    )
    return Attempt.objects.create(message=message, number=1, token=ids.uuid7(), started_at=factories.NOW)


def test_everything_on_the_list_is_sealed() -> None:
    assert seal.unsealed() == []
    labels = {model._meta.label for _, model in seal.sealed()}
    assert {"portal.AuditEntry", "portal.Attempt", "portal.HistoricalUser", "governance.Version"} <= labels


def test_ledger_and_history_refuse_to_change() -> None:
    factories.make_department()
    for model in (AuditEntry, AuditPayload, history.model_of(Department)):
        column = "salt" if model is AuditPayload else "actor_label" if model is AuditEntry else "reason"
        refuses(lambda model=model, column=column: model.objects.update(**{column: "x"}))
        refuses(lambda table=model._meta.db_table: connection.cursor().execute(f"DELETE FROM {table}"))
        assert model.objects.count() == 1


def test_an_attempt_ends_once_and_changes_nothing_else() -> None:
    attempt = make_attempt()
    rows = Attempt.objects.filter(pk=attempt.pk)
    refuses(lambda: rows.update(ended_at=factories.NOW, address="other@example.com"))
    refuses(lambda: rows.delete())
    assert rows.update(ended_at=factories.NOW, result="sent", detail="", digest="d") == 1
    refuses(lambda: rows.update(result="refused"))
    refuses(lambda: rows.update(ended_at=None))
    assert rows.get().result == "sent"


def test_install_may_run_again() -> None:
    seal.install()
    seal.install()
    assert seal.unsealed() == []


def test_a_lost_trigger_is_named_and_written_again() -> None:
    on = " ON portal_auditentry" if connection.vendor == "postgresql" else ""
    connection.cursor().execute(f"DROP TRIGGER portal_auditentry_seal_update{on}")
    assert seal.unsealed() == ["portal.AuditEntry"]
    seal.install()
    assert seal.unsealed() == []


def test_erasure_lifts_the_seal_and_puts_it_back() -> None:
    factories.make_department()
    with seal.lifted():
        assert AuditPayload.objects.update(content="", salt="") == 1
    refuses(lambda: AuditPayload.objects.update(content="x"))
    assert seal.unsealed() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("time", [1, 2])
def test_the_flush_between_tests_leaves_an_empty_and_sealed_database(time: int) -> None:
    assert not AuditEntry.objects.exists()
    assert seal.unsealed() == []
    factories.make_department()


def test_a_table_that_a_migration_has_still_to_make_does_not_stop_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """``migrate`` runs the checks of the database first; on an older database a new history table is not there yet."""
    tables = [name for name in connection.introspection.table_names() if name != "governance_historicalswap"]
    monkeypatch.setattr(seal, "unsealed", lambda: ["governance.HistoricalSwap", "portal.AuditEntry"])
    monkeypatch.setattr(type(connection.introspection), "table_names", lambda *args, **kwargs: tables)
    assert [str(error.msg) for error in checks.tables_are_sealed(databases=["default"])] == [
        "portal.AuditEntry is not sealed."
    ]
