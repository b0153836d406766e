"""`manage.py source KEY --format F`: create an inbound source or give it new secrets, and print them once."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_slug
from django.utils import timezone

from governance.models import Workflow
from incidents.models import Source
from incidents.services import sources


class Command(BaseCommand):
    help = "Create an inbound source, or rotate its secrets, and print them once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("key", help="name in the address: /api/v1/intake/KEY")
        parser.add_argument("--format", required=True, choices=Source.Format.values)
        parser.add_argument("--workflow", help="key of the workflow for events that name none that we know")
        parser.add_argument("--name", default="", help="what people read (default: the key)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            validate_slug(options["key"])
        except ValidationError:
            raise CommandError("Use letters, digits, hyphens and underscores for the key.") from None
        workflow = None
        if options["workflow"]:
            workflow = Workflow.objects.filter(key=options["workflow"]).first()
            if workflow is None:
                raise CommandError(f"There is no workflow {options['workflow']!r}.")
        source, fresh = sources.set_up(
            key=options["key"],
            format=options["format"],
            workflow=workflow,
            name=options["name"],
            by=None,
            at=timezone.now(),
        )
        for name, text in _shown(source, fresh):
            self.stdout.write(f"{name:<16}{text}")
        self.stdout.write("Secrets are shown this once. Old ones do not work any more.")


def _shown(source: Source, fresh: sources.Secrets) -> list[tuple[str, str]]:
    """What the person who sets up the sender types there."""
    door = f"{settings.SITE_URL}/api/v1/intake/{source.key}"
    shown = [("address", door), ("bearer token", fresh.token), ("signing secret", fresh.signing)]
    if source.format == Source.Format.PAGERDUTY:
        shown += [("events", f"{settings.SITE_URL}/v2/enqueue"), ("changes", f"{settings.SITE_URL}/v2/change/enqueue")]
        shown.append(("routing key", fresh.token))
    if source.format in (Source.Format.SLACK, Source.Format.N8N, Source.Format.ALERTMANAGER):
        shown.append(("secret address", f"{door}/{fresh.token}"))
    return shown
