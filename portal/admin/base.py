"""Admin classes of the portal: a required reason on every change, history in view, nothing deleted by default."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin

from portal import audit, limits
from portal.errors import DomainError


class ReasonedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model form that asks why; the reason goes to history and ledger."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=limits.REASON_LENGTH,
        help_text=gettext_lazy("Why you change this. Everybody who reads the history sees it."),
    )


class ReasonedActionForm(helpers.ActionForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=limits.REASON_LENGTH, required=False)


class Titled:
    """A list is headed by what stands in it."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        title = capfirst(self.opts.verbose_name_plural)  # type: ignore[attr-defined]
        return super().changelist_view(request, {"title": title} | (extra_context or {}))  # type: ignore[misc]


class ReasonedAdmin(Titled, SimpleHistoryAdmin):
    """A tracked table of configuration. Each change, delete and action runs in one ``audit.action``.

    `deletable` allows deleting (with a reason) where retiring makes no sense. A DomainError becomes a message.
    """

    form = ReasonedForm
    action_form = ReasonedActionForm
    deletable = False
    delete_confirmation_template = "portal/admin/delete.html"
    history_list_display = ["actor_label", "reason"]
    show_full_result_count = False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        sets = list(super().get_fieldsets(request, obj))
        if "reason" in flatten_fieldsets(sets) or not issubclass(self.form, ReasonedForm):
            return sets
        return [*sets, (None, {"fields": ["reason"]})]

    def _reasoned(self, request: HttpRequest, work: Any) -> HttpResponse:
        reason = request.POST.get("reason", "").strip().replace("\x00", "")
        try:
            with audit.action(actor=request.user, reason=reason[: limits.REASON_LENGTH], at=timezone.now()):
                answer: HttpResponse = work()
        except DomainError as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(request.get_full_path())
        return answer

    def _asked_why(self, request: HttpRequest) -> bool:
        if request.POST.get("reason", "").strip():
            return True
        messages.error(request, _("Please say why. Nothing was changed."))
        return False

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        show = super().changeform_view
        if request.method != "POST":
            return show(request, object_id, form_url, extra_context)
        return self._reasoned(request, lambda: show(request, object_id, form_url, extra_context))

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        show = super().delete_view
        if request.method != "POST":
            return show(request, object_id, extra_context)
        if not self._asked_why(request):
            return HttpResponseRedirect(request.get_full_path())
        return self._reasoned(request, lambda: show(request, object_id, extra_context))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        show = super().changelist_view
        if request.method != "POST":
            return show(request, extra_context)
        if not self._asked_why(request):
            return HttpResponseRedirect(request.get_full_path())
        return self._reasoned(request, lambda: show(request, extra_context))

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> Any:
        if request.method == "POST":
            raise PermissionDenied  # the past is read here, never brought back by a raw edit
        return super().history_form_view(request, object_id, version_id, extra_context)

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class ReadOnlyAdmin(Titled, admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the portal itself writes."""

    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
