"""Chats and text messages against a real receiver on this machine: what arrives, and what is made of every answer."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from portal import channels
from portal.channels import chat, network, services, sms
from tests.faults.sinks import free_port
from tests.portal.servers import ENVELOPE, Receiver, drip, receiving


@pytest.fixture
def receiver(settings: Any) -> Iterator[tuple[type[Receiver], str]]:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    with receiving() as (kind, port):
        kind.answer = 200
        yield kind, f"json://127.0.0.1:{port}/room"


def posts(kind: type[Receiver]) -> list[dict[str, Any]]:
    return [json.loads(body) for _headers, body in kind.got]


def test_a_chat_gets_subject_and_text(receiver: Any) -> None:
    kind, url = receiver
    assert chat.send(replace(ENVELOPE, secret=url), deadline=5) == channels.Outcome("sent", "HTTP 200")
    assert [(post["title"], post["message"]) for post in posts(kind)] == [("Orders stand still", "Orders stand still.")]


def test_a_text_message_is_one_segment_with_the_link(receiver: Any) -> None:
    kind, url = receiver
    data = {"url": "https://portal.example/incidents/INC-2026-0042/"}
    long = replace(ENVELOPE, secret=url, short="x" * 300, subject="SEV1: INC-2026-0042 " + "é" * 200, data=data)
    assert sms.send(long, deadline=5).result == "sent"
    (post,) = posts(kind)
    assert len(post["message"]) <= sms.SEGMENT
    assert post["message"].startswith("SEV1: INC-2026-0042")
    assert post["message"].endswith(data["url"])


def test_letters_outside_the_alphabet_of_phones_make_a_segment_shorter() -> None:
    data = {"url": "https://portal.example/i/1/"}
    words = sms.text(replace(ENVELOPE, short="ж" * 100, subject="ж" * 100, data=data))
    assert len(words) <= sms.SEGMENT_UNICODE
    assert words.endswith(data["url"])


def test_a_text_message_that_lives_of_its_link_keeps_it() -> None:
    link = "https://portal.example/go/" + "t" * 200
    assert sms.text(replace(ENVELOPE, short=f"Confirm: {link}", data={})).endswith(link)


@pytest.mark.parametrize(
    ("status", "result"),
    [(500, "retry"), (503, "retry"), (429, "retry"), (404, "refused"), (403, "refused"), (302, "refused")],
)
def test_every_answer_has_its_meaning(receiver: Any, status: int, result: str) -> None:
    kind, url = receiver
    kind.answer = status
    assert chat.send(replace(ENVELOPE, secret=url), deadline=5).result == result
    assert len(kind.got) == 1  # no redirect is followed, nothing is tried twice


def test_a_chat_that_asks_for_a_pause_says_nothing_about_others(receiver: Any) -> None:
    kind, url = receiver
    kind.answer, kind.says = 429, {"Retry-After": "42"}
    asked = chat.send(replace(ENVELOPE, secret=url), deadline=5)
    assert asked == channels.Outcome("retry", "HTTP 429", answered=True, pause=42.0)


def test_a_service_that_would_sleep_and_ask_again_is_not_let(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """matrix and discord wait out a 429 by themselves, past every deadline."""
    kind, url = receiver
    kind.answer, kind.says = 429, {"Retry-After": "2"}
    host = url.partition("://")[2].partition("/")[0]
    room = f"matrix://ann:secret@{host}/%23room"
    outcome = chat.send(replace(ENVELOPE, secret=room), deadline=5)
    assert (outcome.result, outcome.detail, outcome.pause) == ("retry", "HTTP 429", network.PAUSES[0])
    assert len(kind.got) == 1


def test_nobody_there_is_tried_again_later(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    outcome = chat.send(replace(ENVELOPE, secret=f"json://127.0.0.1:{free_port()}/x"), deadline=5)
    assert (outcome.result, outcome.answered) == ("retry", False)


def test_a_service_that_drips_is_cut_at_the_deadline(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    with drip(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", pause=0.5) as port:
        outcome = chat.send(replace(ENVELOPE, secret=f"json://127.0.0.1:{port}/x"), deadline=1)
    assert outcome == channels.Outcome("unknown", "no answer within the deadline")


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.5", "169.254.169.254", "[::1]", "localhost"])
def test_a_private_network_is_refused_when_it_is_saved_and_when_it_is_sent(host: str) -> None:
    for url in (f"jsons://{host}/x", f"mmosts://{host}/3ccdd113474722377935511fc85d3dd4"):
        with pytest.raises(channels.BadAddress):
            chat.check_address(url)
        assert chat.send(replace(ENVELOPE, secret=url), deadline=3).result == "refused"


def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "resolver", lambda host, port: ["10.0.0.5"])
    with pytest.raises(channels.BadAddress, match="private network"):
        chat.check_address("jsons://chat.example.com/x")
    assert chat.send(replace(ENVELOPE, secret="jsons://chat.example.com/x"), deadline=3).result == "refused"


@pytest.mark.parametrize(
    "url", ["json://chat.example.com/x", "mmost://chat.example.com/3ccdd113474722377935511fc85d3dd4"]
)
def test_an_open_line_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "resolver", lambda host, port: ["93.184.216.34"])
    with pytest.raises(channels.BadAddress):
        chat.check_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "exec://ls",
        "dbus://",
        "syslog://",
        "mailto://u:p@example.com",
        "",
        "slack",
        "slack://",
        "workflows://h.example.com/wf/sig?template=/etc/passwd",
        "workflows://h.example.com/wf/sig#?template=/etc/passwd",
        "workflows://h.example.com/wf/sig?to=1;template=/etc/passwd",
        "workflows://h.example.com/wf/sig?to=1&TEMPLATE=/etc/passwd",
        "workflows://h.example.com/wf/sig?template",
        "json://h.example.com/#?+X-Header=1",
        "jsons://h.example.com/x?verify=no",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/?attach=/etc/passwd",
    ],
)
def test_only_known_services_and_harmless_parameters(url: str) -> None:
    with pytest.raises(channels.BadAddress):
        services.open_service(url, chat.SERVICES)


def test_a_chat_service_sends_no_text_messages_and_the_other_way_round() -> None:
    with pytest.raises(channels.BadAddress):
        sms.check_address("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/")
    with pytest.raises(channels.BadAddress):
        chat.check_address(f"twilio://AC{'a' * 32}:{'b' * 32}@15551234567/15557654321")
