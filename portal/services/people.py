"""People and teams: who exists, who works where (membership rows, tracked)."""

from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.utils.translation import gettext as _

from portal import audit, roles
from portal.errors import DomainError
from portal.models import Channel, ContactMethod, Department, Lane, Membership, Team, User

TEAM_GROUP = "team:"  # keeps the Group of a team apart from the Group of a role


class AddressTaken(DomainError):
    """Somebody else signs in with this address."""


class AlreadyThere(DomainError):
    """The membership exists."""


class NotThere(DomainError):
    """The membership does not exist."""


class NotYourself(DomainError):
    """People do not deactivate themselves."""


def create_person(
    *,
    email: str,
    by: User | None,
    reason: str,
    at: datetime,
    name: str = "",
    password: str | None = None,
    verified: bool = False,
    actor_label: str = "",
    **extra: Any,
) -> User:
    """A person who signs in with `email`; without `password` they set it through the invitation.

    With `verified` the address carries messages at once; else it does when the invitation is used
    (``prove_address``). Raises AddressTaken.
    """
    email = User.objects.normalize_email(email).lower()
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label) as action:
        if User.objects.filter(email__iexact=email).exists():
            raise AddressTaken(_("Somebody with the address %(email)s is already here.") % {"email": email})
        person = User.objects.create_user(email, password, name=name, **extra)
        welcome(person=person, at=at, verified=verified)
        action.record(verb="user.created", target=person)
    return person


def welcome(*, person: User, at: datetime, verified: bool) -> None:
    """Give a new person what belongs to the address: the log-in and a contact method for each lane."""
    sync_address(person=person)
    if verified:
        prove_address(person=person, at=at)


def sync_address(*, person: User) -> None:
    """Keep allauth's address equal to the one that the person signs in with."""
    EmailAddress.objects.filter(user=person).exclude(email=person.email).delete()
    EmailAddress.objects.update_or_create(
        user=person, email=person.email, defaults={"verified": True, "primary": True}
    )


def prove_address(*, person: User, at: datetime) -> None:
    """The person reads mail at the log-in address (the invitation was used): it may carry messages now."""
    with audit.action(actor=person, reason="address proved by its mail", at=at):
        for lane in (Lane.URGENT, Lane.ROUTINE):
            method = ContactMethod.objects.filter(
                user=person, channel=Channel.EMAIL, address=person.email, lane=lane
            ).first() or ContactMethod(user=person, channel=Channel.EMAIL, address=person.email, lane=lane)
            if method.verified_at is None:
                method.verified_at = at
                method.save()


def deactivate(*, person: User, by: User, reason: str, at: datetime) -> User:
    """From now on `person` sees and receives nothing. Raises NotYourself."""
    with audit.action(actor=by, reason=reason, at=at) as action:
        if person == by:
            raise NotYourself(_("You cannot deactivate yourself. Ask another administrator."))
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        person.is_active = False
        person.save(update_fields=["is_active"])
        action.record(verb="user.deactivated", target=person)
    return person


def create_team(
    *, key: str, name: str, department: Department, by: User | None, reason: str, at: datetime, actor_label: str = ""
) -> Team:
    """A team and its Group."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label) as action:
        group, _created = Group.objects.get_or_create(name=f"{TEAM_GROUP}{key}")
        team = Team.objects.create(key=key, name=name, department=department, group=group)
        action.record(verb="team.created", target=team)
    return team


def join_team(*, person: User, team: Team, by: User | None, reason: str, at: datetime, actor_label: str = "") -> Membership:
    """`person` works in `team` from now on. Raises AlreadyThere."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label):
        return _enter(person, team.group, str(team))


def leave_team(*, person: User, team: Team, by: User | None, reason: str, at: datetime, actor_label: str = "") -> None:
    """Raises NotThere."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label):
        _leave(person, team.group, str(team))


def grant_role(*, person: User, role: str, by: User | None, reason: str, at: datetime, actor_label: str = "") -> Membership:
    """Give a permission role (a name from ``portal.roles``); "admin" also opens the admin. Raises AlreadyThere."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label):
        membership = _enter(person, Group.objects.get(name=role), role)
        if role == roles.ADMIN and not person.is_staff:
            person.is_staff = True
            person.save(update_fields=["is_staff"])
        return membership


def revoke_role(*, person: User, role: str, by: User | None, reason: str, at: datetime, actor_label: str = "") -> None:
    """Raises NotThere."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label):
        _leave(person, Group.objects.get(name=role), role)
        if role == roles.ADMIN and person.is_staff:
            person.is_staff = False
            person.save(update_fields=["is_staff"])


def _enter(person: User, group: Group, name: str) -> Membership:
    membership, created = Membership.objects.get_or_create(user=person, group=group)
    if not created:
        raise AlreadyThere(_("%(person)s is already in %(group)s.") % {"person": person, "group": name})
    return membership


def _leave(person: User, group: Group, name: str) -> None:
    membership = Membership.objects.filter(user=person, group=group).first()
    if membership is None:
        raise NotThere(_("%(person)s is not in %(group)s.") % {"person": person, "group": name})
    membership.delete()
