"""Django's command inside an action: even the first administrator has a history."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.utils import timezone

from portal import audit
from portal.models import ContactMethod, User
from portal.services import people


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        with audit.action(actor=None, actor_label="createsuperuser", reason="administrator made on the server", at=at):
            super().handle(*args, **options)
            for person in User.objects.filter(is_superuser=True, emailaddress=None):
                if not ContactMethod.objects.filter(user=person).exists():
                    people.welcome(person=person, at=at, verified=True)
