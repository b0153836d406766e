"""Figures against the same counted by hand, of random incidents that change again and again (P13)."""

import random
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from governance.models import Platform, Workflow
from governance.rules import figures as rules
from incidents.metrics import facts, figures, sums
from incidents.metrics.figures import Asked
from incidents.models import Fact, FigureSum, Incident
from incidents.services import figures as service
from portal.ids import uuid7
from portal.models import Team
from tests.factories_governance import NOW, Company, make_company, make_team, make_workflow

pytestmark = pytest.mark.django_db
INCIDENT = Incident._meta.label_lower
ZONE = ZoneInfo("Europe/Berlin")
UNTIL = NOW + timedelta(weeks=6)
SEVERITIES = ("sev1", "sev2", "sev3", "sev4")
ENDS = {"answer": "acknowledged_at", "decide": "decided_at", "contain": "contained_at", "resolve": "resolved_at"}


@pytest.fixture(autouse=True)
def berlin(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.fixture
def company() -> Company:
    return make_company()


def random_times(dice: random.Random) -> dict[str, Any]:
    reported = NOW + timedelta(seconds=dice.randrange(6 * 7 * 86_400))
    times: dict[str, Any] = {"started_at": reported - timedelta(seconds=dice.randrange(7_200)), "reported_at": reported}
    for name in ENDS.values():
        times[name] = reported + timedelta(seconds=dice.randrange(200_000)) if dice.random() < 0.7 else None
    return times


def random_incidents(dice: random.Random, company: Company, count: int) -> list[Incident]:
    teams = [company.workflow.team, make_team("other")]
    workflows = [company.workflow, make_workflow(team=teams[1]), None]
    made = []
    for number in range(count):
        workflow = dice.choice(workflows)
        made.append(
            Incident(
                id=uuid7(),
                reference=f"INC-R-{number}",
                kind=dice.choice(["incident", "incident", "incident", "near_miss", "drill"]),
                title="t",
                state=dice.choice(["reported", "investigating", "resolved", "declined"]),
                severity=dice.choice(SEVERITIES),
                workflow=workflow,
                team=workflow.team if workflow is not None else dice.choice(teams),
                submission_key=f"r-{number}",
                **random_times(dice),
            )
        )
    return Incident.objects.bulk_create(made)


def counted_ones() -> list[Incident]:
    return list(Incident.objects.select_related("workflow").exclude(state__in=["declined", "duplicate"]))


def by_hand(asked: Asked, rows: list[Incident]) -> list[Incident]:
    def monday(at: datetime) -> Any:
        day = at.astimezone(ZONE).date()
        return day - timedelta(days=day.weekday())

    weeks = set(asked.every)
    return [
        row
        for row in rows
        if row.kind == asked.kind
        and monday(row.reported_at) in weeks
        and asked.team in (None, row.team_id)
        and asked.severity in ("", row.severity)
        and asked.workflow in (None, row.workflow_id)
        and (asked.platform is None or (row.workflow is not None and row.workflow.platform_id == asked.platform))
    ]


def percentile(values: list[int], share: float) -> int:
    return sorted(values)[max(1, ceil(share * len(values) - 1e-9)) - 1]


def near(value: float | None, values: list[int], share: float, *, within: float = 1 / 128) -> bool:
    """Whether `value` is the percentile of `values`, as exactly as buckets are."""
    if not values:
        return value is None
    true = percentile(values, share)
    return value is not None and abs(value - true) <= max(true * within, 8 if within > 0.01 else 0)


def taken(rows: list[Incident], name: str) -> list[int]:
    ends = [(getattr(row, name), row.reported_at) for row in rows]
    return [int((end - began).total_seconds()) for end, began in ends if end is not None]


def compare(asked: Asked, every: list[Incident]) -> None:
    rows, past = by_hand(asked, every), by_hand(asked.before, every)
    found, both = figures.read(asked, ["count", *ENDS]), sums.sides(asked, ["count", *ENDS])
    assert found["count"].count == both.now["count"].count == len(rows)
    assert both.before["count"].count == len(past)
    for measure, name in ENDS.items():
        for figure, values in (
            (found[measure], taken(rows, name)),
            (both.now[measure], taken(rows, name)),
            (both.before[measure], taken(past, name)),
        ):
            assert (figure.count, figure.total) == (len(values), sum(values))
            assert near(figure.usual, values, 0.5) and near(figure.slowest, values, 0.9)
    stacked = figures.by_severity(asked)
    assert sum(map(sum, stacked.values())) == len(rows)


def compare_weeks(asked: Asked, every: list[Incident]) -> None:
    found = sums.weekly(asked, list(ENDS))
    for place, week in enumerate(asked.every):
        until = datetime.combine(week, datetime.min.time(), tzinfo=ZONE) + timedelta(days=3)
        rows = by_hand(replace(asked, until=until, weeks=1), every)
        for measure, name in ENDS.items():
            values, one = taken(rows, name), found[measure][place]
            assert (one.count if one else 0) == len(values)
            assert near(one.usual if one else None, values, 0.5) and near(one.slowest if one else None, values, 0.9)


def compare_parts(asked: Asked, by: str, keys: list[Any], every: list[Incident]) -> None:
    found = sums.parts(asked, by, keys, ["count", "resolve"])
    said: dict[Any, list[Incident]] = {}
    for row in by_hand(asked, every):
        platform = row.workflow.platform_id if row.workflow is not None else None
        part = {"team": row.team_id, "severity": row.severity, "platform": platform, "workflow": row.workflow_id}[by]
        said.setdefault(part, []).append(row)
    assert {key: figure["count"].count for key, figure in found.items()} == {k: len(rows) for k, rows in said.items()}
    for key, rows in said.items():
        figure, values = found[key]["resolve"], taken(rows, "resolved_at")
        assert (figure.count, figure.total) == (len(values), sum(values))
        if sums.is_exact(asked, by):
            assert near(figure.usual, values, 0.5, within=0.1)


@pytest.mark.parametrize("seed", range(2))
def test_figures_are_those_counted_by_hand(seed: int, company: Company) -> None:
    dice = random.Random(seed)
    rows = random_incidents(dice, company, 100)
    service.follow({INCIDENT: {str(row.pk) for row in rows}}, at=NOW)
    for _round in range(2):
        changed = dice.sample(rows, 30)
        for row in changed:
            values = random_times(dice) | {
                "severity": dice.choice(SEVERITIES),
                "state": dice.choice(["resolved", "declined"]),
            }
            Incident.objects.filter(pk=row.pk).update(**values)
        service.follow({INCIDENT: {str(row.pk) for row in changed}}, at=NOW)
    platform, workflow = company.workflow.platform_id, company.workflow
    team, every = workflow.team_id, counted_ones()
    keys: dict[str, list[Any]] = {
        "team": [row.pk for row in Team.objects.all()],
        "severity": list(SEVERITIES),
        "platform": [row.pk for row in Platform.objects.all()],
        "workflow": [row.pk for row in Workflow.objects.all()],
    }
    narrowed: tuple[dict[str, Any], ...] = (
        {},
        {"team": team},
        {"severity": "sev2"},
        {"team": team, "severity": "sev1"},
        {"platform": platform},
        {"workflow": workflow.pk},
        {"workflow": workflow.pk, "severity": "sev3"},
        {"platform": platform, "severity": "sev3"},
        {"platform": platform, "team": team},
        {"weeks": 2},
    )
    for more in narrowed:
        asked = Asked(until=UNTIL, **{"weeks": 3} | more)
        compare(asked, every)
        compare_weeks(asked, every)
        for by in sums.PARTS:
            compare_parts(asked, by, [more[by]] if by in more else keys[by], every)
    for kind in ("near_miss", "drill"):
        compare(Asked(until=UNTIL, kind=kind), every)


def test_told_twice_or_made_anew_the_sums_stay_the_same(company: Company) -> None:
    rows = random_incidents(random.Random(9), company, 60)
    touched = {INCIDENT: {str(row.pk) for row in rows}}
    service.follow(touched, at=NOW)

    def sums() -> list[Any]:
        cells = FigureSum.objects.exclude(count=0).order_by("scope", "kind", "measure", "week", "bucket")
        return list(cells.values_list("scope", "kind", "measure", "week", "bucket", "count", "total"))

    before, known = sums(), Fact.objects.count()
    service.follow(touched, at=NOW)
    assert (sums(), Fact.objects.count()) == (before, known)
    service.follow(None, at=NOW)
    assert (sums(), Fact.objects.count()) == (before, known)
    assert not FigureSum.objects.filter(count__lt=0).exists()


def test_a_week_begins_on_monday_where_the_portal_is(company: Company) -> None:
    sunday = datetime(2026, 3, 8, 23, 30, tzinfo=ZONE)
    assert facts.week_of(sunday) == datetime(2026, 3, 2).date()
    assert facts.week_of(sunday + timedelta(hours=1)) == datetime(2026, 3, 9).date()


def test_the_sums_of_ten_thousand_values_are_a_few_hundred() -> None:
    assert len(rules.counted(range(0, 100_000, 10))) < 800
