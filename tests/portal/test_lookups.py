"""``any``: one parameter for many values."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.models import ContactMethod, User
from tests import factories

pytestmark = pytest.mark.django_db


def test_any_finds_what_in_finds() -> None:
    first, second, _ = (factories.make_user(f"user{number}") for number in range(3))
    wanted = [first.pk, second.pk]
    assert set(User.objects.filter(pk__any=wanted)) == set(User.objects.filter(pk__in=wanted)) == {first, second}
    assert set(User.objects.filter(email__any={first.email, "nobody@example.test"})) == {first}
    assert not User.objects.filter(pk__any=[]).exists()


def test_any_goes_through_relations() -> None:
    person, other = factories.make_user("person"), factories.make_user("other")
    mine = ContactMethod.objects.filter(user__any=[person.pk])
    assert mine.exists() and {method.user for method in mine} == {person}
    assert set(ContactMethod.objects.filter(user__email__any=[other.email])) == set(other.contact_methods.all())


def test_many_values_are_one_parameter() -> None:
    users = [factories.make_user(f"user{number}") for number in range(3)]
    with CaptureQueriesContext(connection) as queries:
        assert User.objects.filter(pk__any=[user.pk for user in users] * 2_000).count() == 3
    assert queries[0]["sql"].count("?") + queries[0]["sql"].count("%s") <= 1
