"""The communication plan: which rhythm counts, and words with something left open (D62, D64, D65)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base, communication
from governance.documents.base import SEVERITIES
from governance.documents.communication import CHANNEL_CLASSES, PLACEHOLDERS, TOPICS
from tests.governance.documents import contents, world

PLAN = base.parse("communication", world.content("communication"))[0]


def told(audience: str, severity: str, minutes: int) -> int | None:
    row = PLAN.cadence_at(audience, severity, minutes)
    return row and row.every_minutes


def test_the_rhythm_follows_severity_and_how_long_it_lasts() -> None:
    assert [told("business", "sev1", minutes) for minutes in (0, 239, 240, 9999)] == [30, 30, 60, 60]
    assert [told("business", "sev3", minutes) for minutes in (59, 60)] == [None, 480]
    assert told("nobody", "sev1", 0) is None


def test_leadership_is_told_of_everything_that_lasts_longer_than_a_day() -> None:
    for severity in SEVERITIES:
        assert told("leadership", severity, 1440) is not None
    assert told("leadership", "sev3", 1439) is None


@given(contents.CONTENTS["communication"], st.sampled_from(SEVERITIES), st.integers(0, 43200))
def test_the_row_that_counts_has_begun_and_no_later_one_has(content, severity, minutes) -> None:
    plan = base.parse("communication", content)[0]
    for audience in {row.audience for row in plan.cadence}:
        row, rows = plan.cadence_at(audience, severity, minutes), plan.rhythm(audience, severity)
        assert all(item.severity in (severity, "any") for item in rows)
        assert len({item.severity for item in rows}) <= 1
        begun = [item.after_minutes for item in rows if item.after_minutes <= minutes]
        assert (row.after_minutes if row else None) == max(begun, default=None)


def test_what_is_left_open_is_found_and_filled() -> None:
    text = "{what} since { since }, {nothing}, {what}"
    assert communication.placeholders(text) == ["what", "since", "nothing"]
    assert (
        communication.filled(text, {"what": "It {stopped}"}) == "It {stopped} since { since }, {nothing}, It {stopped}"
    )
    assert "{nothing}" in communication.filled(text) and "{what}" not in communication.filled(text)
    assert [communication.has_loose_braces(item) for item in (text, "{", "a } b", "{{what}}", "")] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_every_question_can_be_answered_in_public() -> None:
    for topic in TOPICS:
        assert any(PLACEHOLDERS[name].data_class == "public" for name in communication.ANSWERS[topic])
    assert set(CHANNEL_CLASSES.values()) <= set(communication.SCALE)


def test_the_words_for_an_event_are_found_by_audience() -> None:
    found = PLAN.templates_for("update", "customers")
    assert {item.channel for item in found} == {"status_page", "email"}
    assert PLAN.templates_for("wrap_up", "customers") == []
