"""U7: who, when, what and why for every row that people edit."""

import json
from typing import Any

import pytest

from portal import history
from portal.models import AuditEntry, ContactMethod, Department, User
from tests import factories

pytestmark = pytest.mark.django_db

Row = history.model_of(Department)


def test_a_save_outside_an_action_is_refused_and_writes_nothing() -> None:
    with pytest.raises(history.NotInAction):
        Department.objects.create(key="ops", name="Ops")
    assert not Department.objects.exists()
    assert not Row.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_any_transaction_a_refused_save_and_delete_leave_the_row_as_it_was() -> None:
    department = factories.make_department("ops", "Ops")
    department.name = "Other"
    with pytest.raises(history.NotInAction):
        department.save()
    with pytest.raises(history.NotInAction):
        department.delete()
    assert Department.objects.get().name == "Ops"
    assert Row.objects.count() == 1


def test_a_row_says_who_when_and_why() -> None:
    admin = factories.make_user(name="Ada")
    with factories.action("new part of the company", actor=admin) as action:
        department = Department.objects.create(key="ops", name="Ops")
    row = Row.objects.get(id=department.pk)
    assert (row.history_type, row.history_user, row.actor_label) == ("+", admin, "Ada")
    assert (row.reason, row.history_date) == ("new part of the company", factories.NOW)
    assert row.request_id == action.request_id


def test_a_new_row_comes_with_its_history_and_a_taken_key_with_nothing() -> None:
    new = Department(key="ops", name="Ops")
    with factories.action() as action:
        assert history.insert_new(new)
        assert not history.insert_new(Department(key="ops", name="Other"))
        new.name = "Operations"
        new.save()
    assert list(Department.objects.values_list("name", flat=True)) == ["Operations"]
    rows = Row.objects.order_by("pk")
    assert list(rows.values_list("id", "name", "history_type")) == [(new.pk, "Ops", "+"), (new.pk, "Operations", "~")]
    entries = AuditEntry.objects.filter(request_id=action.request_id).order_by("pk")
    assert [(entry.verb, entry.target_id) for entry in entries] == [
        ("portal.department.created", str(new.pk)),
        ("portal.department.changed", str(new.pk)),
    ]
    proofs = [json.loads(entry.payload.content)["history"] for entry in entries]
    assert [proof["id"] for (proof,) in proofs] == [row.pk for row in rows]


def test_a_save_that_changes_nothing_writes_neither_history_nor_audit() -> None:
    department = factories.make_department("ops", "Ops")
    rows, entries = Row.objects.count(), AuditEntry.objects.count()
    with factories.action():
        department.save()
        department.save(update_fields=["name"])
    assert Row.objects.count() == rows
    assert AuditEntry.objects.count() == entries


def test_a_field_that_was_not_written_is_not_in_the_history() -> None:
    department = factories.make_department("ops", "Ops")
    department.name, department.key = "Operations", "forgotten"
    with factories.action():
        department.save(update_fields=["name"])
    row = Row.objects.first()
    assert (row.name, row.key) == ("Operations", "ops")


def test_a_save_of_excluded_fields_needs_no_action() -> None:
    person = factories.make_user()
    rows = history.model_of(User).objects.count()
    person.last_login = factories.NOW
    person.save(update_fields=["last_login"])
    assert history.model_of(User).objects.count() == rows


def test_a_deleted_row_leaves_its_last_state() -> None:
    department = factories.make_department("ops", "Ops")
    with factories.action("gone"):
        department.delete()
    row = Row.objects.first()
    assert (row.history_type, row.name, row.reason) == ("-", "Ops", "gone")


def test_bulk_writes_history_only_for_what_changed() -> None:
    with factories.action():
        made = [Department(key=f"d{n}", name=f"D{n}") for n in range(3)]
        assert history.bulk(made, create=True) == 3
    made[0].name = "Other"
    with factories.action("renamed") as action:
        assert history.bulk(made, update_fields=["name"]) == 1
    assert Department.objects.filter(name="Other").count() == 1
    entry = AuditEntry.objects.get(request_id=action.request_id)
    assert (entry.verb, entry.target_id) == ("portal.department.changed", str(made[0].pk))


def test_bulk_outside_an_action_is_refused() -> None:
    with pytest.raises(history.NotInAction):
        history.bulk([Department(key="a", name="A")], create=True)
    assert not Department.objects.exists()


def test_a_secret_never_enters_history_or_ledger() -> None:
    method = factories.make_contact_method(factories.make_user(), secret="top-secret")
    assert not hasattr(history.model_of(ContactMethod).objects.get(id=method.pk), "secret")
    assert "top-secret" not in AuditEntry.objects.order_by("id").last().payload.content


@pytest.mark.parametrize("how", [{}, {"create": True, "update_fields": ["name"]}])
def test_many_rows_are_either_new_or_changed(how: dict[str, Any]) -> None:
    department = factories.make_department("ops", "Ops")
    department.name = "Other"
    with factories.action(), pytest.raises(ValueError, match="Either create or update_fields"):
        history.bulk([department], **how)
    assert (Department.objects.get().name, Row.objects.count()) == ("Ops", 1)
