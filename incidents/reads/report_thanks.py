"""What teams are thanked for: near misses, risks found early, promises kept, effects that were proved (D104).

Each is counted from rows that nobody writes to look good: a near miss that was filed, a cause that was tested before
it hurt again, a promise of news that was kept, an action whose effect check says that it helps. What only those
involved may know is not counted: the numbers stand on a page for everybody, and one more would tell of it.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, F

from incidents.models import EffectCheck, Finding, Incident, StatusUpdate
from incidents.models.incidents import IncidentState
from portal.models import Team

NEAR_MISSES, EARLY, KEPT, PROVED = "near_misses", "early", "kept", "proved"
KINDS = (NEAR_MISSES, EARLY, KEPT, PROVED)
NONE = dict.fromkeys(KINDS, 0)
NO_INCIDENT = (IncidentState.DECLINED, IncidentState.DUPLICATE)


@dataclass(frozen=True)
class Thanks:
    """How often `team` did what it is thanked for."""

    team: Team
    counts: dict[str, int]


def counted(begin: datetime, end: datetime) -> dict[UUID, dict[str, int]]:
    """{team: {kind: how often}} of [begin, end); four queries."""
    near = Incident.objects.filter(kind=Incident.Kind.NEAR_MISS, reported_at__gte=begin, reported_at__lt=end).exclude(
        state__in=NO_INCIDENT
    )
    early = Finding.objects.filter(
        kind__in=[Finding.Kind.CAUSE, Finding.Kind.GAP, Finding.Kind.GUARDRAIL],
        at__gte=begin,
        at__lt=end,
        postmortem__incident__kind__in=[Incident.Kind.NEAR_MISS, Incident.Kind.DRILL],
    )
    kept = StatusUpdate.objects.filter(kept_at__gte=begin, kept_at__lt=end, kept_at__lte=F("expected_at"))
    proved = EffectCheck.objects.filter(at__gte=begin, at__lt=end, effect="helped")
    near, early = near.exclude(is_restricted=True), early.exclude(postmortem__incident__is_restricted=True)
    kept, proved = kept.exclude(incident__is_restricted=True), proved.exclude(action__incident__is_restricted=True)
    found: dict[UUID, dict[str, int]] = defaultdict(lambda: dict(NONE))
    for kind, rows in (
        (NEAR_MISSES, near.values_list("team").annotate(n=Count("pk"))),
        (EARLY, early.values_list("postmortem__incident__team").annotate(n=Count("pk"))),
        (KEPT, kept.values_list("incident__team").annotate(n=Count("pk"))),
        (PROVED, proved.values_list("action__incident__team").annotate(n=Count("action", distinct=True))),
    ):
        for team, count in rows.order_by():
            found[team][kind] = count
    return dict(found)


def thanks(counts: dict[UUID, dict[str, int]]) -> list[Thanks]:
    """With the teams by name; those that did nothing of it are not named. One query."""
    teams = Team.objects.filter(pk__in=[team for team, kinds in counts.items() if any(kinds.values())])
    return [Thanks(team, NONE | counts[team.pk]) for team in teams.order_by("name", "pk")]
