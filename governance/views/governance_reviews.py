"""Governance reviews: what is open, what was decided, and one review with its agenda (D61, D96, D115)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from governance.forms import governance_reviews as forms
from governance.models import GovernanceReview
from governance.reads import governance_reviews as reads
from governance.services import governance_reviews
from portal import access, moments
from portal.errors import DomainError
from portal.reads import trail


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    context = {"waiting": reads.waiting(), "held": reads.held(), "next_on": reads.next_on()}
    return render(request, "governance/governance_reviews/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def review(request: HttpRequest, reference: str) -> HttpResponse:
    """The agenda; who may hold the review writes to each point and says what came of it."""
    found = get_object_or_404(GovernanceReview.objects.select_related("held_by"), reference=reference)
    points, may = reads.points(found), access.can(request.user, "hold", found)
    if request.method == "POST" and not may:
        raise PermissionDenied(may.reason)
    form = forms.Hold(request.POST if request.method == "POST" else None, points=points)
    if request.method == "POST" and form.is_valid():
        try:
            messages.success(request, _work(request, found, form))
        except DomainError as error:
            form.add_error("outcome", str(error))
        else:
            return redirect("governance:governance-review", reference=reference)
    context = {
        "review": found,
        "points": points,
        "form": form if may and found.held_at is None else None,
        "may": may,
        "has_trail": trail.may_read(request.user, "governance-review", found),
    }
    page = "governance/governance_reviews/review.html"
    return render(request, page, context, status=422 if form.is_bound else 200)


def _work(request: HttpRequest, found: GovernanceReview, form: forms.Hold) -> str:
    """Keeps the notes, or holds the review; says what was done. Raises DomainError."""
    asked: dict[str, Any] = {"review": found, "notes": form.notes, "by": request.user, "at": moments.of(request)}
    if request.POST.get("do") == "hold":
        governance_reviews.hold(outcome=form.cleaned_data["outcome"], **asked)
        return _("The review was held. What came of it is kept.")
    governance_reviews.write(**asked)
    return _("The notes are kept. The review stays open.")
