"""Twelve ways of counting where one may not: each is tried, and nothing changes (D52, P16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from governance.documents.approval import Who
from tests.governance.rules.panels import (
    BOARD,
    OTHER_DIGEST,
    SECOND_BOARD,
    TEAM,
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

ONE = says("lucia")
"""One approval of the two that the board has to give."""


def counted(*reviews, **more) -> list[str]:
    return names(tuple(item.person for item in standing(*reviews, **more).counted))


def test_1_a_delegate_of_a_delegate() -> None:
    given = panel(delegations=(delegation("helen", "pia"), delegation("pia", "mara")))
    assert counted(ONE, says("pia", of="helen"), by=given) == ["lucia", "pia"]
    assert counted(ONE, says("mara", of="pia"), by=given) == ["lucia"]
    borrowed = says("mara", on_behalf_of=ident("helen"), delegation=ident("helen to pia"))
    assert counted(ONE, borrowed, by=given) == ["lucia"]
    assert counted(ONE, says("pia", of="helen"), by=panel()) == ["lucia"], "a delegation that does not exist"


def test_2_an_approval_from_before_the_text_was_edited() -> None:
    before = [says("lucia"), says("helen", minutes=2)]
    assert judged(policy(), *before).approved
    edited = judged(policy(), *before, of=change(digest=OTHER_DIGEST))
    assert not edited.approved and edited.stale == tuple(before)


def test_3_whoever_edited_a_module_that_the_playbook_includes() -> None:
    included = change(kind="playbook", contributors=frozenset({ident("helen")}))
    assert counted(ONE, says("helen"), of=included) == ["lucia"]


def test_4_a_superuser_whom_no_row_names() -> None:
    assert counted(ONE, says("admin")) == ["lucia"]
    assert counted(ONE, says("admin", "veto"), asked=need(veto=True)) == ["lucia"]


def test_5_a_tie_breaker_who_has_written_some_of_it() -> None:
    asked = need(tie_breaker=person("mara"), how="any")
    given = [ONE, says("helen", "request_changes", 2), says("mara", minutes=3)]
    assert standing(*given, asked=asked).state == "satisfied"
    found = standing(*given, asked=asked, of=change(contributors=frozenset({ident("mara")})))
    assert (found.state, names(found.waits_for)) == ("objected", ["helen"])


def test_6_a_delegate_of_a_contributor_and_a_contributor_as_delegate() -> None:
    given = panel(delegations=(delegation("helen", "pia"), delegation("jonas", "ole")))
    assert counted(ONE, says("pia", of="helen"), by=given, of=change(contributors=frozenset({ident("helen")}))) == [
        "lucia"
    ]
    assert counted(ONE, says("ole", of="jonas"), by=given) == ["lucia"], "the requester acts for nobody"
    away = panel(away="helen", boards=board(seat("lucia"), seat("helen", "pia"), seat("jonas")))
    assert counted(ONE, says("pia"), by=away) == ["lucia", "pia"]
    assert counted(ONE, says("pia"), by=away, of=change(contributors=frozenset({ident("helen")}))) == ["lucia"]
    assert counted(ONE, says("pia"), by=away, of=change(contributors=frozenset({ident("pia")}))) == ["lucia"]


def test_7_the_requester_through_a_team_a_role_or_a_responsibility() -> None:
    mine = panel(roles={"board_member": (ident("ole"),)}, responsibilities={"on_call": (ident("ole"),)})
    mine = replace(mine, teams={TEAM: replace(mine.teams[TEAM], members=(ident("ole"), ident("pia")))})
    for who in (Who(team=TEAM), Who(role="board_member"), Who(responsibility="on_call"), person("ole")):
        found = standing(says("ole"), asked=need(who=who, how="any"), by=mine)
        assert found.counted == () and ident("ole") not in (*found.eligible, *found.waits_for)


def test_8_an_approval_after_stepping_back_also_from_an_earlier_text() -> None:
    assert counted(ONE, says("helen", "recuse", 2), says("helen", minutes=3)) == ["lucia"]
    assert counted(ONE, says("helen", "recuse", 2, digest=OTHER_DIGEST), says("helen", minutes=3)) == ["lucia"]
    given = panel(delegations=(delegation("helen", "pia"), delegation("jonas", "helen")))
    assert counted(ONE, says("helen", "recuse", 2), says("pia", of="helen", minutes=3), by=given) == ["lucia"]
    assert counted(ONE, says("helen", "recuse", 2), says("helen", of="jonas", minutes=3), by=given) == ["lucia"]


def test_9_an_approval_of_another_text() -> None:
    assert counted(ONE, says("helen", digest=OTHER_DIGEST)) == ["lucia"]
    assert counted(ONE, says("helen", minutes=1), says("helen", minutes=2, digest=OTHER_DIGEST)) == ["helen", "lucia"]


def test_10_somebody_who_was_deactivated_since() -> None:
    assert judged(policy(), ONE, says("helen")).approved
    gone = panel(inactive=("helen",), delegations=(delegation("helen", "pia"),))
    assert counted(ONE, says("helen"), by=gone) == ["lucia"]
    assert counted(ONE, says("pia", of="helen"), by=gone) == ["lucia"]


def test_11_a_seat_that_has_ended_or_has_not_begun() -> None:
    for term in ({"until_on": date(2026, 3, 1)}, {"from_on": date(2026, 3, 3)}):
        other = panel(boards=board(seat("lucia"), seat("helen", **term), seat("jonas")))
        assert counted(ONE, says("helen"), by=other) == ["lucia"]
    ends = panel(boards=board(seat("lucia"), seat("helen", until_on=date(2026, 3, 2)), seat("jonas")))
    assert counted(ONE, says("helen"), by=ends) == ["helen", "lucia"]
    assert counted(ONE, says("helen"), by=ends, after=24 * 60) == ["lucia"], "it ended before it was published"
    begins = panel(boards=board(seat("lucia"), seat("helen", from_on=date(2026, 3, 3)), seat("jonas")))
    assert counted(ONE, says("helen"), by=begins, after=24 * 60) == ["lucia"], "said before the seat was theirs"


def test_12_one_person_twice_by_two_seats_two_boards_or_two_delegations() -> None:
    seats = board(seat("lucia", function="product"), seat("lucia", function="operations"), seat("helen"))
    assert counted(ONE, says("lucia", minutes=2), by=panel(boards=seats)) == ["lucia"]
    boards = {**board(*map(seat, ("lucia", "helen"))), **board(seat("lucia"), id=SECOND_BOARD)}
    both = need(alternate=Who(board=SECOND_BOARD), turnaround_minutes=1)
    assert counted(says("lucia", minutes=2), asked=both, by=panel(boards=boards)) == ["lucia"]
    given = panel(delegations=(delegation("helen", "lucia"), delegation("jonas", "lucia")))
    mine = [ONE, says("lucia", of="helen", minutes=2), says("lucia", of="jonas", minutes=3)]
    found = standing(*mine, by=given)
    assert [(item.person, item.on_behalf_of) for item in found.counted] == [(ident("lucia"), None)]
    assert names(found.waits_for) == ["helen", "jonas"], "who can still speak for themselves"
    twice = panel(delegations=(delegation("helen", "pia"), delegation("jonas", "pia")))
    assert counted(says("pia", of="helen"), says("pia", of="jonas", minutes=2), by=twice) == ["pia"]


def test_a_delegation_counts_only_in_its_time_on_its_board_and_for_its_kind() -> None:
    for more in (
        {"until_at": minute(0)},
        {"from_at": minute(5)},
        {"ended_at": minute(0)},
        {"board": SECOND_BOARD},
        {"kind": "playbook"},
    ):
        given = panel(delegations=(delegation("helen", "pia", **more),))
        assert counted(ONE, says("pia", of="helen"), by=given) == ["lucia"], more
    for more in ({"ended_at": minute(2)}, {"board": BOARD, "kind": "matrix"}):
        given = panel(delegations=(delegation("helen", "pia", **more),))
        assert counted(ONE, says("pia", of="helen"), by=given) == ["lucia", "pia"], more


def test_an_approval_that_had_to_be_confirmed_and_was_not() -> None:
    asked = need(confirm=True)
    assert counted(ONE, says("helen", confirmed=True), asked=asked) == ["helen"]


def test_a_review_of_the_future() -> None:
    assert counted(ONE, says("helen", minutes=11), after=10) == ["lucia"]
