"""Who may read which report, and who may say what people outside read (D102)."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from governance.models import BoardSeat
from governance.reads import checks
from incidents.models import GovernanceReport, Incident
from incidents.reads import status
from portal import access, registry, roles
from portal.access import Answer
from portal.models import User
from portal.models.people import DataClass

READING = {roles.GOVERNANCE_ADMIN, roles.BOARD_MEMBER, roles.AUDITOR, roles.ADMIN}
SHARING = {roles.GOVERNANCE_ADMIN, roles.TEAM_ADMIN, roles.ADMIN}
FULL, EXECUTIVE, OUTSIDE = "full", "executive", "outside"
PROFILES = (FULL, EXECUTIVE, OUTSIDE)


def may_read(user: User, incident: Incident, profile: str, *, at: datetime) -> bool:
    """Whoever may open the incident has every report of it; leadership the brief, unless only those involved may."""
    if access.can(user, "view", incident):
        return True
    is_for_leaders = not incident.is_restricted and incident.data_class != DataClass.RESTRICTED
    return profile == EXECUTIVE and is_for_leaders and leads(user, at=at)


def leads(user: User, *, at: datetime) -> bool:
    """Whether `user` belongs to senior leadership by a plan in force, or audits; asked once for a page."""
    return bool(access.once(user, "reports.leads", lambda: "executives" in status.readable(user, at=at)))


def may_share(user: User, incident: Incident) -> Answer:
    """Whether `user` may say what people outside read about `incident`, else why not."""
    if not (user.is_superuser or set(access.groups(user).values()) & SHARING):
        return Answer(False, _("Only governance admins and team admins say what people outside may read."))
    return access.can(user, "review", incident)


def rule(user: User, action: str, report: Any) -> str | None:
    """Rule of GovernanceReport: governance admins, boards, auditors and leadership read it."""
    if action == "view" and (_governs(user) or leads(user, at=timezone.now())):
        return None
    return _("This report is for governance admins, boards, auditors and leadership.")


def _governs(user: User) -> bool:
    if user.is_superuser or set(access.groups(user).values()) & READING:
        return True
    sits = BoardSeat.objects.all().in_office(checks.today(timezone.now())).filter(board__is_active=True, person=user)
    return bool(access.once(user, "reports.sits", sits.exists))


def register() -> None:
    registry.access_rules.add(GovernanceReport._meta.label_lower, rule)
