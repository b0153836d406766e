"""Erasure of a person, and legal holds."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal import limits
from portal.errors import DomainError
from portal.forms.erasure import HoldForm, PersonForm
from portal.models import LegalHold, User
from portal.services import erasure, hold

from .base import ReasonedAdmin
from .records import kind


def erase(page: ReasonedAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    """What erasing a person takes and leaves; POST does it. `page` is the admin of people."""
    person: User | None = page.get_object(request, object_id)
    if not page.has_change_permission(request, person):
        raise PermissionDenied
    if person is None:
        return page._get_obj_does_not_exist_redirect(request, page.opts, object_id)
    refused = erasure.why_not(person, request.user)
    form = PersonForm(request.POST if request.method == "POST" and not refused else None, person=person)
    if form.is_valid():
        try:
            reason, by = form.cleaned_data["reason"], request.user
            erased = erasure.erase_person(person=person, by=by, reason=reason, at=timezone.now())  # type: ignore[arg-type]
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(
                request, _("The personal data is erased. They are called %(name)s now.") % {"name": erased}
            )
            return HttpResponseRedirect(reverse("admin:portal_user_change", args=[person.pk]))
    context = {
        "title": _("Erase personal data"),
        "person": person,
        "refused": refused,
        "preview": None if refused else erasure.preview_person(person),
        "form": form,
    }
    everything = {**page.admin_site.each_context(request), "opts": page.opts, **context}
    return TemplateResponse(request, "portal/admin/erase.html", everything, status=422 if form.errors else 200)


@admin.register(LegalHold)
class LegalHoldAdmin(ReasonedAdmin):
    """What is kept for legal reasons. Set on a page of its own; lifted from the list, with a reason."""

    list_display = ["what", "kind", "why", "set_by", "set_at", "lifted_at"]
    list_filter = ["lifted_at", "set_at"]
    list_select_related = ["set_by"]
    search_fields = ["why", "subject_id"]
    fields = ["what", "kind", "why", "set_by", "set_at", "lifted_at"]
    readonly_fields = fields
    ordering = ["-set_at"]
    actions = ["lift"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    @admin.display(description=gettext_lazy("What"))
    def what(self, row: LegalHold) -> str:
        return hold.said(row)

    @admin.display(description=gettext_lazy("Kind"))
    def kind(self, row: LegalHold) -> str:
        return kind(row.subject_type) if row.subject_type else ""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = HoldForm(request.POST or None)
        if form.is_valid():
            try:
                subject, why = form.cleaned_data["subject"], form.cleaned_data["reason"]
                hold.begin(subject=subject, why=why, by=request.user, at=timezone.now())  # type: ignore[arg-type]
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("It is kept. Nothing about it can be erased until the hold is lifted."))
                return HttpResponseRedirect(reverse("admin:portal_legalhold_changelist"))
        context = {"title": _("Keep for legal reasons"), "form": form, "opts": self.opts}
        everything = {**self.admin_site.each_context(request), **context}
        return TemplateResponse(request, "portal/admin/hold.html", everything, status=422 if form.errors else 200)

    @admin.action(description=gettext_lazy("Lift the hold"), permissions=["change"])
    def lift(self, request: HttpRequest, queryset: QuerySet[LegalHold]) -> None:
        reason = request.POST["reason"][: limits.REASON_LENGTH]
        for row in queryset:
            hold.lift(hold=row, reason=reason, by=request.user, at=timezone.now())  # type: ignore[arg-type]
        messages.success(request, _("The hold is lifted. What it kept can be erased again."))
