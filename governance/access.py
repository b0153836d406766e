"""Who may see workflows and documents, and who may publish (U5, DESIGN section 8).

A workflow is visible to the people and teams that guardian's rows name; those rows are compiled from the
effective matrices and nothing else. What a person may change in the catalog follows the role's permissions.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from governance.models import Document, LayerMember, Override, Schedule, Workflow
from portal import access, roles
from portal.models import Team

DOCUMENTS = ("governance.document", "governance.version", "governance.changerequest", "governance.review")

SCHEDULES = ("governance.schedule", "governance.override")
Place = tuple[str, str]
"""Scope of a row as text: ("workflow", id), ("team", id), ("criticality", "high") and so on, ("default", "")."""


def workflow_rule(user: Any, action: str, obj: Any) -> str | None:
    """Rule of Workflow: view by guardian row, the rest by the role's permission."""
    if action == "view" and isinstance(obj, Workflow):
        if Workflow.objects.visible_to(user).filter(pk=obj.pk).exists():
            return None
        return _("This workflow belongs to other teams; its owner can name you or your team in the matrix.")
    return _by_permission(user, action, obj)


def document_rule(user: Any, action: str, obj: Any) -> str | None:
    """Rule of documents: everybody reads what is effective; drafting and publishing is for governance admins.

    A team admin drafts the matrix of the own team; which rows in it, says ``rows_of_others``.
    NOTE: a superuser is never an approver, so the role counts and not ``has_perm``.
    """
    if action == "view":
        return None
    if action in ("draft", "publish"):
        held = access.groups(user).values()
        if roles.GOVERNANCE_ADMIN in held:
            return None
        if action == "draft" and roles.TEAM_ADMIN in held:
            if not isinstance(obj, Document):
                return None  # asked whether there is any: which one is judged with the document
            own = obj.kind == "matrix" and obj.scope_kind == "team" and obj.scope_value in _own_teams(user)
            return None if own else _("You keep the matrix of your own team only; a governance admin keeps this one.")
        return _("Only a governance admin may change the documents that steer people.")
    return _by_permission(user, action, obj)


def rows_of_others(user: Any, places: Iterable[Place]) -> dict[Place, str]:
    """Those of `places` whose rows `user` may not edit, with the reason: the one rule of grid, import and API.

    A governance admin edits every row, a team admin those of the own teams and of their workflows, wherever they
    stand; to see a workflow, or to hold a duty in it, gives no right to its rows. What does not exist is left out.
    """
    asked, held = set(places), access.groups(user).values()
    if not asked or roles.GOVERNANCE_ADMIN in held:
        return {}
    if roles.TEAM_ADMIN not in held:
        return dict.fromkeys(asked, _("Only a governance admin may change the documents that steer people."))
    own, found = _own_teams(user), {}
    keys = {kind: {ref for scope, ref in asked if scope == kind and _is_id(ref)} for kind in ("workflow", "team")}
    for workflow in Workflow.objects.filter(pk__in=keys["workflow"]).select_related("team"):
        if str(workflow.team_id) not in own:
            words = {"workflow": workflow.name, "team": workflow.team.name}
            sentence = _("%(workflow)s belongs to %(team)s; you edit the rows of your own team only.")
            found["workflow", str(workflow.pk)] = sentence % words
    for team in Team.objects.filter(pk__in=keys["team"] - own):
        sentence = _("It holds for the team %(team)s; you edit the rows of your own team only.")
        found["team", str(team.pk)] = sentence % {"team": team.name}
    for kind, ref in asked:
        if kind not in keys:
            found[kind, ref] = _("It holds for more than one team; you edit the rows of your own team only.")
    return found


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


def _own_teams(user: Any) -> frozenset[str]:
    """Ids of the teams that `user` belongs to, as documents write them."""
    rows = Team.objects.filter(is_active=True, group__memberships__user_id=user.pk)
    return access.once(user, "own teams", lambda: frozenset(str(pk) for pk in rows.values_list("pk", flat=True)))


def schedule_rule(user: Any, action: str, obj: Any) -> str | None:
    """Rule of schedules and overrides: everybody reads them; the team and those in turn take shifts.

    A team admin keeps the schedules of the own teams only. Whoever made an override, or is in it, may change it.
    """
    if action == "view" or (isinstance(obj, Override) and user.pk in (obj.by_id, obj.person_id)):
        return None
    schedule = obj.schedule if isinstance(obj, Override) else obj
    if not isinstance(schedule, Schedule):
        return _by_permission(user, action, obj)
    if kept_schedules(user).filter(pk=schedule.pk).exists():
        return None
    if action == "take":
        if taken_schedules(user).filter(pk=schedule.pk).exists():
            return None
        return _("Only people of the team %(team)s, or of this schedule, take its shifts.") % {"team": schedule.team}
    return _("The admins of the team %(team)s can do this.") % {"team": schedule.team}


def kept_schedules(user: Any) -> QuerySet[Schedule]:
    """The schedules that `user` configures: a team admin those of the own teams, an admin all."""
    if not user.has_perm("governance.change_schedule"):
        return Schedule.objects.none()
    bound = access.bound_to(user)
    return Schedule.objects.all() if bound is None else Schedule.objects.filter(team__group_id__in=bound)


def taken_schedules(user: Any) -> QuerySet[Schedule]:
    """The schedules whose shifts `user` may take: of the own teams, those of which one is a member, and kept ones."""
    turns = LayerMember.objects.filter(person_id=user.pk).values("layer__schedule_id")
    mine = Schedule.objects.filter(Q(team__group_id__in=access.groups(user)) | Q(pk__in=turns))
    return Schedule.objects.filter(Q(pk__in=mine.values("pk")) | Q(pk__in=kept_schedules(user).values("pk")))


def _by_permission(user: Any, action: str, obj: Any) -> str | None:
    if user.has_perm(f"{obj._meta.app_label}.{action}_{obj._meta.model_name}"):
        return None
    return _("Your role does not include this. An administrator can change that.")
