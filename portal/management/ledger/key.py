"""`manage.py audit key create | rotate | print`: the signing key of the ledger; run it as the user of the clock."""

from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.utils import timezone

from portal.audit import keys, notes
from portal.errors import DomainError
from portal.services import ledger

HELP = "the key that signs checkpoints: create it, put a new one in its place, or print its public half"


def arguments(parser: CommandParser) -> None:
    parser.add_argument("what", choices=["create", "rotate", "print"])
    parser.add_argument("--name", default="", help="name of the log (default: host of SITE_URL, then /ledger)")


def handle(options: dict[str, Any], out: OutputWrapper) -> None:
    try:
        match options["what"]:
            case "create":
                signer = keys.create(options["name"])
            case "rotate":
                signer = ledger.rotate(name=options["name"], at=timezone.now())
            case _:
                signer = keys.load()
    except (keys.KeyUnusable, keys.KeyExists, notes.NoteError, DomainError) as error:
        raise CommandError(str(error)) from None
    out.write(signer.vkey)
    if options["what"] != "print":
        out.write(f"The secret half is in {keys.path()}. Give the line above to auditors and witnesses, not through")
        out.write("this portal: who knows it can check every checkpoint without trusting anybody here.")
