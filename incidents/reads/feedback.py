"""What responders say about platforms, who answers, and who may read it (D113)."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from governance.models import Platform, Workflow
from governance.reads import ownership
from incidents.models import Feedback, Incident
from portal import access, registry, roles
from portal.models import User
from portal.reads import keyset

WORKING = {roles.RESPONDER, roles.TEAM_ADMIN, roles.GOVERNANCE_ADMIN, roles.ADMIN, roles.OPERATOR}
ANSWERING = {roles.GOVERNANCE_ADMIN, roles.ADMIN}
READING = WORKING | {roles.AUDITOR}


def owners(platform: Platform, workflow: Workflow | None, *, at: datetime) -> list[User]:
    """Who answers feedback: whoever repairs `workflow`, else the governance admins; active people only, by name."""
    keys = set()
    if workflow is not None:
        for answer in ownership.responsible(workflow, "sev3", at=at, stage="remediate"):
            keys |= {candidate.person for candidate in answer.told()}
    found = list(User.objects.active().filter(pk__in=keys).order_by("name", "pk"))
    return found or list(User.objects.active().filter(groups__name=roles.GOVERNANCE_ADMIN).order_by("name", "pk"))


def rule(user: User, action: str, feedback: Any) -> str | None:
    """None when `user` may do `action`: whoever works on incidents gives and reads it, its owners answer."""
    held = {*access.groups(user).values(), *([roles.ADMIN] if user.is_superuser else [])}
    if action in ("view", "give_feedback", "add"):
        fitting = READING if action == "view" else WORKING
        return None if held & fitting else _("Feedback is for people who work on incidents.")
    if action == "answer" and isinstance(feedback, Feedback):
        if held & ANSWERING or user in owners(feedback.platform, feedback.workflow, at=timezone.now()):
            return None
        return _("Whoever answers for the platform says what becomes of it.")
    return _("That is not possible here.")


def page(user: User, *, after: str = "", before: str = "") -> Any:
    """The newest feedback; that about an incident which `user` may not open says nothing of it."""
    rows = Feedback.objects.select_related("platform", "workflow", "by", "incident")
    return keyset.cut(rows, "-at", "-id", after=after, before=before)


def may_open(user: User, incident: Incident | None) -> bool:
    return incident is not None and Incident.objects.visible_to(user).filter(pk=incident.pk).exists()


def register() -> None:
    registry.access_rules.add(Feedback._meta.label_lower, rule)
