"""A playbook module: what it must hold before it may come into force (D46, D47, D49, D50, D57, D59)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base, links
from tests.governance.documents import contents, world
from tests.governance.documents.judged import UNKNOWN, advice, altered, blocking

NAME = "stalled-trigger"
EMPTY = {"title": "Nothing yet"}


def judged(change) -> list[tuple[str, str]]:
    return blocking("module", altered(NAME, change))


def advised(change) -> list[str]:
    return advice("module", altered(NAME, change))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rollback", "Say how to go back when the repair makes it worse."),
        ("integrity", "Say how to check that the data is whole."),
        ("verification", "Say how to show that the workflow works again."),
        ("privacy", "Say what has to be minded about privacy and compliance while recovering."),
        ("technical_consequence", "Say what the failure means technically."),
        ("business_consequence", "Say what the failure means for the business."),
        ("how_to_test", "Say how this failure can be tested on purpose."),
        ("success_signals", "Say by which signs people see that the recovery worked."),
    ],
)
def test_a_module_without_a_part_that_recovery_needs_may_not_come_into_force(name, words) -> None:
    assert judged(lambda content: content.pop(name)) == [(f"/{name}", words)]


@pytest.mark.parametrize("name", ["privacy", "how_to_test", "success_signals"])
def test_blanks_say_nothing(name) -> None:
    blank = ["  "] if name == "success_signals" else " \n "
    assert [path for path, _words in judged(lambda content: content.update({name: blank}))] == [f"/{name}"]


def test_an_empty_module_is_told_everything_at_once_blocking_things_first() -> None:
    found = base.check("module", EMPTY, world.facts())
    assert [finding.blocking for finding in found] == [True] * 8 + [False] * 6


def test_what_is_wise_is_said_and_hinders_nobody() -> None:
    assert advised(lambda content: content.pop("manual")) == [
        "Say how the business goes on by hand, and when to begin with it."
    ]
    assert advised(lambda content: content["manual"].update(steps=[], back="")) == [
        "Say what is done by hand.",
        "Say how the work comes back to the workflow.",
    ]
    assert blocking("module", altered(NAME, lambda content: content.pop("manual"))) == []


def test_a_responsibility_or_a_platform_that_does_not_exist_is_named_with_its_place() -> None:
    duty = "There is no responsibility called 'nobody' in the company matrix."
    assert judged(lambda content: content["rollback"][0].update(responsibility="nobody")) == [
        ("/rollback/stop-catching-up/responsibility", duty)
    ]
    assert judged(lambda content: content["manual"]["steps"][0].update(responsibility="nobody")) == [
        ("/manual/steps/list/responsibility", duty)
    ]
    assert judged(lambda content: content["platforms"][0].update(platform=UNKNOWN)) == [
        ("/platforms/n8n/platform", "This platform does not exist.")
    ]


def test_a_key_or_a_platform_that_stands_twice_is_found() -> None:
    twice = judged(lambda content: content["integrity"].append(dict(content["integrity"][0])))
    assert twice == [("/integrity/compare-counts", "The key 'compare-counts' is used twice.")]

    def again(content) -> None:
        content["platforms"].append({**content["platforms"][0], "key": "again"})

    assert advised(again) == ["This platform is named twice."]


@pytest.mark.parametrize(
    "text",
    [
        "Write to lena.lead@demo.example at once",
        "Call +49 30 1234567",
        "Call (030) 123 45 67 first",
        "In the night 0171-2345678",
    ],
)
def test_an_address_or_a_number_that_was_typed_in_is_found(text) -> None:
    found = advised(lambda content: content["rollback"][0].update(how=text))
    assert len(found) == 1 and "leave it out, the page shows live" in found[0]


@pytest.mark.parametrize(
    "text",
    ["Until 01.02.2026 at 09:30", "On 2026-03-02", "Version 0.95.12", "Error 0x80070005", "1 000 000 rows", "@here"],
)
def test_a_date_a_version_or_an_amount_is_no_number_of_a_person(text) -> None:
    assert advised(lambda content: content["rollback"][0].update(how=text)) == []


def test_the_platforms_that_it_names_are_references() -> None:
    content = base.parse("module", world.content(NAME))[0]
    assert [(item.kind, item.path) for item in links.found_in(content)] == [
        ("platform", "/platforms/n8n/platform"),
        ("platform", "/platforms/node-red/platform"),
    ]


def test_an_instruction_that_moved_is_not_deleted_and_added() -> None:
    old = world.content(NAME)
    new = {**old, "remediation": [old["remediation"][2], *old["remediation"][:2]]}
    assert [(change.op, change.path) for change in base.diff(old, new)] == [("moved", "/remediation/catch-up")]


HOSTILE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted({*base.spec("module").schema.model_fields, *base.spec("playbook").schema.model_fields})


@pytest.mark.parametrize("kind", ["module", "playbook"])
def test_content_that_fits_no_schema_is_findings_never_an_exception(kind) -> None:
    @given(st.dictionaries(st.sampled_from(FIELDS), HOSTILE, max_size=5))
    def holds(content) -> None:
        assert all(finding.message for finding in base.check(kind, content, world.facts()))

    holds()


@pytest.mark.parametrize("kind", ["module", "playbook"])
def test_any_content_that_fits_is_judged_and_each_finding_has_its_place(kind) -> None:
    @given(contents.CONTENTS[kind])
    def holds(content) -> None:
        found = base.check(kind, content, world.facts())
        assert all(finding.path.startswith("/") and finding.message for finding in found)

    holds()
