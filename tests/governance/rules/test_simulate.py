"""Whom other rules would tell otherwise (P17, D15)."""

from __future__ import annotations

import copy

import pytest

from governance.rules import outlook, ownership, simulate
from tests.governance.documents import world
from tests.governance.documents.world import AT, ident, person

COMPANY, TEAM, POLICY = (world.content(name) for name in ("company-matrix", "payments-matrix", "escalation"))
EVERY = [None, *(world.workflow(key) for key in world.WORKFLOWS)]


def rules(company=COMPANY, team=TEAM, policy=POLICY):
    matrices = ownership.Matrices(world.pinned("matrix", company), {ident("t:payments"): world.pinned("matrix", team)})
    return simulate.Rules(matrices, (world.pinned("escalation", policy),))


def changed(content, edit):
    new = copy.deepcopy(content)
    edit(new)
    return new


def row(content, key):
    return next(item for item in content["rows"] if item["key"] == key)


def hand_on_call_to(name):
    holder = {"person": str(ident(name))}
    return changed(TEAM, lambda content: row(content, "payments-on-call").update(holder=holder))


def differ(after, before=None, workflows=EVERY, **people):
    return simulate.difference(before or rules(), after, workflows, world.people(**people), AT)


def test_the_same_rules_tell_the_same_people():
    assert differ(rules()).lines == ()


def test_a_new_holder_comes_and_the_old_one_goes():
    report = differ(rules(team=hand_on_call_to("product")))
    assert {line.workflow.name for line in report.lines} == {"payment-capture", "order-sync"}
    for line in report.lines:
        assert line.severities == ("sev1", "sev2", "sev3", "sev4")
        assert [(told.name, told.minutes) for told in line.change.added] == [("product", 0)]
        # the triage team is told at the end, so the one who was on call is only told later
        assert [(item.name, item.before, item.after) for item in line.change.moved] == [("responder", 0, 75)]
    assert report.added == [("product", 2)]
    assert (report.workflows, report.moved, report.opened, report.compared) == (2, 2, 0, 5)


def test_who_is_nowhere_else_is_removed():
    policy = changed(POLICY, lambda content: content["levels"][2].update(targets=[{"team": str(ident("t:product"))}]))
    report = differ(rules(policy=policy))
    assert report.removed == [("leadership", 2)]
    assert report.added == [("product", 2)]


def test_a_named_severity_stands_on_a_line_of_its_own():
    def worst(content):
        content["rows"].append(
            {**row(content, "payments-on-call"), "key": "worst", "severity": "sev1", "letter": "A"}
            | {"holder": {"person": str(ident("product"))}}
        )

    report = differ(rules(team=changed(TEAM, worst)))
    assert {line.severities for line in report.lines} == {("sev1",)}


def test_a_level_that_comes_to_reach_nobody_is_said_first():
    away = person("product", active=False)
    team = changed(
        TEAM,
        lambda content: row(content, "payments-on-call").update(
            holder={"person": str(ident("product"))}, alternates=[]
        ),
    )
    report = differ(rules(team=team), product=away)
    assert report.opened == 2 and report.closed == 0
    assert report.lines[0].change.opened[0].startswith("First level reaches nobody")
    assert differ(rules(), before=rules(team=team), product=away).closed == 2


def test_a_longer_window_moves_people_and_adds_nobody():
    report = differ(rules(policy=changed(POLICY, lambda content: content["levels"][0].update(window_minutes=9))))
    assert report.added == report.removed == []
    assert report.moved >= 2


@pytest.mark.parametrize("name", ["product", "success", "engineering"])
def test_the_lines_are_exactly_the_differences_of_the_outlooks(name):
    """Against the plain comparison, without anything shared."""
    before, after = rules(), rules(team=hand_on_call_to(name))
    found = {
        (line.workflow and line.workflow.id, severity): {told.person for told in line.change.added}
        for line in differ(after).lines
        for severity in line.severities
    }
    for workflow in EVERY:
        for severity in ("sev1", "sev2", "sev3", "sev4"):
            was, now = (people_of(which, workflow, severity) for which in (before, after))
            assert found.get((workflow and workflow.id, severity), set()) == now - was


def people_of(which, workflow, severity):
    moments = outlook.outlook(which.policies[0], which.matrices, workflow, severity, world.people(), AT)
    return {tell.person for moment in moments for tell in moment.telling.tells}


def test_too_many_cases_are_counted_and_not_played():
    report = simulate.difference(rules(), rules(team=hand_on_call_to("product")), EVERY, world.people(), AT, most=1)
    assert report.compared + report.left == len(EVERY) and report.left


def test_only_what_a_row_is_about_is_touched():
    old, new = (world.pinned("matrix", content).content for content in (TEAM, hand_on_call_to("product")))
    is_touched = simulate.touched(old, new)
    assert is_touched(world.workflow("order-sync")) and not is_touched(world.workflow("stock-report"))
    assert not simulate.touched(old, old)(world.workflow("order-sync"))
    own = changed(TEAM, lambda content: row(content, "capture-containment").update(decide_minutes=5))
    only = simulate.touched(old, world.pinned("matrix", own).content)
    assert only(world.workflow("payment-capture")) and not only(world.workflow("order-sync"))
    company = world.pinned("matrix", COMPANY).content
    assert simulate.touched(None, company)(None)
