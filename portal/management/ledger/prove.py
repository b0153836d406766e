"""`manage.py audit prove`: receipts of entries, and that one checkpoint continues another."""

import base64
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from portal.audit import receipts, tree
from portal.errors import DomainError
from portal.models import AuditEntry

HELP = "print the receipt of an entry (c2sp.org/tlog-proof), or the proof that the ledger only grew"


def arguments(parser: CommandParser) -> None:
    parser.add_argument("entry", nargs="?", type=int, help="number of the entry")
    parser.add_argument("--from", dest="old", type=int, metavar="SIZE", help="size of the earlier checkpoint")
    parser.add_argument("--to", dest="new", type=int, metavar="SIZE", help="size of the later one (default: all)")
    parser.add_argument("--out", type=Path, help="write to this file")


def handle(options: dict[str, Any], out: OutputWrapper) -> None:
    if (options["entry"] is None) == (options["old"] is None):
        raise CommandError("Name an entry, or the sizes of two checkpoints with --from and --to.")
    text = _receipt(options["entry"]) if options["old"] is None else _growth(options["old"], options["new"])
    if options["out"]:
        options["out"].write_text(text, encoding="utf-8")
    else:
        out.write(text, ending="")


def _receipt(number: int) -> str:
    entry = AuditEntry.objects.filter(pk=number).first()
    if entry is None:
        raise CommandError(f"There is no entry {number}.")
    try:
        return receipts.receipt(entry).text
    except DomainError as error:
        raise CommandError(str(error)) from None


def _growth(old: int, new: int | None) -> str:
    size = tree.size()
    new = size if new is None else new
    if not 0 <= old <= new <= size:
        raise CommandError(f"The ledger holds {size} entries: 0 <= FROM <= TO <= {size}.")
    try:
        hashes = tree.consistency(old, new)
    except tree.Broken as error:
        raise CommandError(f"The ledger was changed, so that nothing can be proven: {error}") from None
    return "".join(f"{base64.b64encode(one).decode()}\n" for one in hashes)
