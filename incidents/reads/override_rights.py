"""Who may set rules of a workflow aside, and who reads which are (D116)."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.models import Workflow
from governance.reads import documents, people
from governance.reads.sentences import said
from governance.rules import authority
from incidents import access as mine
from portal import access, audit, roles
from portal.models import User

OVERRIDE = "override"
"""Key of the limit that says who may set rules aside."""
SETTING_ASIDE = (roles.TEAM_ADMIN, roles.GOVERNANCE_ADMIN)


def rule(user: User, action: str, override: Any) -> str | None:
    """Rule of Override: whoever sees the workflow reads it; team admins there set aside what their authority covers."""
    if action == "view" and mine.reads_all(user):
        return None
    if action != "view" and not (mine.keeps_sources(user) or set(SETTING_ASIDE) & set(access.groups(user).values())):
        return _("Only admins of a team or of the governance can set a rule aside.")
    if isinstance(override, type):
        return None
    if not mine.keeps_sources(user) and override.workflow_id not in mine.my_workflows(user):
        return _("This workflow belongs to other teams.")
    if action == "view":
        return None
    done = audit.current()
    found = _over(user, override.workflow, at=done.at if done is not None else timezone.now())
    return None if found else said(found.sentence)


def authority_over(user: User, workflow: Workflow, *, at: datetime) -> str:
    """The limit by which `user` sets rules of `workflow` aside, in a sentence."""
    return str(_over(user, workflow, at=at).sentence)


def _over(user: User, workflow: Workflow, *, at: datetime) -> authority.Authority:
    """A rule that is set aside counts for the worst incident of `workflow`, so that is what is judged."""
    matrices, facts = documents.matrices_for(workflow), people.workflow_facts(workflow)
    if not authority.is_limited(matrices, facts, OVERRIDE):
        return authority.Authority(True, authority.NOT_LIMITED)
    folk = people.facts(at)
    return authority.may(matrices, facts, user.pk, OVERRIDE, "sev1", workflow.criticality, folk, at)


def visible(user: User) -> Q:
    """The overrides of workflows that `user` may see."""
    if not user.is_active:
        return Q(pk__in=[])
    return Q() if mine.reads_all(user) else Q(workflow__in=mine.my_workflows(user))
