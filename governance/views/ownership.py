"""Who is responsible for what, for everybody to read."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from governance.documents import labels
from governance.documents.base import SEVERITIES
from governance.forms.ownership import ToldForm
from governance.models import Workflow
from governance.reads import contacts as contact_reads
from governance.reads import documents, foretold, ownership, search, sentences
from portal import access, limits, moments, registry
from portal.models import DataClass
from portal.reads import trail

WORDS = {"any": _("Any severity"), "sev1": "SEV1", "sev2": "SEV2", "sev3": "SEV3", "sev4": "SEV4"}
PLACES = {
    "workflow": "",
    "team": _("from the team"),
    "criticality": _("from the criticality"),
    "default": _("from the company default"),
}


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """The matrix: every workflow in use with the holder of each responsibility, a page at a time."""
    now, severity = moments.of(request), _severity(request, "any", tuple(WORDS))
    words = request.GET.get("q", "").strip()[: limits.NAME_LENGTH]
    rows = Workflow.objects.in_use().select_related("team", "platform").order_by("team__name", "name", "pk")
    rows = rows.filter(search.workflows_named(words))
    page = Paginator(rows, limits.PAGE_ROWS).get_page(request.GET.get("page"))
    try:
        triage = documents.triage_team()
    except documents.NothingInForce:
        triage = None
    context = {
        "grid": ownership.grid(page.object_list, severity, at=now),
        "word": WORDS[severity],
        "at": now,
        "pages": _pages(request, page),
        "tabs": _tabs(severity, tuple(WORDS)),
        "severity": severity,
        "q": words,
        "triage": triage,
        "places": PLACES,
    }
    return render(request, "governance/ownership/index.html", context)


@require_safe
@login_required
def workflow(request: HttpRequest, key: str) -> HttpResponse:
    """Who answers for each stage of one workflow, and who would be told when."""
    found = get_object_or_404(Workflow.objects.select_related("team__department", "platform"), key=key)
    severity = _severity(request, "sev2", SEVERITIES)
    answer = foretold.foretell(found, severity, at=moments.of(request))
    context = {
        "workflow": found,
        "description": found.description if _may_read(request, found) else "",
        "found": answer,
        "explained": answer.explained,
        "stages": [(_stage(item.stage), item.resolutions) for item in answer.explained.stages],
        "tabs": _tabs(severity, SEVERITIES),
        "severity": severity,
        "has_trail": trail.may_read(request.user, "workflow", found),
        "notes": [
            note for _name, say in registry.workflow_notes.items() for note in say(found, at=moments.of(request))
        ],
    }
    return render(request, "governance/ownership/workflow.html", context)


@require_safe
@login_required
def moved(request: HttpRequest, key: str) -> HttpResponse:
    """The address that the page of a workflow had before; old links still lead there."""
    found = get_object_or_404(Workflow, key=key)
    asked = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(reverse("governance:ownership-workflow", args=[found.key]) + asked)


@require_safe
@login_required
def told(request: HttpRequest) -> HttpResponse:
    """Who would be told, when and how, if a workflow broke: for everybody, by the rules that the engine takes."""
    now = moments.of(request)
    workflows = list(Workflow.objects.in_use().select_related("team", "platform").order_by("name", "pk"))
    is_asked = bool({"workflow", "severity", "at"} & set(request.GET))
    form = ToldForm(request.GET if is_asked else None, workflows=workflows, now=now)
    found = None
    if is_asked and form.is_valid():
        asked = form.cleaned_data
        found = foretold.foretell(asked["workflow"], asked["severity"], at=asked["at"])
        if found.workflow is not None:  # links name it by its key, people by its name
            form.data = request.GET.dict() | {"workflow": found.workflow.name}
    context = {"form": form, "workflows": workflows, "found": found, "workflow": found and found.workflow}
    return render(request, "governance/ownership/told.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def contacts(request: HttpRequest) -> HttpResponse:
    """Who holds which role now and what it may do; who takes named decisions, and who settles a conflict."""
    found = contact_reads.contacts(at=moments.of(request))
    stages = [([_stage(stage) for stage in duty.stages], duty, answer) for duty, answer in found.responsibilities]
    return render(request, "governance/ownership/contacts.html", {"found": found, "duties": stages})


def _stage(stage: str) -> str:
    """The word for a stage of an outage, in the reader's language."""
    return sentences.said(labels.STAGES[stage])


def _may_read(request: HttpRequest, workflow: Workflow) -> bool:
    """Who answers is for everybody to read (D13); what a restricted workflow does only for its own people."""
    return workflow.data_class != DataClass.RESTRICTED or access.can(request.user, "view", workflow).allowed


def _pages(request: HttpRequest, page: Page[Workflow]) -> dict[str, str | int]:
    """What ``portal/_pages.html`` takes; nothing where one page holds everything."""
    if not page.has_other_pages():
        return {}

    def address(number: int) -> str:
        query = request.GET.copy()
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    return {
        "shown": _("%(first)d to %(last)d") % {"first": page.start_index(), "last": page.end_index()},
        "total": page.paginator.count,
        "newer": address(page.previous_page_number()) if page.has_previous() else "",
        "older": address(page.next_page_number()) if page.has_next() else "",
    }


def _severity(request: HttpRequest, default: str, known: tuple[str, ...]) -> str:
    wanted = request.GET.get("severity", "")
    return wanted if wanted in known else default


def _tabs(severity: str, known: tuple[str, ...]) -> list[dict[str, Any]]:
    return [{"key": key, "word": WORDS[key], "current": key == severity} for key in known]
