"""A draft shows, before it is published, whom it would tell otherwise."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.documents import cells
from governance.documents.cells import Cell, Edit, Held, Value
from governance.models import Version
from governance.reads import drafts, told_otherwise
from governance.services import grid
from incidents.services import intake
from portal import timers
from tests import factories_governance as make
from tests.factories_incidents import told
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


def matrix(company, on_call, *alternates):
    return make.company_matrix(
        triage_team="triage",
        on_call=on_call.email,
        alternates=tuple(person.email for person in alternates),
        lead=company.lead.email,
        accountable=company.leader.email,
    )


def drafted(company, content, kind: str = "matrix") -> Version:
    return make.make_draft(content, kind=kind, key="company", by=company.admin)


def test_a_changed_matrix_names_who_comes_and_who_goes(company) -> None:
    before = picture()
    draft = drafted(company, matrix(company, company.outsider, company.second))
    written = picture()
    report = told_otherwise.difference(draft, at=make.NOW)
    assert report is not None
    assert (report.added, report.removed) == ([("Outsider", 2)], [("Responder", 1)])
    assert picture() == written != before


def test_what_it_says_is_what_happens_once_it_is_published(company) -> None:
    draft = drafted(company, matrix(company, company.outsider, company.second))
    report = told_otherwise.difference(draft, at=make.NOW)
    assert report is not None
    make.publish(draft, by=company.admin)
    incident = intake.report(
        by=company.reporter,
        title="It stopped",
        workflow=company.workflow,
        started_at=make.NOW,
        answers={},
        submission_key="after",
        at=make.NOW,
    )
    timers.fire_due(at=make.NOW)
    (added,) = next(line for line in report.lines if line.workflow).change.added
    assert (told(incident), added.minutes) == ([added.name], 0)


def test_a_policy_is_compared_too(company) -> None:
    policy = make.escalation_policy(leadership="leadership")
    policy["levels"][2]["targets"] = [{"person": company.outsider.email}]
    report = told_otherwise.difference(drafted(company, policy, "escalation"), at=make.NOW)
    assert report is not None
    assert (report.added, report.removed, report.workflows) == ([("Outsider", 2)], [("Lead", 2)], 2)


def test_a_rubric_tells_nobody(company) -> None:
    assert told_otherwise.difference(drafted(company, make.triage_rubric(), "rubric"), at=make.NOW) is None


def test_the_page_of_the_draft_shows_it(company, admin, client) -> None:
    draft = drafted(company, matrix(company, company.outsider, company.second))
    body = client.get(reverse("admin:governance_version_change", args=[draft.pk])).content.decode()
    assert "Who would be told otherwise" in body
    assert "It adds:" in body and "Outsider (2)" in body and "It removes:" in body and "Responder (1)" in body


def test_an_unchanged_draft_says_that_nobody_is_told_otherwise(company, admin, client) -> None:
    draft = drafted(company, matrix(company, company.responder, company.second) | {"title": "Another title"})
    body = client.get(reverse("admin:governance_version_change", args=[draft.pk])).content.decode()
    assert "Nobody: the same people would be told at the same times." in body


def test_at_most_fifty_lines_and_a_constant_number_of_queries(company) -> None:
    draft = drafted(company, matrix(company, company.outsider, company.second))

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            told_otherwise.shown(draft, at=make.NOW)
        return len(queries)

    cost()
    few = cost()
    for _ in range(60):
        make.make_workflow(team=company.team)
    assert cost() == few
    shown = told_otherwise.shown(draft, at=make.NOW)
    assert (len(shown["told_lines"]), shown["told"].workflows) == (50, 62)


# Before saving


def unsaved(client: Client, company, words: str) -> str:
    sent = {"cell": Cell("default", "", "on_call").address, "text": words, "token": "whatever", "reason": ""}
    answer = client.post("/admin/governance/document/grid/told/", sent)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_grid_says_it_before_anything_is_saved(company, admin, client) -> None:
    before = picture()
    body = unsaved(client, company, f"{company.outsider.email}; {company.second.email}; 15 min")
    assert "Nothing has been saved" in body
    assert "It adds:" in body and "Outsider (2)" in body and "It removes:" in body and "Responder (1)" in body
    assert picture() == before


def test_unsaved_cells_come_to_the_same_as_their_drafts(company, admin) -> None:
    outsider, lead = (Held("person", str(person.pk)) for person in (company.outsider, company.lead))
    everybody, one = Cell("default", "", "on_call"), Cell("workflow", str(company.workflow.pk), "on_call")
    content = cells.cells(drafts.said(company.matrix.effective_version, company.matrix))
    edits = [
        Edit(everybody, Value(outsider), cells.token(content[everybody])),
        Edit(one, Value(lead, (outsider,), 5), cells.token(None), "order-sync"),
    ]
    foretold = told_otherwise.of_edits(edits, by=admin, at=make.NOW)
    assert {line.workflow and line.workflow.key for line in foretold.lines} == {None, "order-sync"}
    assert told_otherwise.of_edits([], by=admin, at=make.NOW).lines == ()
    grid.save(edits=edits, reason="New owners", by=admin, at=make.NOW)
    assert told_otherwise.of_edits([], by=admin, at=make.NOW) == foretold


def test_a_name_that_nobody_has_is_left_out_and_said(company, admin, client) -> None:
    body = unsaved(client, company, "Moonwalker")
    assert "1 cell could not be read" in body and "Nobody: the same people would be told" in body


def test_only_staff_ask(company, client) -> None:
    client.force_login(company.reporter)
    assert client.post("/admin/governance/document/grid/told/", {}).status_code == 302
