"""What somebody with the password of the database does behind the portal."""

from typing import Any

from django.db import connection

from portal import seal
from portal.models import AuditEntry, AuditPayload
from portal.reads import completeness


def forge(statement: str, *values: Any) -> int:
    """Run SQL with the seals lifted; rows that it touched."""
    with seal.lifted(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def change(row: Any, **values: Any) -> None:
    """Edit the columns of one row, whatever its table."""
    with seal.lifted():
        assert type(row)._base_manager.filter(pk=row.pk).update(**values) == 1


def remove(row: Any) -> None:
    with seal.lifted():
        type(row)._base_manager.filter(pk=row.pk)._raw_delete(using="default")


def remove_entry(entry: AuditEntry) -> None:
    with seal.lifted():
        AuditPayload.objects.filter(pk=entry.pk).delete()
        AuditEntry.objects.filter(pk=entry.pk).delete()


def insert(row: Any) -> Any:
    """A row that no service wrote."""
    type(row)._base_manager.bulk_create([row])
    return row


def copy_of(row: Any, **values: Any) -> Any:
    """The same row once more, under another key."""
    fields = {item.attname: getattr(row, item.attname) for item in row._meta.concrete_fields if not item.primary_key}
    return insert(type(row)(**fields | values))


def told() -> list[str]:
    """What the check of completeness says."""
    return completeness.sentences(completeness.check())
