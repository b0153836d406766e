"""The page of one incident, complete without scripts; with them its parts stay fresh."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from incidents import access
from incidents.models import Evidence, Incident
from incidents.reads import actions, timeline, told
from incidents.reads import incident as reads
from portal.access import can
from portal.models import User

NOTHING_NEW = 204


def visible(request: HttpRequest, reference: str) -> Incident:
    """The incident, or 404 when the reader may not know that it exists."""
    user: User = request.user  # type: ignore[assignment]
    try:
        return access.get(user, reference)
    except Incident.DoesNotExist:
        raise Http404 from None


def number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


@login_required
@require_GET
@never_cache
def incident(request: HttpRequest, reference: str) -> HttpResponse:
    """The whole page; `part=status` or `part=entries` answer the live poll with 204 when nothing changed."""
    found = visible(request, reference)
    if request.GET.get("part") == "status":
        return status(request, found)
    if request.GET.get("part") == "entries":
        return entries(request, found)
    only = request.GET.get("only", "all")
    words = shown(request, found) | {
        "page": timeline.page(found, only=only, before=number(request.GET.get("before", ""))),
        "only": only if only in timeline.FILTERS else "all",
        "filters": FILTERS,
        "evidence": Evidence.objects.filter(incident=found).select_related("added_by").order_by("added_at"),
        "scores": found.scores.select_related("by").order_by("-id")[:5],
    }
    return render(request, "incidents/incident/page.html", words)


def status(request: HttpRequest, found: Incident) -> HttpResponse:
    if request.GET.get("cursor") == told.cursor(found, reads.get_run(found)):
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "incidents/incident/_status.html", shown(request, found))


def entries(request: HttpRequest, found: Incident) -> HttpResponse:
    page = timeline.page(found, after=number(request.GET.get("after", "")) or 0)
    if not page.rows:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "incidents/incident/_entries.html", {"incident": found, "page": page, "live": True})


def shown(request: HttpRequest, found: Incident) -> dict[str, object]:
    user: User = request.user  # type: ignore[assignment]
    show = reads.show(found, user, at=timezone.now())
    return {
        "shown": show,
        "incident": found,
        "stage": reads.stage_words(found),
        "actions": actions.available(found, show.run, access.allowed(user, found).__contains__, user),
        "may_add": can(user, "evidence", found).allowed,
    }


FILTERS = ("all", "decisions", "messages", "notes")
