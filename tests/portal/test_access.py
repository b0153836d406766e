"""The only judge of who may do what, with the reason."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser

from portal import access, registry, roles
from portal.models import Absence, Team, User
from tests import factories

pytestmark = pytest.mark.django_db


def test_nobody_may_anything_before_signing_in() -> None:
    answer = access.can(AnonymousUser(), "view", Team)
    assert not answer
    assert answer.reason == "Please sign in first."


def test_an_inactive_person_may_nothing() -> None:
    person = factories.make_admin(is_active=False)
    assert access.can(person, "view", Team).reason == "Your account is not active any more."


def test_without_a_rule_the_permission_of_the_role_decides() -> None:
    plain, keeper = factories.make_user(), factories.make_user(roles=(roles.TEAM_ADMIN,))
    assert not access.can(plain, "view", Team)
    assert access.can(keeper, "view", Team)


def test_a_rule_decides_alone_even_over_a_superuser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.access_rules._entries, "portal.team", lambda user, action, obj: "Not today.")
    with pytest.raises(access.Refused, match="Not today."):
        access.require(factories.make_admin(), "approve", factories.make_team())


def test_what_belongs_to_one_person_is_theirs() -> None:
    owner, other = factories.make_user(), factories.make_user()
    assert access.can(owner, "change", Absence(user=owner))
    assert access.can(other, "change", Absence(user=owner)).reason == "This belongs to somebody else."


def test_operators_are_active_holders_of_the_role() -> None:
    here = factories.make_user(roles=(roles.OPERATOR,))
    factories.make_user(roles=(roles.OPERATOR,), is_active=False)
    factories.make_user()
    assert list(access.operators()) == [here]
    assert list(access.groups(here).values()) == [roles.OPERATOR]


def test_a_team_named_like_a_role_gives_no_rights() -> None:
    person: Any = factories.make_user(teams=(factories.make_team("operator", name="operator"),))
    assert list(access.groups(person).values()) == ["team:operator"]
    assert not User.objects.filter(groups__name=roles.OPERATOR).exists()


def test_only_the_reader_of_a_page_is_asked_once() -> None:
    judged, reader = factories.make_user(), factories.make_user()
    access.remember(reader)
    team = factories.make_team()
    for person in (judged, reader):
        assert access.groups(person) == {}
        factories.make_membership(person, team)
    assert len(access.groups(judged)) == 1
    assert access.groups(reader) == {}
