"""Which rows of a policy judge a change, in which order they are asked, and what the verdict says."""

from __future__ import annotations

import pytest

from governance.documents.approval import Approval, When, Who
from governance.rules import approval
from governance.rules.approval_facts import ReviewFacts, Verdict
from tests.governance.rules.panels import (
    OPENED,
    change,
    ident,
    judged,
    minute,
    names,
    need,
    panel,
    person,
    policy,
    row,
    says,
    standard,
)

BOTH = (says("lucia"), says("helen", minutes=2))


def test_a_change_is_approved_when_every_requirement_is_satisfied() -> None:
    verdict = judged(policy(), *BOTH)
    assert (verdict.approved, verdict.rows, verdict.satisfiable) == (True, ("all",), True)
    assert verdict.sentence == "Approved: Board, 2 of 3."
    assert verdict.standings[0].sentence == "Board, 2 of 3: approved by Lucía Ferrer and Helen Marsh."


def test_without_a_policy_or_a_row_that_matches_nothing_is_approved() -> None:
    none = approval.evaluate(None, change(), BOTH, panel(), at=minute(9))
    elsewhere = judged(policy(rows=(row(need(), when=When(kinds=("playbook",))),)), *BOTH)
    empty = judged(policy(rows=(row(),)), *BOTH)
    for verdict in (none, elsewhere, empty):
        assert not verdict.approved and not verdict.satisfiable and not verdict.standings
    assert none.sentence == "Not approved: no approval policy is in force."
    assert elsewhere.sentence == "Not approved: no row of the approval policy is for such a change."
    assert empty.sentence == "Not approved: the rows that match name nobody who could approve."


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ({}, True),
        ({"kinds": ("matrix", "glossary")}, True),
        ({"kinds": ("glossary",)}, False),
        ({"models": ("emergency",)}, False),
        ({"actions": ("retire",)}, False),
        ({"bands": ("medium", "high")}, False),
        ({"bands": ("low",), "models": ("normal",), "actions": ("publish",)}, True),
        ({"criticalities": ("high", "low")}, True),
        ({"criticalities": ("high",)}, False),
        ({"parts": ("rows", "rollback")}, True),
        ({"parts": ("rollback",)}, False),
    ],
)
def test_a_row_matches_when_each_of_its_lists_is_empty_or_holds_the_change(when: dict, matches: bool) -> None:
    assert judged(policy(rows=(row(need(), when=When(**when)),)), *BOTH).approved is matches


def test_the_needs_of_every_row_that_matches_apply_together() -> None:
    rows = (
        row(need(), key="every"),
        row(need(who=person("pia"), how="any", key="board"), key="rows", when=When(parts=("rows",))),
        row(need(who=person("ole")), key="no", when=When(kinds=("rubric",))),
    )
    verdict = judged(policy(rows=rows), *BOTH)
    assert (verdict.approved, verdict.rows) == (False, ("every", "rows"))
    assert [(item.row, item.key, item.state) for item in verdict.standings] == [
        ("every", "board", "satisfied"),
        ("rows", "board", "waiting"),
    ]
    assert verdict.sentence == "Not approved yet. Board: waits for Pia Rossi."
    assert judged(policy(rows=rows), *BOTH, says("pia")).approved


# Standard changes


def test_a_standard_change_that_a_row_approves_in_advance_needs_nobody() -> None:
    rows = (row(need()), standard(parts=("rows", "levels"), criticalities=("low",), bands=("low",)))
    verdict = judged(policy(rows=rows), of=change(model="standard"))
    assert (verdict.approved, verdict.pre_approved, verdict.standings) == (True, "small", ())
    assert verdict.sentence == "Approved in advance by the row “Small”."
    assert not judged(policy(rows=rows)).approved, "a normal change takes the other row"


@pytest.mark.parametrize(
    "facts",
    [
        {"parts": frozenset({"rows", "rollback"})},
        {"criticalities": frozenset({"low", "high"})},
        {"criticalities": frozenset()},
        {"band": "medium"},
        {"action": "retire"},
        {"kind": "escalation"},
    ],
)
def test_a_change_that_touches_more_than_the_row_names_is_no_standard_change(facts: dict) -> None:
    small = standard(parts=("rows",), criticalities=("low",), bands=("low",), actions=("publish",))
    verdict = judged(policy(rows=(row(need()), small)), *BOTH, of=change(model="standard", **facts))
    assert (verdict.approved, verdict.satisfiable) == (False, False)
    assert verdict.sentence == "Not approved: no pre-approved row is for all of this, so it is no standard change."


def test_the_policy_itself_is_never_approved_in_advance() -> None:
    anything = row(key="any", pre_approved=True)
    assert judged(policy(rows=(anything,)), of=change(model="standard")).approved
    assert not judged(policy(rows=(anything,)), of=change(model="standard", kind="approval")).approved


# Stages


STAGED = policy(
    need(key="owners", title="Owners", who=person("pia"), how="any"),
    need(stage=2, turnaround_minutes=60),
    need(key="last", title="Last", stage=4, who=person("mara"), how="any"),
)


def test_a_stage_opens_when_the_one_before_is_approved() -> None:
    first = judged(STAGED, says("lucia"), says("helen"))
    assert [item.state for item in first.standings] == ["waiting", "closed", "closed"]
    assert names(first.waits_for) == ["pia"]
    assert first.standings[1].sentence == "Board, 2 of 3: is asked when the stage before it is approved."
    assert (first.standings[1].opened_at, first.standings[1].eligible) == (None, ())
    second = judged(STAGED, says("pia", minutes=30), says("lucia", minutes=31))
    assert [item.state for item in second.standings] == ["satisfied", "waiting", "closed"]
    assert (second.standings[1].opened_at, second.standings[1].due_at) == (minute(30), minute(90))


def test_what_was_said_before_its_stage_opened_counts_from_then_on() -> None:
    verdict = judged(STAGED, says("lucia"), says("helen", minutes=2), says("pia", minutes=30))
    assert [item.state for item in verdict.standings] == ["satisfied", "satisfied", "waiting"]
    assert verdict.standings[2].opened_at == minute(30)


def test_an_objection_in_an_early_stage_closes_the_later_ones() -> None:
    given = (says("pia"), says("lucia", minutes=2), says("helen", minutes=3), says("mara", minutes=4))
    assert judged(STAGED, *given).approved
    verdict = judged(STAGED, *given, says("pia", "request_changes", 5))
    assert [item.state for item in verdict.standings] == ["objected", "closed", "closed"]
    assert not verdict.refused


def test_an_early_veto_of_a_later_stage_ends_nothing_before_that_stage_opens() -> None:
    staged = policy(need(key="owners", title="Owners", who=person("pia"), how="any"), need(stage=2, veto=True))
    early = judged(staged, says("lucia", "veto"), says("helen", "abstain"), says("jonas", "abstain"))
    assert (early.refused, early.standings[1].state) == (False, "unreachable")
    assert judged(staged, says("lucia", "veto"), says("pia")).refused


# Who validates the risk (D52)


VALIDATED = policy(
    rows=(
        row(
            need(key="risk", title="Risk", who=person("mara"), how="any", validates_risk=True, stage=3),
            need(key="owner", title="Owner", who=person("pia"), how="any"),
        ),
        row(need(), key="high", when=When(bands=("high",))),
    )
)


def test_the_risk_is_validated_before_anything_else_is_asked() -> None:
    verdict = judged(VALIDATED, says("pia"))
    assert [(item.key, item.state) for item in verdict.standings] == [("risk", "waiting"), ("owner", "closed")]
    without = judged(VALIDATED, says("pia"), says("mara"))
    assert without.standings[0].state == "waiting", "an approval that names no band says nothing about the risk"
    confirmed = judged(VALIDATED, says("pia"), says("mara", band="low"))
    assert (confirmed.approved, confirmed.band, confirmed.rows) == (True, "low", ("all",))


def test_a_raised_risk_brings_in_the_rows_for_it_and_their_time_runs_from_then() -> None:
    verdict = judged(VALIDATED, says("pia"), says("mara", band="high", minutes=50))
    assert (verdict.approved, verdict.band, verdict.rows) == (False, "high", ("all", "high"))
    assert {item.key: item.opened_at for item in verdict.standings}["board"] == minute(50)
    assert judged(VALIDATED, says("pia"), says("mara", band="high", minutes=50), *BOTH).approved


def test_a_stand_in_who_validates_the_risk_does_so_for_the_rows_that_it_brings_in() -> None:
    asked = need(
        key="risk",
        title="Risk",
        who=person("mara"),
        how="any",
        validates_risk=True,
        turnaround_minutes=30,
        alternate=person("pia"),
    )
    rows = (row(asked), row(need(), key="high", when=When(bands=("high",))))
    verdict = judged(policy(rows=rows), says("pia", band="high", minutes=50))
    assert [(item.key, item.state) for item in verdict.standings] == [("risk", "satisfied"), ("board", "waiting")]
    assert [item.opened_at for item in verdict.standings] == [OPENED, minute(50)]


def test_a_validation_never_lowers_the_risk() -> None:
    verdict = judged(VALIDATED, says("pia"), says("mara", band="low"), of=change(band="high"))
    assert (verdict.band, verdict.approved) == ("high", False)


# What it would need


def test_a_forecast_says_what_is_needed_and_whether_somebody_could_give_it() -> None:
    asked = policy(need(key="owners", title="Payments owners", who=Who(responsibility="on_call")), need(stage=2))
    lone = approval.forecast(asked, change(), panel(), OPENED)
    assert (lone.satisfiable, lone.approved) == (False, False)
    assert lone.sentence == ("Cannot be approved as things are. Payments owners, 2 of 1: only 1 can still approve.")
    plenty = panel(responsibilities={"on_call": (ident("pia"), ident("mara"))})
    verdict = approval.forecast(asked, change(), plenty, OPENED)
    assert (verdict.satisfiable, verdict.sentence) == (True, "It will need: Payments owners, 2 of 2; Board, 2 of 3.")
    late = approval.forecast(asked, change(contributors=frozenset({ident("lucia"), ident("helen")})), plenty, OPENED)
    assert (late.satisfiable, late.standings[1].state) == (False, "unreachable")


def test_reviews_of_an_earlier_text_are_named_until_their_people_say_something_new() -> None:
    old = says("lucia", digest="e" * 64)
    assert judged(policy(), old).stale == (old,)
    assert judged(policy(), old, says("lucia", "abstain", 2)).stale == ()


# Afterwards


def test_an_emergency_change_is_judged_afterwards_by_what_was_said_since() -> None:
    asked = policy(retrospective=(need(veto=True),))
    urgent = change(model="emergency")

    def afterwards(*reviews: ReviewFacts, by: Approval = asked) -> Verdict:
        return approval.retrospective(by, urgent, reviews, panel(), at=minute(90), opened_at=minute(10))

    assert not afterwards(says("lucia", minutes=5), says("helen", minutes=20)).approved
    assert not afterwards(says("lucia", minutes=15), says("ole", minutes=20)).approved, "whoever asked for it"
    assert afterwards(says("lucia", minutes=15), says("helen", minutes=20)).approved
    assert afterwards(says("lucia", "veto", 15)).refused
    nobody = afterwards(says("lucia", minutes=15), by=policy())
    assert (nobody.approved, nobody.satisfiable) == (False, False)
    assert nobody.sentence == "The approval policy names nobody who judges a change afterwards."
