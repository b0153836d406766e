"""The order of the rows that answer one question."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.rules import ranking
from governance.rules.resolution import Matrices
from tests.governance.documents import world
from tests.governance.documents.world import ident

PAYMENTS, TRIAGE = str(ident("t:payments")), str(ident("t:triage"))
CAPTURE, SYNC = world.workflow("payment-capture"), world.workflow("order-sync")
OWN = [{"workflow": str(CAPTURE.id)}, {"team": PAYMENTS}]
COMPANY = [{"criticality": "high"}, {}]
BOTH = ("R", "A")


def row(key: str, scope: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "key": key,
        "scope": scope or {},
        "responsibility": "on_call",
        "holder": {"person": str(ident("lead"))},
        **more,
    }


def matrices(company: list[dict[str, Any]], own: list[dict[str, Any]] = (), **more: Any) -> Matrices:
    mine = {"title": "Payments", "scope": {"team": PAYMENTS}, "rows": list(own)}
    return Matrices(
        world.pinned("matrix", {"title": "Company", "rows": list(company), **more}),
        {ident("t:payments"): world.pinned("matrix", mine)},
    )


def keys(held: Matrices, workflow=CAPTURE, severity: str = "sev1", letters=BOTH, duty: str = "on_call") -> list[str]:
    return [found.row.key for found in ranking.ranked(held, workflow, duty, severity, letters)]


def test_the_workflow_beats_the_team_the_criticality_and_the_default() -> None:
    held = matrices(
        [row("default"), row("high", {"criticality": "high"}), row("low", {"criticality": "low"})],
        [row("team", {"team": PAYMENTS}), row("workflow", {"workflow": str(CAPTURE.id)})],
    )
    assert keys(held) == ["workflow", "team", "high", "default"]
    assert keys(held, SYNC) == ["team", "high", "default"]
    assert keys(held, world.workflow("stock-report")) == ["low", "default"]
    assert keys(held, None) == ["default"]
    assert keys(held, duty="log") == []


def test_in_one_cell_a_named_severity_comes_before_any_and_then_the_letters_as_asked() -> None:
    every = [
        row(f"{letter.lower()}-{severity}", severity=severity, letter=letter)
        for letter in "ARCI"
        for severity in ("any", "sev2", "sev1")
    ]
    held = matrices(every)
    assert keys(held) == ["r-sev1", "a-sev1", "r-any", "a-any"]
    assert keys(held, letters=("A", "R"), severity="sev2") == ["a-sev2", "r-sev2", "a-any", "r-any"]
    assert keys(held, letters=("I",), severity="sev4") == ["i-any"]


def test_rows_of_one_rank_stand_as_in_the_document() -> None:
    assert keys(matrices([row("b", letter="C"), row("a", letter="C")]), letters=("C",)) == ["b", "a"]


rows = st.lists(
    st.tuples(st.sampled_from([*OWN, *COMPANY]), st.sampled_from(("any", "sev1", "sev2")), st.sampled_from("RAC")),
    unique_by=str,
    max_size=14,
)


@given(rows, st.randoms(use_true_random=False))
def test_neither_their_order_nor_what_does_not_fit_changes_which_row_decides(chosen, random) -> None:
    """Every place, severity and part at most once, so that the rank alone orders them."""
    named = {str(item): f"row-{number}" for number, item in enumerate(chosen)}

    def ranks(items: list[Any]) -> list[str]:
        made = [row(named[str(item)], item[0], severity=item[1], letter=item[2]) for item in items]
        own = [each for each in made if each["scope"] in OWN]
        return keys(matrices([each for each in made if each not in own], own))

    fits = [item for item in chosen if item[1] != "sev2" and item[2] != "C"]
    found = ranks(chosen)
    assert sorted(found) == sorted(named[str(item)] for item in fits)
    assert ranks(random.sample(chosen, len(chosen))) == ranks(random.sample(fits, len(fits))) == found


# Whose documents, and the triage team


def test_a_workflow_is_judged_by_its_team_and_an_unknown_one_by_the_triage_team() -> None:
    held = matrices([row("default")], [row("team", {"team": PAYMENTS})], triage_team=PAYMENTS)
    assert ranking.own_document(held, CAPTURE) is held.teams[ident("t:payments")]
    assert ranking.own_document(held, None) is held.teams[ident("t:payments")]
    assert ranking.own_document(held, world.workflow("stock-report")) is None
    assert list(ranking.documents(held, CAPTURE)) == [held.teams[ident("t:payments")], held.company]
    assert list(ranking.documents(Matrices(), CAPTURE)) == [] == keys(Matrices())
    assert keys(held, None) == ["team", "triage_team", "default"]


def test_the_triage_team_answers_and_those_of_the_default_stand_in() -> None:
    other = {"team": str(ident("t:operators"))}
    default = row("default", alternates=[other], acknowledge_minutes=5, decide_minutes=9)
    [first, second] = ranking.ranked(matrices([default], triage_team=TRIAGE), None, "on_call", "sev1", BOTH)
    assert (first.kind, first.row.letter, first.row.holder.team) == ("triage_team", "R", ident("t:triage"))
    assert first.row.alternates == (second.row.holder, *second.row.alternates)
    assert (first.row.acknowledge_minutes, first.row.decide_minutes) == (5, 9)


def test_the_triage_team_answers_for_what_is_early_only() -> None:
    duties = [{"key": stage, "title": stage, "stages": [stage]} for stage in ("detect", "triage", "contain", "verify")]
    held = matrices([], responsibilities=duties, triage_team=TRIAGE)
    for duty in ("on_call", "detect", "triage"):
        assert keys(held, None, duty=duty) == ["triage_team"], duty
        assert keys(held, None, duty=duty, letters=("A",)) == ["triage_team"]
        assert keys(held, None, duty=duty, letters=("C", "I")) == keys(held, CAPTURE, duty=duty) == []
    assert keys(held, None, duty="contain") == keys(held, None, duty="nobody") == []
    assert keys(matrices([], responsibilities=duties), None) == []


# In words


def said(held: Matrices, workflow) -> list[str]:
    return [str(ranking.place(item, workflow)) for item in ranking.ranked(held, workflow, "on_call", "sev1", BOTH)]


def test_what_a_row_speaks_for_is_said_in_words() -> None:
    held = matrices(
        [row("default"), row("high", {"criticality": "high"}, severity="sev1")],
        [row("team", {"team": PAYMENTS}), row("workflow", {"workflow": str(CAPTURE.id)})],
        triage_team=PAYMENTS,
    )
    assert said(held, CAPTURE) == [
        "the row of the workflow payment-capture, any severity",
        "the row of the owning team, any severity",
        "the row of high criticality, SEV1",
        "the company default, any severity",
    ]
    assert said(held, None) == [
        "the row of the triage team, any severity",
        "an unknown workflow belongs to the triage team",
        "the company default, any severity",
    ]


def test_a_gap_names_the_rows_that_would_have_fitted_at_another_severity_or_part() -> None:
    held = matrices([row("late", severity="sev4"), row("told", letter="I"), row("log", responsibility="log")])
    found = [(item.row, str(item.sentence)) for item in ranking.other_severities(held, CAPTURE, "on_call")]
    assert found == [
        ("late", "Company (version 1), row late: the company default, SEV4 and A only."),
        ("told", "Company (version 1), row told: the company default, any severity and I only."),
    ]
