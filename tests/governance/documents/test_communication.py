"""The communication plan: which rhythm counts, and words with something left open (D62, D64, D65)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from governance.documents import base, communication
from governance.documents.base import SEVERITIES
from governance.documents.communication import CHANNEL_CLASSES, PLACEHOLDERS, TOPICS
from tests.governance.documents import contents, world

PLAN = base.parse("communication", world.content("communication"))[0]


def told(audience: str, severity: str) -> list[tuple[int, int | None]]:
    """From which minute on they are told, and how often from then on."""
    return [(row.after_minutes, row.every_minutes) for row in PLAN.rhythm(audience, severity)]


def test_the_rhythm_follows_severity_and_how_long_it_lasts() -> None:
    assert told("business", "sev1") == [(0, 30), (240, 60)]
    assert told("business", "sev3") == [(60, 480)]
    assert told("nobody", "sev1") == []


def test_leadership_is_told_of_everything_that_lasts_longer_than_a_day() -> None:
    first = {severity: told("leadership", severity)[0][0] for severity in SEVERITIES}
    assert max(first.values()) == first["sev3"] == 1440


@given(contents.CONTENTS["communication"], st.sampled_from(SEVERITIES))
def test_a_rhythm_is_in_order_and_of_one_severity(content, severity) -> None:
    plan = base.parse("communication", content)[0]
    for audience in {row.audience for row in plan.cadence}:
        own, rows = [row for row in plan.cadence if row.audience == audience], plan.rhythm(audience, severity)
        named = [row for row in own if row.severity == severity]
        assert sorted(map(id, rows)) == sorted(map(id, named or [row for row in own if row.severity == "any"]))
        assert [row.after_minutes for row in rows] == sorted(row.after_minutes for row in rows)


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
