"""What the checks of a matrix refuse and advise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.documents import base
from governance.documents.facts import RosterFacts
from tests.governance.documents import world
from tests.governance.documents.judged import PRIMARY, UNKNOWN, advice, altered, blocking, rostered, row_of
from tests.governance.documents.world import ident, person

LEAD, OPERATORS = str(ident("lead")), str(ident("t:operators"))


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (
            lambda c: row_of(c, "on-call").update(letter="R"),
            "/responsibilities/on_call",
            "Nobody is accountable for On call.",
        ),
        (
            lambda c: row_of(c, "on-call").update(severity="sev1"),
            "/responsibilities/on_call",
            "On call has no default holder at SEV2, SEV3, SEV4.",
        ),
        (
            lambda c: c["rows"].append({**row_of(c, "on-call"), "key": "second"}),
            "/rows/second",
            "On call (row second): on-call already says who is accountable; add an alternate instead.",
        ),
        (
            lambda c: [duty.update(stages=["detect"]) for duty in c["responsibilities"]],
            "/responsibilities",
            "No responsibility covers the stage triage.",
        ),
        (
            lambda c: row_of(c, "on-call").update(holder={"schedule": UNKNOWN}),
            "/rows/on-call/holder/schedule",
            "This on-call schedule does not exist or is no longer used.",
        ),
        (
            lambda c: row_of(c, "on-call").update(holder={"person": UNKNOWN}),
            "/rows/on-call/holder/person",
            "This person does not exist.",
        ),
        (
            lambda c: row_of(c, "on-call").update(holder={"role": "nobody"}),
            "/rows/on-call/holder",
            "There is no role called 'nobody'.",
        ),
        (
            lambda c: row_of(c, "on-call").update(responsibility="nothing"),
            "/rows/on-call/responsibility",
            "There is no responsibility called 'nothing'.",
        ),
        (
            lambda c: c["roles"][0].update(holders=[]),
            "/roles/incident-commander/holders",
            "Nobody holds the role Incident commander.",
        ),
        (
            lambda c: row_of(c, "on-call").update(scope={"team": OPERATORS}),
            "/rows/on-call/scope",
            "The company matrix holds default rows and rows for a criticality only.",
        ),
        (
            lambda c: c.pop("triage_team"),
            "/triage_team",
            "No triage team is named; nobody would own an unknown workflow.",
        ),
        (lambda c: c["rows"].append(row_of(c, "on-call")), "/rows/on-call", "The key 'on-call' is used twice."),
        (
            lambda c: c["conflict"].update(tie_breaker={"team": UNKNOWN}),
            "/conflict/tie_breaker/team",
            "This team does not exist.",
        ),
    ],
)
def test_a_matrix_with_a_hole_is_refused_and_the_place_is_named(change, path, words):
    assert (path, words) in blocking("matrix", altered("company-matrix", change))


def test_a_person_who_has_left_blocks_a_matrix_that_names_them():
    found = blocking("matrix", world.content("company-matrix"), responder=person("responder", active=False))
    assert ("/rows/on-call/holder/person", "responder is no longer active and cannot hold a duty.") in found


def test_a_schedule_holds_a_duty_as_long_as_it_has_somebody_on_call_within_a_week():
    content = altered(
        "company-matrix", lambda c: row_of(c, "on-call").update(holder={"schedule": str(PRIMARY)}, alternates=[])
    )
    assert rostered("matrix", content, "responder") == []
    nobody = [("/rows/on-call/holder", "On call (row on-call) names nobody who can be told.")]
    assert rostered("matrix", content) == rostered("matrix", content, "auditor") == nobody


def test_a_row_without_alternate_is_advised_against():
    content = altered("company-matrix", lambda c: row_of(c, "on-call").update(alternates=[]))
    assert blocking("matrix", content) == []
    assert "On call (row on-call) has no alternate; nobody stands in." in advice("matrix", content)


def test_holder_and_alternate_being_the_same_is_advised_against():
    content = altered("company-matrix", lambda c: row_of(c, "review").update(alternates=[{"person": LEAD}]))
    assert "Leads the review (row review): holder and alternate are the same." in advice("matrix", content)


def test_a_team_cannot_decide_for_the_workflow_of_another_team():
    content = world.content("payments-matrix")
    content["rows"][1]["scope"] = {"workflow": str(ident("w:stock-report"))}
    words = "A team's matrix holds rows for that team and its own workflows only."
    assert blocking("matrix", content) == [("/rows/capture-containment/scope", words)]


def test_somebody_must_be_there_to_settle_a_conflict():
    def empty(content):
        content["conflict"]["tie_breaker"] = {"team": str(ident("t:product"))}

    found = blocking("matrix", altered("company-matrix", empty), product=person("product", active=False))
    assert ("/conflict/tie_breaker", "Nobody active decides when stakeholders contradict each other.") in found


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (
            lambda c: c.update(scope={"criticality": "high"}),
            "/scope",
            "A matrix belongs to one team or is the company default.",
        ),
        (
            lambda c: c.update(scope={"team": OPERATORS}),
            "/triage_team",
            "Only the company default names the triage team.",
        ),
        (
            lambda c: c["roles"][0].update(holders=[{"role": c["roles"][1]["key"]}]),
            "/roles/incident-commander/holders",
            "Incident commander: a role is held by people or teams, not by another role.",
        ),
        (
            lambda c: c["rows"].extend({**row_of(c, "on-call"), "key": key, "letter": "R"} for key in ("one", "two")),
            "/rows/two",
            "On call (row two): one already says who is responsible; add an alternate instead.",
        ),
    ],
)
def test_what_contradicts_itself_in_a_matrix_is_refused(change, path, words):
    assert (path, words) in blocking("matrix", altered("company-matrix", change))


def test_two_who_are_consulted_or_informed_contradict_nobody():
    for letter in "CI":
        content = world.content("company-matrix")
        row = row_of(content, "on-call")
        content["rows"] += [{**row, "key": key, "letter": letter, "alternates": []} for key in ("one", "two")]
        assert blocking("matrix", content) == []
        assert advice("matrix", content) == advice("matrix", world.content("company-matrix"))


def test_a_role_or_a_triage_team_of_people_who_have_left_is_refused():
    auditor = {"person": str(ident("auditor"))}
    held = altered("company-matrix", lambda c: c["roles"][0].update(holders=[auditor]))
    assert blocking("matrix", held) == []
    left = {"auditor": person("auditor", active=False)}
    nobody = ("/roles/incident-commander/holders", "Nobody active holds the role Incident commander.")
    assert nobody in blocking("matrix", held, **left)
    triage = altered("company-matrix", lambda c: c.update(triage_team=OPERATORS))
    assert blocking("matrix", triage) == []
    words = ("/triage_team", "The triage team has no active member.")
    assert words in blocking("matrix", triage, operator=person("operator", active=False))


def test_a_holder_without_anybody_is_advised_against_while_somebody_stands_in():
    held = {"holder": {"schedule": str(PRIMARY)}, "alternates": [{"person": LEAD}]}
    content = altered("company-matrix", lambda c: row_of(c, "on-call").update(held))
    facts = replace(world.facts(), schedules={PRIMARY: RosterFacts(PRIMARY, "Primary")})
    words = "On call (row on-call): the holder has nobody who can be told."
    found = base.check("matrix", content, facts)
    assert [(item.path, item.blocking) for item in found if item.message == words] == [("/rows/on-call/holder", False)]
    assert not any(item.blocking for item in found)
