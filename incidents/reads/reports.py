"""What the report page and the tracking page tell business people, in their words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.models import Workflow
from governance.models.catalog import Lifecycle
from governance.reads import documents, ownership, people
from governance.rules import triage
from incidents.models import Incident, TimelineEntry
from incidents.models.incidents import IncidentState
from portal.models import User

SHOWN = 5
NEWS = 100


@dataclass(frozen=True)
class Coming:
    """Who would be told `minutes` after sending."""

    minutes: int
    names: list[str]


@dataclass(frozen=True)
class Stage:
    """One of the five plain steps, when it was reached; `state` is done, now or empty."""

    word: str
    at: datetime | None
    note: str
    state: str


@dataclass(frozen=True)
class Tracked:
    """The tracking page: one sentence on the state, the steps, the news."""

    headline: str
    sentence: str
    needs_nothing: bool
    stages: list[Stage]
    news: list["News"]


@dataclass(frozen=True)
class News:
    at: datetime
    kind: str
    text: str
    detail: str = field(default="")


def processes() -> list[Workflow]:
    """Every process that people may name, by its plain name."""
    live = Workflow.objects.select_related("team", "platform").exclude(lifecycle=Lifecycle.RETIRED)
    return list(live.order_by("name"))


def who_is_told(workflow: Workflow | None, answers: Mapping[str, str], *, at: datetime) -> list[Coming]:
    """The first people who would be told, by the rules that the engine uses; empty while no rules are in force.

    `answers` {dimension key: yes, no or unknown} decide the severity, as they will when the report is filed.
    """
    try:
        team, facts = workflow.team if workflow else documents.triage_team(), people.workflow_facts(workflow)
        rubric = documents.rubric_for(workflow, department=team.department_id)
        criticality = facts.criticality if facts else None
        verdict = triage.score(rubric, team.department_id, answers, criticality)
        steps = ownership.explain(workflow, verdict.severity, at=at, wanted=verdict.path or "").steps
    except documents.NothingInForce:
        return []
    coming = [Coming(step.after_minutes, [tell.name for tell in telling.tells]) for step, telling in steps]
    return [item for item in coming if item.names][:3]


def similar(user: User, workflow: Workflow | None) -> list[Incident]:
    """Open incidents that the reporter may know: of the same process, and those the reporter takes part in."""
    rows = Incident.objects.visible_to(user).open().exclude(kind=Incident.Kind.DRILL)
    if workflow is not None:
        rows = rows.filter(workflow=workflow)
    return list(rows.order_by("-reported_at")[:SHOWN])


def mine(user: User) -> list[Incident]:
    """What `user` reported, newest first."""
    return list(Incident.objects.filter(reporter=user).order_by("-reported_at", "-id")[:50])


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


def tracked(incident: Incident) -> Tracked:
    """Everything that the tracking page of `incident` says; two queries."""
    headline, sentence, nothing = _state_in_words(incident)
    rows = incident.timeline.filter(is_public=True).select_related("by", "text_row").order_by("-id")[:NEWS]
    return Tracked(headline, sentence, nothing, _stages(incident), [_news(row) for row in rows])


def _state_in_words(incident: Incident) -> tuple[str, str, bool]:
    lead = str(incident.lead) if incident.lead else ""
    match incident.state:
        case IncidentState.REPORTED if incident.kind == Incident.Kind.NEAR_MISS:
            return _("Thank you, we have written it down"), _("Near misses help us to prevent the next outage."), True
        case IncidentState.REPORTED:
            return (
                _("We have it and are calling the people who can help"),
                _("You will hear from us as soon as somebody has it."),
                True,
            )
        case IncidentState.INVESTIGATING:
            who = _("%(name)s is looking into it.") % {"name": lead} if lead else _("Somebody is looking into it.")
            return _("Someone is on it"), f"{who} {_ended(incident.plan)}".strip(), True
        case IncidentState.CONTAINED:
            who = _("%(name)s leads.") % {"name": lead} if lead else ""
            plan = _ended(incident.plan) or _("We are working on the repair.")
            return _("It cannot get worse now"), f"{who} {plan}".strip(), True
        case IncidentState.MONITORING:
            return _("It should work again"), _("We keep watching it before we call it fixed."), True
        case IncidentState.RESOLVED:
            return _("It works again"), incident.resolution, False
        case IncidentState.CLOSED:
            return _("It works again, and this report is closed"), incident.resolution, True
        case IncidentState.DECLINED:
            return _("We looked at it and found no incident"), _("The reason is in the news below."), False
    return _("We know about this already"), _("It is followed up under an earlier report."), True


def _ended(typed: str) -> str:
    """`typed` with the full stop that people leave out, since another sentence follows it."""
    return f"{typed}." if typed[-1:].isalnum() else typed


def _stages(incident: Incident) -> list[Stage]:
    reached = {
        IncidentState.REPORTED: 0,
        IncidentState.INVESTIGATING: 1,
        IncidentState.CONTAINED: 2,
        IncidentState.MONITORING: 2,
        IncidentState.RESOLVED: 3,
        IncidentState.CLOSED: 4,
    }.get(IncidentState(incident.state), 0)
    words = [_("Received"), _("Someone is on it"), _("Under control"), _("Fixed"), _("You confirm")]
    times = [
        incident.reported_at,
        incident.acknowledged_at,
        incident.contained_at,
        incident.resolved_at,
        incident.closed_at,
    ]
    notes = ["", _after(incident.acknowledged_at, incident.reported_at), "", "", ""]
    return [
        Stage(word, at, note, "now" if number == reached else "done" if number < reached else "")
        for number, (word, at, note) in enumerate(zip(words, times, notes, strict=True))
    ]


def _after(later: datetime | None, first: datetime) -> str:
    if later is None:
        return ""
    minutes = max(1, round((later - first) / timedelta(minutes=1)))
    return ngettext("after %(n)d minute", "after %(n)d minutes", minutes) % {"n": minutes}


def _news(row: TimelineEntry) -> News:
    data: dict[str, Any] = row.data
    name = data.get("name") or (str(row.by) if row.by else "")
    typed = row.text_row.text if hasattr(row, "text_row") else ""
    sentences = {
        "reported": ("", _("You told us.")),
        "acknowledged": ("done", _("%(name)s started to look.") % {"name": name}),
        "unacknowledged": ("", _("We are looking for somebody else to take it over.")),
        "reassigned": ("", _("%(name)s takes it over.") % {"name": data.get("to", "")}),
        "severity": ("decision", _("We looked again at how serious it is.")),
        "plan": ("decision", _("What we do now")),
        "contained": ("done", _("It cannot get worse now.")),
        "monitoring": ("done", _("It should work again; we keep watching.")),
        "resolved": ("done", _("It works again.")),
        "reopened": ("bad", _("It does not work yet after all; we are back on it.")),
        "declined": ("", _("We found no incident.")),
        "closed": ("done", _("This report was closed.")),
        "workflow": ("", _("We found out which process it is.")),
    }
    kind, sentence = sentences.get(row.verb, ("", _("News") if name == "" else _("%(name)s wrote") % {"name": name}))
    return News(row.at, kind, sentence, typed)
