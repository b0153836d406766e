"""A refusal must leave nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from governance import models
from portal.models import AuditEntry, AuditPayload, Counter, Message, Timer

TABLES = (
    models.Assignment,
    models.ChangeRequest,
    models.Document,
    models.Edit,
    models.Reference,
    models.Review,
    models.Version,
    models.Workflow,
    models.WorkflowGroupObjectPermission,
    models.WorkflowUserObjectPermission,
    models.Document.history.model,
    models.Version.history.model,
    models.Workflow.history.model,
    AuditEntry,
    AuditPayload,
    Counter,
    Message,
    Timer,
)


def picture() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that governance may write."""
    return {table._meta.label: sorted(table._base_manager.values_list(), key=str) for table in TABLES}


@contextmanager
def refused(error: type[Exception], match: str | None = None) -> Iterator[pytest.ExceptionInfo]:
    """The block raises `error` with words that match, and no row of any table differs afterwards."""
    before = picture()
    with pytest.raises(error, match=match) as info:
        yield info
    after = picture()
    assert {label: rows for label, rows in after.items() if rows != before[label]} == {}
