"""Who answers in somebody's place."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from governance.documents.facts import AbsenceFacts, PeopleFacts, PersonFacts
from governance.rules import stand_ins
from tests.governance.documents.world import AT
from tests.governance.rules.schedules import ANNA, BORIS, CHIARA, NAMES, PEOPLE

HOUR = timedelta(hours=1)


def away(cover: UUID | None = None, first=AT - HOUR, last=AT + HOUR) -> AbsenceFacts:
    return AbsenceFacts(first, last, cover)


def folk(**changed: PersonFacts | None) -> PeopleFacts:
    people = {NAMES[id]: PersonFacts(id, NAMES[id]) for id in PEOPLE} | changed
    return PeopleFacts({found.id: found for found in people.values() if found is not None})


def asked(people: PeopleFacts, whom: UUID = ANNA) -> tuple[str | None, bool, str]:
    found = stand_ins.find(whom, "in the team Payments", people, AT)
    return found.person and found.person.name, found.covers, str(found.sentence)


def anna(*absences: AbsenceFacts, active: bool = True) -> PersonFacts:
    return PersonFacts(ANNA, "Anna", active, absences)


def test_who_is_there_answers() -> None:
    assert asked(folk()) == ("Anna", False, "Anna, in the team Payments.")


def test_an_absence_counts_from_its_first_instant_to_before_its_last() -> None:
    assert asked(folk(Anna=anna(away(BORIS, AT, AT + HOUR))))[0] == "Boris"
    assert asked(folk(Anna=anna(away(BORIS, AT - HOUR, AT))))[0] == "Anna"
    assert asked(folk(Anna=anna(away(BORIS, AT + HOUR, AT + 2 * HOUR))))[0] == "Anna"


def test_the_cover_answers_and_it_is_said_for_whom() -> None:
    assert asked(folk(Anna=anna(away(BORIS)))) == ("Boris", True, "Boris, covering for Anna, in the team Payments.")


def test_a_cover_who_is_away_is_covered_too() -> None:
    people = folk(Anna=anna(away(BORIS)), Boris=PersonFacts(BORIS, "Boris", True, (away(CHIARA),)))
    assert asked(people) == ("Chiara", True, "Chiara, covering for Anna, in the team Payments.")


def test_without_a_cover_nobody_answers_and_the_last_one_asked_is_named() -> None:
    assert asked(folk(Anna=anna(away()))) == (None, False, "Anna is away and nobody covers.")
    people = folk(Anna=anna(away(BORIS)), Boris=PersonFacts(BORIS, "Boris", True, (away(),)))
    assert asked(people) == (None, False, "Boris is away and nobody covers.")
    people = folk(Anna=anna(away(BORIS)), Boris=PersonFacts(BORIS, "Boris", True, (away(ANNA),)))
    assert asked(people) == (None, False, "Boris is away and nobody covers.")


def test_who_has_left_never_answers_and_a_stranger_neither() -> None:
    assert asked(folk(Anna=anna(active=False))) == (None, False, "Anna is no longer active.")
    assert asked(folk(Anna=anna(away(BORIS), active=False))) == (None, False, "Anna is no longer active.")
    assert asked(folk(Anna=None)) == (None, False, "Somebody who is not known is no longer active.")
    people = folk(Anna=anna(away(BORIS)), Boris=PersonFacts(BORIS, "Boris", False))
    assert asked(people) == (None, False, "Boris is no longer active.")


covers = st.dictionaries(st.sampled_from(PEOPLE), st.none() | st.sampled_from(PEOPLE))


@given(covers, st.sets(st.sampled_from(PEOPLE)), st.sampled_from(PEOPLE))
def test_whoever_answers_is_there_and_stands_at_the_end_of_the_covers(absent, left, whom) -> None:
    people = PeopleFacts(
        {id: PersonFacts(id, NAMES[id], id not in left, (away(absent[id]),) if id in absent else ()) for id in PEOPLE}
    )
    walk, at = [], whom
    while at in absent and at not in left and at is not None and at not in walk:
        walk.append(at)
        at = absent[at]
    found = stand_ins.find(whom, "first", people, AT)
    expected = None if at is None or at in left or at in walk else at
    assert (found.person and found.person.id) == expected
    assert found.asked == whom and found.covers == (expected not in (None, whom))
