"""`/delegations/`: whom one lets decide in one's place, and for whom one decides."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from governance.forms.delegations import Delegate
from governance.models import Delegation
from governance.reads import delegations as reads
from governance.services import delegations
from portal import moments
from portal.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """What I have given and taken; a POST gives."""
    user: Any = request.user
    at = moments.of(request)
    found = reads.mine(user, at=at)
    first = timezone.localtime(at).replace(second=0, microsecond=0)
    initial = {"board": request.GET.get("board"), "starts_at": first, "ends_at": first + timedelta(days=14)}
    form = Delegate(request.POST if request.method == "POST" else None, boards=found.boards, initial=initial)
    if request.method == "POST" and form.is_valid() and _give(request, form):
        return redirect("governance:delegations")
    context = {"mine": found, "form": form, "colleagues": reads.colleagues(user)}
    return render(request, "governance/delegations/page.html", context, status=422 if form.errors else 200)


def _give(request: HttpRequest, form: Delegate) -> bool:
    """Whether it was given; else the form says why not."""
    user: Any = request.user
    try:
        done = delegations.delegate(giver=user, at=moments.of(request), **form.cleaned_data)
    except delegations.BadDelegation as error:
        form.add_error(error.field, str(error))
    except DomainError as error:
        form.add_error(None, str(error))
    else:
        begun = _("%(person)s decides for you from now on and was told.")
        later = _("%(person)s will decide for you. You are both told when it begins.")
        is_now = done.starts_at <= moments.of(request)
        messages.success(request, (begun if is_now else later) % {"person": done.taker})
        return True
    return False


@require_POST
@login_required
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one back."""
    user: Any = request.user
    found = get_object_or_404(Delegation.objects.select_related("taker"), pk=pk)
    try:
        delegations.take_back(delegation=found, by=user, at=moments.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken back. %(person)s decides for you no more.") % {"person": found.taker})
    return redirect("governance:delegations")
