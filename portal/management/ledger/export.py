"""`manage.py audit export`: the ledger as files, for tools that others wrote."""

from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import CommandError, CommandParser, OutputWrapper

from portal.audit import receipts, rows, tree
from portal.models.ledger import Checkpoint, SigningKey, Witness

HELP = "write leaves, hashes, checkpoints and public keys into a directory"
PIECE = 10_000  # places
README = """\
The sealed ledger of {origin}: {size} entries. Nothing here needs the portal to be verified.

leaves.txt       the exact bytes of the leaves, one a line (UTF-8, \\n is no part of a leaf), the first has index 0;
                 RFC 8785 JSON; "commitment" is SHA-256(salt || words), the words of an entry are not part of this
leaf-hashes.txt  SHA-256(0x00 || leaf), hexadecimal, one a line, as the database holds it: compare with leaves.txt
checkpoints/     one signed note a file, named by its size: c2sp.org/tlog-checkpoint, c2sp.org/signed-note,
                 with the cosignatures of witnesses (c2sp.org/tlog-cosignature)
vkeys.txt        public keys of log and witnesses as the portal knows them; get them from somebody else and compare
tree             node = SHA-256(0x01 || left || right), RFC 9162 section 2.1: the root of the first N leaves is the
                 third line of checkpoints/N (base64)
Compare a checkpoint that you kept yourself with the root that you compute: only this shows a ledger that was rewritten.
"""


def arguments(parser: CommandParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="a directory that does not exist yet")


def handle(options: dict[str, Any], out: OutputWrapper) -> None:
    directory: Path = options["out"]
    try:
        (directory / "checkpoints").mkdir(parents=True)
    except FileExistsError:
        raise CommandError(f"{directory} holds an export already: choose another directory.") from None
    except OSError as error:
        raise CommandError(f"{directory} cannot be made ({error.strerror}).") from None
    newest = Checkpoint.objects.order_by("-id").first()
    size = tree.size()
    with (
        open(directory / "leaves.txt", "w", encoding="utf-8", newline="\n") as leaves,
        open(directory / "leaf-hashes.txt", "w", encoding="ascii", newline="\n") as hashes,
    ):
        gone = sum(_write(leaves, hashes, start, min(start + PIECE, size)) for start in range(0, size, PIECE))
    written = set()
    for checkpoint in Checkpoint.objects.filter(id__lte=newest.pk if newest else 0).order_by("-id").iterator():
        name = str(checkpoint.size) if checkpoint.size not in written else f"{checkpoint.size}-{checkpoint.pk}"
        written.add(checkpoint.size)
        (directory / "checkpoints" / name).write_text(receipts.cosigned(checkpoint), encoding="utf-8")
    vkeys = list(SigningKey.objects.order_by("id").values_list("vkey", flat=True))
    vkeys += Witness.objects.exclude(vkey="").order_by("name").values_list("vkey", flat=True)
    (directory / "vkeys.txt").write_text("".join(f"{vkey}\n" for vkey in vkeys), encoding="utf-8")
    origin = newest.note.split("\n")[0] if newest else "an unsigned ledger"
    (directory / "README.txt").write_text(README.format(origin=origin, size=size), encoding="utf-8")
    out.write(f"{size} leaves and {Checkpoint.objects.count()} checkpoints are in {directory}.")
    if gone:
        raise CommandError(f"{gone} sealed entries are gone; their lines are empty. Run manage.py audit verify.")


def _write(leaves: TextIO, hashes: TextIO, start: int, end: int) -> int:
    """Write these places; how many of their entries are gone."""
    gone = 0
    for _index, _entry, stored, commitment, text, _words in rows.read(start, end):
        gone += commitment is None
        leaves.write(f"{text}\n" if commitment is not None else "\n")
        hashes.write(f"{stored}\n")
    return gone
