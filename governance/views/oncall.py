"""`/oncall/`: who answers, where nobody would, taking shifts, and the calendar of one's own."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import dateparse, timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from governance.access import kept_schedules, taken_schedules
from governance.forms import oncall as forms
from governance.models import CalendarLink, Override, Swap
from governance.reads import oncall as reads
from governance.reads import oncall_calendar
from governance.reads import swaps as swap_reads
from governance.services import oncall, swaps
from portal import access, moments, secrets
from portal.errors import DomainError

WEEK = timedelta(days=7)


@require_safe
@login_required
def page(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, form: Any = None, secret: str = "", status: int = 200) -> HttpResponse:
    first = _week(request)
    shown = reads.page(
        request.user,  # type: ignore[arg-type]
        first=first,
        zone=timezone.get_current_timezone(),
        at=moments.of(request),
        shares=request.GET.get("shares", "")[:64],
    )
    begin = shown.days[0]
    context = {
        "oncall": shown,
        "worst": _worst(shown),
        "earlier": begin - WEEK,
        "later": begin + WEEK,
        "form": form or _form(request),
        "asked": swap_reads.asked(request.user, at=shown.at),  # type: ignore[arg-type]
        "link": CalendarLink.objects.filter(person_id=request.user.pk).first(),
        "address": _address(secret) if secret else "",
        "colleagues": reads.colleagues(request.user, taken_schedules(request.user)),
    }
    return render(request, "governance/oncall/page.html", context, status=status)


def _worst(shown: reads.Page) -> reads.Gap | None:
    """The soonest gap of the next two weeks."""
    soon = [gap for gap in shown.gaps if gap.stretch.from_at < shown.at + reads.SOON]
    return soon[0] if soon else None


def _form(request: HttpRequest, data: Any = None) -> forms.Cover:
    """The form, filled with what a link of the page says."""
    asked = request.GET
    initial: dict[str, Any] = {"schedule": asked.get("schedule"), "person": asked.get("person", "")[:254]}
    initial["who"] = forms.OTHER if initial["person"] else forms.ME
    for name in ("from", "until"):
        moment = _moment(asked.get(name, ""))
        initial[f"{name}_at"] = moment and timezone.localtime(moment)
    schedules = taken_schedules(request.user).filter(is_active=True).order_by("name", "pk")
    may_close = kept_schedules(request.user).filter(is_active=True).exists()
    return forms.Cover(data, schedules=schedules, may_close=may_close, initial=initial)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def cover(request: HttpRequest) -> HttpResponse:
    """Take a shift, put somebody in, or ask somebody, whichever the reader may.

    Somebody who reloads, or signs in again on the way, is led back to the page.
    """
    if request.method != "POST":
        return _back(request)
    form = _form(request, request.POST)
    if form.is_valid():
        try:
            messages.success(request, _arrange(request, form.cleaned_data))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            return redirect("governance:oncall")
    return _page(request, form, status=422)


def _arrange(request: HttpRequest, asked: dict[str, Any]) -> str:
    """Does it and says what was done. Raises DomainError."""
    user: Any = request.user
    person, who = asked.pop("person"), asked.pop("who")
    back = asked.pop("back_from_at"), asked.pop("back_until_at")
    asked |= {"by": user, "at": moments.of(request)}
    if who == forms.NOBODY:
        oncall.put_in(person=None, **asked)
        return _("Saved. Nobody answers in that time, on purpose.")
    if who == forms.ME or person == user:
        oncall.take_over(**asked)
        return _("Saved. You answer in that time.")
    if access.can(user, "change", asked["schedule"]) and not back[0]:
        oncall.put_in(person=person, **asked)
        return _("Saved. %(person)s answers in that time and was told.") % {"person": person}
    swaps.ask(person=person, back=back if back[0] else None, **asked)
    return _("%(person)s was asked. Nothing changes until they take the shift.") % {"person": person}


@require_POST
@login_required
def change(request: HttpRequest, pk: UUID) -> HttpResponse:
    """An override ends at another time."""
    found = get_object_or_404(Override.objects.select_related("schedule"), pk=pk)
    form = forms.OtherEnd(request.POST)
    try:
        if not form.is_valid():
            raise DomainError(" ".join(str(error) for errors in form.errors.values() for error in errors))
        oncall.change(override=found, by=request.user, at=moments.of(request), **form.cleaned_data)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Saved. Those concerned were told."))
    return redirect("governance:oncall")


@require_POST
@login_required
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a shift that somebody asked for, decline it, or do not ask any more."""
    user: Any = request.user
    found = get_object_or_404(Swap.objects.filter(Q(by=user) | Q(person=user)).select_related("schedule"), pk=pk)
    form = forms.Answer(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say whether you take the shift."))
        return redirect("governance:oncall")
    try:
        messages.success(request, _answer(found, user, form.cleaned_data, moments.of(request)))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("governance:oncall")


def _answer(swap: Swap, user: Any, asked: dict[str, Any], at: datetime) -> str:
    """Does it and says what was done. Raises DomainError."""
    if asked["do"] == "accept":
        swaps.accept(swap=swap, by=user, at=at)
        return _("Taken. You answer in that time, and %(person)s was told.") % {"person": swap.by}
    if asked["do"] == "decline":
        swaps.decline(swap=swap, answer=asked["answer"], by=user, at=at)
        return _("Declined. %(person)s was told and still has the shift.") % {"person": swap.by}
    swaps.withdraw(swap=swap, by=user, at=at)
    return _("Taken back. %(person)s is not asked any more.") % {"person": swap.person}


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Override.objects.select_related("schedule"), pk=pk)
    try:
        oncall.withdraw(override=found, by=request.user, at=moments.of(request))  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken back. The plan holds again."))
    return redirect("governance:oncall")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@never_cache
def make_link(request: HttpRequest) -> HttpResponse:
    """A new calendar address, shown in the answer and never again; or none any more."""
    if request.method != "POST":
        return _back(request)
    user: Any = request.user
    if request.POST.get("do") != "revoke":
        return _page(request, secret=oncall.make_calendar_link(by=user, at=moments.of(request)))
    try:
        oncall.revoke_calendar_link(by=user, at=moments.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The calendar address leads nowhere any more."))
    return redirect("governance:oncall")


@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """One's own shifts for a calendar program, which cannot sign in: whoever has the address may read."""
    person = oncall_calendar.reader(secrets.digest(secret))
    if person is None:
        raise Http404
    answer = HttpResponse(
        oncall_calendar.calendar(person, at=moments.of(request)), content_type="text/calendar; charset=utf-8"
    )
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = 'inline; filename="oncall.ics"'
    return answer


def _back(request: HttpRequest) -> HttpResponse:
    """To the page itself, with what was asked for."""
    asked = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(reverse("governance:oncall") + asked)


def _address(secret: str) -> str:
    return settings.SITE_URL + reverse("governance:oncall-calendar", args=[secret])


def _week(request: HttpRequest) -> date | None:
    """The first day that the address asks for."""
    try:
        found = dateparse.parse_date(request.GET.get("week", ""))
    except ValueError:
        return None
    return found if found is not None and 2000 <= found.year <= 2200 else None


def _moment(text: str) -> datetime | None:
    try:
        found = dateparse.parse_datetime(text)
    except ValueError:
        return None
    if found is None or not 2000 <= found.year <= 2200:
        return None
    return timezone.make_aware(found) if timezone.is_naive(found) else found
