"""Changes of a playbook of 200 steps and of a matrix of 500 x 5 cells: their page with the redline, and the editor."""

import statistics
import time
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.models import ChangeRequest, Document, Platform, Workflow
from governance.services import changes, versions
from portal import audit
from portal.models import Team, User
from tests import factories_governance as governance

from . import report, scene
from .grid import STATIC, company, draft, rows_of

STEPS, WORKFLOWS, VIEWS, GOAL = 200, 500, 7, 0.5


def measure() -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": STATIC}}
    boss = governance.make_person("changeboss", role="governance admin", is_staff=True)
    duties = company(boss)
    client = Client(SERVER_NAME="localhost")
    client.force_login(boss)
    few, many = playbook(boss, 5), playbook(boss, STEPS)
    wide = matrix(boss, duties)
    scene.settle()
    row = f"?row=scenarios/one/steps/s{STEPS - 1}"
    opened(client, f"playbook of {STEPS} steps, redline", page(many), page(few))
    opened(client, f"playbook of {STEPS} steps, editor of a scenario", f"{editor(many)}?row=scenarios/one")
    opened(client, f"playbook of {STEPS} steps, editor of a step", f"{editor(many)}{row}")
    opened(client, f"matrix of {WORKFLOWS} x 5, redline", page(wide))


def page(change: ChangeRequest) -> str:
    return f"/changes/{change.reference}/"


def editor(change: ChangeRequest) -> str:
    return f"/changes/{change.reference}/edit/scenarios/"


def playbook(boss: User, steps: int) -> ChangeRequest:
    """A draft in which every step says something else than what is in force."""

    def content(how: str) -> dict[str, Any]:
        rows = [{"key": f"s{n}", "title": f"Step {n}", "how": f"{how} {n}.", "checks": ["done"]} for n in range(steps)]
        return {"title": f"Long {steps}", "scenarios": [{"key": "one", "title": "One", "steps": rows}]}

    return changed(boss, "playbook", f"long-{steps}", content("Look at part"), content("Look closely at part"))


def matrix(boss: User, duties: list[str]) -> ChangeRequest:
    """A draft in which somebody else answers in every cell."""
    team = Team.objects.get(pk=governance.make_team("changeteam").pk)
    platform = Platform.objects.all()[0]
    workflows = Workflow.objects.bulk_create(
        Workflow(key=f"change-{n}", name=f"Workflow {n}", platform=platform, team=team) for n in range(WORKFLOWS)
    )
    people = [str(pk) for pk in User.objects.values_list("pk", flat=True)]

    def content(holders: list[str]) -> dict[str, Any]:
        rows = [row for item in workflows for row in rows_of(item, duties, holders) if row["severity"] == "any"]
        return {"title": team.name, "scope": {"team": str(team.pk)}, "rows": rows}

    return changed(boss, "matrix", team.key, content(people), content(people[::-1]))


def changed(boss: User, kind: str, key: str, old: dict[str, Any], new: dict[str, Any]) -> ChangeRequest:
    scope = new.get("scope") or {}
    place = {"scope_kind": next(iter(scope), "default"), "scope_value": next(iter(scope.values()), "")}
    document = Document(kind=kind, key=key, title=old["title"], **place)
    draft(boss, document, old, quietly=True)
    at = timezone.now()
    with audit.action(actor=boss, reason="bench", at=at):
        version = versions.new_draft(document, versions.read_content(kind, new), boss, at)
    return changes.propose(version=version, reason="bench", by=boss, at=at)


def opened(client: Client, name: str, address: str, smaller: str = "") -> None:
    counts = [queries(client, each) for each in (address, smaller) if each]
    times = []
    for _ in range(VIEWS):
        began = time.perf_counter()
        client.get(address)
        times.append(time.perf_counter() - began)
    p50 = statistics.median(times)
    said = " and ".join(str(count) for count in counts)
    report.say(
        report.Figure(
            name=f"{name}, p50",
            measured=f"{report.ms(p50)}, {said} queries; fastest {report.ms(min(times))}",
            goal="500 ms",
            met=p50 < GOAL and len(set(counts)) == 1,
        )
    )


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return len(found)
