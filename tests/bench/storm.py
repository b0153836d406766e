"""The clock comes back: ten thousand overdue steps, two hundred people, and how much each of them hears at once."""

import contextlib
import json
import os
import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.utils import timezone

from governance.models import Document, Workflow
from portal.models import Message, User
from tests import factories_governance as governance
from tests.faults.sinks import MailSink

from . import grid, report, scene, stage
from .clock import WORKER

OVERDUE, PEOPLE = 10_000, 200
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
    spread()
    copies = scene.Copies(scene.file_one())
    shares = f"(SELECT array_agg(id ORDER BY key) FROM governance_workflow WHERE key LIKE 'storm-%')[1 + g % {PEOPLE}]"
    copies.add(OVERDUE, due_at="now() - interval '10 minutes'", changed={"workflow_id": shares})
    scene.execute("UPDATE portal_message SET state = 'suppressed' WHERE state = 'pending'")
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


def spread() -> None:
    """Two hundred people, each the second level of a workflow of their own."""
    boss = governance.make_person("stormboss", role="governance admin", is_staff=True)
    people = [governance.make_person(f"storm{number}", role="responder") for number in range(PEOPLE)]
    base = Workflow.objects.get(key="order-sync")
    workflows = [
        governance.make_workflow(f"storm-{number:03d}", team=base.team, platform=base.platform)
        for number in range(PEOPLE)
    ]
    company = Document.objects.get(kind="matrix", scope_kind="default")
    assert company.effective_version is not None
    holder = next(
        row["holder"] for row in json.loads(company.effective_version.content)["rows"] if row["key"] == "on-call"
    )
    rows: list[dict[str, Any]] = [
        {
            "key": workflow.key,
            "scope": {"workflow": str(workflow.pk)},
            "responsibility": "on_call",
            "letter": "A",
            "holder": holder,
            "alternates": [{"person": str(person.pk)}],
        }
        for workflow, person in zip(workflows, people, strict=True)
    ]
    grid.publish(boss, base.team, rows)


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
    people = User.objects.filter(email__startswith="storm").exclude(email__startswith="stormboss").count()
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
            name=f"storm: e-mails per person in the first minute, {people} people",
            measured=f"at most {most}, {len(set(heard))} reached; {listed:,} calls listed, {waiting:,} wait",
            goal="1",
            met=most == 1 and len(set(heard)) >= people,
        )
    )
