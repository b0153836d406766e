"""`/profile/tokens/`: programs that may act for me at the API."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from portal import limits
from portal.errors import DomainError
from portal.forms.people import NewToken
from portal.models import ApiToken
from portal.reads import tokens as reads
from portal.services import tokens


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """My tokens; POST makes one and shows its secret, this once."""
    user: Any = request.user
    form = NewToken(request.POST if request.method == "POST" else None)
    secret = ""
    if form.is_valid():
        try:
            _token, secret = tokens.create(user=user, by=user, at=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            form = NewToken()
    context = {
        "form": form,
        "lines": reads.of(user, at=timezone.now()),
        "secret": secret,
        "calls": limits.API_CALLS_PER_MINUTE,
    }
    answer = render(request, "portal/profile/tokens.html", context, status=422 if form.errors else 200)
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_POST
@login_required
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    user: Any = request.user
    token = get_object_or_404(ApiToken, pk=pk, user=user)
    try:
        tokens.revoke(token=token, by=user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Revoked. Programs that use it are refused from now on."))
    return redirect("tokens")
