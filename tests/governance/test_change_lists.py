"""The lists of changes: in which order, with what came of each, and what waits first."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import ChangeRequest, FreezeWindow
from governance.reads import inbox, outcomes
from governance.services import changes, freezes
from portal import audit
from portal.reads import keyset
from tests import factories_governance as make
from tests.factories_governance import YESTERDAY as A_DAY_AGO
from tests.governance.governing import Governed, asked, drafted, make_governed, propose, say, words
from tests.governance.test_change_pages import index, waits

pytestmark = pytest.mark.django_db
YESTERDAY = A_DAY_AGO + timedelta(hours=4)  # the board's day to answer is not over
HOUR = timedelta(hours=1)


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def decided(text: str) -> list[str]:
    """The references of the list of decided changes, from top to bottom."""
    list_of_them = text[text.index('id="rd"' if 'id="rd"' in text else 'id="al"') :]
    return list(dict.fromkeys(re.findall(r"CHG-\d+-\d+", list_of_them)))


def withdrawn(governed: Governed, name: str, *, asked_at: timedelta, over_at: timedelta) -> ChangeRequest:
    person = make.make_person(name, role="governance admin")
    change = propose(governed, words(a=name), by=person, at=YESTERDAY + asked_at)
    return changes.withdraw(change=change, why=f"{name} gave up", by=person, at=YESTERDAY + over_at)


def test_decided_changes_stand_by_when_they_were_decided(governed: Governed) -> None:
    late = withdrawn(governed, "ann", asked_at=0 * HOUR, over_at=9 * HOUR)
    soon = withdrawn(governed, "ben", asked_at=5 * HOUR, over_at=6 * HOUR)
    for text in (index(governed.owner), index(governed.owner, state="decided")):
        found = [one for one in decided(text) if one in (late.reference, soon.reference)]
        assert found == [late.reference, soon.reference]


def test_many_decided_changes_are_paged_by_their_decision(governed: Governed) -> None:
    for number in range(4):
        withdrawn(governed, f"p{number}", asked_at=number * HOUR, over_at=(20 - number) * HOUR)
    rows = outcomes.dated(ChangeRequest.objects.filter(state="withdrawn"))
    first = keyset.cut(rows, "-decided_at", "-id", size=2)
    second = keyset.cut(rows, "-decided_at", "-id", size=2, after=first.older.partition("after=")[2])
    assert [row.pk for row in (*first.rows, *second.rows)] == [
        row.pk for row in sorted(rows, key=lambda row: row.closed_at, reverse=True)
    ]


def test_every_decided_change_says_what_came_of_it(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    for person in (governed.one, governed.two):
        change = say(change, "approve", person, at=YESTERDAY)
    gone = withdrawn(governed, "ann", asked_at=HOUR, over_at=2 * HOUR)
    said = {row.change.reference: row.waits for row in inbox.recent()}
    assert said[change.reference] == f"In force as version {change.version.number}. Approved by One, Two."
    assert said[gone.reference] == "ann gave up"
    first = ChangeRequest.objects.get(model="genesis")
    assert said[first.reference].endswith("The first policy, installed by a command.")
    assert all(said.values())
    before = ChangeRequest.objects.get(document=governed.glossary, state="closed")
    assert said[before.reference].startswith("Was in force as version 1; a later one has replaced it. Approved by")


def test_what_came_of_many_takes_one_query(governed: Governed, django_assert_num_queries) -> None:
    rows = list(outcomes.dated(ChangeRequest.objects.select_related("version")))
    with django_assert_num_queries(1):
        assert len(outcomes.of(rows)) == len(rows) > 1


def test_a_list_names_the_freeze_that_holds_a_change_back(governed: Governed) -> None:
    at = timezone.now()
    window = FreezeWindow(starts_at=at - 2 * HOUR, ends_at=at + 9 * HOUR, why="Year-end closing")
    with audit.action(actor=governed.author, reason="freeze", at=at):
        freezes.save(window=window, at=at - 3 * HOUR)
    change = propose(governed, at=at - HOUR)
    for person in (governed.one, governed.two):
        change = say(change, "approve", person, at=at - HOUR)
    text = index(governed.owner)
    assert change.state == "approved"
    assert "Approved, but held back" in text and "the end of the freeze “Year-end closing”" in text


def test_objections_and_drafts_say_so_in_the_list(governed: Governed) -> None:
    say(propose(governed, at=YESTERDAY), "request_changes", governed.one, at=YESTERDAY)
    draft = asked(drafted(governed, words(a="b"), by=governed.other), by=governed.other)
    text = index(governed.owner)
    assert "Changes asked for" in text and "Author has to answer objections" in text
    assert draft.reference in text and "In review</span>" not in text


def test_the_change_that_is_due_first_is_the_next_thing_to_do(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    text = index(governed.one)
    card = text[text.index('class="next"') : text.index('id="wa"')]
    assert change.get_absolute_url() in card and "Read and decide" in card and "1 change waits for you." in card
    assert 'class="next"' not in index(governed.owner)


def test_of_many_the_first_stand_there_and_the_rest_a_link_away(governed: Governed) -> None:
    for number in range(inbox.CARDS + 2):
        person = make.make_person(f"author{number}", role="responder")
        propose(governed, words(a=f"b{number}"), by=person, at=YESTERDAY)
    text = waits(index(governed.one))
    assert "and 2 more, due later" in text and "?waiting=all" in text
    assert len(set(re.findall(r"CHG-\d+-\d+", text))) == inbox.CARDS
    every = waits(index(governed.one, waiting="all"))
    assert len(set(re.findall(r"CHG-\d+-\d+", every))) == inbox.CARDS + 2 and "due later" not in every


def test_only_who_may_change_something_is_offered_to(governed: Governed) -> None:
    assert "Change a document" in index(governed.author)
    assert "Change a document" not in index(make.make_person("nobody"))


def test_the_risk_of_a_draft_is_not_known_yet(governed: Governed) -> None:
    asked(drafted(governed, words(a="b"), by=governed.other), by=governed.other)
    text = index(governed.owner, state="draft")
    assert "not known yet" in text and "Low" not in text
