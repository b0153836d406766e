"""One draft of each document for whoever edits its sections: kept beside those of others, and with the grid."""

import json

import pytest

from governance.documents.cells import Cell, Edit, Held, Value
from governance.models import ChangeRequest, Version
from governance.reads import drafts, grid_cell
from governance.services import changes, grid, versions
from governance.services import drafts as service
from tests.factories_governance import NOW
from tests.governance.pages import body
from tests.governance.section_forms import WHY, fields, mine, opened, send, url
from tests.governance.unchanged import picture, refused

pytestmark = pytest.mark.django_db


def test_a_section_that_somebody_changed_meanwhile_is_shown_with_both_texts(client, admin, company) -> None:
    data = opened(client, company.matrix) | WHY | {"roles.0.title": ["Mine"]}
    theirs = [{**role, "title": "Theirs"} for role in mine(company.matrix, admin)["roles"]]
    said = drafts.said(company.matrix.effective_version, company.matrix)
    kept = service.put(
        document=company.matrix,
        names=("roles",),
        parts={"roles": theirs},
        seen=drafts.token(said, ("roles",)),
        reason="first",
        by=company.admin,
        at=NOW,
    )
    changes.publish(version=kept.version, reason="first", by=company.admin, at=NOW)
    before = picture()
    text = body(send(client, company.matrix, "roles", data, status=422), 422)
    assert picture() == before
    assert "Admin saved this draft after you had opened it" in text
    assert "<del>Theirs</del>" in text and "<ins>Mine</ins>" in text
    again = fields(text)
    assert again["roles.0.title"] == ["Mine"]
    send(client, company.matrix, "roles", again)
    assert mine(company.matrix, admin)["roles"][0]["title"] == "Mine"


def test_other_parts_that_somebody_published_meanwhile_are_kept(client, admin, company) -> None:
    data = opened(client, company.matrix) | WHY | {"roles.0.title": ["Mine"]}
    send(client, company.matrix, "roles", data)
    other = versions.draft_from_effective(document=company.matrix, by=company.admin, at=NOW)
    words = versions.export_yaml(other).replace("title: Owner\n", "title: Owns it\n")
    versions.edit(version=other, text=words, by=company.admin, at=NOW)
    changes.publish(version=other, reason="first", by=company.admin, at=NOW)
    said = mine(company.matrix, admin)
    assert (said["roles"][0]["title"], said["responsibilities"][1]["title"]) == ("Mine", "Owns it")
    data = opened(client, company.matrix) | WHY | {"roles.0.hours": ["4"]}
    send(client, company.matrix, "roles", data)
    [request] = ChangeRequest.objects.filter(state="draft")
    assert request.version.based_on_id == other.pk
    changes.publish(version=request.version, reason="second", by=admin, at=NOW)


def test_a_part_that_both_changed_is_named_in_words_with_a_way_there(client, admin, company) -> None:
    data = opened(client, company.policy, "levels") | WHY | {"levels.1.window_minutes": ["20"]}
    send(client, company.policy, "levels", data)
    other = versions.draft_from_effective(document=company.policy, by=company.admin, at=NOW)
    content = json.loads(other.content)
    content["levels"][1]["window_minutes"] = 25
    versions.edit(version=other, text=json.dumps(content), by=company.admin, at=NOW)
    changes.publish(version=other, reason="first", by=company.admin, at=NOW)
    text = body(client.get(url(company.policy, "paths")))
    assert "Somebody else has changed these parts too" in text
    link = f'<li><a href="{url(company.policy, "levels")}">Levels · Second level</a></li>'
    assert link in text and "/levels/second" not in text


def test_the_grid_and_the_sections_keep_one_draft(client, admin, company) -> None:
    data = opened(client, company.matrix) | WHY | {"roles.0.title": ["Mine"]}
    send(client, company.matrix, "roles", data)
    cell = Cell("default", "", "owner", "any", "A")
    token = grid_cell.read(cell, by=admin, at=NOW).token
    value = Value(Held("person", str(company.leader.pk)))
    [saved] = grid.save(edits=[Edit(cell, value, token)], reason="cell", by=admin, at=NOW)
    assert saved.change.version.number == 2
    said = json.loads(saved.change.version.content)
    assert said["roles"][0]["title"] == "Mine"
    assert {"person": str(company.leader.pk)} in [row["holder"] for row in said["rows"]]
    assert Version.objects.filter(document=company.matrix, frozen_at=None).count() == 1


def test_a_draft_that_says_what_is_in_force_again_is_withdrawn(client, admin, company) -> None:
    for title, left in (("Mine", 1), ("Lead", 0)):
        data = opened(client, company.matrix) | WHY | {"roles.0.title": [title]}
        send(client, company.matrix, "roles", data)
        assert ChangeRequest.objects.filter(state="draft").count() == left
    assert "You see version 1, which is in force" in body(client.get(url(company.matrix)))


def test_a_draft_begun_by_hand_is_the_one_that_is_edited(client, admin, company) -> None:
    begun = versions.draft_from_effective(document=company.rubric, by=admin, at=NOW)
    data = opened(client, company.rubric, "dimensions") | WHY | {"dimensions.0.weight": ["9"]}
    send(client, company.rubric, "dimensions", data)
    begun.refresh_from_db()
    assert json.loads(begun.content)["dimensions"][0]["weight"] == 9
    assert begun.change_requests.count() == 1


def test_the_service_refuses_without_a_reason_and_writes_nothing(company) -> None:
    with refused(changes.ReasonMissing):
        service.put(document=company.matrix, names=("roles",), parts={}, seen="", reason=" ", by=company.admin, at=NOW)
