"""Two hundred people to tell: each the second level of a workflow of their own."""

import json
from typing import Any

from governance.models import Document, Workflow
from tests import factories_governance as governance

from . import grid

PEOPLE = 200
WORKFLOWS = "SELECT array_agg(id ORDER BY key) FROM governance_workflow WHERE key LIKE 'crowd-%'"
SHARES = {"workflow_id": f"({WORKFLOWS})[1 + g % {PEOPLE}]"}  # in copies of an incident: each person has as many


def gather() -> None:
    """Two hundred people, each the second level of a workflow of their own."""
    boss = governance.make_person("crowdboss", role="governance admin", is_staff=True)
    people = [governance.make_person(f"crowd{number}", role="responder") for number in range(PEOPLE)]
    base = Workflow.objects.get(key="order-sync")
    workflows = [
        governance.make_workflow(f"crowd-{number:03d}", team=base.team, platform=base.platform)
        for number in range(PEOPLE)
    ]
    company = Document.objects.get(kind="matrix", scope_kind="default")
    assert company.effective_version is not None
    holder = next(
        row["holder"] for row in json.loads(company.effective_version.content)["rows"] if row["key"] == "on-call"
    )
    rows: list[dict[str, Any]] = [
        {
            "key": workflow.key,
            "scope": {"workflow": str(workflow.pk)},
            "responsibility": "on_call",
            "letter": "A",
            "holder": holder,
            "alternates": [{"person": str(person.pk)}],
        }
        for workflow, person in zip(workflows, people, strict=True)
    ]
    grid.publish(boss, base.team, rows)
