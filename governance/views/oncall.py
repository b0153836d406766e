"""`/oncall/`: who answers, where nobody would, taking shifts, and the calendar of one's own."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import dateparse, timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from governance.access import taken_schedules
from governance.forms import oncall as forms
from governance.models import CalendarLink, Override
from governance.reads import oncall as reads
from governance.reads import oncall_calendar
from governance.services import oncall, swaps
from portal import access
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
        at=_now(request),
    )
    begin = first or shown.today
    context = {
        "oncall": shown,
        "worst": _worst(shown),
        "earlier": begin - WEEK,
        "later": begin + WEEK,
        "form": form or _form(request),
        "link": CalendarLink.objects.filter(person_id=request.user.pk).first(),
        "address": _address(secret) if secret else "",
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
    return forms.Cover(data, schedules=schedules, initial=initial)


@require_POST
@login_required
def cover(request: HttpRequest) -> HttpResponse:
    """Take a shift, put somebody in, or ask somebody, whichever the reader may."""
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
    asked |= {"by": user, "at": _now(request)}
    if who == forms.ME or person == user:
        oncall.take_over(**asked)
        return _("Saved. You answer in that time.")
    if access.can(user, "change", asked["schedule"]):
        oncall.put_in(person=person, **asked)
        return _("Saved. %(person)s answers in that time and was told.") % {"person": person}
    swaps.ask(person=person, **asked)
    return _("%(person)s was asked. Nothing changes until they take the shift.") % {"person": person}


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    found = get_object_or_404(Override.objects.select_related("schedule"), pk=pk)
    try:
        oncall.withdraw(override=found, by=request.user, at=_now(request))  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken back. The plan holds again."))
    return redirect("governance:oncall")


@require_POST
@login_required
def make_link(request: HttpRequest) -> HttpResponse:
    """A new calendar address, shown in the answer and never again; or none any more."""
    user: Any = request.user
    if request.POST.get("do") != "revoke":
        return _page(request, secret=oncall.make_calendar_link(by=user, at=_now(request)))
    try:
        oncall.revoke_calendar_link(by=user, at=_now(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The calendar address leads nowhere any more."))
    return redirect("governance:oncall")


@require_safe
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """One's own shifts for a calendar program, which cannot sign in: whoever has the address may read."""
    person = oncall_calendar.reader(oncall.digest(secret))
    if person is None:
        raise Http404
    answer = HttpResponse(
        oncall_calendar.calendar(person, at=_now(request)), content_type="text/calendar; charset=utf-8"
    )
    answer["Cache-Control"] = "private, no-store"
    answer["Content-Disposition"] = 'inline; filename="oncall.ics"'
    return answer


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


def _now(request: HttpRequest) -> Any:
    return getattr(request, "at", None) or timezone.now()
