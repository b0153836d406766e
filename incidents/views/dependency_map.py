"""The whole map of what hangs on the workflow of an incident."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.reads import dependency_map as reads
from incidents.views.incident import visible
from portal.models import User

WIDTH = 360
"""Drawn in its own size; on a phone the letters stay legible."""


@login_required
@require_safe
def dependency_map(request: HttpRequest, reference: str) -> HttpResponse:
    """Everything downstream as a drawing and as a list, and what the workflow needs itself."""
    found = visible(request, reference)
    user: User = request.user  # type: ignore[assignment]
    hanging = reads.downstream(found, user, levels=reads.ALL, width=WIDTH)
    shown = {"incident": found, "hanging": hanging, "feeding": reads.upstream(found)}
    return render(request, "incidents/incident/map.html", shown)
