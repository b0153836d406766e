"""What channels are asked to send, and servers on this machine that answer as told."""

import base64
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from portal import channels
from tests.faults.sinks import POLL

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


class Receiver(BaseHTTPRequestHandler):
    """Keeps what is posted to it, as (headers, body), and gives `answer`; with `drop` it hangs up instead."""

    got: list[tuple[dict[str, str], bytes]] = []
    answer = 204
    says: dict[str, str] = {}  # further headers of the answer
    drop = False

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).got.append((dict(self.headers), body))
        if self.drop:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(self.answer)
        for name, value in {"Location": "http://127.0.0.1:1/elsewhere", "Content-Length": "0", **self.says}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def receiving() -> Iterator[tuple[type[Receiver], int]]:
    """A receiver of one's own, and its port."""
    kind = type("R", (Receiver,), {"got": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, args=(POLL,), daemon=True).start()
    try:
        yield kind, server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def script(greeting: bytes, *answers: bytes, hang: bool) -> Iterator[int]:
    """The port of a server that answers each line it reads with the next of `answers`, then is silent or hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        kept: list[socket.socket] = []

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
        try:
            yield int(listener.getsockname()[1])
        finally:
            for peer in kept:
                peer.close()


@contextmanager
def drip(answer: bytes, *, pause: float) -> Iterator[int]:
    """The port of a server that answers one byte every `pause` seconds."""
    is_over = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            peer, _ = listener.accept()
            with peer:
                for number in range(len(answer)):
                    peer.sendall(answer[number : number + 1])
                    if is_over.wait(pause):
                        return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, daemon=True).start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            is_over.set()
