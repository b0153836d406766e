"""E-mail against a real SMTP server on this machine: what is sent, and what is made of every answer."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core import mail

from portal.channels import email
from tests.faults.sinks import free_port
from tests.portal.servers import ENVELOPE, script

OK = (b"250 hello\r\n", b"250 sender ok\r\n", b"250 recipient ok\r\n")


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


def use(settings: Any, port: int) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


@pytest.fixture
def smtp(settings: Any) -> Iterator[Sink]:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=free_port())
    controller.start()
    use(settings, controller.port)
    yield sink
    controller.stop()


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
    use(settings, free_port())
    assert email.send(ENVELOPE, deadline=5).result == "retry"


def test_silence_before_the_text_was_asked_for_means_later(settings: Any) -> None:
    with script(b"220 hi\r\n", *OK, hang=True) as port:
        use(settings, port)
        assert email.send(ENVELOPE, deadline=0.4).result == "retry"


def test_silence_after_the_text_was_asked_for_leaves_it_open(settings: Any) -> None:
    with script(b"220 hi\r\n", *OK, b"354 go on\r\n", hang=True) as port:
        use(settings, port)
        assert email.send(ENVELOPE, deadline=0.4).result == "unknown"


def test_hanging_up_after_the_text_was_asked_for_leaves_it_open(settings: Any) -> None:
    with script(b"220 hi\r\n", *OK, b"354 go on\r\n", hang=False) as port:
        use(settings, port)
        assert email.send(ENVELOPE, deadline=5).result == "unknown"


def test_other_backends_take_the_same_mail() -> None:
    assert email.send(ENVELOPE, deadline=5).result == "sent"
    assert mail.outbox[-1].subject == "Orders stand still"
