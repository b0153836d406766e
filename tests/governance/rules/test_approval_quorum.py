"""How one requirement stands: how many are needed, who speaks for whom, who is asked next, who decides (P16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from governance.documents.approval import Who
from governance.rules import approval, turnarounds
from tests.governance.rules.panels import (
    PEOPLE,
    SEATED,
    board,
    change,
    delegation,
    ident,
    judged,
    minute,
    names,
    need,
    panel,
    person,
    policy,
    says,
    seat,
    standing,
)

# How many


@pytest.mark.parametrize(
    ("asked", "needed"),
    [
        ({"how": "any"}, 1),
        ({"how": "number", "number": 2}, 2),
        ({"how": "all"}, 3),
        ({"how": "percent", "number": 50}, 2),
        ({"how": "percent", "number": 34}, 2),
        ({"how": "percent", "number": 33}, 1),
        ({"how": "percent", "number": 100}, 3),
    ],
)
def test_a_requirement_is_satisfied_by_as_many_as_it_says_and_no_fewer(asked: dict, needed: int) -> None:
    given = [says(name, minutes=index) for index, name in enumerate(SEATED, 1)]
    assert standing(asked=need(**asked)).needed == needed
    assert standing(*given[: needed - 1], asked=need(**asked)).state == "waiting"
    found = standing(*given[:needed], asked=need(**asked))
    assert (found.state, found.satisfied_at) == ("satisfied", minute(needed))


@pytest.mark.parametrize(("how", "needed"), [("all", 2), ("percent", 2), ("number", 2)])
def test_who_steps_back_leaves_the_panel_but_never_less_than_the_rule_says(how: str, needed: int) -> None:
    asked = need(how=how, number=2 if how == "number" else 70)
    found = standing(says("jonas", "recuse"), asked=asked)
    assert (found.needed, found.asked, names(found.recused)) == (needed, 2, ["jonas"])
    everybody = standing(*(says(name, "recuse") for name in SEATED), asked=asked)
    assert (everybody.state, everybody.satisfiable) == ("unreachable", False)
    assert everybody.needed == (2 if how == "number" else 1)


def test_the_requester_and_contributors_leave_the_panel() -> None:
    found = standing(asked=need(how="all"), of=change(requester=ident("lucia")))
    assert (found.needed, names(found.waits_for)) == (2, ["helen", "jonas"])


def test_a_term_that_ends_meanwhile_does_not_make_the_board_smaller() -> None:
    seats = board(seat("lucia"), seat("helen"), seat("jonas", until_on=date(2026, 3, 2)))
    given, later = [says("lucia"), says("helen")], 3 * 24 * 60
    for asked in (need(how="all"), need(how="percent", number=70)):
        found = standing(*given, asked=asked, by=panel(boards=seats), after=later)
        assert (found.needed, found.state) == (3, "unreachable")
    replaced = panel(boards=board(*seats[ident("board")].seats, seat("pia", from_on=date(2026, 3, 3))))
    found = standing(*given, says("pia", minutes=later - 1), asked=need(how="all"), by=replaced, after=later)
    assert (found.needed, found.state) == (3, "satisfied")


def test_only_seats_of_the_function_are_asked() -> None:
    seats = board(seat("lucia", function="product"), seat("helen"), seat("jonas", function="operations"))
    found = standing(asked=need(who=Who(board=ident("board"), function="product"), how="any"), by=panel(boards=seats))
    assert names(found.eligible) == ["lucia"]


# What is said


@pytest.mark.parametrize(
    ("given", "state", "sentence"),
    [
        ([], "waiting", "Board, 2 of 3: waits for 2 of these: Lucía Ferrer, Helen Marsh and Jonas Weber."),
        ([("helen", "approve")], "waiting", "Board, 2 of 3: waits for Lucía Ferrer or Jonas Weber."),
        ([("jonas", "recuse")], "waiting", "Board, 2 of 2: waits for Lucía Ferrer and Helen Marsh."),
        (
            [("helen", "approve"), ("jonas", "request_changes")],
            "objected",
            "Board, 2 of 3: Jonas Weber asked for changes; it waits for them to agree, or for another text.",
        ),
        ([("helen", "abstain"), ("jonas", "abstain")], "unreachable", "Board, 2 of 3: only 1 can still approve."),
        (
            [("lucia", "recuse"), ("helen", "recuse"), ("jonas", "recuse")],
            "unreachable",
            "Board, 2 of 0: there is nobody who could approve.",
        ),
        ([("helen", "veto")], "vetoed", "Board, 2 of 3: vetoed by Helen Marsh."),
    ],
)
def test_the_sentence_says_what_it_waits_for(given: list, state: str, sentence: str) -> None:
    found = standing(*(says(*item) for item in given), asked=need(veto=True))
    assert (found.state, str(found.sentence)) == (state, sentence)


def test_a_long_list_of_names_is_cut() -> None:
    seats = board(*(seat(name) for name in PEOPLE if name != "ole"), seat("x"), seat("y"))
    unknown = replace(panel(), boards=seats, people={**panel().people, **{ident(n): _named(n) for n in "xy"}})
    sentence = str(standing(asked=need(how="any"), by=unknown).sentence)
    assert sentence.endswith("Jonas Weber, Mara Lind, Pia Rossi or one of 3 others.")


def _named(name: str):
    return replace(panel().people[ident("ole")], id=ident(name), name=name)


def test_of_one_person_the_later_review_counts_and_in_one_moment_the_more_cautious() -> None:
    assert standing(says("lucia", "request_changes"), says("lucia", minutes=2)).state == "waiting"
    assert standing(says("lucia", minutes=2), says("lucia", "request_changes")).objections == ()
    for both in ([says("lucia"), says("lucia", "veto")], [says("lucia", "veto"), says("lucia")]):
        assert standing(*both, asked=need(veto=True)).state == "vetoed"


def test_a_veto_ends_it_only_where_the_rule_gives_one() -> None:
    given = [says("lucia"), says("helen"), says("jonas", "veto")]
    assert judged(policy(need(veto=True)), *given).refused
    verdict = judged(policy(), *given)
    assert (verdict.refused, verdict.standings[0].state) == (False, "objected")


def test_an_objection_stands_although_the_seat_of_who_objected_has_ended() -> None:
    seats = board(seat("lucia"), seat("helen"), seat("jonas", until_on=date(2026, 3, 2)))
    given = [says("lucia"), says("helen"), says("jonas", "request_changes")]
    found = standing(*given, by=panel(boards=seats), after=3 * 24 * 60)
    assert (found.state, names(found.objections)) == ("objected", ["jonas"])


# Who speaks for whom


def test_a_delegate_speaks_for_the_giver_until_the_giver_speaks() -> None:
    given = panel(delegations=(delegation("helen", "pia"),))
    found = standing(says("lucia"), says("pia", of="helen", minutes=2), by=given)
    assert found.state == "satisfied"
    assert found.sentence == "Board, 2 of 3: approved by Lucía Ferrer and Pia Rossi for Helen Marsh."
    own = standing(says("pia", of="helen"), says("helen", "request_changes", 2), by=given)
    assert (own.counted, names(own.objections)) == ((), ["helen"])


def test_a_deputy_speaks_for_a_seat_while_its_holder_is_away() -> None:
    seats = board(seat("lucia"), seat("helen", "pia"), seat("jonas"))
    away = panel(away="helen", boards=seats)
    assert names(standing(by=away).waits_for) == ["lucia", "pia", "jonas"]
    assert names(standing(by=away).eligible) == ["lucia", "helen", "jonas", "pia"]
    found = standing(says("lucia"), says("pia", minutes=2), by=away, after=48 * 60)
    assert (found.state, found.counted[1].on_behalf_of) == ("satisfied", ident("helen")), "also when she is back"
    here = standing(says("lucia"), says("pia"), by=panel(boards=seats))
    assert (here.state, names(here.waits_for)) == ("waiting", ["helen", "jonas"])


def test_a_deputy_with_a_seat_speaks_for_that_alone() -> None:
    away = panel(away="helen", boards=board(seat("lucia", "helen"), seat("helen", "lucia"), seat("jonas")))
    found = standing(says("lucia"), by=away)
    assert [(item.person, item.on_behalf_of) for item in found.counted] == [(ident("lucia"), None)]
    assert names(found.waits_for) == ["helen", "jonas"]
    abstains = standing(says("lucia", "abstain"), by=away)
    assert (abstains.state, names(abstains.waits_for)) == ("waiting", ["helen", "jonas"])


# Who is asked next


ROUTED = need(
    turnaround_minutes=60, alternate=Who(role="governance_admin"), next=Who(responsibility="on_call"), number=3
)


def test_the_stand_in_and_the_next_authority_are_asked_when_it_is_time() -> None:
    first, second, third = (standing(asked=ROUTED, after=after) for after in (59, 60, 120))
    assert [item.authority for item in (first, second, third)] == ["first", "alternate", "next"]
    assert [item.due_at for item in (first, second, third)] == [minute(60), minute(120), minute(180)]
    assert [names(item.waits_for)[3:] for item in (first, second, third)] == [[], ["mara"], ["mara", "pia"]]
    assert [item.needed for item in (first, second, third)] == [3, 3, 3]


def test_they_are_asked_at_once_when_the_quorum_is_out_of_reach() -> None:
    found = standing(says("lucia", "recuse", 5), asked=ROUTED, after=6)
    assert (found.authority, found.state, names(found.waits_for)) == (
        "alternate",
        "waiting",
        ["helen", "jonas", "mara"],
    )
    both = standing(says("lucia", "recuse", 5), says("helen", "abstain", 6), asked=ROUTED, after=7)
    assert (both.authority, both.state, names(both.waits_for)) == ("next", "waiting", ["jonas", "mara", "pia"])
    lost = standing(*(says(name, "recuse", 5) for name in (*SEATED, "mara")), asked=ROUTED, after=7)
    assert (lost.state, lost.satisfiable) == ("unreachable", False)


def test_whoever_is_brought_in_early_has_one_turnaround_from_then_on() -> None:
    given = [says("lucia", "recuse", 5)]
    early, later, last = (standing(*given, asked=ROUTED, after=after) for after in (6, 64, 65))
    assert (early.authority, early.asked_at, early.due_at, early.is_early) == ("alternate", minute(5), minute(65), True)
    assert (later.authority, later.due_at) == ("alternate", minute(65))
    assert (last.authority, last.asked_at, last.due_at, last.is_early) == ("next", minute(65), minute(125), False)
    both = standing(*given, says("helen", "abstain", 6), asked=ROUTED, after=7)
    assert (both.authority, both.asked_at, both.due_at) == ("next", minute(6), minute(66))
    at_once = standing(*given, says("helen", "recuse", 5), asked=ROUTED, after=7)
    assert (at_once.authority, at_once.asked_at, at_once.due_at) == ("next", minute(5), minute(65))


def test_whoever_is_asked_since_an_approval_was_taken_back_has_one_turnaround_from_then_on() -> None:
    given = [says(name, minutes=10) for name in SEATED]
    found = standing(*given, says("helen", "request_changes", 200), asked=ROUTED, after=201)
    assert (found.authority, found.asked_at, found.due_at) == ("alternate", minute(200), minute(260))


def test_nobody_is_late_before_a_change_is_sent() -> None:
    lost = panel(inactive=SEATED)
    [found] = approval.forecast(policy(ROUTED), change(), lost, minute(0)).standings
    assert (found.authority, found.asked_at, found.due_at) == ("next", None, None)


@pytest.mark.parametrize(
    ("given", "after", "marks"),
    [
        ([], 1, [(50, 30), (80, 48), (100, 60)]),
        ([], 60, [(100, 60), (50, 90), (80, 108), (100, 120)]),
        ([("lucia", "recuse", 5)], 6, [(0, 5), (50, 35), (80, 53), (100, 65)]),
        ([("lucia", "recuse", 5)], 70, [(100, 65), (50, 95), (80, 113), (100, 125)]),
        ([("lucia", "recuse", 0)], 6, [(50, 30), (80, 48), (100, 60)]),
    ],
)
def test_reminders_are_parts_of_the_turn_of_those_who_are_asked(given: list, after: int, marks: list) -> None:
    found = standing(*(says(*item) for item in given), asked=ROUTED, after=after)
    assert [(item.percent, item.at) for item in turnarounds.reminders(found)] == [
        (percent, minute(at)) for percent, at in marks
    ]


def test_what_a_stand_in_said_before_they_were_asked_does_not_count() -> None:
    given = [says("lucia"), says("helen", minutes=2), says("mara", minutes=30)]
    for after in (59, 60, 6000):
        assert standing(*given, asked=ROUTED, after=after).state == "waiting"
    found = standing(*given, says("mara", minutes=61), asked=ROUTED)
    assert (found.state, found.satisfied_at) == ("satisfied", minute(61))


def test_the_next_authority_takes_the_turn_of_a_stand_in_whom_nobody_named() -> None:
    found = standing(asked=need(turnaround_minutes=60, next=Who(role="governance_admin")), after=60)
    assert (found.authority, names(found.waits_for)[-1]) == ("next", "mara")


def test_without_a_time_to_answer_nobody_else_is_asked_by_waiting() -> None:
    found = standing(asked=need(alternate=Who(role="governance_admin")), after=10**6)
    assert (found.authority, found.due_at) == ("first", None)


# Who decides a conflict


TORN = need(tie_breaker=person("mara"))
AGAINST = [says("lucia"), says("helen", minutes=2), says("jonas", "request_changes", 3)]


def test_approvals_and_an_objection_go_to_the_tie_breaker() -> None:
    found = standing(*AGAINST, asked=TORN)
    assert (found.state, found.authority, names(found.waits_for)) == ("conflict", "tie_breaker", ["mara"])
    assert found.sentence == "Board, 2 of 3: approvals stand against Jonas Weber; Mara Lind decides."
    assert standing(*AGAINST[1:], asked=TORN).state == "objected", "too few approvals are no conflict"


def test_the_tie_breaker_decides_either_way_once_both_sides_have_spoken() -> None:
    early = says("mara", minutes=2.5)
    assert standing(*AGAINST, early, asked=TORN).state == "conflict"
    assert standing(*AGAINST, early, says("mara", minutes=4), asked=TORN).state == "satisfied"
    no = judged(policy(TORN), *AGAINST, says("mara", "request_changes", 4))
    assert (no.refused, no.approved, no.satisfiable) == (True, False, False)
    assert no.sentence == "Refused. Board, 2 of 3: decided against by the tie-breaker."


def test_an_objection_after_the_decision_opens_the_conflict_anew() -> None:
    given = [*AGAINST, says("mara", minutes=4), says("jonas", "request_changes", 5)]
    assert standing(*given, asked=TORN).state == "conflict"
