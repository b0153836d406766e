"""The ownership grid in the admin: read by every member of staff, edited cell by cell by whoever keeps the matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from governance.admin import grid_told
from governance.documents import cells
from governance.documents.base import SEVERITIES
from governance.documents.cells import Cell
from governance.documents.matrix import LETTERS
from governance.forms import grid as forms
from governance.models import Document
from governance.reads import documents, drafts, grid_cell, grid_check, grid_people, people
from governance.reads import grid as reads
from governance.reads.holders import Holders
from governance.services import grid as service
from portal import access, limits
from portal.errors import DomainError

TABS = ("any", *SEVERITIES)
SHOWN_FLAWS = 30
MOST_CHOICES = 2_000
MOST_SUGGESTED = 12


def urls(view: Callable[..., Any]) -> list[Any]:
    """The pages of the grid, each wrapped in `view`."""
    return [
        path("grid/", view(page), name="governance_grid"),
        path("grid/check/", view(require_POST(check)), name="governance_grid_check"),
        path("grid/told/", view(grid_told.page), name="governance_grid_told"),
        path("grid/people/", view(require_safe(choices)), name="governance_grid_people"),
        path("grid/cell/<str:address>/", view(require_safe(one)), name="governance_grid_cell"),
    ]


def page(request: HttpRequest) -> HttpResponse:
    """The grid; POST saves what was edited."""
    _require_view(request)
    if request.method == "POST":
        return _save(request)
    return _grid(request)


def _grid(request: HttpRequest, refusal: str = "", status: int = 200) -> HttpResponse:
    severity, typed = _severity(request), forms.sent(request.POST)
    words = request.GET.get("q", "").strip()[: limits.NAME_LENGTH]
    only, team = [name for name in ("findings", "changed") if request.GET.get(name)], request.GET.get("team", "")
    found = reads.sheet(by=_user(request), at=timezone.now(), severity=severity, team=team, words=words, only=only)
    context = {
        "title": _("Ownership grid"),
        "sheet": found,
        "tabs": [(key, _("Any severity") if key == "any" else key.upper(), found.counts[key]) for key in TABS],
        "severity": severity,
        "letters": LETTERS,
        "q": words,
        "team": team,
        "only": only,
        "total": sum(group.total for group in found.groups),
        "flaws": found.flaws[:SHOWN_FLAWS],
        "total_flaws": len(found.flaws),
        "more_flaws": max(0, len(found.flaws) - SHOWN_FLAWS),
        "may_edit": any(not group.refusal for group in found.groups),
        "refusal": refusal,
        "reason": request.POST.get("reason", ""),
        "pending": forms.again(typed) if typed else "",
    }
    return _render(request, "grid", status, **context)


def one(request: HttpRequest, address: str) -> HttpResponse:
    """One cell as a plain form, with what is wrong with it and its history."""
    _require_view(request)
    return _cell_page(request, address)


def _cell_page(
    request: HttpRequest, address: str, typed: dict[str, Any] | None = None, refusal: str = "", status: int = 200
) -> HttpResponse:
    """The page of a cell; with `typed` it keeps what was written and says why that was refused."""
    cell = cells.cell_at(address)
    at = timezone.now()
    found = grid_cell.read(cell, by=_user(request), at=at) if cell is not None else None
    if cell is None or found is None:
        raise Http404
    choices = [] if found.refusal else grid_people.suggested(found.holders, at=at, most=MOST_CHOICES)
    siblings = [(letter, _cell(cell, letter=letter), letter == cell.letter) for letter in LETTERS]
    severities = [
        (_("Any severity") if key == "any" else key.upper(), _cell(cell, severity=key), key == cell.severity)
        for key in ("any", *SEVERITIES)
    ]
    shown: dict[str, Any] = {"reason": "", "acknowledge": "", "decide": ""}
    if typed is not None:
        found = replace(found, people=typed["people"], token=typed["token"], more=typed["more"])
        shown = typed
    elif found.value is not None:
        shown |= {"acknowledge": found.value.acknowledge_minutes, "decide": found.value.decide_minutes}
    context = {"title": found.title, "found": found, "choices": choices, "letters": siblings, "severities": severities}
    titles = drafts.open_of(_user(request)).values_list("document__title", flat=True)
    context |= {"cell": cell, "shown": shown, "refusal": refusal}
    context["also"] = ", ".join(titles)
    return _render(request, "grid_cell", status, **context)


def _cell(cell: Cell, *, letter: str = "", severity: str = "") -> str:
    return Cell(cell.scope, cell.ref, cell.responsibility, severity or cell.severity, letter or cell.letter).address


def _save(request: HttpRequest) -> HttpResponse:
    """Save the edits that can be read; what cannot be, and what came too late, is asked again on one page."""
    at, user, publish = timezone.now(), _user(request), "publish" in request.POST
    holders = Holders(documents.matrices(), people.facts(at))
    typed = forms.sent(request.POST)
    if not typed and "theirs" in request.POST:
        return HttpResponseRedirect(request.get_full_path())
    sent = forms.read(typed, holders)
    wrong = [item for item in sent if item.edit is None]
    edits = [item.edit for item in sent if item.edit is not None]
    done: list[service.Saved] = []
    try:
        if edits or not wrong:
            done = service.save(
                edits=edits, reason=request.POST.get("reason", ""), by=user, at=at, publish=publish and not wrong
            )
    except access.Refused as error:
        return _refused(request, str(error), 403)
    except DomainError as error:
        return _refused(request, str(error), 422)
    if not wrong and not any(item.stale for item in done):
        for item in done:
            messages.add_message(request, messages.WARNING if item.problem else messages.SUCCESS, _said(item))
        return HttpResponseRedirect(request.get_full_path())
    named = [cell for item in done for cell in [stale.cell for stale in item.stale]]
    named += [item.cell for item in wrong if item.cell is not None]
    context = grid_cell.open_questions(done, named, holders)
    still = {cell.address for cell in named}
    rest = [item for item in typed if item.address in still]
    names = {item.address for item in wrong}
    return _render(
        request,
        "grid_result",
        422,
        title=_("Some cells are still open"),
        done=[(item, _said(item)) for item in done if item.changed or item.problem],
        wrong=[(item, context.titles.get(item.address, item.address)) for item in wrong],
        conflicts=[(item, forms.again(rest, without=item.cell.address)) for item in context.conflicts],
        rest=forms.again([item for item in rest if item.address not in names]),
        reason=request.POST.get("reason", ""),
        publish=publish,
    )


def _refused(request: HttpRequest, refusal: str, status: int) -> HttpResponse:
    """The page that the refused POST came from, with everything that was typed there."""
    typed = forms.read_back(request.POST)
    if typed is None:
        return _grid(request, refusal, status)
    return _cell_page(request, request.POST["cell"], typed, refusal, status)


def _said(item: service.Saved) -> str:
    """What happened to one matrix, in a sentence."""
    said = {"title": item.document.title, "count": len(item.changed)}
    if item.change is None and item.problem:
        return _("%(title)s was not changed. %(problem)s") % {**said, "problem": item.problem}
    if item.change is None:
        return _("%(title)s says what is in force again; its draft is withdrawn.") % said
    said |= {"change": item.change.reference, "number": item.change.version.number}
    if item.published:
        return _("%(title)s: version %(number)s is in force (%(change)s), a standard change.") % said
    if item.waits:
        return _("%(title)s: version %(number)s is under review (%(change)s).") % said + " " + item.waits
    kept = ngettext(
        "%(title)s: %(count)s cell saved in the draft of version %(number)s (%(change)s).",
        "%(title)s: %(count)s cells saved in the draft of version %(number)s (%(change)s).",
        len(item.changed),
    )
    return " ".join(filter(None, [kept % said, item.problem]))


def check(request: HttpRequest) -> JsonResponse:
    """What texts in cells come to: names, minutes, findings, or why not. Writes nothing."""
    _require_view(request)
    at = timezone.now()
    holders = Holders(documents.matrices(), people.facts(at))
    sent = forms.read(forms.sent(request.POST), holders)
    return JsonResponse({"cells": grid_check.checked(sent, by=_user(request), at=at)})


def choices(request: HttpRequest) -> JsonResponse:
    """People, teams, roles and schedules whose names hold `q`; of people their teams and whether they are away."""
    _require_view(request)
    at, words = timezone.now(), request.GET.get("q", "")[: limits.NAME_LENGTH]
    holders = Holders(documents.matrices(), people.facts(at))
    found = grid_people.suggested(holders, at=at, words=words, most=MOST_SUGGESTED)
    return JsonResponse({"choices": [asdict(item) for item in found]})


def _require_view(request: HttpRequest) -> None:
    if not access.can(request.user, "view", Document):
        raise PermissionDenied


def _severity(request: HttpRequest) -> str:
    wanted = request.GET.get("severity", "")
    return wanted if wanted in TABS else "any"


def _render(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    everything = {
        **admin.site.each_context(request),
        "opts": Document._meta,
        "is_nav_sidebar_enabled": False,
        **context,
    }
    return TemplateResponse(request, f"governance/admin/{template}.html", everything, status=status)


def _user(request: HttpRequest) -> Any:
    return request.user
