"""The page of one incident, complete without scripts; with them its parts stay fresh."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidents.models import Incident
from incidents.reads import (
    actions,
    arrived,
    containments,
    custody,
    following,
    learned,
    proposals,
    rechecks,
    remedies,
    step_page,
    timeline,
    told,
    trigger,
)
from incidents.reads import decisions as decision_reads
from incidents.reads import incident as reads
from incidents.reads import updates as update_reads
from incidents.services import tracking
from portal import moments
from portal.models import User

NOTHING_NEW = 204
FILTERS = {
    "all": gettext_lazy("All"),
    "decisions": gettext_lazy("Decisions"),
    "steps": gettext_lazy("Steps"),
    "messages": gettext_lazy("Messages"),
    "platform": gettext_lazy("Platform"),
    "notes": gettext_lazy("Notes"),
    "learning": gettext_lazy("Learning"),
    timeline.CHANGES: gettext_lazy("Changes of the workflow"),
}


def visible(request: HttpRequest, reference: str) -> Incident:
    """The incident, or 404 when the reader may not know that it exists."""
    user: User = request.user  # type: ignore[assignment]
    try:
        return reads.get(user, reference)
    except Incident.DoesNotExist:
        raise Http404 from None


def number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


@login_required
@require_safe
@never_cache
def incident(request: HttpRequest, reference: str) -> HttpResponse:
    """The whole page; `part=status` and `part=entries` answer the live poll, with 204 when nothing changed."""
    found = visible(request, reference)
    if request.GET.get("part") == "status":
        return status(request, found)
    if request.GET.get("part") == "entries":
        return entries(request, found)
    asked, before = request.GET.get("only", ""), number(request.GET.get("before", ""))
    only = asked if asked in FILTERS else "all"
    page, is_live = timeline.page(found, only=only, before=before), only == "all" and before is None
    words = shown(request, found, newest=page.newest if is_live else None) | {
        "page": page,
        "is_live": is_live,
        "is_past": before is not None,
        "only": only,
        "filters": FILTERS.items(),
        "follow": following.card(request.user, found),  # type: ignore[arg-type]
    }
    return render(request, "incidents/incident/page.html", words)


def status(request: HttpRequest, found: Incident) -> HttpResponse:
    """Everything but the timeline, when something in it has changed since the cursor."""
    if request.GET.get("cursor") == told.cursor(found, reads.get_run(found)):
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "incidents/incident/_fresh.html", shown(request, found))


def entries(request: HttpRequest, found: Incident) -> HttpResponse:
    """Timeline entries after the cursor, and the next poll."""
    page = timeline.fresh(found, after=number(request.GET.get("after", "")) or 0)
    if not page.rows:
        return HttpResponse(status=NOTHING_NEW)
    return render(request, "incidents/incident/_entries.html", {"incident": found, "page": page, "live": True})


def shown(request: HttpRequest, found: Incident, newest: int | None = None) -> dict[str, Any]:
    """What stands around the timeline; it is drawn anew as one."""
    user: User = request.user  # type: ignore[assignment]
    at: datetime = moments.of(request)
    show = reads.show(found, user, at=at, newest=newest)
    is_choosing = found.playbook_id is None and found.is_open and "playbook" in show.may
    return {
        "proposed": proposals.best(found) if is_choosing else None,
        "shown": show,
        "incident": found,
        "stage": reads.stage_words(found),
        "actions": actions.available(found, show.run, show.may.__contains__, user),
        "may_add": "evidence" in show.may,
        "winner": winner(user, found),
        "roles": show.roles,
        "card": step_page.card(show.course, may="step" in show.may and found.is_open),
        "desk": update_reads.desk(found) if show.run is not None else None,
        "decided": decision_reads.card(found, user, at=at),
        "halted": containments.of_incident(found),
        "remedies": remedies.of_incident(found, at=at),
        "looked": rechecks.looked(found),
        "arrived": arrived.arrived(found),
        "files": custody.files(found),
        "triggers": trigger.of(found, show.run),
        "learned": learned.of_incident(found, user),
        "may_review": "review" in show.may,
        "receipt": reads.closing_entry(found),
    }


def winner(user: User, found: Incident) -> Incident | None:
    """The incident under which a duplicate is followed up, when the reader may know it."""
    if found.merged_into_id is None:
        return None
    return Incident.objects.visible_to(user).filter(pk=tracking.follow(found).pk).first()
