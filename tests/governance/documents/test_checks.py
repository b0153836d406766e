"""What the checks of the three kinds refuse and advise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from governance.documents import base
from governance.documents.facts import RosterFacts
from tests.governance.documents import world
from tests.governance.documents.world import ident, person

LEAD, OPERATORS = str(ident("lead")), str(ident("t:operators"))
UNKNOWN = "00000000-0000-4000-8000-00000000dead"


def row_of(content, key):
    return next(row for row in content["rows"] if row["key"] == key)


def blocking(kind, content, **changed):
    found = base.check(kind, content, world.facts(**changed))
    return [(finding.path, finding.message) for finding in found if finding.blocking]


def advice(kind, content, **changed):
    return [finding.message for finding in base.check(kind, content, world.facts(**changed)) if not finding.blocking]


def company(change):
    content = world.content("company-matrix")
    change(content)
    return content


def policy(change):
    content = world.content("escalation")
    change(content)
    return content


def rubric(change):
    content = world.content("rubric")
    change(content)
    return content


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
    assert (path, words) in blocking("matrix", company(change))


def test_a_person_who_has_left_blocks_a_matrix_that_names_them():
    found = blocking("matrix", world.content("company-matrix"), responder=person("responder", active=False))
    assert ("/rows/on-call/holder/person", "responder is no longer active and cannot hold a duty.") in found


PRIMARY = ident("s:primary")


def rostered(kind, content, *people):
    """What blocks `content` when the schedule Primary puts `people` on call within the next week."""
    roster = RosterFacts(PRIMARY, "Primary", tuple(ident(name) for name in people))
    facts = replace(world.facts(gone=person("gone", active=False)), schedules={PRIMARY: roster})
    return [(finding.path, finding.message) for finding in base.check(kind, content, facts) if finding.blocking]


def test_a_schedule_holds_a_duty_as_long_as_it_has_somebody_on_call_within_a_week():
    content = company(lambda c: row_of(c, "on-call").update(holder={"schedule": str(PRIMARY)}, alternates=[]))
    assert rostered("matrix", content, "responder") == []
    nobody = [("/rows/on-call/holder", "On call (row on-call) names nobody who can be told.")]
    assert rostered("matrix", content) == rostered("matrix", content, "gone") == nobody


def test_a_level_that_tells_a_schedule_needs_somebody_on_call_within_a_week():
    content = policy(lambda c: c["levels"][0].update(targets=[{"schedule": str(PRIMARY)}]))
    assert rostered("escalation", content, "responder") == []
    nobody = [("/levels/first-level/targets/0", "Primary has nobody on call within the next week.")]
    assert rostered("escalation", content) == nobody


def test_a_row_without_alternate_is_advised_against():
    content = company(lambda c: row_of(c, "on-call").update(alternates=[]))
    assert blocking("matrix", content) == []
    assert "On call (row on-call) has no alternate; nobody stands in." in advice("matrix", content)


def test_holder_and_alternate_being_the_same_is_advised_against():
    content = company(lambda c: row_of(c, "review").update(alternates=[{"person": LEAD}]))
    assert "Leads the review (row review): holder and alternate are the same." in advice("matrix", content)


def test_a_team_cannot_decide_for_the_workflow_of_another_team():
    content = world.content("payments-matrix")
    content["rows"][1]["scope"] = {"workflow": str(ident("w:stock-report"))}
    words = "A team's matrix holds rows for that team and its own workflows only."
    assert blocking("matrix", content) == [("/rows/capture-containment/scope", words)]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        (
            lambda c: c["levels"][0].update(targets=[{"board": UNKNOWN}]),
            "/levels/first-level/targets/0/board",
            "Boards cannot be told yet; name a responsibility, a role, a person or a team.",
        ),
        (
            lambda c: c["levels"][0].update(targets=[{"schedule": UNKNOWN}]),
            "/levels/first-level/targets/0/schedule",
            "This on-call schedule does not exist or is no longer used.",
        ),
        (
            lambda c: c["levels"][0].update(targets=[{"responsibility": "nothing"}]),
            "/levels/first-level/targets/0",
            "There is no responsibility called 'nothing' in the company matrix.",
        ),
        (lambda c: c["levels"][0].update(targets=[]), "/levels/first-level/targets", "First level tells nobody."),
        (
            lambda c: c["levels"].append({**c["levels"][0], "key": "lost", "title": "Lost"}),
            "/levels/lost",
            "Lost is on no path, so it is never reached.",
        ),
        (
            lambda c: c["levels"][0].update(on_timeout="hold"),
            "/paths/high/levels",
            "Second level is never reached: First level ends the path.",
        ),
        (
            lambda c: c["paths"][1]["levels"].append("leadership"),
            "/paths/medium/levels",
            "Leadership is never reached on Medium criticality asks everybody concerned together:"
            " its criteria exclude it.",
        ),
        (
            lambda c: c["paths"][0]["levels"].append("nothing"),
            "/paths/high/levels",
            "There is no level called 'nothing'.",
        ),
        (
            lambda c: c["paths"].append({**c["paths"][0], "key": "twin", "title": "Twin"}),
            "/paths/twin",
            "Twin and High criticality tells leadership fast are for the same incidents.",
        ),
        (
            lambda c: c.update(paths=[path for path in c["paths"] if path["key"] not in ("medium", "unknown")]),
            "/paths",
            "No path covers medium criticality at SEV1, SEV2, SEV3, SEV4.",
        ),
        (lambda c: c.update(fallback=[]), "/fallback", "Nobody is told when nobody was reached; name a fallback."),
        (
            lambda c: c["exceptions"][0].update(path="nothing"),
            "/exceptions/data-integrity/path",
            "There is no path called 'nothing'.",
        ),
        (lambda c: c["timeboxes"].append({"key": "other"}), "/timeboxes/other", "Two timeboxes are for any."),
        (
            lambda c: c["levels"][0].update(key="news"),
            "/levels/news",
            "No level may have the key 'news'; choose another.",
        ),
    ],
)
def test_a_policy_with_a_hole_is_refused_and_the_place_is_named(change, path, words):
    assert (path, words) in blocking("escalation", policy(change))


def test_a_team_without_active_members_cannot_be_the_fallback():
    found = blocking("escalation", world.content("escalation"), operator=person("operator", active=False))
    assert found == [("/fallback/0", "The team operators has no active member.")]


def test_a_cap_that_cuts_a_path_is_advised_against():
    content = policy(lambda c: c.update(cap=4))
    sentence = "High criticality tells leadership fast needs 7 steps but the cap is 4; the last ones are never taken."
    assert sentence in advice("escalation", content)


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
    assert (path, words) in blocking("rubric", rubric(change))


def test_references_name_everything_outside_with_its_place():
    content, _ = base.parse("matrix", world.content("payments-matrix"))
    found = {(reference.kind, reference.path) for reference in base.spec("matrix").references(content)}
    assert ("team", "/scope/team") in found
    assert ("person", "/rows/payments-on-call/alternates/0/person") in found
    assert ("workflow", "/rows/capture-containment/scope/workflow") in found


# Beside the grid


def test_the_demo_matrix_has_everything_beside_the_grid():
    assert [words for words in advice("matrix", world.content("company-matrix")) if "alternate" not in words] == []


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("exceptions", "Nobody approves exceptions: there is no responsibility called 'exceptions'."),
        ("log_keeping", "Nobody keeps the log: there is no responsibility called 'log_keeping'."),
        (
            "data_integrity",
            "Nobody owns data integrity in handoffs: there is no responsibility called 'data_integrity'.",
        ),
    ],
)
def test_the_company_matrix_always_has_some_responsibilities(key, words):
    def drop(content):
        for name in ("responsibilities", "rows", "decisions"):
            content[name] = [item for item in content[name] if key not in (item["key"], item.get("responsibility"))]

    assert blocking("matrix", company(drop)) == [("/responsibilities", words)]


def test_a_teams_matrix_need_not_repeat_them():
    assert blocking("matrix", world.content("payments-matrix")) == []


def test_high_criticality_wants_somebody_of_its_own():
    def drop(content):
        content["rows"] = [item for item in content["rows"] if item["key"] != "log-keeping-high"]

    words = "Keeps the log: nobody is named for workflows of high criticality; the company default holds."
    assert words in advice("matrix", company(drop))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            lambda c: c["decisions"][0].pop("options"),
            "Resume the workflow or stop it: no acceptable options are named.",
        ),
        (lambda c: c["decisions"][0].pop("minutes"), "Resume the workflow or stop it: nothing says by when."),
        (lambda c: c["roles"][0].pop("artefacts"), "Incident commander leaves nothing behind in writing."),
        (
            lambda c: c["roles"][0].pop("handoff"),
            "Incident commander: nothing says when it may be handed over.",
        ),
        (
            lambda c: c["roles"][0].pop("hours"),
            "Incident commander: nothing says after how many hours it is handed over.",
        ),
        (lambda c: c["roles"][0].pop("limits"), "Incident commander has no authority limits."),
        (lambda c: c.pop("conflict"), "No rule says who decides when stakeholders contradict each other."),
    ],
)
def test_what_lacks_beside_the_grid_is_advised(change, words):
    assert words in advice("matrix", company(change))
    assert blocking("matrix", company(change)) == []


def test_somebody_must_be_there_to_settle_a_conflict():
    def empty(content):
        content["conflict"]["tie_breaker"] = {"team": str(ident("t:product"))}

    found = blocking("matrix", company(empty), product=person("product", active=False))
    assert ("/conflict/tie_breaker", "Nobody active decides when stakeholders contradict each other.") in found
