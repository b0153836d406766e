"""On-call schedules with their layers, and what was arranged besides them (U2, P1)."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.access import kept_schedules
from governance.admin.catalog import KeyedAdmin, NotYours
from governance.forms.layers import LayerForm
from governance.models import Layer, Override, Schedule
from governance.reads import oncall as reads
from governance.reads import people
from governance.services import handovers, oncall
from portal.admin.base import ReadOnlyAdmin


class LayerInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Layer
    form = LayerForm
    ordering = ["order", "pk"]
    fields = [
        ("key", "order"),
        "people",
        ("rotation", "every"),
        ("handover", "weekday"),
        ("starts_on", "ends_on"),
        "windows",
    ]

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj is not None and obj.layers.exists() else 1


@admin.register(Schedule)
class ScheduleAdmin(KeyedAdmin):
    change_form_template = "governance/admin/schedule.html"
    inlines = [LayerInline]
    list_display = ["name", "team", "zone", "notice_hours", "is_active"]
    list_filter = ["is_active", "team"]
    list_select_related = ["team"]
    search_fields = ["name", "key"]
    autocomplete_fields = ["team"]
    ordering = ["name"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or kept_schedules(request.user).filter(pk=obj.pk).exists())

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        oncall.hold_matrices()
        super().save_model(request, obj, form, change)
        if not kept_schedules(request.user).filter(pk=obj.pk).exists():
            raise NotYours(_("You keep the schedules of your own team only."))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        for item in [item for formset in formsets for item in formset.forms if item.has_changed()]:
            if item.instance.pk and not item.cleaned_data.get("DELETE"):
                oncall.set_members(layer=item.instance, people=item.cleaned_data["people"])
        oncall.show_to_members()
        handovers.replan([form.instance.pk], at=timezone.now())

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        at = timezone.now()
        found = people.facts(at) if obj is not None else None
        if found is not None and obj.pk in found.schedules:
            preview = reads.stretches(found.schedules[obj.pk], found, at, at + reads.AHEAD)
            gaps, closed = [item for item in preview if item.is_gap], any(item.planned for item in preview)
            context |= {"preview": preview, "gaps": gaps, "closed": closed}
        answer: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        return answer


@admin.register(Override)
class OverrideAdmin(ReadOnlyAdmin):
    """Made on the on-call page, where those concerned are told."""

    list_display = ["schedule", "person", "from_at", "until_at", "why", "by"]
    list_filter = ["schedule"]
    list_select_related = ["schedule", "person", "by"]
    search_fields = ["schedule__name", "person__name", "why"]
    ordering = ["-from_at"]
