"""What workflows ask: plain bodies, messages that a flow stopped at, names by which a question is known again."""

from typing import Any

import pytest

from incidents.forms import intake as forms
from incidents.forms.intake import Unacceptable, asked
from incidents.models import Source
from portal import redaction
from tests.incidents.doors import case

FLOW = Source(key="flows", format="node_red")
PLAIN = Source(key="shop", format="generic")


def test_the_message_at_which_a_flow_stopped_is_a_question() -> None:
    content = case("node_red_needs_decision")
    found = forms.question_of(content, source=FLOW)
    assert found["question"] == "Invoice above limit: human decision required"
    assert found["details"] == "Step: Needs approval"
    assert found["given"] == {"invoice": "INV-9", "amount": "25000"}
    assert found["workflow"] == "tab1"
    assert asked.key_of(found) == "dac3336e7fa92739"
    assert asked.workflows(content, found["workflow"]) == (
        ("key", "tab1"),
        ("name", "tab1"),
        ("external_id", "tab1"),
        ("name", "Order sync"),
    )


def test_what_the_flow_names_besides_counts_more() -> None:
    more = {
        "question": "Pay it?",
        "name": "payment-above-limit",
        "given": {"amount": 3},
        "callback": "https://x.example/",
    }
    found = forms.question_of(case("node_red_needs_decision") | more, source=FLOW)
    assert {name: found[name] for name in ("question", "name", "callback")} == {
        "question": "Pay it?",
        "name": "payment-above-limit",
        "callback": "https://x.example/",
    }
    assert found["given"] == {"amount": "3"}


def test_only_a_source_of_node_red_speaks_so() -> None:
    assert "question" not in forms.question_of(case("node_red_needs_decision"), source=PLAIN)
    assert "question" not in forms.question_of(case("node_red_needs_decision"), source=None)


@pytest.mark.parametrize("original", ["a text", 5, ["a"], None, {}, {"a": {"b": [1]}}])
def test_whatever_the_message_was_it_can_be_given(original: Any) -> None:
    found = forms.question_of(case("node_red_needs_decision") | {"original": original}, source=FLOW)
    assert all(isinstance(value, str) for value in found.get("given", {}).values())


def test_what_is_given_is_flat_and_without_secrets() -> None:
    given = {"order": {"id": 7, "paid": False, "card_number": "4111 1111 1111 1111"}, "token": "abc", "none": None}
    found = forms.question_of({"question": "?", "given": given}, source=PLAIN)["given"]
    assert found == {
        "order.id": "7",
        "order.paid": "no",
        "order.card_number": redaction.MARK,
        "token": redaction.MARK,
        "none": "",
    }


def test_paths_that_a_source_never_stores_are_hidden_everywhere() -> None:
    source = Source(key="shop", format="generic", redact=["given.customer"])
    content = {"question": "Pay Erika Muster?", "given": {"customer": "Erika Muster", "amount": 1}, "key": "a"}
    found = forms.question_of(content, source=source)
    assert "Erika" not in str(found) and found["given"]["amount"] == "1"


def test_an_address_with_a_secret_in_it_is_refused() -> None:
    for address in ("https://x.example/answers?token=hunter22", "https://user:hunter22@x.example/"):
        with pytest.raises(Unacceptable) as caught:
            forms.question_of({"question": "?", "callback": address}, source=PLAIN)
        assert caught.value.field == "callback"


def test_at_most_so_much_is_given() -> None:
    with pytest.raises(Unacceptable, match="at most 50") as caught:
        asked.flat({f"name{number}": 1 for number in range(101)})
    assert caught.value.field == "given"
    assert len(asked.flat({"long": "x" * 5_000})["long"]) == asked.VALUE_LENGTH


@pytest.mark.parametrize(
    ("content", "headers", "key"),
    [
        ({"key": "a", "msgid": "b"}, ("c",), "a"),
        ({"msgid": "b"}, ("c",), "b"),
        ({"event_id": "e"}, (), "e"),
        ({}, ("", "w"), "w"),
        ({"key": " "}, (), ""),
    ],
)
def test_a_question_is_known_by_the_first_name_that_it_has(
    content: dict[str, Any], headers: tuple[str, ...], key: str
) -> None:
    assert asked.key_of(content, *headers) == key


def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(Unacceptable, match="at most"):
        asked.key_of({}, "x" * 141)
    with pytest.raises(Unacceptable):
        asked.key_of({"key": "x" * 141})


def test_the_length_of_a_key_leaves_room_for_its_sender() -> None:
    assert len(f"source:{Source().pk}:") + asked.KEY_LENGTH <= 200
