"""People and messages for tests of the kernel."""

import itertools
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import Group

from portal import audit, roles
from portal.models import ContactMethod, Membership, Message, User

NOW = datetime(2026, 3, 12, 14, 30, tzinfo=UTC)
number = itertools.count(1)


def make_user(*, email: str = "", methods: list[tuple[str, str]] | None = None, **fields: Any) -> User:
    """An active person with verified methods [(channel, address)], by default one e-mail address."""
    email = email or f"person{next(number)}@example.com"
    with audit.action(actor=None, actor_label="test", reason="a test needs them", at=NOW):
        user = User(email=email, **fields)
        user.set_unusable_password()
        user.save()
        for order, (channel, address) in enumerate([("email", email)] if methods is None else methods):
            ContactMethod(user=user, channel=channel, address=address, order=order, verified_at=NOW).save()
    return user


def make_operator(**fields: Any) -> User:
    user = make_user(**fields)
    with audit.action(actor=None, actor_label="test", reason="a test needs them", at=NOW):
        group, _ = Group.objects.get_or_create(name=roles.OPERATOR)
        Membership(user=user, group=group).save()
    return user


def deactivate(user: User) -> None:
    with audit.action(actor=None, actor_label="test", reason="left", at=NOW):
        user.is_active = False
        user.save(update_fields=["is_active"])


def states() -> list[tuple[str, str]]:
    """(channel, state) of all messages, oldest first and the inbox before e-mail."""
    return list(Message.objects.order_by("created_at", "-channel", "id").values_list("channel", "state"))
