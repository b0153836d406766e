"""Writing a pack: what was asked for, everything about it, and the program that checks it."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

from django.utils import timezone, translation
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from portal import access, audit, registry, roles
from portal.audit import notes, receipts
from portal.errors import DomainError
from portal.evidence import archive, contents, folder, period, words
from portal.evidence.ledger import Ledger, Unsealed
from portal.evidence.meter import Meter, Progress
from portal.models import User
from portal.models.ledger import Checkpoint

PERIOD = "period"
FORMAT = "evidence pack 1"
TRIES, PAUSE = 4, 1.0  # seconds between them: the clock seals in less
MOST = 1_000  # objects that a sample may have of each kind
SEED_LENGTH = 200


class CannotPack(DomainError):
    """There is nothing to pack, or not as it was asked for; the sentence says what to change."""


class NotSealed(DomainError):
    """What the pack would say is not in a signed ledger yet."""


def require(by: User | None) -> None:
    """Auditors and admins may have packs, which hold restricted incidents too; None is the server itself.

    Raises access.Refused.
    """
    if by is None or (by.is_active and by.is_superuser):
        return
    held = access.groups(by).values() if by.is_active else ()
    if roles.AUDITOR not in held and roles.ADMIN not in held:
        raise access.Refused(_("Only auditors and administrators may make evidence packs."))


def kinds() -> list[str]:
    """What packs can be about."""
    return [kind for kind, found in registry.packs.items() if found.find is not None] + [PERIOD]


def check(*, kind: str, about: dict[str, Any], at: datetime) -> None:
    """Whether ``write`` would know what to pack. Raises CannotPack."""
    _asked(kind, about, at)
    _outside(about.get("checkpoint") or "")


def write(
    *,
    kind: str,
    about: dict[str, Any],
    path: Path,
    at: datetime,
    by: User | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write the pack of `kind` to `path` (a ZIP); what is in it, in figures.

    `about` is {key} of an incident or a change, or {from, until, sample, seed} of a period: times with a zone as ISO
    text or datetimes, dates as the start of the day in the portal's time zone; `until` is not in it. A `checkpoint`
    (the text of a note that somebody outside keeps) adds the proof that the pack continues it. Nothing is left at
    `path` when it fails. Raises CannotPack, NotSealed, access.Refused.
    """
    require(by)
    asked = _asked(kind, about, at)
    outside = _outside(about.get("checkpoint") or "")
    for number in range(TRIES):
        time.sleep(PAUSE if number else 0)
        try:
            with translation.override("en"), timezone.override("UTC"):
                return _write(kind, asked, outside, path, at, by, Meter(progress))
        except Unsealed:
            continue
    raise NotSealed(
        _("Not everything about this is in the signed ledger yet. That takes a second or two while the clock runs.")
    )


def _asked(kind: str, about: dict[str, Any], at: datetime) -> Any:
    """The object, or the period. Raises CannotPack."""
    if kind == PERIOD:
        return _period(about, at)
    contributor = registry.packs.get(kind)
    if contributor is None or contributor.find is None:
        raise CannotPack(_("There are no evidence packs of “%(kind)s”.") % {"kind": kind})
    key = str(about.get("key") or "").strip()
    if not key or contributor.find(key) is None:
        raise CannotPack(_("There is no “%(key)s”. Look up its reference and try again.") % {"key": key})
    return key


def _period(about: dict[str, Any], at: datetime) -> period.Period:
    begin, end = _time(about.get("from")), _time(about.get("until"))
    if begin >= end:
        raise CannotPack(_("The period ends before it begins."))
    if begin >= at:
        raise CannotPack(_("The period lies in the future."))
    try:
        size = int(about.get("sample") or 0)
    except (TypeError, ValueError):
        size = -1
    if not 0 <= size <= MOST:
        raise CannotPack(_("The sample is a number from 0 to %(most)d.") % {"most": MOST})
    seed = str(about.get("seed") or "").strip()
    if size and not seed:
        raise CannotPack(_("State a seed for the sample: any word or number that you choose yourself."))
    if len(seed) > SEED_LENGTH:
        raise CannotPack(_("The seed may have at most %(count)d characters.") % {"count": SEED_LENGTH})
    return period.Period(begin, end, size, seed)


def _time(value: Any) -> datetime:
    """Raises CannotPack."""
    found = value if isinstance(value, datetime) else None
    text = str(value or "")
    try:
        found = found or parse_datetime(text)
        day = None if found else parse_date(text)
    except ValueError:
        found = day = None
    if day is not None:
        found = datetime(day.year, day.month, day.day)
    if found is None:
        raise CannotPack(_("Say from when until when, such as 2026-03-01."))
    return found if timezone.is_aware(found) else timezone.make_aware(found, timezone.get_default_timezone())


def _outside(note: str) -> notes.Checkpoint | None:
    """The checkpoint that somebody outside keeps. Raises CannotPack."""
    try:
        return notes.Checkpoint.parse(notes.Note.parse(note).text) if note else None
    except notes.NoteError as error:
        raise CannotPack(_("This is no checkpoint: %(why)s") % {"why": error}) from error


def _write(
    kind: str, asked: Any, outside: notes.Checkpoint | None, path: Path, at: datetime, by: User | None, meter: Meter
) -> dict[str, Any]:
    seen = Ledger()  # NOTE: taken before anything is read, so what is changed meanwhile is found to be unsealed
    if kind == PERIOD:
        plan = period.plan(asked, seen, at=at)
        asked = plan.period
        about, said, name = period.said(asked), list(plan.notes), f"{asked.begin:%Y-%m-%d}_{asked.end:%Y-%m-%d}"
        olds = {plan.end.size, *([plan.start.size] if plan.start else [])}
    else:
        contributor = registry.packs[kind]
        obj = contributor.find(asked)
        name, about, said, olds = asked, {"key": asked}, [], set()
        label = {"kind": kind, "label": obj._meta.label_lower, "id": obj.pk, "reference": asked}
        files = dict(folder.files(contributor.contents(obj), label, seen, meter))
    if outside is not None and outside.size > seen.size:
        raise CannotPack(
            _("The checkpoint has %(size)d entries, more than the ledger has here.") % {"size": outside.size}
        )
    with archive.Archive(path) as made:
        title = f"{kind} {name}"
        readme = words.readme(
            title=title, made_at=audit.plain(at), size=seen.size, notes=said, is_period=kind == PERIOD
        )
        made.add("README.txt", readme)
        made.add("verify.py", words.program())
        made.add("checkpoint.txt", seen.note.encode())
        made.add("keys.json", contents.as_bytes(seen.keys))
        _continue(made, seen, olds | ({outside.size} if outside else set()))
        if kind == PERIOD:
            period.write(made, plan, seen, meter)
        else:
            for file, data in files.items():
                made.add(file, data)
        manifest = {
            "format": FORMAT,
            "kind": kind,
            "about": about,
            "notes": said,
            "made_at": at,
            "made_by": by.name if by else "the server",
            "ledger": {"size": seen.size, "root": seen.checkpoint.root},
        }
        digest = made.manifest(manifest)
    return {
        "title": title,
        "files": len(made.files),
        "entries": seen.size,
        "bytes": path.stat().st_size,
        "sha256": archive.sha256_of(path),
        "manifest": digest,
        "notes": said,
    }


def _continue(made: archive.Archive, seen: Ledger, sizes: set[int]) -> None:
    """What witnesses keep, and the proofs that the ledger of the pack continues that and the trees of `sizes`."""
    taken: list[Checkpoint] = seen.witnessed()
    for one in taken:
        made.add(f"witnessed/{one.size}.txt", receipts.cosigned(one).encode())
    for size in sorted({one.size for one in taken} | sizes):
        if 0 < size < seen.size:
            made.add(f"consistency/{size}-{seen.size}.txt", seen.consistency(size).encode())
