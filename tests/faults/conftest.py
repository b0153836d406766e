"""The stages are built once for each test process: a warmed parent and the demo company take seconds."""

import os
from collections.abc import Iterator

import pytest

from tests.faults.play import Play


def build(backend: str) -> Iterator[Play]:
    play = Play(backend, redis_url=os.environ.get("REDIS_URL", ""))
    yield play
    play.stage.close()


@pytest.fixture(scope="package")
def on_postgresql() -> Iterator[Play]:
    yield from build("postgresql")


@pytest.fixture(scope="package")
def on_sqlite() -> Iterator[Play]:
    yield from build("sqlite")


@pytest.fixture
def play(on_postgresql: Play) -> Play:
    """On PostgreSQL, with nothing counted yet."""
    on_postgresql.count_anew()
    return on_postgresql
