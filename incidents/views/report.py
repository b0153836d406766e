"""Filing: a form that a business person finishes in a minute (U3)."""

import hashlib
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import dateformat, timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from governance.models import Workflow
from governance.reads import documents
from incidents.forms.report import ReportForm, names
from incidents.models import Incident, ReportDraft
from incidents.reads import reports as reads
from incidents.services import evidence, intake, reports, tracking
from portal import limits
from portal.errors import DomainError
from portal.models import User

SKIPPED = {"csrfmiddlewaretoken", "files"}
FOLDED = ("just_before", "who_is_hurt", "files", "near")


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Show the form with the draft so far, or file what was sent and go to its tracking page."""
    at = timezone.now()
    user: User = request.user  # type: ignore[assignment]
    try:
        rubric = documents.rubric_for(None).content
    except documents.NothingInForce as error:
        return render(request, "incidents/report/closed.html", {"why": error}, status=503)
    processes = reads.processes()
    draft = reports.draft_of(user=user, at=at)
    if request.method != "POST":
        form = ReportForm(
            initial={**draft.content, "key": draft.submission_key}, rubric=rubric, at=at, workflows=processes
        )
        return page(request, form, draft)
    form = ReportForm(request.POST, request.FILES, rubric=rubric, at=at, workflows=processes)
    if form.is_valid():
        try:
            incident = file(form, user)
            reports.discard_draft(user=user)
            return redirect(tracking.track_path(incident))
        except DomainError as error:
            form.add_error(None, str(error))
    return page(request, form, draft, status=422)


def file(form: ReportForm, user: User) -> Incident:
    """File the checked report; its files are kept before, and tied to it after. Raises DomainError."""
    words = form.cleaned_data
    kept = [evidence.keep(item) for item in words["files"]]
    incident = intake.report(
        by=user,
        title=form.title,
        description=words["what"],
        workflow=words["workflow"],
        started_at=form.started_at,
        answers=form.answers,
        just_before=words["just_before"],
        who_is_hurt=words["who_is_hurt"],
        kind=Incident.Kind.NEAR_MISS if words["near"] else Incident.Kind.INCIDENT,
        # The person is part of the key: nobody reaches a report of somebody else by its key.
        submission_key=hashlib.sha256(f"{user.pk}:{words['key']}".encode()).hexdigest(),
        at=form.at,
    )
    if kept:
        evidence.add(incident=incident, files=kept, by=user, at=form.at)
    return incident


def page(request: HttpRequest, form: ReportForm, draft: ReportDraft, *, status: int = 200) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    chosen = chosen_process(form)
    unfolded = any(form[name].errors or form[name].value() for name in FOLDED)
    words: dict[str, Any] = {
        "form": form,
        "processes": form.workflows,
        "unfolded": unfolded,
        "saved": saved_note(draft) if draft.content else "",
        "coming": reads.who_is_told(chosen, "any", at=form.at),
        "similar": reads.similar(user, chosen),
    }
    return render(request, "incidents/report/page.html", words, status=status)


def chosen_process(form: ReportForm) -> Workflow | None:
    typed = str(form["workflow"].value() or "").strip().casefold()
    return next((item for item in form.workflows if typed and typed in names(item)), None)


def saved_note(draft: ReportDraft) -> str:
    clock = dateformat.format(timezone.localtime(draft.saved_at), "H:i")
    return _("Saved as a draft at %(time)s. Nothing is lost if you leave.") % {"time": clock}


@login_required
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what was typed so far; answers with the note that says so."""
    user: User = request.user  # type: ignore[assignment]
    typed = {
        name: request.POST[name].replace("\x00", "")[: limits.TEXT_LENGTH]
        for name in request.POST
        if name not in SKIPPED
    }
    known = {name: text for name, text in list(typed.items())[:50] if text and len(name) <= limits.KEY_LENGTH}
    known.pop("key", None)
    clean = {name: text.encode("utf-8", "replace").decode() for name, text in known.items()}
    return HttpResponse(escape(saved_note(reports.save_draft(user=user, content=clean, at=timezone.now()))))


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What I reported, with a way to follow each."""
    user: User = request.user  # type: ignore[assignment]
    rows = [(item, reads.plain_state(item), tracking.track_path(item)) for item in reads.mine(user)]
    return render(request, "incidents/report/mine.html", {"rows": rows})
