"""Django's command inside an action."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.utils import timezone

from portal import audit
from portal.models import User


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> Any:
        with audit.action(
            actor=None, actor_label="changepassword", reason="password set on the server", at=timezone.now()
        ) as action:
            answer = super().handle(*args, **options)
            person = User.objects.get(email=options["username"])
            action.record(verb="user.password_changed", target=person)
        return answer
