"""A difference as people read it."""

from __future__ import annotations

import copy

from hypothesis import given

from governance.documents import base
from governance.documents.redline import Entry, Fold, Piece, redline
from tests.governance.documents import world
from tests.governance.documents.test_diff import DOCUMENTS

NAMES = world.Directory()


def drawn(old, new, **more):
    return redline(old, new, name=NAMES.name, say=str, **more)


def line(entry: Entry, label: str) -> tuple[Piece, ...]:
    [found] = [line.pieces for line in entry.lines if line.label == label]
    return found


def test_a_changed_holder_is_shown_by_name_and_the_rest_is_folded():
    old, new = world.content("payments-matrix"), world.content("payments-matrix")
    new["rows"][0]["holder"] = {"team": str(world.ident("t:engineering"))}
    found = drawn(old, new, titles={"responsibility": {"on_call": "On call"}})
    [entry] = [item for item in found.entries if isinstance(item, Entry)]
    assert (entry.op, entry.title, entry.path) == ("changed", "On call · team payments", "rows/payments-on-call")
    assert line(entry, "holder") == (Piece("removed", "responder@demo.example"), Piece("added", "team engineering"))
    parts = len(new["rows"]) + len(new.keys() - {"rows", "schema_number"})
    assert sum(item.count for item in found.entries if isinstance(item, Fold)) == parts - 1
    assert found.counts == {"changed": 1}


def test_stand_ins_that_stay_are_not_marked():
    old, new = world.content("payments-matrix"), world.content("payments-matrix")
    new["rows"][0]["alternates"].append({"role": "lead"})
    [entry] = [item for item in drawn(old, new).entries if isinstance(item, Entry)]
    assert line(entry, "stand-ins") == (
        Piece("same", "lead@demo.example; teamadmin@demo.example"),
        Piece("added", "role lead"),
    )


def test_what_stands_there_as_a_key_or_a_fixed_value_is_said_in_words():
    old = world.content("payments-matrix")
    new = copy.deepcopy(old) | {
        "responsibilities": [{"key": "log", "title": "Keeps the log", "stages": ["detect", "review"]}],
        "roles": [
            {"key": "lead", "title": "Incident lead", "limits": [{"key": "stop", "action": "Stop it", "risk": "high"}]}
        ],
    }
    new["rows"][0]["holder"] = {"role": "lead"}
    new["rows"][0]["alternates"] = [{"role": "elsewhere"}, {"role": "unheard-of"}]
    found = drawn(old, new, titles={"role": {"elsewhere": "Business liaison", "lead": "Not this one"}})
    entries = {entry.path: entry for entry in found.entries if isinstance(entry, Entry)}
    owner, log, lead = (entries[path] for path in ("rows/payments-on-call", "responsibilities/log", "roles/lead"))
    assert line(owner, "holder")[-1] == Piece("added", "role Incident lead")
    assert line(owner, "stand-ins")[-1] == Piece("added", "role Business liaison; role unheard-of")
    assert line(log, "stages") == (Piece("added", "Notice it; Learn from it"),)
    assert line(lead, "may do") == (Piece("added", "Stop it, up to high risk"),)


def test_rules_of_the_other_kinds_are_said_in_words_too():
    levels = [{"key": "first", "title": "On call"}, {"key": "second", "title": "Leadership"}]
    path = {"key": "fast", "title": "Fast", "criticality": "high", "severity": "any", "levels": ["first", "second"]}
    escalation = {"levels": levels, "paths": [path], "exceptions": [{"key": "data", "title": "Data", "path": "fast"}]}
    weights = [{"key": "money", "weight": 3}, {"key": "unasked", "weight": 1}]
    rubric = {"dimensions": [{"key": "money", "title": "Money"}], "departments": [{"key": "sales", "weights": weights}]}
    said = {
        f"{entry.path} {line.label}": line.pieces[0].text
        for content in (escalation, rubric)
        for entry in drawn({}, content).entries
        if isinstance(entry, Entry)
        for line in entry.lines
    }
    assert said["paths/fast levels"] == "On call; Leadership"
    assert said["paths/fast criticality"] == "high criticality"
    assert said["exceptions/data path"] == "Fast"
    assert said["departments/sales weights"] == "Money, weight 3; unasked, weight 1"


def policy(**changed) -> dict:
    """An approval policy of one row, in which the board and a role are asked."""
    board = {"key": "board", "title": "Rules board", "who": {"role": "governance_admin"}, "number": 2, "veto": True}
    row = {"key": "rules", "title": "Rules", "needs": [board | changed, {"key": "last", "title": "Boss", "number": 1}]}
    return {"title": "Policy", "rows": [row]}


def test_of_a_list_inside_a_part_only_what_differs_is_shown():
    [entry] = [item for item in drawn(policy(), policy(number=3)).entries if isinstance(item, Entry)]
    [only] = entry.lines
    assert (only.label, only.field) == ("needs · Rules board · number", "needs/board/number")
    assert only.pieces == (Piece("removed", "2"), Piece("added", "3"))


def test_rows_inside_a_part_come_and_go_one_by_one_and_may_only_change_their_order():
    old, new = policy(), policy()
    gone = new["rows"][0]["needs"].pop()
    [entry] = [item for item in drawn(old, new).entries if isinstance(item, Entry)]
    [only] = entry.lines
    assert only.field == f"needs/{gone['key']}" and [piece.op for piece in only.pieces] == ["removed"]
    assert only.pieces[0].text.startswith("Boss")
    new["rows"][0]["needs"].insert(0, gone)
    [entry] = [item for item in drawn(old, new).entries if isinstance(item, Entry)]
    assert {piece.op for line in entry.lines for piece in line.pieces} >= {"added", "removed"}


def test_a_role_in_the_portal_is_no_code():
    [entry] = [item for item in drawn({}, policy()).entries if isinstance(item, Entry) and item.path == "rows/rules"]
    [needs] = [line for line in entry.lines if line.field == "needs"]
    assert "role governance admin" in needs.pieces[0].text and "governance_admin" not in needs.pieces[0].text


def test_a_pin_is_a_module_and_a_version_never_a_digest():
    module, digest = str(world.ident("m:stalled")), "6c6f23d13ac335c37fc100d4c771144b"

    def playbook(version: int, digest: str) -> dict:
        pin = {"key": "stalled", "module": module, "version": version, "digest": digest}
        return {"title": "P", "scenarios": [{"key": "one", "title": "One", "modules": [pin]}]}

    def name(kind, id) -> str | None:
        return "Stalled trigger" if kind == "module" else None

    def lines(old: dict, new: dict) -> list:
        found = redline(old, new, name=name, say=str)
        return [line for item in found.entries if isinstance(item, Entry) for line in item.lines]

    said = [piece.text for line in lines({}, playbook(1, digest)) for piece in line.pieces]
    assert "module Stalled trigger, version 1" in said and not any(digest in text for text in said)
    [only] = lines(playbook(1, digest), playbook(2, "f" * 32))
    assert only.label == "modules · Stalled trigger · version"
    assert only.pieces == (Piece("removed", "1"), Piece("added", "2"))


def test_both_sides_of_a_line_can_be_read_alone():
    old, new = world.content("company-matrix"), world.content("company-matrix")
    new["responsibilities"][0]["description"] = "Answers first and decides how serious it is."
    [entry] = [item for item in drawn(old, new).entries if isinstance(item, Entry)]
    [said] = [line for line in entry.lines if line.label == "description"]
    assert [piece.text for piece in said.old] == ["Answers first and ", "judges", " how serious it is."]
    assert [piece.text for piece in said.new] == ["Answers first and ", "decides", " how serious it is."]


def test_texts_are_compared_word_by_word():
    old, new = world.content("company-matrix"), world.content("company-matrix")
    new["responsibilities"][0]["description"] = "Answers first and decides how serious it is."
    [entry] = [item for item in drawn(old, new).entries if isinstance(item, Entry)]
    assert [(piece.op, piece.text) for piece in line(entry, "description")] == [
        ("same", "Answers first and "),
        ("removed", "judges"),
        ("added", "decides"),
        ("same", " how serious it is."),
    ]


def test_a_text_that_is_another_one_is_shown_whole_before_and_after():
    was, now = "Customers are flooded with messages, and costs arise.", "Theirs: each minute costs money and time."
    [entry] = [item for item in drawn({"purpose": was}, {"purpose": now}).entries if isinstance(item, Entry)]
    assert entry.lines[0].pieces == (Piece("removed", was), Piece("added", now))
    longer = f"{was} Nobody has to ask twice, whoever works by it says every half hour how far it is."
    [entry] = [item for item in drawn({"purpose": was}, {"purpose": longer}).entries if isinstance(item, Entry)]
    assert [piece.op for piece in entry.lines[0].pieces] == ["same", "added"]


def test_rows_that_moved_came_or_went_say_so():
    old = world.content("company-matrix")
    new = copy.deepcopy(old)
    new["rows"].append(new["rows"].pop(0))
    gone = new["rows"].pop(1)["key"]
    new["rows"].insert(0, {"key": "new", "responsibility": "log", "holder": {"person": str(world.ident("lead"))}})
    found = {entry.path: entry for entry in drawn(old, new).entries if isinstance(entry, Entry)}
    moved = found[f"rows/{old['rows'][0]['key']}"]
    assert (moved.op, moved.before, moved.after) == ("moved", 1, len(new["rows"]))
    assert found[f"rows/{gone}"].op == "removed" and found["rows/new"].op == "added"
    assert len(found) == 3


def test_a_new_document_is_shown_row_by_row():
    new = world.content("company-matrix")
    found = drawn({}, new)
    assert found.counts == {
        "added": sum(len(value) if base_rows(value) else 1 for name, value in new.items() if name != "schema_number")
    }
    assert all(isinstance(item, Entry) and item.op == "added" for item in found.entries)


def base_rows(value) -> bool:
    return isinstance(value, list)


def test_what_is_not_drawn_is_counted():
    found = drawn({}, world.content("company-matrix"), shown=3)
    assert len(found.entries) == 3 and found.more == sum(found.counts.values()) - 3


@given(DOCUMENTS, DOCUMENTS)
def test_nothing_that_differs_stays_unseen(old, new):
    found = drawn(old, new, shown=1000)
    whole = {name: value for name, value in new.items() if value != [] or name in old}
    assert bool(found) or base.diff(old, whole) == [] or base.diff(old, new)[0].after == []
    assert sum(found.counts.values()) == sum(isinstance(item, Entry) for item in found.entries)
    assert not drawn(new, new)


def test_a_step_of_a_scenario_is_a_part_of_its_own_and_says_by_its_title_what_it_goes_on_with():
    old = world.content("nothing-happens")
    new = copy.deepcopy(old)
    steps = new["scenarios"][1]["steps"]
    steps.append(steps.pop(0))
    steps[1]["options"][0]["title"] = "Renew it"
    steps[3]["next"] = "end"
    new["scenarios"].append({"key": "new", "title": "Something new", "steps": [{"key": "one", "title": "Look"}]})
    found = [item for item in drawn(old, new).entries if isinstance(item, Entry)]
    assert [(item.op, item.section, item.title, item.path) for item in found] == [
        ("added", "scenarios", "Something new", "scenarios/new"),
        ("changed", "A connection is refused", "What do we do about it?", "scenarios/connection-refused/steps/cause"),
        (
            *("changed", "A connection is refused", "Go back to the former connector or credential"),
            "scenarios/connection-refused/steps/former",
        ),
        (
            *("moved", "A connection is refused", "Find out which workflows share the connection"),
            "scenarios/connection-refused/steps/how-far",
        ),
        ("added", "Something new", "Look", "scenarios/new/steps/one"),
    ]
    [onward] = found[2].lines
    assert [(piece.op, piece.text) for piece in onward.pieces] == [
        ("removed", "Find the runs that stopped halfway and repeat what is missing, once"),
        ("added", "the end of the scenario"),
    ]
