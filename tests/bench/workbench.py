"""The page of a long incident: thousands of timeline entries and a playbook of hundreds of steps."""

import statistics
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.models import Document
from incidents.models import Incident, StepEntry
from incidents.services import timeline
from portal import audit, bulk
from portal.models import User
from tests import factories_governance as governance

from . import report, scene
from .grid import STATIC, draft

ENTRIES, STEPS, DONE, VIEWS, GOAL = 5_000, 200, 120, 25, 0.1


def measure() -> None:
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": STATIC}}
    boss = governance.make_person("benchboss", role="governance admin", is_staff=True)
    few, many = scene.file_one(title="A short one"), scene.file_one(title="A long one")
    play(few, boss, 5, 2)
    play(many, boss, STEPS, DONE)
    fill(many, boss)
    scene.settle()
    client = Client(SERVER_NAME="localhost")
    client.force_login(User.objects.get(email="responder@example.test"))
    for name, address in (
        ("incident page", "{}"),
        ("its playbook", "{}playbook/"),
        ("its live poll", "{}?part=status"),
    ):
        (short, _fast, before), (long, fastest, queries) = (
            view(client, address.format(each.get_absolute_url())) for each in (few, many)
        )
        report.say(
            report.Figure(
                name=f"{name}, {ENTRIES} entries, {STEPS} steps, p50",
                measured=f"{report.ms(long)}, {queries} queries; fastest {report.ms(fastest)}",
                baseline=f"{report.ms(short)}, {before} with few",
                ratio=f"{long / short:.2f}",
                goal="100 ms",
                met=long < GOAL,
            )
        )


def play(incident: Incident, boss: User, steps: int, done: int) -> None:
    """Pin a playbook of so many `steps`, of which the first `done` were done, each taken before."""
    rows = [
        {"key": f"s{n}", "title": f"Step {n}", "how": f"Look at part {n}.", "checks": ["seen"]} for n in range(steps)
    ]
    content = {"title": f"Long {steps}", "scenarios": [{"key": "one", "title": "One", "steps": rows}]}
    document = Document(kind="playbook", key=f"work-{steps}", title=content["title"], scope_kind="default")
    draft(boss, document, content, quietly=True)
    document.refresh_from_db()
    version, at = document.effective_version, timezone.now()
    with audit.action(actor=boss, reason="bench", at=at):
        incident.playbook, incident.scenario = version, "one"
        incident.save(update_fields=["playbook", "scenario"])
        common = {"incident_id": incident.pk, "version_id": version and version.pk, "scenario": "one", "by_id": boss.pk}
        bulk.insert_values(
            StepEntry,
            [
                common
                | {"step": f"s{n}", "did": did, "given": {}, "reason": "", "at": at + timedelta(seconds=n)}
                | {"evidence_id": None}
                for n in range(done)
                for did in ("taken", "done")
            ],
        )


def fill(incident: Incident, boss: User) -> None:
    """Write the entries of a day on which much was said."""
    at = timezone.now()
    lines = [
        timeline.Line(incident.pk, "note", boss, {"name": str(boss)}, f"What we saw, number {n}. " * 3)
        for n in range(ENTRIES)
    ]
    with audit.action(actor=boss, reason="bench", at=at):
        timeline.add_many(lines, at=at)


def view(client: Client, address: str) -> tuple[float, float, int]:
    """Seconds of the median view and of the fastest, and queries of one."""
    times: list[float] = []
    for _ in range(VIEWS):
        began = time.perf_counter()
        answer: Any = client.get(address)
        times.append(time.perf_counter() - began)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answers {answer.status_code}")
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return statistics.median(times), min(times), len(queries)
