"""`/incidents/views/`: filters of the board that a person keeps under a name."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from incidents.forms.board_views import NameForm
from incidents.models import BoardView
from incidents.reads import board
from incidents.services import board_views as services
from portal import moments
from portal.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Keep the filters that come with the form; they are read again, so that only real ones are kept."""
    asked = board.filters(request.POST if request.method == "POST" else request.GET)
    form = NameForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            view = services.save(
                user=request.user, name=form.cleaned_data["name"], query=asked.address()[1:], at=moments.of(request)
            )
        except DomainError as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("“%(name)s” stands above the list from now on.") % {"name": view.name})
            return redirect(reverse("incidents:board") + "?" + view.query)
    words = {"form": form, "asked": asked, "back": reverse("incidents:board") + asked.address()}
    return render(request, "incidents/board/view.html", words, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    view: Any = get_object_or_404(BoardView.objects.select_related("user"), pk=pk, user=request.user)
    form = NameForm(request.POST if request.method == "POST" else None, initial={"name": view.name})
    back = reverse("incidents:board") + "?" + view.query
    if request.method == "POST" and form.is_valid():
        try:
            services.rename(view=view, name=form.cleaned_data["name"])
        except DomainError as error:
            form.add_error("name", str(error))
        else:
            return redirect(back)
    words = {"form": form, "view": view, "back": back}
    return render(request, "incidents/board/view.html", words, status=422 if form.errors else 200)


@require_POST
@login_required
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    view = get_object_or_404(BoardView, pk=pk, user=request.user)
    services.remove(view=view)
    messages.success(request, _("The view “%(name)s” is gone; the incidents are still there.") % {"name": view.name})
    return redirect("incidents:board")
