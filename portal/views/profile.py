"""`/profile/` and `/inbox/`: how I am reached, when I am away, what I was told."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import dateparse, timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal import limits, moments
from portal.errors import DomainError
from portal.forms import people as forms
from portal.models import Absence, Channel, ContactMethod, Message
from portal.reads import inbox as letters
from portal.reads import people as reads
from portal.services import absences, contacts, people


def _page(request: HttpRequest, status: int = 200, **bound: Any) -> HttpResponse:
    user: Any = request.user
    initial = {"name": user.name, "locale": user.locale or request.LANGUAGE_CODE, "time_zone": user.time_zone}
    context = {
        "preferences": forms.Preferences(initial=initial),
        "new_method": forms.NewMethod(auto_id="method_%s"),
        "away": forms.Away(auto_id="away_%s"),
        "quiet": forms.QuietHours(auto_id="quiet_%s", initial={"begin": user.quiet_from, "end": user.quiet_until}),
        "plans": reads.plans(user),
        "limit": limits.MESSAGES,
        "limit_minutes": limits.MESSAGES_SECONDS // 60,
        "absences": reads.absences(user, timezone.now()),
        "unread": reads.unread(user),
    }
    return render(request, "portal/profile/page.html", context | bound, status=status)


def shown_again(view: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """`view` takes a form of the profile and shows it again when refused: who reloads that is led to the profile."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @login_required
    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        return view(request) if request.method == "POST" else redirect("profile")

    return answer


@require_safe
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    return _page(request)


@shown_again
def preferences(request: HttpRequest) -> HttpResponse:
    form = forms.Preferences(request.POST)
    if not form.is_valid():
        return _page(request, 422, preferences=form)
    people.change_preferences(person=request.user, at=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Saved."))
    return redirect("profile")


@shown_again
def quiet_hours(request: HttpRequest) -> HttpResponse:
    form = forms.QuietHours(request.POST, auto_id="quiet_%s")
    if not form.is_valid():
        return _page(request, 422, quiet=form)
    people.set_quiet_hours(person=request.user, at=timezone.now(), **form.cleaned_data)
    messages.success(request, _("Saved.") if form.cleaned_data["begin"] else _("Saved. You have no quiet hours."))
    return redirect("profile")


@shown_again
@never_cache
def add_method(request: HttpRequest) -> HttpResponse:
    form = forms.NewMethod(request.POST, auto_id="method_%s")
    if form.is_valid():
        try:
            _method, secret = contacts.add(user=request.user, by=request.user, at=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            form.add_error("address", str(error))
        else:
            messages.success(request, _("We sent a link there. Open it to confirm that it reaches you."))
            if secret:
                return _page(request, secret=secret)
            return redirect("profile")
    return _page(request, 422, new_method=form)


def _act(request: HttpRequest, pk: UUID, act: Any, done: str, **more: Any) -> HttpResponse:
    method = get_object_or_404(ContactMethod, pk=pk, user=request.user)
    try:
        act(method=method, by=request.user, at=timezone.now(), **more)
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done)
    return redirect("profile")


@require_POST
@login_required
def prove_method(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, contacts.send_proof, _("We sent the link once more."))


@require_POST
@login_required
def test_method(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, contacts.send_test, _("The test is on its way. This page says whether it arrived."))


@require_POST
@login_required
def remove_method(request: HttpRequest, pk: UUID) -> HttpResponse:
    return _act(request, pk, contacts.remove, _("Removed. Nothing is sent there any more."))


@require_POST
@login_required
def move_method(request: HttpRequest, pk: UUID) -> HttpResponse:
    is_earlier = request.POST.get("to") == "earlier"
    return _act(request, pk, contacts.move, _("The new order counts from the next message on."), earlier=is_earlier)


@require_POST
@login_required
def change_method(request: HttpRequest, pk: UUID) -> HttpResponse:
    form = forms.ChangedMethod(request.POST)
    if not form.is_valid():
        get_object_or_404(ContactMethod, pk=pk, user=request.user)
        words = _("Choose a wait between 0 and %(most)s minutes. Nothing was changed.") % {"most": forms.LONGEST_WAIT}
        messages.error(request, words)
        return redirect("profile")
    return _act(request, pk, contacts.change, _("Saved. It counts from the next message on."), **form.cleaned_data)


@shown_again
def add_absence(request: HttpRequest) -> HttpResponse:
    form = forms.Away(request.POST, auto_id="away_%s")
    if form.is_valid():
        try:
            absences.add(user=request.user, by=request.user, at=timezone.now(), **form.cleaned_data)
        except absences.BadAbsence as error:
            form.add_error(error.field, str(error))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved. Nobody calls you in that time."))
            return redirect("profile")
    return _page(request, 422, away=form)


@require_POST
@login_required
def cancel_absence(request: HttpRequest, pk: UUID) -> HttpResponse:
    absence = get_object_or_404(Absence, pk=pk, user=request.user)
    try:
        absences.cancel(absence=absence, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Welcome back. You can be called again."))
    return redirect("profile")


@require_safe
@login_required
def inbox(request: HttpRequest) -> HttpResponse:
    """What I was told, or with `show=unread` what of it I have not read yet."""
    user: Any = request.user
    is_unread = request.GET.get("show") == "unread"
    page = letters.inbox(
        user, is_unread=is_unread, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    context = {
        "page": page,
        "unfolded": next((item.letter for item in page.rows if item.letter.message.read_at is None), None),
        "is_unread": is_unread,
        "unread": reads.unread(user),
        "until": moments.of(request).isoformat(),
    }
    return render(request, "portal/profile/inbox.html", context)


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark what my inbox held when I saw it as read (an operational column, not a change of anything).

    What came after `until` nobody has seen, so its further ways must not end by this.
    """
    at = moments.of(request)
    mine = Message.objects.filter(recipient=request.user, channel=Channel.INBOX, read_at=None)
    people.mark_read(messages=mine.filter(created_at__lte=_until(request) or at), at=at)
    return redirect("inbox")


def _until(request: HttpRequest) -> datetime | None:
    try:
        until = dateparse.parse_datetime(request.POST.get("until", ""))
    except ValueError:
        return None
    return until if until is None or (timezone.is_aware(until) and 2000 <= until.year <= 2200) else None
