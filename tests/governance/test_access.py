"""Who may see a workflow and edit its rows, where no page asks (U5)."""

import pytest

from governance.documents import cells
from governance.documents.cells import Cell, Edit, Held, Value
from governance.services import grid
from portal import access, roles
from portal.services import people
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.governance.unchanged import says

pytestmark = pytest.mark.django_db


def test_who_sees_one_workflow_does_not_see_the_others(company: Company) -> None:
    other = make.make_workflow("payroll", team=make.make_team("payments"))
    member = make.make_person("member", teams=(company.team,))
    assert access.can(member, "view", company.workflow)
    answer = access.can(member, "view", other)
    sentence = "This workflow belongs to other teams; its owner can name you or your team in the matrix."
    assert (bool(answer), answer.reason) == (False, sentence)
    with says(access.Refused, sentence):
        access.require(member, "view", other)


def test_a_team_that_is_not_in_use_gives_its_admin_no_rows(company: Company) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))
    cell = Cell("workflow", str(company.workflow.pk), "on_call")
    value = Value(Held("person", str(company.second.pk)))
    edits = [Edit(cell, value, cells.token(None), name="order-sync")]
    with make._action(NOW):
        company.team.is_active = False
        company.team.save(update_fields=["is_active"])
    with says(grid.RowsOfOthers, "Order sync belongs to Orders; you edit the rows of your own team only."):
        grid.save(edits=edits, reason="New owners", by=keeper, at=NOW)


def test_who_has_left_the_team_publishes_no_draft_of_before(company: Company) -> None:
    keeper = make.make_person("keeper", role=roles.TEAM_ADMIN, teams=(company.team,))
    value = Value(Held("person", str(company.second.pk)))
    edits = [Edit(Cell("workflow", str(company.workflow.pk), "on_call"), value, cells.token(None), name="order-sync")]
    (done,) = grid.save(edits=edits, reason="New owners", by=keeper, at=NOW)
    assert done.change is not None and done.change.state == "draft"
    people.leave_team(person=keeper, team=company.team, by=company.admin, reason="moved", at=NOW)
    with says(access.Refused, "You keep the matrix of your own team only; a governance admin keeps this one."):
        grid.save(edits=[], reason="Into force", by=keeper, at=NOW, publish=True)
