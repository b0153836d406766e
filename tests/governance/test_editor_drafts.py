"""Drafts that several people write: kept beside each other, beside what comes into force, and with the grid."""

import json

import pytest

from governance.documents import section_places
from governance.documents.cells import Cell, Edit, Held, Value
from governance.models import ChangeRequest, Version
from governance.reads import drafts, grid_cell, sections
from governance.services import changes, grid, versions
from governance.services import drafts as service
from tests.factories_governance import NOW
from tests.governance.pages import body
from tests.governance.section_forms import begin, fields, opened, said, send, url
from tests.governance.unchanged import picture, says

pytestmark = pytest.mark.django_db
LEAD = "roles/lead"


def put(change, by, key: str, row: str, **changed) -> service.Kept:
    """What somebody else saves on a page: the fields of it that are `changed`."""
    change = ChangeRequest.objects.select_related("document").get(pk=change.pk)
    section = next(item for item in sections.of(change.document) if item.key == key)
    place = section_places.place(section, row)
    content = said(change)
    parts = (place.said(content) or {}) | changed
    return service.put(change=change, place=place, parts=parts, seen=place.token(content), by=by, at=NOW)


def publish(document, by, **changed) -> Version:
    """A version of somebody else, in force at once."""
    other = versions.draft_from_effective(document=document, by=by, at=NOW)
    content = json.loads(other.content)
    for path, value in changed.items():
        name, row, field = path.split("__")
        next(item for item in content[name] if item["key"] == row)[field] = value
    versions.edit(version=other, text=json.dumps(content), by=by, at=NOW)
    changes.send(version=other, reason="first", by=by, at=NOW)
    return other


def test_a_page_that_somebody_changed_meanwhile_is_shown_with_both_texts(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    data = opened(client, change, "roles", LEAD) | {"title": ["Mine"]}
    put(change, company.admin, "roles", LEAD, title="Theirs")
    before = picture()
    text = body(send(client, change, "roles", data, status=422), 422)
    assert "Admin saved this draft after you had opened it" in text
    assert "<del>Theirs</del>" in text and "<ins>Mine</ins>" in text
    passing = body(send(client, change, "roles", data, "draft", 200))
    assert "saved this draft after you had opened it" in passing
    assert picture() == before
    again = fields(text)
    assert again["title"] == ["Mine"]
    send(client, change, "roles", again)
    assert said(change)["roles"][0]["title"] == "Mine"


def test_two_people_who_write_different_rows_are_not_in_each_others_way(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    data = opened(client, change, "responsibilities", "responsibilities/owner") | {"title": ["Mine"]}
    moved = opened(client, change, "responsibilities")
    put(change, company.admin, "responsibilities", "responsibilities/on_call", title="Theirs")
    send(client, change, "responsibilities", data)
    answer = client.post(url(change, "responsibilities"), moved | {"do": "down:responsibilities.0"})
    send(client, change, "responsibilities", fields(body(answer)))
    titles = {duty["key"]: duty["title"] for duty in said(change)["responsibilities"]}
    assert (titles["owner"], titles["on_call"]) == ("Mine", "Theirs")
    assert list(titles)[:2] == ["owner", "on_call"]
    assert set(change.version.edits.values_list("by", flat=True)) == {admin.pk, company.admin.pk}, "both contributed"


def test_a_row_that_somebody_removed_meanwhile_is_shown_and_comes_back_when_saved_again(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    data = opened(client, change, "roles", LEAD) | {"title": ["Mine"]}
    put(change, company.admin, "roles", "", roles=[])
    text = body(send(client, change, "roles", data, status=422), 422)
    assert "saved this draft after you had opened it" in text
    send(client, change, "roles", fields(text))
    assert [(role["key"], role["title"]) for role in said(change)["roles"]] == [("lead", "Mine")]


def test_other_parts_that_come_into_force_meanwhile_are_kept(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    send(client, change, "roles", opened(client, change, "roles", LEAD) | {"title": ["Mine"]})
    other = publish(company.matrix, company.admin, responsibilities__owner__title="Owns it")
    found = said(change)
    assert (found["roles"][0]["title"], found["responsibilities"][1]["title"]) == ("Mine", "Owns it")
    send(client, change, "roles", opened(client, change, "roles", LEAD) | {"hours": ["4"]})
    change.refresh_from_db()
    assert change.version.based_on_id == other.pk
    changes.describe(change=change, by=admin, at=NOW, said={"reason": "second"})
    assert changes.submit(change=change, by=admin, at=NOW).state == "published"


def test_a_part_that_both_changed_is_named_in_words_with_a_way_there(client, admin, company) -> None:
    change = begin(company.policy, admin)
    key = said(change)["levels"][1]["key"]
    data = opened(client, change, "levels", f"levels/{key}") | {"window_minutes": ["20"]}
    send(client, change, "levels", data)
    publish(company.policy, company.admin, **{f"levels__{key}__window_minutes": 25})
    text = body(client.get(url(change, "paths")))
    assert "Somebody else has changed these too" in text
    assert f'<a href="{url(change, "levels", f"levels/{key}")}">Levels · Second level</a>' in text


def test_the_grid_and_the_editor_keep_one_draft(client, admin, company) -> None:
    change = begin(company.matrix, admin)
    send(client, change, "roles", opened(client, change, "roles", LEAD) | {"title": ["Mine"]})
    cell = Cell("default", "", "owner", "any", "A")
    token = grid_cell.read(cell, by=admin, at=NOW).token
    value = Value(Held("person", str(company.leader.pk)))
    [saved] = grid.save(edits=[Edit(cell, value, token)], reason="cell", by=admin, at=NOW)
    assert saved.change.pk == change.pk
    found = said(change)
    assert found["roles"][0]["title"] == "Mine"
    assert {"person": str(company.leader.pk)} in [row["holder"] for row in found["rows"]]
    assert Version.objects.filter(document=company.matrix, frozen_at=None).count() == 1


def test_one_person_has_one_draft_of_a_document(company) -> None:
    first = begin(company.rubric, company.admin)
    assert begin(company.rubric, company.admin) == first
    assert drafts.mine(company.rubric, company.admin).version == first.version
    assert ChangeRequest.objects.filter(state="draft").count() == 1


def test_what_was_withdrawn_takes_no_more_words(company) -> None:
    change = begin(company.rubric, company.admin)
    changes.withdraw(change=change, why="not now", by=company.admin, at=NOW)
    sentence = f"{change.reference} is withdrawn by now: nothing was saved. Call it back to change it."
    with says(service.NotADraft, sentence):
        put(change, company.admin, "basics", "", title="Other words")
