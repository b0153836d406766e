"""History of every table that people edit: who, when, what and why (U7).

``track()`` is the only way to make a model tracked. Its rows collect in the open ``audit.action``, which
gives them actor, reason and request id, and commits to each of them in the ledger. A save is compared with
the last history row of the same object, so that a save that changes nothing (or only excluded fields)
writes nothing. ``bulk()`` is the only bulk path. The signals are connected in ``portal.hooks``.
"""

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Max
from simple_history.models import HistoricalRecords

from portal import bulk as plain
from portal import ids, limits

CREATED, CHANGED, DELETED = "+", "~", "-"
_models: dict[type[models.Model], Any] = {}  # history models by tracked ones


class NotInAction(RuntimeError):
    """A tracked row was saved outside ``audit.action``: nobody could say who did it and why."""


@dataclass
class Row:
    """One collected history row and the one before it (None for a new object)."""

    row: Any
    before: Any = None


@dataclass
class Collection:
    """What one action did to tracked tables so far."""

    actor: Any
    actor_label: str
    reason: str
    at: datetime
    request_id: UUID
    rows: list[Row] = field(default_factory=list)


current: ContextVar[Any] = ContextVar("portal_history", default=None)


class HistoryRow(models.Model):
    """What every history table adds to simple-history's own columns."""

    reason = models.CharField(max_length=limits.REASON_LENGTH)
    request_id = models.UUIDField(default=ids.uuid7, db_index=True)
    actor_label = models.CharField(max_length=limits.NAME_LENGTH)

    class Meta:
        abstract = True


class Records(HistoricalRecords):
    """simple-history, except that a save that changes nothing writes nothing."""

    def post_save(self, instance: Any, created: bool, using: Any = None, **kwargs: Any) -> None:
        update_fields = kwargs.get("update_fields")
        if kwargs.get("raw") or not touches(type(instance), update_fields):
            return
        before = None if created else latest(type(instance), [instance.pk]).get(instance.pk)
        self._write(instance, CREATED if created else CHANGED, before, update_fields)

    def post_delete(self, instance: Any, using: Any = None, **kwargs: Any) -> None:
        self._write(instance, DELETED, latest(type(instance), [instance.pk]).get(instance.pk), None)

    def _write(self, instance: Any, kind: str, before: Any, update_fields: Any) -> None:
        row = make_row(instance, kind, before, update_fields)
        if row is not None:
            row.save(force_insert=True)
            collection().rows.append(Row(row, before))

    def create_historical_record(self, instance: Any, history_type: str, using: Any = None) -> None:
        self._write(instance, history_type, None, None)


def track(*, excluded_fields: Sequence[str] = ()) -> Records:
    """The field that makes a model tracked."""
    return Records(bases=[HistoryRow], excluded_fields=list(excluded_fields))


def is_tracked(model: type[models.Model]) -> bool:
    return hasattr(model._meta, "simple_history_manager_attribute")


def tracked_models() -> list[type[models.Model]]:
    from django.apps import apps

    return [model for model in apps.get_models() if is_tracked(model)]


def model_of(tracked: type[models.Model]) -> Any:
    """The history model of a tracked model; looked up once, because each look makes a manager class."""
    if tracked not in _models:
        _models[tracked] = getattr(tracked, tracked._meta.simple_history_manager_attribute).model  # type: ignore[attr-defined]
    return _models[tracked]


def touches(model: type[models.Model], update_fields: Iterable[str] | None) -> bool:
    """Whether a save of `update_fields` (None = all) can change a tracked column."""
    if update_fields is None:
        return True
    names = {name for item in model_of(model).tracked_fields for name in (item.name, item.attname)}
    return not names.isdisjoint(update_fields)


def collection() -> Any:
    """The open action. Raises NotInAction."""
    found = current.get()
    if found is None:
        raise NotInAction("A tracked row may be saved only inside audit.action(actor=…, reason=…, at=…).")
    return found


def latest(model: type[models.Model], keys: Sequence[Any]) -> dict[Any, Any]:
    """The last history row of each object of `model` in `keys`; one query."""
    rows, key = model_of(model)._base_manager, model._meta.pk.attname  # type: ignore[union-attr]
    if len(keys) == 1:
        found = rows.filter(**{key: keys[0]}).order_by("-history_id")[:1]
    else:
        newest = rows.filter(**{f"{key}__in": keys}).order_by().values(key).annotate(last=Max("history_id"))
        found = rows.filter(history_id__in=newest.values("last"))
    return {getattr(row, key): row for row in found}


def make_row(instance: Any, kind: str, before: Any, update_fields: Iterable[str] | None) -> Any | None:
    """The unsaved history row of what was just written, or None when nothing changed.

    NOTE: a field that was set on the instance but not named in `update_fields` was not written, so it is
    taken from the row before.
    """
    history = model_of(type(instance))
    named = None if update_fields is None else set(update_fields)
    values: dict[str, Any] = {}
    changed = kind != CHANGED or before is None
    for item in history.tracked_fields:
        if before is not None and named is not None and not named & {item.name, item.attname}:
            values[item.attname] = getattr(before, item.attname)
            continue
        values[item.attname] = _clean(item, getattr(instance, item.attname))
        changed = changed or values[item.attname] != getattr(before, item.attname)
    if not changed:
        return None
    action = collection()
    return history(
        history_date=action.at,
        history_type=kind,
        history_user=action.actor,
        reason=action.reason,
        request_id=action.request_id,
        actor_label=action.actor_label,
        **values,
    )


def _clean(item: Any, value: Any) -> Any:
    """The value as the database gives it back, so that "1" and 1 are no change."""
    if value is None:
        return None
    if isinstance(item, models.FileField):
        return str(value)
    value = item.to_python(value)
    return str(value) if isinstance(value, str) else value


def insert_new(obj: Any) -> bool:
    """Insert tracked `obj` with its history, unless one of its unique keys is taken: then nothing happens (False).

    Waits for another transaction that is just inserting the same key. Raises NotInAction.
    """
    action = collection()
    row: Any = make_row(obj, CREATED, None, None)
    if not plain.insert_new_with(obj, row):
        return False
    obj._state.adding = False
    action.rows.append(Row(row))
    return True


def bulk(objs: Sequence[Any], *, update_fields: Sequence[str] | None = None, create: bool = False) -> int:
    """Insert (`create`) or update (`update_fields`) tracked objects of one model with their history.

    Returns how many history rows were written. The only bulk path: ``bulk_create``, ``bulk_update`` and
    ``queryset.update`` bypass history. Raises NotInAction.
    """
    if create == (update_fields is not None):
        raise ValueError("Either create or update_fields.")
    action = collection()
    if not objs:
        return 0
    model = type(objs[0])
    before = {} if create else latest(model, [obj.pk for obj in objs])
    if create:
        model._base_manager.bulk_create(objs)
    else:
        model._base_manager.bulk_update(objs, list(update_fields or ()))
    kind = CREATED if create else CHANGED
    pairs = [(make_row(obj, kind, before.get(obj.pk), update_fields), before.get(obj.pk)) for obj in objs]
    rows = [Row(row, old) for row, old in pairs if row is not None]
    model_of(model)._base_manager.bulk_create([item.row for item in rows])
    action.rows.extend(rows)
    return len(rows)
