"""Somebody can always open the admin: whoever takes an administrator away asks here, under one lock."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from portal import roles
from portal.errors import DomainError
from portal.models import Membership, User


class LastAdmin(DomainError):
    """Somebody has to be able to open the admin."""


def active() -> QuerySet[User]:
    """Everybody who has the role or is a superuser, and has not left."""
    return User.objects.filter(_is_admin(), is_active=True)


def lock(people: Iterable[User] = ()) -> dict[UUID, User]:
    """Lock `people` and the administrators in one order, so that two of them cannot take each other away."""
    wanted = User.objects.filter(Q(pk__in=[person.pk for person in people]) | _is_admin())
    return {user.pk: user for user in wanted.select_for_update(no_key=True).order_by("pk")}


def require_another(person: User, administrators: Iterable[User]) -> None:
    """Raises LastAdmin when `person` is the only one of the active `administrators`."""
    if list(administrators) == [person]:
        raise LastAdmin(_("%(person)s is the last administrator. Make somebody else one first.") % {"person": person})


def _is_admin() -> Q:
    return Q(is_superuser=True) | Q(pk__in=Membership.objects.filter(group__name=roles.ADMIN).values("user"))
