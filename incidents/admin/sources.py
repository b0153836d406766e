"""Sources of events: names and defaults are changed here; secrets and how events are read on pages of their own."""

import json
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import RefusedCall, Silence, Source
from portal.admin.base import ReadOnlyAdmin, ReasonedAdmin


@admin.register(Source)
class SourceAdmin(ReasonedAdmin):
    list_display = ["name", "key", "format", "workflow", "is_active"]
    list_filter = ["is_active", "format"]
    list_select_related = ["workflow"]
    search_fields = ["name", "key"]
    ordering = ["name"]
    fields = ["name", "key", "format", "workflow", "per_minute", "is_active", "address", "secrets", "reading", "page"]
    readonly_fields = ["key", "address", "secrets", "reading", "page"]

    @admin.display(description=gettext_lazy("address"))
    def address(self, source: Source) -> str:
        return f"{settings.SITE_URL}/api/v1/intake/{source.key}"

    @admin.display(description=gettext_lazy("secrets"))
    def secrets(self, source: Source) -> str:
        return format_html(
            '{} <a href="{}">{}</a>',
            _("Never shown again."),
            reverse("incidents:source-secret", args=[source.key]),
            _("Make new ones, which end the old"),
        )

    @admin.display(description=gettext_lazy("field mapping and what is never stored"))
    def reading(self, source: Source) -> str:
        kept = {"mapping": source.mapping, "redact": source.redact}
        return format_html(
            '<code>{}</code> <a href="{}">{}</a>',
            json.dumps(kept, ensure_ascii=False),
            reverse("incidents:source-mapping", args=[source.key]),
            _("Change it and try it on real events"),
        )

    @admin.display(description=gettext_lazy("events"))
    def page(self, source: Source) -> str:
        return format_html(
            '<a href="{}">{}</a>',
            reverse("incidents:source", args=[source.key]),
            _("What arrived and what was refused"),
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A source begins with its secrets, which only a page of the portal and ``manage.py source`` show."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        words = {"subtitle": _("New ones are set up at %(path)s") % {"path": reverse("incidents:source-new")}}
        return super().changelist_view(request, words | (extra_context or {}))


@admin.register(RefusedCall)
class RefusedCallAdmin(ReadOnlyAdmin):
    list_display = ["at", "source", "status", "error", "field", "detail"]
    list_filter = ["source", "status"]
    list_select_related = ["source"]
    search_fields = ["source__key", "source__name", "detail"]
    ordering = ["-id"]


@admin.register(Silence)
class SilenceAdmin(ReadOnlyAdmin):
    """Read here; planned and lifted at /silences/."""

    list_display = ["starts_at", "ends_at", "source", "workflow", "why", "made_by", "lifted_at", "ended_at"]
    list_filter = ["ended_at", "starts_at"]
    list_select_related = ["source", "workflow", "made_by"]
    search_fields = ["source__name", "workflow__name", "why"]
    ordering = ["-starts_at", "-id"]
