"""The clock comes back: ten thousand overdue steps, two hundred people, and how much each of them hears at once."""

import contextlib
import os
import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.utils import timezone

from portal.models import Message
from tests.faults.sinks import MailSink

from . import crowd, report, scene, stage
from .clock import WORKER

OVERDUE = 10_000
MINUTE = 60.0  # seconds
PATIENCE = 90.0  # seconds


class Office(MailSink):
    """A mail server that takes everything and remembers when each mail came to whom."""

    came: list[tuple[float, str]]

    def __init__(self) -> None:
        super().__init__()
        self.came = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.came += [(time.monotonic(), address) for address in envelope.rcpt_tos]
        return "250 taken"


def measure() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    crowd.gather()
    copies = scene.Copies(scene.file_one())
    copies.add(OVERDUE, due_at="now() - interval '10 minutes'", changed=crowd.SHARES)
    scene.hush()
    scene.settle()
    office = Office()
    office.start()
    began, start = timezone.now(), time.monotonic()
    try:
        with contextlib.ExitStack() as running:
            running.enter_context(stage.process("manage.py", "clock", log="clock.log", EMAIL_URL=office.url))
            if os.environ.get("REDIS_URL"):
                running.enter_context(stage.process(*WORKER, log="worker.log", EMAIL_URL=office.url))
            stage.wait_for(lambda: fired() >= OVERDUE, PATIENCE, "firing")
            stage.wait_for(lambda: office.came, PATIENCE, "the first message")
            first = office.came[0][0]
            stage.wait_for(lambda: time.monotonic() > first + MINUTE, PATIENCE, "a minute", every=0.5)
    finally:
        office.stop()
    say([address for at, address in office.came if at <= first + MINUTE], began, first - start)


def fired() -> int:
    return int(scene.value("SELECT count(*) FROM portal_timer WHERE kind = 'escalation.step' AND state = 'fired'"))


def say(heard: list[str], began: Any, wait: float) -> None:
    """The two figures: how long it took to write, and how often a person was called in the first minute."""
    seconds = scene.value(
        "SELECT extract(epoch FROM max(pg_xact_commit_timestamp(xmin)) - min(pg_xact_commit_timestamp(xmin))) "
        "FROM portal_message WHERE event = 'incident.level' AND channel = 'inbox' AND created_at >= %s",
        began,
    )
    calls = Message.objects.filter(event="incident.level", created_at__gte=began).exclude(channel="inbox")
    listed, waiting = calls.filter(state="bundled").count(), calls.filter(state="pending").count()
    most = max(Counter(heard).values(), default=0)
    report.say(
        report.Figure(
            name=f"storm: {OVERDUE:,} overdue steps, first to last commit",
            measured=f"{float(seconds or 0):.2f} s, first message after {wait:.1f} s",
            goal="5 s",
            met=seconds is not None and float(seconds) < 5,
        )
    )
    report.say(
        report.Figure(
            name=f"storm: e-mails per person in the first minute, {crowd.PEOPLE} people",
            measured=f"at most {most}, {len(set(heard))} reached; {listed:,} calls listed, {waiting:,} wait",
            goal="1",
            met=most == 1 and len(set(heard)) >= crowd.PEOPLE,
        )
    )
