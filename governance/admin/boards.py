"""Boards with their seats, times without publications, and who decides for whom.

Kept by governance admins and admins: a role of one team gives no right to any of it.
"""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext

from governance.admin.catalog import KeyedAdmin
from governance.forms.boards import BoardForm, FreezeForm, SeatForm, SeatFormSet
from governance.models import Board, BoardSeat, Delegation, FreezeWindow, Topic
from governance.reads import boards as reads
from governance.services import freezes, policies
from portal.admin.base import ReadOnlyAdmin, ReasonedAdmin


class SeatInline(admin.StackedInline):  # type: ignore[type-arg]
    """A seat ends with its term; it is never deleted, since verdicts were given from it."""

    model = BoardSeat
    form = SeatForm
    formset = SeatFormSet
    fields = [("person", "deputy"), "function", ("starts_on", "ends_on")]
    autocomplete_fields = ["person", "deputy"]
    ordering = ["starts_on", "pk"]
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("person", "deputy")

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj is not None and obj.seats.exists() else 3

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """People are chosen here; they are made and changed on pages of their own."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        for name in ("can_add_related", "can_change_related", "can_view_related"):
            if field is not None and hasattr(field.widget, name):
                setattr(field.widget, name, False)
        return field


@admin.register(Board)
class BoardAdmin(KeyedAdmin):
    form = BoardForm
    inlines = [SeatInline]
    list_display = ["name", "purpose", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["name", "key"]
    ordering = ["name"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        asks = obj is not None and obj.is_active and reads.named_by([obj])
        return ["name", "key", "purpose", "is_active", *(["anyway"] if asks else []), "reason"]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """A seat that ends, or a board that is retired, may be the last who could change the approval policy."""
        super().save_related(request, form, formsets, change)
        policies.look(at=timezone.now())


@admin.register(FreezeWindow)
class FreezeWindowAdmin(ReasonedAdmin):
    """Announced and withdrawn; what is over stays as it was."""

    form = FreezeForm
    fields = ["kind", "starts_at", "ends_at", "why", "reason"]
    list_display = ["why", "kind", "starts_at", "ends_at", "is_withdrawn"]
    list_filter = ["is_withdrawn", "kind"]
    search_fields = ["why"]
    ordering = ["-starts_at"]
    actions = ["withdraw"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or (obj.ends_at > timezone.now() and not obj.is_withdrawn))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["starts_at"] if obj is not None and obj.starts_at <= timezone.now() else []

    def save_model(self, request: HttpRequest, obj: FreezeWindow, form: Any, change: bool) -> None:
        freezes.save(window=obj, at=timezone.now())

    @admin.action(description=gettext_lazy("Withdraw: what waits takes effect"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[FreezeWindow]) -> None:
        chosen = list(queryset.order_by("starts_at", "pk"))
        for window in chosen:
            freezes.withdraw(window=window, at=timezone.now())
        words = ngettext("%(count)d freeze is withdrawn.", "%(count)d freezes are withdrawn.", len(chosen))
        messages.success(request, words % {"count": len(chosen)})


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    """Given and taken back by people themselves."""

    list_display = ["giver", "taker", "board", "kind", "starts_at", "ends_at", "ended_at"]
    list_filter = ["board", "kind"]
    list_select_related = ["giver", "taker", "board"]
    search_fields = ["giver__name", "taker__name", "why"]
    ordering = ["-starts_at"]


@admin.register(Topic)
class TopicAdmin(ReasonedAdmin):
    """What people have to have learned. Retired, never deleted: records and roles refer to it."""

    list_display = ["title", "key", "valid_days", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["title", "key"]
    ordering = ["title"]
    prepopulated_fields = {"key": ["title"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ["key"] if obj is not None else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return {} if obj is not None else self.prepopulated_fields
