"""`/decisions/<ref>/replay/`: a decision played through with other facts or rules (D78). Nothing live is touched."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from incidents.forms import replays as forms
from incidents.reads import replays as reads
from incidents.services import decision_cases
from incidents.views.decisions import visible
from portal import moments


@login_required
@require_safe
@never_cache
def replay(request: HttpRequest, reference: str) -> HttpResponse:
    """What was, beside what would have been; the query holds what is changed."""
    user: Any = request.user
    found, at = visible(request, reference), moments.of(request)
    case = decision_cases.open_one(found)
    known = reads.known(case, at=at)
    form = forms.ReplayForm(request.GET if "severity" in request.GET else None, known=known, decision=found)
    words: dict[str, Any] = {"decision": found, "form": form, "was": reads.really(case), "reader": user}
    if form.is_bound and not form.is_valid():
        return render(request, "incidents/decisions/replay.html", words, status=422)
    chosen = form.chosen() if form.is_bound else known.asked
    words["would"] = reads.play(case, chosen, at=at)
    return render(request, "incidents/decisions/replay.html", words)
