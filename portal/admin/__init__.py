"""The stock admin for people, and read-only views of the ledger, messages and timers."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin

from . import ledger, people, records, tokens

__all__ = ["ledger", "people", "records", "tokens"]

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
