"""Saying "I am affected too" about an open incident, instead of reporting it twice."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from incidents import access
from incidents.forms.affected import AffectedForm
from incidents.models import Incident
from incidents.reads import scoring
from incidents.services import joining, reports, tracking
from portal import moments
from portal.errors import DomainError
from portal.models import User


def found(user: User, reference: str) -> Incident:
    """The incident that `user` may know of, or follows already; else 404."""
    rows = Incident.objects.select_related("workflow", "team", "reporter", "lead")
    incident = rows.filter(reference=reference, pk__in=access.knowable(user).values("pk")).first()
    if incident is None:
        incident = rows.filter(reference=reference).first()
        if incident is None or not user.is_active or not joining.is_in(incident, user):
            raise Http404
    return incident


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def affected(request: HttpRequest, reference: str) -> HttpResponse:
    """GET shows what is known and asks; POST joins and leads to the person's own tracking page."""
    user: User = request.user  # type: ignore[assignment]
    incident, at = found(user, reference), moments.of(request)
    if joining.is_in(incident, user):
        return redirect(tracking.track_path(incident, user))
    draft = reports.draft_of(user=user, at=at)
    typed = request.POST if request.method == "POST" else None
    form = AffectedForm(typed, initial=AffectedForm.from_report(draft.content), rubric=scoring.asked(incident), at=at)
    if form.is_valid():
        try:
            joining.affected(
                incident=incident,
                by=user,
                text=form.cleaned_data["text"],
                since=form.started_at,
                answers=form.answers,
                at=at,
            )
            reports.discard_draft(user=user)
            return redirect(tracking.track_path(incident, user))
        except DomainError as error:
            form.add_error(None, str(error))
    words = {"incident": incident, "form": form}
    return render(request, "incidents/report/affected.html", words, status=422 if form.is_bound else 200)
