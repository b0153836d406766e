"""What is measured of incidents and decisions, read from their rows; a constant number of queries for many (P13).

Times are whole seconds and never negative; what has not happened is left out. Rates are measures of 0 or 1.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count

from governance.models import ChangeRequest
from governance.models.changes import ChangeModel
from incidents.models import (
    DecisionRequest,
    EscalationEvent,
    Fact,
    ImpactScore,
    Incident,
    Recurrence,
    StatusUpdate,
    TimelineEntry,
)
from incidents.models.decisions import DecisionState
from incidents.models.incidents import IncidentState
from portal import quiet
from portal.models import User

NIGHT = time(22), time(6)
"""From and until when it is night where somebody lives."""
LATE_NEWS, NOBODY, REOPENED = "update_overdue", "nobody_reached", "reopened"
COUNTED = {
    LATE_NEWS: "late",
    NOBODY: "nobody",
    REOPENED: "reopened",
    "step_changed": "otherwise",
    "step_skipped": "left_out",
    "scope_overruled": "overruled",
}
"""Verb of the timeline -> measure that says how often."""
TIMES = ("detect", "answer", "decide", "contain", "resolve", "turnaround")
"""Measures of these are seconds."""
ROUGH = {"answer": "answer~", "resolve": "resolve~"}
"""Times that are compared between many teams: besides, they are counted in ROUGHLY buckets as one, to read fewer."""
ROUGHLY = 8
SEVERE = ("sev1", "sev2")
RATES = ("nobody",)
"""Measures of these say only whether."""
TOTALS = (*TIMES, *RATES, "severe", "came_back", "impact")
"""Of workflows, which are many, only how many have these and their total is kept: no percentiles."""
UNTOLD = (IncidentState.DECLINED, IncidentState.DUPLICATE)
"""What turned out to be no incident, or another one, counts as that alone."""


def week_of(at: datetime) -> date:
    """The Monday of the week of `at`, in the time zone of the portal."""
    day = at.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return day - timedelta(days=day.weekday())


def _seconds(since: datetime, until: datetime | None) -> int | None:
    return None if until is None else max(0, int((until - since).total_seconds()))


def of_incidents(keys: Iterable[UUID]) -> list[Fact]:
    """The facts of incidents by id; eight queries."""
    rows = list(Incident.objects.filter(pk__in=set(keys)).select_related("workflow"))
    ids = [row.pk for row in rows]
    told = _told(ids)
    verbs = _verbs(ids)
    news = dict(
        StatusUpdate.objects.filter(incident__in=ids, state=StatusUpdate.State.SENT)
        .values_list("incident")
        .annotate(Count("pk"))
        .order_by()
    )
    again = set(Recurrence.objects.filter(incident__in=ids).values_list("incident_id", flat=True))
    scores = dict(ImpactScore.objects.filter(incident__in=ids).order_by("pk").values_list("incident_id", "total"))
    exceptions = dict(
        ChangeRequest.objects.filter(
            ground_type=Incident._meta.label_lower, ground_id__in=ids, model=ChangeModel.EMERGENCY
        )
        .values_list("ground_id")
        .annotate(Count("pk"))
        .order_by()
    )
    return [
        Fact(
            subject_id=row.pk,
            kind=row.kind,
            week=week_of(row.reported_at),
            severity=row.severity,
            team_id=row.team_id,
            workflow_id=row.workflow_id,
            platform_id=row.workflow.platform_id if row.workflow is not None else None,
            playbook_id=row.playbook_id,
            measures=_measures(row, told[row.pk], verbs[row.pk], news.get(row.pk, 0), row.pk in again)
            | {"emergencies": exceptions.get(row.pk, 0)}
            | ({"impact": scores[row.pk]} if row.pk in scores else {}),
            people=_people(told[row.pk]),
        )
        for row in rows
        if row.state not in UNTOLD
    ]


Told = list[tuple[int, datetime, User | None]]
"""(level, when, who) of each call; level 0 is news."""


def _told(ids: list[UUID]) -> dict[UUID, Told]:
    found: dict[UUID, Told] = defaultdict(list)
    rows = EscalationEvent.objects.filter(run__incident__in=ids, outcome=EscalationEvent.Outcome.TOLD)
    people = {user.pk: user for user in User.objects.filter(pk__in=rows.order_by().values("user").distinct())}
    for incident, level, at, user in rows.order_by("id").values_list("run__incident_id", "level", "at", "user_id"):
        found[incident].append((level, at, people.get(user)))
    return found


def _verbs(ids: list[UUID]) -> dict[UUID, Counter[str]]:
    found: dict[UUID, Counter[str]] = defaultdict(Counter)
    rows = TimelineEntry.objects.filter(incident__in=ids, verb__in=COUNTED).values_list("incident", "verb")
    for incident, verb, count in rows.annotate(Count("pk")).order_by():
        found[incident][verb] = count
    return found


def _measures(row: Incident, told: Told, verbs: Counter[str], news: int, came_back: bool) -> dict[str, int]:
    times = {
        "detect": _seconds(row.started_at, row.reported_at),
        "answer": _seconds(row.reported_at, row.acknowledged_at),
        "decide": _seconds(row.reported_at, row.decided_at),
        "contain": _seconds(row.reported_at, row.contained_at),
        "resolve": _seconds(row.reported_at, row.resolved_at),
    }
    before = [level for level, at, _who in told if row.acknowledged_at is None or at <= row.acknowledged_at]
    counts = {measure: verbs[verb] for verb, measure in COUNTED.items()}
    return (
        {"count": 1, "level": max(before, default=0), "news": news, "came_back": int(came_back)}
        | {"severe": int(row.severity in SEVERE)}
        | {name: min(1, count) if name in RATES else count for name, count in counts.items()}
        | {name: value for name, value in times.items() if value is not None}
    )


def _people(told: Told) -> dict[str, list[int]]:
    """{id: [calls, of which at night]} of everybody who was called; news calls nobody."""
    found: dict[str, list[int]] = {}
    for level, at, user in told:
        if user is None or not level:
            continue
        calls = found.setdefault(str(user.pk), [0, 0])
        calls[0] += 1
        calls[1] += is_night(user, at)
    return found


def is_night(user: User, at: datetime) -> bool:
    """Whether it is night where `user` lives."""
    begins, ends = NIGHT
    clock = at.astimezone(quiet.zone(user)).time()
    return clock >= begins or clock < ends


def of_decisions(keys: Iterable[UUID]) -> list[Fact]:
    """The facts of decisions by id, replays left out; one query."""
    rows = DecisionRequest.objects.filter(pk__in=set(keys), cloned_from=None).exclude(incident__kind="drill")
    found = []
    for row in rows.select_related("workflow", "incident", "run"):
        run = getattr(row, "run", None)
        measures = {"count": 1, "level": run.level if run is not None else 0}
        if row.state in (DecisionState.DECIDED, DecisionState.DENIED, DecisionState.CLOSED):
            taken = _seconds(row.opened_at, row.ended_at)
            measures |= {} if taken is None else {"turnaround": taken}
        measures["undecided"] = int(row.state in (DecisionState.HELD, DecisionState.WITHDRAWN))
        workflow = row.workflow or (row.incident.workflow if row.incident is not None else None)
        found.append(
            Fact(
                subject_id=row.pk,
                kind=Fact.Kind.DECISION,
                week=week_of(row.opened_at),
                severity=row.severity,
                team_id=workflow.team_id if workflow is not None else None,
                workflow_id=workflow.pk if workflow is not None else None,
                platform_id=workflow.platform_id if workflow is not None else None,
                measures=measures,
            )
        )
    return found
