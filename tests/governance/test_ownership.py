"""The read model of the matrices, and who may see which workflow because of it (U5, D13)."""

from random import Random

import pytest

from governance import invariants
from governance.models import (
    Assignment,
    Document,
    Workflow,
    WorkflowGroupObjectPermission,
    WorkflowUserObjectPermission,
)
from governance.services import changes, ownership, versions
from portal import access
from portal.services import leaving
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


def team_matrix(company, *rows) -> dict:
    return {"title": "Orders ownership", "scope": {"team": "orders"}, "rows": list(rows)}


def row(key: str, holder: dict, *, scope: dict | None = None, **more) -> dict:
    values = {"key": key, "scope": scope or {"team": "orders"}, "responsibility": "on_call", "holder": holder}
    return values | more


def cells(workflow: Workflow, responsibility: str = "on_call") -> list[tuple]:
    found = Assignment.objects.filter(workflow=workflow, responsibility=responsibility).order_by(
        "severity", "letter", "position"
    )
    return [
        (item.severity, item.letter, item.position, item.role or str(item.user or item.team), item.row)
        for item in found
    ]


def test_a_matrix_in_force_assigns_each_responsibility(company) -> None:
    assert cells(company.workflow) == [("any", "A", 0, "Responder", "on-call"), ("any", "A", 1, "Second", "on-call")]
    assert cells(company.workflow, "owner") == [("any", "A", 0, "lead", "owner"), ("any", "A", 1, "Leader", "owner")]


def test_the_workflow_row_beats_the_team_row_beats_the_company(company) -> None:
    other = make.make_workflow("returns", team=company.team)
    make.make_document(
        team_matrix(
            company,
            row("team", {"person": company.lead.email}),
            row("own", {"team": "leadership"}, scope={"workflow": "order-sync"}),
        ),
        kind="matrix",
        key="orders",
        by=company.admin,
    )
    assert [item[3:] for item in cells(company.workflow)] == [("Leadership", "own")]
    assert [item[3:] for item in cells(other)] == [("Lead", "team")]


def test_a_named_severity_is_kept_apart_from_the_rest(company) -> None:
    make.make_document(
        team_matrix(company, row("worst", {"person": company.leader.email}, severity="sev1")),
        kind="matrix",
        key="orders",
        by=company.admin,
    )
    holders = {item[0]: item[3] for item in cells(company.workflow) if item[2] == 0}
    assert holders == {"sev1": "Leader", "sev2": "Responder", "sev3": "Responder", "sev4": "Responder"}


def test_whoever_holds_a_letter_sees_the_workflow_and_nobody_else(company) -> None:
    seeing = [company.responder, company.second, company.lead, company.leader]
    for person in seeing:
        assert list(Workflow.objects.visible_to(person)) == [company.workflow]
        assert access.can(person, "view", company.workflow)
    for person in (company.outsider, company.reporter, company.admin, company.operator):
        assert not Workflow.objects.visible_to(person).exists()
        answer = access.can(person, "view", company.workflow)
        assert not answer and answer.reason.startswith("This workflow belongs to other teams")


def test_the_owning_team_and_the_holders_of_a_role_see_it_by_their_rows(company) -> None:
    assert set(WorkflowGroupObjectPermission.objects.values_list("group", flat=True)) == {company.team.group_id}
    assert set(WorkflowUserObjectPermission.objects.values_list("user", flat=True)) == {
        company.responder.pk,
        company.second.pk,
        company.lead.pk,
        company.leader.pk,
    }


def test_an_inactive_person_sees_nothing(company) -> None:
    gone = leaving.deactivate(person=company.lead, by=company.admin, reason="left", at=NOW)
    assert not Workflow.objects.visible_to(gone).exists()
    assert not access.can(gone, "view", company.workflow)


def test_a_new_member_of_the_owning_team_sees_it_at_once(company) -> None:
    make.join(company.outsider, company.team)
    assert access.can(company.outsider, "view", company.workflow)


def test_visible_ids_are_one_query_without_a_join_that_doubles(company, django_assert_num_queries) -> None:
    make.join(company.second, company.leadership)
    with django_assert_num_queries(1):
        assert list(Workflow.objects.visible_to(company.second)) == [company.workflow]


def test_the_preview_says_what_publishing_will_do_and_writes_nothing(company) -> None:
    draft = make.make_draft(
        team_matrix(company, row("team", {"person": company.outsider.email}, alternates=[{"team": "leadership"}])),
        kind="matrix",
        key="orders",
        by=company.admin,
    )
    before = picture()
    preview = ownership.preview(draft)
    assert picture() == before
    assert str(preview) == "+2 -2"
    assert preview.added_names == ("Order sync: Leadership", "Order sync: Outsider")
    assert preview.removed_names == ("Order sync: Responder", "Order sync: Second")
    changes.send(version=draft, reason="outsider takes over", by=company.admin, at=NOW)
    assert list(Workflow.objects.visible_to(company.outsider)) == [company.workflow]
    assert invariants.compiled() == []


def test_the_preview_of_another_kind_is_empty(company) -> None:
    policy = versions.draft_from_effective(document=company.policy, by=company.admin, at=NOW)
    assert str(ownership.preview(policy)) == "+0 -0"


def test_a_publication_that_fails_at_the_end_moves_no_right(company, monkeypatch) -> None:
    draft = make.make_draft(
        team_matrix(company, row("team", {"person": company.outsider.email})),
        kind="matrix",
        key="orders",
        by=company.admin,
    )
    before = picture()

    class Stop(Exception):
        pass

    from portal import audit

    with pytest.raises(Stop), audit.action(actor=company.admin, reason="outer", at=NOW):
        changes.send(version=draft, reason="inner", by=company.admin, at=NOW)
        raise Stop
    assert picture() == before


def test_rebuilding_what_is_right_writes_nothing(company) -> None:
    rows = list(Assignment.objects.order_by("pk").values_list("pk", flat=True))
    assert str(ownership.rebuild()) == "+0 -0"
    assert list(Assignment.objects.order_by("pk").values_list("pk", flat=True)) == rows


def test_one_publication_after_the_other_comes_to_what_a_rebuild_from_nothing_does(company) -> None:
    random = Random(7)
    workflows = [company.workflow.key, *(make.make_workflow(team=company.team).key for _ in range(3))]
    holders = [{"person": person.email} for person in (company.lead, company.leader, company.second, company.responder)]
    holders += [{"team": "leadership"}, {"team": "triage"}]
    for step in range(6):
        scopes = [{"team": "orders"}, *({"workflow": key} for key in random.sample(workflows, random.randrange(4)))]
        rows = [
            row(
                f"row-{place}-{severity}-{letter.lower()}",
                dict(random.choice(holders)),
                scope=dict(scope),
                responsibility=random.choice(["on_call", "owner"]),
                severity=severity,
                letter=letter,
                alternates=[dict(holder) for holder in random.sample(holders, random.randrange(3))],
            )
            for place, scope in enumerate(scopes)
            for severity in random.sample(["any", "sev1", "sev2"], random.randrange(1, 3))
            for letter in random.sample("RACI", random.randrange(1, 3))
        ]
        make.make_document(
            team_matrix(company, *rows) | {"title": f"{step}"}, kind="matrix", key="orders", by=company.admin
        )
        grown = compiled()
        for table in (Assignment, WorkflowUserObjectPermission, WorkflowGroupObjectPermission):
            table.objects.all().delete()
        ownership.rebuild()
        assert grown == compiled()
        assert invariants.compiled() == []


def compiled() -> tuple[list, ...]:
    """Everything that is compiled from the matrices, without the numbers of the rows."""
    rows = Assignment.objects.values_list(
        "workflow",
        "responsibility",
        "severity",
        "letter",
        "position",
        "user",
        "team",
        "schedule",
        "role",
        "version",
        "row",
    )
    users = WorkflowUserObjectPermission.objects.values_list("content_object", "user", "permission")
    groups = WorkflowGroupObjectPermission.objects.values_list("content_object", "group", "permission")
    return tuple(sorted(found, key=str) for found in (rows, users, groups))


def test_rebuilding_repairs_what_was_forged(company) -> None:
    Assignment.objects.filter(responsibility="owner").delete()
    WorkflowUserObjectPermission.objects.filter(user=company.lead).delete()
    assert str(ownership.rebuild()) == "+1 -0"
    assert invariants.compiled() == []


def test_publishing_costs_the_same_number_of_queries_for_many_workflows(company) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost(on_call) -> int:
        content = make.company_matrix(
            triage_team="triage", on_call=on_call.email, lead=company.lead.email, accountable=company.leader.email
        )
        draft = make.make_draft(content, kind="matrix", key="company", by=company.admin)
        with CaptureQueriesContext(connection) as captured:
            changes.send(version=draft, reason="again", by=company.admin, at=NOW)
        return len(captured)

    cost(company.second)
    few = cost(company.responder)
    for _ in range(7):
        make.make_workflow(team=company.team)
    assert cost(company.second) == few


def test_documents_are_read_by_everybody_and_changed_by_few(company) -> None:
    document = Document.objects.first()
    assert access.can(company.reporter, "view", document)
    assert not access.can(company.reporter, "publish", document)
    assert access.can(company.admin, "publish", document)
