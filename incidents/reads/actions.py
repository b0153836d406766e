"""Which actions fit an incident as it stands, and the sentence that says why one does not.

The services judge again under the lock; this is what pages show before the click.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from incidents import access
from incidents.models import EscalationRun, Incident, Participant
from incidents.models.escalation import RunState
from incidents.models.incidents import OPEN_STATES, IncidentState
from incidents.reads import learned
from portal.models import User

STARTED = (IncidentState.REPORTED, IncidentState.INVESTIGATING)
ENDED = (IncidentState.RESOLVED, IncidentState.CLOSED, IncidentState.DECLINED)
REMEDIED = (*OPEN_STATES, IncidentState.RESOLVED, IncidentState.CLOSED)
CALLING = (RunState.RUNNING, RunState.PAUSED, RunState.EXHAUSTED, RunState.NOBODY_REACHED)
BESIDE = ("switch", "release", "extend", "remove")  # offered beside what they are about


@dataclass(frozen=True)
class Fit:
    """When an action fits: `may` is its name in ``access``; `run` are states of the run (empty: needs none)."""

    words: str | Promise
    may: str
    states: tuple[str, ...] = tuple(OPEN_STATES)
    run: tuple[str, ...] = ()


FITS: dict[str, Fit] = {
    "acknowledge": Fit(gettext_lazy("Acknowledge"), "acknowledge", run=CALLING),
    "triage": Fit(gettext_lazy("Confirm the severity"), "triage"),
    "plan": Fit(gettext_lazy("Say what will be done"), "plan"),
    "contain": Fit(gettext_lazy("Contained"), "contain", STARTED),
    "monitor": Fit(gettext_lazy("Watch the fix"), "monitor", (*STARTED, IncidentState.CONTAINED)),
    "resolve": Fit(gettext_lazy("Resolve"), "resolve"),
    "close": Fit(gettext_lazy("Close"), "close", (IncidentState.RESOLVED,)),
    "reopen": Fit(gettext_lazy("Open again"), "reopen", ENDED),
    "note": Fit(gettext_lazy("Add a note"), "note", tuple(IncidentState.values)),
    "escalate": Fit(gettext_lazy("Call the next level"), "escalate", run=(*CALLING, RunState.ACKNOWLEDGED)),
    "reassign": Fit(gettext_lazy("Hand over"), "reassign", run=(*CALLING, RunState.ACKNOWLEDGED)),
    "snooze": Fit(
        gettext_lazy("Put off calls"),
        "snooze",
        run=(RunState.RUNNING, RunState.EXHAUSTED, RunState.NOBODY_REACHED, RunState.ACKNOWLEDGED),
    ),
    "unacknowledge": Fit(gettext_lazy("Give back"), "unacknowledge", run=(RunState.ACKNOWLEDGED,)),
    "join": Fit(gettext_lazy("Join"), "join"),
    "invite": Fit(gettext_lazy("Ask somebody to join"), "invite"),
    "talk": Fit(gettext_lazy("Say where people talk"), "plan"),
    "playbook": Fit(gettext_lazy("Choose the playbook"), "playbook"),
    "switch": Fit(gettext_lazy("Switch to the newer version"), "playbook"),
    "halt": Fit(gettext_lazy("Halt something more"), "contain", (IncidentState.CONTAINED, IncidentState.MONITORING)),
    "release": Fit(gettext_lazy("Let it run again"), "contain", tuple(IncidentState.values)),
    "workaround": Fit(gettext_lazy("Put a workaround in place"), "monitor", REMEDIED),
    "fix": Fit(gettext_lazy("Say what repairs it for good"), "monitor", REMEDIED),
    "extend": Fit(gettext_lazy("Keep a workaround longer"), "monitor", REMEDIED),
    "remove": Fit(gettext_lazy("Take a workaround away"), "monitor", REMEDIED),
    "happened": Fit(gettext_lazy("It happened after all"), "happened"),
    "merge": Fit(gettext_lazy("Same as another one"), "merge"),
    "workflow": Fit(gettext_lazy("Change the process"), "change_workflow"),
    "decline": Fit(gettext_lazy("Decline"), "decline", STARTED),
}


def why_not(slug: str, incident: Incident, run: EscalationRun | None, user: User | None = None) -> str:
    """Empty when the action fits, else the sentence that says why not. One query at most, for "join" and "close"."""
    fit = FITS[slug]
    if fit.run and run is None:
        return _("This is a near miss: nobody is called for it, so that is not possible here.")
    if slug == "happened" and incident.kind != Incident.Kind.NEAR_MISS:
        return _("This is an incident already.")
    if incident.state not in fit.states:
        state = incident.get_state_display().lower()
        return _("This is %(state)s, so that is not possible now.") % {"state": state}
    if fit.run and run is not None and run.state not in fit.run:
        return _why_not_now(slug, run)
    if slug == "close" and learned.is_owed(incident):
        return _("Its review is not published yet. It closes when that is done.")
    if user is None:
        return ""
    if slug == "unacknowledge" and run is not None and user.pk not in (incident.lead_id, run.acknowledged_by_id):
        name = {"name": run.acknowledged_by}
        return _("%(name)s has it. Only %(name)s can give it back; you can reassign it.") % name
    if slug == "join" and (user.pk == incident.lead_id or Participant.Role.JOINED in access.parts(user, incident)):
        return _("You take part already.")
    return ""


def _why_not_now(slug: str, run: EscalationRun) -> str:
    if slug == "acknowledge" and run.state == RunState.ACKNOWLEDGED:
        return _("%(name)s has already answered.") % {"name": run.acknowledged_by}
    if slug == "unacknowledge":
        return _("Nobody has taken this incident, so it cannot be given back.")
    if slug == "snooze":
        return _("Nobody is being called now, so there is nothing to put off.")
    return _("This incident does not wait for an answer any more.")


def available(
    incident: Incident,
    run: EscalationRun | None,
    user_can: Callable[[str], object],
    user: User | None = None,
) -> list[tuple[str, str]]:
    """(slug, words) of every action that fits, the likely ones first.

    `user_can` is asked for each name of ``access`` at most once: pass ``access.allowed(user, incident).__contains__``.
    With `user`, "join" and "unacknowledge" are left out where they are not theirs.
    """
    return [
        (slug, str(fit.words))
        for slug, fit in FITS.items()
        if slug not in BESIDE and user_can(fit.may) and not why_not(slug, incident, run, user)
    ]
