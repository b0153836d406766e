"""A decision of a workflow that ended, with the address where its flow waits, and a flow that listens there."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from incidents.models import DecisionCallback, DecisionRecord, DecisionRequest, DecisionText, Incident, Source
from incidents.services import callbacks, sources
from portal import audit
from tests.factories_governance import Company
from tests.faults.sinks import POLL

CHOICES = [{"key": "pay", "title": "Pay the invoice"}, {"key": "reject", "title": "Send it back"}]


def make_source(format: str = "node_red", **extra: Any) -> tuple[Source, sources.Secrets]:
    return sources.set_up(key="shop", format=format, by=None, at=timezone.now(), **({"workflow": None} | extra))


def make_decided(
    company: Company,
    source: Source | None,
    address: str,
    *,
    at: datetime,
    outcome: str = "decided",
    incident: Incident | None = None,
    data_class: str = "internal",
    rationale: str = "The supplier delivered.",
) -> DecisionCallback | None:
    """What ``callbacks.promise`` makes of a decision of `source` that `company.lead` took at `at`."""
    with audit.action(actor=company.lead, reason="decided", at=at) as action:
        request = DecisionRequest.objects.create(
            reference=f"DEC-{at.year}-{DecisionRequest.objects.count() + 1:04d}",
            asked="api",
            incident=incident,
            workflow=company.workflow,
            question="Pay the invoice INV-9?",
            choices=CHOICES,
            severity="sev3",
            data_class=data_class,
            state=outcome,
            opened_at=at,
            ended_at=at,
            source=source,
            asked_key=f"source:{source and source.pk}:msg-{DecisionRequest.objects.count()}",
            callback=address,
        )
        return decide(request, company, at=at, outcome=outcome, action=action, rationale=rationale)


def decide(
    request: DecisionRequest,
    company: Company,
    *,
    at: datetime,
    action: Any,
    outcome: str = "decided",
    number: int = 1,
    choice: str = "pay",
    rationale: str = "",
) -> DecisionCallback | None:
    is_decided = outcome == "decided"
    record = DecisionRecord(
        request=request,
        number=number,
        outcome=outcome,
        choice=choice if is_decided else "",
        level="team",
        by=company.lead if is_decided else None,
        authority="Their level may decide it.",
        risk="medium",
        inputs="0" * 64,
        at=at,
    )
    record.save(force_insert=True)
    action.prove([record], about=request)
    action.record(verb="decision.decided", target=request, data={"outcome": outcome})
    DecisionText.objects.create(record=record, salt="", text=json.dumps({"rationale": rationale}))
    return callbacks.promise(request, record, at=at)


@dataclass
class Flow:
    """A flow of Node-RED: its "http in" node takes answers, and a switch sends each on by its choice.

    It trusts what `secret` signed (None: whatever comes, as a node without a check), tells repeats by the id, and
    answers `status`; with `drop` it takes a message and hangs up.
    """

    secret: str | None = None
    status: int = 200
    drop: bool = False
    got: list[dict[str, Any]] = field(default_factory=list)
    forged: int = 0
    went_on: dict[str, str] = field(default_factory=dict)
    url: str = ""
    token: str = ""  # with which it asks

    def take(self, headers: dict[str, str], body: bytes) -> int:
        if self.status >= 300:
            return self.status
        if self.secret is not None:
            try:
                Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError:
                self.forged += 1
                return 401
        message = json.loads(body)
        self.got.append(message)
        self.went_on.setdefault(message["id"], message["choice"] or message["outcome"])
        return self.status


@contextmanager
def flow(secret: str | None = None) -> Iterator[Flow]:
    found = Flow(secret)

    class HttpIn(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = found.take(dict(self.headers), body)
            if found.drop:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), HttpIn)
    threading.Thread(target=server.serve_forever, args=(POLL,), daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/answers"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()


def sweep(at: datetime) -> int:
    return callbacks.sweep(at=at, grace=timedelta())
