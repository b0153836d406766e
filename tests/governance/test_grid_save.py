"""Saving the grid: drafts and change requests per matrix, concurrent cells, and whose matrix it is."""

import json
from datetime import timedelta

import pytest
import yaml

from governance.documents import cells
from governance.documents.cells import Cell, Edit, Held, Value
from governance.models import ChangeRequest, Document, Version
from governance.models import Edit as EditRow
from governance.reads import documents, drafts
from governance.rules import ownership
from governance.services import changes, grid, reviews, versions
from portal import access, roles
from portal.models import AuditEntry
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.unchanged import picture, refused

pytestmark = pytest.mark.django_db


def person(user) -> Value:
    return Value(Held("person", str(user.pk)))


def at_workflow(workflow, responsibility: str = "on_call", **more) -> Cell:
    return Cell("workflow", str(workflow.pk), responsibility, **more)


def edit(cell: Cell, value: Value | None, *, seen: Value | None = None) -> Edit:
    entry = cells.Entry("", seen) if seen else None
    return Edit(cell, value, cells.token(entry), name="order-sync")


def save(company, *edits: Edit, by=None, **more) -> list[grid.Saved]:
    return grid.save(edits=edits, reason="New owners", by=by or company.admin, at=NOW, **more)


def effective(key: str) -> dict[Cell, cells.Entry]:
    document = Document.objects.get(kind="matrix", key=key)
    return cells.cells(drafts.said(document.effective_version, document))


def drafted(saved: grid.Saved) -> dict[Cell, cells.Entry]:
    return cells.cells(json.loads(saved.change.version.content))


def test_a_save_drafts_one_version_and_one_request_per_matrix(company) -> None:
    cell, default = at_workflow(company.workflow), Cell("default", "", "owner", "sev1")
    done = save(company, edit(cell, person(company.second)), edit(default, person(company.leader)))
    assert [(item.document.key, item.changed, item.published) for item in done] == [
        ("company", (default,), False),
        ("orders", (cell,), False),
    ]
    assert drafted(done[1])[cell].value == person(company.second)
    assert {item.change.state for item in done} == {"draft"} and {item.change.reason for item in done} == {"New owners"}
    assert effective("company").get(default) is None  # nothing is in force yet
    entries = AuditEntry.objects.filter(verb="version.edited", actor=company.admin)
    assert entries.count() == 2 and entries.values("request_id").distinct().count() == 1
    assert set(EditRow.objects.filter(version=done[1].change.version).values_list("by", flat=True)) == {
        company.admin.pk
    }


def test_a_further_save_adds_to_the_open_draft(company) -> None:
    first, second = at_workflow(company.workflow), at_workflow(company.workflow, "owner")
    (one,) = save(company, edit(first, person(company.second)))
    (two,) = save(company, edit(second, person(company.lead)))
    assert two.change == one.change and two.change.version == one.change.version
    assert set(drafted(two)) == {first, second}
    assert ChangeRequest.objects.filter(state="draft").count() == 1


def test_taking_everything_back_withdraws_the_draft(company) -> None:
    cell = Cell("default", "", "owner", "sev1")
    save(company, edit(cell, person(company.leader)))
    (done,) = save(company, edit(cell, None, seen=person(company.leader)))
    assert done.change is None and done.changed == (cell,)
    asked = ChangeRequest.objects.filter(document=company.matrix).order_by("pk")
    assert list(asked.values_list("state", flat=True)) == ["published", "withdrawn"]


def test_publishing_takes_effect_at_once(company) -> None:
    cell = at_workflow(company.workflow)
    (done,) = save(company, edit(cell, person(company.outsider)), publish=True)
    assert done.published and done.problem == "" and done.change.state == "published"
    facts = documents.people.workflow_facts(company.workflow)
    _pinned, row = ownership.deciding(documents.matrices(), facts, "on_call", "sev2")[:2]
    assert row.holder.person == company.outsider.pk
    assert company.workflow in type(company.workflow).objects.visible_to(company.outsider)


def test_publishing_takes_open_drafts_along(company) -> None:
    save(company, edit(at_workflow(company.workflow), person(company.outsider)))
    (done,) = save(company, publish=True)
    assert done.published
    request = ChangeRequest.objects.get(document__key="orders")
    assert (request.state, request.reason) == ("published", "New owners")


def test_of_two_edits_of_one_cell_the_slower_is_refused_with_both_values(company) -> None:
    cell, other = at_workflow(company.workflow), at_workflow(company.workflow, "owner")
    boss = make.make_person("boss", role=roles.GOVERNANCE_ADMIN)
    save(company, edit(cell, person(company.second)), by=boss, publish=True)
    mine = [edit(cell, person(company.lead)), edit(other, person(company.lead))]
    (done,) = save(company, *mine, publish=True)
    assert done.stale == (cells.Stale(cell, person(company.lead), person(company.second)),)
    assert done.changed == (other,) and not done.published and "somebody else" in done.problem
    assert {key: entry.value for key, entry in drafted(done).items()} == {
        cell: person(company.second),
        other: person(company.lead),
    }
    assert effective("orders")[cell].value == person(company.second) and other not in effective("orders")


def test_a_refused_cell_alone_writes_nothing(company) -> None:
    cell = at_workflow(company.workflow)
    save(company, edit(cell, person(company.second)), publish=True)
    before = picture()
    (done,) = save(company, edit(cell, person(company.lead)))
    assert done.stale and done.changed == () and done.change is None and picture() == before


def test_different_cells_of_one_row_by_two_people_are_both_kept(company) -> None:
    boss = make.make_person("boss", role=roles.GOVERNANCE_ADMIN)
    hers, his = at_workflow(company.workflow), at_workflow(company.workflow, "owner")
    save(company, edit(his, person(company.lead)))
    save(company, edit(hers, person(company.second)), by=boss, publish=True)
    (done,) = save(company, publish=True)  # his draft was based on an older version
    assert done.published and done.stale == ()
    assert {key: entry.value for key, entry in effective("orders").items()} == {
        hers: person(company.second),
        his: person(company.lead),
    }


def test_a_draft_whose_cell_somebody_else_published_says_so(company) -> None:
    boss = make.make_person("boss", role=roles.GOVERNANCE_ADMIN)
    cell, other = at_workflow(company.workflow), at_workflow(company.workflow, "owner")
    save(company, edit(cell, person(company.lead)), edit(other, person(company.lead)))
    save(company, edit(cell, person(company.second)), by=boss, publish=True)
    (done,) = save(company, publish=True)
    assert not done.published and [item.theirs for item in done.stale] == [person(company.second)]
    (done,) = save(company, edit(cell, person(company.lead), seen=person(company.second)), publish=True)
    assert done.published and effective("orders")[cell].value == person(company.lead)


def test_a_team_admin_changes_the_own_matrix_and_no_other(company) -> None:
    keeper = make.make_person("keeper", teams=(company.team,), role=roles.TEAM_ADMIN)
    foreign = make.make_workflow("foreign", team=make.make_team("returns"))
    own = edit(at_workflow(company.workflow), person(company.second))
    others = [edit(at_workflow(foreign), person(company.second)), edit(Cell("default", "", "owner", "sev1"), None)]
    for wrong in (others[0], edit(Cell("default", "", "owner", "sev1"), person(company.lead))):
        with refused(access.Refused, "own team only"):
            save(company, wrong, by=keeper)
    with refused(grid.RowsOfOthers, "Foreign belongs to Returns") as refusal:
        save(company, own, others[0], by=keeper)
    assert [cell for cell, _why in refusal.value.rows] == [others[0].cell]
    (done,) = save(company, own, by=keeper)
    assert done.document.scope_value == str(company.team.pk) and done.change
    (published,) = save(company, by=keeper, publish=True)
    assert published.published and published.change.model == "standard"


def test_the_request_of_a_team_admin_is_published_by_a_governance_admin(company) -> None:
    keeper = make.make_person("keeper", teams=(company.team,), role=roles.TEAM_ADMIN)
    (done,) = save(company, edit(at_workflow(company.workflow), person(company.second)), by=keeper)
    request = changes.send(version=done.change.version, reason="Fits", by=company.admin, at=NOW + timedelta(hours=1))
    assert request == done.change and request.requested_by == keeper and request.reason == "New owners"
    assert request.state == "published"


@pytest.mark.parametrize("role", [roles.RESPONDER, roles.AUDITOR, roles.ADMIN])
def test_others_may_save_nothing(company, role) -> None:
    someone = make.make_person("someone", teams=(company.team,), role=role, is_superuser=role == roles.ADMIN)
    with refused(access.Refused):
        save(company, edit(at_workflow(company.workflow), person(company.second)), by=someone)


def test_a_reason_is_mandatory_and_nothing_is_nothing(company) -> None:
    cell = edit(at_workflow(company.workflow), person(company.second))
    for reason in ("", "  ", "x" * 501):
        with refused(changes.ReasonMissing):
            grid.save(edits=[cell], reason=reason, by=company.admin, at=NOW)
    with refused(grid.NothingToSave):
        save(company)
    with refused(grid.NothingToSave, "does not exist"):
        save(company, edit(Cell("team", "01900000-0000-7000-8000-000000000000", "on_call"), person(company.second)))


def test_a_blocking_finding_keeps_the_draft_and_says_why(company) -> None:
    gone = make.make_person("gone", is_active=False)
    (done,) = save(company, edit(at_workflow(company.workflow), person(gone)), publish=True)
    assert not done.published and "no longer active" in done.problem
    assert done.change.state == "draft" and Version.objects.get(pk=done.change.version_id).frozen_at is None


def test_what_policy_does_not_pre_approve_is_sent_and_says_what_it_waits_for(company) -> None:
    rule = {"key": "all", "title": "All", "when": {"kinds": ["matrix"]}}
    judged_by(rule | {"needs": [{"key": "lead", "title": "Lead", "who": {"person": company.lead.email}}]}, company)
    (done,) = save(company, edit(at_workflow(company.workflow), person(company.second)), publish=True)
    assert (done.published, done.change.state) == (False, "in_review") and "Lead" in done.waits
    with refused(access.Refused, f"Your change {done.change.reference} is under review; call it back to add to it"):
        save(company, edit(at_workflow(company.workflow), person(company.lead)))


def judged_by(rule, company) -> None:
    """From now on `rule` judges changes besides that of the policy itself."""
    second = make.make_person("keeper-of-policy", role=roles.GOVERNANCE_ADMIN)
    policy = Document.objects.get(kind="approval")
    content = yaml.safe_load(versions.export_yaml(policy.effective_version))
    content["rows"] = [rule, content["rows"][-1]]
    version = make.make_draft(content, kind="approval", key=policy.key, by=company.admin)
    change = changes.send(version=version, reason="stricter", by=company.admin, at=NOW)
    reviews.review(change=change, verdict="approve", rationale="", seen=version.digest, by=second, at=NOW)
