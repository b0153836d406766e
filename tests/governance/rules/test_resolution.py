"""What a resolution answers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from governance.documents.sentences import Sentence
from governance.rules.resolution import Candidate, Group, Resolution
from tests.governance.rules.schedules import NAMES, PEOPLE


def candidate(number: int) -> Candidate:
    return Candidate(PEOPLE[number], NAMES[PEOPLE[number]], "holder", Sentence(""))


groups = st.lists(st.lists(st.integers(0, 4), min_size=1, max_size=2), max_size=4).map(
    lambda found: tuple(Group(2 * index, tuple(map(candidate, each))) for index, each in enumerate(found))
)


@given(groups, st.integers(0, 6))
def test_positions_are_counted_over_those_who_can_be_told_and_the_last_is_told_again(held, alternate) -> None:
    found = Resolution("on_call", "sev1", held)
    assert found.gap == (found.people == ()) == (not held)
    assert found.people == sum((group.people for group in held), ())
    if not held:
        assert found.told(alternate) == ()
    elif alternate < len(held):
        assert found.told(alternate) == held[alternate].people
    else:
        assert found.told(alternate) == held[-1].people
    assert found.told() == found.told(0)
