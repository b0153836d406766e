"""Who may see workflows and documents, and who may publish (U5, DESIGN section 8).

A workflow is visible to the people and teams that guardian's rows name; those rows are compiled from the
effective matrices and nothing else. What a person may change in the catalog follows the role's permissions.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from governance.models import (
    ChangeRequest,
    Document,
    DocumentCheck,
    DocumentGroupObjectPermission,
    DocumentUserObjectPermission,
    LayerMember,
    Override,
    Schedule,
    Workflow,
)
from governance.models.versions import Kind
from portal import access, roles
from portal.models import Team

DOCUMENTS = ("governance.document", "governance.version", "governance.changerequest", "governance.review")

SCHEDULES = ("governance.schedule", "governance.override")
BOARDS = ("governance.board", "governance.boardseat", "governance.freezewindow")
PROPOSED = (Kind.MODULE, Kind.PLAYBOOK, Kind.COMMUNICATION, Kind.GLOSSARY)
PROPOSERS = frozenset({roles.RESPONDER, roles.TEAM_ADMIN, roles.BOARD_MEMBER})
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

    A team admin drafts the matrix of the own team; which rows in it, says ``rows_of_others``. Whoever works on
    incidents or sits on a board may propose what tells people how to work (PROPOSED), and whoever the matrices make
    answer for a workflow or team its documents (guardian's rows); nothing takes effect by that.
    NOTE: a superuser is never an approver, so the role counts and not ``has_perm``.
    """
    if action == "view":
        return None
    if action in ("draft", "keep", "publish"):
        held = access.groups(user).values()
        if roles.GOVERNANCE_ADMIN in held:
            return None
        if action == "draft" and _is_drafter(user, obj):
            return None
        proposed = not isinstance(obj, Document) or obj.kind in PROPOSED
        if action == "draft" and proposed and not PROPOSERS.isdisjoint(held):
            return None
        if action == "draft" and roles.TEAM_ADMIN in held:
            if not isinstance(obj, Document):
                return None  # asked whether there is any: which one is judged with the document
            own = obj.kind == "matrix" and obj.scope_kind == "team" and obj.scope_value in _own_teams(user)
            return None if own else _("You keep the matrix of your own team only; a governance admin keeps this one.")
        return _("Only a governance admin may change the documents that steer people.")
    return _by_permission(user, action, obj)


def _is_drafter(user: Any, obj: Any) -> bool:
    """Whether the matrices let `user` draft the document `obj`, or asked for the class, any; one query for a page."""
    found: frozenset[UUID] = access.once(user, "drafts", lambda: frozenset(_drafted(user)))
    return obj.pk in found if isinstance(obj, Document) else isinstance(obj, type) and bool(found)


def _drafted(user: Any) -> QuerySet[Any]:
    """Ids of the documents that guardian's rows let `user` draft, in person or by team."""
    allowed = {"permission__codename": "change_document"}
    mine = DocumentUserObjectPermission.objects.filter(user_id=user.pk, **allowed)
    groups = list(access.groups(user))
    ours = DocumentGroupObjectPermission.objects.filter(group__in=groups, group__team__is_active=True, **allowed)
    return mine.values_list("content_object_id", flat=True).union(ours.values_list("content_object_id", flat=True))


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


def check_rule(user: Any, action: str, obj: Any) -> str | None:
    """Rule of DocumentCheck: whoever asked for the version in force, and governance admins, say that it still fits."""
    if action == "view" or roles.GOVERNANCE_ADMIN in access.groups(user).values():
        return None
    version = obj.document.effective_version_id if isinstance(obj, DocumentCheck) else None
    if version is not None and ChangeRequest.objects.filter(version_id=version, requested_by_id=user.pk).exists():
        return None
    return _("Only a governance admin, or whoever asked for the version in force, says whether it still fits.")


def keeper_rule(user: Any, action: str, obj: Any) -> str | None:
    """Rule of attestations and training: who else has read and learned what is for those who keep the rules."""
    held = access.groups(user).values()
    if roles.GOVERNANCE_ADMIN in held or (action == "view" and roles.AUDITOR in held):
        return None
    return _by_permission(user, action, obj)


def review_rule(user: Any, action: str, obj: Any) -> str | None:
    """Rule of governance reviews: everybody reads them, governance admins and members of boards hold them."""
    if action == "view":
        return None
    held = set(access.groups(user).values())
    if held & {roles.GOVERNANCE_ADMIN, roles.BOARD_MEMBER}:
        return None
    return _("Governance admins and members of a board hold these reviews.")


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


def board_rule(user: Any, action: str, obj: Any) -> str | None:
    """Rule of boards, seats and freezes: everybody reads them, governance admins and admins keep them."""
    return None if action == "view" else _by_permission(user, action, obj)


def delegation_rule(user: Any, action: str, obj: Any) -> str | None:
    """Rule of delegations: everybody reads them; one gives and takes back only one's own."""
    if action == "view" or user.pk == getattr(obj, "giver_id", None):
        return None
    return _("Only whoever lets somebody decide in their place can change that.")


def _by_permission(user: Any, action: str, obj: Any) -> str | None:
    if user.has_perm(f"{obj._meta.app_label}.{action}_{obj._meta.model_name}"):
        return None
    return _("Your role does not include this. An administrator can change that.")
