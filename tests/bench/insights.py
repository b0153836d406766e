"""Pages of insights over a million facts: time in the server without the network, and how many queries each takes.

Facts and their sums are written by SQL as the feed would write them; a sample of the sums is held against the facts.
"""

import contextlib
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from governance.models import Workflow
from governance.rules import figures
from incidents.metrics import facts
from incidents.metrics.facts import week_of
from incidents.models import Fact, FigureSum
from portal.models import User

from . import report, scene
from .pages import STATIC, view

FACTS = 1_000_000
WEEKS = 156
ASKED = 106
"""Weeks that a page can ask for, with as many before: of those there are sums."""
FLOWS = 500
GOAL = 0.2  # seconds
PAGES = {
    "insights": "/insights/",
    "insights, a year": "/insights/?weeks=52",
    "insights, a team": "/insights/?team={team}",
    "insights, a process": "/insights/?workflow={flow}",
    "insights, a team on a platform": "/insights/?team={team}&platform={platform}",
    "insights, by process": "/insights/?by=workflow",
    "processes at risk": "/insights/processes/",
    "who was called": "/insights/people/",
    "playbooks": "/insights/playbooks/",
    "right now": "/insights/now/",
}


def measure() -> None:
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": STATIC}}
    user = User.objects.get(email="admin@example.test")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    _flows()
    one = Workflow.objects.select_related("team", "platform").get(key="bench-7")
    named = {"team": one.team.key, "flow": one.key, "platform": one.platform.key}
    with _unindexed():
        _fill(1_000)
    before = {name: view(client, address.format(**named))[2] for name, address in PAGES.items()}
    began = time.perf_counter()
    with _unindexed():
        _fill(FACTS)
    took = time.perf_counter() - began
    scene.settle()
    _checked()
    sums = FigureSum.objects.count()
    report.say(report.Figure(name="10^6 facts and their sums by SQL", measured=f"{took:.0f} s, {sums} sums"))
    for name, address in PAGES.items():
        usual, fastest, queries = view(client, address.format(**named))
        report.say(
            report.Figure(
                name=f"{name}, 10^6 facts, p50",
                measured=f"{report.ms(usual)}, {queries} queries; fastest {report.ms(fastest)}",
                baseline=f"{before[name]} queries at 10^3",
                goal="200 ms, constant",
                met=usual < GOAL and queries <= before[name] + 2,  # facts there are bring titles along
            )
        )


def _flows() -> None:
    """As many processes as a large company has."""
    teams = list(Workflow.objects.order_by("key").values_list("team", flat=True).distinct())
    one = Workflow.objects.order_by("key")[0]
    Workflow.objects.bulk_create(
        Workflow(
            key=f"bench-{number}",
            name=f"Process {number}",
            platform=one.platform,
            team_id=teams[number % len(teams)],
        )
        for number in range(FLOWS)
    )


def _fill(count: int) -> None:
    """`count` facts in place of those that are there, spread over three years, and all their sums."""
    first = week_of(timezone.now()) - timedelta(weeks=WEEKS - 1)
    scene.execute("TRUNCATE incidents_fact, incidents_figuresum")
    scene.execute(
        """
        INSERT INTO incidents_fact
            (subject_id, kind, week, severity, team_id, workflow_id, platform_id, playbook_id, measures, people)
        SELECT gen_random_uuid(), CASE WHEN g %% 20 = 0 THEN 'drill' ELSE 'incident' END,
            %s::date + 7 * (g %% %s)::int, 'sev' || (1 + (g / 7) %% 4), w.team_id, w.id, w.platform_id, NULL,
            jsonb_build_object('count', 1, 'level', 1 + g %% 3, 'nobody', (g %% 50 = 0)::int, 'late', g %% 3,
                'news', 1 + g %% 5, 'came_back', (g %% 40 = 0)::int, 'emergencies', (g %% 90 = 0)::int,
                'severe', ((g / 7) %% 4 < 2)::int, 'reopened', 0, 'impact', 20 + g %% 80,
                'answer', (60 * exp(random() * 4))::int, 'decide', (300 * exp(random() * 4))::int,
                'contain', (600 * exp(random() * 4))::int, 'resolve', (900 * exp(random() * 5))::int),
            '{}'::jsonb
        FROM generate_series(1, %s) g
        JOIN (SELECT row_number() OVER (ORDER BY key) - 1 AS n, * FROM governance_workflow WHERE key LIKE 'bench-%%') w
            ON w.n = (g * 7919::bigint) %% %s
        """,
        first,
        WEEKS,
        count,
        FLOWS,
    )
    scene.execute(
        f"""
        CREATE TEMP TABLE flat AS SELECT kind, week, severity, team_id, platform_id, workflow_id, measure, value,
            CASE WHEN value < 128 THEN value ELSE 64 + (shift - 1) * 64 + (value >> shift) END AS bucket
        FROM (
            SELECT f.*, m.key AS measure, m.value::int AS value,
                floor(ln(greatest(m.value::int, 1)) / ln(2.0::float8) + 1e-9)::int - 6 AS shift
            FROM incidents_fact f, jsonb_each_text(f.measures) m
            WHERE f.week > '{first + timedelta(weeks=WEEKS - ASKED)}'
        ) t
        """
    )
    scene.execute(
        "CREATE TEMP TABLE cells AS SELECT kind, measure, week, bucket, team_id, severity, count(*) AS n,"
        " sum(value) AS t FROM flat GROUP BY kind, measure, week, bucket, team_id, severity"
    )
    scene.execute(
        "CREATE TEMP TABLE rough AS SELECT kind, measure || '~' AS measure, week, bucket, team_id, severity, n, t"
        " FROM cells WHERE measure IN ('answer', 'resolve')"
    )
    platform = f"'platform:{Workflow.objects.get(key='bench-0').platform_id}'"  # all of them are on one
    team, severity = "'team:' || team_id", "'severity:' || severity"
    for scope in (
        "'all'",
        severity,
        team,
        f"{team} || ' ' || {severity}",
        platform,
        f"{platform} || ' ' || {severity}",
        f"{platform} || ' ' || {team}",
    ):
        _sum(scope, "bucket", "sum(n), sum(t)", "cells")
        _sum(scope, "bucket / 8", "sum(n), sum(t)", "rough")
    coarse = f"CASE WHEN measure IN ({', '.join(map(repr, facts.TOTALS))}) THEN 0 ELSE bucket END"
    _sum("'workflow:' || workflow_id", coarse, "count(*), sum(value)", "flat")
    scene.execute("DROP TABLE flat, cells, rough")
    print(f"         {count} facts", file=sys.stderr, flush=True)


def _sum(scope: str, bucket: str, sums: str, table: str) -> None:
    scene.execute(
        "INSERT INTO incidents_figuresum (scope, kind, measure, week, bucket, count, total)"
        f" SELECT {scope}, kind, measure, week, {bucket}, {sums} FROM {table} GROUP BY 1, 2, 3, 4, 5"
    )


@contextlib.contextmanager
def _unindexed() -> Iterator[None]:
    """Without indexes rows are written in a third of the time."""
    cell = "incidents_figuresum_cell"
    unique = scene.rows(f"SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '{cell}'")[0][0]
    found = scene.rows(
        "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'incidents_fact'"
        " AND indexdef NOT LIKE 'CREATE UNIQUE%'"
    )
    scene.execute(f"ALTER TABLE incidents_figuresum DROP CONSTRAINT {cell}")
    for name, _definition in found:
        scene.execute(f'DROP INDEX "{name}"')
    scene.execute("SET synchronous_commit = off; SET work_mem = '192MB'; SET maintenance_work_mem = '256MB'")
    yield
    for _name, definition in found:
        scene.execute(definition)
    scene.execute(f"ALTER TABLE incidents_figuresum ADD CONSTRAINT {cell} {unique}")
    scene.execute("RESET work_mem")


def _checked() -> None:
    """The sums of one week are those that the feed would write."""
    week = week_of(timezone.now())
    expected: dict[tuple[str, int], list[int]] = {}
    values: Any = Fact.objects.filter(kind="incident", week=week).values_list("measures", flat=True)
    for measures in values:
        for name, value in measures.items():
            mine = expected.setdefault((name, figures.bucket(value)), [0, 0])
            mine[0] += 1
            mine[1] += value
    rows = FigureSum.objects.filter(scope="all", kind="incident", week=week)
    rows = rows.exclude(measure__endswith="~")
    found = {(m, b): [n, t] for m, b, n, t in rows.values_list("measure", "bucket", "count", "total")}
    if found != expected:
        raise AssertionError("the sums are not those of the facts")
