"""Where in a document something is, in words."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given

from governance.documents import base, matrix, places
from tests.governance.documents import contents, world

NAMES = world.Directory()
COMPANY = {"responsibility": {"on_call": "On call"}}
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def words(path: str, *held, titles=None) -> tuple[str, ...]:
    return places.words(path, held, name=NAMES.name, say=str, titles=titles)


def test_an_owner_is_known_by_place_responsibility_severity_and_part() -> None:
    content = world.content("payments-matrix")
    row = "team payments, On call, any severity, responsible"
    assert words("/rows/payments-on-call/holder/person", content, titles=COMPANY) == (
        "owners",
        row,
        "holder",
        "person",
    )
    content["rows"][0] |= {"severity": "sev1", "letter": "A"}
    content["rows"][0].pop("scope")
    assert words("/rows/payments-on-call", content)[1] == "the whole company, on_call, SEV1, accountable"


def test_what_an_owner_leaves_out_counts_as_the_schema_says() -> None:
    bare = {"key": "x", "responsibility": "on_call", "holder": {"role": "lead"}}
    typed = matrix.Row.model_validate_json(json.dumps(bare))
    whole = bare | {"severity": typed.severity, "letter": typed.letter}
    said = "the whole company, on_call, any severity, accountable"
    assert words("/rows/x", {"rows": [bare]})[1] == words("/rows/x", {"rows": [whole]})[1] == said


def test_what_only_names_a_responsibility_is_no_owner() -> None:
    content = {"decisions": [{"key": "d", "responsibility": "on_call", "minutes": 5}], "a/b": {"title": "x"}}
    assert words("/decisions/d", content) == ("decisions", "on_call, minutes 5")
    assert words("/a~1b/title", content) == ("a/b", "title")


def test_any_other_row_is_known_by_its_title_or_by_what_it_says() -> None:
    content = {
        "responsibilities": [{"key": "a", "title": "Answers"}, {"key": "bare"}],
        "symptoms": [{"key": "b", "symptom": "Nothing arrives", "causes": []}],
        "dimensions": [{"key": "c", "title": "", "question": "How many?"}],
        "timeboxes": [{"key": "d", "severity": "sev1", "triage_minutes": 5}],
    }
    said = [words(path, content)[-1] for path in ("/responsibilities/a", "/symptoms/b", "/dimensions/c")]
    assert said == ["Answers", "Nothing arrives", "How many?"]
    assert words("/timeboxes/d", content) == ("timeboxes", "SEV1, minutes to triage 5")
    assert words("/responsibilities/bare", content) == ("responsibilities", "bare")


def test_a_row_that_says_much_is_cut() -> None:
    content = {"timeboxes": [{"key": "d", "note": "x" * places.LONGEST}]}
    said = words("/timeboxes/d", content)[-1]
    assert said == "note " + "x" * (places.LONGEST - 5) + "…"
    content["timeboxes"][0]["note"] = "x" * (places.LONGEST - 5)
    assert words("/timeboxes/d", content)[-1] == "note " + "x" * (places.LONGEST - 5)


def test_contents_are_asked_in_their_order_and_a_row_that_none_has_is_called_by_its_key() -> None:
    new, old = ({"roles": [{"key": "lead", "title": title}]} for title in ("Leads", "Led"))
    old["roles"].append({"key": "gone", "title": "Gone"})
    assert words("/roles/lead/hours", new, old) == ("roles", "Leads", "hours")
    assert words("/roles/gone", new, old) == ("roles", "Gone")
    assert words("/roles/never", new, old) == ("roles", "never")


def test_a_title_that_a_content_defines_beats_the_one_of_another_document() -> None:
    content = {"rows": [{"key": "x", "responsibility": "on_call", "holder": {"role": "lead"}}]}
    other = content | {"responsibilities": [{"key": "on_call", "title": "Our own word"}, {"key": "untitled"}]}
    assert words("/rows/x", content, titles=COMPANY)[1].split(", ")[1] == "On call"
    assert words("/rows/x", other, titles=COMPANY)[1].split(", ")[1] == "Our own word"


@pytest.mark.parametrize("kind", contents.KINDS)
def test_every_step_to_every_change_has_words(kind: str) -> None:
    @given(contents.changed(kind))
    def holds(pair) -> None:
        old, new = pair
        for change in base.diff(old, new):
            found = words(change.path, new, old)
            assert len(found) == change.path.count("/") and all(found)

    holds()


def test_nobody_who_is_known_is_called_by_an_id() -> None:
    for name in ("company-matrix", "payments-matrix", "escalation", "rubric"):
        content = world.content(name)
        for field, value in content.items():
            for row in (each for each in value if "key" in each) if isinstance(value, list) else ():
                assert not ID.search(" ".join(words(f"/{field}/{row['key']}", content)))
