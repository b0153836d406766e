"""Packs to try things on: made, taken apart, put together again, and checked as an auditor would."""

import hashlib
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from portal import evidence
from portal.audit import notes
from tests.factories_governance import NOW
from tests.portal.ledger import book

LATER = NOW + timedelta(days=1)
Files = dict[str, bytes]
Edit = Callable[[Files], None]


@dataclass(frozen=True)
class Said:
    """What verify.py has said."""

    code: int
    text: str

    def failed(self, *places: str) -> bool:
        """It refused the pack, and a line that says so names each of `places`."""
        lines = [line for line in self.text.splitlines() if line.startswith("FAILED")]
        return self.code == 1 and all(any(place in line for line in lines) for place in places)


def make(path: Path, signer: notes.Signer, kind: str, *, at: Any = LATER, **about: Any) -> Path:
    """Seal everything and write a pack of it to `path`."""
    book.seal(signer, at=at)
    evidence.write(kind=kind, about=about, path=path, at=at)
    return path


def read(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def adjust(files: Files) -> None:
    """Let the manifest name the files as they are now, as whoever forges a pack would."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for name, data in files.items()
        if name != "manifest.json"
    }
    files["manifest.json"] = json.dumps(manifest).encode()


def forged(path: Path, edit: Edit) -> Path:
    """The pack at `path` as `edit` leaves it, with a manifest that fits."""
    files = read(path)
    edit(files)
    adjust(files)
    return write(path.with_name("forged.zip"), files)


def change_json(name: str, edit: Callable[[Any], None]) -> Edit:
    def apply(files: Files) -> None:
        value = json.loads(files[name])
        edit(value)
        files[name] = json.dumps(value).encode()

    return apply


def change_lines(name: str, edit: Callable[[list[Any]], None]) -> Edit:
    def apply(files: Files) -> None:
        rows = [json.loads(line) for line in files[name].splitlines()]
        edit(rows)
        files[name] = b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    return apply


def verify(path: Path, *more: str) -> Said:
    """Run the verifier that the portal ships on `path`, in an empty directory, without any module of anybody."""
    from portal.evidence import words

    empty = path.parent / "empty"
    empty.mkdir(exist_ok=True)
    program = path.parent / "verify.py"
    program.write_bytes(words.program())
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(program), str(path), *more], cwd=empty, capture_output=True, text=True
    )
    assert done.stderr == "", done.stderr
    return Said(done.returncode, done.stdout)
