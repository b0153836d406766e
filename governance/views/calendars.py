"""`/oncall/import/`: a calendar file becomes absences or shifts; first one looks, then one saves."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from governance.access import kept_schedules
from governance.forms.calendars import CalendarFile
from governance.reads.sentences import said
from governance.rules import calendars
from governance.services import calendar_import
from portal import moments
from portal.errors import DomainError


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def read(request: HttpRequest) -> HttpResponse:
    """GET asks for a calendar, POST shows what would become of it, or with `do=save` does it."""
    schedules = kept_schedules(request.user).filter(is_active=True).order_by("name", "pk")
    if request.method != "POST":
        return _page(request, CalendarFile(schedules=schedules))
    form = CalendarFile(request.POST, request.FILES, schedules=schedules)
    if not form.is_valid():
        return _page(request, form, status=422)
    saves = request.POST.get("do") == "save"
    try:
        result = _read(request, form.cleaned_data, request.POST.getlist("chosen") if saves else None, dry=not saves)
    except DomainError as error:
        form.add_error(None, str(error))
    except calendars.NotACalendar as error:
        form.add_error("file", said(error.args[0]))
    else:
        if saves:
            messages.success(request, _said(result))
            return redirect("governance:oncall")
        return _page(request, form, result)
    return _page(request, form, status=422)


def _page(
    request: HttpRequest, form: CalendarFile, result: calendar_import.Result | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "result": result}
    if result is not None:
        context["text"] = form.cleaned_data["text"].decode("utf-8-sig", "replace")
        context["problems"] = [said(problem) for problem in result.problems]
        context["usable"] = result.count("new", "changed", "ended", "same")
    return render(request, "governance/oncall/import.html", context, status=status)


def _read(
    request: HttpRequest, asked: dict[str, Any], chosen: list[str] | None, *, dry: bool
) -> calendar_import.Result:
    """Raises NotACalendar, DomainError."""
    at: datetime = moments.of(request)
    schedule = asked["target"]
    zone = schedule.zone if schedule else timezone.get_current_timezone_name()
    found = calendars.read(asked["text"], zone=zone, from_at=at, until_at=at + calendar_import.AHEAD)
    known: dict[str, Any] = {"found": found, "chosen": chosen, "by": request.user, "at": at, "dry": dry}
    if schedule is None:
        return calendar_import.to_absences(cover=asked["person"], **known)
    return calendar_import.to_overrides(schedule=schedule, person=asked["person"], **known)


def _said(result: calendar_import.Result) -> str:
    """What was done, in one sentence."""
    changed, left = result.count("new", "changed", "ended"), result.count("refused")
    done = ngettext("%(count)d time was taken over.", "%(count)d times were taken over.", changed) % {"count": changed}
    if not left:
        return done
    more = ngettext("%(count)d was left out.", "%(count)d were left out.", left) % {"count": left}
    return f"{done} {more}"
