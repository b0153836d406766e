"""Calls are counted by all processes together, and by each for itself while Redis is away: nobody waits for it."""

import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import override_settings

from portal import counting, fuses

AT = datetime(2026, 3, 12, 13, 26, 59, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[2]
ELSEWHERE = """import django; django.setup()
from datetime import datetime
from portal import counting, fuses
fuses.TIMEOUT = 30.0
print([counting.within({name!r}, 3, at=datetime.fromisoformat({at!r})) for _ in range({calls})])"""


@pytest.fixture
def name() -> str:
    """Another one in each run, since Redis remembers for two minutes."""
    return str(uuid.uuid4())


@pytest.fixture(autouse=True)
def new_fuse() -> Iterator[None]:
    counting.fuse.reset()
    yield
    counting.fuse.reset()


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A busy machine may let Redis wait longer than a call should."""
    monkeypatch.setattr(fuses, "TIMEOUT", 30.0)
    counting._server.cache_clear()
    yield
    counting._server.cache_clear()


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


def calls(name: str, count: int, most: int = 3, at: datetime = AT) -> list[bool]:
    return [counting.within(name, most, at=at) for _ in range(count)]


def elsewhere(name: str, count: int) -> str:
    """The same in another process."""
    program = ELSEWHERE.format(name=name, at=AT.isoformat(), calls=count)
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.mark.redis
@pytest.mark.usefixtures("patience")
def test_processes_count_together(name: str) -> None:
    assert elsewhere(name, 2) == "[True, True]"
    assert calls(name, 2) == [True, False]
    assert elsewhere(name, 1) == "[False]"
    assert cache.get(f"calls:{name}:13:26") is None


@pytest.mark.redis
@pytest.mark.usefixtures("patience")
def test_a_count_is_of_one_name_and_one_minute_and_is_forgotten(name: str) -> None:
    assert calls(name, 4) == [True, True, True, False]
    assert calls(f"{name}-other", 1) == [True]
    assert calls(name, 1, at=AT + timedelta(seconds=1)) == [True]
    server: Any = redis.Redis.from_url(settings.REDIS_URL)
    (key,) = server.keys(f"calls:{name}:13:26")
    assert 0 < server.ttl(key) <= counting.KEPT


def test_without_redis_each_process_counts_for_itself(name: str) -> None:
    with override_settings(REDIS_URL=""):
        assert calls(name, 4) == [True, True, True, False]


@pytest.mark.redis
@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "unix:///nowhere/redis.sock"])
def test_while_redis_is_away_the_process_counts_from_nought(name: str, url: str, caplog: Any) -> None:
    assert calls(name, 4) == [True, True, True, False]
    with override_settings(REDIS_URL=url):
        assert calls(name, 4) == [True, True, True, False]
    assert len(re.findall("counting.alone", caplog.text)) == 1, "asked once, then left alone for a while"
    counting.fuse.reset()
    assert calls(name, 1) == [False], "what was counted together still stands"


@pytest.mark.redis
def test_a_hung_redis_costs_little_and_then_nothing_for_five_seconds(name: str, listener: socket.socket) -> None:
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{listener.getsockname()[1]}/0"):
        began = time.monotonic()
        assert calls(name, 1) == [True]
        first = time.monotonic() - began
        assert calls(name, 100, most=200) == [True] * 100
    assert first < 2.0  # a bound, not a figure: a client that tries again takes 8 s
    assert time.monotonic() - began < first + 1.0


@pytest.mark.redis
@pytest.mark.usefixtures("patience")
def test_a_redis_that_refuses_refuses_nobody(name: str) -> None:
    server: Any = redis.Redis.from_url(settings.REDIS_URL)
    server.set(f"calls:{name}:13:26", "not a number")
    assert calls(name, 4) == [True, True, True, False]
