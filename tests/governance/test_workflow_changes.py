"""What platforms tell about changes of workflows: kept once, bounded, and in the ledger with who told it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from governance.models import Workflow, WorkflowChange
from governance.services import workflow_changes
from portal import limits
from portal.models import AuditEntry
from tests.factories_governance import NOW, make_team, make_workflow

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=1)


@pytest.fixture
def workflow(db: None) -> Workflow:
    return make_workflow("order-sync", team=make_team("orders"))


def record(workflow: Workflow | None, *, at: datetime = NOW, **more: Any) -> WorkflowChange:
    values = {"summary": "Deployed", "source": "Flow builder", "call": "shop:1", "is_dated": False, "label": "shop"}
    return workflow_changes.record(**{"workflow": workflow, "changed_at": at, "at": at} | values | more)  # type: ignore[arg-type]


def entries() -> list[Any]:
    found = AuditEntry.objects.filter(verb="workflow.changed").order_by("id")
    return [(entry.target_id, entry.actor_label, entry.at) for entry in found]


def test_a_change_is_kept_as_it_was_told_and_the_ledger_names_who_told_it(workflow: Workflow) -> None:
    links = [{"href": "https://flows.example/deploys/119", "text": "The deployment"}]
    before = NOW - timedelta(minutes=3)
    change = record(workflow, changed_at=before, version="r119", links=links, details={"by": "Ines"})
    change = WorkflowChange.objects.get(pk=change.pk)
    assert (change.workflow, change.summary, change.version, change.source) == (
        *(workflow, "Deployed", "r119"),
        "Flow builder",
    )
    assert (change.changed_at, change.received_at) == (before, NOW)
    assert (change.links, change.details) == (links, {"by": "Ines"})
    assert entries() == [(str(change.pk), "shop", NOW)]


def test_a_change_of_a_workflow_that_we_do_not_know_is_kept(db: None) -> None:
    assert record(None).workflow is None
    assert len(entries()) == 1


def test_a_clock_that_runs_ahead_does_not_move_a_change_into_the_future(workflow: Workflow) -> None:
    assert record(workflow, changed_at=NOW + timedelta(minutes=4)).changed_at == NOW


def test_what_is_too_long_is_cut_to_what_is_stored(workflow: Workflow) -> None:
    change = record(workflow, summary="s" * 999, version="v" * 999, source="o" * 999)
    change.refresh_from_db()
    found = len(change.summary), len(change.version), len(change.source)
    assert found == (limits.TITLE_LENGTH, limits.KEY_LENGTH, limits.NAME_LENGTH)


@pytest.mark.parametrize(
    ("is_dated", "after", "count"),
    [
        (True, timedelta(0), 1),
        (True, timedelta(days=100), 1),
        (False, timedelta(0), 1),
        (False, workflow_changes.SAME_CALL - timedelta(seconds=1), 1),
        (False, workflow_changes.SAME_CALL, 2),
    ],
)
def test_the_same_call_again_is_the_same_change_for_ever_only_if_it_says_its_time(
    workflow: Workflow, is_dated: bool, after: timedelta, count: int
) -> None:
    first = record(workflow, is_dated=is_dated)
    again = record(workflow, is_dated=is_dated, at=NOW + after)
    assert (again.pk == first.pk) == (count == 1)
    assert (WorkflowChange.objects.count(), len(entries())) == (count, count)


def test_each_later_repetition_without_a_time_is_known_again_when_it_is_sent_twice(workflow: Workflow) -> None:
    found = [
        record(workflow, at=NOW + number * LATER + again) for number in range(3) for again in (LATER * 0, LATER / 12)
    ]
    assert [change.pk for change in found[::2]] == [change.pk for change in found[1::2]]
    assert WorkflowChange.objects.count() == len(entries()) == 3


def test_another_call_is_another_change(workflow: Workflow) -> None:
    assert record(workflow).pk != record(workflow, call="shop:2").pk


def test_of_two_equal_calls_at_once_one_is_kept_and_audited(workflow: Workflow) -> None:
    """The other one comes between our look and our insert."""
    other: list[WorkflowChange] = []

    def overtaken(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("INSERT") and "governance_workflowchange" in sql and not other:
            other.append(WorkflowChange())
            other[0] = record(workflow)
        return execute(sql, *rest)

    with connection.execute_wrapper(overtaken):
        found = record(workflow)
    assert found == other[0]
    assert WorkflowChange.objects.count() == len(entries()) == 1
