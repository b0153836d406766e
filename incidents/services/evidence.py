"""Files that belong to an incident: kept under their SHA-256, with who gave them and when (D40)."""

import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _

from incidents import access
from incidents.models import Evidence, Incident
from incidents.services import timeline
from portal import audit, ids, limits
from portal.errors import DomainError
from portal.models import AuditEntry, User

SIGNS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
)
PROGRAM = "application/x-executable"
STARTS = (b"MZ", b"\x7fELF", b"\xfe\xed\xfa", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")  # of programs
PROGRAMS = frozenset(  # how names of programs end
    re.findall(
        r"\w+",
        "apk app bat cmd com cpl dll dmg exe hta jar js jse lnk msi msix pif ps1 reg scr sh vbe vbs wsf",
    )
)
ZIPPED = {"zip", "xlsx", "docx", "pptx", "odt", "ods"}
EXPECTED = {"png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "pdf": "application/pdf"}
EXPECTED |= dict.fromkeys(ZIPPED, "application/zip") | {"webp": "image/webp", "gz": "application/gzip"}
EXPECTED |= dict.fromkeys(("txt", "csv", "log", "json", "md", "yaml", "yml"), "text/plain")
HEAD = 64 * 1024
TAKEN_AGAIN = timedelta(days=1)  # another copy of the same person within it is not worth another entry
FORGOTTEN = timedelta(days=1)  # a draft so old was left by a process that died


class NotTaken(DomainError):
    """The file cannot be kept; the sentence names it and says why."""


@dataclass(frozen=True)
class Kept:
    """A file that is not yet tied to an incident; `draft` is where it lies until then."""

    name: str
    sha256: str
    size: int
    content_type: str
    draft: Path | None = None


@contextmanager
def keeping(files: Iterable[UploadedFile], *, at: datetime) -> Iterator[list[Kept]]:
    """Write `files` beside the store, before any transaction; what ``add`` has not taken at the end is removed.

    So nothing stays of a report or a file that was refused. Raises NotTaken.
    """
    kept: list[Kept] = []
    try:
        for file in files:
            kept.append(_keep(file))
        yield kept
    finally:
        for item in kept:
            if item.draft is not None:
                item.draft.unlink(missing_ok=True)
        if kept:
            _sweep(at)


def _sweep(at: datetime) -> None:
    """Remove drafts that a process left when it died."""
    for draft in Path(settings.MEDIA_ROOT).glob(".*"):
        with suppress(FileNotFoundError):  # another process does the same
            if draft.stat().st_mtime < (at - FORGOTTEN).timestamp():
                draft.unlink()


def _keep(file: UploadedFile) -> Kept:
    """Write `file` into a draft of its own, and judge it. Raises NotTaken; then no draft is left."""
    name = clean_name(file.name or "")
    if not file.size:
        raise NotTaken(_("“%(name)s” is empty.") % {"name": name})
    if file.size > limits.FILE_BYTES:
        raise NotTaken(_("“%(name)s” is larger than %(n)d MB.") % {"name": name, "n": limits.FILE_BYTES // 1024**2})
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    draft, digest, head = folder / f".{ids.uuid7()}", hashlib.sha256(), b""
    try:
        with open(draft, "wb") as target:
            for chunk in file.chunks():
                head = head or chunk[:HEAD]
                digest.update(chunk)
                target.write(chunk)
            target.flush()
            os.fsync(target.fileno())
        content_type = sniff(head)
        refuse_disguise(name, content_type)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return Kept(name, digest.hexdigest(), file.size, content_type, draft)


def add(
    *, incident: Incident, files: Iterable[Kept], by: User | None, at: datetime, said: dict[str, str] | None = None
) -> list[Evidence]:
    """Tie kept files to `incident` and move them into the store under their hash, before the commit that names
    them; one that is there already is not added twice. `by` None: through the tracking page; then `said` is
    {name, person} of who sent them, and they may read that it arrived. Raises access.Refused."""
    with audit.action(actor=by, actor_label="" if by else "tracking page", reason="evidence added", at=at) as action:
        incident = Incident.objects.select_for_update(no_key=True).get(pk=incident.pk)
        access.require(by, "evidence", incident)
        known = set(Evidence.objects.filter(incident=incident).values_list("sha256", flat=True))
        added = []
        for kept in files:
            if kept.sha256 in known:
                continue
            known.add(kept.sha256)
            row = Evidence(
                incident=incident,
                name=kept.name,
                sha256=kept.sha256,
                size=kept.size,
                content_type=kept.content_type,
                added_by=by,
                added_at=at,
            )
            row.save(force_insert=True)
            added.append(row)
            if kept.draft is not None:
                final = path_of(kept.sha256)
                final.parent.mkdir(exist_ok=True)
                os.replace(kept.draft, final)
            action.record(verb="evidence.added", target=row, data={"sha256": kept.sha256, "size": kept.size})
            facts: dict[str, str | int] = {"name": kept.name, "size": kept.size, "by": str(by or "")}
            if said is not None:
                facts |= {"by": said["name"], "person": said["person"]}
            timeline.add(incident, verb="evidence", by=by, at=at, data=facts, is_public=by is None)
    return added


class Spoiled(DomainError):
    """What lies on the disk is not what was given."""


def take(row: Evidence, *, by: User, at: datetime) -> Path:
    """The file for `by`, who takes a copy: the ledger keeps that, once a person and day (custody).

    Its content is held against its hash first. Raises FileNotFoundError and Spoiled.
    """
    path = path_of(row.sha256)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    fits = found == row.sha256
    verb = "evidence.taken" if fits else "evidence.spoiled"
    mine = AuditEntry.objects.filter(target_type=row._meta.label_lower, target_id=str(row.pk), verb=verb, actor=by)
    if not mine.filter(at__gte=at - TAKEN_AGAIN).exists():
        with audit.action(actor=by, reason="evidence taken" if fits else "evidence spoiled", at=at) as action:
            action.record(verb=verb, target=row, data={"sha256": found})
    if not fits:
        raise Spoiled(_("The file is not what it was when it was given. Nobody gets it; the ledger says so."))
    return path


def path_of(sha256: str) -> Path:
    """Where the content with this hash lies."""
    return Path(settings.MEDIA_ROOT) / sha256[:2] / sha256


def clean_name(name: str) -> str:
    """The last part of a file name without control signs; never empty."""
    name = unicodedata.normalize("NFC", re.split(r"[\\/]", name)[-1].encode("utf-8", "ignore").decode())
    name = "".join(sign for sign in name if sign.isprintable()).strip(". ")
    return name[-limits.TITLE_LENGTH :] or "file"


def sniff(head: bytes) -> str:
    """The type that the first bytes show; the name is never asked."""
    for sign, content_type in SIGNS:
        if head.startswith(sign):
            return content_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if b"\x00" in head:
        return PROGRAM if head.startswith(STARTS) else "application/octet-stream"
    start = head.lstrip()[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<script", b"<svg")) or b"<svg" in start:
        return "text/html"
    return "text/plain"


def refuse_disguise(name: str, content_type: str) -> None:
    """Raise NotTaken when the name promises another kind of file than the content is."""
    promised = EXPECTED.get(name.rpartition(".")[2].lower())
    if promised and promised != content_type:
        raise NotTaken(
            _("“%(name)s” is not the kind of file that its name says. Send it under its real name.") % {"name": name}
        )


def refuse_program(kept: Kept) -> None:
    """Raise NotTaken for what could be run: nobody signed in to send it, and somebody will open it."""
    if kept.content_type == PROGRAM or kept.name.rpartition(".")[2].lower() in PROGRAMS:
        raise NotTaken(_("“%(name)s” is a program. Send pictures, documents or texts.") % {"name": kept.name})
