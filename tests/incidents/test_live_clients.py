"""The real clients of PagerDuty and Slack, and a real Alertmanager, post to a running portal."""

import json
import shutil
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pagerduty
import pytest
from django.core import signals
from django.db import OperationalError, connection
from slack_sdk.webhook import WebhookClient

from governance.models import WorkflowChange
from incidents.models import Event, Incident
from tests.factories_governance import YESTERDAY, Company, make_company
from tests.faults.sinks import free_port
from tests.incidents.doors import Door, behind_tls, case

pytestmark = pytest.mark.django_db(transaction=True)
ALERTMANAGER = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


@pytest.fixture
def company() -> Company:
    return make_company(at=YESTERDAY)


@pytest.fixture
def pager(company: Company, live_server: Any) -> Iterator[pagerduty.EventsApiV2Client]:
    """PagerDuty's client, which insists on https, with the routing key of a source."""
    door = Door("pagerduty", workflow=company.workflow)
    with behind_tls(live_server.thread.port) as (address, trusted):
        client = pagerduty.EventsApiV2Client(door.secrets.token, base_url=address, verify=trusted)
        client.sleep_timer = 0.01  # seconds before it posts again
        yield client


class Outage:
    """The database is away for the next `requests` of the running portal."""

    def __init__(self, requests: int) -> None:
        self.left, self.seen = requests, 0

    def __enter__(self) -> "Outage":
        signals.request_started.connect(self._begin)
        return self

    def __exit__(self, *_: Any) -> None:
        signals.request_started.disconnect(self._begin)

    def _begin(self, **_: Any) -> None:
        self.seen += 1
        if self._fail in connection.execute_wrappers:
            connection.execute_wrappers.remove(self._fail)
        if self.left > 0:
            self.left -= 1
            connection.execute_wrappers.append(self._fail)

    def _fail(self, *_: Any) -> Any:
        raise OperationalError("the connection is lost")


def test_an_incident_from_pagerdutys_client_begins_is_noted_and_ends(pager: pagerduty.EventsApiV2Client) -> None:
    key = pager.trigger("Orders are not sent", "order-sync", severity="warning", custom_details={"order": 4711})
    assert pager.trigger("Orders are not sent, still", "order-sync", dedup_key=key) == key
    assert pager.acknowledge(key) == key
    assert pager.resolve(key) == key
    incident = Incident.objects.get()
    assert (incident.title, incident.state) == ("Orders are not sent", "resolved")
    found = Event.objects.order_by("received_at").values_list("outcome", flat=True)
    assert list(found) == ["opened", "joined", "acknowledged", "resolved"]


def test_a_change_from_pagerdutys_client_is_kept_once(company: Company, pager: pagerduty.EventsApiV2Client) -> None:
    for _ in range(2):
        pager.submit(
            "Order sync r119 deployed",
            "Flow builder",
            custom_details={"workflow": "order-sync", "version": "r119", "password": "canary"},
            links=[{"href": "https://flows.example/deploys/119", "text": "The deployment"}],
            timestamp="2026-11-21T09:18:00+00:00",
        )
    change = WorkflowChange.objects.get()
    assert (change.workflow, change.version, change.source) == (company.workflow, "r119", "Flow builder")
    assert change.links == [{"href": "https://flows.example/deploys/119", "text": "The deployment"}]
    assert "canary" not in json.dumps(change.details)


def test_pagerdutys_client_posts_again_after_an_outage_and_one_incident_results(
    pager: pagerduty.EventsApiV2Client,
) -> None:
    with Outage(requests=2) as outage:
        key = pager.trigger("Orders are not sent", "order-sync")
    assert outage.seen == 3
    assert (Incident.objects.count(), Event.objects.count()) == (1, 1)
    assert Event.objects.get().dedup_key == key


def test_pagerdutys_client_is_told_what_is_wrong(pager: pagerduty.EventsApiV2Client) -> None:
    with pytest.raises(pagerduty.Error) as refused:
        pager.trigger("Orders are not sent", "order-sync", severity="dreadful")
    assert "payload.severity" in refused.value.response.text
    assert not Event.objects.exists()


def test_slacks_client_reads_ok(company: Company, live_server: Any) -> None:
    door = Door("slack", workflow=company.workflow)
    client = WebhookClient(live_server.url + door.secret_path)
    for name in ("slack_blocks", "slack_firing"):
        answer = client.send_dict(case(name))
        assert (answer.status_code, answer.body) == (200, "ok")
    refused = WebhookClient(live_server.url + door.path + "/wrong").send(text="Order sync failed")
    assert (refused.status_code, refused.body) == (403, "invalid_token")
    assert Incident.objects.count() == 2


@pytest.mark.processes
@pytest.mark.program("prometheus-alertmanager", "alertmanager")
def test_an_alertmanager_posts_groups_and_their_end(company: Company, live_server: Any, tmp_path: Path) -> None:
    door, port = Door("alertmanager"), free_port()
    (tmp_path / "alertmanager.yml").write_text(
        "route: {receiver: portal, group_by: [alertname, workflow], group_wait: 0s, group_interval: 1s}\n"
        f"receivers: [{{name: portal, webhook_configs: [{{url: '{live_server.url}{door.path}',"
        f" http_config: {{authorization: {{credentials: {door.secrets.token}}}}}}}]}}]\n"
    )
    options = [f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", f"--storage.path={tmp_path}"]
    argv = [str(ALERTMANAGER), f"--config.file={tmp_path}/alertmanager.yml", *options]
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with answers() as answered:
            alert = {"alertname": "FlowErrorRate", "severity": "critical", "workflow": "order-sync"}
            post(port, [{"labels": alert | {"instance": "a"}, "annotations": {"summary": "order-sync is failing"}}])
            until(lambda: len(answered) == 1)
            post(port, [{"labels": alert | {"instance": "b"}}])
            until(lambda: len(answered) == 2)
            ended = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            post(port, [{"labels": alert | {"instance": name}, "endsAt": ended} for name in "ab"])
            until(lambda: len(answered) == 3)
    finally:
        process.terminate()
        process.wait(10)
    assert outcomes() == ["opened", "joined", "resolved"]
    incident = Incident.objects.get()
    assert (incident.title, incident.workflow, incident.state) == (
        "order-sync is failing",
        company.workflow,
        "resolved",
    )


@contextmanager
def answers() -> Iterator[list[None]]:
    """One entry for each answer of the running portal; SQLite in memory would not let the test look while it writes."""
    answered: list[None] = []

    def count(**_: Any) -> None:
        answered.append(None)

    signals.request_finished.connect(count)
    try:
        yield answered
    finally:
        signals.request_finished.disconnect(count)


def outcomes() -> list[str]:
    return list(Event.objects.order_by("received_at").values_list("outcome", flat=True))


def post(port: int, alerts: list[dict[str, Any]]) -> None:
    """Hand alerts to Alertmanager as Prometheus does, as soon as it listens."""
    address = f"http://127.0.0.1:{port}/api/v2/alerts"
    request = urllib.request.Request(address, json.dumps(alerts).encode(), {"Content-Type": "application/json"})

    def sent() -> bool:
        try:
            return bool(urllib.request.urlopen(request, timeout=5).status == 200)
        except OSError:
            return False

    until(sent)


def until(holds: Any, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "nothing came"
        threading.Event().wait(0.05)
