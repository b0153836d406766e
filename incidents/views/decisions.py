"""`/decisions/`: what waits for whom, asking for a decision, and one decision with all that can be said about it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from incidents.forms import decisions as forms
from incidents.models import DecisionAnswer, DecisionReading, DecisionRequest
from incidents.reads import decision_page, decision_sheet
from incidents.reads import decisions as reads
from incidents.services import decision_answers, decision_boards, decision_cases, decision_rights, decisions
from portal import moments
from portal.access import can
from portal.errors import DomainError
from portal.models import User

NOTHING_NEW = 204
VIEWS = {
    "open": gettext_lazy("Still open"),
    "mine": gettext_lazy("Waits for you"),
    "ended": gettext_lazy("Ended"),
}


@require_safe
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """What waits for the reader first, then what waits for others; or what has ended."""
    user: User = request.user  # type: ignore[assignment]
    view = request.GET.get("show", "open")
    view = view if view in reads.VIEWS else "open"
    page = reads.page(user, view, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    newer, older = (part + f"&show={view}" if part else "" for part in (page.newer, page.older))
    words = {
        "page": page,
        "newer": newer,
        "older": older,
        "view": view,
        "views": VIEWS.items(),
        "may_ask": bool(can(user, "add", DecisionRequest)),
    }
    return render(request, "incidents/decisions/index.html", words)


def visible(request: HttpRequest, reference: str) -> DecisionRequest:
    """The decision, or 404 when the reader may not know that it exists."""
    try:
        return reads.get(request.user, reference)  # type: ignore[arg-type]
    except DecisionRequest.DoesNotExist:
        raise Http404 from None


@login_required
@require_safe
@never_cache
def decision(request: HttpRequest, reference: str) -> HttpResponse:
    """The whole page; `part=status` answers the live poll, with 204 when nothing changed."""
    found = visible(request, reference)
    if request.GET.get("part") == "status":
        if request.GET.get("cursor") == decision_page.cursor(found, found.run):
            return HttpResponse(status=NOTHING_NEW)
        return render(request, "incidents/decisions/_status.html", shown(request, found) | {"is_part": True})
    return render(request, "incidents/decisions/page.html", shown(request, found))


def shown(request: HttpRequest, found: DecisionRequest, bound: dict[str, Any] | None = None) -> dict[str, Any]:
    """All that the page says; `bound` are forms that were refused, by name."""
    user: User = request.user  # type: ignore[assignment]
    at: datetime = moments.of(request)
    case = decision_cases.open_one(found)
    rights = decision_rights.Rights(case, user, at)
    verdicts = {choice.key: rights.verdict(choice.key) for choice in case.choices}
    allowed = [choice for choice in case.choices if verdicts[choice.key]]
    refused = next((verdict for verdict in verdicts.values() if not verdict), None)
    why_not = "" if allowed else rights.why_not or (refused.reason if refused is not None else "")
    page = decision_page.show(case, user, verdicts, why_not=why_not, at=at)
    may = {name for name in ("give_data", "withdraw", "object", "recuse", "read_data") if can(user, name, found)}
    when = {way.key: way.when for way in page.ways}
    ways = {"choices": allowed, "category": found.category, "risk": found.risk, "safe": found.safe_default}
    fresh: dict[str, Any] = {
        "answer": forms.AnswerForm(**ways, when=when) if allowed else None,
        "data": forms.DataForm(needed=page.missing) if page.missing and "give_data" in may else None,
        "object": forms.ObjectForm() if "object" in may and _is_contestable(case, at) else None,
        "recuse": forms.RecuseForm() if found.is_asked and rights.levels and not rights.is_recused else None,
        "higher": None,
        "withdraw": forms.WithdrawForm() if found.is_asked and "withdraw" in may else None,
        "reading": forms.ReadingForm() if found.is_asked and "read_data" in may else None,
        "rule": None,
    }
    if decision_answers.may_pass_on(case, rights):
        fresh["higher"] = forms.PassOnForm(initial={"position": case.run.position})
    if found.is_asked and len(page.readings) > 1 and decision_rights.rules_over(case, user, at):
        fresh["rule"] = forms.RuleForm(readings=page.readings)
    return {
        "decision": found,
        "shown": page,
        "may": may,
        "why_not": why_not,
        "rights": rights,
        "verdicts": verdicts,
        "is_vote": any(decision_boards.is_asked(case, verdicts[choice.key].level) for choice in allowed),
        "escalate": {one.person: one for verdict in verdicts.values() for one in verdict.escalate}.values(),
        "forms": fresh | (bound or {}),
        "sheets": decision_sheet.sheets(case),
        "receipt": decision_sheet.receipt(found) if found.ended_at else None,
    }


def _is_contestable(case: decision_cases.DecisionCase, at: datetime) -> bool:
    """Whether an objection would be heard; the service judges again."""
    found = case.decision
    if case.conflict is None or found.state == "contested":
        return False
    if found.is_asked:
        return True
    minutes = (at - found.ended_at).total_seconds() / 60 if found.ended_at is not None else 0
    return found.state == "decided" and minutes <= case.conflict.minutes


# What is done


def _answer(found: DecisionRequest, form: Any, user: User, at: datetime) -> Any:
    given = form.cleaned_data
    words = decisions.Words(
        rationale=given["rationale"],
        assumptions=given["assumptions"],
        constraints=given["constraints"],
        more=form.more,
    )
    return decisions.answer(decision=found, choice=given["choice"], words=words, risk=given["risk"], by=user, at=at)


def _data(found: DecisionRequest, form: Any, user: User, at: datetime) -> None:
    decisions.give_data(decision=found, given=form.given, at=at, by=user)


def _object(found: DecisionRequest, form: Any, user: User, at: datetime) -> None:
    decisions.object_to(decision=found, reason=form.cleaned_data["reason"], by=user, at=at)


def _recuse(found: DecisionRequest, form: Any, user: User, at: datetime) -> None:
    decisions.recuse(decision=found, reason=form.cleaned_data["reason"], by=user, at=at)


def _higher(found: DecisionRequest, form: Any, user: User, at: datetime) -> None:
    decisions.pass_on(decision=found, **form.cleaned_data, by=user, at=at)


def _withdraw(found: DecisionRequest, form: Any, user: User, at: datetime) -> None:
    decisions.withdraw(decision=found, reason=form.cleaned_data["reason"], at=at, by=user)


def _reading(found: DecisionRequest, form: Any, user: User, at: datetime) -> None:
    decisions.add_reading(decision=found, **form.cleaned_data, by=user, at=at)


def _rule(found: DecisionRequest, form: Any, user: User, at: datetime) -> None:
    reading = DecisionReading.objects.get(request=found, pk=form.cleaned_data["reading"])
    decisions.rule_over(decision=found, reading=reading, reason=form.cleaned_data["reason"], by=user, at=at)


DOES: dict[str, tuple[Callable[..., Any], Any]] = {
    "answer": (_answer, gettext_lazy("Decided. Whoever asked is told now.")),
    "data": (_data, gettext_lazy("Thank you. It stands beside the question now.")),
    "object": (_object, gettext_lazy("Your objection is heard. Whoever settles contradictions is asked now.")),
    "recuse": (_recuse, gettext_lazy("You do not decide this. The others go on.")),
    "higher": (_higher, gettext_lazy("The next level is asked now.")),
    "withdraw": (_withdraw, gettext_lazy("Withdrawn. Those who were asked are told.")),
    "reading": (_reading, gettext_lazy("The reading stands beside the others now.")),
    "rule": (_rule, gettext_lazy("This reading holds now.")),
}


@require_POST
@login_required
@never_cache
def act(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """Say one thing about the decision, and go back to its page; what is refused stays there as it was typed."""
    user: User = request.user  # type: ignore[assignment]
    if action not in DOES:
        raise Http404
    found, at = visible(request, reference), moments.of(request)
    form = _bound(request, found, action)
    if form is None:
        context = shown(request, found)
        said = context["why_not"] or _("This is not possible any more.")
        return _page(request, context | {"refused": said}, 409 if can(user, "answer", found) else 403)
    call, done = DOES[action]
    if form.is_valid():
        try:
            result = call(found, form, user, at)
        except (decisions.NotAskable, decisions.Unfit) as error:
            field = {"given": "", "": ""}.get(error.field, error.field)
            form.add_error(field if field in form.fields else None, str(error))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            if isinstance(result, DecisionAnswer):
                done = _of_answer(result)
            messages.success(request, str(done))
            return redirect(found)
    found = visible(request, reference)
    return _page(request, shown(request, found, {action: form}), 422)


def _of_answer(answer: DecisionAnswer) -> Any:
    if answer.counts == DecisionAnswer.Counts.LATE:
        return _("Somebody was faster, or the time was over. Your answer is kept, and it changes nothing.")
    if answer.counts == DecisionAnswer.Counts.VOTES:
        return _("Your vote counts. More than half of the seats decide.")
    return DOES["answer"][1]


def _page(request: HttpRequest, context: dict[str, Any], status: int) -> HttpResponse:
    return render(request, "incidents/decisions/page.html", context, status=status)


def _bound(request: HttpRequest, found: DecisionRequest, action: str) -> Any:
    """The form of `action` with what was sent; None where the reader cannot do it."""
    context = shown(request, found)
    form, sent = context["forms"][action], request.POST
    if action == "answer" and not found.is_asked and context["shown"].was_asked(request.user):  # kept, though late
        return forms.AnswerForm(sent, choices=decision_cases.choices_of(found), category="", risk=found.risk)
    if form is None:
        return None
    if action == "answer":
        allowed = [choice for choice in decision_cases.choices_of(found) if context["verdicts"][choice.key]]
        return forms.AnswerForm(
            sent,
            choices=allowed,
            category=found.category,
            risk=found.risk,
            safe=found.safe_default,
            when={way.key: way.when for way in context["shown"].ways},
        )
    if action == "data":
        return forms.DataForm(sent, needed=context["shown"].missing)
    if action == "rule":
        return forms.RuleForm(sent, readings=context["shown"].readings)
    return type(form)(sent)
