"""Whoever the matrices make answer for a workflow or a team drafts its documents, and nobody by them decides who
answers (U5)."""

import json

import pytest

from governance import invariants
from governance.models import Document, DocumentGroupObjectPermission, DocumentUserObjectPermission
from governance.services import changes, ownership, restoring, versions
from portal import access, roles
from portal.models import AuditEntry
from portal.services import leaving, people
from tests import factories_governance as make
from tests.factories_governance import NOW

pytestmark = pytest.mark.django_db


def team_policy(company, scope: dict | None = None, key: str = "orders") -> Document:
    content = make.escalation_policy(leadership="leadership") | {"scope": scope or {"team": "orders"}, "title": key}
    return make.make_document(content, kind="escalation", key=key, by=company.admin)


def moved(company, on_call) -> dict:
    """The company's matrix with somebody else on call."""
    return make.company_matrix(
        triage_team="triage", on_call=on_call.email, lead=company.lead.email, accountable=company.leader.email
    )


def drafters(document: Document) -> set[str]:
    users = DocumentUserObjectPermission.objects.filter(content_object=document)
    teams = DocumentGroupObjectPermission.objects.filter(content_object=document)
    return {str(row.user) for row in users} | {str(row.group.team) for row in teams}


def test_a_document_of_a_team_is_drafted_by_the_team_and_by_whoever_answers_for_its_workflows(company) -> None:
    document = team_policy(company)
    assert drafters(document) == {"Orders", "Responder", "Second", "Lead", "Leader"}
    for person in (company.leader, company.second):
        assert access.can(person, "draft", document)
    for person in (company.outsider, company.reporter, company.operator):
        assert not access.can(person, "draft", document)
    assert not access.can(company.leader, "publish", document)
    assert invariants.compiled() == []


def test_a_drafter_really_begins_a_change(company) -> None:
    document = team_policy(company)
    change = changes.begin(document=document, by=company.leader, at=NOW)
    assert (change.state, change.requested_by) == ("draft", company.leader)
    with pytest.raises(access.Refused):
        changes.begin(document=document, by=company.outsider, at=NOW)


def test_a_document_of_a_workflow_is_not_drafted_by_whoever_answers_for_another_one(company) -> None:
    other = make.make_workflow("returns", team=make.make_team("returns"))
    document = team_policy(company, {"workflow": other.key}, key="returns")
    make.make_document(
        {
            "title": "Returns",
            "scope": {"team": "returns"},
            "rows": [
                {
                    "key": "own",
                    "scope": {"team": "returns"},
                    "responsibility": "on_call",
                    "holder": {"person": company.outsider.email},
                }
            ],
        },
        kind="matrix",
        key="returns",
        by=company.admin,
    )
    assert "Outsider" in drafters(document) and "Responder" not in drafters(document)
    assert invariants.compiled() == []


def test_matrices_approval_policies_and_documents_of_the_company_give_nobody_a_right(company) -> None:
    row = {
        "key": "own",
        "scope": {"team": "orders"},
        "responsibility": "on_call",
        "holder": {"person": company.second.email},
    }
    content = {"title": "Orders", "scope": {"team": "orders"}, "rows": [row]}
    make.make_document(content, kind="matrix", key="orders", by=company.admin)
    assert not DocumentUserObjectPermission.objects.exists() and not DocumentGroupObjectPermission.objects.exists()


def test_who_is_only_informed_or_consulted_drafts_nothing(company) -> None:
    document = team_policy(company)
    rows = [
        {
            "key": letter.lower(),
            "scope": {"team": "orders"},
            "responsibility": "on_call",
            "letter": letter,
            "holder": {"person": company.outsider.email},
        }
        for letter in "CI"
    ]
    content = {"title": "Orders", "scope": {"team": "orders"}, "rows": rows}
    make.make_document(content, kind="matrix", key="orders", by=company.admin)
    assert "Outsider" not in drafters(document)


def test_the_preview_names_who_may_draft_and_who_no_longer_and_publishing_does_it(company) -> None:
    document = team_policy(company)
    draft = make.make_draft(moved(company, company.outsider), kind="matrix", key="company", by=company.admin)
    preview = ownership.preview(draft)
    assert preview.drafts.added_names == ("orders: Outsider",)
    assert preview.drafts.removed_names == ("orders: Responder", "orders: Second")
    assert "Responder" in drafters(document)  # the preview wrote nothing
    make.publish(draft, by=company.admin)
    assert drafters(document) == {"Orders", "Outsider", "Lead", "Leader"}
    entry = AuditEntry.objects.filter(verb="document.drafters_changed", target_id=str(document.pk)).latest("pk")
    said = json.loads(entry.payload.content)["data"]
    assert said["added"] == [f"user {company.outsider.pk}"]
    assert sorted(said["removed"]) == sorted(f"user {one.pk}" for one in (company.responder, company.second))
    assert entry.request_id == AuditEntry.objects.filter(verb="version.published").latest("pk").request_id
    assert invariants.compiled() == []


def test_who_lost_the_cell_left_the_team_or_the_company_drafts_nothing_any_more(company) -> None:
    document = team_policy(company)
    make.publish(
        make.make_draft(moved(company, company.outsider), kind="matrix", key="company", by=company.admin),
        by=company.admin,
    )
    assert access.can(company.second, "draft", document)  # by the team
    people.leave_team(person=company.second, team=company.team, by=None, actor_label="test", reason="moved", at=NOW)
    assert not access.can(company.second, "draft", document)
    assert access.can(company.leader, "draft", document)
    gone = leaving.deactivate(person=company.leader, by=company.admin, reason="left", at=NOW)
    assert not access.can(gone, "draft", document)
    with pytest.raises(access.Refused):
        changes.begin(document=document, by=gone, at=NOW)


def test_a_retired_document_has_no_drafters(company) -> None:
    document = team_policy(company)
    change = restoring.retire(document=document, successor=None, reason="not needed", by=company.admin, at=NOW)
    assert changes.submit(change=change, by=company.admin, at=NOW).state == "published"
    assert drafters(document) == set()
    assert invariants.compiled() == []


def test_forged_rows_are_found_and_taken_away(company) -> None:
    document = team_policy(company)
    row = DocumentUserObjectPermission.objects.filter(content_object=document)[0]
    DocumentUserObjectPermission.objects.create(
        user=company.reporter, content_object=document, permission=row.permission
    )
    assert "1 rows on documents differ" in invariants.compiled()[0]
    assert str(ownership.rebuild()) == "+0 -1"
    assert invariants.compiled() == []


def test_rights_to_draft_cost_the_same_number_of_queries_for_many_documents(company) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            ownership.rebuild()
        return len(captured)

    team_policy(company)
    few = cost()
    for number in range(4):
        workflow = make.make_workflow(team=company.team)
        team_policy(company, {"workflow": workflow.key}, key=f"more-{number}")
    assert cost() == few


def test_a_team_admin_who_answers_for_the_team_drafts_its_policy_and_keeps_the_matrix_by_the_old_rule(company) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))
    document = team_policy(company)
    assert access.can(keeper, "draft", document)
    assert not access.can(keeper, "draft", company.matrix)
    draft = versions.draft_from_effective(document=document, by=keeper, at=NOW)
    assert draft.based_on_id == document.effective_version_id
