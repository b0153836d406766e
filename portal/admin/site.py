"""What of other packages' admin pages stays: nothing that would change people behind the ledger's back."""

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group

from .people import GroupAdmin

FOREIGN = ("account", "mfa", "socialaccount", "guardian", "auth")


def tidy() -> None:
    """Called by ``portal.urls``, when every package has registered its own."""
    for model in apps.get_models():
        if model._meta.app_label in FOREIGN and admin.site.is_registered(model):
            admin.site.unregister(model)
    admin.site.register(Group, GroupAdmin)
