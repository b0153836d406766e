"""What one table can say about people is a constraint, whoever writes."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from portal.models import Absence, ContactMethod, Department, Membership, Team, User
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.NOW


def violates(write: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), factories.action():
        write()


def test_an_address_in_other_letters_is_the_same_address() -> None:
    factories.make_user("ada@example.com")
    violates(lambda: User(email="ADA@example.com", password="x").save())


def test_a_way_is_known_once() -> None:
    method = ContactMethod.objects.get(user=factories.make_user())
    violates(lambda: ContactMethod.objects.create(user=method.user, channel="email", address=method.address))


@pytest.mark.parametrize("value", [{"channel": "inbox"}, {"channel": "pigeon"}, {"lane": "slow"}])
def test_a_way_has_a_channel_and_a_lane_that_exist(value: dict[str, str]) -> None:
    person = factories.make_user()
    fields = {"channel": "email", "lane": "urgent"} | value
    violates(lambda: ContactMethod.objects.create(user=person, address="x@example.com", **fields))


def test_a_person_is_in_a_group_once() -> None:
    membership = factories.make_membership(factories.make_user(), factories.make_team())
    violates(lambda: Membership.objects.create(user=membership.user, group=membership.group))


def test_an_absence_ends_after_it_starts_and_somebody_else_covers() -> None:
    person = factories.make_user()
    violates(lambda: Absence.objects.create(user=person, starts_at=NOW, ends_at=NOW))
    later = NOW + timedelta(days=1)
    violates(lambda: Absence.objects.create(user=person, starts_at=NOW, ends_at=later, cover=person))
    assert not Absence.objects.exists()


def test_keys_of_teams_and_departments_are_unique() -> None:
    team = factories.make_team("pay")
    violates(lambda: Department.objects.create(key=team.department.key, name="x"))
    other = factories.make_team("other").group
    violates(lambda: Team.objects.create(key="pay", name="x", department=team.department, group=other))
