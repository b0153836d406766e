"""Who is responsible: precedence, stand-ins, gaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.documents.facts import AbsenceFacts, LayerFacts, OverrideFacts, PeopleFacts, ScheduleFacts
from governance.rules import ownership
from tests.governance.documents import world
from tests.governance.documents.world import AT, ident, person

MATRICES = ownership.Matrices(
    world.pinned("matrix", "company-matrix"), {ident("t:payments"): world.pinned("matrix", "payments-matrix")}
)
CAPTURE = world.workflow("payment-capture")


def away(name: str, cover: str | None = None):
    absence = AbsenceFacts(AT - timedelta(hours=1), AT + timedelta(hours=1), ident(cover) if cover else None)
    return person(name, absences=(absence,))


def names(resolution: ownership.Resolution) -> list[str]:
    return [found.name for found in resolution.people]


def on_call(workflow=CAPTURE, **changed) -> ownership.Resolution:
    return ownership.resolve(MATRICES, workflow, "on_call", "sev2", world.people(**changed), AT)


def test_the_team_row_decides_before_the_company_default_and_says_so():
    found = on_call()
    assert names(found) == ["responder", "lead", "teamadmin"]
    assert found.decided_by.row == "payments-on-call"
    assert found.decided_by.document == ident("d:Payments ownership matrix")
    assert [why.row for why in found.why_not] == ["on-call"]
    assert "decides first" in found.why_not[0].sentence


def test_levels_go_through_the_alternates_and_the_last_one_is_told_again():
    found = on_call()
    assert [found.told(level)[0].name for level in range(5)] == [
        "responder",
        "lead",
        "teamadmin",
        "teamadmin",
        "teamadmin",
    ]


def test_an_absent_person_is_replaced_by_their_cover():
    found = on_call(responder=away("responder", cover="engineering"))
    assert names(found) == ["engineering", "lead", "teamadmin"]
    assert found.people[0].via == "cover"
    assert "covering for responder" in found.people[0].sentence


def test_without_cover_the_first_alternate_answers_first():
    found = on_call(responder=away("responder"))
    assert [found.told(0)[0].name, found.told(1)[0].name] == ["lead", "teamadmin"]
    assert "responder is away and nobody covers." in [why.sentence for why in found.why_not]


def test_covers_who_cover_for_each_other_are_nobody():
    found = on_call(responder=away("responder", cover="lead"), lead=away("lead", cover="responder"))
    assert names(found) == ["teamadmin"]


def test_an_absence_that_is_over_does_not_count():
    over = AbsenceFacts(AT - timedelta(hours=2), AT, ident("lead"))
    assert names(on_call(responder=person("responder", absences=(over,))))[0] == "responder"


def test_an_inactive_person_is_never_told():
    assert names(on_call(responder=person("responder", active=False))) == ["lead", "teamadmin"]


def test_nobody_left_is_an_explained_gap():
    gone = {name: person(name, active=False) for name in ("responder", "lead", "teamadmin")}
    found = on_call(**gone)
    assert found.gap
    assert found.told() == ()
    assert found.decided_by.row == "payments-on-call"
    assert "Nobody can be told for On call" in found.sentence


def test_a_responsibility_without_a_row_is_an_explained_gap():
    found = ownership.resolve(MATRICES, CAPTURE, "nonsense", "sev1", world.people(), AT)
    assert found.gap
    assert found.decided_by is None
    assert found.sentence == "No row says who is responsible for nonsense at SEV1."


def test_an_unknown_workflow_belongs_to_the_triage_team_and_the_default_stands_in():
    found = on_call(workflow=None)
    assert found.decided_by.row == "triage_team"
    assert {person.name for person in found.told(0)} == {"lead", "responder"}
    assert {person.name for person in found.told(1)} == {"engineering"}


def test_a_role_brings_its_holders_and_the_team_role_beats_the_company_role():
    company = world.content("company-matrix")
    team = world.content("payments-matrix")
    team["roles"] = [{"key": "technical-lead", "title": "Own lead", "holders": [{"person": str(ident("product"))}]}]
    matrices = ownership.Matrices(world.pinned("matrix", company), {ident("t:payments"): world.pinned("matrix", team)})
    found = ownership.resolve(matrices, CAPTURE, "remediation", "sev1", world.people(), AT)
    assert names(found) == ["product", "lead"]
    assert "in the role Own lead" in found.people[0].sentence


ROTA = ident("s:rota")


def on_rota(*turns: str, overrides=(), **changed) -> ownership.Resolution:
    """Who is on call when the team's row names a schedule in which `turns` hand over each day at 08:00 UTC."""
    daily = LayerFacts("daily", tuple(map(ident, turns)), "daily", 1, time(8), 0, AT.date())
    schedule = ScheduleFacts(ROTA, "Payments rota", "UTC", (daily,), overrides)
    team = world.content("payments-matrix")
    team["rows"][0].update(holder={"schedule": str(ROTA)}, alternates=[{"person": str(ident("lead"))}])
    matrices = replace(MATRICES, teams={ident("t:payments"): world.pinned("matrix", team)})
    people = replace(world.people(**changed), schedules={ROTA: schedule} if turns else {})
    return ownership.resolve(matrices, CAPTURE, "on_call", "sev2", people, AT)


def test_a_schedule_brings_whoever_is_on_duty_and_the_alternates_stand_behind():
    found = on_rota("responder", "engineering")
    assert names(found) == ["responder", "lead"]
    assert found.people[0].sentence == "responder, on call in Payments rota."
    assert found.groups[1].people[0].via == "alternate"


def test_on_a_schedule_too_the_cover_stands_in():
    found = on_rota("responder", responder=away("responder", cover="engineering"))
    assert (names(found), found.people[0].via) == (["engineering", "lead"], "cover")


def test_an_empty_schedule_is_explained():
    nobody = OverrideFacts(AT, AT + timedelta(1), None)
    for found, words in (
        (on_rota("responder", overrides=(nobody,)), "Payments rota has nobody on call, by an override."),
        (on_rota(), "This on-call schedule does not exist or is no longer used."),
    ):
        assert names(found) == ["lead"]
        assert found.why_not[0].sentence == words


def test_a_schedule_with_nobody_and_no_alternate_is_an_explained_gap():
    found = on_rota("responder", responder=away("responder"), lead=person("lead", active=False))
    assert found.gap and found.decided_by.row == "payments-on-call"
    assert [why.sentence for why in found.why_not][:2] == [
        "responder is away and nobody covers.",
        "lead is no longer active.",
    ]


def test_what_was_found_out_before_never_changes_an_answer():
    """Every question in any order to the same people, about four sets of documents, at three times.

    Neither the people nor the documents of the second answer were ever asked before.
    """
    company, team = world.content("company-matrix"), world.content("payments-matrix")
    team["roles"] = [{"key": "technical-lead", "title": "Own lead", "holders": [{"person": str(ident("product"))}]}]
    company["roles"][0]["holders"] = [{"person": str(ident("auditor"))}]
    companies = [MATRICES.company, world.pinned("matrix", company, 2)]
    teams = [MATRICES.teams, {ident("t:payments"): world.pinned("matrix", team, 2)}]
    workflows = [None, *map(world.workflow, world.WORKFLOWS), replace(CAPTURE, criticality="low")]
    workflows.append(replace(CAPTURE, name="Renamed"))
    duties = list(companies[0].content.responsibility_by_key)
    asked = [
        (ownership.Matrices(one, own), workflow, duty, severity, AT + timedelta(minutes=minutes), letters)
        for one in companies
        for own in teams
        for workflow in workflows
        for duty in duties
        for severity in ("sev1", "any")
        for minutes in (-90, 0, 90)
        for letters in (("R", "A"), ("I",))
    ]
    Random(1).shuffle(asked)
    people = world.people(responder=away("responder", cover="engineering"), lead=away("lead"))
    for matrices, workflow, duty, severity, at, letters in asked:
        once = ownership.resolve(matrices, workflow, duty, severity, people, at, letters=letters)
        fresh = ownership.Matrices(
            replace(matrices.company), {key: replace(pinned) for key, pinned in matrices.teams.items()}
        )
        anew = ownership.resolve(fresh, workflow, duty, severity, replace(people), at, letters=letters)
        assert once == anew


def test_informed_people_are_found_by_their_letter():
    found = ownership.resolve(MATRICES, CAPTURE, "communication", "sev1", world.people(), AT, letters=("I",))
    assert names(found) == ["success"]


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("detect", ["on_call"]),
        ("contain", ["containment", "exceptions"]),
        ("verify", ["remediation", "data_integrity"]),
        ("review", ["review", "log_keeping"]),
    ],
)
def test_every_stage_names_its_responsibilities(stage, expected):
    found = ownership.responsible_for_stage(MATRICES, CAPTURE, stage, "sev1", world.people(), AT)
    assert [resolution.responsibility for resolution in found] == expected
    assert not any(resolution.gap for resolution in found)


# Every subset of rows that could decide: the expected one is found by the rank written down here.
PLACES = {
    "workflow": ({"workflow": str(CAPTURE.id)}, "team"),
    "team": ({"team": str(ident("t:payments"))}, "team"),
    "criticality": ({"criticality": "high"}, "company"),
    "default": ({}, "company"),
}
RANKED = [(place, severity, letter) for place in PLACES for severity in ("sev1", "any") for letter in ("R", "A")]
ELSEWHERE = [("other-severity", {}, "sev3"), ("other-criticality", {"criticality": "low"}, "any")]


def row(key, scope, severity, letter):
    holder = {"person": str(ident("lead"))}
    return {
        "key": key,
        "scope": scope,
        "responsibility": "on_call",
        "severity": severity,
        "letter": letter,
        "holder": holder,
    }


@given(st.sets(st.sampled_from(RANKED)), st.booleans(), st.randoms())
def test_the_most_specific_row_decides_and_every_other_is_explained(chosen, noise, random):
    documents = {"company": [], "team": []}
    for place, severity, letter in chosen:
        scope, document = PLACES[place]
        documents[document].append(row(f"{place}-{severity}-{letter.lower()}", scope, severity, letter))
    if noise:
        documents["company"] += [row(key, scope, severity, "A") for key, scope, severity in ELSEWHERE]
    for rows in documents.values():
        random.shuffle(rows)
    team = {"title": "T", "scope": {"team": str(ident("t:payments"))}, "rows": documents["team"]}
    matrices = ownership.Matrices(
        world.pinned("matrix", {"title": "C", "rows": documents["company"]}),
        {ident("t:payments"): world.pinned("matrix", team)},
    )
    found = ownership.resolve(matrices, CAPTURE, "on_call", "sev1", world.people(), AT)
    expected = [f"{place}-{severity}-{letter.lower()}" for place, severity, letter in sorted(chosen, key=RANKED.index)]
    if not expected:
        assert found.gap
        assert found.sentence
        return
    assert found.decided_by.row == expected[0]
    assert [why.row for why in found.why_not] == expected[1:]


NAMES = st.sampled_from(["responder", "lead", "teamadmin", "engineering"])


@given(st.dictionaries(NAMES, st.tuples(st.booleans(), st.booleans(), st.none() | NAMES)))
def test_nobody_is_listed_twice_inactive_or_away(states):
    changed = {}
    for name, (active, absent, cover) in states.items():
        absence = AbsenceFacts(AT - timedelta(1), AT + timedelta(1), ident(cover) if cover else None)
        changed[name] = person(name, active=active, absences=(absence,) if absent else ())
    found = on_call(**changed)
    told: list[UUID] = [candidate.person for candidate in found.people]
    assert len(told) == len(set(told))
    known: PeopleFacts = world.people(**changed)
    assert all(known.people[id].active and not known.people[id].absences for id in told)
    assert found.gap == (not told)
