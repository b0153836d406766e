"""Pages of the editor: where they stand, what they say, and how their words get back into the whole."""

from __future__ import annotations

from typing import Any

import pytest

from governance.documents import section_forms, section_nodes, section_places, sections
from governance.documents.facts import Finding
from tests.governance.documents.filled_in import KINDS, NAMES, demo, matrix, section


def playbook() -> dict[str, Any]:
    steps = [
        {"key": "look", "title": "Look", "does": "scope"},
        {"key": "choose", "title": "Choose", "does": "gate", "options": [{"key": "fix", "title": "Fix it"}]},
    ]
    return {"title": "Book", "scenarios": [{"key": "stalled", "title": "Stalled", "steps": steps}]}


def pages(kind: str, content: Any) -> list[section_places.Place]:
    """Every page of a document: of each section, and of each large row at any depth."""
    found = []
    for part in sections.sections(kind, is_company=True):
        found.append(section_places.place(part))
        todo: list[tuple[str, Any, Any]] = [("", part.fields, content)]
        while todo:
            before, fields, here = todo.pop()
            for field in fields:
                inner = (here or {}).get(field.name)
                if field.widget == "part":
                    todo.append((f"{before}{field.name}/", field.fields, inner))
                if field.widget != "rows" or not (field.is_keyed and field.is_large):
                    continue
                for row in inner or ():
                    address = f"{before}{field.name}/{row['key']}"
                    found.append(section_places.place(part, address))
                    todo.append((f"{address}/", field.fields, row))
    assert None not in found
    return found  # type: ignore[return-value]


@pytest.mark.parametrize("kind", KINDS)
def test_every_page_of_a_document_writes_what_it_read(kind: str) -> None:
    content = demo(kind)
    for page in pages(kind, content):
        texts = section_forms.opened(page.here, page.row(content) or {}, NAMES)
        parts, problems = section_forms.content(page.here, texts, page.row(content) or {}, NAMES, path=page.path)
        assert problems == [] and page.put(content, parts) == (content, page.address)


def test_a_step_in_a_scenario_has_a_page_and_a_new_one_gets_a_key() -> None:
    part, content = section("playbook", "scenarios"), playbook()
    page = section_places.place(part, "scenarios/stalled/steps/choose")
    assert page is not None and page.around == "scenarios/stalled"
    assert section_places.crumbs(page, content) == [("Stalled", "scenarios/stalled")]
    assert section_places.siblings(page, content)[1] == 1
    new = section_places.place(part, "scenarios/stalled/steps/-")
    assert new is not None and new.is_new and new.row(content) is None and new.said(content) is None
    found, address = new.put(content, {"title": "Choose"})
    assert address == "scenarios/stalled/steps/choose-2"
    assert [step["key"] for step in found["scenarios"][0]["steps"]] == ["look", "choose", "choose-2"]
    assert content == playbook()


def test_a_list_shows_its_rows_and_keeps_their_words_when_they_move_or_go() -> None:
    part, content = section("playbook", "scenarios"), playbook()
    page = section_places.place(part, "scenarios/stalled")
    assert page is not None
    said = page.said(content)
    assert said == {"title": "Stalled", "steps": [{"key": "look"}, {"key": "choose"}]}
    steps = content["scenarios"][0]["steps"]
    found, _address = page.put(content, said | {"steps": [{"key": "choose"}, {"key": "nobody"}]})
    assert found["scenarios"][0]["steps"] == [steps[1]]
    token = page.token(content)
    steps[0]["title"] = "Look closely"
    assert page.token(content) == token, "the words of a row are not those of its list"
    steps.reverse()
    assert page.token(content) != token


def test_a_row_that_is_gone_is_added_again() -> None:
    part = section("playbook", "scenarios")
    page = section_places.place(part, "scenarios/stalled")
    assert page is not None
    found, address = page.put({"title": "Book"}, {"title": "Stalled"})
    assert found == {"title": "Book", "scenarios": [{"key": "stalled", "title": "Stalled"}]}
    assert address == "scenarios/stalled"


@pytest.mark.parametrize(
    "address",
    [
        *("scenarios", "scenarios/", "scenarios/-/steps/x", "scenarios/A", "scenarios/x/nothing/y", "title/x"),
        *("scenarios/x/steps", "scenarios/x/steps/y/options/z", "x" * 9000, "scenarios/x/" * 400),
    ],
)
def test_there_is_no_page_where_nothing_large_stands(address: str) -> None:
    assert section_places.place(section("playbook", "scenarios"), address) is None


def test_a_finding_leads_to_the_page_on_which_it_is_mended() -> None:
    parts = sections.sections("playbook", is_company=True)
    for path, wanted in {
        "/scenarios/stalled/steps/choose/options/fix/when": ("scenarios", "scenarios/stalled/steps/choose"),
        "/scenarios/stalled/rollback": ("scenarios", "scenarios/stalled"),
        "/scenarios": ("scenarios", ""),
        "/title": ("basics", ""),
        "/scope": ("", ""),
        "": ("", ""),
    }.items():
        assert section_places.nearest(parts, path) == wanted


def test_a_list_says_how_much_is_wrong_in_each_of_its_rows() -> None:
    page = section_places.place(section("matrix", "roles"))
    assert page is not None
    content = matrix()
    texts = section_forms.opened(page.here, content, NAMES)
    found = [Finding("blocking", "/roles/lead/hours", "too many"), Finding("advisory", "/roles/lead", "hm")]
    drawn = section_nodes.drawn(page.here, texts, found, NAMES, stored=content, was={"roles": []})
    [row] = drawn.nodes[0].rows
    assert (row.title, row.blocking, row.advisory, row.is_changed) == ("Lead", 1, 1, True)
    assert row.address == "roles/lead" and "Authority limits: 1" in [str(word) for word in row.note]
