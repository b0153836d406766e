"""What the ledger and the rows beside it say about an incident, for its review: facts, no judgement (D82, D88, D93).

Everything is read from what nobody changes afterwards, and says when. Nobody is the subject of a fault: a change was
made, a call was not answered, news came late.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from governance.models import WorkflowChange
from incidents.models import (
    Containment,
    DecisionRecord,
    DecisionRequest,
    EscalationEvent,
    EscalationRun,
    Evidence,
    Incident,
    ScopeStatement,
    StatusUpdate,
    TimelineEntry,
)
from incidents.reads import audiences, conformance, dependency_map, deviations, rechecks, timeline
from incidents.reads.decision_words import word
from portal.models import User

MOST = 200
BEFORE = timedelta(days=14)
"""So long before it began, changes of the workflow count as near."""
EVENTS = (
    *("reported", "near_miss", "event", "trigger", "described", "worse", "affected", "works_again", "confirmed"),
    *("acknowledged", "unacknowledged", "escalated", "re_escalated", "nobody_reached", "timebox"),
    *("contained", "monitoring", "resolved", "reopened", "halted", "released", "workaround", "fixed"),
    *("recheck_failed", "rechecked", "step_failed", "role_handed_over", "leadership", "came_back"),
)
"""What happened, as the review tells it."""
DECISIONS = (
    *("severity", "plan", "playbook", "switched", "scenario", "scope", "scope_overruled", "overridden"),
    *("step_changed", "step_skipped", "decision_requested", "decision_ended", "declined", "merged"),
)
"""What people decided, as the review tells it."""
Line = tuple[str, str]
"""(what, value)"""


@dataclass(frozen=True)
class Told:
    """Who was told when, and as what: the title of a level, or of an audience with how many."""

    at: datetime
    who: str
    how: str


@dataclass(frozen=True)
class Taken:
    """A decision and how long it took; `seconds` None: it is not taken. `is_late`: longer than promised."""

    reference: str
    url: str
    question: str
    asked_at: datetime
    ended_at: datetime | None
    outcome: str
    by: str
    seconds: int | None
    is_late: bool


@dataclass(frozen=True)
class Known:
    """What stood on the page at a moment that counts: `what` happened then, `facts` were known."""

    at: datetime
    what: str
    facts: tuple[str, ...]


@dataclass(frozen=True)
class Promise:
    """What was promised to an audience by when, and when it was kept; None and `missed`: it was not."""

    what: str
    audience: str
    by: datetime
    kept_at: datetime | None
    missed_at: datetime | None


@dataclass(frozen=True)
class Footprint:
    """Who and what had to do with the workflow: changes near the start, what it takes in, what others take from it."""

    changes: tuple[WorkflowChange, ...] = ()
    inputs: tuple[Line, ...] = ()
    outputs: tuple[Line, ...] = ()
    version: str = ""
    people: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Facts:
    timeline: list[timeline.Row]
    impact: list[Line]
    versions: list[conformance.Line]
    findings: list[conformance.Finding]
    footprint: Footprint
    decisions: list[Taken]
    visible: list[Known]
    deviations: list[deviations.Deviation]
    promises: list[Promise]
    told: list[Told]
    looked: rechecks.Looked


def of_incident(incident: Incident, run: EscalationRun | None, user: User, *, at: datetime) -> Facts:
    """All of it, as `user` may know it of other things; a constant number of queries."""
    entries = _entries(incident)
    report = conformance.report(incident, run, at=at)
    decisions = _decisions(incident)
    return Facts(
        timeline=[timeline.sentence(row) for row in entries if row.verb in EVENTS + DECISIONS],
        impact=impact(incident),
        versions=report.lines,
        findings=report.findings,
        footprint=_footprint(incident, user),
        decisions=decisions,
        visible=_visible(incident, entries, decisions),
        deviations=report.deviations,
        promises=_promises(incident),
        told=_told(incident, run),
        looked=report.looked,
    )


def _entries(incident: Incident) -> list[TimelineEntry]:
    rows = incident.timeline.filter(verb__in=EVENTS + DECISIONS).select_related("by", "text_row")
    return list(rows.order_by("id")[:MOST])


def impact(incident: Incident) -> list[Line]:
    """How long and how far: times from report to each state, and what was said about it."""
    began = incident.started_at
    found = [
        (word, duration(began, moment))
        for word, moment in (
            (_("Until it was reported"), incident.reported_at),
            (_("Until somebody answered"), incident.acknowledged_at),
            (_("Until it could not get worse"), incident.contained_at),
            (_("Until it worked again"), incident.resolved_at),
        )
        if moment is not None
    ]
    if incident.who_is_hurt:
        found.append((_("Who was hurt"), incident.who_is_hurt))
    if incident.components:
        found.append((_("Parts"), ", ".join(map(str, incident.components))))
    return found


def duration(since: datetime, until: datetime) -> str:
    """ "2 d 3 h", "3 h 5 min" or "7 min"."""
    minutes = max(0, int((until - since).total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes}
    return _("%(minutes)d min") % {"minutes": minutes}


def _footprint(incident: Incident, user: User) -> Footprint:
    """Four queries; nothing where nobody knows the workflow."""
    if incident.workflow is None:
        return Footprint(version=incident.workflow_version)
    end = incident.resolved_at or incident.reported_at
    changes = WorkflowChange.objects.filter(
        workflow=incident.workflow_id, changed_at__gte=incident.started_at - BEFORE, changed_at__lte=end
    )
    inputs = [
        (row.upstream.name, flow(row.title, row.schema_tag, row.timing)) for row in dependency_map.upstream(incident)
    ]
    outputs = [(workflow.name, by) for workflow, by, _trouble in dependency_map.downstream(incident, user).rows]
    return Footprint(
        tuple(changes.order_by("changed_at", "id")[:MOST]),
        tuple(inputs),
        tuple(outputs),
        incident.workflow_version or incident.workflow.version_tag,
    )


def flow(title: str, schema: str, timing: str) -> str:
    return " · ".join(filter(None, (title, schema, timing)))


def _decisions(incident: Incident) -> list[Taken]:
    """The decisions of `incident` and their latency; two queries."""
    rows = list(DecisionRequest.objects.filter(incident=incident, cloned_from=None).order_by("opened_at", "pk")[:MOST])
    records = {
        record.request_id: record
        for record in DecisionRecord.objects.filter(request__in=rows).select_related("by").order_by("number")
    }
    found = []
    for row in rows:
        record = records.get(row.pk)
        taken = int((row.ended_at - row.opened_at).total_seconds()) if row.ended_at is not None else None
        is_late = row.ended_at is not None and row.due_at is not None and row.ended_at > row.due_at
        titles = {item["key"]: item["title"] for item in row.choices}
        chosen = titles.get(record.choice, record.choice) if record is not None and record.choice else ""
        found.append(
            Taken(
                row.reference,
                row.get_absolute_url(),
                row.question,
                row.opened_at,
                row.ended_at,
                chosen or word(row),
                str(record.by) if record is not None and record.by is not None else "",
                taken,
                is_late,
            )
        )
    return found


def _visible(incident: Incident, entries: Sequence[TimelineEntry], decisions: Sequence[Taken]) -> list[Known]:
    """What was known when somebody answered, said the severity, the plan, decided and resolved; three queries."""
    moments = [
        (row.at, timeline.sentence(row).text) for row in entries if row.verb in ("acknowledged", "severity", "plan")
    ]
    moments += [(one.ended_at, one.question) for one in decisions if one.ended_at is not None]
    if incident.resolved_at is not None:
        moments.append((incident.resolved_at, _("It worked again")))
    stated = list(ScopeStatement.objects.filter(incident=incident).values_list("at", "scope").order_by("at"))
    halted = list(Containment.objects.filter(incident=incident).values_list("since", "what").order_by("since"))
    files = list(Evidence.objects.filter(incident=incident).values_list("added_at", flat=True).order_by("added_at"))
    found = []
    for moment, what in sorted(moments, key=lambda pair: pair[0])[:MOST]:
        events = sum(1 for row in entries if row.verb == "event" and row.at <= moment)
        severity = [row.data.get("after", "") for row in entries if row.verb == "severity" and row.at <= moment]
        count = sum(1 for at in files if at <= moment)
        facts = [
            ngettext("%(count)d message from a machine", "%(count)d messages from machines", events) % {"count": events}
            if events
            else "",
            _("confirmed as %(severity)s") % {"severity": severity[-1].upper()} if severity and severity[-1] else "",
            next((_("scope: %(scope)s") % {"scope": scope} for at, scope in reversed(stated) if at <= moment), ""),
            next((_("stands still: %(what)s") % {"what": text} for at, text in reversed(halted) if at <= moment), ""),
            ngettext("%(count)d file", "%(count)d files", count) % {"count": count} if count else "",
        ]
        found.append(Known(moment, what, tuple(filter(None, facts))))
    return found


def _promises(incident: Incident) -> list[Promise]:
    """What news promised: when it works again, and the next news; one query."""
    plan = audiences.plan_of(incident)
    titles = {item.key: item.title for item in plan.content.audiences} if plan is not None else {}
    rows = StatusUpdate.objects.filter(incident=incident, state=StatusUpdate.State.SENT).order_by("sent_at", "pk")
    found = []
    for row in rows[:MOST]:
        title = titles.get(row.audience, row.audience)
        for what, by in ((_("works again"), row.expected_at), (_("next news"), row.next_at)):
            if by is not None:
                found.append(Promise(what, title, by, row.kept_at, row.missed_at))
    return found


def _told(incident: Incident, run: EscalationRun | None) -> list[Told]:
    """Everybody who was called, and every audience that heard something, in order; two queries."""
    found: list[Told] = []
    if run is not None:
        rows = EscalationEvent.objects.filter(run=run, outcome=EscalationEvent.Outcome.TOLD, user__isnull=False)
        for event in rows.select_related("user").order_by("id")[:MOST]:
            level = _("Level %(level)d") % {"level": event.level} if event.level else _("News")
            found.append(Told(event.at, str(event.user), level))
    for row in incident.timeline.filter(verb="update").order_by("id")[:MOST]:
        count = int(row.data.get("count", 0))
        said = ngettext("%(count)d person", "%(count)d people", count) % {"count": count}
        found.append(Told(row.at, str(row.data.get("title", "")), said))
    return sorted(found, key=lambda one: one.at)
