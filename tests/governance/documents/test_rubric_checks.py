"""What the checks of a rubric refuse and advise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.documents import base
from tests.governance.documents import world
from tests.governance.documents.judged import UNKNOWN, advice, altered, blocking


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (lambda c: c.update(dimensions=[]), "/dimensions", "The rubric asks nothing."),
        (
            lambda c: c["dimensions"][1].update(unknown=11),
            "/dimensions/customers/unknown",
            "Customers: don't know must lie between yes and no.",
        ),
        (
            lambda c: c["thresholds"].pop(0),
            "/thresholds",
            "No threshold starts at 0, so a low total would have no severity.",
        ),
        (
            lambda c: c["thresholds"][3].update(severity="sev4"),
            "/thresholds/critical",
            "A higher total may not mean a lower severity.",
        ),
        (
            lambda c: c["thresholds"][3].update(minimum=60),
            "/thresholds/critical",
            "serious and critical start at the same total.",
        ),
        (
            lambda c: c["thresholds"][3].update(minimum=500),
            "/thresholds/critical",
            "SEV1 starts at 500, but no answers reach more than 120.",
        ),
        (
            lambda c: c["criticality"].update(low=99),
            "/criticality",
            "A higher criticality may not count less than a lower one.",
        ),
        (
            lambda c: c.update(departments=[{"key": "x", "department": UNKNOWN}]),
            "/departments/x/department",
            "This department does not exist.",
        ),
        (
            lambda c: c["signals"].insert(0, c["signals"].pop()),
            "/signals/said-sev1",
            "the sender calls it SEV1 is never reached: an unknown workflow failed catches everything.",
        ),
    ],
)
def test_a_rubric_with_a_hole_is_refused_and_the_place_is_named(change, path, words):
    assert (path, words) in blocking("rubric", altered("rubric", change))


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (
            lambda c: c.update(scope={"criticality": "low"}),
            "/scope",
            "A rubric belongs to one department or is the company default.",
        ),
        (
            lambda c: c.update(departments=[{"key": key, "department": UNKNOWN} for key in "xy"]),
            "/departments/y",
            "This department has its weights twice.",
        ),
        (
            lambda c: c.update(
                departments=[{"key": "x", "department": UNKNOWN, "weights": [{"key": "nothing", "weight": 1}]}]
            ),
            "/departments/x/weights/nothing",
            "There is no question called 'nothing'.",
        ),
    ],
)
def test_what_a_rubric_is_for_and_whose_weights_it_holds_is_checked(change, path, words):
    assert (path, words) in blocking("rubric", altered("rubric", change))


@pytest.mark.parametrize(
    ("paths", "advised"),
    [(None, []), (frozenset({"high"}), []), (frozenset({"low"}), ["/thresholds/critical/path"])],
    ids=["not known", "known", "unknown"],
)
def test_a_path_that_no_policy_has_is_advised_against(paths, advised):
    found = base.check("rubric", world.content("rubric"), replace(world.facts(), paths=paths))
    assert [finding.path for finding in found if "has a path called 'high'" in finding.message] == advised
    assert not any(finding.blocking for finding in found)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda c: c["dimensions"][1].update(yes=5, no=5, unknown=5),
            "Customers: yes and no count the same, so the question changes nothing.",
        ),
        (lambda c: c["thresholds"][3].pop("do_now"), "SEV1 does not say what to do now."),
        (lambda c: c["thresholds"].pop(), "No total leads to SEV1."),
    ],
)
def test_what_makes_a_rubric_say_less_is_advised_against(change, words):
    assert words not in advice("rubric", world.content("rubric"))
    assert words in advice("rubric", altered("rubric", change))
    assert blocking("rubric", altered("rubric", change)) == []
