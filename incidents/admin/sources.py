"""Sources of events: names and defaults are changed here, secrets only by ``manage.py source``."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Source
from portal.admin.base import ReasonedAdmin


@admin.register(Source)
class SourceAdmin(ReasonedAdmin):
    list_display = ["name", "key", "format", "workflow", "is_active"]
    list_filter = ["is_active", "format"]
    list_select_related = ["workflow"]
    search_fields = ["name", "key"]
    ordering = ["name"]
    fields = ["name", "key", "format", "workflow", "is_active", "address", "secrets"]
    readonly_fields = ["key", "address", "secrets"]

    @admin.display(description=gettext_lazy("address"))
    def address(self, source: Source) -> str:
        return f"{settings.SITE_URL}/api/v1/intake/{source.key}"

    @admin.display(description=gettext_lazy("secrets"))
    def secrets(self, source: Source) -> str:
        return _("Never shown again. New ones, which end the old: manage.py source %(key)s --format %(format)s") % {
            "key": source.key,
            "format": source.format,
        }

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A source begins with its secrets, which only ``manage.py source`` prints."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        words = {"subtitle": _("New ones: manage.py source KEY --format FORMAT")} | (extra_context or {})
        return super().changelist_view(request, words)
