"""`manage.py watchdog`: tells OPERATORS by its own mail server when the portal itself is unwell (P8).

It needs neither Celery nor Redis, and no database to say that the database is away.
"""

import json
import signal
import socket
import sys
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import dj_email_url
import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from portal import timers
from portal.reads import health

log = structlog.get_logger(__name__)

EVERY = 15.0  # seconds between looks
QUIET = timedelta(minutes=15)  # before the same kind of problem is told again
GRACE = timedelta(seconds=60)  # after the start, in which a clock may still be starting


class Command(BaseCommand):
    help = "Watch the clock, late timers and dead messages, and mail OPERATORS by WATCHDOG_EMAIL_URL."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="look once; exit 1 when something is wrong")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["once"]:
            problems = look(timezone.now())
            for sentence in problems.values():
                self.stdout.write(sentence)
            if problems:
                sys.exit(1)
            return
        stopping = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stopping.set())
        stopping.wait(GRACE.total_seconds())
        while not stopping.is_set():
            try:
                close_old_connections()
                look(timezone.now())
            except Exception as error:  # it watches everything else, so it must not end
                log.error("watchdog.look_failed", error=repr(error))
            stopping.wait(EVERY)


def look(at: datetime) -> dict[str, str]:
    """Find problems (kind -> sentence), tell those that were not told in the last 15 minutes, and return all."""
    problems = find(at)
    told = _told()
    new = {kind: text for kind, text in problems.items() if kind not in told or at - told[kind] >= QUIET}
    for sentence in new.values():
        log.error("watchdog.problem", problem=sentence)
    if new and tell(problems, at):
        _remember({kind: when for kind, when in told.items() if at - when < QUIET} | dict.fromkeys(new, at))
    return problems


def find(at: datetime) -> dict[str, str]:
    """What is wrong now; the database being away is one kind among others."""
    try:
        status = health.status(at=at)
        timers.beat("watchdog", at=at)
    except DatabaseError as error:
        connection.close()
        return {"database": f"The database does not answer ({type(error).__name__}): nothing moves."}
    problems = {}
    if status.heartbeat_age is None or status.heartbeat_age > health.STALE_AFTER.total_seconds():
        last = "has never run" if status.heartbeat_age is None else f"last ran {status.heartbeat_age:.0f} s ago"
        problems["clock"] = f"The clock {last}: no escalation moves. Call people by phone."
    if status.oldest_due_age > health.LATE_AFTER.total_seconds():
        problems["late"] = f"A timer has been due for {status.oldest_due_age:.0f} s."
    if status.oldest_pending_age > 300:
        problems["waiting"] = f"A message has been waiting for {status.oldest_pending_age:.0f} s."
    if status.parked:
        problems["parked"] = f"{status.parked} timers are parked because their handler failed."
    if status.unhandled:
        problems["dead"] = health.unhandled(status.unhandled)
    if status.unsealed:
        problems["unsealed"] = f"Tables without their seal: {', '.join(status.unsealed)}."
    return problems


def tell(problems: dict[str, str], at: datetime) -> bool:
    """Mail OPERATORS; False when the mail did not go, so that the next look tries again."""
    if not settings.OPERATORS:
        log.warning("watchdog.nobody_to_tell", hint="set OPERATORS")
        return True
    parsed = dj_email_url.parse(settings.WATCHDOG_EMAIL_URL)
    options: dict[str, Any] = {}
    if parsed["EMAIL_BACKEND"].endswith("filebased.EmailBackend"):
        options["file_path"] = parsed["EMAIL_FILE_PATH"]
    elif parsed["EMAIL_BACKEND"].endswith("smtp.EmailBackend"):
        names = {"host": "HOST", "port": "PORT", "username": "HOST_USER", "password": "HOST_PASSWORD"}
        options = {name: parsed.get(f"EMAIL_{key}") for name, key in names.items()}
        options |= {"use_tls": parsed.get("EMAIL_USE_TLS"), "use_ssl": parsed.get("EMAIL_USE_SSL"), "timeout": 10}
    lines = [*problems.values(), "", f"{settings.SITE_NAME}: {settings.SITE_URL}"]
    lines.append(f"Seen at {at:%Y-%m-%d %H:%M:%S %Z} on {socket.gethostname()}.")
    mail = EmailMessage(
        subject=f"[{settings.SITE_NAME}] {next(iter(problems.values()))}"[:150],
        body="\n".join(lines),
        from_email=parsed.get("DEFAULT_FROM_EMAIL") or settings.SERVER_EMAIL,
        to=list(settings.OPERATORS),
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        get_connection(parsed["EMAIL_BACKEND"], **options).send_messages([mail])
    except Exception as error:
        log.error("watchdog.mail_failed", error=repr(error))
        return False
    return True


def _file() -> Path:
    return Path(settings.DATA_DIR) / "watchdog.json"


def _told() -> dict[str, datetime]:
    """When each kind was last told; survives restarts, so that a crash loop does not flood."""
    try:
        return {kind: datetime.fromisoformat(text) for kind, text in json.loads(_file().read_text()).items()}
    except (OSError, ValueError, AttributeError):
        return {}


def _remember(told: dict[str, datetime]) -> None:
    part = _file().with_suffix(".part")
    part.write_text(json.dumps({kind: when.isoformat() for kind, when in told.items()}))
    part.replace(_file())
