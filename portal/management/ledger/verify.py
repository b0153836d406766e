"""`manage.py audit verify`: the whole ledger against whatever was signed, and against what others kept."""

import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from portal.audit import merkle, notes, verify
from portal.audit.findings import MOST
from portal.reads import completeness

HELP = "read every sealed entry, and say what is not as it was sealed, signed or seen (then the exit code is 1)"
TOLD_EVERY = 0.2  # seconds


def arguments(parser: CommandParser) -> None:
    parser.add_argument(
        "--checkpoint",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a checkpoint or receipt that was kept outside; may be given again",
    )
    parser.add_argument(
        "--seen",
        action="append",
        default=[],
        metavar="ISO-TIME",
        help="when the checkpoint of the same position was the newest one, such as 2026-03-12T14:30:00+00:00",
    )
    parser.add_argument(
        "--vkey",
        action="append",
        default=[],
        metavar="KEY",
        help="a public key of the ledger or of a witness that you trust; may be given again",
    )
    parser.add_argument("--full", action="store_true", help="hold all tables against the ledger, too")


def handle(options: dict[str, Any], out: OutputWrapper) -> None:
    outside = _outside(options["checkpoint"], options["seen"])
    teller = _teller(out)
    try:
        report = verify.run(checkpoints=outside, vkeys=options["vkey"], progress=teller, at=timezone.now())
    except notes.NoteError as error:
        raise CommandError(str(error)) from None
    found = sum(report.totals.values())
    _write(out, [finding.sentence for finding in report.findings])
    for kind, count in report.totals.items():
        if count > MOST:
            out.write(f"… and {count - MOST} more of the kind “{kind}”.")
    if options["full"]:
        differences = completeness.sentences(completeness.check(teller))
        found += len(differences)
        _write(out, differences)
    rate = f"{report.size / max(report.seconds, 1e-9):.0f} a second"
    counts = report.counts
    out.write(
        f"{report.size} entries ({rate}), {counts['checkpoints']} checkpoints, {counts['outside']} kept outside, root"
        f" {report.root}: {found or 'no'} finding{'s' * (found != 1)}."
    )
    if not outside:
        out.write("Without --checkpoint nobody can tell a ledger that was rewritten by whoever has the signing key.")
    if found:
        sys.exit(1)


def _outside(files: list[Path], seen: list[str]) -> list[verify.Outside]:
    if len(seen) > len(files):
        raise CommandError("Each --seen belongs to a --checkpoint: there are more times than files.")
    times = [_time(text) for text in seen] + [None] * (len(files) - len(seen))
    found = []
    for file, at in zip(files, times, strict=True):
        try:
            found.append(verify.Outside.read(file.name, file.read_text(encoding="utf-8"), at))
        except (OSError, UnicodeDecodeError, notes.NoteError, merkle.ProofError) as error:
            raise CommandError(f"{file} is no checkpoint: {error}") from None
    return found


def _time(text: str) -> datetime:
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise CommandError(f"“{text}” is no time with its zone: write it as 2026-03-12T14:30:00+00:00.")
    return at


def _teller(out: OutputWrapper) -> Callable[[int, int], None] | None:
    """Says on a terminal how far it is, in one line."""
    if not out.isatty():
        return None
    told = [0.0]

    def tell(done: int, total: int) -> None:
        if done == total or time.monotonic() - told[0] >= TOLD_EVERY:
            told[0] = time.monotonic()
            out.write(f"\r{done} of {total}", ending="\r" if done < total else "\r\033[K")
            out.flush()

    return tell


def _write(out: OutputWrapper, lines: Iterable[str]) -> None:
    for line in lines:
        out.write(line)
