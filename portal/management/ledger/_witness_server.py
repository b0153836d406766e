"""The witness as a server (C2SP tlog-witness): HTTP of the standard library, two files, no database."""

import contextlib
import fcntl
import json
import os
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from portal.audit import cosigning, notes

PATH = "/add-checkpoint"
MOST = 16  # connections at a time
QUIET = 10.0  # seconds that a connection may be silent
LONGEST = 60.0  # seconds that a connection may last
EVIDENCE_BYTES = 16 * 1024 * 1024  # refused checkpoints kept, at most


class BadState(Exception):
    """What the witness has seen cannot be read, or another witness uses it."""


def now() -> datetime:
    return datetime.now(UTC)


class Keeper:
    """What a witness has cosigned, in the file `path`, and beside it what it has refused. One process at a time."""

    def __init__(self, path: Path, key: notes.Signer, logs: Sequence[notes.Verifier]) -> None:
        self.path, self.key, self.logs = path, key, logs
        self.evidence = path.with_name(f"{path.name}.refused")
        self.lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self.held = os.open(path.with_name(f"{path.name}.lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self.held)
            raise BadState(f"Another witness uses {path}.") from None
        try:
            self.seen, self.refused = self._read(), self._read_evidence()
        except BadState:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the files."""
        with contextlib.suppress(OSError):
            os.close(self.held)

    def add(self, body: bytes, at: datetime) -> cosigning.Answer:
        """Judge a request. What is cosigned is on the disk before this returns. Raises OSError when it cannot be."""
        with self.lock:
            answer = cosigning.judge(body, logs=self.logs, seen=self.seen, key=self.key, at=at)
            if answer.seen is not None and answer.seen != self.seen.get(answer.origin):
                seen = self.seen | {answer.origin: answer.seen}
                self._write(seen)
                self.seen = seen
            if answer.refused:
                self._keep(answer, body, at)
            return answer

    def _read(self) -> dict[str, cosigning.Seen]:
        try:
            kept = json.loads(self.path.read_text(encoding="utf-8"))
            return {name: cosigning.Seen(int(one["size"]), bytes.fromhex(one["root"])) for name, one in kept.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadState(f"{self.path} cannot be read ({type(error).__name__}): bring its backup back.") from None

    def _write(self, seen: dict[str, cosigning.Seen]) -> None:
        kept = {name: {"size": one.size, "root": one.root.hex()} for name, one in sorted(seen.items())}
        beside = self.path.with_name(f".{self.path.name}.new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
            opened.write(json.dumps(kept, indent=1) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        os.replace(beside, self.path)
        directory = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)  # else a power cut may bring the old name back
        finally:
            os.close(directory)

    def _read_evidence(self) -> set[tuple[int, str]]:
        try:
            lines = self.evidence.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return set()
        except (OSError, UnicodeDecodeError) as error:
            raise BadState(f"{self.evidence} cannot be read ({type(error).__name__}).") from None
        found = set()
        for line in lines:
            with contextlib.suppress(ValueError, KeyError, TypeError):  # the last one may be torn
                one = json.loads(line)
                found.add((int(one["status"]), str(one["note"])))
        return found

    def _keep(self, answer: cosigning.Answer, body: bytes, at: datetime) -> None:
        """Each refused checkpoint once for each reason: anybody may send the same one again and again."""
        if (answer.status, answer.refused) in self.refused:
            return
        seen = self.seen.get(answer.origin, cosigning.Seen())
        line = json.dumps(
            {
                "at": at.isoformat(timespec="seconds"),
                "status": answer.status,
                "why": answer.body.strip(),
                "seen": {"size": seen.size, "root": seen.root.hex()},
                "note": answer.refused,
                "request": body.decode("utf-8", "replace"),
            },
            ensure_ascii=False,
        )
        number = os.open(self.evidence, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(number, "a", encoding="utf-8") as opened:
            if os.fstat(number).st_size + len(line.encode()) > EVIDENCE_BYTES:
                return
            opened.write(f"\n{line}\n")  # a torn line before it ends here
            opened.flush()
            os.fsync(number)
        self.refused.add((answer.status, answer.refused))


class Server(ThreadingHTTPServer):
    """Answers at most MOST connections at a time and hangs up on the others."""

    daemon_threads = True
    request_queue_size = MOST

    def __init__(
        self,
        address: tuple[str, int],
        keeper: Keeper,
        *,
        clock: Callable[[], datetime] = now,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self.keeper, self.clock, self.say = keeper, clock, say
        self.free = threading.BoundedSemaphore(MOST)
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self.free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self.free.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that breaks off is nobody's fault here."""


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "ledger-witness"
    sys_version = ""
    timeout = QUIET

    def setup(self) -> None:
        super().setup()
        self.end = threading.Timer(LONGEST, self._hang_up)
        self.end.daemon = True
        self.end.start()

    def finish(self) -> None:
        self.end.cancel()
        super().finish()

    def _hang_up(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or self.headers.get("Transfer-Encoding"):
            return self._refuse(411, "Say how long the request is.\n")
        if len(length) > 9 or int(length) > cosigning.MAX_REQUEST:
            return self._refuse(413, f"A request has at most {cosigning.MAX_REQUEST} bytes.\n")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            return self._refuse(400, "The request is not complete.\n")
        if self.path != PATH:
            return self._answer(cosigning.Answer(404, f"The only address here is {PATH}.\n"))
        try:
            answer = self.server.keeper.add(body, self.server.clock())
        except OSError as error:
            self.server.say(f"cannot keep what was seen: {error}")
            answer = cosigning.Answer(503, "The witness cannot keep what it sees, so that it cosigns nothing.\n")
        if answer.status != 200:
            self.server.say(f"{answer.status} {answer.origin} {answer.body.strip()}")
        self._answer(answer)

    def do_GET(self) -> None:
        self._refuse(405, f"This is a witness of a log: POST {PATH} (c2sp.org/tlog-witness).\n")

    def _refuse(self, status: int, words: str) -> None:
        self.close_connection = True
        self._answer(cosigning.Answer(status, words))

    def _answer(self, answer: cosigning.Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Refusals are said by `say`; the rest is of no interest."""
