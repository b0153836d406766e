"""Real receivers on loopback: an SMTP and an HTTP server that remember what reached them."""

import asyncio
import json
import logging
import socket
import threading
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller
from standardwebhooks import Webhook, WebhookVerificationError

logging.getLogger("mail.log").setLevel(logging.ERROR)

POLL = 0.01  # seconds until a server sees that it shall end


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
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port, ready_timeout=30)
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


@dataclass(frozen=True)
class Post:
    """One webhook as it arrived. `wrong` says why its signature does not hold; empty when it does."""

    id: str
    is_marked: bool
    content: dict[str, Any]
    wrong: str


@dataclass
class HookSink:
    """Takes webhooks and judges each as a receiver does that follows Standard Webhooks.

    `behavior`: accept, refuse (410), drop (takes it and hangs up without an answer), hang (takes it and says nothing).
    """

    behavior: str = "accept"
    secret: str = ""
    posts: list[Post] = field(default_factory=list)
    let_go: threading.Event = field(default_factory=threading.Event)  # ends what hangs

    def start(self) -> "HookSink":
        sink = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if sink.behavior == "refuse":
                    self.send_error(410)
                    return
                sink.posts.append(sink.judge(dict(self.headers), body))
                if sink.behavior == "hang":
                    sink.let_go.wait(60)
                if sink.behavior == "drop":
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(POLL,), daemon=True).start()
        return self

    def judge(self, headers: dict[str, str], body: bytes) -> Post:
        content = json.loads(body)
        wrong = "" if content["id"] == headers["webhook-id"] else f"the body says {content['id']}"
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError as error:
            wrong = str(error)
        marked = headers.get("X-Possible-Duplicate") == "yes" and content["possible_duplicate"]
        return Post(headers["webhook-id"], marked, content, wrong)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"
