"""The playbook: scenarios, pins, gates; what it must hold before it may come into force (D44, D45, D48, D49, D51)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from governance.documents import base, links, playbook
from governance.documents.facts import Facts
from tests.governance.documents import world
from tests.governance.documents.judged import UNKNOWN, advice, altered, blocking
from tests.governance.documents.world import ident

NAME = "nothing-happens"
FIRST = "/scenarios/nothing-starts"
MODULE = ident("m:stalled-trigger")
Content = dict[str, Any]


def row(rows: list[Content], key: str) -> Content:
    return next(item for item in rows if item["key"] == key)


def scenario(content: Content) -> Content:
    return content["scenarios"][0]


def step(content: Content, key: str) -> Content:
    return row(scenario(content)["steps"], key)


def option(content: Content, key: str) -> Content:
    return row(step(content, "repair-trigger")["options"], key)


def judged(change: Callable[[Content], Any]) -> list[tuple[str, str]]:
    return blocking("playbook", altered(NAME, change))


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (lambda c: scenario(c).update(modules=[]), "/modules", "“%s” uses no module."),
        (lambda c: scenario(c).pop("category"), "/category", "“%s” has no escalation category."),
        (lambda c: scenario(c).update(rollback=" "), "/rollback", "“%s” does not say how to go back."),
    ],
)
def test_a_scenario_without_modules_category_or_way_back_may_not_come_into_force(change, path, words) -> None:
    title = "Nothing starts, or it starts at the wrong place"
    assert (FIRST + path, words % title) in judged(change)


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (lambda c: c.update(purpose=""), "/purpose", "Say what the playbook is for."),
        (lambda c: c.pop("measures"), "/measures", "Say how success is measured."),
        (lambda c: c.update(scenarios=[]), "/scenarios", "The playbook has no scenario."),
        (
            lambda c: scenario(c).update(category="nothing"),
            f"{FIRST}/category",
            "No escalation policy in force has a category called 'nothing'.",
        ),
        (
            lambda c: option(c, "disable").pop("next"),
            f"{FIRST}/steps/repair-trigger/options/disable/next",
            "“Leave it off and work by hand” leads to no step.",
        ),
        (
            lambda c: option(c, "disable").update(next="nowhere"),
            f"{FIRST}/steps/repair-trigger/options/disable/next",
            "There is no step called 'nowhere' in this scenario.",
        ),
        (
            lambda c: option(c, "disable").pop("role"),
            f"{FIRST}/steps/repair-trigger/options/disable/authority",
            "“Leave it off and work by hand” does not say who may choose it.",
        ),
        (
            lambda c: option(c, "rewire").update(authority="everything"),
            f"{FIRST}/steps/repair-trigger/options/rewire/authority",
            "No role of the company matrix has the authority 'everything'.",
        ),
        (
            lambda c: option(c, "disable").update(role="king"),
            f"{FIRST}/steps/repair-trigger/options/disable/role",
            "There is no role called 'king' in the company matrix.",
        ),
        (
            lambda c: step(c, "repair-trigger").update(options=[]),
            f"{FIRST}/steps/repair-trigger/options",
            "“How do we bring the trigger back?” is a gate without options.",
        ),
        (
            lambda c: step(c, "repair-trigger").update(next="end"),
            f"{FIRST}/steps/repair-trigger/next",
            "A gate goes on by its options alone; leave this empty.",
        ),
        (
            lambda c: step(c, "breach").update(options=step(c, "privacy")["options"]),
            f"{FIRST}/steps/breach/options",
            "“Treat it as a personal data breach” is no gate, so it has no options.",
        ),
        (
            lambda c: step(c, "breach").update(next="nowhere"),
            f"{FIRST}/steps/breach/next",
            "There is no step called 'nowhere' in this scenario.",
        ),
        (
            lambda c: step(c, "proof").update(follows="rate-limit"),
            f"{FIRST}/steps/proof/follows",
            "This scenario uses no module called 'rate-limit'.",
        ),
        (
            lambda c: step(c, "proof").update(responsibility="nobody"),
            f"{FIRST}/steps/proof/responsibility",
            "There is no responsibility called 'nobody' in the company matrix.",
        ),
        (
            lambda c: option(c, "rewire").update(next="fix-trigger"),
            f"{FIRST}/steps/former-trigger",
            "“Bring back the last version whose trigger started” is never reached: nothing leads to it.",
        ),
        (
            lambda c: scenario(c)["steps"].append({"key": "end", "title": "The end"}),
            f"{FIRST}/steps/end",
            "No step may have the key 'end'; choose another.",
        ),
        (
            lambda c: scenario(c)["steps"].append({"key": "how-far", "title": "Again"}),
            f"{FIRST}/steps/how-far",
            "The key 'how-far' is used twice.",
        ),
    ],
)
def test_a_playbook_with_a_hole_is_refused_and_the_place_is_named(change, path, words) -> None:
    assert (path, words) in judged(change)


def test_steps_that_only_lead_round_in_circles_are_found() -> None:
    def circle(content: Content) -> None:
        row(step(content, "fine")["options"], "done")["next"] = "whole"

    said = dict(judged(circle))
    assert said[f"{FIRST}/steps/fine"] == "“Does it work, and is everything caught up?” never leads to the end."
    assert f"{FIRST}/steps/tell-done" in said


def test_a_loop_with_a_way_out_is_allowed() -> None:
    assert row(step(world.content(NAME), "fine")["options"], "again")["next"] == "how-far"
    assert judged(lambda content: None) == []


# Pins


def facts(**changed: Any) -> Facts:
    modules = world.modules()
    return replace(world.facts(), modules={**modules, MODULE: replace(modules[MODULE], **changed)})


def pinned(known: Facts, **changed: Any) -> list[tuple[str, str]]:
    """What is said of the pin of the stalled trigger, with its level."""
    content = altered(NAME, lambda c: scenario(c)["modules"][0].update(changed))
    found = base.check("playbook", playbook.with_digests(content, known.modules), known)
    return [(item.level, item.message) for item in found if "/modules/stalled-trigger" in item.path]


DIGEST = world.modules()[MODULE].versions[1]
OTHER = "0" * 64


@pytest.mark.parametrize(
    ("known", "changed", "level", "words"),
    [
        (facts(), {"version": 7, "digest": ""}, "blocking", "Version 7 of “stalled-trigger” was never published"),
        (facts(versions={}, effective=None), {}, "blocking", "No version of “stalled-trigger” was ever published"),
        (facts(effective=None), {}, "blocking", "“stalled-trigger” is no longer in force; use what replaces it."),
        (facts(), {"digest": OTHER}, "blocking", "The digest is not the one of version 1 of “stalled-trigger”"),
        (facts(), {"module": UNKNOWN}, "blocking", "This playbook module does not exist."),
        (
            facts(versions={1: DIGEST, 2: OTHER}, effective=2),
            {},
            "advisory",
            "Version 2 of “stalled-trigger” is in force; this pins version 1.",
        ),
    ],
)
def test_a_pin_names_a_version_that_was_in_force_by_its_digest(known, changed, level, words) -> None:
    [(found, message)] = pinned(known, **changed)
    assert found == level and message.startswith(words)


def test_a_pin_without_a_digest_gets_the_one_of_its_version_and_a_wrong_one_is_kept_to_be_found() -> None:
    content = {"scenarios": [{"modules": [{"module": str(MODULE), "version": 1}, {"module": "x"}, 3]}, None]}
    filled = playbook.with_digests(content, world.modules())
    assert filled["scenarios"][0]["modules"] == [
        {"module": str(MODULE), "version": 1, "digest": DIGEST},
        {"module": "x"},
        3,
    ]
    kept = {"scenarios": [{"modules": [{"module": str(MODULE), "version": 1, "digest": OTHER}]}]}
    assert playbook.with_digests(kept, world.modules()) == kept
    assert playbook.with_digests({"scenarios": "no"}, {}) == {"scenarios": "no"}


def test_yaml_names_a_module_by_its_key_and_export_gives_it_back() -> None:
    text = base.to_yaml(world.content(NAME), world.Directory())
    assert "module: stalled-trigger\n" in text and str(MODULE) not in text
    unknown = text.replace("module: rate-limit\n", "module: rate-limits\n")
    found = base.from_yaml(unknown, world.Directory())[1]
    assert [(item.path, item.message) for item in found] == [
        ("/scenarios/slowed-down/modules/rate-limit/module", "There is no playbook module called 'rate-limits'.")
    ]


def test_the_pinned_modules_are_references() -> None:
    content = base.parse("playbook", world.content(NAME))[0]
    assert {(item.kind, item.id) for item in links.found_in(content)} == {
        ("module", ident(f"m:{key}"))
        for key in ("stalled-trigger", "misrouted-event", "connector-failure", "rate-limit")
    }


# Advice


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.pop("liaison"), "Prepare words for the business liaison."),
        (lambda c: c.pop("manual"), "Say how the business goes on by hand, and when to begin with it."),
        (
            lambda c: c["liaison"][0].update(text="Write to sofia@demo.example"),
            "“sofia@demo.example” is an address; leave it out, the page shows live who acts and how to reach them.",
        ),
        (
            lambda c: step(c, "how-far").update(does="communication"),
            "“Repair the trigger and let it catch up in small portions” comes before any scope check.",
        ),
        (lambda c: step(c, "proof").update(does="action"), "No step shows that the workflow works again."),
        (
            lambda c: step(c, "how-far").update(follows="stalled-trigger"),
            "“Find out how far it goes” carries out nothing of a module; only steps that do something can.",
        ),
    ],
)
def test_what_is_unwise_is_said_and_hinders_nobody(change, words) -> None:
    content = altered(NAME, change)
    assert advice("playbook", content) == [words] and blocking("playbook", content) == []


# Differences


def test_a_step_that_moved_is_not_deleted_and_added_and_an_option_is_compared_word_by_word() -> None:
    old, new = world.content(NAME), world.content(NAME)
    steps = scenario(new)["steps"]
    steps.insert(0, steps.pop())
    option(new, "rewire")["title"] = "Rewire to the version of yesterday"
    found = [(change.op, change.path, change.field) for change in base.diff(old, new)]
    assert found == [
        ("moved", f"{FIRST}/steps/tell-done", ""),
        ("changed", f"{FIRST}/steps/repair-trigger/options/rewire/title", "title"),
    ]
    assert base.apply(old, base.diff(old, new)) == new
