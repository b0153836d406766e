"""What the portal says about itself, and what it answers when its database is away."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, RequestFactory
from django.utils import timezone

from portal import middleware, timers
from portal.models import Heartbeat, Timer
from portal.reads import health
from tests.portal.kernel import NOW, make_user

pytestmark = pytest.mark.django_db


def test_a_clock_that_never_ran_or_stopped_for_30_seconds_is_stale() -> None:
    assert health.stale_clock(at=NOW) == health.Stale(None)
    timers.beat("clock", at=NOW)
    assert health.stale_clock(at=NOW + timedelta(seconds=30)) is None
    assert health.stale_clock(at=NOW + timedelta(seconds=31)) == health.Stale(NOW)
    assert health.clock_is_stale(at=NOW + timedelta(seconds=31))


def test_a_heartbeat_is_one_row_however_often_it_beats() -> None:
    timers.beat("clock", at=NOW)
    timers.beat("clock", at=NOW + timedelta(seconds=1), detail={"worker": "w"})
    assert list(Heartbeat.objects.values_list("process", "at")) == [("clock", NOW + timedelta(seconds=1))]


def test_the_banner_costs_one_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        health.clock_is_stale(at=NOW)


def test_healthz_says_what_is_wrong(client: Client) -> None:
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == ["The clock has never run: no escalation moves."]
    timers.beat("clock", at=timezone.now())
    assert client.get("/healthz").json()["ok"] is True
    timers.schedule(kind="t.x", subject=make_user(), due_at=timezone.now() - timedelta(minutes=5), at=NOW)
    assert client.get("/healthz").status_code == 503
    Timer.objects.update(state="parked", ended_at=NOW)
    assert client.get("/healthz").json()["parked_timers"] == 1


def test_the_other_doors_for_machines(client: Client) -> None:
    assert client.get("/livez").content == b"ok\n"
    assert client.get("/readyz").status_code == 200
    text = client.get("/metrics").content.decode()
    assert "portal_database_up 1.0" in text
    assert 'portal_messages_pending{lane="urgent"} 0.0' in text
    assert client.post("/healthz").status_code == 405


def test_every_answer_carries_a_request_id_and_keeps_a_given_one(client: Client) -> None:
    assert len(client.get("/livez").headers["X-Request-ID"]) == 36
    assert client.get("/livez", headers={"X-Request-ID": "abc-12345678"}).headers["X-Request-ID"] == "abc-12345678"
    assert client.get("/livez", headers={"X-Request-ID": "<script>alert"}).headers["X-Request-ID"] != "<script>alert"


@pytest.mark.parametrize("path", ["/api/v1/intake/x", "/incidents/"])
def test_without_its_database_the_portal_answers_503_and_asks_to_come_back(path: str) -> None:
    guard = middleware.DatabaseDownMiddleware(lambda request: None)  # type: ignore[arg-type, return-value]
    request = RequestFactory().get(path)
    answer = guard.process_exception(request, OperationalError("gone"))
    assert answer is not None
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert guard.process_exception(request, ValueError("ours")) is None
