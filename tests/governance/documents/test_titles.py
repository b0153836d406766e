"""What rows are called that other rows name by their key."""

from __future__ import annotations

from governance.documents import titles


def test_titles_are_found_by_the_field_that_names_the_row() -> None:
    one = {
        "responsibilities": [{"key": "log", "title": "Keeps the log"}, {"key": "untitled"}],
        "roles": [{"key": "lead", "title": "Lead"}],
        "dimensions": [{"key": "money", "title": "Money"}],
        "paths": {"key": "no", "title": "list"},
    }
    other = {"roles": [{"key": "lead", "title": "Incident lead"}, "nothing"], "rows": [{"key": "row", "title": "Row"}]}
    assert titles.of(one, other) == {
        "responsibility": {"log": "Keeps the log"},
        "role": {"lead": "Incident lead"},
        "weights": {"money": "Money"},
    }


def test_the_words_of_the_document_itself_count_more() -> None:
    company = {"role": {"lead": "Lead", "liaison": "Business liaison"}, "responsibility": {"log": "Log"}}
    assert titles.joined(company, {"role": {"lead": "Our lead"}, "path": {"fast": "Fast"}}) == {
        "role": {"lead": "Our lead", "liaison": "Business liaison"},
        "responsibility": {"log": "Log"},
        "path": {"fast": "Fast"},
    }


def test_a_row_calls_itself_by_its_title_or_by_what_it_is_about() -> None:
    rows = ({"key": "a", "title": "", "symptom": "Orders wait"}, {"key": "b", "question": "Now?", "title": "Urgency"})
    assert [titles.own(row) for row in (*rows, {"key": "c", "title": 3})] == ["Orders wait", "Urgency", ""]
