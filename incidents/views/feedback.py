"""`/feedback/`: what responders tell the owners of platforms, and their answers."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from incidents.forms import feedback as forms
from incidents.models import Feedback, Incident
from incidents.reads import feedback as reads
from incidents.services import feedback as service
from portal import moments
from portal.access import can
from portal.errors import DomainError
from portal.models import User
from portal.views import errors


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    answer = can(request.user, "view", Feedback)
    if not answer:
        return errors.refused(request, answer.reason)
    page = reads.page(request.user, after=request.GET.get("after", ""), before=request.GET.get("before", ""))  # type: ignore[arg-type]
    return render(request, "incidents/feedback/index.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """`incident` in the address says because of which one."""
    user: User = request.user  # type: ignore[assignment]
    answer = can(user, "give_feedback", Feedback)
    if not answer:
        return errors.refused(request, answer.reason)
    rows = Incident.objects.visible_to(user).select_related("workflow__platform")
    incident = rows.filter(reference=request.GET.get("incident", "")).first()
    known = incident.workflow if incident is not None else None
    initial = {"workflow": known.pk, "platform": known.platform_id} if known is not None else {}
    form = forms.GiveForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            made = service.give(by=user, at=moments.of(request), incident=incident, **form.cleaned_data)
            messages.success(request, _("Thank you. Whoever answers for it is told."))
            return redirect(made)
        except DomainError as error:
            form.add_error(None, str(error))
    words = {"form": form, "incident": incident}
    return render(request, "incidents/feedback/new.html", words, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def feedback(request: HttpRequest, reference: str) -> HttpResponse:
    """What was said, and its answer; whoever answers for the platform answers here."""
    user: User = request.user  # type: ignore[assignment]
    rows = Feedback.objects.select_related("platform", "workflow", "by", "incident", "answered_by")
    found = rows.filter(reference=reference).first()
    if found is None or not can(user, "view", found):
        raise Http404
    may = can(user, "answer", found)
    if request.method == "POST" and not may:
        return errors.refused(request, may.reason)
    form = (
        forms.AnswerForm(request.POST if request.method == "POST" else None, initial={"text": found.answer})
        if may
        else None
    )
    if form is not None and form.is_valid():
        try:
            service.answer(feedback=found, by=user, at=moments.of(request), **form.cleaned_data)
            messages.success(request, _("Your answer is sent."))
            return redirect(found)
        except DomainError as error:
            form.add_error(None, str(error))
    words = {
        "feedback": found,
        "form": form,
        "incident": found.incident if reads.may_open(user, found.incident) else None,
    }
    status = 422 if form is not None and form.is_bound else 200
    return render(request, "incidents/feedback/page.html", words, status=status)
