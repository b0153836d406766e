"""The ZIP of a pack: written as it goes, the same bytes for the same files, with the digest of each."""

import hashlib
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any

from portal.evidence import contents

EPOCH = (1980, 1, 1, 0, 0, 0)
MODE = 0o644 << 16
UNIX = 3
LEVEL = 6


class Archive:
    """Written beside `path` and moved there when it is complete; when it fails, nothing is left."""

    def __init__(self, path: Path) -> None:
        self.path, self.draft = path, path.with_name(f".{path.name}.{os.getpid()}")
        self.files: dict[str, dict[str, Any]] = {}
        self.bytes = 0

    def __enter__(self) -> "Archive":
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)  # NOTE: it holds personal data
        self.opened = os.fdopen(descriptor, "w+b")
        self.zip = zipfile.ZipFile(self.opened, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)
        return self

    def add(self, name: str, data: bytes | Iterable[bytes]) -> None:
        if name in self.files:
            raise ValueError(f"{name} is in the pack already.")
        digest, size = hashlib.sha256(), 0
        info = zipfile.ZipInfo(name, EPOCH)
        info.compress_type, info.create_system, info.external_attr = zipfile.ZIP_DEFLATED, UNIX, MODE
        with self.zip.open(info, "w", force_zip64=not isinstance(data, bytes)) as file:
            for part in [data] if isinstance(data, bytes) else data:
                digest.update(part)
                size += len(part)
                file.write(part)
        self.files[name] = {"sha256": digest.hexdigest(), "size": size}

    def manifest(self, said: dict[str, Any]) -> str:
        """Write manifest.json, which names every file; its SHA-256."""
        text = contents.as_bytes({**said, "files": dict(self.files)})
        self.add("manifest.json", text)
        return self.files["manifest.json"]["sha256"]

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            self.zip.close()
            self.opened.flush()
            os.fsync(self.opened.fileno())
            if kind is None:
                os.replace(self.draft, self.path)
        finally:
            self.opened.close()
            self.draft.unlink(missing_ok=True)


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            digest.update(part)
    return digest.hexdigest()
