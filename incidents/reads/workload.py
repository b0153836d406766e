"""Whose load at work a person may see: their own, that of the people of teams that they keep, or everybody's (P13).

Governance admins and senior leadership see that of everybody; nobody else does, administrators of the portal neither.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from incidents.reads import status
from portal import access, roles
from portal.models import Membership, User


@dataclass(frozen=True)
class Sight:
    """`people` whose load may be seen; `whole` company, the `teams` that one keeps, or only oneself."""

    people: list[User]
    is_whole: bool
    keeps: bool


def sight(user: User, *, at: datetime, team: UUID | None = None) -> Sight:
    """Whom `user` may see, of `team` alone where it is given; four queries at most."""
    held = access.groups(user)
    whole = roles.GOVERNANCE_ADMIN in held.values() or status.leadership(user, at=at)
    rows = User.objects.active()
    if team is not None:
        rows = rows.filter(pk__in=Membership.objects.filter(group__team=team).values("user"))
    keeps = roles.TEAM_ADMIN in held.values()
    if whole:
        return Sight(_named(rows), True, keeps)
    if not keeps:
        return Sight(_named(rows.filter(pk=user.pk)), False, False)
    mates = Membership.objects.filter(group__in=held, group__team__isnull=False).values("user")
    return Sight(_named(rows.filter(pk__in=mates) | rows.filter(pk=user.pk)), False, True)


def _named(rows: Iterable[User]) -> list[User]:
    return sorted(rows, key=lambda user: (user.name, str(user.pk)))
