"""Sources of every format with their secrets, the bodies that real systems posted, and a portal behind TLS."""

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import trustme
from django.test import Client
from django.utils import timezone

from governance.models import Workflow
from incidents.models import RefusedCall, Source
from incidents.services import sources
from portal import audit

CASES = Path(__file__).resolve().parents[1] / "cases"
JSON = "application/json"


def case(name: str) -> dict[str, Any]:
    """A recorded body."""
    content: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text())
    return content


class Door:
    """A source and what its platform posts to it."""

    def __init__(self, format: str, *, workflow: Workflow | None = None, key: str = "shop") -> None:
        self.source, self.secrets = sources.set_up(
            key=key, format=format, workflow=workflow, by=None, at=timezone.now()
        )
        self.path = f"/api/v1/intake/{key}"
        self.secret_path = f"{self.path}/{self.secrets.token}"
        self.client = Client(raise_request_exception=False)

    def change(self, **values: Any) -> "Door":
        """Set columns of the source."""
        with audit.action(actor=None, actor_label="test", reason="set up", at=timezone.now()):
            self.source = Source.objects.get(pk=self.source.pk)
            for name, value in values.items():
                setattr(self.source, name, value)
            self.source.save(update_fields=list(values))
        return self

    def post(self, content: Any, *, path: str = "", type: str = JSON, **headers: str) -> Any:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"Authorization": f"Bearer {self.secrets.token}"} | headers if not path else headers
        return self.client.post(path or self.path, body, type, headers=headers)

    def take(self, content: Any, **headers: str) -> dict[str, Any]:
        """The answer to an event that is taken."""
        answer = self.post(content, **headers)
        assert answer.status_code == 202, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def enqueue(self, content: dict[str, Any], *, path: str = "/v2/enqueue") -> Any:
        """The same through the doors of PagerDuty's shape."""
        return self.post(content | {"routing_key": self.secrets.token}, path=path)

    def refusals(self) -> list[tuple[int, str, str]]:
        """(status, error, field) of what was kept of refused calls, newest first."""
        found = RefusedCall.objects.filter(source=self.source).order_by("-id")
        return [(call.status, call.error, call.field) for call in found]


@contextmanager
def behind_tls(port: int) -> Iterator[tuple[str, ssl.SSLContext]]:
    """The https address of what listens on `port` of this machine, and what a client trusts."""
    authority = trustme.CA()
    ours, theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(ours)
    authority.configure_trust(theirs)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    peer, _ = listener.accept()
                    threading.Thread(target=_relay, args=(peer, ours, port), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"https://localhost:{listener.getsockname()[1]}", theirs


def _relay(peer: socket.socket, context: ssl.SSLContext, port: int) -> None:
    """One request to the portal and its answer back; then both lines are closed."""
    with (
        suppress(OSError),
        context.wrap_socket(peer, server_side=True) as outside,
        socket.create_connection(("127.0.0.1", port)) as inside,
    ):
        inside.sendall(_request(outside))
        while part := inside.recv(65_536):
            outside.sendall(part)


def _request(wire: ssl.SSLSocket) -> bytes:
    """A request with its body; the server is asked to hang up after it."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += wire.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    length = next((int(line[15:]) for line in lines if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += wire.recv(65_536)
    return b"\r\n".join([*lines, b"Connection: close", b"", b""]) + body
