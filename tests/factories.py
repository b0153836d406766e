"""Plain functions that make rows with valid defaults, through the services where there is one."""

import itertools
from datetime import UTC, datetime
from typing import Any

from portal import audit, ids
from portal.models import Absence, Channel, ContactMethod, Department, Lane, Membership, Team, User
from portal.services import people

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
numbers = itertools.count(1)


def action(reason: str = "test", at: datetime = NOW, actor: User | None = None) -> Any:
    """An open audit action, for tests that save tracked rows themselves."""
    return audit.action(actor=actor, actor_label="" if actor else "test", reason=reason, at=at)


def make_user(
    email: str = "", *, name: str = "", roles: tuple[str, ...] = (), teams: tuple[Team, ...] = (), **extra: Any
) -> User:
    """An active person with verified e-mail for both lanes, the given roles and teams."""
    number = next(numbers)
    extra.setdefault("password", PASSWORD)
    extra.setdefault("verified", True)
    with action():
        person = people.create_person(
            email=email or f"person{number}@example.com",
            name=name or f"Person {number}",
            by=None,
            actor_label="test",
            reason="test",
            at=NOW,
            **extra,
        )
        for role in roles:
            people.grant_role(person=person, role=role, by=None, actor_label="test", reason="test", at=NOW)
        for team in teams:
            people.join_team(person=person, team=team, by=None, actor_label="test", reason="test", at=NOW)
    return person


def make_admin(email: str = "", **extra: Any) -> User:
    return make_user(email, is_staff=True, is_superuser=True, **extra)


def make_department(key: str = "", name: str = "") -> Department:
    key = key or f"department-{next(numbers)}"
    with action():
        return Department.objects.create(key=key, name=name or key.replace("-", " ").capitalize())


def make_team(key: str = "", *, name: str = "", department: Department | None = None) -> Team:
    key = key or f"team-{next(numbers)}"
    return people.create_team(
        key=key,
        name=name or key.replace("-", " ").capitalize(),
        department=department or make_department(),
        by=None,
        actor_label="test",
        reason="test",
        at=NOW,
    )


def make_membership(user: User, team: Team) -> Membership:
    return people.join_team(person=user, team=team, by=None, actor_label="test", reason="test", at=NOW)


def make_contact_method(user: User, **extra: Any) -> ContactMethod:
    """A verified one unless told otherwise."""
    values: dict[str, Any] = {
        "channel": Channel.EMAIL,
        "address": f"way{next(numbers)}@example.com",
        "lane": Lane.URGENT,
        "verified_at": NOW,
    } | extra
    with action():
        return ContactMethod.objects.create(user=user, **values)


def make_absence(user: User, starts_at: datetime, ends_at: datetime, cover: User | None = None) -> Absence:
    with action():
        return Absence.objects.create(id=ids.uuid7(), user=user, starts_at=starts_at, ends_at=ends_at, cover=cover)
