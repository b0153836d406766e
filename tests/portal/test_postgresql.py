"""A kept connection that the server has ended is noticed before a request uses it."""

import pytest
from django.db import connection
from django.db.backends.postgresql import base

from portal.models import User
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def process() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end(server_process: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [server_process])


def next_request() -> None:
    """What Django does between two requests."""
    connection.close_if_unusable_or_obsolete()


def test_a_living_connection_is_kept_without_a_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(self: base.DatabaseWrapper) -> bool:
        raise AssertionError("asked by a statement")

    connection.close()  # an old one would be replaced for its age
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", ask)
    first = process()
    next_request()
    assert process() == first


def test_a_connection_that_the_server_ended_is_replaced() -> None:
    first = process()
    at_once(lambda: end(first))
    assert not connection.is_usable()
    next_request()
    assert not User.objects.filter(email="nobody").exists()
    assert process() != first
