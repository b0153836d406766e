"""The line of a YAML text at which a place of a document stands."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base, lines
from governance.documents.facts import Finding
from tests.governance.documents import contents, world

TEXT = """\
# Who owns what
title: Owners

rows:
  - key: first
    holder:
      person: lead@demo.example
    alternates:
      - {role: lead}
      - {role: other}
  - {key: second, holder: {role: lead}}
a/b: here
"""


def at(*paths: str, text: str = TEXT) -> list[int | None]:
    return [finding.line for finding in lines.placed(text, [Finding("blocking", path, "Wrong.") for path in paths])]


def test_a_place_is_found_by_the_key_of_its_row_and_by_its_number() -> None:
    assert at("/title", "/rows", "/rows/first", "/rows/0", "/rows/first/holder/person") == [2, 4, 5, 5, 7]
    assert at("/rows/first/alternates/1", "/rows/second/holder", "/rows/1/holder") == [10, 11, 11]
    assert at("/a~1b") == [12]


def test_what_the_text_does_not_name_stands_at_the_nearest_place_around_it() -> None:
    assert at("/rows/first/severity", "/rows/first/holder/person/0") == [5, 7]
    assert at("/rows/third/holder", "/scope", "") == [4, 2, 2]


def test_a_finding_that_knows_its_line_keeps_it_and_everything_else_too() -> None:
    found = [Finding("advisory", "/title", "Short.", 9), Finding("advisory", "/title", "Short.")]
    assert lines.placed(TEXT, found) == [found[0], Finding("advisory", "/title", "Short.", 2)]


@given(contents.CONTENTS["matrix"], st.integers(0, 5))
def test_every_row_that_is_written_is_found_at_the_line_that_names_it(content, above) -> None:
    text = "# a comment\n" * above + base.to_yaml(json.loads(base.canonical(content)), world.Directory())
    written = text.split("\n")
    for name in ("responsibilities", "roles", "rows", "decisions"):
        rows = content.get(name) or ()
        for index, row in enumerate(rows):
            [line] = at(f"/{name}/{row['key']}/key", text=text)
            assert f"key: {row['key']}" in written[line - 1].replace('"', "").replace("'", "")
            if str(index) not in {each["key"] for each in rows}:
                assert at(f"/{name}/{index}/key", text=text) == [line]


def test_a_key_that_is_a_number_means_the_row_of_that_key() -> None:
    text = "rows:\n  - key: a\n    note: x\n  - key: '0'\n"
    assert at("/rows/0", "/rows/0/note", "/rows/a", "/rows/1", text=text) == [4, 4, 2, 4]
