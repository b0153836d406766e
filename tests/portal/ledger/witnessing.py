"""A witness elsewhere, and servers that only say that they are one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from portal import audit
from portal.audit import notes
from portal.management.ledger import _witness_server as server
from portal.models import Witness
from tests.faults.sinks import POLL
from tests.portal.kernel import NOW

KEY = notes.Signer("witness.example/w1", bytes(range(100, 132)), notes.COSIGNATURE)


@contextmanager
def witnessing(
    directory: Path, log: notes.Signer, *, clock: Callable[[], datetime] = lambda: NOW, key: notes.Signer = KEY
) -> Iterator[tuple[server.Keeper, str]]:
    """A real witness of `log`, and its address."""
    keeper = server.Keeper(directory / "seen", key, [log.verifier])
    listening = server.Server(("127.0.0.1", 0), keeper, clock=clock)
    Thread(target=listening.serve_forever, args=(POLL,), daemon=True).start()
    try:
        yield keeper, f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()
        keeper.close()


def make_witness(kind: str, address: str, **fields: Any) -> Witness:
    """A witness as an administrator names it."""
    fields = {"name": f"Witness {kind} {address}"[:100], "made_at": NOW, **fields}
    if kind == "cosign":
        fields.setdefault("vkey", KEY.vkey)
    with audit.action(actor=None, actor_label="test", reason="a test needs it", at=NOW):
        witness = Witness(kind=kind, address=address, **fields)
        witness.save()
    return witness


@contextmanager
def pretending(status: int, body: bytes = b"", kind: str = "text/plain") -> Iterator[tuple[list[bytes], str]]:
    """What was posted to a server that answers everything like this, and its address."""
    got: list[bytes] = []

    class Pretender(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), "Location": "/else"}.items():
                self.send_header(name, value)
            self.end_headers()
            with suppress(OSError):  # nobody has to read all of it
                self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Pretender)
    Thread(target=listening.serve_forever, args=(POLL,), daemon=True).start()
    try:
        yield got, f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()
