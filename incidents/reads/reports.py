"""What the report page tells business people, in their words; the tracking page is in ``tracking``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from governance.models import Workflow
from governance.models.catalog import Lifecycle
from governance.reads import documents, ownership
from incidents import access
from incidents.models import Incident, Participant
from incidents.models.incidents import IncidentState
from incidents.reads import scoring
from portal.models import User

SHOWN = 5
LISTED = 50
LOOKED_AT = 200  # open incidents, the most severe and newest ones
STEM, ALIKE = 5, 2  # letters of a word that count; words in common that make two reports alike
COMMON = frozenset(  # words that say nothing about what is broken
    re.findall(
        r"\S+",
        "about after again also cannot don’t doesn does from have incident into issue more nicht oder problem process"
        " since some stop stopped system that their them there they this wieder when which with work works working",
    )
)


@dataclass(frozen=True)
class Coming:
    """Who would be told `minutes` after sending."""

    minutes: int
    names: list[str]


def processes() -> list[Workflow]:
    """Every process that people may name, by its plain name."""
    live = Workflow.objects.select_related("team", "platform").exclude(lifecycle=Lifecycle.RETIRED)
    return list(live.order_by("name"))


def who_is_told(workflow: Workflow | None, answers: Mapping[str, str], *, at: datetime) -> list[Coming]:
    """The first people who would be told, by the rules that the engine uses; empty while no rules are in force.

    `answers` {dimension key: yes, no or unknown} decide the severity, as they will when the report is filed.
    """
    try:
        team = workflow.team if workflow else documents.triage_team()
        _rubric, verdict = scoring.score(workflow=workflow, team=team, answers=answers)
        steps = ownership.explain(workflow, verdict.severity, at=at, wanted=verdict.path or "").steps
    except documents.NothingInForce:
        return []
    coming = [Coming(step.after_minutes, [tell.name for tell in telling.tells]) for step, telling in steps]
    return [item for item in coming if item.names][:3]


@dataclass(frozen=True)
class Similar:
    """An open incident that a report might be about; `is_mine` when the reader reported it or is affected."""

    incident: Incident
    is_mine: bool
    shared: int = 0


def similar(user: User, workflow: Workflow | None, words: str = "") -> list[Similar]:
    """Open incidents that `user` may know of (``access.knowable``): of the process that was chosen, and those that
    say the same `words`, the best first. Two queries."""
    mine = {part.incident_id for part in _followed(user)}
    meant = stems(words)
    found = []
    open_ones = (
        access.knowable(user)
        .select_related("workflow__team", "playbook", "communication")
        .order_by("severity", "-reported_at", "-id")
    )
    if not meant:  # as when the page is opened: nothing can be alike by its words
        open_ones = open_ones.filter(workflow=workflow) if workflow is not None else open_ones.filter(pk__in=mine)
    for item in open_ones[:LOOKED_AT]:
        shared = len(meant & stems(f"{item.title} {item.workflow.name if item.workflow else ''}"))
        is_same = workflow is not None and item.workflow_id == workflow.pk
        is_alike = shared >= ALIKE and (item.pk in mine or access.is_findable(item))
        if is_same or is_alike or (workflow is None and item.pk in mine):
            found.append((not is_same, -shared, -item.reported_at.timestamp(), Similar(item, item.pk in mine, shared)))
    return [row[-1] for row in sorted(found, key=lambda row: row[:3])[:SHOWN]]


def _followed(user: User) -> list[Participant]:
    roles = [Participant.Role.REPORTER, Participant.Role.AFFECTED]
    rows = Participant.objects.filter(user=user, role__in=roles).order_by("-id")
    return list(rows.only("incident_id", "role")[:LOOKED_AT])


def stems(text: str) -> set[str]:
    """The beginnings of the longer words of `text`: enough to see that two reports say the same."""
    return {word[:STEM] for word in re.findall(r"[\w’]{4,}", text.casefold()) if word not in COMMON}


@dataclass(frozen=True)
class Mine:
    """A report on the list of its reporter, or an incident that they are affected by."""

    incident: Incident
    tone: str
    state: str
    is_affected: bool


def mine(user: User) -> list[Mine]:
    """What `user` reported or is affected by, newest first; of what was merged only the report. One query."""
    rows = Incident.objects.filter(pk__in=[part.incident_id for part in _followed(user)])
    rows = rows.select_related("merged_into").order_by("-reported_at", "-id")[:LISTED]
    followed = {item.merged_into_id for item in rows if item.reporter_id == user.pk}
    found = [Mine(item, *plain_state(item), is_affected=item.reporter_id != user.pk) for item in rows]
    return [row for row in found if not (row.is_affected and row.incident.pk in followed)]


def plain_state(incident: Incident) -> tuple[str, str]:
    """(tone, words) of the state for business people."""
    words = {
        IncidentState.REPORTED: ("warn", _("Received")),
        IncidentState.INVESTIGATING: ("info", _("Someone is on it")),
        IncidentState.CONTAINED: ("info", _("Under control")),
        IncidentState.MONITORING: ("info", _("Being watched")),
        IncidentState.RESOLVED: ("ok", _("Works again")),
        IncidentState.CLOSED: ("ok", _("Closed")),
        IncidentState.DECLINED: ("", _("Not an incident")),
        IncidentState.DUPLICATE: ("", _("Known already")),
    }
    return words[IncidentState(incident.state)]
