"""A real receiver on loopback: an SMTP server that remembers what reached it."""

import asyncio
import logging
import socket
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from typing import Any

from aiosmtpd.controller import Controller

logging.getLogger("mail.log").setLevel(logging.ERROR)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class MailSink:
    """Accepts mail and keeps it. `behavior`: accept, refuse (550), later (450), hang, drop (closes after the bytes)."""

    behavior: str = "accept"
    mails: list[Message] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    busy: int = 0  # how many sends hang right now

    def start(self) -> "MailSink":
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=10)
        self.controller.start()
        return self

    def stop(self) -> None:
        self.controller.stop(no_assert=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = message_from_bytes(envelope.content)
        mail["X-Rcpt"] = ",".join(envelope.rcpt_tos)
        if self.behavior == "refuse":
            return "550 mailbox unavailable"
        if self.behavior == "later":
            return "450 try again later"
        if self.behavior == "hang":
            self.busy += 1
            await asyncio.sleep(60)
        self.mails.append(mail)
        if self.behavior == "drop":
            server.transport.abort()
            await asyncio.sleep(0.2)
        return "250 OK"
