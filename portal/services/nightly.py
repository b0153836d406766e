"""The verification of each night: a timer on the one clock, whose firing asks for a run and promises the next."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import uuid5
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.utils import timezone

from portal import quiet, registry, timers
from portal.models.ledger import AuditRun
from portal.models.timers import Timer, TimerState
from portal.services import audit_runs, ledger

log = structlog.get_logger(__name__)

KIND = "ledger.verify"
AT = time(2)  # in TIME_ZONE
SUBJECT = uuid5(ledger.NAMESPACE, "nightly")  # there is no row: the timer is about all of it


def following(at: datetime) -> datetime:
    """The first 02:00 of TIME_ZONE after `at`, in UTC; where clocks skip that hour, the first instant after it."""
    zone = ZoneInfo(settings.TIME_ZONE)
    day = at.astimezone(zone).date()
    while (found := quiet.first_instant(datetime.combine(day, AT), zone)) <= at:
        day += timedelta(days=1)
    return found


def _schedule(at: datetime) -> None:
    timers.schedule(kind=KIND, subject=AuditRun(pk=SUBJECT), due_at=following(at), at=at, key=KIND, reason="each night")


def arm(*, at: datetime | None = None) -> None:
    """Promise the next one, if nobody has."""
    if not Timer.objects.filter(state=TimerState.ARMED, key=KIND).exists():
        _schedule(at or timezone.now())


def fire(rows: Sequence[Timer], *, at: datetime) -> list[int]:
    """Ask for a verification, unless one is under way, and promise the next."""
    _schedule(at)
    # NOTE: asked first, since a refusal inside the action of the clock would undo the promise of the next one too.
    first = audit_runs.open_runs(AuditRun.Kind.VERIFY).first()
    if first is None:
        audit_runs.ask(kind=AuditRun.Kind.VERIFY, by=None, at=at)
    else:
        log.info("ledger.verification_under_way", run=str(first.pk))
    return []


def register() -> None:
    registry.timer_handlers.add(KIND, fire)
