"""Rows that come, go and move in the texts of a section."""

from __future__ import annotations

import json

from governance.documents import section_forms, section_orders, section_words
from tests.governance.documents.filled_in import (
    NAMES,
    TEAM,
    matrix,
    read,
    section,
)


def test_rows_move_by_orders_and_the_focus_goes_along() -> None:
    part, content = section("matrix", "roles"), matrix()
    texts = section_forms.opened(part, content, NAMES)
    assert section_orders.arranged(part, texts, "add:roles.0.limits") == "roles.0.limits.1.action"
    texts["roles"][0]["limits"][1]["action"] = "Spend"
    assert section_orders.arranged(part, texts, "up:roles.0.limits.1") == "down:roles.0.limits.0"
    assert [limit["action"] for limit in texts["roles"][0]["limits"]] == ["Spend", "Pause"]
    assert section_orders.arranged(part, texts, "down:roles.0.holders.0") == "up:roles.0.holders.1"
    assert texts["roles"][0]["holders"] == ["Ops", "Anna"]
    assert section_orders.arranged(part, texts, "remove:roles.0.holders.0") == "add:roles.0.holders"
    before = json.dumps(texts)
    for order in (
        "",
        "up:roles.0",
        "remove:roles.7",
        "add:roles.0.hours",
        "add:roles.0",
        "up:nothing.1",
        "fly:roles.0",
    ):
        assert section_orders.arranged(part, texts, order) is None, order
    assert json.dumps(texts) == before


def test_a_part_that_may_lack_comes_and_goes() -> None:
    part, content = section("matrix", "conflict"), matrix()
    texts = section_forms.opened(part, content, NAMES)
    section_orders.arranged(part, texts, "remove:conflict")
    assert read(part, texts, content) == ({"conflict": None}, [])
    section_orders.arranged(part, texts, "add:conflict")
    assert texts["conflict"] == {"tie_breaker": "", "minutes": "60", "note": ""}
    _found, [problem] = read(part, texts, content)
    assert (problem.path, problem.message) == ("/conflict/tie_breaker", section_words.NOBODY)
    texts["conflict"]["tie_breaker"] = "Ops"
    assert read(part, texts, {}) == ({"conflict": {"tie_breaker": {"team": TEAM}}}, [])


def test_a_list_takes_so_many_rows_and_no_more() -> None:
    part = section("matrix", "decisions")
    texts = {"decisions": [{}] * (section_orders.MOST_ROWS - 1)}
    assert section_orders.arranged(part, texts, "add:decisions") == "decisions.1999.title"
    assert section_orders.arranged(part, texts, "add:decisions") is None
    assert len(texts["decisions"]) == section_orders.MOST_ROWS


def test_moving_back_restores_the_order_wherever_a_row_stands() -> None:
    part = section("matrix", "roles")
    for count in range(2, 5):
        for place in range(count - 1):
            texts = {"roles": [{"holders": list("abcde"[:count])}]}
            back = section_orders.arranged(part, texts, f"down:roles.0.holders.{place}")
            assert texts["roles"][0]["holders"].index("abcde"[place]) == place + 1
            at_end = place + 1 == count - 1
            assert back == f"{'up' if at_end else 'down'}:roles.0.holders.{place + 1}"
            section_orders.arranged(part, texts, f"up:roles.0.holders.{place + 1}")
            assert texts["roles"][0]["holders"] == list("abcde"[:count])
