"""Whether the portal itself is well: the clock's heartbeat, what is late, what could not be delivered."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Exists, Min, OuterRef
from django.utils import timezone

from portal import breakers, feeds, operators, prepared, registry, seal
from portal.models.messages import Message, MessageState
from portal.models.people import Channel, Lane
from portal.models.timers import Heartbeat, Timer, TimerState
from portal.reads import ledger, witnesses

CLOCK = "clock"
STALE_AFTER = timedelta(seconds=30)
LATE_AFTER = timedelta(seconds=60)  # I3
FEED_LATE_AFTER = timedelta(minutes=5)
DEAD_FOR = timedelta(hours=1)  # a dead letter is a problem for so long, or until an operator has read of it
SHOWN_FOR = timedelta(hours=24)  # and a figure for so long
COUNTED = 10_000  # counts stop here


@dataclass(frozen=True)
class Stale:
    """The clock does not run; `at` is when it last did (None: never)."""

    at: datetime | None


@dataclass(frozen=True)
class Status:
    """Counts stop at ``COUNTED``; ages are in seconds, None when there is nothing to measure.

    `dead` are the messages given up in the last 24 hours, `unhandled` those of the last hour whose alert no
    operator has read.
    """

    heartbeat_age: float | None
    oldest_due_age: float
    armed: int
    parked: int
    pending: dict[str, int]
    oldest_pending_age: float
    dead: int
    unhandled: int
    unsealed: list[str]
    broken: list[str]  # channels that are left alone because they do not answer
    unwitnessed: list[str]  # sentences about witnesses of the ledger that have taken nothing for too long
    ledger_size: int = 0  # sealed entries
    ledger_waits: float = 0.0  # age of the oldest entry that is not sealed
    ledger_problems: list[str] = field(default_factory=list)
    feeds: dict[str, float] = field(default_factory=dict)  # age of the oldest entry that each does not know

    @property
    def problems(self) -> list[str]:
        """What is wrong, one sentence each; empty when all is well."""
        found = []
        if self.heartbeat_age is None:
            found.append("The clock has never run: no escalation moves.")
        elif self.heartbeat_age > STALE_AFTER.total_seconds():
            found.append(f"The clock last ran {self.heartbeat_age:.0f} s ago: no escalation moves.")
        if self.oldest_due_age > LATE_AFTER.total_seconds():
            found.append(f"A timer has been due for {self.oldest_due_age:.0f} s.")
        if self.parked:
            found.append(f"{self.parked} timers are parked because their handler failed.")
        if self.unhandled:
            found.append(unhandled(self.unhandled))
        if Channel.EMAIL in self.broken:
            found.append("The mail server does not answer: people are reached only by their other ways.")
        if self.unsealed:
            found.append(f"Tables without their seal: {', '.join(self.unsealed)}.")
        lagging = {name: age for name, age in self.feeds.items() if age > FEED_LATE_AFTER.total_seconds()}
        found += [f"{name.capitalize()} has not followed the ledger for {age:.0f} s." for name, age in lagging.items()]
        return found + self.unwitnessed + self.ledger_problems

    @property
    def is_well(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Frame:
    """What every page says above all else: the stale clock, and since when what of ``registry.warnings`` holds."""

    stale: Stale | None = None
    warnings: dict[str, datetime] = field(default_factory=dict)


def _marks() -> "models.QuerySet[Any, Any]":
    """(name, at) of the clock and of what else every page shows, in one statement."""
    beats = Heartbeat.objects.filter(pk=CLOCK).annotate(name=models.Value(CLOCK)).values_list("name", "at")
    others = [rows() for _name, rows in registry.warnings.items()]
    return beats.union(*others, all=True) if others else beats


_beats = prepared.Question(_marks)


def _last_beat() -> datetime | None:
    return dict(_beats()).get(CLOCK)


def stale_clock(*, at: datetime | None = None) -> Stale | None:
    """None while the clock runs: one statement of primary key look-ups."""
    return _stale(_last_beat(), at or timezone.now())


def frame(*, at: datetime | None = None) -> Frame:
    """The same with what else holds; one statement for both."""
    marks = dict(_beats())
    return Frame(_stale(marks.pop(CLOCK, None), at or timezone.now()), marks)


def _stale(last: datetime | None, at: datetime) -> Stale | None:
    return None if last is not None and at - last <= STALE_AFTER else Stale(last)


def counted(rows: models.QuerySet[Any]) -> int:
    """How many, up to ``COUNTED``."""
    return rows.order_by()[:COUNTED].count()


def status(*, at: datetime | None = None) -> Status:
    """All of it, in a constant number of statements that partial indexes serve."""
    at = at or timezone.now()
    last = _last_beat()
    armed = Timer.objects.filter(state=TimerState.ARMED)
    due = armed.order_by("due_at", "id").values_list("due_at", flat=True).first()
    waiting = Message.objects.filter(state=MessageState.PENDING)
    unproven = ledger.waiting()
    oldest = waiting.aggregate(first=Min("due_at"))["first"]
    return Status(
        heartbeat_age=None if last is None else (at - last).total_seconds(),
        oldest_due_age=_age(due, at),
        armed=counted(armed),
        parked=counted(Timer.objects.filter(state=TimerState.PARKED)),
        pending={lane: counted(waiting.filter(lane=lane)) for lane in Lane.values},
        oldest_pending_age=_age(oldest, at),
        dead=counted(_died(at - SHOWN_FOR)),
        unhandled=counted(_died(at - DEAD_FOR).exclude(Exists(_read_alerts()))),
        unsealed=seal.unsealed(),
        broken=[str(row) for row in breakers.open_ones()],
        unwitnessed=[each.sentence for each in witnesses.late(at)],
        ledger_size=ledger.size(),
        ledger_waits=_age(unproven.since, at),
        ledger_problems=ledger_problems(at, unproven),
        feeds=feeds.waits(at=at),
    )


def ledger_problems(at: datetime, unproven: ledger.Waiting) -> list[str]:
    """What keeps the ledger from proving anything; silence counts only where somebody has sealed before."""
    beat = Heartbeat.objects.filter(pk=ledger.PROCESS).first()
    if beat is None:
        return []
    found = [f"The ledger is not signed: {why}"] if (why := beat.detail.get("problem")) else []
    if at - beat.at > ledger.SILENT_AFTER:
        found.append(f"Nobody has sealed the ledger for {(at - beat.at).total_seconds():.0f} s.")
    elif (age := _age(unproven.since, at)) > ledger.SILENT_AFTER.total_seconds():
        found.append(f"An entry of the ledger has waited for its seal for {age:.0f} s.")
    last = ledger.last_verification()
    if last is not None and not ledger.passed(last):
        found.append("The last verification of the ledger did not pass.")
    return found


def unhandled(count: int) -> str:
    """What to say about `count` dead letters, and how it ends."""
    return (
        f"{count} messages could not be delivered in the last hour, and no operator has read the alert in the portal."
    )


def _died(since: datetime) -> models.QuerySet[Message]:
    return Message.objects.filter(state=MessageState.DEAD, died_at__gt=since)


def _read_alerts() -> models.QuerySet[Message]:
    """Alerts about a dead letter that an operator has read in the inbox."""
    return Message.objects.filter(event=operators.EVENT, subject_id=OuterRef("pk"), read_at__isnull=False)


def _age(since: datetime | None, at: datetime) -> float:
    return 0.0 if since is None else max(0.0, (at - since).total_seconds())
