"""Signing in once more for one decision: the password, or whatever the person has signed in anew with just now."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows import reauthentication
from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.translation import gettext as _

FIELD = "password"


def confirmed(request: HttpRequest, form: Any) -> bool:
    """Whether whoever sent `form` has signed in once more for it; a wrong password becomes its error.

    Tries are limited as those of the page that asks for the password are.
    """
    user: Any = request.user
    given = form.cleaned_data.get(FIELD) or ""
    if not given:
        return bool(reauthentication.get_reauthentication_flows(user)) and (
            reauthentication.did_recently_reauthenticate(request)
        )
    if not ratelimit.consume(request, action="reauthenticate", user=user):
        form.add_error(FIELD, _("Too many tries. Wait a few minutes, then type your password again."))
        return False
    if not user.check_password(given):
        form.add_error(FIELD, _("This is not your password. Nothing was decided."))
        return False
    return True
