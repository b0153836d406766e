"""`/audit/<id>/erase/`: the words of one entry go; that it stands in the ledger, by whom and when, stays proven."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal import access, moments
from portal.errors import DomainError
from portal.forms.erasure import ReasonForm
from portal.models import AuditEntry
from portal.reads import trail
from portal.services import erasure
from portal.views import errors


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes and what stays; POST erases it."""
    try:
        erasure.require(request.user)
    except access.Refused as error:
        return errors.refused(request, str(error))
    entry = get_object_or_404(AuditEntry.objects.select_related("actor"), pk=pk)
    found = erasure.words_of([entry.pk])
    refused = erasure.why_not_words(found, request.user)
    form = ReasonForm(request.POST) if request.method == "POST" and not refused else ReasonForm()
    if form.is_valid():
        try:
            reason, at = form.cleaned_data["reason"], moments.of(request)
            erasure.erase_words(entries=[entry.pk], by=request.user, reason=reason, at=at)  # type: ignore[arg-type]
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The words are erased."))
            return redirect("audit-erase", entry.pk)
    words = {
        "entry": entry,
        "who": trail.who(entry),
        "what": trail.done(entry.verb, is_edit=entry.verb.startswith(f"{entry.target_type}.")),
        "refused": refused,
        "preview": erasure.preview_words(found),
        "form": form,
    }
    return render(request, "portal/erasure/page.html", words, status=422 if form.is_bound else 200)
