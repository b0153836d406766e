"""The grid in the admin, without scripts: read, edit one cell, publish, refused cells, names that nobody has."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.documents import cells
from governance.documents.cells import Cell
from governance.models import ChangeRequest, Document
from governance.reads import assignments, documents, drafts, grid_rows, grid_world
from governance.services import changes
from portal import audit, roles
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance import pages
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(company, client: Client):
    admin = make.make_person("boss", role=roles.GOVERNANCE_ADMIN, is_staff=True)
    client.force_login(admin)
    return admin


def twin(name: str) -> None:
    """Somebody else of the same name."""
    with audit.action(actor=None, actor_label="test", reason="set up", at=NOW):
        person = make.make_person("twin")
        person.name = name
        person.save(update_fields=["name"])


GRID = "/admin/governance/document/grid/"


def opened(client: Client, address: str = GRID, **query: str) -> str:
    return pages.body(client.get(address, query))


def at_workflow(company, responsibility: str = "on_call", **more: str) -> Cell:
    return Cell("workflow", str(company.workflow.pk), responsibility, **more)


def post(client: Client, cell: Cell, text: str, *, token: str = grid_rows.NOTHING, **more: str) -> Any:
    sent = {"cell": cell.address, "text": text, "token": token, "reason": "New owners"} | more
    return client.post(GRID, sent)


def effective(key: str) -> dict[Cell, cells.Entry]:
    document = Document.objects.get(kind="matrix", key=key)
    return cells.cells(drafts.said(document.effective_version, document))


def test_the_grid_shows_who_holds_what_and_where_that_comes_from(client, admin) -> None:
    body = opened(client)
    assert "Order sync" in body and "<b>Responder</b>" in body and "then Second" in body
    assert "from the company default" in body and 'name="reason"' in body
    assert body.index("The whole company") < body.index("Orders") < body.index("Order sync")
    assert "<span><b>I</b>Informed: is told</span>" in body  # what the letters in the cells mean


def test_the_number_of_queries_does_not_depend_on_the_size(client, admin, company, django_assert_num_queries) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as before:
        opened(client)
    for number in range(5):
        make.make_workflow(f"more-{number}", team=make.make_team(f"team-{number}"))
    with django_assert_num_queries(len(before)):
        opened(client)


def test_one_cell_is_a_plain_form(client, admin, company) -> None:
    address = reverse("admin:governance_grid_cell", args=[at_workflow(company).address])
    body = opened(client, address)
    assert "no row of its own" in body and 'name="holder"' in body and "Outsider" in body
    fields = {"holder": "Second", "alternate": ["outsider@example.test", ""], "acknowledge": "5", "decide": ""}
    sent = fields | {"cell": at_workflow(company).address, "token": grid_rows.NOTHING, "reason": "Away", "save": "Save"}
    answer = client.post(GRID, sent, follow=True)
    assert "1 cell saved in the draft of version 1" in answer.content.decode()
    assert 'value="Second"' in opened(client, address) and 'value="5"' in opened(client, address)
    request = ChangeRequest.objects.get(state="draft")
    assert (request.reason, request.requested_by) == ("Away", admin)
    assert "was: inherited" in opened(client, GRID) and "1 change in your draft" in opened(client, GRID, changed="1")


def test_several_are_informed_and_one_alone_is_accountable(client, admin, company) -> None:
    cell = at_workflow(company, letter="I")
    address = reverse("admin:governance_grid_cell", args=[cell.address])
    assert 'name="more"' in opened(client, address)
    sent = {"holder": "Second", "has_more": "1", "more": ["Outsider; 5 min", " "], "text": "Second"}
    assert post(client, cell, **sent, publish="1").status_code == 302
    both = effective("orders")[cell].values
    assert [value.holder.ref for value in both] == [str(company.second.pk), str(company.outsider.pk)]
    body = opened(client, address)
    assert 'value="Outsider; 5 min"' in body and "Second / Outsider; 5 min" in body
    post(
        client,
        cell,
        **{**sent, "text": "", "more": ["Outsider"]},
        token=cells.token(effective("orders")[cell]),
        publish="1",
    )
    assert [value.holder.ref for value in effective("orders")[cell].values] == [str(company.outsider.pk)]
    before = picture()
    answer = post(client, at_workflow(company), "Second", has_more="1", more=["Outsider"])
    assert answer.status_code == 422 and "One alone is accountable" in answer.content.decode()
    assert picture() == before
    assert 'name="more"' not in opened(
        client, reverse("admin:governance_grid_cell", args=[at_workflow(company).address])
    )


def test_a_drafted_cell_is_taken_back_to_what_is_in_force(client, admin, company) -> None:
    cell, other = at_workflow(company), at_workflow(company, "owner")
    address = reverse("admin:governance_grid_cell", args=[cell.address])
    post(client, cell, "Second; Outsider", publish="1")
    assert 'id="back"' not in opened(client, address)
    post(client, cell, "Outsider", token=cells.token(effective("orders")[cell]))
    post(client, other, "Second")
    body = opened(client, address)
    form = body[body.index('id="back"') :]
    assert "Second; Outsider" in form
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[: form.index("</form>")]))
    assert client.post(GRID, sent, follow=True).status_code == 200
    request = ChangeRequest.objects.get(state="draft")
    said = cells.cells(json.loads(request.version.content))
    assert said[cell] == effective("orders")[cell] and other in said


def test_publishing_a_cell_and_its_history(client, admin, company) -> None:
    cell = at_workflow(company)
    post(client, cell, "Second; Outsider; 5 min", publish="1")
    value = effective("orders")[cell].value
    assert value.holder.ref == str(company.second.pk) and value.acknowledge_minutes == 5
    post(client, cell, "Outsider", token=cells.token(effective("orders")[cell]), publish="1", reason="Second is away")
    body = opened(client, reverse("admin:governance_grid_cell", args=[cell.address]))
    history = re.sub(r"<[^>]+>", " ", body[body.index("History of this cell") :])
    assert "Second is away" in history and "New owners" in history and "Boss" in history
    assert history.index("Second is away") < history.index("New owners")
    assert "inherited" in history and "Second; Outsider; 5 min" in history


def test_the_page_of_a_cell_says_what_else_would_come_into_force(client, admin, company) -> None:
    address = reverse("admin:governance_grid_cell", args=[at_workflow(company).address])
    assert "brings your drafts into force too" not in opened(client, address)
    post(client, at_workflow(company), "Second")
    title = ChangeRequest.objects.get(state="draft").document.title
    assert f"“Send for approval” sends your drafts too: {title}." in opened(client, address)


def test_an_emptied_cell_inherits_again(client, admin, company) -> None:
    cell = at_workflow(company)
    post(client, cell, "Second; Outsider", publish="1")
    post(client, cell, "", token=cells.token(effective("orders")[cell]), publish="1")
    assert cell not in effective("orders")


def test_a_concurrent_cell_is_shown_with_both_values_and_may_be_kept(client, admin, company) -> None:
    cell = at_workflow(company)
    post(client, cell, "Second; Outsider", publish="1")
    before = picture()
    answer = post(client, cell, "Outsider; Second", publish="1")  # it still names the token of the empty cell
    body = answer.content.decode()
    assert answer.status_code == 422 and "Second; Outsider" in body and "Outsider; Second" in body
    assert re.search(r"Boss saved this cell, [^<]+: New owners", body)
    assert picture() == before
    token = re.search(r'name="token" value="([0-9a-f]+)"', body)
    assert token is not None
    assert post(client, cell, "Outsider; Second", token=token[1], publish="1").status_code == 302
    assert effective("orders")[cell].value.holder.ref == str(company.outsider.pk)


def test_a_name_that_nobody_has_is_asked_again_and_the_rest_is_saved(client, admin, company) -> None:
    edits = [
        {"cell": at_workflow(company).address, "text": "Nobdy", "token": grid_rows.NOTHING},
        {"cell": at_workflow(company, "owner").address, "text": "Second", "token": grid_rows.NOTHING},
    ]
    answer = client.post(GRID, {"edits": json.dumps(edits), "reason": "Paste", "publish": "1"})
    assert answer.status_code == 422 and "Nobody is called “Nobdy”" in answer.content.decode()
    request = ChangeRequest.objects.get(state="draft")  # not published while a cell is open
    assert list(cells.cells(json.loads(request.version.content))) == [at_workflow(company, "owner")]


def test_without_a_reason_nothing_is_saved_and_what_was_typed_stays(client, admin, company) -> None:
    before = picture()
    edits = json.dumps([{"cell": at_workflow(company).address, "text": "Second", "token": grid_rows.NOTHING}])
    answer = client.post(GRID, {"edits": edits, "reason": " "})
    assert answer.status_code == 422 and picture() == before
    assert "Say in up to 500 characters why" in answer.content.decode()
    assert at_workflow(company).address in answer.content.decode()


def test_a_team_admin_edits_the_own_rows_only(client, company) -> None:
    keeper = make.make_person("keeper", teams=(company.team,), role=roles.TEAM_ADMIN, is_staff=True)
    foreign = make.make_workflow("foreign", team=make.make_team("returns"))
    client.force_login(keeper)
    body = opened(client)
    assert 'name="publish"' in body  # what policy pre-approves takes effect, the rest is reviewed
    columns = body.count('<th scope="col">') - 1
    assert body.count(" data-token") == 2 * columns  # the team's row and its one workflow
    before = picture()
    cell = Cell("workflow", str(foreign.pk), "on_call")
    assert post(client, cell, "Second").status_code == 403 and picture() == before
    assert "own team only" in opened(client, reverse("admin:governance_grid_cell", args=[cell.address]))
    assert post(client, at_workflow(company), "Second").status_code == 302


def test_who_keeps_some_rows_alone_meets_them_first(client, company) -> None:
    make.make_workflow("foreign", team=make.make_team("archive"))
    client.force_login(make.make_person("keeper", teams=(company.team,), role=roles.TEAM_ADMIN, is_staff=True))
    titles = re.findall(r'<tbody data-team="([^"]*)"( data-kept)?', opened(client))
    assert titles == [("orders", " data-kept"), ("company", ""), ("archive", "")]
    for role in (roles.GOVERNANCE_ADMIN, roles.AUDITOR):
        client.force_login(make.make_person(role.lower(), role=role, is_staff=True))
        titles = re.findall(r'<tbody data-team="([^"]*)"( data-kept)?', opened(client))
        assert titles == [("company", ""), ("archive", ""), ("orders", "")]


def test_the_bar_to_save_is_for_scripts_alone_and_else_every_cell_opens_its_form(client, admin, company) -> None:
    hint = "Each cell opens its own form"
    body = opened(client)
    assert hint in body and re.search(r'<form class="savebar"[^>]* hidden\b', body)
    assert hint not in opened(client, GRID, q="no such workflow")
    edits = json.dumps([{"cell": at_workflow(company).address, "text": "Second", "token": grid_rows.NOTHING}])
    body = client.post(GRID, {"edits": edits, "reason": " "}).content.decode()  # scripts have sent this
    assert hint not in body and not re.search(r'<form class="savebar"[^>]* hidden\b', body)
    client.force_login(make.make_person("auditor", role=roles.AUDITOR, is_staff=True))
    assert hint not in opened(client)


def test_the_top_of_the_page_leads_to_its_findings(client, admin, company) -> None:
    link = re.compile(r'<a href="#findings">([^<]*)</a>')
    before = link.findall(opened(client))
    post(client, at_workflow(company), "Second")
    after = link.findall(opened(client))
    assert (before, after) == ([], ["1 finding"])
    assert 'id="findings"' in opened(client)


def test_what_others_would_like_stands_in_the_cell(client, admin, company) -> None:
    keeper = make.make_person("keeper", teams=(company.team,), role=roles.TEAM_ADMIN, is_staff=True)
    client.force_login(keeper)
    cell = at_workflow(company)
    post(client, cell, "Outsider; Second")
    assert "wants:" not in opened(client)  # it is the own draft
    client.force_login(admin)
    body = opened(client)
    assert "Keeper wants: Outsider; Second" in body and "Drafts of others" in body
    assert "Keeper wants: Outsider; Second" in opened(
        client, reverse("admin:governance_grid_cell", args=[cell.address])
    )
    assert "wants:" not in opened(client, GRID, severity="sev1")
    changes.send(version=ChangeRequest.objects.get(state="draft").version, reason="Fits", by=admin, at=NOW)
    assert "wants:" not in opened(client)


def test_staff_without_a_matrix_read_only(client, company) -> None:
    client.force_login(make.make_person("auditor", role=roles.AUDITOR, is_staff=True))
    body = opened(client)
    assert "data-token" not in body and 'name="reason"' not in body


def test_what_is_wrong_stands_in_the_cell_and_beside(client, admin, company) -> None:
    gone = make.make_person("gone", is_active=False)
    twin("Outsider")
    post(client, at_workflow(company), gone.email)
    body = opened(client)
    assert "Gone is no longer active" in body and "nobody stands in" in body and "Must be fixed" in body
    answer = post(client, at_workflow(company, "owner"), "Outsider")
    assert "Several are called “Outsider”" in answer.content.decode()


def test_texts_are_looked_up_without_saving(client, admin, company) -> None:
    before = picture()
    edits = [{"cell": at_workflow(company).address, "text": text} for text in ("second@example.test; 15 min", "Who")]
    answer = client.post("/admin/governance/document/grid/check/", {"edits": json.dumps(edits)}).json()["cells"]
    assert [item["text"] for item in answer] == ["Second; 15 min", "Who"] and picture() == before
    assert answer[0]["flaws"] == [{"level": "advisory", "words": "nobody stands in"}] and not answer[0]["same"]
    assert answer[1]["problem"] == "Nobody is called “Who”."
    found = client.get("/admin/governance/document/grid/people/", {"q": "sec"}).json()["choices"]
    assert [item["label"] for item in found] == ["Second"]


def looked_up(client: Client, *edits: tuple[Cell, str]) -> list[dict[str, Any]]:
    sent = json.dumps([{"cell": cell.address, "text": text} for cell, text in edits])
    found: list[dict[str, Any]] = client.post(f"{GRID}check/", {"edits": sent}).json()["cells"]
    return found


def test_a_text_is_judged_before_it_is_saved(client, admin, company) -> None:
    cell = at_workflow(company)
    post(client, cell, "Second; Outsider", publish="1")
    gone = make.make_person("gone", is_active=False)
    new = make.make_workflow("fresh", team=make.make_team("fresh"))
    before = picture()
    (emptied,) = looked_up(client, (cell, ""))
    assert (emptied["inherits"], emptied["origin"], emptied["same"]) == ("Responder", "from the company default", False)
    (kept,) = looked_up(client, (cell, "second@example.test; Outsider"))
    assert kept["same"] and kept["flaws"] == []
    first, second = looked_up(
        client, (Cell("workflow", str(new.pk), "on_call"), gone.email), (Cell("default", "", "on_call"), "")
    )
    words = [flaw["words"] for flaw in first["flaws"]]
    assert words == ["Gone is no longer active", "nobody stands in"] and first["flaws"][0]["level"] == "blocking"
    assert [flaw["words"] for flaw in second["flaws"]] == ["no row says who"]
    assert picture() == before


@pytest.mark.parametrize("address", ["workflow:1:on_call:any:A", "criticality:vast:on_call:any:A", "a\x00b", "[]"])
def test_an_address_that_nothing_has_is_refused_and_saves_nothing(client, admin, address) -> None:
    before = picture()
    answer = client.post(GRID, {"cell": address, "text": "Second", "token": "", "reason": "Try"})
    assert answer.status_code == 422 and "This cell does not exist" in answer.content.decode()
    assert picture() == before


@pytest.mark.parametrize("address", ["x", "workflow:1:on_call:any:A", "default::nothing:any:A"])
def test_a_cell_that_does_not_exist_is_not_found(client, admin, address) -> None:
    assert client.get(f"/admin/governance/document/grid/cell/{address}/").status_code == 404


def test_every_text_of_a_cell_reads_back(company) -> None:
    twin("Second")
    world = grid_world.World(company.admin, NOW)
    for rows in grid_rows.rows_by_cell(world.now).values():
        for value in rows.values:
            assert world.holders.read(world.holders.text(value)) == value


def test_a_cell_without_a_reason_is_asked_for_it_and_keeps_what_was_typed(client, admin, company) -> None:
    cell, before = at_workflow(company), picture()
    fields = {"holder": "Second", "alternate": ["Outsider", ""], "acknowledge": "7", "decide": "9", "reason": " "}
    answer = client.post(GRID, fields | {"cell": cell.address, "token": grid_rows.NOTHING, "save": "1"})
    body = answer.content.decode()
    assert answer.status_code == 422 and "Say in up to 500 characters why" in body
    for value in ("Second", "Outsider", "7", "9", cell.address, grid_rows.NOTHING):
        assert f'value="{value}"' in body
    assert picture() == before


def test_names_that_nobody_has_are_mended_together(client, admin, company) -> None:
    first, other = at_workflow(company), at_workflow(company, letter="I")
    listed = [{"cell": cell.address, "text": "Secnd", "token": grid_rows.NOTHING} for cell in (first, other)]
    answer = client.post(GRID, {"edits": json.dumps(listed), "reason": "Two owners", "save": "1"})
    body = answer.content.decode()
    assert (
        answer.status_code == 422 and body.count("Nobody is called “Secnd”.") == 2 and "Nothing was saved yet" in body
    )
    sent: dict[str, Any] = {"open": ["1", "2"], "edits": "[]", "reason": "Two owners", "save": "1"}
    for number, (cell, text) in enumerate(((first, "Second"), (other, "Thrd")), 1):
        assert f'name="cell-{number}" value="{cell.address}"' in body
        sent |= {f"cell-{number}": cell.address, f"text-{number}": text, f"token-{number}": grid_rows.NOTHING}
    answer = client.post(GRID, sent)
    body = answer.content.decode()
    assert answer.status_code == 422 and "1 cell saved in the draft" in body and 'value="Thrd"' in body
    assert first.address not in body


def test_keeping_one_cell_forgets_no_other_that_is_still_open(client, admin, company) -> None:
    first, other = at_workflow(company), at_workflow(company, letter="I")
    assert post(client, first, "Second", publish="1").status_code == 302
    theirs = cells.token(effective("orders")[first])
    listed = [{"cell": first.address, "text": "Outsider", "token": grid_rows.NOTHING}]
    listed += [{"cell": other.address, "text": "Secnd", "token": grid_rows.NOTHING}]
    body = client.post(GRID, {"edits": json.dumps(listed), "reason": "Mine"}).content.decode()
    assert "Somebody else was faster" in body and "Nobody is called “Secnd”." in body
    sent = {"cell": first.address, "text": "Outsider", "token": theirs, "reason": "Mine"}
    sent["edits"] = json.dumps(listed[1:])
    answer = client.post(GRID, sent | {"theirs": "1"})
    body = answer.content.decode()
    assert answer.status_code == 422 and 'value="Secnd"' in body and first.address not in body
    assert effective("orders")[first].values[0].holder.ref == str(company.second.pk)
    answer = client.post(GRID, sent | {"save": "1"})
    body = answer.content.decode()
    assert answer.status_code == 422 and 'value="Secnd"' in body and "1 cell saved in the draft" in body
    assert client.post(GRID, {**sent, "edits": "[]", "theirs": "1"}).status_code == 302


def test_a_finding_says_row_and_responsibility(client, admin, company) -> None:
    assert post(client, at_workflow(company), "Second", publish="1").status_code == 302
    columns = assignments.responsibilities(documents.matrices(), None)
    assert f"Order sync, {columns['on_call']}</a>: nobody stands in" in opened(client)


def test_the_first_page_of_the_admin_leads_to_the_grid(client, admin) -> None:
    assert f'href="{GRID}"' in opened(client, "/admin/")
