"""A question that is made once gives what its query set would give."""

from typing import Any

import pytest
from django.db.models import QuerySet

from portal import prepared
from portal.models import Membership, User
from portal.prepared import Given
from tests.factories_governance import make_person, make_team

pytestmark = pytest.mark.django_db


def test_it_is_made_once_and_asked_with_other_values(django_assert_num_queries: Any) -> None:
    ann, ben = make_person("ann"), make_person("ben")
    made: list[str] = []

    def make() -> QuerySet[User, Any]:
        made.append("once")
        return User.objects.filter(pk=Given("person", User, "id")).values_list("pk", "email", "date_joined")

    question = prepared.Question(make)
    with django_assert_num_queries(3):
        assert question(person=ann.pk) == [(ann.pk, ann.email, ann.date_joined)]
        assert question(person=ben.pk) == [(ben.pk, ben.email, ben.date_joined)]
        assert question(person=User(email="nobody").pk) == []
    assert made == ["once"]


def test_it_gives_instances_with_their_related_ones(django_assert_num_queries: Any) -> None:
    ann = make_person("ann", teams=(make_team(),))
    wanted = Membership.objects.filter(user=Given("person", Membership, "user"), group__team__isnull=False)
    question = prepared.Question(lambda: wanted.select_related("user").only("group", "user__email"))
    with django_assert_num_queries(1):
        (found,) = question(person=ann.pk)
        assert (found.user, found.user.email, found.user_id) == (ann, ann.email, ann.pk)
    with django_assert_num_queries(1):  # what was not asked for is read when it is needed
        assert found.user.name == ann.name


def test_many_values_are_one_parameter(django_assert_num_queries: Any) -> None:
    ann, ben, _ = make_person("ann"), make_person("ben"), make_person("cleo")
    asked = User.objects.filter(pk__any=Given("people", User, "id", many=True)).order_by("email")
    question = prepared.Question(lambda: asked)
    with django_assert_num_queries(3):
        assert question(people={ben.pk, ann.pk}) == [ann, ben]
        assert question(people=[ben.pk]) == [ben]
        assert question(people=()) == []


def test_a_value_that_was_not_given_is_an_error() -> None:
    question = prepared.Question(lambda: User.objects.filter(pk=Given("person", User, "id")))
    with pytest.raises(KeyError):
        question()


def test_quotes_and_percent_signs_are_values() -> None:
    ann = make_person("ann")
    User.objects.filter(pk=ann.pk).update(name="100 % O'Hara; --")
    question = prepared.Question(lambda: User.objects.filter(name=Given("name", User, "name")))
    assert question(name="100 % O'Hara; --") == [ann]
    assert question(name="' OR 1=1 --") == []
