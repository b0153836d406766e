"""`manage.py audit pack`: everything about an incident, a change or a period, for somebody who trusts nobody here."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser, OutputWrapper
from django.utils import timezone

from portal import evidence
from portal.errors import DomainError

HELP = "write an evidence pack with the program that checks it"


def arguments(parser: CommandParser) -> None:
    parser.add_argument("kind", help="incident, change or period")
    parser.add_argument("key", nargs="?", default="", help="reference of the incident or change")
    parser.add_argument("--from", dest="begin", default="", help="first moment of the period, such as 2026-03-01")
    parser.add_argument("--until", default="", help="the moment after the period")
    parser.add_argument("--sample", type=int, default=0, help="how many of each kind are drawn (default: none)")
    parser.add_argument("--seed", default="", help="what the sample is drawn by; let the auditor choose it")
    parser.add_argument(
        "--checkpoint", type=Path, help="a checkpoint kept outside: adds the proof that this follows it"
    )
    parser.add_argument("--out", type=Path, required=True, help="write to this file (ZIP)")


def handle(options: dict[str, Any], out: OutputWrapper) -> None:
    about = {
        "key": options["key"],
        "from": options["begin"],
        "until": options["until"],
        "sample": options["sample"],
        "seed": options["seed"],
    }
    try:
        if options["checkpoint"]:
            about["checkpoint"] = options["checkpoint"].read_text(encoding="utf-8")
        done = evidence.write(kind=options["kind"], about=about, path=options["out"], at=timezone.now())
    except (DomainError, OSError, UnicodeDecodeError) as error:
        raise CommandError(str(error)) from error
    for note in done["notes"]:
        out.write(f"Note: {note}")
    out.write(f"{options['out']}: {done['title']}, {done['files']} files, {done['bytes']} bytes")
    out.write(f"SHA-256 {done['sha256']}")
    out.write("It holds personal data. Whoever gets it runs: python3 verify.py --vkey VKEY")
