"""History of every table that people edit: who, when, what and why (U7).

``track()`` is the only way to make a model tracked. Its rows collect in the open ``audit.action``, which
gives them actor, reason and request id, and commits to each of them in the ledger.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from simple_history.models import HistoricalRecords

from portal import ids, limits


class NotInAction(RuntimeError):
    """A tracked row was saved outside ``audit.action``: nobody could say who did it and why."""


@dataclass
class Collection:
    """What one action did to tracked tables so far."""

    actor: Any
    actor_label: str
    reason: str
    at: datetime
    request_id: UUID
    rows: list[Any] = field(default_factory=list)


current: ContextVar[Collection | None] = ContextVar("portal_history", default=None)


class HistoryRow(models.Model):
    """What every history table adds to simple-history's own columns."""

    reason = models.CharField(max_length=limits.REASON_LENGTH)
    request_id = models.UUIDField(default=ids.uuid7, db_index=True)
    actor_label = models.CharField(max_length=limits.NAME_LENGTH)

    class Meta:
        abstract = True


def track(*, excluded_fields: Sequence[str] = ()) -> HistoricalRecords:
    """The field that makes a model tracked."""
    return HistoricalRecords(bases=[HistoryRow], excluded_fields=list(excluded_fields), custom_model_name=None)
