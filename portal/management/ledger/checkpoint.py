"""`manage.py audit checkpoint`: the newest signed checkpoint, for whoever keeps it outside."""

from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.utils import timezone

from portal.audit import keys, receipts
from portal.errors import DomainError
from portal.models.ledger import Checkpoint
from portal.services import ledger

HELP = "print the newest checkpoint with all cosignatures"


def arguments(parser: CommandParser) -> None:
    parser.add_argument("--now", action="store_true", help="seal and sign what is committed first (needs the key)")


def handle(options: dict[str, Any], out: OutputWrapper) -> None:
    try:
        found = (
            ledger.checkpoint_now(at=timezone.now()) if options["now"] else Checkpoint.objects.order_by("-id").first()
        )
    except (keys.KeyUnusable, DomainError) as error:
        raise CommandError(str(error)) from None
    if found is None:
        raise CommandError("Nothing was signed yet: start the clock, or use --now.")
    out.write(receipts.cosigned(found), ending="")
