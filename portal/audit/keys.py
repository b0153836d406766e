"""The signing key of the ledger: one file that only the clock's own user may read, in the format of Go's note package.

Whoever holds it can sign a false checkpoint, so the web processes need not be able to open it.
"""

import os
import stat
from pathlib import Path
from typing import TextIO

from django.conf import settings

from portal.audit import notes

MODE = 0o600


class KeyUnusable(Exception):
    """There is no key that could sign; the sentence says what to do. Entries are sequenced all the same."""


class KeyMissing(KeyUnusable):
    """The file is not there."""


class KeyUnreadable(KeyUnusable):
    """The file cannot be read, or holds no key."""


class KeyExposed(KeyUnusable):
    """Others than its owner may read the file."""


class KeyExists(Exception):
    """A key is never overwritten by a new one; it is rotated."""


def path() -> Path:
    return Path(settings.LEDGER_KEY_FILE)


def default_name() -> str:
    """The name of the log for a new key: the site and what it is."""
    return f"{settings.SITE.netloc}/ledger"


def load() -> notes.Signer:
    """The key. Raises KeyMissing, KeyUnreadable, KeyExposed."""
    file = path()
    try:
        with open(file, encoding="ascii") as opened:
            mode = stat.S_IMODE(os.fstat(opened.fileno()).st_mode)
            if mode & 0o077:
                raise KeyExposed(f"{file} can be read by others (mode {mode:o}): run chmod 600, then rotate the key.")
            return notes.Signer.parse(opened.read().strip())
    except FileNotFoundError:
        raise KeyMissing(f"There is no key at {file}: run manage.py audit key create.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnreadable(f"{file} cannot be read ({getattr(error, 'strerror', None) or 'no text'}).") from None
    except notes.NoteError as error:
        raise KeyUnreadable(f"{file} holds no key of a signed note: {error}") from None


def create(name: str = "") -> notes.Signer:
    """Write a new key. Raises KeyExists, and NoteError for a name that no key can have."""
    signer = notes.Signer.generate(name or default_name())
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        number = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    except FileExistsError:
        raise KeyExists(f"There is a key at {file}: it is replaced by manage.py audit key rotate.") from None
    with os.fdopen(number, "w") as opened:
        _write(opened, signer)
    return signer


def replace(signer: notes.Signer) -> None:
    """Put `signer` in the place of the present key, at once or not at all."""
    file = path()
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, MODE), "w") as opened:
        _write(opened, signer)
    os.replace(beside, file)


def _write(opened: TextIO, signer: notes.Signer) -> None:
    opened.write(f"{signer.secret}\n")
    opened.flush()
    os.fsync(opened.fileno())
