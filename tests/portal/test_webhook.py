"""Webhooks against real servers on this machine: what they send, and what they make of every answer and of none."""

import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from portal import channels
from portal.channels import network, webhook
from tests.faults.sinks import free_port
from tests.portal.servers import ENVELOPE, SECRET, Receiver, drip, receiving, script


@pytest.fixture
def receiver(settings: Any) -> Iterator[tuple[type[Receiver], str]]:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    with receiving() as (kind, port):
        yield kind, f"http://127.0.0.1:{port}/hook"


def waiting() -> set[threading.Thread]:
    """The threads of requests and look-ups that have not come back."""
    return {thread for thread in threading.enumerate() if thread.name == "webhook"}


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """A look-up that waits for this event; at the end nothing waits any more."""
    event = threading.Event()
    yield event
    event.set()
    for thread in waiting():
        thread.join(10)


def test_a_webhook_is_signed_by_the_standard_and_confirmed(receiver: Any) -> None:
    kind, url = receiver
    now = replace(ENVELOPE, address=url, at=datetime.now(UTC))  # a signature counts for five minutes
    assert webhook.send(now, deadline=5) == channels.Outcome("sent", "HTTP 204", True)
    ((headers, body),) = kind.got
    assert Webhook(SECRET).verify(body, headers)["type"] == "incident.called"
    assert headers["webhook-id"] == ENVELOPE.message_id
    assert json.loads(body)["data"] == {"reference": "INC-2026-0042"}


@pytest.mark.parametrize(
    ("code", "result"),
    [(200, "sent"), (302, "refused"), (400, "refused"), (410, "refused"), (429, "retry"), (503, "retry")],
)
def test_the_status_of_the_answer_decides(receiver: Any, code: int, result: str) -> None:
    kind, url = receiver
    kind.answer = code
    assert webhook.send(replace(ENVELOPE, address=url), deadline=5).result == result
    assert len(kind.got) == 1


SHORTEST, LONGEST = network.PAUSES


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        (None, SHORTEST),
        ("", SHORTEST),
        ("0", SHORTEST),
        ("-5", SHORTEST),
        ("12.5", 12.5),
        ("60", 60.0),
        ("86400", LONGEST),
        ("Fri, 01 Jan 2100 00:00:00 GMT", LONGEST),
        ("Fri, 01 Jan 2100 00:00:00 -0000", LONGEST),
        ("Thu, 01 Jan 1970 00:00:00 GMT", SHORTEST),
        ("Thu, 01 Jan 99999 00:00:00 GMT", SHORTEST),
        ("Thu, 01 Jan 99999999999 00:00:00 GMT", SHORTEST),
        ("nan", SHORTEST),
        ("inf", SHORTEST),
        ("soon", SHORTEST),
        ("9" * 400, SHORTEST),
    ],
)
def test_the_pause_that_an_address_asks_for_is_bounded(receiver: Any, said: str | None, pause: float) -> None:
    kind, url = receiver
    kind.answer, kind.says = 429, {} if said is None else {"Retry-After": said}
    asked = webhook.send(replace(ENVELOPE, address=url), deadline=5)
    assert asked == channels.Outcome("retry", "HTTP 429", answered=True, pause=pause)


def test_a_receiver_that_takes_it_and_hangs_up_leaves_it_open(receiver: Any) -> None:
    kind, url = receiver
    kind.drop = True
    assert webhook.send(replace(ENVELOPE, address=url), deadline=5).result == "unknown"


def test_a_receiver_that_never_answers_is_cut_at_the_deadline(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    with script(b"", hang=True) as port:
        outcome = webhook.send(replace(ENVELOPE, address=f"http://127.0.0.1:{port}/"), deadline=0.3)
    assert outcome.result == "unknown"


def test_a_receiver_that_drips_is_cut_at_the_total_deadline(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    with drip(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", pause=0.1) as port:
        outcome = webhook.send(replace(ENVELOPE, address=f"http://127.0.0.1:{port}/"), deadline=0.5)
    assert outcome.result == "unknown"


def test_nobody_there_means_later(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    outcome = webhook.send(replace(ENVELOPE, address=f"http://127.0.0.1:{free_port()}/"), deadline=5)
    assert outcome.result == "retry"


def test_a_look_up_that_hangs_is_left_behind_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, hanging: threading.Event
) -> None:
    def names(host: str, port: int) -> list[str]:
        hanging.wait(60)
        return []

    monkeypatch.setattr(network, "resolver", names)
    monkeypatch.setattr(network, "LOOK_UP", 0.2)
    url = "https://hooks.example.com/"
    outcome = webhook.send(replace(ENVELOPE, address=url), deadline=0.2)
    assert outcome == channels.Outcome("retry", "no answer within the deadline")
    with pytest.raises(network.Unanswered, match="try again in a minute"):
        network.check_address(url)
    assert not hanging.is_set()


def test_a_look_up_that_comes_back_after_the_deadline_sends_nothing(
    monkeypatch: pytest.MonkeyPatch, hanging: threading.Event, receiver: Any
) -> None:
    kind, url = receiver
    real = socket.getaddrinfo

    def late(*args: Any, **kwargs: Any) -> Any:
        hanging.wait(60)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", late)  # the second look-up, which pins the connection
    assert webhook.send(replace(ENVELOPE, address=url), deadline=0.2).result == "retry"
    hanging.set()
    for thread in waiting():
        thread.join(10)
    assert kind.got == []


def test_look_ups_that_hang_take_a_bounded_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, hanging: threading.Event
) -> None:
    monkeypatch.setattr(network, "hanging", threading.BoundedSemaphore(2))
    monkeypatch.setattr(network, "resolver", lambda *args: [str(hanging.wait(60))])
    before = waiting()
    for _ in range(5):
        assert webhook.send(replace(ENVELOPE, address="https://hooks.example.com/"), deadline=0.05).result == "retry"
    assert len(waiting() - before) == 2


def test_a_resolver_that_asks_to_come_back_means_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(network, "resolver", busy)
    assert webhook.send(replace(ENVELOPE, address="https://hooks.example.com/"), deadline=1).result == "retry"
