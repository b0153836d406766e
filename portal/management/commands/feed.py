"""`manage.py feed`: how far indexes and figures have followed the ledger; makes one anew with --rebuild."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from portal import feeds, registry


class Command(BaseCommand):
    help = "Say how far indexes and figures have followed the ledger, or make one of them anew."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", help="one of them; all without it")
        parser.add_argument("--rebuild", action="store_true", help="make it anew from everything there is")

    def handle(self, *args: Any, **options: Any) -> None:
        known = [name for name, _feed in registry.feeds.items()]
        wanted = [options["name"]] if options["name"] else known
        if unknown := set(wanted) - set(known):
            raise CommandError(f"There is no feed {unknown.pop()}. There are: {', '.join(known)}.")
        if options["rebuild"]:
            for name in wanted:
                feeds.rebuild(name, at=timezone.now())
                self.stdout.write(f"{name} is made anew")
            return
        late = feeds.waits(at=timezone.now())
        for name in wanted:
            state = f"{late[name]:.0f} s behind" if name in late else "up to date"
            self.stdout.write(f"{name} is {state}")
