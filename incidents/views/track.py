"""The page of those who reported an incident or are affected: plain words, no log-in, only with the signed link."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from incidents.forms import track as forms
from incidents.models.incidents import IncidentState
from incidents.reads import better, containments, following, guidance, scoring
from incidents.reads import tracking as reads
from incidents.services import effects, evidence, reporters, subscriptions, tracking
from portal import moments
from portal.errors import DomainError

Forms = dict[str, Any]


@never_cache
def track(request: HttpRequest, token: str) -> HttpResponse:
    """Show how it stands; POST does what `answer` names: add (empty), worse, works, happened, yes, no, better,
    not_better, follow or unfollow."""
    try:
        visit = tracking.read(token)
    except tracking.LinkRevoked as error:
        return render(request, "incidents/track/revoked.html", {"why": error}, status=404)
    answer = request.POST.get("answer", "")
    asked = forms_of(request, visit, answer)
    error = ""
    if request.method == "POST":
        try:
            if thanks := _take(visit, answer, asked, moments.of(request)):
                messages.success(request, thanks)
                return redirect(request.path)
        except DomainError as refusal:
            error = str(refusal)
    words = page(visit, moments.of(request)) | asked | {"error": error}
    # NOTE: the site's Referrer-Policy, same-origin, is as strict as a page with a form can be (see answer.py).
    return render(request, "incidents/track/page.html", words, status=422 if request.method == "POST" else 200)


def forms_of(request: HttpRequest, visit: tracking.Visit, answer: str) -> Forms:
    """Every form of the page, the one that was sent bound."""

    def sent(name: str) -> tuple[Any, ...]:
        return (request.POST, request.FILES) if request.method == "POST" and answer == name else (None, None)

    rubric = scoring.asked(visit.incident)
    return {
        "form": forms.AddForm(*sent("")),
        "worse": forms.WorseForm(*sent("worse"), rubric=rubric, known=visit.incident.answers, auto_id="worse_%s"),
        "happened": forms.HappenedForm(*sent("happened"), auto_id="happened_%s"),
        "not_yet": forms.NotYetForm(*sent("no")),
        "not_better": forms.NotBetterForm(*sent("not_better"), auto_id="better_%s"),
    }


def page(visit: tracking.Visit, at: datetime) -> dict[str, Any]:
    """What the page shows of the incident, and what may be said now."""
    incident = visit.incident
    near_miss = incident.kind == incident.Kind.NEAR_MISS
    over = incident.state == IncidentState.RESOLVED
    said = over and visit.person is not None and reporters.has_confirmed(incident, visit.person)
    return {
        "incident": incident,
        "visit": visit,
        "is_merged": visit.first.pk != incident.pk,
        "tracked": reads.tracked(incident, visit.person),
        "still": containments.open_of(incident) if incident.is_open else [],
        "meanwhile": guidance.guidance(incident) if incident.is_open and not near_miss else None,
        "follow": following.choice(visit.person, incident, at=at) if visit.person is not None else None,
        "asks": over and visit.person is not None and not said,
        "thanked": said,
        "closes_at": reads.closes_at(incident) if over else None,
        "better": better.asked(incident, visit.person, at=at) if visit.person is not None else None,
        "may_return": incident.state == IncidentState.CLOSED and visit.person is not None and not near_miss,
        "may_worsen": incident.is_open and not near_miss,
        "may_happen": incident.is_open and near_miss and visit.is_reporter,
    }


def _take(visit: tracking.Visit, answer: str, asked: Forms, at: datetime) -> str:
    """Do what was sent and return the thanks; empty when a form has to be corrected. Raises DomainError."""
    incident, person = visit.incident, visit.person
    if answer == "" and asked["form"].is_valid():
        words = asked["form"].cleaned_data
        with evidence.keeping(words["files"], at=at) as kept:
            reporters.add(incident=incident, person=person, text=words["text"], files=kept, at=at)
        return _("Thank you. The team has it.")
    if answer == "worse" and asked["worse"].is_valid():
        said = asked["worse"]
        reporters.got_worse(
            incident=incident, person=person, answers=said.answers, text=said.cleaned_data["text"], at=at
        )
        return _("Thank you. The people who work on it are told now.")
    if answer == "works":
        reporters.works_again(incident=incident, person=person, at=at)
        return _("Thank you, that is good to know.")
    if person is not None:
        return _answer(visit, answer, asked, at)
    return ""


def _answer(visit: tracking.Visit, answer: str, asked: Forms, at: datetime) -> str:
    """What only somebody who reported it or is affected can say."""
    incident, person = visit.incident, visit.person
    assert person is not None
    if answer in ("follow", "unfollow") and (chosen := following.choice(person, incident, at=at)) is not None:
        change = subscriptions.follow if answer == "follow" else subscriptions.unfollow
        change(incident=incident, user=person, audience=chosen.key, at=at, label=tracking.LABEL)
        return _("We tell you when there is news.") if answer == "follow" else _("We tell you no more.")
    if answer == "yes":
        reporters.confirm(incident=incident, person=person, at=at)
        return _("Thank you. Your report is closed.") if visit.is_reporter else _("Thank you for telling us.")
    if answer == "no" and asked["not_yet"].is_valid():
        reporters.not_yet(incident=incident, person=person, reason=asked["not_yet"].cleaned_data["reason"], at=at)
        return _("Thank you for telling us. The team is called again.")
    if answer == "better":
        effects.answer(incident=incident, helps=True, note="", person=person, at=at)
        return _("Thank you. It counts when we judge what we changed.")
    if answer == "not_better" and asked["not_better"].is_valid():
        note = asked["not_better"].cleaned_data["note"]
        effects.answer(incident=incident, helps=False, note=note, person=person, at=at)
        return _("Thank you. Whoever changed it looks at it again.")
    if answer == "happened" and asked["happened"].is_valid():
        reporters.happened(incident=incident, person=person, text=asked["happened"].cleaned_data["text"], at=at)
        return _("Thank you for telling us. People are called now.")
    return ""
