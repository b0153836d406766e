"""Channels against real servers on this machine: what they send, and what they make of every answer."""

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core import mail
from standardwebhooks import Webhook

from portal import channels, secrets
from portal.channels import email, webhook

SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
ENVELOPE = channels.Envelope(
    message_id="0190aaaa-0000-7000-8000-000000000001",
    address="ann@example.com",
    subject="Orders stand still",
    short="Orders stand still",
    text="Orders stand still.\n",
    html="<p>Orders stand still.</p>",
    event="incident.called",
    at=datetime.now(UTC),
    thread="INC-2026-0042",
    language="en",
    secret=SECRET,
    data={"reference": "INC-2026-0042"},
)


class Sink:
    """An SMTP server's handler that answers as told and keeps what it accepts."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.rcpt = self.data = "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.data == "drop":
            session_transport = server.transport
            session_transport.abort()
            return "250 never seen"
        if self.data.startswith("2"):
            self.mails.append(envelope.content)
        return self.data


@pytest.fixture
def smtp(settings: Any) -> Iterator[Sink]:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
    yield sink
    controller.stop()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def script(settings: Any) -> Iterator[Callable[..., int]]:
    """A server that answers each line it reads with the next of its lines, then stays silent or hangs up."""
    listeners: list[socket.socket] = []
    kept: list[socket.socket] = []

    def start(greeting: bytes, *answers: bytes, hang: bool) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def serve() -> None:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            kept.append(peer)
            peer.sendall(greeting)
            with peer.makefile("rb") as lines:
                for answer in answers:
                    if not lines.readline():
                        return
                    peer.sendall(answer)
                if not hang:
                    lines.readline()
            if not hang:
                peer.shutdown(socket.SHUT_RDWR)

        threading.Thread(target=serve, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", listener.getsockname()[1]
        return int(listener.getsockname()[1])

    yield start
    for one in [*kept, *listeners]:
        one.close()


OK = (b"250 hello\r\n", b"250 sender ok\r\n", b"250 recipient ok\r\n")


# E-mail


def test_a_mail_names_its_message_its_thread_and_that_a_machine_sent_it(smtp: Sink) -> None:
    assert email.send(ENVELOPE, deadline=5).result == "sent"
    text = smtp.mails[0].decode()
    assert f"Message-ID: <{ENVELOPE.message_id}@testserver>" in text
    assert "References: <INC-2026-0042@testserver>" in text
    assert "Auto-Submitted: auto-generated" in text
    assert "X-Possible-Duplicate" not in text
    assert "text/html" in text


def test_a_possible_duplicate_says_so_under_the_same_id(smtp: Sink) -> None:
    email.send(replace(ENVELOPE, possible_duplicate=True), deadline=5)
    assert b"X-Possible-Duplicate: yes" in smtp.mails[0]
    assert ENVELOPE.message_id.encode() in smtp.mails[0]


def test_line_breaks_in_a_subject_or_thread_add_no_header(smtp: Sink) -> None:
    evil = "Hello\r\nBcc: victim@example.com\n\nbody\u2028x\x00"
    assert email.send(replace(ENVELOPE, subject=evil, thread=evil), deadline=5).result == "sent"
    head = smtp.mails[0].split(b"\r\n\r\n")[0]
    assert b"\nBcc" not in head
    assert b"Subject: Hello Bcc: victim@example.com body x" in head


@pytest.mark.parametrize(
    "address", ["a@example.com\r\nRCPT TO:<b@example.com>", "no address", "a@example.com, b@example.com"]
)
def test_a_bad_address_is_refused_before_anything_is_sent(smtp: Sink, address: str) -> None:
    assert email.send(replace(ENVELOPE, address=address), deadline=5).result == "refused"
    assert smtp.mails == []


@pytest.mark.parametrize(
    ("rcpt", "data", "result"),
    [
        ("550 no such user", "250 OK", "refused"),
        ("450 mailbox busy", "250 OK", "retry"),
        ("250 OK", "554 spam", "refused"),
        ("250 OK", "451 later", "retry"),
        ("250 OK", "drop", "unknown"),
    ],
)
def test_what_the_server_answers_decides_what_happens_next(smtp: Sink, rcpt: str, data: str, result: str) -> None:
    smtp.rcpt, smtp.data = rcpt, data
    assert email.send(ENVELOPE, deadline=5).result == result
    assert smtp.mails == []


def test_no_server_means_later(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", free_port()
    assert email.send(ENVELOPE, deadline=5).result == "retry"


def test_silence_before_the_text_was_asked_for_means_later(script: Any) -> None:
    script(b"220 hi\r\n", *OK, hang=True)
    assert email.send(ENVELOPE, deadline=0.4).result == "retry"


def test_silence_after_the_text_was_asked_for_leaves_it_open(script: Any) -> None:
    script(b"220 hi\r\n", *OK, b"354 go on\r\n", hang=True)
    assert email.send(ENVELOPE, deadline=0.4).result == "unknown"


def test_hanging_up_after_the_text_was_asked_for_leaves_it_open(script: Any) -> None:
    script(b"220 hi\r\n", *OK, b"354 go on\r\n", hang=False)
    assert email.send(ENVELOPE, deadline=5).result == "unknown"


def test_other_backends_take_the_same_mail() -> None:
    assert email.send(ENVELOPE, deadline=5).result == "sent"
    assert mail.outbox[-1].subject == "Orders stand still"


# Webhook


class Receiver(BaseHTTPRequestHandler):
    got: list[tuple[dict[str, str], bytes]] = []
    answer = 204
    drop = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).got.append((dict(self.headers), body))
        if self.drop:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(self.answer)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def receiver(settings: Any) -> Iterator[tuple[type[Receiver], str]]:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    kind = type("R", (Receiver,), {"got": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield kind, f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    server.server_close()


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


def test_a_receiver_that_takes_it_and_hangs_up_leaves_it_open(receiver: Any) -> None:
    kind, url = receiver
    kind.drop = True
    assert webhook.send(replace(ENVELOPE, address=url), deadline=5).result == "unknown"


def test_a_receiver_that_never_answers_is_cut_at_the_deadline(settings: Any, script: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    port = script(b"", hang=True)
    outcome = webhook.send(replace(ENVELOPE, address=f"http://127.0.0.1:{port}/"), deadline=0.3)
    assert outcome.result == "unknown"


def test_a_receiver_that_drips_is_cut_at_the_total_deadline(settings: Any, script: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    port = script(b"H", *[b"T"] * 4, hang=True)
    outcome = webhook.send(replace(ENVELOPE, address=f"http://127.0.0.1:{port}/"), deadline=0.5)
    assert outcome.result == "unknown"


def test_nobody_there_means_later(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    outcome = webhook.send(replace(ENVELOPE, address=f"http://127.0.0.1:{free_port()}/"), deadline=5)
    assert outcome.result == "retry"


@pytest.fixture
def hanging() -> Iterator[threading.Event]:
    """A look-up that waits for this event; at the end nothing waits any more."""
    event = threading.Event()
    yield event
    event.set()
    for thread in threading.enumerate():
        if thread.name == "webhook":
            thread.join(10)


def test_a_look_up_that_hangs_is_left_behind_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, hanging: threading.Event
) -> None:
    def names(host: str, port: int) -> list[str]:
        hanging.wait(60)
        return []

    monkeypatch.setattr(webhook, "resolver", names)
    monkeypatch.setattr(webhook, "LOOK_UP", 0.2)
    url = "https://hooks.example.com/"
    outcome = webhook.send(replace(ENVELOPE, address=url), deadline=0.2)
    assert outcome == channels.Outcome("retry", "no answer within the deadline")
    with pytest.raises(webhook.Unanswered, match="try again in a minute"):
        webhook.check_address(url)
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
    for thread in threading.enumerate():
        if thread.name == "webhook":
            thread.join(10)
    assert kind.got == []


def test_look_ups_that_hang_take_a_bounded_number_of_threads(
    monkeypatch: pytest.MonkeyPatch, hanging: threading.Event
) -> None:
    monkeypatch.setattr(webhook, "hanging", threading.BoundedSemaphore(2))
    monkeypatch.setattr(webhook, "resolver", lambda *args: [str(hanging.wait(60))])
    before = threading.active_count()
    for _ in range(5):
        assert webhook.send(replace(ENVELOPE, address="https://hooks.example.com/"), deadline=0.05).result == "retry"
    assert threading.active_count() == before + 2


def test_a_resolver_that_asks_to_come_back_means_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "try again")

    monkeypatch.setattr(webhook, "resolver", busy)
    assert webhook.send(replace(ENVELOPE, address="https://hooks.example.com/"), deadline=1).result == "retry"


# Addresses that must not be reached (18 forms)

NAMES = {
    "hooks.example.com": ["93.184.216.34"],
    "inside.example.com": ["10.1.2.3"],
    "half.example.com": ["93.184.216.34", "127.0.0.1"],
    "six.example.com": ["::ffff:169.254.169.254"],
    "metadata.google.internal": ["169.254.169.254"],
}
FORMS = [
    "http://hooks.example.com/",
    "https://user:pass@hooks.example.com/",
    "https://localhost/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0177.0.0.1/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd12::1]/",
    "https://0.0.0.0/",
    "https://10.0.0.5/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://[2002:7f00:1::]/",
    "https://metadata.google.internal/",
    "https://inside.example.com/",
    "https://half.example.com/",
    "https://six.example.com/",
    "https://unknown.example.com/",
    "https://localhost./",
    "https://127。0。0。1/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com#@127.0.0.1/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "https:///nohost",
    "https://hooks.example.com:99999/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
]


def names(host: str, port: int) -> list[str]:
    if host in NAMES:
        return NAMES[host]
    raise socket.gaierror("unknown")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Every try to leave the machine is noted and fails."""
    tried: list[Any] = []

    def refuse(*args: Any, **kwargs: Any) -> Any:
        tried.append(args)
        raise AssertionError("something tried to leave the machine")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    yield tried


@pytest.mark.parametrize("url", FORMS)
def test_an_address_that_leads_inside_is_refused_when_saved_and_when_sent(
    url: str, monkeypatch: pytest.MonkeyPatch, no_network: list[Any]
) -> None:
    with pytest.raises(channels.BadAddress):
        webhook.check_address(url, names=names)
    monkeypatch.setattr(webhook, "resolver", names)
    assert webhook.send(replace(ENVELOPE, address=url), deadline=1).result == "refused"
    assert no_network == []


def test_a_public_https_address_is_fine(no_network: list[Any]) -> None:
    for url in ("https://hooks.example.com/x?y=1", "https://93.184.216.34:8443/", "https://[2606:4700::1111]/"):
        assert webhook.check_address(url, names=names) == url


def test_a_name_that_changes_to_an_inner_address_between_check_and_connection_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhook, "resolver", names)
    inner = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: inner)
    assert webhook.send(replace(ENVELOPE, address="https://hooks.example.com/"), deadline=1).result == "refused"


# Secrets


def test_a_stored_secret_opens_with_the_key_it_was_closed_with_and_after_a_new_key_came(settings: Any) -> None:
    stored = secrets.encrypt("whsec_abc")
    assert "whsec" not in stored
    settings.DATA_KEYS = ["QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", *settings.DATA_KEYS]
    assert secrets.decrypt(stored) == "whsec_abc"
    settings.DATA_KEYS = settings.DATA_KEYS[:1]
    with pytest.raises(secrets.Unreadable):
        secrets.decrypt(stored)
