"""`/reviews/`: what is to be written and what was found; one review with all that the ledger says about it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from governance.models import ChangeRequest, Document
from governance.reads import changes as change_reads
from governance.reads import sections
from incidents.forms import reviews as forms
from incidents.models import EscalationRun, Finding, Hypothesis, Postmortem
from incidents.reads import likely_causes, review_facts, steps
from incidents.reads import reviews as reads
from incidents.services import findings, hypotheses, reviews
from incidents.views.incident import visible as incident_of
from portal import moments
from portal.access import can
from portal.errors import DomainError
from portal.models import User
from portal.views import errors

VIEWS = {
    "open": gettext_lazy("Being written"),
    "mine": gettext_lazy("Yours to write"),
    "published": gettext_lazy("Published"),
}
ID = {name: f"{name}_%s" for name in ("find", "suppose", "hand-over")}
"""Several forms stand on one page: each has ids of its own."""
DONE = {
    "write": gettext_lazy("Saved."),
    "publish": gettext_lazy("The review is published."),
    "hand-over": gettext_lazy("It is handed over."),
    "suppose": gettext_lazy("It is on the list."),
    "judge": gettext_lazy("The result is saved."),
    "find": gettext_lazy("It is written down."),
    "settle": gettext_lazy("It is settled."),
}


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """What the reader writes first, then what others write; or what is published."""
    user: User = request.user  # type: ignore[assignment]
    view = request.GET.get("show", "open")
    view = view if view in reads.VIEWS else "open"
    page = reads.page(user, view, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    newer, older = (part + f"&show={view}" if part else "" for part in (page.newer, page.older))
    words = {"page": page, "newer": newer, "older": older, "view": view, "views": VIEWS.items()}
    return render(request, "incidents/reviews/index.html", words)


def visible(request: HttpRequest, reference: str) -> Postmortem:
    """The review, or 404 when the reader may not know that it exists."""
    try:
        return reads.get(request.user, reference)  # type: ignore[arg-type]
    except Postmortem.DoesNotExist:
        raise Http404 from None


@require_safe
@login_required
@never_cache
def review(request: HttpRequest, reference: str) -> HttpResponse:
    """The whole page."""
    return render(request, "incidents/reviews/page.html", shown(request, visible(request, reference)))


def shown(request: HttpRequest, found: Postmortem, bound: dict[str, Any] | None = None) -> dict[str, Any]:
    """All that the page says; `bound` are forms that were refused, by name."""
    user: User = request.user  # type: ignore[assignment]
    at: datetime = moments.of(request)
    standing = reads.standing(found)
    run = EscalationRun.objects.filter(incident=found.incident).first()
    may = bool(can(user, "review", found.incident))
    fresh: dict[str, Any] = {}
    if may:
        fresh["find"] = forms.FindingForm(places=places(found), causes=confirmed(standing), auto_id=ID["find"])
        if standing.is_open:
            fresh["write"] = forms.SectionsForm(texts=standing.texts)
            fresh["suppose"] = forms.SupposeForm(auto_id=ID["suppose"])
            fresh["hand-over"] = forms.HandOverForm(
                initial={"owner": found.owner_id, "questions": found.questions}, auto_id=ID["hand-over"]
            )
    course = steps.course(found.incident) if may and standing.is_open else None
    return {
        "checklists": likely_causes.checklists(found.incident, course, standing.hypotheses) if course else [],
        "review": found,
        "incident": found.incident,
        "standing": standing,
        "facts": review_facts.of_incident(found.incident, run, user, at=at),
        "may": may,
        "forms": {name.replace("-", "_"): form for name, form in (fresh | (bound or {})).items()},
        "causes": _each(standing.hypotheses, forms.JudgeForm, "judge", request, bound or {}),
        "found": _each(standing.findings, forms.SettleForm, "settle", request, bound or {}),
    }


def _each(
    rows: Sequence[Any], kind: type[django_forms.Form], name: str, request: HttpRequest, bound: dict[str, Any]
) -> list[tuple[Any, django_forms.Form]]:
    """Each row with its form; the one that was refused stands in its place."""
    sent = _number(request) if name in bound else None
    return [(row, bound[name] if row.number == sent else kind(auto_id=f"{name}{row.number}_%s")) for row in rows]


def confirmed(standing: reads.Standing) -> list[tuple[str, str]]:
    """Suppositions that a test has confirmed and that no finding names yet, as (number, text)."""
    named = {row.hypothesis_id for row in standing.findings}
    rows = [row for row in standing.hypotheses if row.verdict == Hypothesis.Verdict.CONFIRMED and row.pk not in named]
    return [(str(row.number), row.text) for row in rows]


def places(found: Postmortem) -> list[tuple[str, str]]:
    """The steps of the playbook by which people worked, as (document:step, title)."""
    course = steps.course(found.incident)
    if course.version is None or course.scenario is None:
        return []
    title = course.version.document.title
    return [(f"{course.version.document_id}:{step.key}", f"{title}: {step.title}") for step in course.scenario.steps]


@require_POST
@login_required
def act(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """One move; what is refused stands in its form again, with what was typed."""
    found = visible(request, reference)
    move = MOVES.get(action)
    if move is None:
        raise Http404
    answer = can(request.user, "review", found.incident)
    return move(request, found) if answer else errors.refused(request, answer.reason)


def _tried(
    request: HttpRequest,
    found: Postmortem,
    name: str,
    form: django_forms.Form,
    move: Callable[[Any], object],
    done: str = "",
) -> HttpResponse:
    """`move` with the cleaned `form`, or the page with what is wrong; the forms of `name` stand open there.

    `done` names what is said when it is not just `name` that was done.
    """
    if form.is_valid():
        try:
            move(form.cleaned_data)
            messages.success(request, str(DONE[done or name]))
            return redirect(found)
        except reviews.NotReviewed as error:
            for field, sentence in (error.fields or {"": str(error)}).items():
                form.add_error(field if field in form.fields else None, sentence)
        except DomainError as error:
            form.add_error(None, str(error))
    return render(request, "incidents/reviews/page.html", shown(request, found, {name: form}), status=422)


def _write(request: HttpRequest, found: Postmortem) -> HttpResponse:
    by, at = request.user, moments.of(request)
    form = forms.SectionsForm(request.POST, texts=reads.standing(found).texts)
    publishes = request.POST.get("do") == "publish"

    def move(_data: Any) -> None:
        keep = reviews.finish if publishes else reviews.write
        keep(review=found, texts=form.texts, seen=form.seen, by=by, at=at)  # type: ignore[arg-type]

    return _tried(request, found, "write", form, move, "publish" if publishes else "")


def _hand_over(request: HttpRequest, found: Postmortem) -> HttpResponse:
    by, at = request.user, moments.of(request)

    def move(data: Any) -> None:
        reviews.hand_over(review=found, owner=data["owner"], questions=data["questions"], by=by, at=at)  # type: ignore[arg-type]

    return _tried(request, found, "hand-over", forms.HandOverForm(request.POST, auto_id=ID["hand-over"]), move)


def _suppose(request: HttpRequest, found: Postmortem) -> HttpResponse:
    by, at = request.user, moments.of(request)
    form = forms.SupposeForm(request.POST, auto_id=ID["suppose"])
    return _tried(request, found, "suppose", form, lambda data: hypotheses.suppose(review=found, by=by, at=at, **data))  # type: ignore[arg-type]


def _suppose_known(request: HttpRequest, found: Postmortem) -> HttpResponse:
    """One click on a cause of the checklists."""
    course, key = steps.course(found.incident), request.POST.get("cause", "")
    lists = likely_causes.checklists(found.incident, course, found.hypotheses.all())
    likely = next((item for each in lists for item in each.causes if item.key == key), None)
    if likely is None:
        raise Http404
    try:
        by: User = request.user  # type: ignore[assignment]
        made = hypotheses.suppose(review=found, text=likely.text, cause=likely.key, by=by, at=moments.of(request))
        return redirect(f"{found.get_absolute_url()}#cause-{made.number}")
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(found)


def _judge(request: HttpRequest, found: Postmortem) -> HttpResponse:
    by, at = request.user, moments.of(request)
    row = _of(Hypothesis, found, request)
    form = forms.JudgeForm(request.POST, auto_id=f"judge{row.number}_%s")
    return _tried(request, found, "judge", form, lambda data: hypotheses.judge(hypothesis=row, by=by, at=at, **data))  # type: ignore[arg-type]


def _find(request: HttpRequest, found: Postmortem) -> HttpResponse:
    by, at = request.user, moments.of(request)
    form = forms.FindingForm(
        request.POST, places=places(found), causes=confirmed(reads.standing(found)), auto_id=ID["find"]
    )

    def move(data: Any) -> None:
        number = data.pop("hypothesis")
        data["hypothesis"] = found.hypotheses.filter(number=number).first() if number else None
        document, _colon, step = data.pop("place").partition(":")
        playbook = Document.objects.filter(pk=document).first() if document else None
        findings.add(review=found, by=by, at=at, playbook=playbook, step=step, **data)  # type: ignore[arg-type]

    return _tried(request, found, "find", form, move)


def _propose(request: HttpRequest, found: Postmortem) -> HttpResponse:
    """One click: the draft of a change, opened at the step."""
    row = _of(Finding, found, request)
    try:
        change = findings.propose(finding=row, by=request.user, at=moments.of(request))  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(found)
    return redirect(_where(change, row))


def _where(change: ChangeRequest, row: Finding) -> str:
    """The page of the editor with the step that `row` names, or all of the draft where the step is not there."""
    scenario = steps.course(row.postmortem.incident).scenario
    known = change_reads.content(change.document.effective_version).get("scenarios", [])
    keys = [each["key"] for each in known if any(step["key"] == row.step for step in each.get("steps", ()))]
    if not row.step or not keys:
        return sections.address(change)
    key = scenario.key if scenario is not None and scenario.key in keys else keys[0]
    return sections.address(change, "scenarios", f"scenarios/{key}/steps/{row.step}")


def _settle(request: HttpRequest, found: Postmortem) -> HttpResponse:
    by, at = request.user, moments.of(request)
    row = _of(Finding, found, request)
    form = forms.SettleForm(request.POST, auto_id=f"settle{row.number}_%s")
    return _tried(request, found, "settle", form, lambda data: findings.settle(finding=row, by=by, at=at, **data))  # type: ignore[arg-type]


def _number(request: HttpRequest) -> int:
    """Which row of the review the form is about; 0: none."""
    number = request.POST.get("number", "")
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 6 else 0


def _of(model: Any, found: Postmortem, request: HttpRequest) -> Any:
    """The row of this review that the form names."""
    row = model.objects.filter(postmortem=found, number=_number(request)).first()
    if row is None:
        raise Http404
    row.postmortem = found
    return row


MOVES: dict[str, Callable[[HttpRequest, Postmortem], HttpResponse]] = {
    "write": _write,
    "hand-over": _hand_over,
    "suppose": _suppose,
    "suppose-known": _suppose_known,
    "judge": _judge,
    "find": _find,
    "propose": _propose,
    "settle": _settle,
}


@require_POST
@login_required
def begin(request: HttpRequest, reference: str) -> HttpResponse:
    """A review that no rule demands."""
    found = incident_of(request, reference)
    answer = can(request.user, "review", found)
    if not answer:
        return errors.refused(request, answer.reason)
    try:
        made = reviews.begin(incident=found, by=request.user, at=moments.of(request))  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
        return redirect(found)
    return redirect(made)
