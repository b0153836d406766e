"""Hints reach workers, and a Redis that is away or hangs costs a request some tenths of a second, once."""

import socket
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import current_app
from django.conf import settings

from portal import hints

IDS = [uuid.uuid4() for _ in range(120)]


@pytest.fixture(autouse=True)
def closed_breaker() -> Iterator[None]:
    hints.reset()
    yield
    hints.reset()


@pytest.fixture
def hung(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis that accepts connections and never answers, as after SIGSTOP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        point_at(monkeypatch, f"redis://127.0.0.1:{listener.getsockname()[1]}/0")
        yield


def point_at(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", url)
    monkeypatch.setitem(current_app.conf, "broker_url", url)


def test_a_hung_redis_costs_little_and_then_nothing_for_five_seconds(hung: None) -> None:
    began = time.monotonic()
    assert hints.publish(IDS, "urgent") is False
    first = time.monotonic() - began
    for _ in range(100):
        assert hints.publish(IDS, "urgent") is False
    assert first < 2.0  # a bound, not a figure: an unguarded publish takes 45 s
    assert time.monotonic() - began < first + 1.0


@pytest.mark.redis
def test_whoever_finds_another_thread_at_it_waits_no_longer_than_for_redis() -> None:
    began = time.monotonic()
    with hints._lock:
        assert hints.publish(IDS, "urgent") is False
    assert time.monotonic() - began < 2.0
    assert not hints.fuse.is_blown, "Redis has done nothing wrong"


def test_an_absent_redis_is_dropped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    point_at(monkeypatch, "redis://127.0.0.1:1/0")
    assert hints.publish(IDS, "routine") is False


def test_without_redis_nothing_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "REDIS_URL", "")
    assert hints.publish(IDS, "routine") is False


@pytest.mark.redis
def test_a_task_carries_about_fifty_ids_in_the_queue_of_its_lane() -> None:
    url = settings.REDIS_URL
    server: Any = redis.Redis.from_url(url)
    lane = f"lane-{uuid.uuid4()}"  # its own, since tests that run beside this one publish hints too
    assert hints.publish(IDS, lane) is True
    assert server.llen(lane) == 3
    server.delete(lane)
