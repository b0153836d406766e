"""Roles as data: written to Groups after every migrate."""

from django.contrib.auth.models import Group, Permission

from portal import roles


def sync() -> None:
    """Make Groups and their permissions equal to ``portal.roles``; permissions not there yet are left out."""
    every = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.values_list("pk", "content_type__app_label", "codename")
    }
    for role in roles.ROLES:
        group, _ = Group.objects.get_or_create(name=role.name)
        group.permissions.set({pk for name in role.permissions for pk in _named(name, every)})


def _named(name: str, every: dict[str, int]) -> list[int]:
    """The ids of `name`, where ``app.*`` stands for all of an app."""
    if name.endswith(".*"):
        return [pk for known, pk in every.items() if known.startswith(name[:-1])]
    return [every[name]] if name in every else []
