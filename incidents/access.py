"""Who may see an incident and who may work on it, with the reason when not (DESIGN section 8, I16, I18).

Visible: (not restricted and its workflow is one of mine) or I take part in it; auditors read all. Work: whoever
was told or joined, and responders and team admins of what they see. The reporter follows, adds notes, answers
whether it works again, and may ask to open it again.
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from incidents.models import Incident, Participant
from portal import access, registry, roles
from portal.models import Membership, User

READ = frozenset({"view"})
FOLLOW = frozenset({"note", "evidence"})
REPORTER = frozenset({"reopen", "close"})
WORK = frozenset(
    {
        "acknowledge",
        "unacknowledge",
        "escalate",
        "reassign",
        "snooze",
        "triage",
        "plan",
        "contain",
        "monitor",
        "resolve",
        "reopen",
        "decline",
        "close",
        "change_workflow",
    }
)
WORKING_ROLES = (roles.RESPONDER, roles.TEAM_ADMIN)
FILE = frozenset({"add", "report"})


def incident_rule(user: User, action: str, incident: Any) -> str | None:
    """None when `user` may do `action` to `incident`, else why not."""
    if isinstance(incident, type):
        return None if action in FILE else _("Choose an incident first.")
    taking_part = set(Participant.objects.filter(user=user, incident=incident).values_list("role", flat=True))
    if not taking_part and not Incident.objects.filter(pk=incident.pk).visible_to(user).exists():
        return _("You cannot see this incident.")
    return _judge(action, taking_part, lambda: _works(user))


def _judge(action: str, taking_part: set[str], works: Callable[[], bool]) -> str | None:
    """The rule for somebody who sees the incident; `works` is asked only where it counts."""
    if action in READ:
        return None
    if action in FOLLOW and (taking_part or works()):
        return None
    if action == "join":
        return None if works() else _("Only responders can join. You can follow the incident here.")
    if action in REPORTER and Participant.Role.REPORTER in taking_part:
        return None
    if action in WORK and (taking_part & {Participant.Role.TOLD, Participant.Role.JOINED} or works()):
        return None
    if Participant.Role.REPORTER in taking_part:
        return _("You reported this. The people who were told work on it; you can add what you know.")
    return _("Only responders and the people who were told can do this. You can read along.")


def allowed(user: User, incident: Incident) -> frozenset[str]:
    """Everything that `user` may do to `incident`, in four queries at most: for pages that offer many actions."""
    if not user.is_active or incident_rule(user, "view", incident) is not None:
        return frozenset()
    taking_part = set(Participant.objects.filter(user=user, incident=incident).values_list("role", flat=True))
    does_work = _works(user)
    names = READ | FOLLOW | REPORTER | WORK | {"join"}
    return frozenset(name for name in names if _judge(name, taking_part, lambda: does_work) is None)


def _works(user: User) -> bool:
    return Membership.objects.filter(user=user, group__name__in=WORKING_ROLES).exists()


def get(user: User, reference: str) -> Incident:
    """The incident called `reference`, if `user` may know that it exists. Raises Incident.DoesNotExist."""
    found = Incident.objects.select_related("workflow", "team", "reporter", "lead")
    return found.visible_to(user).get(reference=reference)


def require(user: User | None, action: str, incident: Incident) -> None:
    """Like ``portal.access.require``; a machine (None) was judged at its door."""
    if user is not None:
        access.require(user, action, incident)


def register() -> None:
    registry.access_rules.add("incidents.incident", incident_rule)
