"""Events through HTTP, as senders see them: durable when answered. Server and senders share this machine."""

import contextlib
import json
import os
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count

from django.utils import timezone

from governance.models import Workflow
from incidents.models import EscalationRun, Event, Incident
from incidents.services import sources
from portal.models import AuditEntry

from . import report, scene, stage
from .memory import answers, free_port

SENDERS, SECONDS = 8, 5.0
BARE = 300  # incidents by bare SQL
REQUEST = (
    "POST /api/v1/intake/bench HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
    "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
)
LIVEZ = "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"


def measure() -> None:
    _, given = sources.set_up(
        key="bench", format="generic", workflow=Workflow.objects.get(key="order-sync"), by=None, at=timezone.now()
    )
    with server() as address:
        numbers = count()
        first = event(given.token, 0)
        load(address, lambda: event(given.token, next(numbers) + 10**9), b"202", seconds=1.0)  # warm
        idle, _ = load(address, lambda: LIVEZ.encode(), b"200", seconds=2.0)
        before = Incident.objects.count()
        fresh, waits = load(address, lambda: event(given.token, next(numbers)), b"202")
        stored = Incident.objects.count() - before
        repeats, waits_again = load(address, lambda: first, b"202")
    if stored < fresh * SECONDS * 0.95:
        raise AssertionError(f"{stored} incidents were stored of {fresh * SECONDS:.0f} answered")
    bare = bare_incidents()
    say("new incidents/s through HTTP", fresh, waits, f"{bare:,.0f}/s bare SQL, one sender", bare, 150)
    say("deduplicated events/s through HTTP", repeats, waits_again, f"{idle:,.0f}/s /livez", idle, 1_000)


def say(name: str, rate: float, waits: list[float], baseline: str, base: float, goal: int) -> None:
    report.say(
        report.Figure(
            name=name,
            measured=f"{rate:,.0f}/s (p99 {report.ms(report.percentile(waits, 99))})",
            baseline=baseline,
            ratio=f"{rate / base:.2f}",
            goal=f"{goal:,}/s",
            met=rate >= goal,
        )
    )


@contextlib.contextmanager
def server() -> Iterator[tuple[str, int]]:
    """Gunicorn as shipped, with as many processes as there are cores."""
    port = free_port()
    argv = ["-m", "gunicorn", "-c", "python:portal.management.web", "--bind", f"127.0.0.1:{port}"]
    argv += ["--workers", str(os.cpu_count() or 1), "portal.wsgi"]
    with stage.process(*argv, log="web.log"):
        stage.wait_for(lambda: answers(f"http://127.0.0.1:{port}/livez"), 30, "gunicorn")
        yield "127.0.0.1", port


def event(token: str, number: int) -> bytes:
    body = json.dumps(
        {
            "title": f"Order {number} was not sent",
            "description": "The warehouse answered 503 three times in a row.",
            "event_id": f"event-{number}",
            "dedup_key": f"order-{number}",
            "details": {"host": "warehouse", "attempts": 3, "order": number},
        }
    )
    return REQUEST.format(token=token, length=len(body), body=body).encode()


def load(
    address: tuple[str, int], request: Callable[[], bytes], status: bytes, *, seconds: float = SECONDS
) -> tuple[float, list[float]]:
    """Answers per second, and how long each took, from a few senders that each wait for their answer."""
    waits: list[float] = []
    wrong: list[bytes] = []
    until = time.perf_counter() + seconds

    def send() -> None:
        with socket.create_connection(address, timeout=10) as wire:
            while time.perf_counter() < until and not wrong:
                began = time.perf_counter()
                wire.sendall(request())
                answer = read(wire)
                if answer[9:12] != status:
                    wrong.append(answer)
                waits.append(time.perf_counter() - began)

    began = time.perf_counter()
    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong or not waits:
        raise AssertionError(f"answered {wrong[:1]!r}")
    return len(waits) / (time.perf_counter() - began), waits


def read(wire: socket.socket) -> bytes:
    """One answer with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += received(wire)
    head, _, body = data.partition(b"\r\n\r\n")
    (length,) = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while len(body) < length:
        body += received(wire)
    return head


def received(wire: socket.socket) -> bytes:
    part = wire.recv(65_536)
    if not part:
        raise ConnectionError("the server hung up")
    return part


def bare_incidents() -> float:
    """Incidents per second by bare SQL: one connection copies all rows of one, each in a transaction of its own."""
    one = Event.objects.order_by("-received_at").select_related("incident").first()
    assert one is not None and one.incident is not None
    statement = one_filing(one)
    times = []
    for number in range(BARE):
        began = time.perf_counter()
        scene.execute(statement, number)
        times.append(time.perf_counter() - began)
    return 1 / statistics.mean(times)


def one_filing(event: Event) -> str:
    """One statement that writes the rows of the incident of `event` once more; its parameter is a number."""
    incident = event.incident
    assert incident is not None
    run = EscalationRun.objects.get(incident=incident)
    key = f"replace(src.key, '{run.pk}', ids.run::text)"
    own, link, other = {"id": "ids.incident"}, {"incident_id": "ids.incident"}, {"id": "gen_random_uuid()"}
    request = AuditEntry.objects.filter(target_id=str(incident.pk)).values_list("request_id", flat=True)[0]
    audited = f"src.request_id = '{request}'"
    parts = [
        (
            "incidents_incident",
            f"src.id = '{incident.pk}'",
            own | named("reference", "submission_key"),
        ),
        ("incidents_historicalincident", f"src.id = '{incident.pk}'", {"id": "ids.incident"}),
        ("incidents_impactscore", f"src.incident_id = '{incident.pk}'", link | other),
        ("incidents_participant", f"src.incident_id = '{incident.pk}'", link),
        ("incidents_timelineentry", f"src.incident_id = '{incident.pk}'", link),
        ("incidents_escalationrun", f"src.id = '{run.pk}'", link | {"id": "ids.run"}),
        ("incidents_escalationevent", f"src.run_id = '{run.pk}'", {"run_id": "ids.run"}),
        (
            "portal_timer",
            f"src.subject_id IN ('{run.pk}', '{incident.pk}')",
            {"subject_id": "ids.run", "key": "src.key || ids.run"},
        ),
        ("portal_message", f"src.subject_id = '{incident.pk}'", other | {"subject_id": "ids.incident", "key": key}),
        ("incidents_event", f"src.id = '{event.pk}'", link | other | named("event_id")),
        ("portal_auditentry", audited, {"request_id": "ids.run"}),
    ]
    inserts = []
    for number, (table, where, changed) in enumerate(parts):
        names, values = scene.select_list(table, changed)
        returning = " RETURNING id" if table == "portal_auditentry" else ""
        chosen = f'SELECT {values} FROM ids, "{table}" src WHERE {where}{returning}'
        inserts.append(f'i{number} AS (INSERT INTO "{table}" ({names}) {chosen})')
    last = f"i{len(parts) - 1}"
    return (
        "WITH ids AS MATERIALIZED (SELECT gen_random_uuid() AS run, gen_random_uuid() AS incident, "
        "%s::text AS number), "
        + ", ".join(inserts)
        + f" INSERT INTO portal_auditpayload (entry_id, salt, content) SELECT {last}.id, p.salt, p.content "
        f"FROM {last}, (SELECT p.* FROM portal_auditpayload p JOIN portal_auditentry src "
        f"ON src.id = p.entry_id WHERE {audited} LIMIT 1) p"
    )


def named(*columns: str) -> dict[str, str]:
    return dict.fromkeys(columns, "'bare-' || ids.number")
