"""The page of the playbook at work: scope and aim, the step whose turn it is, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from incidents.forms import steps as step_forms
from incidents.models import Evidence, Incident
from incidents.reads import pins, step_page, timeline
from incidents.reads.step_page import Page
from incidents.services import evidence, gates, scopes, steps
from incidents.views.incident import number, visible
from portal import moments
from portal.access import can
from portal.errors import DomainError
from portal.models import User
from portal.views import errors

NOTHING_NEW = 204
NEWS = (
    *("playbook", "switched", "scenario", "scope", "scope_agreed", "scope_objected", "scope_overruled"),
    *(
        "step_freed",
        "step_taken",
        "step_released",
        "step_done",
        "step_changed",
        "step_skipped",
        "step_failed",
        "gate_asked",
    ),
)
"""Lines of the timeline that change this page."""
SHOWN = 3


@login_required
@require_safe
@never_cache
def playbook(request: HttpRequest, reference: str) -> HttpResponse:
    """The page; `step` opens another step than the next, `part=news` answers the poll."""
    found = visible(request, reference)
    if request.GET.get("part") == "news":
        return news(request, found)
    page = read(request, found, request.GET.get("step", ""))
    return draw(request, page, all_forms(page))


def news(request: HttpRequest, found: Incident) -> HttpResponse:
    """What others did since the page was made; what somebody types here is never replaced."""
    rows = found.timeline.select_related("by", "text_row").filter(pk__gt=number(request.GET.get("cursor", "")) or 0)
    fresh = list(rows.filter(verb__in=NEWS).order_by("-id")[:SHOWN])
    if not fresh:
        return HttpResponse(status=NOTHING_NEW)
    lines = [timeline.sentence(row) for row in reversed(fresh)]
    return render(request, "incidents/steps/_news.html", {"incident": found, "lines": lines})


def read(request: HttpRequest, found: Incident, step: str) -> Page:
    user: User = request.user  # type: ignore[assignment]
    return step_page.page(found, user, at=moments.of(request), step=step)


def draw(
    request: HttpRequest, page: Page, made: dict[str, forms.Form], *, status: int = 200, lost: str = ""
) -> HttpResponse:
    found = page.course.incident
    fitting = [] if found.playbook_id or not page.may else pins.fitting(found.workflow)
    words = {"page": page, "course": page.course, "incident": found, "forms": made, "fitting": fitting[:SHOWN]}
    words |= {"owed": step_page.owed(page), "lost": lost}
    return render(request, "incidents/steps/page.html", words, status=status)


# What people do here


@dataclass(frozen=True)
class Act:
    """`make` draws the form of an action for a page (bound with what was sent), `call` is one service call and gives
    what is said after it."""

    make: Callable[..., forms.Form]
    call: Callable[[Incident, Any, User, datetime], str]
    may: str = "step"


def all_forms(page: Page, sent: str = "", data: Any = None, files: Any = None) -> dict[str, forms.Form]:
    """The forms of the page by action; `sent` is bound."""
    found = {}
    for name, act in ACTS.items():
        bound = {"data": data, "files": files} if name == sent else {}
        form = act.make(page, auto_id=f"{name}_%s", **bound)
        if form is not None:
            found[name] = form
    return found


def _scope_form(page: Page, **kwargs: Any) -> forms.Form:
    said = page.scope.statement
    return step_forms.ScopeForm(initial={"scope": said.scope, "aim": said.aim} if said else {}, **kwargs)


def _scenario_form(page: Page, **kwargs: Any) -> forms.Form | None:
    if page.course.playbook is None:
        return None
    now = page.course.scenario.key if page.course.scenario else ""
    return step_forms.ScenarioForm(scenarios=page.course.playbook.scenarios, now=now, **kwargs)


def _step_form(page: Page, **kwargs: Any) -> forms.Form | None:
    if page.open is None or not page.open.may_end:
        return None
    return step_forms.StepForm(line=page.open, halted=page.halted, kept=page.files, **kwargs)


def _otherwise_form(page: Page, **kwargs: Any) -> forms.Form | None:
    if page.open is None or not page.open.may_end:
        return None
    return step_forms.OtherwiseForm(initial={"step": page.open.step.key, "visit": page.open.visit}, **kwargs)


def _gate_form(page: Page, **kwargs: Any) -> forms.Form | None:
    if page.open is None or page.open.step.does != "gate":
        return None
    return step_forms.GateForm(initial={"step": page.open.step.key}, **kwargs)


def _plain(form: type[forms.Form]) -> Callable[..., forms.Form]:
    return lambda page, **kwargs: form(**kwargs)


def _state(incident: Incident, form: Any, user: User, at: datetime) -> str:
    data = form.cleaned_data
    scopes.state(incident=incident, scope=data["scope"], aim=data["aim"], by=user, at=at)
    return _("Scope and aim are stated. The four functions are asked to agree.")


def _object(incident: Incident, form: Any, user: User, at: datetime) -> str:
    call = {"incident": incident, "number": form.cleaned_data["number"], "by": user, "at": at}
    scopes.answer(**call, agrees=False, why=form.cleaned_data["why"])
    return _("Your objection is told. Nothing is changed before it is settled.")


def _agree(incident: Incident, form: Any, user: User, at: datetime) -> str:
    scopes.answer(incident=incident, number=form.cleaned_data["number"], agrees=True, by=user, at=at)
    return _("You agreed. Thank you.")


def _overrule(incident: Incident, form: Any, user: User, at: datetime) -> str:
    scopes.overrule(incident=incident, reason=form.cleaned_data["reason"], by=user, at=at)
    return _("Work goes on. Your reason stands in the report.")


def _scenario(incident: Incident, form: Any, user: User, at: datetime) -> str:
    data = form.cleaned_data
    chosen = {"scenario": data["scenario"], "reason": data.get("reason", "")}
    steps.choose_scenario(incident=incident, by=user, at=at, **chosen)
    return _("The scenario is chosen.")


def _take(incident: Incident, form: Any, user: User, at: datetime) -> str:
    steps.take(incident=incident, by=user, at=at, **form.cleaned_data)
    return _("The step is yours.")


def _release(incident: Incident, form: Any, user: User, at: datetime) -> str:
    steps.release(incident=incident, step=form.cleaned_data["step"], by=user, at=at)
    return _("You gave the step back.")


def _end(incident: Incident, form: Any, user: User, at: datetime) -> str:
    data, given = form.cleaned_data, form.given
    if given.result == "failed":
        steps.fail(incident=incident, step=data["step"], note=given.note, by=user, at=at)
        return _("It did not pass: that stands in the timeline now, and the step stays open.")
    known = data.get("evidence")
    file = Evidence.objects.filter(incident=incident, pk=UUID(known)).first() if known else None
    call = {"incident": incident, "step": data["step"], "visit": data["visit"], "by": user, "at": at}
    with evidence.keeping(data.get("files") or [], at=at) as kept:
        steps.end(**call, given=given, evidence=file, files=kept)
    return _("The step is done.")


def _otherwise(incident: Incident, form: Any, user: User, at: datetime) -> str:
    steps.end(incident=incident, by=user, at=at, **form.cleaned_data)
    return _("The step is ended otherwise than the playbook says; your reason stands in the report.")


def _gate(incident: Incident, form: Any, user: User, at: datetime) -> str:
    made = gates.ask(incident=incident, by=user, at=at, **form.cleaned_data)
    return _("The decision is asked for: %(reference)s.") % {"reference": made.reference}


ACTS: dict[str, Act] = {
    "scope": Act(_scope_form, _state, "scope"),
    "agree": Act(lambda page, **kwargs: step_forms.NumberForm(initial=_shown(page), **kwargs), _agree, "view"),
    "object": Act(lambda page, **kwargs: step_forms.ObjectForm(initial=_shown(page), **kwargs), _object, "view"),
    "overrule": Act(_plain(step_forms.OverruleForm), _overrule, "scope"),
    "scenario": Act(_scenario_form, _scenario),  # type: ignore[arg-type]
    "take": Act(_plain(step_forms.TakeForm), _take),
    "release": Act(_plain(step_forms.TakeForm), _release),
    "end": Act(_step_form, _end),  # type: ignore[arg-type]
    "gate": Act(_gate_form, _gate),  # type: ignore[arg-type]
    "otherwise": Act(_otherwise_form, _otherwise),  # type: ignore[arg-type]
}


def _shown(page: Page) -> dict[str, int]:
    return {"number": page.scope.statement.number if page.scope.statement else 0}


@require_POST
@login_required
def act(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """One action of the page; a refusal shows it again with what was typed."""
    user: User = request.user  # type: ignore[assignment]
    found, at = visible(request, reference), moments.of(request)
    if action not in ACTS:
        raise Http404
    answer = can(user, ACTS[action].may, found)
    if not answer:
        return errors.refused(request, answer.reason)
    asked = request.POST.get("step", "")
    page = read(request, found, asked)
    made = all_forms(page, action, request.POST, request.FILES)
    form = made.get(action)
    if form is None or (action in ("end", "otherwise") and page.open is not None and page.open.step.key != asked):
        return draw(request, page, all_forms(page), status=422, lost=_why_lost(page, asked))
    if form.is_valid():
        try:
            messages.success(request, ACTS[action].call(found, form, user, at))
            return redirect("incidents:playbook", reference)
        except DomainError as error:
            form.add_error(None, str(error))
    return draw(request, page, made, status=422)


def _why_lost(page: Page, asked: str) -> str:
    line = page.course.line(asked) if page.course.scenario else None
    if line is not None and line.entry is not None:
        return _("%(name)s has ended “%(title)s” already.") % {"name": line.entry.by, "title": line.step.title}
    return _("This is not possible any more. The page shows how things stand now.")
