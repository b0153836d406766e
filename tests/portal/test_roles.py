"""Roles are data, synced to Groups after every migrate."""

import pytest
from django.contrib.auth.models import Group

from portal import roles
from portal.services import roles as sync

pytestmark = pytest.mark.django_db


def test_every_role_is_a_group_with_its_permissions() -> None:
    for role in roles.ROLES:
        group = Group.objects.get(name=role.name)
        held = {f"{app}.{name}" for app, name in group.permissions.values_list("content_type__app_label", "codename")}
        named = {name for name in role.permissions if not name.endswith(".*")}
        assert named <= held
        assert held == named or role.name == roles.ADMIN


def test_sync_takes_back_what_a_role_does_not_name() -> None:
    group = Group.objects.get(name=roles.REPORTER)
    group.permissions.set(Group.objects.get(name=roles.ADMIN).permissions.all())
    sync.sync()
    assert not group.permissions.exists()


def test_the_admin_role_reaches_all_of_our_tables() -> None:
    group = Group.objects.get(name=roles.ADMIN)
    assert group.permissions.filter(codename="change_workflow").exists()
    assert group.permissions.filter(codename="add_membership").exists()
