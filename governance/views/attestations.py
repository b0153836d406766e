"""What people have to read and understand, and who has (D108)."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.models import Attestation, Document
from governance.reads import attestations as reads
from governance.reads import reading as text
from governance.services import attestations
from portal import access, moments
from portal.errors import DomainError


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """Every document that people have to read, one's own first."""
    lines = reads.listed(request.user, at=moments.of(request))
    context = {
        "mine": [line for line in lines if line.mine],
        "others": [line for line in lines if not line.mine],
        "may_see_people": access.can(request.user, "view", Attestation),
    }
    return render(request, "governance/attestations/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reading(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The text in force, with the button that says that it was read."""
    document = _get(pk)
    if request.method == "POST":
        try:
            seen = request.POST.get("seen", "")
            attestations.attest(document=document, seen=seen, by=request.user, at=moments.of(request))
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Thank you. It is kept that you have read and understood this version."))
        return redirect("governance:reading", pk=pk)
    context = {
        "document": document,
        "version": document.effective_version,
        "blocks": text.blocks(document.effective_version),
        "mine": request.user.pk in reads.audience([document], only=request.user.pk)[document.pk],
        "done": reads.own(document, request.user),
        "may_see_people": access.can(request.user, "view", Attestation),
    }
    return render(request, "governance/attestations/reading.html", context)


@require_safe
@login_required
def people(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who has read a document, and who has not yet."""
    document = _get(pk)
    may = access.can(request.user, "view", Attestation)
    if not may:
        raise PermissionDenied(may.reason)
    rows = reads.coverage(document)
    left = sum(row.at is None for row in rows)
    context = {"document": document, "version": document.effective_version, "rows": rows, "left": left}
    return render(request, "governance/attestations/people.html", context)


def _get(pk: UUID) -> Document:
    rows = Document.objects.select_related("effective_version").filter(effective_version__isnull=False)
    return get_object_or_404(rows, pk=pk, kind__in=reads.READ)
