"""`manage.py audit`: the sealed ledger from the command line."""

import importlib
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

PARTS = ("key", "checkpoint", "prove", "verify", "export", "pack", "witness")  # modules of portal.management.ledger


class Command(BaseCommand):
    help = "Sign, prove, verify and export the sealed ledger."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parts = parser.add_subparsers(dest="part", required=True, metavar="|".join(PARTS))
        for name in PARTS:
            module = _part(name)
            module.arguments(parts.add_parser(name, help=module.HELP, description=module.HELP))

    def handle(self, *args: Any, **options: Any) -> None:
        _part(options["part"]).handle(options, self.stdout)


def _part(name: str) -> Any:
    return importlib.import_module(f"portal.management.ledger.{name}")
