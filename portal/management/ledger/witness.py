"""`manage.py audit witness serve | key`: a cosigning witness, to run elsewhere, by other people.

It needs no database and none of the portal's secrets: a key of its own, the public key of the ledger, and a file.
"""

import os
import signal
import stat
import threading
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from portal.audit import notes

from . import _witness_server as server

HELP = "be a witness of a ledger elsewhere: make a key, or serve (C2SP tlog-witness); needs no database"
POLL = 0.5  # seconds until the end of the process is noticed


def arguments(parser: CommandParser) -> None:
    parser.add_argument("what", choices=["serve", "key"])
    parser.add_argument("--key", type=Path, required=True, help="file of the secret key")
    parser.add_argument("--name", default="", help="name of a new key, such as witness.example/ledger")
    parser.add_argument("--listen", default="127.0.0.1:8765", help="address and port; TLS ends at a proxy before it")
    parser.add_argument("--state", type=Path, help="file in which it keeps what it has cosigned")
    parser.add_argument("--log", action="append", default=[], metavar="VKEY", help="public key of the ledger")


def handle(options: dict[str, Any], out: OutputWrapper) -> None:
    if options["what"] == "key":
        return out.write(_made(options["key"], options["name"]).vkey)
    if not options["state"] or not options["log"]:
        raise CommandError("serve needs --state FILE and --log VKEY (what manage.py audit key print says there).")
    keeper = None
    try:
        logs = [notes.Verifier.parse(text) for text in options["log"]]
        if any(log.kind != notes.ED25519 for log in logs):
            raise CommandError("--log is the public key of a ledger, not that of a witness.")
        keeper = server.Keeper(options["state"], _load(options["key"]), logs)
        host, port = _place(options["listen"])
        listening = server.Server((host, port), keeper, say=lambda line: print(line, flush=True))
    except (notes.NoteError, server.BadState, OSError) as error:
        if keeper is not None:
            keeper.close()
        raise CommandError(str(error)) from None
    _serve(listening, keeper, out)


def _serve(listening: server.Server, keeper: server.Keeper, out: OutputWrapper) -> None:
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: threading.Thread(target=listening.shutdown).start())
    host, port = listening.server_address[:2]
    for name, seen in sorted(keeper.seen.items()):
        out.write(f"{name}: {seen.size} entries cosigned so far")
    out.write(f"Witness {keeper.key.vkey}")
    out.write(f"Listening on {str(host)}:{port}")
    out.flush()
    with listening:
        listening.serve_forever(POLL)
    with keeper.lock:  # what is being written is written to its end
        keeper.close()


def _made(path: Path, name: str) -> notes.Signer:
    """The key in `path`, which is made if there is none."""
    if path.exists():
        found = _load(path)
        if name not in ("", found.name):
            raise CommandError(f"There is already a key in {path}; its name is {found.name}.")
        return found
    try:
        signer = notes.Signer.generate(name, notes.COSIGNATURE)
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
            opened.write(f"{signer.secret}\n")
            opened.flush()
            os.fsync(opened.fileno())
    except (notes.NoteError, OSError) as error:
        raise CommandError(f"{error} Give the new key a name: --name witness.example/ledger") from None
    return signer


def _load(path: Path) -> notes.Signer:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise CommandError(f"{path} can be read by others: run chmod 600, or make a new key.")
        signer = notes.Signer.parse(path.read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read ({error}). Make a key first: manage.py audit witness key") from None
    except notes.NoteError as error:
        raise CommandError(f"{path} holds no key of a witness: {error}") from None
    if signer.kind != notes.COSIGNATURE:
        raise CommandError(f"{path} holds the key of a log. A witness has a key of its own.")
    return signer


def _place(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise CommandError("--listen is an address and a port, such as 127.0.0.1:8765.")
    return host.strip("[]"), int(port)
