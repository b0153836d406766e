"""Filing: a form that a business person finishes in a minute (U3)."""

from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import dateformat, timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance.forms.ownership import names
from governance.models import Workflow
from governance.reads import documents
from incidents.forms.report import ReportForm
from incidents.models import Incident, ReportDraft
from incidents.reads import alike, containments, guidance
from incidents.reads import reports as reads
from incidents.services import evidence, intake, reports, tracking
from portal import limits, moments
from portal.errors import DomainError
from portal.models import User

SKIPPED = {"csrfmiddlewaretoken", "files", "key"}
HELD = "report-held"  # what somebody sent whose session had ended; in the session until they have signed in
FOLDED = ("just_before", "who_is_hurt", "files", "near")


def new(request: HttpRequest) -> HttpResponse:
    """Show the form with the draft so far, or file what was sent and go to its tracking page."""
    at = moments.of(request)
    if not request.user.is_authenticated:
        if request.method == "POST":
            request.session[HELD] = typed(request)
        return redirect_to_login(request.path)
    user: User = request.user  # type: ignore[assignment]
    try:
        rubric = documents.rubric_for(None).content
    except documents.NothingInForce as error:
        return render(request, "incidents/report/closed.html", {"why": error}, status=503)
    processes = reads.processes()
    draft = reports.draft_of(user=user, at=at)
    if request.method != "POST":
        form = ReportForm(
            initial=draft.content | request.session.get(HELD, {}) | {"key": draft.submission_key},
            rubric=rubric,
            at=at,
            workflows=processes,
        )
        return page(request, form, draft)
    if "look" in request.POST:  # without scripts: look for what is open already, and send nothing
        return page(request, ReportForm(initial=typed(request), rubric=rubric, at=at, workflows=processes), draft)
    form = ReportForm(request.POST, request.FILES, rubric=rubric, at=at, workflows=processes)
    if form.is_valid():
        try:
            incident = file(form, user)
            reports.discard_draft(user=user)
            request.session.pop(HELD, None)
            return redirect(tracking.track_path(incident))
        except DomainError as error:
            form.add_error(None, str(error))
    return page(request, form, draft, status=422)


def file(form: ReportForm, user: User) -> Incident:
    """File the checked report; its files are kept before, and tied to it after. Raises DomainError."""
    words = form.cleaned_data
    with evidence.keeping(words["files"], at=form.at) as kept:
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
            # A form that was sent without its key is the same report for a day.
            submission_key=reports.submission_key(
                user=user, key=words["key"] or f"{form.at:%Y-%m-%d}", words=words["what"]
            ),
            at=form.at,
        )
        if kept:
            evidence.add(incident=incident, files=kept, by=user, at=form.at)
    return incident


def page(request: HttpRequest, form: ReportForm, draft: ReportDraft, *, status: int = 200) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    chosen = process_called(form["workflow"].value(), form.workflows)
    answers = {name.removeprefix("q_"): str(form[name].value() or "") for name in form.fields if name.startswith("q_")}
    unfolded = any(form[name].errors or form[name].value() for name in FOLDED)
    words: dict[str, Any] = {
        "form": form,
        "processes": form.workflows,
        "unfolded": unfolded,
        "had_files": bool(request.FILES),
        "saved": saved_note(draft) if draft.content else "",
    }
    what = str(form["what"].value() or "")
    beside = margin(user, chosen, what, answers, form.at)
    return render(request, "incidents/report/page.html", words | beside, status=status)


def margin(user: User, chosen: Workflow | None, what: str, answers: dict[str, str], at: datetime) -> dict[str, Any]:
    """What stands beside the form: open incidents that it might be, and who is told when it is sent."""
    similar = [
        (
            row,
            tracking.track_path(row.incident, user) if row.is_mine else affected_path(row.incident),
            guidance.guidance(row.incident),
        )
        for row in reads.similar(user, chosen, what)
    ]
    over = alike.while_filing(user, chosen, what)
    words = {"similar": similar, "over": over, "coming": reads.who_is_told(chosen, answers, at=at), "chosen": chosen}
    return words | {"still": containments.tellable(chosen)}


def affected_path(incident: Incident) -> str:
    return reverse("incidents:affected", args=[incident.reference])


def process_called(name: Any, workflows: list[Workflow]) -> Workflow | None:
    called = " ".join(str(name or "").split()).casefold()
    return next((item for item in workflows if called and called in names(item)), None)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def beside(request: HttpRequest) -> HttpResponse:
    """The margin for what was just typed and chosen. It changes nothing; what people type is no part of an address,
    so the page asks by POST."""
    user: User = request.user  # type: ignore[assignment]
    sent = request.POST if request.method == "POST" else request.GET
    chosen = process_called(sent.get("workflow"), reads.processes())
    answers = {name.removeprefix("q_"): sent[name] for name in sent if name.startswith("q_")}
    what = sent.get("what", "")[: limits.TEXT_LENGTH]
    return render(request, "incidents/report/_beside.html", margin(user, chosen, what, answers, moments.of(request)))


def saved_note(draft: ReportDraft) -> str:
    clock = dateformat.format(timezone.localtime(draft.saved_at), "H:i")
    return _("Saved as a draft at %(time)s. Nothing is lost if you leave.") % {"time": clock}


@login_required
@require_POST
def draft(request: HttpRequest) -> HttpResponse:
    """Keep what was typed so far; answers with the note that says so."""
    user: User = request.user  # type: ignore[assignment]
    content, key = typed(request), storable(request.POST.get("key", ""))[: limits.KEY_LENGTH]
    if reports.is_filed(user=user, key=key, words=content.get("what", "")):
        return HttpResponse("")
    request.session.pop(HELD, None)
    saved = reports.save_draft(user=user, content=content, key=key, at=moments.of(request))
    return HttpResponse(escape(saved_note(saved)))


def typed(request: HttpRequest) -> dict[str, str]:
    """Every filled in field of the sent form but its files, fit to be stored."""
    known = [name for name in request.POST if name not in SKIPPED and len(name) <= limits.KEY_LENGTH][:50]
    texts = {storable(name): storable(request.POST[name])[: limits.TEXT_LENGTH] for name in known}
    return {name: text for name, text in texts.items() if text}


def storable(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What I reported and what I am affected by, with a way to follow each."""
    user: User = request.user  # type: ignore[assignment]
    rows = [(row, tracking.track_path(row.incident, user)) for row in reads.mine(user)]
    return render(request, "incidents/report/mine.html", {"rows": rows})
