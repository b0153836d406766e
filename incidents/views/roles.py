"""The roles of an incident: who holds each, taking and giving, handing over, stepping in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from governance.rules.incident_roles import COMMANDER
from incidents.forms import roles as forms
from incidents.models import Incident
from incidents.reads import roles as reads
from incidents.services import role_moves
from incidents.views.incident import visible
from portal import moments
from portal.access import can
from portal.errors import DomainError
from portal.models import User
from portal.views import errors

Text = str | Promise
Call = Callable[[Incident, str, dict[str, Any], User, datetime], object]


@dataclass(frozen=True)
class Move:
    """`title` and `button` name it, `consequence` is said before the click, `done` after it; `call` is one service
    call. Texts may name the `role`."""

    title: Text
    consequence: Text
    button: Text
    done: Text
    call: Call
    form: type[forms.RoleForm] = forms.RoleForm


def _move(service: Callable[..., object], **asked: str) -> Call:
    """`service` moves the role; `asked` are its words and the fields of the form that they come from."""
    return lambda incident, role, data, user, at: service(
        incident=incident, role=role, by=user, at=at, **{name: data[field] for name, field in asked.items()}
    )


MOVES: dict[str, Move] = {
    "take": Move(
        gettext_lazy("Take the role %(role)s"),
        gettext_lazy("You hold it from now on, and everybody on this incident can see it."),
        gettext_lazy("Take it"),
        gettext_lazy("You are %(role)s now."),
        _move(role_moves.assume),
    ),
    "give": Move(
        gettext_lazy("Give the role %(role)s to somebody"),
        gettext_lazy(
            "The person whom you choose is told at once and holds it from now on. Whoever had it hears who does."
        ),
        gettext_lazy("Give them the role"),
        gettext_lazy("They are %(role)s now, and are told."),
        _move(role_moves.assign, to="to", reason="reason"),
        forms.GiveForm,
    ),
    "hand-over": Move(
        gettext_lazy("Hand the role %(role)s over"),
        gettext_lazy("The person whom you choose is told at once and holds it from now on."),
        gettext_lazy("Hand over"),
        gettext_lazy("The role is handed over, and they are told."),
        _move(role_moves.hand_over, to="to", criteria="criteria", artefacts="artefacts", note="reason"),
        forms.HandOverForm,
    ),
    "step-in": Move(
        gettext_lazy("Step in as %(role)s"),
        gettext_lazy("You hold the role from now on. Whoever had it hears that you stepped in."),
        gettext_lazy("Step in"),
        gettext_lazy("You are %(role)s now."),
        _move(role_moves.step_in),
    ),
    "give-up": Move(
        gettext_lazy("Give the role %(role)s up"),
        gettext_lazy("Nobody holds it then. The deputies are told at once."),
        gettext_lazy("Give it up"),
        gettext_lazy("You do not hold it any more, and the deputies know."),
        _move(role_moves.give_up, reason="reason"),
        forms.GiveUpForm,
    ),
    "ask": Move(
        gettext_lazy("Ask for a sign"),
        gettext_lazy("Whoever holds the role %(role)s is asked at once. Without a sign in time the deputies are told."),
        gettext_lazy("Ask for a sign"),
        gettext_lazy("They are asked now."),
        _move(role_moves.ask_sign),
    ),
    "here": Move(
        gettext_lazy("Say that you are here"),
        gettext_lazy("Everybody on this incident can read that you are here as %(role)s."),
        gettext_lazy("I am here"),
        gettext_lazy("Everybody can see that you are here."),
        _move(role_moves.confirm),
    ),
}


@login_required
@require_safe
@never_cache
def roles(request: HttpRequest, reference: str) -> HttpResponse:
    """Every role with who holds it, what it may do and owes, and who held it before."""
    user: User = request.user  # type: ignore[assignment]
    incident = visible(request, reference)
    lines = reads.show(incident, user, at=moments.of(request))
    here, asked = reads.swarm(incident, [line.held for line in lines if line.held is not None])
    may_invite = incident.is_open and bool(can(user, "invite", incident))
    words = {"incident": incident, "lines": lines, "here": here, "asked": asked, "may_invite": may_invite}
    return render(request, "incidents/roles/page.html", words)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, reference: str, role: str, name: str) -> HttpResponse:
    """GET says what would happen and changes nothing; POST does it and goes back to the roles."""
    user: User = request.user  # type: ignore[assignment]
    incident, at = visible(request, reference), moments.of(request)
    chosen = MOVES.get(name)
    line = next((line for line in reads.show(incident, user, at=at) if line.key == role), None)
    if chosen is None or line is None:
        raise Http404
    answer = can(user, "roles", incident)
    if not answer:
        return errors.refused(request, answer.reason)
    form = chosen.form(
        request.POST if request.method == "POST" else None, line=line, incident=incident, user=user, at=at
    )
    why_not = "" if name in line.moves else _why_not(name, line, incident)
    if form.is_bound and why_not:
        form.add_error(None, why_not)
    if form.is_valid():
        try:
            chosen.call(incident, role, form.cleaned_data, user, at)
            messages.success(request, str(chosen.done) % {"role": line.title})
            return redirect("incidents:roles", reference)
        except DomainError as error:
            form.add_error(None, str(error))
    said = {part: str(getattr(chosen, part)) % {"role": line.title} for part in ("title", "consequence", "button")}
    words = {"incident": incident, "line": line, "move": said, "form": form, "why_not": why_not}
    return render(request, "incidents/roles/move.html", words, status=422 if form.is_bound else 200)


def _why_not(name: str, line: reads.Line, incident: Incident) -> str:
    """Why the move does not fit the role as it stands; the services judge again."""
    if not incident.is_open:
        state = incident.get_state_display().lower()
        return _("This is %(state)s, so that is not possible now.") % {"state": state}
    if not line.moves:
        return _("This is a near miss: nobody is called for it, so it needs no roles.")
    if line.held is None:
        return _("Nobody holds this role now. You can take it.")
    holder = {"name": line.held.user}
    if name == "take":
        return _("%(name)s has it. Nothing was changed.") % holder
    if name == "step-in":
        return _("Only a deputy can step in, and only while %(name)s is away or gives no sign.") % holder
    if name in ("hand-over", "give-up", "here"):
        if line.key == COMMANDER and name == "give-up":
            return _("Nobody has answered this incident yet, so it cannot be given back.")
        return _("%(name)s holds this role, so only %(name)s can do this.") % holder
    return _("%(name)s was asked already, or is away.") % holder
