"""A refusal must leave nothing behind."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from governance import models
from portal.models import Absence, AuditEntry, AuditPayload, Counter, IdempotencyKey, Message, Timer
from tests import pictures

TABLES = (
    models.Assignment,
    models.Attestation,
    models.Board,
    models.BoardSeat,
    models.CalendarLink,
    models.ChangeRequest,
    models.Comment,
    models.Delegation,
    models.DocumentCheck,
    models.Document,
    models.Edit,
    models.FreezeWindow,
    models.GovernanceReview,
    models.HandoverNotice,
    models.ImportedEvent,
    models.Layer,
    models.LayerMember,
    models.Override,
    models.Reference,
    models.Review,
    models.Schedule,
    models.Swap,
    models.Version,
    models.Workflow,
    models.WorkflowGroupObjectPermission,
    models.WorkflowUserObjectPermission,
    models.Document.history.model,
    models.Version.history.model,
    models.Workflow.history.model,
    Absence,
    AuditEntry,
    AuditPayload,
    Counter,
    IdempotencyKey,
    Message,
    Timer,
)


def picture() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that governance may write."""
    return pictures.picture(TABLES)


@contextmanager
def refused(error: type[Exception], match: str | None = None) -> Iterator[pytest.ExceptionInfo]:
    """The block raises `error` with words that match, and no row of any table differs afterwards."""
    before = picture()
    with pytest.raises(error, match=match) as info:
        yield info
    after = picture()
    assert {label: rows for label, rows in after.items() if rows != before[label]} == {}


def says(error: type[Exception], sentence: str) -> AbstractContextManager[pytest.ExceptionInfo]:
    """The block is refused with exactly `sentence`, and changes nothing."""
    return refused(error, f"^{re.escape(sentence)}$")
