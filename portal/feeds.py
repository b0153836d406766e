"""What is computed from everything follows the ledger: indexes and figures, brought up to date by what was sealed.

A feed is told each sealed entry in the order of the ledger, at least once, and keeps its place in the transaction of
what it writes: after a kill it goes on where it was. What it writes must not depend on how often it is told.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from portal import registry
from portal.models.audit import AuditEntry
from portal.models.ledger import Feed, Leaf

BATCH = 500
"""Entries in one transaction."""

Touched = dict[str, set[str]]
"""Label of a model in lower case -> keys of its rows, as text, about which something was sealed."""


def follow(name: str, *, at: datetime) -> int:
    """Tell feed `name` of the next entries; how many. 0: nothing is new, or another process is at it."""
    if not _lags(name):
        return 0
    with transaction.atomic():
        Feed.objects.get_or_create(name=name)
        feed = Feed.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=name).first()
        if feed is None:
            return 0
        leaves = Leaf.objects.filter(index__gte=feed.index).order_by("index")[:BATCH]
        rows = list(leaves.values_list("index", "entry__target_type", "entry__target_id"))
        if not rows:
            return 0
        touched: Touched = {}
        for _index, label, key in rows:
            touched.setdefault(label, set()).add(key)
        registry.feeds[name](touched, at=at)
        feed.index = rows[-1][0] + 1
        feed.save(update_fields=["index"])
    return len(rows)


def _lags(name: str) -> bool:
    """Whether something is sealed that `name` does not know; a look without a lock."""
    known = Feed.objects.filter(pk=name).values_list("index", flat=True).first() or 0
    return Leaf.objects.filter(index__gte=known).exists()


def follow_all(*, at: datetime | None = None, stop: Callable[[], bool] = lambda: False) -> int:
    """All feeds until nothing is new or `stop` says so; how many entries they were told.

    One that fails does not hold the others back. Raises ExceptionGroup with what failed, when all had their turn.
    """
    told, failed = 0, dict[str, Exception]()
    for name, _feed in registry.feeds.items():
        try:
            while not stop() and (count := follow(name, at=at or timezone.now())):
                told += count
        except Exception as error:
            failed[name] = error
    if failed:
        raise ExceptionGroup(f"these feeds failed: {', '.join(failed)}", list(failed.values()))
    return told


def rebuild(name: str, *, at: datetime) -> None:
    """Have feed `name` make everything anew from what there is, and go on from there."""
    with transaction.atomic():
        Feed.objects.get_or_create(name=name)
        feed = Feed.objects.select_for_update(no_key=True).get(pk=name)
        last = Leaf.objects.aggregate(last=Max("index"))["last"]
        feed.index = 0 if last is None else last + 1
        feed.save(update_fields=["index"])
        registry.feeds[name](None, at=at)


def waits(*, at: datetime) -> dict[str, float]:
    """Name of each feed that lags -> how old the first entry is that it does not know, in seconds."""
    found = {}
    for name, _feed in registry.feeds.items():
        known = Feed.objects.filter(pk=name).values_list("index", flat=True).first() or 0
        first = AuditEntry.objects.filter(leaf__index=known).values_list("at", flat=True).first()
        if first is not None:
            found[name] = max(0.0, (at - first).total_seconds())
    return found
