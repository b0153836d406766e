"""A Node-RED flow stops, asks, waits at its "http in" node and goes on by what somebody decided (D18-D23)."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from incidents.models import DecisionCallback, DecisionRequest
from incidents.services import callbacks, decisions, sources
from portal import secrets, timers
from portal.models import User
from tests.factories_governance import YESTERDAY, Company, make_company
from tests.incidents import decided
from tests.incidents.decided import Flow
from tests.incidents.doors import JSON, case

pytestmark = pytest.mark.django_db
CHOICES = [{"key": "pay", "title": "Pay the invoice"}, {"key": "reject", "title": "Send it back"}]


@pytest.fixture
def company() -> Company:
    return make_company(at=YESTERDAY)


@pytest.fixture
def flow(company: Company, settings: Any) -> Iterator[Flow]:
    """The flow listens, knows the secret of its source, and checks what comes."""
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    _source, fresh = sources.set_up(
        key="flows", format="node_red", workflow=company.workflow, by=None, at=timezone.now()
    )
    with decided.flow(fresh.signing) as found:
        found.token = fresh.token
        yield found


def ask(flow: Flow, **more: Any) -> str:
    """What the catch node of the flow posts; the reference of the decision."""
    content = case("node_red_needs_decision") | {"choices": CHOICES, "callback": flow.url} | more
    answer = Client().post(
        "/api/v1/decisions", json.dumps(content), JSON, headers={"Authorization": f"Bearer {flow.token}"}
    )
    assert answer.status_code in (200, 201), answer.content
    found: str = answer.json()["decision"]
    return found


def decide(reference: str, choice: str, by: User, *, at: datetime | None = None) -> Any:
    return decisions.answer(
        decision=DecisionRequest.objects.get(reference=reference),
        choice=choice,
        words=decisions.Words(rationale="The supplier delivered."),
        risk="medium",
        by=by,
        at=at or timezone.now(),
    )


def clock() -> None:
    call_command("clock", "--once", stdout=StringIO())


@pytest.mark.parametrize("choice", ["pay", "reject"])
def test_the_flow_goes_on_by_the_choice(company: Company, flow: Flow, choice: str) -> None:
    reference = ask(flow)
    clock()
    assert flow.got == []  # nobody has decided yet
    decide(reference, choice, company.responder)
    clock()
    (message,) = flow.got
    assert (message["decision"], message["msgid"], message["choice"]) == (reference, "dac3336e7fa92739", choice)
    assert list(flow.went_on.values()) == [choice]
    clock()
    assert len(flow.got) == 1


def test_a_flow_that_is_down_for_an_hour_goes_on_once(company: Company, flow: Flow) -> None:
    decide(ask(flow), "pay", company.responder)
    flow.status, at = 503, timezone.now()
    until = at + timedelta(hours=1)
    while at < until:
        callbacks.sweep(at=at, grace=timedelta())
        at = DecisionCallback.objects.get().due_at
    assert flow.got == []
    flow.status = 200
    assert callbacks.sweep(at=at, grace=timedelta()) == 1
    assert [message["possible_duplicate"] for message in flow.got] == [False]
    assert DecisionCallback.objects.get().state == "sent"


def test_a_flow_that_hangs_up_gets_it_twice_and_goes_on_once(company: Company, flow: Flow) -> None:
    decide(ask(flow), "pay", company.responder)
    flow.drop = True
    clock()
    flow.drop = False
    callbacks.sweep(at=DecisionCallback.objects.get().due_at, grace=timedelta())
    assert [message["possible_duplicate"] for message in flow.got] == [False, True]
    assert list(flow.went_on.values()) == ["pay"]


def test_a_forged_answer_moves_nothing(company: Company, flow: Flow) -> None:
    reference = ask(flow)
    body = json.dumps({"id": "forged", "type": "decision.decided", "decision": reference, "choice": "pay"})
    at = timezone.now()
    signed = {
        "webhook-id": "forged",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secrets.signing_secret()).sign("forged", at, body),
    }
    for headers in ({}, signed):
        assert requests.post(flow.url, body, headers=headers, timeout=5).status_code == 401
    assert (flow.forged, flow.went_on) == (2, {})
    assert DecisionRequest.objects.get().is_asked


def test_a_late_answer_is_kept_and_the_flow_hears_nothing_of_it(company: Company, flow: Flow) -> None:
    reference = ask(flow)
    decide(reference, "pay", company.responder)
    clock()
    late = decide(reference, "reject", company.lead)
    assert late.counts == "late"
    clock()
    assert [message["choice"] for message in flow.got] == ["pay"]


def test_a_question_that_is_sent_twice_is_answered_once(company: Company, flow: Flow) -> None:
    assert ask(flow) == ask(flow)
    decide(DecisionRequest.objects.get().reference, "pay", company.responder)
    ask(flow)  # the flow has not heard yet that it was taken
    clock()
    assert list(flow.went_on.values()) == ["pay"]


def test_time_that_runs_out_never_approves(company: Company, flow: Flow) -> None:
    reference = ask(flow)
    at = timezone.now()
    for _round in range(40):
        at += timedelta(hours=1)
        timers.fire_due(at=at)
        if not DecisionRequest.objects.get(reference=reference).is_asked:
            break
    callbacks.sweep(at=at, grace=timedelta())
    (message,) = flow.got
    assert (message["type"], message["choice"]) == ("decision.held", None)
    assert list(flow.went_on.values()) == ["held"]
