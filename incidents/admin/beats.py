"""Beats: names and rules are changed here; secrets, pause and resume on their page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents.models import Beat
from incidents.services import beats
from portal.admin.base import ReasonedAdmin, ReasonedForm
from portal.errors import DomainError

RULE = ("interval_minutes", "cron", "time_zone", "grace_minutes")


class BeatForm(ReasonedForm):
    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if all(name in found for name in RULE):
            try:
                beats.check(**{name: found[name] for name in RULE})
            except DomainError as error:
                raise forms.ValidationError({getattr(error, "field", "cron"): str(error)}) from error
        return found


@admin.register(Beat)
class BeatAdmin(ReasonedAdmin):
    form = BeatForm
    list_display = ["name", "key", "workflow", "state", "last_at", "due_at", "is_active"]
    list_filter = ["is_active", "state"]
    list_select_related = ["workflow"]
    search_fields = ["name", "key", "workflow__name"]
    autocomplete_fields = ["workflow"]
    ordering = ["name"]
    fields = ["name", "key", "workflow", *RULE, "severity", "is_active", "state", "last_at", "due_at", "page"]
    readonly_fields = ["key", "is_active", "state", "last_at", "due_at", "page"]

    @admin.display(description=gettext_lazy("secret, pause and resume"))
    def page(self, beat: Beat) -> str:
        return format_html('<a href="{}">{}</a>', reverse("incidents:beat-page", args=[beat.key]), _("On its page"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A beat begins with the secret of its address, which only its page shows."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        words = {"subtitle": _("New ones: on the page Beats")} | (extra_context or {})
        return super().changelist_view(request, words)

    def save_model(self, request: HttpRequest, obj: Beat, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if set(RULE) & set(form.changed_data):
            beats.replan(obj, at=timezone.now())
