"""People and teams: who exists, who works where (membership rows, tracked)."""

from datetime import datetime, time
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.db import models, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal import access, audit, outbox, roles
from portal.errors import DomainError
from portal.models import Channel, ContactMethod, Department, Lane, Membership, Message, Team, User
from portal.reads import holdings
from portal.services import administrators, contacts

TEAM_GROUP = "team:"  # keeps the Group of a team apart from the Group of a role


class AddressTaken(DomainError):
    """Somebody else signs in with this address."""


class AlreadyThere(DomainError):
    """The membership exists."""


class NotThere(DomainError):
    """The membership does not exist."""


class LastOne(DomainError):
    """Somebody has to be in a team in use, and to have some roles."""


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
    """Give a new person what belongs to the address: the log-in and a contact method."""
    sync_address(person=person)
    ContactMethod.objects.create(
        user=person,
        channel=Channel.EMAIL,
        address=person.email,
        lane=Lane.URGENT,
        verified_at=at if verified else None,
    )


def sync_address(*, person: User) -> None:
    """Keep allauth's address equal to the one that the person signs in with."""
    EmailAddress.objects.filter(user=person).exclude(email=person.email).delete()
    EmailAddress.objects.update_or_create(user=person, email=person.email, defaults={"verified": True, "primary": True})


def prove_address(*, person: User, at: datetime) -> None:
    """The person reads mail at the log-in address (the invitation was used): it may carry messages now."""
    with audit.action(actor=person, reason="address proved by its mail", at=at):
        waiting = ContactMethod.objects.filter(
            user=person, channel=Channel.EMAIL, address=person.email, verified_at=None
        )
        for method in waiting.select_for_update(no_key=True):
            method.verified_at = at
            method.save(update_fields=["verified_at"])


def invite(*, person: User, by: User | None, reason: str, at: datetime, actor_label: str = "") -> None:
    """Mail `person` a link that sets the password. Raises AlreadyThere when they have signed in before."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label) as action:
        if person.last_login is not None or not person.is_active:
            raise AlreadyThere(_("%(person)s has signed in already or is not active.") % {"person": person})
        method = ContactMethod.objects.filter(user=person, channel=Channel.EMAIL, address=person.email).first()
        if method is None:
            raise NotThere(_("%(person)s has no e-mail address to invite.") % {"person": person})
        contacts.send(contacts.INVITATION, method, at, [{"purpose": contacts.SET_PASSWORD, "generation": 0}])
        action.record(verb="user.invited", target=person)


def lock(*people: User) -> list[User]:
    """`people` locked in one order and read again: until the end they can neither leave nor go away.

    Before whatever they are named in (a schedule, an incident), as ``leaving`` does.
    """
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=[person.pk for person in people]).order_by("pk")
    found = {row.pk: row for row in rows}
    return [found[person.pk] for person in people]


def lock_active(person: User) -> User:
    """`person` locked. Raises access.Refused when they have left."""
    (held,) = lock(person)
    if not held.is_active:
        raise access.Refused(_("Your account is not active any more."))
    return held


def create_team(
    *, key: str, name: str, department: Department, by: User | None, reason: str, at: datetime, actor_label: str = ""
) -> Team:
    """A team and its Group."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label) as action:
        team = Team.objects.create(key=key, name=name, department=department, group=team_group(key))
        action.record(verb="team.created", target=team)
    return team


def team_group(key: str) -> Group:
    """The Group of the team `key`."""
    group, _created = Group.objects.get_or_create(name=f"{TEAM_GROUP}{key}")
    return group


def join_team(
    *, person: User, team: Team, by: User | None, reason: str, at: datetime, actor_label: str = ""
) -> Membership:
    """`person` works in `team` from now on. Raises AlreadyThere."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label):
        return _enter(person, team.group, str(team))


def leave_team(*, person: User, team: Team, by: User | None, reason: str, at: datetime, actor_label: str = "") -> None:
    """Raises NotThere, LastOne."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label):
        _leave(person, team.group, str(team))


def grant_role(
    *, person: User, role: str, by: User | None, reason: str, at: datetime, actor_label: str = ""
) -> Membership:
    """Give a permission role (a name from ``portal.roles``); "admin" also opens the admin. Raises AlreadyThere."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label):
        membership = _enter(person, Group.objects.get(name=role), role)
        judge_staff(person=person, role=role)
        return membership


def revoke_role(*, person: User, role: str, by: User | None, reason: str, at: datetime, actor_label: str = "") -> None:
    """Raises NotThere, administrators.LastAdmin, LastOne."""
    with audit.action(actor=by, reason=reason, at=at, actor_label=actor_label):
        _leave(person, Group.objects.get(name=role), role)


def judge_staff(*, person: User, role: str) -> None:
    """After `role` came or went: its holders and superusers may enter the admin; call inside an action."""
    if role != roles.ADMIN:
        return
    opens = person.is_superuser or Membership.objects.filter(user=person, group__name=roles.ADMIN).exists()
    if person.is_staff != opens:
        person.is_staff = opens
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
    remove(membership=membership)


def remove(*, membership: Membership) -> None:
    """A person is no longer in a team, or has a role no more; call inside an action.

    Whoever is the last stays: a team in use with nobody answers no call, and some roles must be there. Locks the
    administrators, then the group. Raises administrators.LastAdmin, LastOne.
    """
    group, role = membership.group, membership.group.name
    person = administrators.lock([membership.user])[membership.user_id]
    Group.objects.select_for_update(no_key=True).get(pk=group.pk)
    if person.is_active:
        _require_another(person, group)
    membership.delete()
    judge_staff(person=person, role=role)


def _require_another(person: User, group: Group) -> None:
    if group.name == roles.ADMIN:
        if not person.is_superuser:
            administrators.require_another(person, administrators.active())
        return
    team = Team.objects.filter(group=group, is_active=True).first()
    others = User.objects.active().filter(memberships__group=group).exclude(pk=person.pk)
    if (team is None and group.name not in holdings.NEEDED) or others.exists():
        return
    said = {"person": person, "group": team or group.name}
    if team is None:
        raise LastOne(_("%(person)s is the last with the role %(group)s. Give it to somebody else first.") % said)
    raise LastOne(
        _("%(person)s is the last in the team %(group)s. Add somebody else first, or take the team out of use.") % said
    )


def change_preferences(*, person: User, name: str, locale: str, time_zone: str, at: datetime) -> User:
    """Name, language and zone, by the person."""
    with audit.action(actor=person, reason="own preferences", at=at):
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        person.name, person.locale, person.time_zone = name, locale, time_zone
        person.save(update_fields=["name", "locale", "time_zone"])
    return person


def set_quiet_hours(*, person: User, begin: time | None, end: time | None, at: datetime) -> User:
    """From when until when routine news wait, by the person's own clock; None for both: never."""
    with audit.action(actor=person, reason="own quiet hours", at=at):
        person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
        person.quiet_from, person.quiet_until = begin, end
        person.save(update_fields=["quiet_from", "quiet_until"])
    return person


def has_opened(*, person: User, subject: models.Model) -> int:
    """`person` looks at `subject`, so their further ways are not needed (P6); returns how many that were."""
    return outbox.seen(user=person.pk, subjects=[subject.pk], reason="the link was opened")


def mark_read(*, messages: QuerySet[Message], at: datetime) -> int:
    """The person has seen these messages of the inbox, so their further ways are not needed (P6).

    No audit: nothing is decided by it.
    """
    with transaction.atomic():
        told = set(messages.values_list("recipient", "subject_id"))
        for person in {person for person, _ in told}:
            outbox.seen(user=person, subjects=[pk for who, pk in told if who == person], reason="read in the inbox")
        return messages.update(read_at=at)
