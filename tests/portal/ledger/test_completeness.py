"""No change without an entry, no entry without its change (I10): each way to tamper with tables is found by name."""

from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from portal import audit, history, ids, invariants
from portal.models import AuditEntry, AuditPayload, Department, User
from portal.reads import accounts, completeness
from tests import factories
from tests.portal.ledger.forging import change, copy_of, forge, insert, remove, remove_entry, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops() -> Department:
    """A department that was made and renamed."""
    found = factories.make_department("ops", "Ops")
    rename(found, "Operations")
    return found


def rename(department: Department, name: str) -> None:
    with factories.action("clearer"):
        department.name = name
        department.save(update_fields=["name"])


def past(row: Any) -> Any:
    return history.model_of(type(row))._base_manager.order_by("-pk").first()


def entry_of(verb: str) -> AuditEntry:
    return AuditEntry.objects.get(verb=verb)


def test_nothing_is_found_where_nobody_has_tampered(ops: Department) -> None:
    person = factories.make_user(roles=("responder",), teams=(factories.make_team(),))
    with factories.action("moved"):
        person.memberships.first().delete()
    assert told() == []


# The table


def test_a_row_that_was_edited_behind_the_portal(ops: Department) -> None:
    forge("UPDATE portal_department SET name = 'Oops', key = 'oops' WHERE id = %s", key(ops))
    assert told() == [f"portal.Department {ops.pk} differs from its last history row in key, name."]


def test_a_row_that_was_inserted_behind_the_portal(ops: Department) -> None:
    new = insert(Department(key="ghost", name="Ghost"))
    assert told() == [f"portal.Department {new.pk} has no history."]


def test_a_row_that_was_deleted_behind_the_portal(ops: Department) -> None:
    remove(ops)
    assert told() == [
        f"portal.Department {ops.pk} is not there, but its last history row does not say that it was deleted."
    ]


def test_a_deleted_row_that_was_put_back_behind_the_portal(ops: Department) -> None:
    kept = ops.pk
    with factories.action("not needed"):
        ops.delete()
    assert told() == []
    insert(Department(pk=kept, key="ops", name="Operations"))
    assert told() == [f"portal.Department {kept} is there, but its last history row says that it was deleted."]


def test_columns_that_are_not_tracked_are_no_matter() -> None:
    person = factories.make_user()
    User.objects.filter(pk=person.pk).update(password="another", last_login=factories.NOW)
    assert told() == []


# Its history


def test_a_history_row_that_was_edited(ops: Department) -> None:
    row = past(ops)
    change(row, reason="nothing to see here")
    entry = entry_of("portal.department.changed")
    assert told() == [f"portal.HistoricalDepartment {row.pk} is not what audit entry {entry.pk} committed to."]


def test_row_and_history_edited_alike(ops: Department) -> None:
    row = past(ops)
    change(row, name="Oops")
    change(ops, name="Oops")
    entry = entry_of("portal.department.changed")
    assert told() == [f"portal.HistoricalDepartment {row.pk} is not what audit entry {entry.pk} committed to."]


def test_a_history_row_that_was_deleted(ops: Department) -> None:
    row = past(ops)
    change(ops, name="Ops")  # so that the table fits the history that is left
    remove(row)
    entry = entry_of("portal.department.changed")
    assert told() == [f"Audit entry {entry.pk} lists portal.HistoricalDepartment {row.pk}, which is not there."]


def test_a_service_that_wrote_history_and_no_entry(ops: Department) -> None:
    row = copy_of(past(ops), request_id=ids.uuid7(), name="Oops")
    change(ops, name="Oops")
    assert told() == [f"portal.HistoricalDepartment {row.pk} has no audit entry."]


def test_a_second_history_row_under_the_entry_of_the_first(ops: Department) -> None:
    row = copy_of(past(ops))
    assert told() == [f"portal.HistoricalDepartment {row.pk} is listed in no audit entry of its change."]


def test_an_entry_that_was_deleted(ops: Department) -> None:
    remove_entry(entry_of("portal.department.changed"))
    assert told() == [f"portal.HistoricalDepartment {past(ops).pk} has no audit entry."]


def test_the_name_beside_a_person_is_no_part_of_the_proof(ops: Department) -> None:
    """It may be erased; the label of a process is what says who acted."""
    with audit.action(actor=factories.make_user(), reason="clearer", at=factories.NOW):
        ops.name = "Company"
        ops.save(update_fields=["name"])
    change(past(ops), actor_label="Somebody who left")
    assert told() == []
    change(history.model_of(Department)._base_manager.earliest("pk"), actor_label="another process")
    assert len(told()) == 1


# Erasure


def test_words_that_are_gone_without_an_erasure(ops: Department) -> None:
    entry = entry_of("portal.department.changed")
    remove(AuditPayload.objects.get(pk=entry.pk))
    assert told() == [
        f"portal.HistoricalDepartment {past(ops).pk} cannot be proven: the words of audit entry {entry.pk} are gone."
    ]


def test_words_that_were_erased_in_good_order(ops: Department) -> None:
    entry = entry_of("portal.department.changed")
    with factories.action("asked for") as action:
        action.record(verb="ledger.erased", target=ops, data={"entries": [entry.pk]})
    remove(AuditPayload.objects.get(pk=entry.pk))
    change(past(ops), name="[erased]")
    change(ops, name="[erased]")
    assert told() == []


# What services prove besides


def test_rows_are_proven_by_an_entry_of_their_action(ops: Department) -> None:
    with factories.action() as action:
        action.record(verb="department.noted", target=ops)
        action.prove([ops], about=ops)
    content = accounts.parsed(entry_of("department.noted").payload.content)
    assert content["rows"] == [{"table": "portal_department", "id": str(ops.pk), "digest": audit.log_digest(ops)}]
    assert audit.log_digest(Department.objects.get()) == audit.log_digest(ops)


def test_an_action_that_proves_a_row_and_records_nothing_about_it_is_undone(ops: Department) -> None:
    before = AuditEntry.objects.count()
    sentence = f"record what happened to portal.department {ops.pk}"
    with pytest.raises(audit.NoEntryAboutIt, match=sentence), factories.action() as action:
        action.record_many([("a.b", "portal.team", "1", None)])
        action.prove([ops], about=ops)
    assert AuditEntry.objects.count() == before


def test_what_a_savepoint_undoes_is_not_proven(ops: Department) -> None:
    with factories.action() as action:
        with pytest.raises(IntegrityError), action.savepoint():
            action.prove([ops], about=ops)
            raise IntegrityError
        action.record(verb="department.noted", target=ops)
    assert "rows" not in accounts.parsed(entry_of("department.noted").payload.content)


def test_an_entry_that_lists_a_row_of_no_table(ops: Department) -> None:
    entry = entry_of("portal.department.changed")
    content = entry.payload.content.replace("portal_historicaldepartment", "portal_pigeon")
    change(entry.payload, content=content)
    assert told() == [
        f"portal.HistoricalDepartment {past(ops).pk} is listed in no audit entry of its change.",
        f"Audit entry {entry.pk} lists a row of portal_pigeon, and there is no such table.",
    ]


# How it is done


def test_somebody_who_changes_a_row_just_then_is_no_finding(ops: Department, monkeypatch: pytest.MonkeyPatch) -> None:
    walk, chunks = accounts.Walk(), accounts.chunks

    def slow(rows: Any) -> Any:
        for part in chunks(rows):
            rename(Department.objects.get(pk=ops.pk), "Company")  # after the row was read, before its history is
            yield part

    monkeypatch.setattr(completeness, "chunks", slow)
    assert list(completeness.state_is_history(Department, walk)) == []
    forge("UPDATE portal_department SET name = 'Oops' WHERE id = %s", key(ops))
    monkeypatch.undo()
    assert len(list(completeness.state_is_history(Department, walk))) == 1


def test_many_rows_take_as_many_questions_as_few() -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert completeness.check() == []
        return len(queries)

    factories.make_department()
    few = asked()
    for _ in range(30):
        factories.make_department()
    assert asked() == few


def test_tables_are_read_in_pieces() -> None:
    made = [factories.make_department().pk for _ in range(5)]
    parts = [[row.pk for row in part] for part in accounts.chunks(Department.objects.all(), 2)]
    assert [len(part) for part in parts] == [2, 2, 1]
    assert [pk for part in parts for pk in part] == sorted(made)
    assert list(accounts.chunks(Department.objects.none())) == []


def test_it_tells_how_far_it_is(ops: Department) -> None:
    said: list[tuple[int, int]] = []
    completeness.check(lambda done, total: said.append((done, total)))
    assert said == sorted(said) and said[-1][0] == said[-1][1] > 0
    assert len({total for _done, total in said}) == 1


def test_it_stops_when_it_has_found_enough() -> None:
    for number in range(4):
        insert(Department(key=f"ghost-{number}", name="Ghost"))
    assert len(completeness.check(most=3)) == 3


def test_a_finding_can_be_kept_as_json_and_read_again(ops: Department) -> None:
    remove(ops)
    (found,) = completeness.check()
    assert completeness.Finding(**{"kind": found.kind, "facts": dict(found.facts)}) == found
    assert all(isinstance(value, str) for value in found.facts.values())


def test_the_invariant_tells_what_is_found(ops: Department) -> None:
    assert invariants.every_change_has_its_entry() == []
    forge("UPDATE portal_department SET name = 'Oops' WHERE id = %s", key(ops))
    assert invariants.every_change_has_its_entry() == told() != []


def key(row: Any) -> Any:
    """The key of `row` as its column holds it."""
    return row._meta.pk.get_db_prep_value(row.pk, connection)
