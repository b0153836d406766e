"""What the triggers of a policy must hold before it may be published."""

from typing import Any

from governance.documents import base, trigger_checks
from governance.documents.escalation import Escalation, Trigger


def findings(*rows: dict[str, Any]) -> list[tuple[str, str, str]]:
    every = tuple(Trigger(title=row["key"].capitalize(), **row) for row in rows)
    return [
        (item.level, item.path, item.message) for item in trigger_checks.findings(Escalation(title="P", triggers=every))
    ]


def test_triggers_of_older_versions_stay_readable_and_are_in_order() -> None:
    old = {"key": "old", "told": "Somebody", "captured": ("Error text",), "timebox": "triage"}
    assert findings(old) == []
    assert Trigger(title="Old", **old).kind == "report"


def test_a_limit_needs_a_number_to_look_at_and_a_number_to_compare_with() -> None:
    assert findings({"key": "queue", "kind": "threshold", "value": "many"}) == [
        ("blocking", "/triggers/queue/fact", "Queue does not say which number of the event it looks at."),
        (
            "blocking",
            "/triggers/queue/value",
            "Queue needs a limit that is a number, for example 100 or 0.95.",
        ),
    ]
    assert findings({"key": "queue", "kind": "threshold", "value": "0.95", "fact": "details.rate"}) == []


def test_a_count_counts_two_or_more_and_says_what() -> None:
    assert findings({"key": "many", "kind": "count", "words": ("timeout",)}) == [
        ("blocking", "/triggers/many/count", "Many opens an incident with the first event; count two or more.")
    ]
    assert findings({"key": "many", "kind": "count", "count": 5}) == [
        ("advisory", "/triggers/many", "Many holds back the first events of every kind, also serious ones.")
    ]


def test_what_stands_behind_a_trigger_of_every_event_is_never_reached() -> None:
    assert findings({"key": "all", "kind": "event"}, {"key": "late", "kind": "connector"}) == [
        ("advisory", "/triggers/late", "Late is never reached: All takes every event before it.")
    ]


def test_two_for_the_same_timebox_are_one_too_many() -> None:
    first = {"key": "first", "kind": "timebox", "timebox": "decision"}
    assert findings(first, {**first, "key": "second"}) == [
        ("advisory", "/triggers/second", "Second is never used: First is for the same.")
    ]
    assert findings(first, {**first, "key": "second", "timebox": "triage"}) == []


def test_a_missed_timebox_raises_no_severity() -> None:
    assert findings({"key": "late", "kind": "timebox", "severity": "sev1"}) == [
        (
            "advisory",
            "/triggers/late/severity",
            "Late raises no severity: a missed timebox tells people, it does not judge.",
        )
    ]


def test_whole_numbers_in_yaml_are_taken_as_text_and_floats_are_refused() -> None:
    content = {"title": "P", "triggers": [{"key": "q", "title": "Q", "kind": "threshold", "fact": "n", "value": 100}]}
    typed, wrong = base.parse("escalation", content)
    assert wrong == [] and isinstance(typed, Escalation) and typed.triggers[0].value == "100"
    content["triggers"][0]["value"] = True  # type: ignore[index]
    assert [item.path for item in base.parse("escalation", content)[1]] == ["/triggers/q/value"]
