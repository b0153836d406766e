"""The communication desk: what goes out to whom, and the page on which news is written."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from governance.documents.communication import Audience, Communication
from incidents.forms.updates import UpdateForm
from incidents.models import Incident, StatusUpdate
from incidents.models.incidents import IncidentState
from incidents.reads import audiences, update_hints
from incidents.reads import updates as reads
from incidents.services import updates
from incidents.services.update_drafts import NotSent, audience_of, prefilled
from incidents.views.incident import visible
from portal import moments
from portal.access import can
from portal.errors import DomainError
from portal.models import User
from portal.views import errors

DONE = {
    "keep": gettext_lazy("The draft is kept."),
    "send": gettext_lazy("The news is sent."),
    "submit": gettext_lazy("They are asked to look it over."),
    "release": gettext_lazy("The news is sent."),
    "drop": gettext_lazy("The draft is dropped."),
}
LOOKS = ("check", "use")
"""What only shows how it reads, and stores nothing."""
MOVES = {"send": updates.send, "submit": updates.submit, "drop": updates.drop}


@login_required
@require_safe
@never_cache
def desk(request: HttpRequest, reference: str) -> HttpResponse:
    """Each audience with what went out last and what is due, then drafts and what was sent."""
    incident = visible(request, reference)
    may = bool(can(request.user, "update", incident))
    found = reads.desk(incident)
    words = {"incident": incident, "desk": found, "may": may, "review": _to_look_over(request, incident, found)}
    return render(request, "incidents/updates/page.html", words)


def _to_look_over(request: HttpRequest, incident: Incident, desk: reads.Desk) -> tuple[StatusUpdate, str] | None:
    """What has waited longest of that which the reader did not write, when they may release it."""
    waiting = [item for item in desk.drafts if item[0].state == "in_review" and item[0].by_id != request.user.pk]
    plan = audiences.plan_of(incident)
    if not waiting or plan is None:
        return None
    found = updates.reviewers(incident, plan.content, waiting[-1][0], at=moments.of(request))
    return waiting[-1] if request.user in found else None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, reference: str) -> HttpResponse:
    """GET shows what the plan proposes and keeps nothing; POST keeps it, and sends it when asked to."""
    user: User = request.user  # type: ignore[assignment]
    incident = visible(request, reference)
    answer = can(user, "update", incident)
    if not answer:
        return errors.refused(request, answer.reason)
    over = incident.state == IncidentState.RESOLVED
    audience, event = request.GET.get("audience", ""), request.GET.get("event") or ("resolved" if over else "update")
    try:
        row = prefilled(incident=incident, audience=audience, event=event, by=user, at=moments.of(request))
    except NotSent:
        raise Http404 from None
    return _written(request, incident, row, is_new=True)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def update(request: HttpRequest, reference: str, pk: UUID) -> HttpResponse:
    """One draft, or what was sent, as it reads."""
    incident = visible(request, reference)
    answer = can(request.user, "update", incident)
    if not answer:
        return errors.refused(request, answer.reason)
    row = StatusUpdate.objects.filter(incident=incident, pk=pk).select_related("by", "reviewed_by").first()
    if row is None:
        raise Http404
    return _written(request, incident, row, is_new=False)


def _written(request: HttpRequest, incident: Incident, row: StatusUpdate, *, is_new: bool) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    at = moments.of(request)
    plan, audience = audience_of(incident, row.audience)
    names = ("subject", "business", "technical", "statement", "expected_at", "next_at")
    initial: dict[str, Any] = dict(row.answers) | {name: getattr(row, name) for name in names}
    data = request.POST.copy() if request.method == "POST" else None
    do = request.POST.get("do", "keep")
    if data is not None and do == "use":
        data["business"] = prepared_words(incident, row.audience, data)
    known: dict[str, Any] = {"incident": incident, "user": user, "at": at, "plan": plan, "audience": audience}
    form = UpdateForm(data, initial=initial, update=row, **known)
    if form.is_valid():
        try:
            if do in LOOKS:
                updates.apply(row, plan, audience, form.words)
                return _page(request, incident, row, audience, form, plan, is_new=is_new, status=200)
            if is_new:
                row = updates.draft(
                    incident=incident, audience=row.audience, event=row.event, words=form.words, by=user, at=at
                )
                is_new = False
            elif do in ("keep", "send", "submit"):
                row = updates.save(update=row, words=form.words, by=user, at=at)
            if do == "release":
                updates.release(update=row, by=user, at=at, words=form.words)
            elif do in MOVES:
                MOVES[do](update=row, by=user, at=at)
            messages.success(request, str(DONE.get(do, DONE["keep"])))
            return redirect("incidents:updates", incident.reference)
        except NotSent as error:
            for name, sentence in (error.fields or {"": str(error)}).items():
                form.add_error(form.field_of(name), sentence)
        except DomainError as error:
            form.add_error(None, str(error))
    return _page(request, incident, row, audience, form, plan, is_new=is_new, status=422 if form.is_bound else 200)


def prepared_words(incident: Incident, audience: str, data: Any) -> str:
    """The words of the statement that was chosen, with what is offered for the trouble; else what was typed."""
    chosen = next((item for item in reads.statements(incident, audience) if item.key == data.get("statement")), None)
    return updates.wordings(chosen)[1] if chosen is not None else data.get("business", "")


def _page(
    request: HttpRequest,
    incident: Incident,
    row: StatusUpdate,
    audience: Audience,
    form: UpdateForm,
    plan: Communication,
    *,
    is_new: bool,
    status: int,
) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    row.incident = incident
    is_open = row.state in ("draft", "in_review")
    words = {
        "incident": incident,
        "update": row,
        "audience": audience,
        "form": form,
        "is_new": is_new,
        "events": reads.EVENTS.items(),
        "is_open": is_open,
        "needs_review": is_open and updates.needs_review(plan, row),
        "may_release": not is_new and updates.may_release(row, plan, user, at=moments.of(request)),
        "statements": reads.statements(incident, row.audience),
        "previews": update_hints.previews(row, plan, audience, incident),
        "hints": update_hints.hints(row, plan, audience, incident) if is_open else [],
        "meanings": update_hints.meanings(row, incident) if is_open else [],
    }
    return render(request, "incidents/updates/update.html", words, status=status)
