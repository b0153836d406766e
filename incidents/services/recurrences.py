"""A cause that is seen again: the same cause, failure pattern or workflow as in an earlier review, in time (D97).

Follows the ledger, so that filing is not slowed: what is sealed about an incident is looked at within a second or two,
and each alarm is raised once.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.rules import learning
from governance.rules.learning import Because, Trace
from incidents.models import ActionItem, Finding, Hypothesis, Incident, Postmortem, Recurrence
from incidents.models.incidents import IncidentState
from incidents.reads import steps
from incidents.services import action_timers, cases, messages, participants, review_timers, reviews
from portal import audit, registry
from portal.feeds import Touched
from portal.models import User

FEED = "recurrences"
LABEL = Incident._meta.label_lower
LONGEST = timedelta(days=730)
STRENGTH: tuple[Because, ...] = ("cause", "pattern", "workflow")
NO_INCIDENT = (IncidentState.DECLINED, IncidentState.DUPLICATE)


def register() -> None:
    registry.feeds.add(FEED, follow)


def follow(touched: Touched | None, *, at: datetime) -> None:
    """Look at every incident about which something was sealed; made anew, at nothing: what was told is told."""
    keys = {UUID(key) for key in (touched or {}).get(LABEL, ())}
    rows = Incident.objects.filter(pk__in=keys, kind=Incident.Kind.INCIDENT).exclude(state__in=NO_INCIDENT)
    for incident in rows.select_related("workflow").order_by("pk"):
        if found := look(incident):
            _alarm(incident, found, at=at)


def look(incident: Incident) -> dict[Because, Postmortem]:
    """The newest earlier review by each thing by which its cause is seen again in `incident`, and was not yet."""
    known = set(Recurrence.objects.filter(incident=incident).values_list("because", flat=True))
    wanted = [because for because in STRENGTH if because not in known]
    if not wanted:
        return {}
    now = trace(incident)
    found: dict[Because, Postmortem] = {}
    for review in _earlier(incident, now):
        window = timedelta(days=reviews.rule_of(review.incident).window_days)
        for because in learning.came_back(trace(review.incident), now, window):
            if because in wanted:
                found.setdefault(because, review)
    return found


def _earlier(incident: Incident, now: Trace) -> QuerySet[Postmortem]:
    """Reviews of earlier incidents that share something with `now`, the newest first."""
    same = Q(findings__module__in=now.patterns) | Q(findings__cause__in=now.causes - {""})
    same |= Q(hypotheses__cause__in=now.causes - {""}, hypotheses__verdict=Hypothesis.Verdict.CONFIRMED)
    if now.workflow is not None:
        same |= Q(incident__workflow=now.workflow)
    rows = Postmortem.objects.filter(
        same, incident__reported_at__lt=now.at, incident__reported_at__gte=now.at - LONGEST
    )
    rows = rows.exclude(incident=incident).select_related("incident__workflow", "owner").distinct()
    return rows.order_by("-incident__reported_at", "-pk")[:20]


def trace(incident: Incident) -> Trace:
    """By what the cause of `incident` is known again."""
    findings = Finding.objects.filter(postmortem__incident=incident, kind=Finding.Kind.CAUSE)
    rows = list(findings.values_list("module", "cause"))
    confirmed = Hypothesis.objects.filter(postmortem__incident=incident, verdict=Hypothesis.Verdict.CONFIRMED)
    causes = {cause for _module, cause in rows} | set(confirmed.values_list("cause", flat=True))
    patterns = {module for module, _cause in rows if module is not None} | _patterns(incident)
    return Trace(incident.reported_at, incident.workflow_id, frozenset(patterns), frozenset(causes - {""}))


def _patterns(incident: Incident) -> set[UUID]:
    """The failure patterns of the scenario by which people work."""
    if incident.playbook_id is None or not incident.scenario:
        return set()
    course = steps.course(incident)
    return {pin.module for pin in course.scenario.modules} if course.scenario is not None else set()


def _alarm(incident: Incident, found: dict[Because, Postmortem], *, at: datetime) -> None:
    """Write down by what each earlier cause is seen again, and tell whoever can do something, once."""
    with audit.action(actor=None, actor_label=FEED, reason="a cause came back", at=at) as action:
        incident, _run = cases.lock(incident)
        rows = [
            Recurrence(incident=incident, earlier=review, because=because, at=at) for because, review in found.items()
        ]
        for row in rows:
            row.save(force_insert=True)
        strongest = next(because for because in STRENGTH if because in found)
        review = found[strongest]
        data = {"because": strongest, "other": review.incident.reference, "review": review.reference}
        action_timers.log(incident, "came_back", data, at=at)
        action.prove(rows, about=incident)
        people = recipients(review)
        participants.let_in(incident, people, at=at)
        key = f"incident:{incident.pk}:came_back:{strongest}"
        facts = {"other": review.incident.reference, "which": strongest}
        messages.tell("incident.came_back", incident, people, key, at=at, **facts)


def recipients(review: Postmortem) -> list[User]:
    """Who wrote the review of the earlier incident and who answers for its actions; else the team's admins."""
    owners = ActionItem.objects.filter(incident=review.incident).exclude(state=ActionItem.State.DROPPED)
    keys: set[UUID | None] = {review.owner_id, *owners.values_list("owner", flat=True)}
    return _active(keys) or _active(review_timers.team_admins(review.incident))


def _active(keys: Iterable[UUID | None]) -> list[User]:
    return list(User.objects.active().filter(pk__in=[key for key in keys if key]).order_by("name", "pk"))
