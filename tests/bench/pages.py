"""Pages among many incidents: time in the server without the network, and how many queries each takes."""

import contextlib
import statistics
import time
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from incidents.models import Incident
from portal.models import User

from . import report, scene

FEW, MANY = 1_000, 1_000_000
VIEWS = 25
STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"  # no files are collected here
GOAL = 0.03  # seconds
OPEN = 500  # the newest; as many among few as among many, so that both draw full pages
TABLES = ("incidents_incident", "incidents_participant")


def measure() -> None:
    user = User.objects.get(email="responder@example.test")
    incident = scene.file_one()
    copies = scene.Copies(incident)
    changed = {
        "state": f"CASE WHEN g <= {OPEN} THEN 'reported' ELSE 'closed' END",
        "resolved_at": "now() - interval '1 hour'",
        "closed_at": "now()",
        "severity": "'sev' || (1 + g % 4)",
        "reported_at": "now() - g * interval '40 seconds'",
        "title": "CASE g % 3 WHEN 0 THEN 'Orders are late ' WHEN 1 THEN 'Invoices fail ' ELSE 'Sync stopped ' END || g"
        " || ' zebra' || (g % 100) || CASE g WHEN 700 THEN ' needle' ELSE '' END",
        # PostgreSQL cuts the text of every copy into words, which is most of the work: a third of it is enough.
        "description": "left(src.description, length(src.description) / 3)",
    }
    copies.add(FEW, changed=changed, slim=True)
    scene.settle()
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": STATIC}}
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    pages = {name: address for name in PAGES if (address := find(name, incident))}
    before = {name: view(client, address) for name, address in pages.items()}
    with unindexed():
        copies.add(MANY - FEW, changed=changed, slim=True)
    scene.settle()
    bare = look("SELECT * FROM incidents_incident ORDER BY reported_at DESC, id DESC LIMIT 50")
    for name, address in pages.items():
        (few, _fastest, queries_before), (many, fastest, queries) = before[name], view(client, address)
        report.say(
            report.Figure(
                name=f"{name}, 10^6 incidents, p50",
                measured=f"{report.ms(many)}, {queries} queries; fastest {report.ms(fastest)}",
                baseline=f"{report.ms(few)}, {queries_before} at 10^3; {report.ms(bare)} bare SQL",
                ratio=f"{many / few:.2f}",
                goal="30 ms, constant",
                met=many < GOAL and queries == queries_before,
            )
        )
    lists(user)


PAGES = {
    "now": ("home", "", ""),
    "board": ("incidents:board", "", ""),
    "search on the board": ("incidents:board", "", "?q=invoices"),
    "search, all, a word of every third": ("incidents:board", "", "?state=all&q=invoices"),
    "search, all, of one in a hundred": ("incidents:board", "", "?state=all&q=zebra7"),
    "search, all, of one": ("incidents:board", "", "?state=all&q=needle"),
    "kept view": ("incidents:board", "", "?state=all&severity=sev3&q=sync"),
    "kept view that nothing fits": ("incidents:board", "", "?state=all&severity=sev2&q=sync"),  # told of even g alone
    "all incidents": ("incidents:board", "", "?state=all"),
    "incident page": ("incidents:incident", "reference", ""),
    "report": ("incidents:new", "", ""),
}


def find(name: str, incident: Incident) -> str:
    """The address of a page; empty, and a line of the table, when there is none."""
    route, argument, query = PAGES[name]
    try:
        return reverse(route, args=[getattr(incident, argument)] if argument else []) + query
    except NoReverseMatch:
        report.say(report.Figure(name=name, measured="no page", goal="30 ms", met=False))
        return ""


@contextlib.contextmanager
def unindexed() -> Iterator[None]:
    """Without the indexes that guard nothing: a million rows are copied in a third of the time."""
    found = scene.rows(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexdef NOT LIKE 'CREATE UNIQUE%%'",
        list(TABLES),
    )
    for name, _definition in found:
        scene.execute(f'DROP INDEX "{name}"')
    yield
    scene.execute("SET maintenance_work_mem = '512MB'")
    for _name, definition in found:
        scene.execute(definition)


def view(client: Client, address: str) -> tuple[float, float, int]:
    """Seconds of the median view and of the fastest, and queries of one."""
    times = []
    for _ in range(VIEWS):
        began = time.perf_counter()
        answer: Any = client.get(address)
        times.append(time.perf_counter() - began)
        if answer.status_code != 200:
            raise AssertionError(f"{address} answered {answer.status_code}")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(address)
    return statistics.median(times), min(times), len(queries)


def look(statement: str) -> float:
    times = []
    with connection.cursor() as cursor:
        for _ in range(VIEWS):
            began = time.perf_counter()
            cursor.execute(statement).fetchall()
            times.append(time.perf_counter() - began)
    return statistics.median(times)


def lists(user: User) -> None:
    """The newest open incidents that a person may see, beside those of everybody."""

    def newest(rows: Any) -> float:
        times = []
        for _ in range(VIEWS):
            began = time.perf_counter()
            list(rows.order_by("-reported_at", "-id")[:50])
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    mine, every = newest(Incident.objects.visible_to(user).open()), newest(Incident.objects.open())
    report.say(
        report.Figure(
            name="permission-filtered list of open incidents",
            measured=report.ms(mine),
            baseline=f"{report.ms(every)} unfiltered",
            ratio=f"{mine / every:.2f}",
            goal="2x the unfiltered",
            met=mine / every <= 2,
        )
    )
