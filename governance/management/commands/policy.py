"""`manage.py policy`: the first approval policy, its repair by two people, and whether it can be satisfied."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from governance.reads import approval, sentences
from governance.services import genesis, policies, versions
from portal.errors import DomainError
from portal.models import User

BOARD = "Rules board"


class Command(BaseCommand):
    help = "Install the first approval policy, repair one that nobody can satisfy, or check the one in force."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        install = verbs.add_parser("install", help="put the first approval policy into force, with its board")
        install.add_argument("--file", help="YAML of the policy (default: one board decides everything)")
        install.add_argument("--board", default=BOARD, help=f"name of the board (default: {BOARD})")
        install.add_argument(
            "--seat",
            action="append",
            default=[],
            metavar="EMAIL[:FUNCTION]",
            help="somebody on the board and as what; at least twice",
        )
        install.add_argument("--by", metavar="EMAIL", help="who answers for it (default: the first on the board)")
        repair = verbs.add_parser("repair", help="replace a policy that nobody can satisfy any more; needs two people")
        repair.add_argument("--file", required=True, help="YAML of the new policy")
        repair.add_argument("--by", required=True, metavar="EMAIL", help="who answers for it")
        repair.add_argument("--second", required=True, metavar="EMAIL", help="who agrees")
        repair.add_argument("--reason", required=True, help="why; it stands in the audit trail")
        repair.add_argument(
            "--passwords-stdin", action="store_true", help="read the two passwords from two lines of standard input"
        )
        verbs.add_parser("check", help="say whether the policy in force can be satisfied; exit code 1 if not")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        try:
            {"install": self.install, "repair": self.repair, "check": self.check_policy}[options["verb"]](options, at)
        except versions.ImportRefused as refused:
            raise CommandError("\n".join([*_lines(refused), "Nothing was changed."])) from refused
        except DomainError as error:
            raise CommandError(f"{error} Nothing was changed.") from error

    def install(self, options: dict[str, Any], at: datetime) -> None:
        seats = [_seat(text) for text in options["seat"]]
        if not options["file"] and not seats:
            raise CommandError("Say who sits on the board: --seat EMAIL:FUNCTION, at least twice.")
        if not options["by"] and not seats:
            raise CommandError("Say who answers for the policy: --by EMAIL.")
        by = _person(options["by"]) if options["by"] else seats[0].person
        text = _read(options["file"]) if options["file"] else None
        change = policies.install(
            policy=text, board=options["board"], seats=seats, by=by, at=at, label="policy install"
        )
        self.stdout.write(f"{change.reference}: the first approval policy is in force; {by} answers for it.")
        if seats:
            names = ", ".join(str(seat.person) for seat in seats)
            self.stdout.write(f"On the board {options['board']}: {names}.")
        self.stdout.write("From now on it is changed like every other document, at /changes/.")

    def repair(self, options: dict[str, Any], at: datetime) -> None:
        text, by, second = _read(options["file"]), _person(options["by"]), _person(options["second"])
        passwords = _typed(by, second, from_stdin=options["passwords_stdin"])
        change = policies.repair(
            policy=text,
            by=by,
            second=second,
            passwords=passwords,
            reason=options["reason"],
            at=at,
            label="policy repair",
        )
        self.stdout.write(f"{change.reference}: the policy was repaired in the names of {by} and {second}.")
        self.stdout.write("Every page says so until a normal change of the policy confirms it.")

    def check_policy(self, options: dict[str, Any], at: datetime) -> None:
        verdict = approval.own_forecast(at=at)
        if verdict is None:
            raise CommandError("No approval policy is in force. Install the first one: manage.py policy install")
        if not verdict.satisfiable:
            why = sentences.said(verdict.sentence)
            raise CommandError(f"{why}\nTwo people can put another one in its place: manage.py policy repair")
        self.stdout.write(f"The approval policy can be satisfied. {sentences.said(verdict.sentence)}")


def _lines(refused: versions.ImportRefused) -> list[str]:
    """Each finding with its line and place."""
    return [
        (f"Line {item.line}: " if item.line else "")
        + (f"{item.path}: " if item.path else "")
        + sentences.said(item.message)
        for item in refused.findings
    ]


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise CommandError(f"Cannot read {path}: {error.strerror}. Nothing was changed.") from error


def _person(email: str) -> User:
    found = User.objects.active().filter(email__iexact=email.strip()).first()
    if found is None:
        raise CommandError(f"Nobody with an active account has the address {email}. Nothing was changed.")
    return found


def _seat(text: str) -> genesis.Seat:
    email, _colon, function = text.partition(":")
    return genesis.Seat(_person(email), function.strip())


def _typed(*people: User, from_stdin: bool) -> tuple[str, str]:
    """The password of each, typed by themselves."""
    if from_stdin:
        found = [sys.stdin.readline().rstrip("\n") for _ in people]
    else:
        found = [getpass.getpass(f"Password of {person}: ") for person in people]
    return found[0], found[1]
