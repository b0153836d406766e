"""Which trigger fits, what it makes of an event, and that no event is ever lost."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from governance.documents import sentences
from governance.documents.base import SEVERITIES
from governance.documents.escalation import Trigger
from governance.rules import triggers
from governance.rules.triggers import Happening, Upstream

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def trigger(key: str = "one", **fields: Any) -> Trigger:
    return Trigger(key=key, title=key.capitalize(), **{"kind": "event", **fields})


def event(**fields: Any) -> Happening:
    return Happening(AT, **fields)


def minutes_ago(*minutes: float) -> tuple[datetime, ...]:
    return tuple(AT - timedelta(minutes=each) for each in minutes)


def test_no_trigger_opens_an_incident_as_ever() -> None:
    judged = triggers.judge([], event(title="Down"))
    assert judged.opens and judged.key == "" and judged.severity is None
    assert judged.sentence == "No trigger of the policy fits, so it opens an incident as every event does."


def test_the_first_that_fits_decides() -> None:
    found = triggers.judge([trigger("a", words=("disk",)), trigger("b"), trigger("c")], event(title="CPU"))
    assert found.key == "b"


def test_what_people_report_fits_no_event() -> None:
    assert triggers.judge([trigger(kind="report")], event()).key == ""


def test_words_are_looked_for_in_title_and_step_whatever_their_case() -> None:
    asked = [trigger(words=("TIMED out", "refused"))]
    assert triggers.judge(asked, event(title="Order timed OUT again")).key == "one"
    assert triggers.judge(asked, event(step="refused by CRM")).key == "one"
    assert triggers.judge(asked, event(title="Timed", step="out")).key == ""


def test_format_criticality_and_hint_have_to_fit_too() -> None:
    narrow = [trigger(formats=("n8n",), criticality=("high",), hint="sev2")]
    fits: dict[str, Any] = {"format": "n8n", "criticality": "high", "hint": "sev1"}
    assert triggers.judge(narrow, event(**fits)).key == "one"
    for other in ({"format": "generic"}, {"criticality": None}, {"hint": "sev3"}, {"hint": None}):
        assert triggers.judge(narrow, event(**{**fits, **other})).key == ""


def test_a_connector_fails_on_a_platform_or_where_a_step_is_named() -> None:
    asked = [trigger(kind="connector")]
    assert triggers.judge(asked, event(format="node_red")).key == "one"
    found = triggers.judge(asked, event(format="generic", step="Send mail"))
    assert found.sentence == "One: Send mail failed."
    assert triggers.judge(asked, event(format="alertmanager")).key == ""


def test_a_dependency_names_the_workflow_upstream_and_its_incident() -> None:
    asked = [trigger(kind="dependency")]
    assert triggers.judge(asked, event()).key == ""
    found = triggers.judge(asked, event(upstream=(Upstream("Orders", "INC-2026-0001"),)))
    assert found.sentence == "One: Orders has INC-2026-0001 open."


def test_a_count_holds_back_until_it_is_reached() -> None:
    asked = [trigger(kind="count", count=3, minutes=10)]
    held = triggers.judge(asked, event(earlier=minutes_ago(4, 11, 10)))
    assert not held.opens and (held.number, held.count) == (2, 3)
    assert held.sentence == "One: 2 of 3 in 10 minutes."
    assert triggers.judge(asked, event(earlier=minutes_ago(4, 9.9))).opens


def test_a_number_beyond_its_limit_opens_and_another_is_held_back() -> None:
    asked = [trigger(kind="threshold", fact="details.queue", value="100")]
    over = triggers.judge(asked, event(facts={"details": {"queue": 100.5}}))
    assert over.opens and over.sentence == "One: details.queue is 100.5, above 100."
    under = triggers.judge(asked, event(facts={"details": {"queue": "100"}}))
    assert not under.opens and under.sentence == "One: details.queue is 100, the limit is 100."


def test_a_number_within_its_limit_does_not_hide_a_failure() -> None:
    asked = [trigger("queue", kind="threshold", fact="queue", value="100"), trigger("step", kind="connector")]
    assert triggers.judge(asked, event(format="n8n", facts={"queue": 5})).key == "step"
    assert triggers.judge(asked, event(format="n8n", facts={"queue": 500})).key == "queue"
    held = triggers.judge(asked, event(format="generic", facts={"queue": 5}))
    assert held.key == "queue" and not held.opens


def test_an_event_without_the_number_is_not_meant() -> None:
    asked = [trigger(kind="threshold", fact="details.queue", value="100")]
    for queue in (None, True, "many", [1], {"n": 1}, "9" * 400, float("inf")):
        assert triggers.judge(asked, event(facts={"details": {"queue": queue}})).key == ""


def test_captured_facts_are_found_by_name_and_by_path() -> None:
    asked = trigger(captured=("Workflow version", "step", "details.order.0.id", "Error text"))
    facts = {"workflow_version": "7", "details": {"order": [{"id": 12}]}}
    found = triggers.judge([asked], event(step="Mail", facts=facts))
    assert found.captured == (
        ("Workflow version", "7"),
        ("step", "Mail"),
        ("details.order.0.id", "12"),
        ("Error text", ""),
    )
    assert triggers.lines(found) == "Workflow version: 7\nstep: Mail\ndetails.order.0.id: 12"


def test_beats_and_timeboxes_have_triggers_of_their_own() -> None:
    every = [trigger("any"), trigger("beat", kind="heartbeat"), trigger("late", kind="timebox", timebox="decision")]
    assert triggers.judge(every, event(kind="heartbeat")).key == "beat"
    assert triggers.judge(every, event(kind="timebox", timebox="decision")).key == "late"
    assert triggers.judge(every, event(kind="timebox", timebox="triage")).key == ""


def test_upstream_is_only_asked_for_where_it_may_decide() -> None:
    dependency = trigger("up", kind="dependency", words=("disk",))
    assert triggers.asks_upstream([dependency], event(title="disk full"))
    assert not triggers.asks_upstream([dependency], event(title="CPU"))
    assert not triggers.asks_upstream([trigger("all"), dependency], event(title="disk full"))


def test_what_was_stored_in_english_is_found_back_and_other_words_are_left_alone() -> None:
    judged = triggers.judge([trigger("disk")], event())
    found = sentences.recognized(str(judged.sentence))
    assert isinstance(found, sentences.Sentence) and found.params == {"trigger": "Disk"}
    assert sentences.recognized("Somebody wrote: this, and more.") == "Somebody wrote: this, and more."


numbers = st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, places=3)
some_triggers = st.lists(
    st.builds(
        Trigger,
        key=st.sampled_from(["a", "b", "c"]),
        title=st.just("T"),
        kind=st.sampled_from(
            ["report", "event", "connector", "dependency", "count", "threshold", "heartbeat", "timebox"]
        ),
        formats=st.lists(st.sampled_from(["n8n", "generic"]), max_size=1).map(tuple),
        words=st.lists(st.sampled_from(["disk", "cpu", " "]), max_size=2).map(tuple),
        hint=st.sampled_from(["any", *SEVERITIES]),
        count=st.integers(1, 5),
        fact=st.sampled_from(["queue", "details.queue", ""]),
        value=st.sampled_from(["1", "-0.5", "x", ""]),
        severity=st.sampled_from([None, *SEVERITIES]),
        captured=st.lists(st.sampled_from(["step", "queue", "details"]), max_size=3).map(tuple),
    ),
    max_size=5,
)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
happenings = st.builds(
    Happening,
    at=st.just(AT),
    kind=st.sampled_from(["event", "heartbeat", "timebox"]),
    format=st.sampled_from(["n8n", "generic", "alertmanager"]),
    title=st.sampled_from(["disk full", "CPU", ""]),
    step=st.sampled_from(["", "Mail"]),
    hint=st.sampled_from([None, *SEVERITIES]),
    timebox=st.sampled_from(["triage", "decision"]),
    facts=st.dictionaries(
        st.sampled_from(["queue", "details"]), leaves | st.lists(leaves) | st.dictionaries(st.just("queue"), leaves)
    ),
    upstream=st.just(()) | st.just((Upstream("Orders", "INC-1"),)),
    earlier=st.lists(st.integers(-5, 30), max_size=6).map(lambda past: minutes_ago(*past)),
)


@given(some_triggers, happenings)
def test_only_a_count_or_a_number_holds_an_event_back(every: list[Trigger], happening: Happening) -> None:
    judged = triggers.judge(every, happening)
    deciding = triggers.deciding(every, happening)
    assert judged.key == (deciding.key if deciding else "")
    if not judged.opens:
        assert happening.kind == "event" and deciding is not None and deciding.kind in ("count", "threshold")
    assert judged.sentence


@given(some_triggers, happenings)
def test_what_is_not_read_does_not_change_the_answer(every: list[Trigger], happening: Happening) -> None:
    without = Happening(**{name: getattr(happening, name) for name in Happening.__slots__} | {"upstream": ()})
    if not triggers.asks_upstream(every, without):
        ours, theirs = triggers.deciding(every, happening), triggers.deciding(every, without)
        assert ours is theirs


@given(some_triggers, happenings, st.integers(0, 4))
def test_one_more_event_never_closes_the_gate(every: list[Trigger], happening: Happening, minute: int) -> None:
    more = Happening(
        **{name: getattr(happening, name) for name in Happening.__slots__}
        | {"earlier": (*happening.earlier, *minutes_ago(minute))}
    )
    assert triggers.judge(every, more).opens >= triggers.judge(every, happening).opens


@given(numbers, numbers)
def test_numbers_compare_exactly_and_one_of_each_pair_holds(number: Decimal, limit: Decimal) -> None:
    facts = {"n": str(number)}
    opens = {
        how: triggers.judge([trigger(kind="threshold", fact="n", comparison=how, value=str(limit))], event(facts=facts))
        for how in ("above", "at_most", "below", "at_least", "equal")
    }
    said = {how: judged.opens for how, judged in opens.items()}
    assert said["above"] != said["at_most"] and said["below"] != said["at_least"]
    assert said["equal"] == (number == limit)
