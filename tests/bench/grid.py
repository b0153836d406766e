"""The ownership grid among 500 workflows x 5 responsibilities with 10 000 rows: opening, saving, publishing."""

import json
import statistics
import time
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.documents.cells import Cell, Edit, Held, Value
from governance.models import Document, Platform, Workflow
from governance.reads import documents, grid_rows
from governance.services import changes, ownership, versions
from governance.services import grid as service
from portal import audit
from portal.models import Team, User
from tests import factories_governance as governance

from . import report, scene

WORKFLOWS, TEAMS, DUTIES, SEVERITIES = 500, 25, 5, ("any", "sev1", "sev2", "sev3")
STATIC = "django.contrib.staticfiles.storage.StaticFilesStorage"  # no files are collected here
EDITED, VIEWS = 50, 12
ADDRESS = "/admin/governance/document/grid/"


def measure() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": STATIC}}
    boss = governance.make_person("gridboss", role="governance admin", is_staff=True)
    duties, people = company(boss), [str(pk) for pk in User.objects.values_list("pk", flat=True)]
    teams = list(Team.objects.filter(pk__in=[governance.make_team(f"grid-{n}").pk for n in range(TEAMS)]))
    platform = Platform.objects.all()[0]
    workflows = Workflow.objects.bulk_create(
        Workflow(key=f"grid-{n}", name=f"Workflow {n}", platform=platform, team=teams[n % TEAMS])
        for n in range(WORKFLOWS)
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(boss)
    client.get(ADDRESS)
    few = queries(client)
    for team in teams:
        own = [item for item in workflows if item.team_id == team.pk]
        publish(boss, team, [row for item in own for row in rows_of(item, duties, people)], quietly=True)
    ownership.rebuild()
    scene.settle()
    opened(client, few)
    saved(boss, workflows, duties, people)
    # NOTE whoever saved has a draft of this matrix open, so somebody else publishes.
    published(governance.make_person("gridchief", role="governance admin"), teams[0], workflows, duties, people)


def company(boss: User) -> list[str]:
    """Keys of five responsibilities that the company matrix defines."""
    matrix = Document.objects.get(kind="matrix", scope_kind="default")
    assert matrix.effective_version is not None
    content: dict[str, Any] = json.loads(matrix.effective_version.content)
    known = [duty["key"] for duty in content["responsibilities"]]
    holder = content["rows"][0]["holder"]
    for number in range(len(known), DUTIES):
        key = f"duty-{number}"
        content["responsibilities"].append({"key": key, "title": key, "stages": ["review"]})
        content["rows"].append({"key": key, "responsibility": key, "letter": "A", "holder": holder})
        known.append(key)
    draft(boss, matrix, content | {"title": "Grid"})
    return known[:DUTIES]


def rows_of(workflow: Workflow, duties: list[str], people: list[str]) -> list[dict[str, Any]]:
    number = int(workflow.key.rsplit("-", 1)[1])
    return [
        {
            "key": f"{workflow.key}-{duty}-{severity}",
            "scope": {"workflow": str(workflow.pk)},
            "responsibility": duty,
            "severity": severity,
            "letter": "A",
            "holder": {"person": people[(number + place) % len(people)]},
            "alternates": [{"person": people[(number + place + 1) % len(people)]}],
            "acknowledge_minutes": 10,
        }
        for place, duty in enumerate(duties)
        for severity in SEVERITIES
    ]


def publish(boss: User, team: Team, rows: list[dict[str, Any]], *, quietly: bool = False) -> float:
    """Seconds to bring a matrix of `team` with `rows` into force, the draft not counted."""
    known = Document.objects.filter(kind="matrix", scope_kind="team", scope_value=str(team.pk)).first()
    planned = Document(kind="matrix", key=team.key, title=team.name, scope_kind="team", scope_value=str(team.pk))
    return draft(boss, known or planned, {"title": team.name, "scope": {"team": str(team.pk)}, "rows": rows}, quietly)


def draft(boss: User, document: Document, content: dict[str, Any], quietly: bool = False) -> float:
    """Seconds to publish `content`; `quietly` puts it into force without judging or compiling it."""
    at = timezone.now()
    with audit.action(actor=boss, reason="bench", at=at):
        if document._state.adding:
            document.save(force_insert=True)
        version = versions.new_draft(document, versions.read_content(document.kind, content), boss, at)
        if quietly:
            version.frozen_at, document.effective_version = at, version
            version.save(update_fields=["frozen_at"])
            document.save(update_fields=["effective_version"])
            return 0.0
    began = time.perf_counter()
    changes.send(version=version, reason="bench", by=boss, at=at)
    return time.perf_counter() - began


def queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as found:
        assert client.get(ADDRESS).status_code == 200
    return len(found)


def opened(client: Client, few: int) -> None:
    times = []
    for _ in range(VIEWS):
        began = time.perf_counter()
        client.get(ADDRESS)
        times.append(time.perf_counter() - began)
    many, p50 = queries(client), statistics.median(times)
    report.say(
        report.Figure(
            name=f"grid opens, {WORKFLOWS} x {DUTIES}, p50",
            measured=f"{report.ms(p50)}, {many} queries; fastest {report.ms(min(times))}",
            baseline=f"{few} queries without rows",
            goal="300 ms, constant",
            met=p50 < 0.3 and many == few,
        )
    )


def saved(boss: User, workflows: list[Workflow], duties: list[str], people: list[str]) -> None:
    """Fifty edits of cells of five teams as drafts."""
    known = grid_rows.rows_by_cell(documents.matrices())
    edits = []
    for number in range(EDITED):
        workflow = workflows[number % 5 + TEAMS * (number // 5)]
        cell = Cell("workflow", str(workflow.pk), duties[0])
        seen = known[cell.scope, cell.ref, cell.responsibility, cell.severity, cell.letter]
        value = Value(Held("person", people[number % 7]), (Held("person", people[8]), Held("person", people[9])))
        edits.append(Edit(cell, value, seen.token))
    began = time.perf_counter()
    done = service.save(edits=edits, reason="bench", by=boss, at=timezone.now())
    seconds = time.perf_counter() - began
    assert sum(len(item.changed) for item in done) == EDITED and not any(item.stale for item in done)
    report.say(
        report.Figure(
            name=f"grid saves {EDITED} cells of {len(done)} matrices",
            measured=report.ms(seconds),
            goal="500 ms",
            met=seconds < 0.5,
        )
    )


def published(boss: User, team: Team, workflows: list[Workflow], duties: list[str], people: list[str]) -> None:
    """All ten thousand rows in the one matrix of a team that owns every workflow."""
    Workflow.objects.filter(pk__in=[item.pk for item in workflows]).update(team=team)
    rows = [row for item in workflows for row in rows_of(item, duties, people[::-1])]
    seconds = publish(boss, team, rows)
    report.say(
        report.Figure(name=f"publish of {len(rows)} rows", measured=report.ms(seconds), goal="2 s", met=seconds < 2)
    )
