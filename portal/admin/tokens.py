"""API tokens of everybody: seen and revoked here when their person cannot."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.models import ApiToken
from portal.services import tokens

from .base import ReasonedAdmin


@admin.register(ApiToken)
class ApiTokenAdmin(ReasonedAdmin):
    list_display = ["name", "user", "scope", "made_at", "expires_at", "last_used_at", "revoked_at"]
    list_filter = ["scope", "revoked_at", "expires_at"]
    list_select_related = ["user"]
    search_fields = ["name", "user__email", "user__name"]
    autocomplete_fields = ["user"]
    ordering = ["-made_at"]
    list_per_page = 50
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # a secret is shown to its person only

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("portal.change_apitoken")

    @admin.action(description=gettext_lazy("Revoke: programs that use it are refused"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        user: Any = request.user
        chosen = list(queryset.filter(revoked_at=None).order_by("pk"))
        for token in chosen:
            tokens.revoke(token=token, by=user, at=timezone.now())
        messages.success(request, _("Revoked: %(count)s.") % {"count": len(chosen)})
