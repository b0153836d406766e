"""The pages of playbooks and failure patterns, through HTTP (D4, D44-D51)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import Document
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests.factories_governance import Company
from tests.governance.pages import other_holder, revised
from tests.governance.test_playbooks import GATE, newer_module
from tests.governance.test_playbooks import scenario as any_scenario
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db
PLAYBOOK = "/playbooks/nothing-happens/"


@pytest.fixture
def company() -> Company:
    return keeping.make_company()


@pytest.fixture
def reader(company: Company) -> Client:
    client = Client()
    client.force_login(company.responder)
    return client


def scenario(**changed: Any) -> dict[str, Any]:
    look = {"key": "look", "title": "Look", "does": "scope", "responsibility": "on_call"}
    back = {"key": "back", "title": "Go back", "does": "rollback", "follows": "stalled", "responsibility": "on_call"}
    found: dict[str, Any] = json.loads(json.dumps(any_scenario(**({"steps": [look, GATE, back]} | changed))))
    return found  # NOTE YAML may not share a part


def page(client: Client, url: str, status: int = 200, **asked: str) -> str:
    """The words of the page."""
    answer = client.get(url, asked)
    assert answer.status_code == status
    main = answer.content.decode().split("<main", 1)[1].split("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def make_playbook(company: Company, **changed: Any) -> Document:
    keeping.make_module(company.admin, symptoms=["The inbox stays empty"], summary="The start is missing.")
    return keeping.make_playbook(company.admin, scenarios=[scenario(**changed)])


# The list


def test_the_list_says_what_each_is_for_and_where_a_pattern_is_used(reader: Client, company: Company) -> None:
    make_playbook(company)
    words = page(reader, "/playbooks/")
    assert "Nothing happens To run again. For: Nothing happens Version 1" in words
    assert "Stalled trigger The start is missing. Used in: Nothing happens Version 1" in words
    assert "newer version" not in words


def test_the_list_warns_of_a_pattern_with_a_newer_version(reader: Client, company: Company) -> None:
    make_playbook(company)
    newer_module(company)
    assert "1 failure pattern has a newer version" in page(reader, "/playbooks/")


def test_a_playbook_is_found_by_what_one_sees_of_the_failure(reader: Client, company: Company) -> None:
    make_playbook(company)
    assert "Playbooks in force" in page(reader, "/playbooks/", q="INBOX empty")
    words = page(reader, "/playbooks/", q="earthquake")
    assert "No playbook speaks of this" in words and "To run again." not in words


def test_choosing_a_failure_pattern_leaves_what_uses_it(reader: Client, company: Company) -> None:
    make_playbook(company)
    other = keeping.module(title="Rate limit")
    make.make_document(other, kind="module", key="rate-limit", by=company.admin)
    words = page(reader, "/playbooks/", failure="stalled")
    assert "To run again." in words and "The start is missing." in words
    words = page(reader, "/playbooks/", failure="rate-limit")
    assert "To run again." not in words and "The start is missing." not in words


def test_an_empty_library_says_who_can_write_the_first_one(reader: Client, company: Company) -> None:
    assert "Write the first one" in page(reader, "/playbooks/")
    reader.force_login(company.reporter)
    words = page(reader, "/playbooks/")
    assert "People who work on incidents and boards can write one." in words and "Propose a change" not in words


def test_the_list_costs_the_same_for_many_as_for_few(reader: Client, company: Company) -> None:
    make_playbook(company)

    def cost() -> int:
        reader.get("/playbooks/")
        with CaptureQueriesContext(connection) as found:
            assert reader.get("/playbooks/").status_code == 200
        return len(found)

    few = cost()
    for number in range(3):
        keeping.make_playbook(company.admin, key=f"more-{number}", title=f"More {number}")
    assert cost() == few


# A playbook


def test_a_playbook_reads_from_when_to_use_it_to_the_way_back(reader: Client, company: Company) -> None:
    keeping.make_module(company.admin)
    hand = {"when": "After an hour.", "steps": [keeping.row("list")], "back": "Hand over."}
    letter = {"key": "first", "title": "First words", "text": "We know of it."}
    parts = {"when": "No order arrives.", "manual": hand, "liaison": [letter], "scenarios": [scenario()]}
    keeping.make_playbook(company.admin, **parts)
    words = page(reader, PLAYBOOK)
    said = [
        "Version 1, in force",
        "To run again.",
        "No order arrives.",
        "How do we go on?",
        "Fix in place",
        "Do rollback",
    ]
    said += [
        "Way back Back to the last version.",
        "Failure patterns behind it Stalled trigger, version 1",
        "Is the data right on both sides?",
    ]
    said += ["After an hour.", "Do list", "Hand over.", "First words", "We know of it.", "How it stands"]
    places = [words.index(text) for text in said]
    assert places == sorted(places)
    assert "On call:" not in words  # nobody is named before a process is


def test_with_a_process_names_times_and_what_hangs_on_it_stand_there(reader: Client, company: Company) -> None:
    make_playbook(company)
    other = make.make_workflow("stock", team=company.team)
    make.make_dependency(other, company.workflow, title="stock levels")
    words = page(reader, PLAYBOOK, workflow=company.workflow.key, severity="sev2")
    assert "On call: Responder" in words and "then Second" in words
    assert "Lead: Lead" in words
    assert "Judge how serious it is 15 min Decide what to do" in words and "answers within" in words
    assert "Before it" in words and "stock levels" in words
    assert "@" not in words


def test_another_holder_in_the_matrix_is_another_name_on_the_page(reader: Client, company: Company) -> None:
    make_playbook(company)
    draft = revised(company, company.admin, rows=other_holder(company))
    make.publish(draft, by=company.admin)
    words = page(reader, PLAYBOOK, workflow=company.workflow.name)
    assert "On call: Leader" in words and "Version 1, in force" in words


def test_an_unknown_process_is_refused_in_words_and_nothing_is_written(reader: Client, company: Company) -> None:
    make_playbook(company)
    before = picture()
    words = page(reader, PLAYBOOK, 422, workflow="Moon landing")
    assert "We know no process called “Moon landing”." in words and "Back to the last version." in words
    assert picture() == before


def test_a_playbook_for_one_process_is_about_that_one_at_once(reader: Client, company: Company) -> None:
    keeping.make_module(company.admin)
    keeping.make_playbook(company.admin, key="own", **keeping.on(company.workflow), scenarios=[scenario()])
    assert "On call: Responder" in page(reader, "/playbooks/own/")


def test_one_scenario_is_shown_and_all_of_them_to_print(reader: Client, company: Company) -> None:
    keeping.make_module(company.admin)
    second = scenario(key="second", title="It hangs", rollback="Kill it.")
    keeping.make_playbook(company.admin, scenarios=[scenario(), second])
    words = page(reader, PLAYBOOK)
    assert "Which of these is it?" in words and "Back to the last version." in words and "Kill it." not in words
    words = page(reader, PLAYBOOK, scenario="second")
    assert "Kill it." in words and "Back to the last version." not in words
    words = page(reader, PLAYBOOK, scenario="all")
    assert "Kill it." in words and "Back to the last version." in words


def test_an_earlier_version_can_be_read_and_says_that_it_is_not_in_force(reader: Client, company: Company) -> None:
    document = make_playbook(company)
    keeping.next_version(document, by=company.admin, purpose="To run better.", scenarios=[scenario()])
    words = page(reader, PLAYBOOK)
    assert "To run better." in words and "Do not work by this text" not in words
    words = page(reader, PLAYBOOK, version="1")
    assert "To run again." in words and "To run better." not in words
    assert "Version 1, not in force" in words and "Do not work by this text: it is not in force." in words
    assert "Read version 2, which is" in words


@pytest.mark.parametrize("asked", ["3", "0", "-1", "one", "99999999999999999999"])
def test_a_version_that_was_never_in_force_is_not_found(reader: Client, company: Company, asked: str) -> None:
    document = make_playbook(company)
    content = keeping.playbook(purpose="Secret draft.", scenarios=[scenario()])
    make.make_draft(content, kind="playbook", key=document.key, by=company.admin)
    assert reader.get(PLAYBOOK, {"version": asked}).status_code == 404
    assert reader.get(PLAYBOOK, {"version": "2"}).status_code == 404


def test_a_newer_version_of_a_module_is_named_beside_the_pinned_one(reader: Client, company: Company) -> None:
    make_playbook(company)
    newer_module(company)
    words = page(reader, PLAYBOOK)
    assert "Stalled trigger, version 1 version 2 is in force by now" in words and "Do again" not in words


def test_two_hundred_steps_cost_no_more_questions_than_two(reader: Client, company: Company) -> None:
    keeping.make_module(company.admin)
    steps = [{"key": f"s{number}", "title": "Do", "responsibility": "on_call"} for number in range(200)]
    keeping.make_playbook(company.admin, scenarios=[scenario()])
    content = [scenario(key=f"k{number}", steps=steps) for number in range(2)]
    keeping.make_playbook(company.admin, key="long", scenarios=content)

    def cost(key: str) -> int:
        url, asked = reverse("governance:playbook", args=[key]), {"workflow": company.workflow.key, "scenario": "all"}
        reader.get(url, asked)
        with CaptureQueriesContext(connection) as found:
            assert reader.get(url, asked).status_code == 200
        return len(found)

    assert cost("long") <= cost("nothing-happens") <= 45


# A failure pattern


def test_a_failure_pattern_says_what_it_means_and_where_it_is_used(reader: Client, company: Company) -> None:
    make_playbook(company)
    words = page(reader, "/playbooks/modules/stalled/")
    assert "How it shows itself The inbox stays empty" in words and "Does it work again?" in words
    assert "Nothing happens Version 1 in: Nothing happens" in words and "in force by now" not in words
    newer_module(company)
    words = page(reader, "/playbooks/modules/stalled/")
    assert "Do again" in words and "Version 2 is in force by now" in words
    words = page(reader, "/playbooks/modules/stalled/", version="1")
    assert "Do again" not in words and "Do not work by this text" in words


def test_every_page_has_headings_in_order(reader: Client, company: Company) -> None:
    make_playbook(company)
    urls = ("/playbooks/", PLAYBOOK, "/playbooks/modules/stalled/")
    for url in (*urls, f"{PLAYBOOK}?workflow={company.workflow.key}"):
        levels = [
            int(level) for level in re.findall(r"<h([1-6])[ >]", reader.get(url).content.decode().split("<main")[1])
        ]
        assert levels.count(1) == 1
        assert all(later <= earlier + 1 for earlier, later in zip(levels, levels[1:], strict=False)), (url, levels)
