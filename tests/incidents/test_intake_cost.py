"""What an event costs: a constant number of statements, in a large company as in a small one."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.services import sources
from tests.factories_governance import NOW, Company, make_absence, make_company, make_person, make_team

pytestmark = pytest.mark.django_db
FAR = datetime(2099, 1, 1, tzinfo=UTC)
Send = Callable[..., list[str]]


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def send(company: Company) -> Send:
    """Posts an event and returns the statements that it took."""
    _, secrets = sources.set_up(key="shop", format="generic", workflow=company.workflow, by=None, at=timezone.now())
    headers = {"Authorization": f"Bearer {secrets.token}"}

    def post(**content: Any) -> list[str]:
        body = json.dumps({"title": "Stopped"} | content)
        with CaptureQueriesContext(connection) as seen:
            answer = Client().post("/api/v1/intake/shop", body, "application/json", headers=headers)
        assert answer.status_code == 202, answer.content
        return [query["sql"] for query in seen]

    post(event_id="first")  # texts of documents are read once in a process
    return post


def test_an_incident_is_filed_with_a_constant_number_of_statements(company: Company, send: Send) -> None:
    few = send(event_id="few")
    for number in range(10):
        person = make_person(f"colleague{number}", teams=(company.team, make_team()))
        make_absence(person, NOW, FAR)
    assert len(send(event_id="many")) == len(few)
    assert len(few) <= (24 if connection.vendor == "postgresql" else 30)


def test_no_table_is_written_twice_for_an_incident(send: Send) -> None:
    written = re.findall(r'INSERT INTO "?(\w+)', " ".join(send(event_id="new")))
    assert "incidents_event" in written
    assert sorted(written) == sorted(set(written))


def test_the_same_event_again_takes_two_looks_and_writes_nothing(send: Send) -> None:
    again = send(event_id="first")
    assert len(again) == 2
    assert all(sql.startswith("SELECT") for sql in again)


def test_an_event_that_joins_writes_itself_and_the_ledger(send: Send) -> None:
    send(event_id="one", dedup_key="order")
    send(event_id="two", dedup_key="order")
    joined = send(event_id="three", dedup_key="order")
    assert len([sql for sql in joined if sql.startswith("INSERT")]) == 3
    assert len(joined) <= 9
