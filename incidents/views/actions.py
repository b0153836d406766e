"""Acting on an incident: one page for each action says what will happen, asks what is needed, and does it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from governance.rules.incident_roles import COMMANDER
from incidents import access
from incidents.forms import actions as forms
from incidents.forms import containment as containment_forms
from incidents.forms import joining as joining_forms
from incidents.forms import pins as pin_forms
from incidents.forms import remedies as remedy_forms
from incidents.forms import resolving as resolving_forms
from incidents.forms import triage as triage_forms
from incidents.models import EscalationRun, Incident
from incidents.reads import actions as reads
from incidents.reads import roles as role_reads
from incidents.services import (
    bridges,
    containing,
    escalation,
    incidents,
    joining,
    merging,
    pins,
    rechecking,
    remedies,
    triage,
)
from incidents.views import authority
from portal import moments
from portal.access import can
from portal.errors import DomainError
from portal.models import User
from portal.views import errors

Text = str | Promise
Call = Callable[[Incident, EscalationRun | None, dict[str, Any], User, datetime], object]


@dataclass(frozen=True)
class Action:
    """`title` is the heading, `consequence` is said before the click, `done` after it; `call` is one service call."""

    title: Text
    consequence: Text
    button: Text
    done: Text
    call: Call
    form: type[forms.ActionForm] = forms.ActionForm
    template: str = "incidents/actions/page.html"
    otherwise: Callable[[Incident, forms.ActionForm, User, datetime], object] | None = None
    """Keeps what a form that was refused tells all the same."""


def _run(service: Callable[..., object], *asked: str) -> Call:
    """`service` moves the run; `asked` are the fields of the form that it takes."""
    return lambda incident, run, data, user, at: service(
        run=run, by=user, at=at, **{name: data[name] for name in asked}
    )


def _move(service: Callable[..., object], *asked: str) -> Call:
    """`service` moves the incident."""
    return lambda incident, run, data, user, at: service(
        incident=incident, by=user, at=at, **{name: data[name] for name in asked}
    )


def _note(incident: Incident, run: EscalationRun | None, data: dict[str, Any], user: User, at: datetime) -> object:
    return incidents.add_note(
        incident=incident, text=data["text"], by=user, at=at, is_public=data.get("is_public", True)
    )


def _merge(incident: Incident, run: EscalationRun | None, data: dict[str, Any], user: User, at: datetime) -> object:
    return merging.merge(loser=incident, winner=data["into"], by=user, reason=data["reason"], at=at)


def _release(incident: Incident, run: EscalationRun | None, data: dict[str, Any], user: User, at: datetime) -> object:
    return containing.release(incident=incident, containment=data["which"], how=data["how"], by=user, at=at)


def _workaround(
    incident: Incident, run: EscalationRun | None, data: dict[str, Any], user: User, at: datetime
) -> object:
    said = {name: data[name] for name in ("what", "rationale", "artefact")}
    return remedies.add(incident=incident, kind="workaround", expires_at=data["until"], by=user, at=at, **said)


def _fix(incident: Incident, run: EscalationRun | None, data: dict[str, Any], user: User, at: datetime) -> object:
    said = {name: data[name] for name in ("what", "rationale", "artefact")}
    return remedies.add(incident=incident, kind="permanent", by=user, at=at, **said)


def _failed(incident: Incident, form: forms.ActionForm, user: User, at: datetime) -> object:
    found = getattr(form, "failing", [])
    return rechecking.failed(incident=incident, found=found, by=user, at=at) if found else None


ACTIONS: dict[str, Action] = {
    "acknowledge": Action(
        gettext_lazy("Take this incident"),
        gettext_lazy("Nobody else is called. You lead from now on and the reporter is told."),
        gettext_lazy("Acknowledge"),
        gettext_lazy("You have it. Nobody else is called."),
        _run(escalation.acknowledge),
    ),
    "unacknowledge": Action(
        gettext_lazy("Give this incident back"),
        gettext_lazy("The next level is called at once. You don’t lead any more."),
        gettext_lazy("Give back"),
        gettext_lazy("You gave it back. The next level is called."),
        _run(escalation.unacknowledge, "reason"),
        forms.GiveBackForm,
    ),
    "escalate": Action(
        gettext_lazy("Call the next level now"),
        gettext_lazy("The next level is called at once instead of later. Who leads stays the same."),
        gettext_lazy("Call the next level"),
        gettext_lazy("The next level is called."),
        _run(escalation.escalate_now, "reason"),
        forms.EscalateForm,
    ),
    "reassign": Action(
        gettext_lazy("Hand the incident over"),
        gettext_lazy("The person whom you choose is told at once and leads from now on."),
        gettext_lazy("Hand over"),
        gettext_lazy("The incident is handed over, and the new lead is told."),
        _run(escalation.reassign, "to", "reason"),
        forms.ReassignForm,
    ),
    "snooze": Action(
        gettext_lazy("Put off calls"),
        gettext_lazy("Nobody else is called until then. After that, calls go on where they stopped."),
        gettext_lazy("Put off calls"),
        gettext_lazy("Calls are put off."),
        _run(escalation.snooze, "until", "reason"),
        forms.SnoozeForm,
    ),
    "triage": Action(
        gettext_lazy("Confirm the severity"),
        gettext_lazy("Another severity can change who is called and how fast; they are told at once."),
        gettext_lazy("Confirm the severity"),
        gettext_lazy("The severity is confirmed."),
        _move(
            triage.confirm_severity,
            *("severity", "reason", "answers", "components", "workflow_version", "description"),
        ),
        triage_forms.TriageForm,
        "incidents/triage/page.html",
    ),
    "plan": Action(
        gettext_lazy("Say what will be done"),
        gettext_lazy("Everybody on this incident can read it. The time to decide ends."),
        gettext_lazy("Save the plan"),
        gettext_lazy("The plan is saved."),
        _move(incidents.say_plan, "plan"),
        forms.PlanForm,
    ),
    "talk": Action(
        gettext_lazy("Say where people talk"),
        gettext_lazy("Both addresses stand on the page of the incident, and in the invitations to its meetings."),
        gettext_lazy("Save the addresses"),
        gettext_lazy("The addresses are saved."),
        _move(bridges.say_where, "bridge", "chat"),
        forms.TalkForm,
    ),
    "contain": Action(
        gettext_lazy("Say that it cannot get worse"),
        gettext_lazy("The reporter can read your words. The times to rate and to decide end."),
        gettext_lazy("Mark as contained"),
        gettext_lazy("The incident is contained."),
        _move(incidents.contain, "note", "halted"),
        containment_forms.ContainForm,
    ),
    "halt": Action(
        gettext_lazy("Halt or isolate something more"),
        gettext_lazy("Whoever opens the process or reports something about it reads that it stands still."),
        gettext_lazy("Write it down"),
        gettext_lazy("It is written down that it stands still."),
        _move(containing.halt, "kind", "what", "workflow"),
        containment_forms.HaltForm,
    ),
    "release": Action(
        gettext_lazy("Let it run again"),
        gettext_lazy("Pages say from now on that it runs again. The incident stays as it is."),
        gettext_lazy("Let it run again"),
        gettext_lazy("It runs again."),
        _release,
        containment_forms.ReleaseForm,
    ),
    "workaround": Action(
        gettext_lazy("Put a workaround in place"),
        gettext_lazy("It ends at the time that you choose. You and whoever leads are reminded before."),
        gettext_lazy("Save the workaround"),
        gettext_lazy("The workaround is saved. You are reminded before it ends."),
        _workaround,
        remedy_forms.WorkaroundForm,
    ),
    "fix": Action(
        gettext_lazy("Say what repairs it for good"),
        gettext_lazy("It has no end. Everybody on this incident can read it."),
        gettext_lazy("Save the fix"),
        gettext_lazy("The fix is saved."),
        _fix,
        remedy_forms.FixForm,
    ),
    "extend": Action(
        gettext_lazy("Keep a workaround longer"),
        gettext_lazy("You and whoever leads are reminded again before it ends."),
        gettext_lazy("Keep it longer"),
        gettext_lazy("The workaround holds longer."),
        lambda incident, run, data, user, at: remedies.extend(
            remedy=data["which"], until=data["until"], reason=data["reason"], by=user, at=at
        ),
        remedy_forms.ExtendForm,
    ),
    "remove": Action(
        gettext_lazy("Take a workaround away"),
        gettext_lazy("Nobody is reminded of it any more."),
        gettext_lazy("It is gone"),
        gettext_lazy("The workaround is gone."),
        lambda incident, run, data, user, at: remedies.remove(
            remedy=data["which"], reason=data["reason"], by=user, at=at
        ),
        remedy_forms.RemoveForm,
    ),
    "monitor": Action(
        gettext_lazy("Watch whether the fix holds"),
        gettext_lazy("The reporter can read your words. The incident stays open while you watch."),
        gettext_lazy("Watch the fix"),
        gettext_lazy("The fix is being watched."),
        _move(incidents.monitor, "note"),
        forms.MonitorForm,
    ),
    "resolve": Action(
        gettext_lazy("It works again"),
        gettext_lazy("All calls stop. The reporter and everybody who was told get your words."),
        gettext_lazy("Resolve"),
        gettext_lazy("The incident is resolved. It closes by itself unless somebody opens it again."),
        _move(incidents.resolve, "resolution", "checked", "found_again", "settled"),
        resolving_forms.ResolveForm,
        "incidents/actions/resolve.html",
        _failed,
    ),
    "reopen": Action(
        gettext_lazy("Open the incident again"),
        gettext_lazy("People are called again from the first level, and everybody who was told gets your words."),
        gettext_lazy("Open again"),
        gettext_lazy("The incident is open again."),
        _move(incidents.reopen, "reason"),
        forms.ReopenForm,
    ),
    "decline": Action(
        gettext_lazy("Say that this is no incident"),
        gettext_lazy("All calls stop and the incident ends. The reporter gets your reason."),
        gettext_lazy("Decline"),
        gettext_lazy("The incident is declined, and the reporter knows why."),
        _move(incidents.decline, "reason"),
        forms.DeclineForm,
    ),
    "close": Action(
        gettext_lazy("Close the incident"),
        gettext_lazy("It ends now instead of in a few days. It can be opened again."),
        gettext_lazy("Close"),
        gettext_lazy("The incident is closed."),
        _move(incidents.close),
    ),
    "workflow": Action(
        gettext_lazy("Say which process is meant"),
        gettext_lazy("The people responsible for that process are told at once."),
        gettext_lazy("Change the process"),
        gettext_lazy("The process is changed, and the people responsible for it are told."),
        _move(incidents.change_workflow, "workflow", "reason"),
        forms.WorkflowForm,
    ),
    "note": Action(
        gettext_lazy("Add a note"),
        gettext_lazy("It appears at once in the timeline. Nobody is called."),
        gettext_lazy("Add the note"),
        gettext_lazy("Your note is in the timeline."),
        _note,
        forms.NoteForm,
    ),
    "join": Action(
        gettext_lazy("Take part in this incident"),
        gettext_lazy("You get its messages from now on. Who leads stays the same."),
        gettext_lazy("Join"),
        gettext_lazy("You take part now."),
        _move(incidents.join),
    ),
    "invite": Action(
        gettext_lazy("Ask somebody to join"),
        gettext_lazy("They are told at once, can open this incident and work on it. Who leads stays the same."),
        gettext_lazy("Ask them to join"),
        gettext_lazy("They are told now."),
        _move(joining.invite, "to", "reason"),
        joining_forms.InviteForm,
    ),
    "merge": Action(
        gettext_lazy("Say that it is the same as another one"),
        gettext_lazy(
            "This one ends as a duplicate and all its calls stop. Its people, reports and new events go on at the"
            " other one. That cannot be taken back."
        ),
        gettext_lazy("Merge into the other one"),
        gettext_lazy("It is merged. Everything goes on at the other incident."),
        _merge,
        joining_forms.MergeForm,
    ),
    "playbook": Action(
        gettext_lazy("Choose the playbook"),
        gettext_lazy("The incident keeps this version, also when a newer one comes into force. Nobody is called."),
        gettext_lazy("Work by this playbook"),
        gettext_lazy("The playbook is chosen."),
        _move(pins.choose, "playbook", "reason"),
        pin_forms.PlaybookForm,
    ),
    "switch": Action(
        gettext_lazy("Switch to the newer version"),
        gettext_lazy("New rules decide anew who is told; whoever is newly responsible is told at once."),
        gettext_lazy("Switch"),
        gettext_lazy("The newer version counts from now on."),
        _move(pins.switch, "what", "reason"),
        pin_forms.SwitchForm,
    ),
    "happened": Action(
        gettext_lazy("It happened after all"),
        gettext_lazy("The near miss becomes an incident, and people are called at once."),
        gettext_lazy("Make it an incident"),
        gettext_lazy("It is an incident now, and people are called."),
        _move(incidents.happened, "reason"),
        joining_forms.HappenedForm,
    ),
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def act(request: HttpRequest, reference: str, action: str) -> HttpResponse:
    """GET says what would happen and changes nothing; POST does it and goes back to the incident."""
    user: User = request.user  # type: ignore[assignment]
    chosen, at = ACTIONS.get(action), moments.of(request)
    try:
        incident = access.get(user, reference)
    except Incident.DoesNotExist:
        raise Http404 from None
    if chosen is None:
        raise Http404
    answer = can(user, reads.FITS[action].may, incident)
    if not answer:
        beyond = access.beyond(user, reads.FITS[action].may, incident, at=at)
        if beyond is not None and incident.is_open:
            return authority.offer(request, incident, action, beyond)
        return errors.refused(request, answer.reason)
    if action == "reassign" and request.method != "POST" and role_reads.owes_hand_over(incident, user):
        return redirect("incidents:role", reference, COMMANDER, "hand-over")
    run = EscalationRun.objects.select_related("acknowledged_by").filter(incident=incident).first()
    why_not = reads.why_not(action, incident, run, user)
    bound = {"incident": incident, "user": user, "at": at}
    if action == "triage" and "look" in request.POST and not why_not:
        return look(request, chosen, chosen.form(initial=request.POST.dict(), **bound))
    which = {"initial": {"which": request.GET["which"]}} if "which" in request.GET else {}  # named by a link
    form = chosen.form(request.POST if request.method == "POST" else None, **which, **bound)
    if form.is_bound and why_not:
        form.add_error(None, why_not)
    if form.is_valid():
        try:
            chosen.call(incident, run, form.cleaned_data, user, at)
            messages.success(request, str(chosen.done))
            return redirect(incident)
        except DomainError as error:
            form.add_error(None, str(error))
    elif form.is_bound and chosen.otherwise is not None and not why_not:
        try:
            chosen.otherwise(incident, form, user, at)
        except DomainError as error:
            form.add_error(None, str(error))
    context = {"incident": incident, "action": chosen, "form": form, "why_not": why_not}
    return render(request, chosen.template, context, status=422 if form.is_bound else 200)


def look(request: HttpRequest, chosen: Action, form: forms.ActionForm) -> HttpResponse:
    """What the answers on `form` would come to; nothing is written. A part for htmx, else the whole page."""
    context = {"incident": form.incident, "action": chosen, "form": form, "why_not": ""}
    if getattr(request, "htmx", False):
        return render(request, "incidents/triage/_suggested.html", context)
    return render(request, chosen.template, context)
