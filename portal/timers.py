"""The one clock: promises with a time, written with their cause and fired by ``manage.py clock``.

Lock order: document or incident, run, timer, message. The clock never waits: it claims due timers with
SKIP LOCKED, and its handlers lock their subjects with ``lock_subjects``; a timer whose subject somebody
else holds stays armed for the next tick.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import structlog
from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.utils import timezone

from portal import audit, bulk, limits, operators, outbox, registry
from portal.models.timers import Heartbeat, Timer, TimerState

log = structlog.get_logger(__name__)
M = TypeVar("M", bound=models.Model)

BATCH_POSTGRESQL = 500
BATCH_SQLITE = 100  # a batch blocks all writers there
TRIES = 3  # then a timer whose handler raises is parked
OVERDUE = timedelta(seconds=60)  # so late is a timer only when no clock ran
STORM = 20  # overdue timers in one batch: the clock has come back
SETTLE, SETTLE_EACH = timedelta(seconds=6), timedelta(seconds=2)  # what they cause is sent so long after
CALM = timedelta(seconds=60)  # without overdue timers, then the storm is over
RETRY_AFTER = (timedelta(seconds=1), timedelta(seconds=5))
CLOCK = "clock"


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A promise to write: `kind` names the handler, `data` is JSON, `due_at` is UTC."""

    kind: str
    subject: models.Model
    due_at: datetime
    key: str = ""
    data: dict[str, Any] | None = None
    reason: str = ""


class _Storm:
    """After an outage all that was due comes at once: each person's messages are held a little and collected.

    Kept by the process: a second clock sees its own share of what is overdue.
    """

    def __init__(self) -> None:
        self.began: datetime | None = None
        self.last = datetime.min.replace(tzinfo=UTC)

    def held_until(self, rows: Sequence[Timer], at: datetime) -> datetime | None:
        """Until when the messages of this batch wait; None in calm weather."""
        overdue = sum(at - row.due_at > OVERDUE for row in rows)
        is_on = self.began is not None and timedelta() <= at - self.last < CALM
        if not is_on:
            self.began = None
        if overdue >= STORM or (is_on and overdue):
            self.began, self.last = self.began or at, at
            return max(self.began + SETTLE, at + SETTLE_EACH)
        return None


storm = _Storm()


@dataclass(frozen=True)
class Fired:
    """What one call of ``fire_due`` did; `left` timers are due but their subject was locked by somebody."""

    count: int = 0
    parked: int = 0
    next_due_at: datetime | None = None
    left: int = 0


@dataclass
class _Round:
    fired: int = 0
    parked: int = 0
    left: set[int] = field(default_factory=set)


def label(subject: models.Model) -> str:
    """The name of a subject's model as timers and messages store it, e.g. ``incidents.incident``."""
    return subject._meta.label_lower


def schedule(
    *,
    kind: str,
    subject: models.Model,
    due_at: datetime,
    at: datetime,
    key: str = "",
    data: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    """Promise that the handler of `kind` runs for `subject` at `due_at`; call inside the cause's transaction.

    An armed timer of the same `key` (default ``kind:subject``) is superseded: the newest promise counts.
    """
    spec = Spec(kind=kind, subject=subject, due_at=due_at, key=key, data=data, reason=reason)
    schedule_many([spec], at=at)


def schedule_many(specs: Sequence[Spec], at: datetime, *, are_first: bool = False) -> None:
    """``schedule`` in two statements, however many there are; in one where they `are_first` of their keys."""
    rows = [
        {
            "kind": spec.kind,
            "subject_type": label(spec.subject),
            "subject_id": spec.subject.pk,
            "key": spec.key or f"{spec.kind}:{spec.subject.pk}",
            "data": spec.data or {},
            "due_at": spec.due_at,
            "reason": spec.reason[: limits.REASON_LENGTH],
            "created_at": at,
        }
        for spec in specs
    ]
    with transaction.atomic(savepoint=False):
        if not are_first:
            Timer.objects.filter(state=TimerState.ARMED, key__any=[row["key"] for row in rows]).update(
                state=TimerState.SUPERSEDED, ended_at=at, reason="a newer promise"
            )
        bulk.insert_values(Timer, rows)


def cancel(*, subject: models.Model, at: datetime, reason: str, kinds: Collection[str] | None = None) -> int:
    """End the armed timers of `subject` because they are not needed any more; returns how many."""
    return _end(TimerState.CANCELLED, subject, at, reason, kinds)


def supersede(*, subject: models.Model, at: datetime, reason: str, kinds: Collection[str] | None = None) -> int:
    """End the armed timers of `subject` because newer promises replace them; returns how many."""
    return _end(TimerState.SUPERSEDED, subject, at, reason, kinds)


def _end(state: str, subject: models.Model, at: datetime, reason: str, kinds: Collection[str] | None) -> int:
    armed = Timer.objects.filter(state=TimerState.ARMED, subject_id=subject.pk, subject_type=label(subject))
    if kinds is not None:
        armed = armed.filter(kind__in=kinds)
    return armed.update(state=state, ended_at=at, reason=reason[: limits.REASON_LENGTH])


def lock_subjects(model: type[M], ids: Iterable[UUID]) -> dict[UUID, M]:
    """Those rows of `model` that nobody else holds, locked, by primary key.

    A handler returns the timers of the missing ones, so that they stay armed. (SQLite has one writer: all are ours.)
    """
    found = model._default_manager.select_for_update(no_key=True, skip_locked=True).filter(pk__any=set(ids))
    return {row.pk: row for row in found}


def beat(process: str, *, at: datetime, detail: dict[str, Any] | None = None) -> None:
    """Say that `process` (clock, watchdog) is alive: one upsert."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(process=process, at=at, detail=detail or {})],
        update_conflicts=True,
        unique_fields=["process"],
        update_fields=["at", "detail"],
    )


class TransactionNow(models.Func):
    """The time at which this transaction began, by the database's clock; an index can serve it."""

    template = "CURRENT_TIMESTAMP"
    arity = 0
    output_field = models.DateTimeField()


def now() -> datetime:
    """The database's transaction time on PostgreSQL; this machine's on SQLite."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_TIMESTAMP")
        found: datetime = cursor.fetchone()[0]
    return found


def next_due(*, at: datetime | None = None, since: datetime | None = None) -> tuple[datetime | None, bool]:
    """When the first armed timer is due, and whether that is by `at` (None: now): one statement.

    `since` spares the index its dead beginning.
    """
    armed = Timer.objects.filter(state=TimerState.ARMED)
    if since is not None:
        armed = armed.filter(due_at__gte=since)
    if at is None and connection.vendor == "postgresql":
        first = armed.order_by("due_at", "id").values_list("due_at", TransactionNow()).first()
        return (None, False) if first is None else (first[0], first[0] <= first[1])
    due = armed.order_by("due_at", "id").values_list("due_at", flat=True).first()
    return due, due is not None and due <= (at or timezone.now())


def fire_due(*, at: datetime | None = None, limit: int | None = None, since: datetime | None = None) -> Fired:
    """Fire what is due by `at` (None: the database's now), batch by batch, each in a transaction of its own.

    Stops after about `limit` timers (None: when nothing more is due). Only timers due at or after `since`
    are looked at. A batch that raises is retried row by row; what keeps raising is parked and the
    operators are told. Database outages rise.
    """
    done = _Round()
    size = BATCH_POSTGRESQL if connection.vendor == "postgresql" else BATCH_SQLITE
    while True:
        first, is_due = next_due(at=at, since=since)
        ids: list[int] = []
        if is_due and (limit is None or done.fired < limit):
            try:
                done.fired += _fire(at, size, since, done.left, ids)
            except Exception as error:
                _raise_outage(error)
                log.warning("timers.batch_failed", count=len(ids), error=repr(error))
                for pk in ids:
                    _fire_alone(pk, at, done)
        if not ids:
            return Fired(done.fired, done.parked, first, len(done.left))


def _raise_outage(error: Exception) -> None:
    """Raise `error` when the connection is gone: then it was no handler's fault."""
    if isinstance(error, InterfaceError) or (isinstance(error, OperationalError) and not connection.is_usable()):
        raise error


def _claim(at: datetime | None, size: int, since: datetime | None, left: set[int], only: int | None) -> list[Timer]:
    due = Timer.objects.select_for_update(no_key=True, skip_locked=True).filter(state=TimerState.ARMED)
    if only is not None:
        due = due.filter(pk=only)
    elif since is not None:
        due = due.filter(due_at__gte=since)
    if left:
        due = due.exclude(pk__in=left)
    if at is None and connection.vendor == "postgresql":
        due = due.filter(due_at__lte=TransactionNow()).annotate(claimed_at=TransactionNow())
    else:
        at = at or timezone.now()
        due = due.filter(due_at__lte=at).annotate(claimed_at=models.Value(at, output_field=models.DateTimeField()))
    return list(due.order_by("due_at", "id")[:size])


def _fire(
    at: datetime | None, size: int, since: datetime | None, left: set[int], ids: list[int], only: int | None = None
) -> int:
    """One transaction: claim, mark as fired, run each kind's handler, re-arm what stays. Returns the number fired.

    `ids` is filled with what was claimed, so that the caller knows what a failure was about.
    """
    with transaction.atomic():
        rows = _claim(at, size, since, left, only)
        if not rows:
            return 0
        ids.extend(row.pk for row in rows)
        when: datetime = rows[0].claimed_at  # type: ignore[attr-defined]
        with audit.action(actor=None, actor_label=CLOCK, reason="timers due", at=when):
            # NOTE: fired first, because a handler may promise the next timer under the same key.
            Timer.objects.filter(pk__any=ids).update(state=TimerState.FIRED, ended_at=when)
            by_kind: dict[str, list[Timer]] = defaultdict(list)
            for row in rows:
                row.state, row.ended_at = TimerState.FIRED, when
                by_kind[row.kind].append(row)
            stay: set[int] = set()
            with outbox.held(storm.held_until(rows, when)):
                for kind, some in by_kind.items():
                    handler = registry.timer_handlers.get(kind)
                    if handler is None:
                        raise LookupError(f"no handler for timers of kind {kind!r}")
                    stay |= set(handler(some, at=when) or ())
            if stay:
                Timer.objects.filter(pk__any=stay).update(state=TimerState.ARMED, ended_at=None)
    left |= stay
    return len(rows) - len(stay)


def _fire_alone(pk: int, at: datetime | None, done: _Round) -> None:
    try:
        done.fired += _fire(at, 1, None, done.left, [], only=pk)
    except Exception as error:
        _raise_outage(error)
        log.exception("timers.handler_failed", timer=pk)
        done.parked += _count_failure(pk, at or now(), error)


def _count_failure(pk: int, at: datetime, error: Exception) -> int:
    """Try `pk` again a little later, or park it and tell the operators. Returns 1 when parked."""
    why = f"{type(error).__name__}: {error}"[: limits.REASON_LENGTH]
    with audit.action(actor=None, actor_label=CLOCK, reason=why, at=at) as action:
        timer = Timer.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk, state="armed").first()
        if timer is None:
            return 0
        timer.attempts += 1
        timer.reason = why
        if timer.attempts < TRIES:
            timer.due_at = max(timer.due_at, at + RETRY_AFTER[timer.attempts - 1])
            timer.save(update_fields=["attempts", "reason", "due_at"])
            return 0
        timer.state, timer.ended_at = TimerState.PARKED, at
        timer.save(update_fields=["attempts", "reason", "state", "ended_at"])
        action.record(verb="timer.parked", target=timer, data={"kind": timer.kind, "subject": str(timer.subject_id)})
        operators.alert(
            what="timer_parked",
            subject=timer,
            subject_id=timer.subject_id,
            key=str(timer.pk),
            facts={"kind": timer.kind, "subject": f"{timer.subject_type} {timer.subject_id}", "reason": why},
            at=at,
        )
    return 1
