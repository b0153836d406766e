"""Who may see an incident and who may work on it, with the reason when not (DESIGN section 8, I16, I18).

Visible: (not restricted and its workflow is one of mine) or I take part in it; auditors read all. Work: whoever
was told or joined, and responders and team admins of what they see. The reporter follows, adds notes, answers
whether it works again, and may ask to open it again. Those who are affected too say so on their own tracking page;
that alone does not open the incident's page, where people work.

Some decisions are limited besides: the matrices to which the incident is pinned say up to which severity and risk a
role may take them (``beyond``); who is above that limit is offered whom to ask. Whoever holds the role in this
incident counts, when the matrix names them or somebody passed it on who had those limits.

Whoever files may learn of open incidents what ``knowable`` says, so that nothing is reported twice.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from governance.models.catalog import WorkflowGroupObjectPermission, WorkflowUserObjectPermission
from governance.reads import documents, people
from governance.reads.sentences import said
from governance.rules import authority
from governance.rules.ownership import Matrices
from incidents.models import DecisionRequest, EscalationEvent, EscalationRun, Incident, Participant, RoleAssignment
from portal import access, audit, registry, roles
from portal.models import Team, User
from portal.models.people import DataClass

READ = frozenset({"view"})
FOLLOW = frozenset({"note", "evidence"})
REPORTER = frozenset({"reopen", "close"})
AFFECTED = frozenset({"note", "evidence", "reopen"})
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
        "decide",
        "decline",
        "close",
        "change_workflow",
        "invite",
        "merge",
        "happened",
        "playbook",
        "scope",
        "step",
        "roles",
        "review",
        "update",
    }
)
LIMITED = frozenset(authority.KEYS) & WORK
"""What the limits of roles judge besides (D7): the names are the keys of limits."""
WORKING_ROLES = (roles.RESPONDER, roles.TEAM_ADMIN)
FILE = frozenset({"add", "report"})


def incident_rule(user: User, action: str, incident: Any) -> str | None:
    """None when `user` may do `action` to `incident`, else why not."""
    reason = _part_rule(user, action, incident)
    if reason is not None or action not in LIMITED:
        return reason
    done = audit.current()  # what is judged under a lock is judged at its time
    found = _authority(user, action, incident, at=done.at if done is not None else timezone.now())
    return None if found else said(found.sentence)


def beyond(user: User, action: str, incident: Incident, *, at: datetime) -> authority.Authority | None:
    """What is above the limit of `user`, with whom to ask instead; None: nothing is, or something else forbids it."""
    if action not in LIMITED or _part_rule(user, action, incident) is not None:
        return None
    found = _authority(user, action, incident, at=at)
    return None if found else found


def _authority(user: User, action: str, incident: Incident, *, at: datetime) -> authority.Authority:
    """How far `user` may go; people are read only where a matrix limits `action`."""
    matrices, facts = matrices_of(incident), people.workflow_facts(incident.workflow)
    if not authority.is_limited(matrices, facts, action):
        return authority.Authority(True, authority.NOT_LIMITED)
    folk, case = people.facts(at), (incident.severity, risk_of(incident))
    return authority.may(matrices, facts, user.pk, action, *case, folk, at, holding=holding(incident))


def holding(incident: Incident) -> dict[str, UUID]:
    """Who holds the roles of `incident` whose limits came with them, by key of the role."""
    rows = RoleAssignment.objects.filter(incident=incident, ended_at=None, is_authorized=True)
    return dict(rows.values_list("role", "user_id"))


def matrices_of(incident: Incident) -> Matrices:
    """The matrices to which `incident` is pinned; of a near miss those in force."""
    pins = EscalationRun.objects.filter(incident=incident).values_list("matrices", flat=True).first()
    if pins is not None:
        return documents.pinned_matrices([pins])[0]
    return documents.matrices_for(incident.workflow)


def risk_of(incident: Incident) -> str:
    """How much a wrong decision risks: as critical as the workflow is; medium where nobody knows it."""
    return incident.workflow.criticality if incident.workflow is not None else "medium"


def _part_rule(user: User, action: str, incident: Any) -> str | None:
    """The same without the limits of authority."""
    if isinstance(incident, type):
        return None if action in FILE else _("Choose an incident first.")
    taking_part = parts(user, incident)
    affected = Participant.Role.AFFECTED
    if action in AFFECTED and affected in taking_part:
        return None
    if taking_part <= {affected} and not _sees(user, incident):
        return _("You cannot see this incident.")
    return _judge(action, taking_part, lambda: _works(user))


def parts(user: User, incident: Incident) -> frozenset[str]:
    """Roles in which `user` takes part in `incident`; for the reader of a page one query."""
    rows = Participant.objects.filter(user=user, incident=incident)
    return access.once(user, ("parts", incident.pk), lambda: frozenset(rows.values_list("role", flat=True)))


def _sees(user: User, incident: Incident) -> bool:
    """Whether somebody who takes no part in `incident` sees it."""
    seen = Incident.objects.filter(pk=incident.pk).visible_to(user)
    return access.once(user, ("sees", incident.pk), seen.exists)


def _judge(action: str, taking_part: frozenset[str], works: Callable[[], bool]) -> str | None:
    """The rule for somebody who sees the incident; `works` is asked only where it counts."""
    if action in READ:
        return None
    if action in FOLLOW and (taking_part or works()):
        return None
    if action == "join":
        return None if works() else _("Only responders can join. You can follow the incident here.")
    if action in REPORTER and Participant.Role.REPORTER in taking_part:
        return None
    if action == "happened" and Participant.Role.REPORTER in taking_part:
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
    taking_part = parts(user, incident)
    does_work = _works(user)
    names = READ | FOLLOW | REPORTER | WORK | {"join"}
    return frozenset(name for name in names if _judge(name, taking_part, lambda: does_work) is None)


def knowable(user: User) -> QuerySet[Incident]:
    """Open incidents whose title and state `user` may read while filing, to say "I am affected too" (D35).

    Those that they may open anyway; and of a process that is known, what is not restricted. Who names the process
    is shown those; by similar words only ``is_findable`` ones. Near misses and drills can hurt nobody.
    """
    if not user.is_active:
        return Incident.objects.none()
    shared = Q(is_restricted=False, workflow__isnull=False)
    took_part = Exists(Participant.objects.filter(user=user, incident=OuterRef("pk")))
    rows = Incident.objects.open().filter(kind=Incident.Kind.INCIDENT)
    return rows.filter(shared | Incident.objects.by_ownership(user) | took_part)


def is_findable(incident: Incident) -> bool:
    """Whether its title may answer mere words, from whoever signed in: internal at most, of a known process."""
    return incident.workflow_id is not None and incident.data_class in (DataClass.PUBLIC, DataClass.INTERNAL)


def _works(user: User) -> bool:
    return not set(WORKING_ROLES).isdisjoint(access.groups(user).values())


def get(user: User, reference: str, rows: QuerySet[Incident] | None = None) -> Incident:
    """The incident called `reference`, if `user` may know that it exists. Raises Incident.DoesNotExist.

    `rows` says what is read with it.
    """
    if rows is None:
        rows = Incident.objects.select_related("workflow", "team", "reporter", "lead")
    found = rows.get(reference=reference)
    if not user.is_active or incident_rule(user, "view", found) is not None:
        raise Incident.DoesNotExist
    return found


def owned(user: User) -> Q:
    """``Incidents.by_ownership(user)`` by the ids of workflows and teams, so that a list can follow an index."""
    workflows, teams = access.once(user, "owned", lambda: _owned(user))
    return Q(is_restricted=False) & (Q(workflow__in=workflows) | Q(workflow=None, team__in=teams))


def _owned(user: User) -> tuple[list[UUID], list[UUID]]:
    """Ids of the workflows that `user` may see, by user or group row, and of the teams; one query."""
    groups = list(access.groups(user))
    mine = WorkflowUserObjectPermission.objects.filter(user=user, permission__codename="view_workflow")
    ours = WorkflowGroupObjectPermission.objects.filter(group__in=groups, permission__codename="view_workflow")
    teams = Team.objects.filter(group__in=groups).values_list("pk", Value(1))
    found = mine.values_list("content_object_id", Value(0)).union(
        ours.values_list("content_object_id", Value(0)), teams
    )
    rows = [(key, kind) for key, kind in found]
    return [key for key, kind in rows if not kind], [key for key, kind in rows if kind]


def require(user: User | None, action: str, incident: Incident) -> None:
    """Like ``portal.access.require``; a machine (None) was judged at its door."""
    if user is not None:
        access.require(user, action, incident)


# Decisions


def visible_decisions(user: User) -> Q:
    """The decisions that `user` may see: whoever was asked, asked it, or sees its incident, or else its workflow."""
    if not user.is_active:
        return Q(pk__in=[])
    if roles.AUDITOR in access.groups(user).values():
        return Q()
    asked = EscalationEvent.objects.filter(user=user, outcome="told", run__decision__isnull=False)
    mine = Q(pk__in=asked.values("run__decision")) | Q(requester=user)
    seen = Q(incident__in=Incident.objects.visible_to(user))
    owned_ones = Q(incident=None, workflow__in=my_workflows(user)) & ~Q(data_class=DataClass.RESTRICTED)
    return mine | seen | owned_ones


def decision_rule(user: User, action: str, decision: Any) -> str | None:
    """Rule of DecisionRequest; who may take which choice is judged by its levels besides."""
    if isinstance(decision, type):
        return None if action in ("view", "add") else _("Choose a decision first.")
    if not DecisionRequest.objects.filter(pk=decision.pk).filter(visible_decisions(user)).exists():
        return _("You cannot see this decision.")
    if action in ("view", "answer"):
        return None
    told = EscalationEvent.objects.filter(user=user, outcome="told", run__decision=decision)
    asked = told.exclude(kind="news").exists()  # who only hears of it has no say
    works = decision.incident is not None and incident_rule(user, "decide", decision.incident) is None
    if action in ("object", "recuse", "read_data") and (asked or works):
        return None
    if action in ("give_data", "withdraw", "read_data") and (decision.requester_id == user.pk or works):
        return None
    if action in ("give_data", "withdraw"):
        return _("Only whoever asked, or works on the incident, can do this.")
    return _("Only those who were asked can do this.")


# Sources and silences


def keeps_sources(user: User) -> bool:
    """Whether `user` sets up sources: an admin."""
    return bool(user.is_staff and user.has_perm("incidents.change_source"))


def reads_all(user: User) -> bool:
    """Whether `user` sees every source: admins and auditors."""
    return keeps_sources(user) or roles.AUDITOR in access.groups(user).values()


def my_workflows(user: User) -> frozenset[UUID]:
    """Ids of the workflows that `user` may see; for the reader of a page one query."""
    return frozenset(access.once(user, "owned", lambda: _owned(user))[0])


def visible_sources(user: User) -> Q:
    """The sources that `user` may see: those who work on incidents see the ones of their workflows."""
    if not user.is_active:
        return Q(pk__in=[])
    if reads_all(user):
        return Q()
    return Q(workflow__in=my_workflows(user)) if _works(user) else Q(pk__in=[])


def visible_silences(user: User) -> Q:
    """The silences of sources and workflows that `user` may see."""
    if not user.is_active:
        return Q(pk__in=[])
    if reads_all(user):
        return Q()
    mine = my_workflows(user)
    return Q(workflow__in=mine) | Q(source__workflow__in=mine) if _works(user) else Q(workflow__in=mine)


def source_rule(user: User, action: str, source: Any) -> str | None:
    """Rule of Source: admins set up; who works on incidents of its workflow looks and silences."""
    if keeps_sources(user):
        return None
    if action not in ("view", "silence"):
        return _("Only an administrator can set up sources.")
    if action == "view" and reads_all(user):
        return None
    if isinstance(source, type):
        return None if _works(user) else _("Only responders and team admins see where events come from.")
    if not _works(user) or source.workflow_id not in my_workflows(user):
        return _("This source belongs to other teams.")
    return None


def silence_rule(user: User, action: str, silence: Any) -> str | None:
    """Rule of Silence: whoever sees the source or the workflow reads it, those who work there make and lift it."""
    if keeps_sources(user) or (action == "view" and reads_all(user)):
        return None
    if isinstance(silence, type):
        if action == "view" or _works(user):
            return None
        return _("Only responders and team admins can silence events.")
    of_source = silence.source_id is not None
    concerned = silence.source.workflow_id if of_source else silence.workflow_id
    if concerned is None or concerned not in my_workflows(user):
        return _("This belongs to other teams. Their responders and admins can silence it.")
    if (action == "view" and not of_source) or _works(user):
        return None
    return _("Only responders and team admins can silence events.")


def visible_beats(user: User) -> Q:
    """The beats that `user` may see: those who work on incidents see the ones of their workflows."""
    if not user.is_active:
        return Q(pk__in=[])
    if reads_all(user):
        return Q()
    return Q(workflow__in=my_workflows(user)) if _works(user) else Q(pk__in=[])


def beat_rule(user: User, action: str, beat: Any) -> str | None:
    """Rule of Beat: admins set up; who works on incidents of its workflow looks."""
    if keeps_sources(user):
        return None
    if action != "view":
        return _("Only an administrator can set up beats.")
    if reads_all(user):
        return None
    if isinstance(beat, type):
        return None if _works(user) else _("Only responders and team admins see which beats are expected.")
    if not _works(user) or beat.workflow_id not in my_workflows(user):
        return _("This beat belongs to other teams.")
    return None


def register() -> None:
    registry.access_rules.add("incidents.incident", incident_rule)
    registry.access_rules.add("incidents.decisionrequest", decision_rule)
    registry.access_rules.add("incidents.source", source_rule)
    registry.access_rules.add("incidents.silence", silence_rule)
    registry.access_rules.add("incidents.beat", beat_rule)
