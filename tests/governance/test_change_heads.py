"""The head of a change in each of its states: what is next, for whom, and what the four figures say."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from governance.models import ChangeRequest, FreezeWindow
from governance.services import changes, freezes
from portal import audit
from tests import factories_governance as make
from tests.factories_governance import YESTERDAY as A_DAY_AGO
from tests.governance.governing import Governed, asked, drafted, make_governed, need, propose, row, say, words
from tests.governance.test_change_pages import page

pytestmark = pytest.mark.django_db
YESTERDAY = A_DAY_AGO + timedelta(hours=4)  # the board's day to answer is not over
HOUR = timedelta(hours=1)


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def head(text: str) -> str:
    """What stands above the parts of the change, without its markup."""
    found = text[text.index('class="next"') : text.index('class="tabs"')]
    return " ".join(re.sub(r"<[^>]+>", " ", found).split())


def test_a_draft_foretells_by_the_risk_that_it_will_be_sent_with() -> None:
    risky = row(need(key="risk", title="Risk board"), bands=["high"]) | {"key": "risky", "title": "Risky ones"}
    governed = make_governed(rows=(row(), risky))
    draft = asked(drafted(governed, words(a="b")), by=governed.author)
    assert "Risk board" not in page(governed.author, draft)
    make.make_workflow("pays", team=make.make_team("payers"), criticality="high")
    assert ChangeRequest.objects.get(pk=draft.pk).band == "low"  # as it was last described
    text = page(governed.author, draft)
    assert "Risk High it touches workflows of high criticality" in head(text)
    assert "It will need: Board, 2 of 3; Risk board, 2 of 3." in head(text)


def test_only_whoever_asked_is_told_to_answer_objections(governed: Governed) -> None:
    change = say(propose(governed, at=YESTERDAY), "request_changes", governed.one, at=YESTERDAY)
    assert "Answer the objections" in head(page(governed.author, change))
    for person in (governed.other, governed.owner):
        said = head(page(person, change))
        assert "Author has to answer the objections" in said and "See them" not in said
    assert "Your objection stands" in head(page(governed.one, change))


def test_a_rejected_change_says_why_and_how_to_begin_anew() -> None:
    governed = make_governed(rows=(row(need(veto=True)),))
    change = say(
        propose(governed, at=YESTERDAY), "veto", governed.one, rationale="Nobody can pay for that.", at=YESTERDAY
    )
    text = page(governed.author, change)
    assert "It was rejected Refused. Board, 2 of 3: vetoed by One. “Nobody can pay for that.”" in head(text)
    assert f"?document={governed.glossary.pk}" in text and "Begin a new change" in head(text)
    assert "Who was asked" in text and "Cannot vote, having written it" not in text
    assert text.count("vetoed by One.") == 2  # in the head, and where the board stands
    assert "Begin a new change" not in page(governed.boss, change)


def test_what_was_given_up_is_no_alarm(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    change = changes.withdraw(change=change, why="Not needed.", by=governed.author, at=YESTERDAY)
    text = page(governed.owner, change)
    assert "It was withdrawn Not needed." in head(text) and 'class="next" data-tone="bad"' not in text


def test_a_freeze_says_when_an_approved_change_takes_effect_at_the_earliest(governed: Governed) -> None:
    at = timezone.now()
    window = FreezeWindow(starts_at=at - 2 * HOUR, ends_at=at + 9 * HOUR, why="Year-end closing")
    with audit.action(actor=governed.author, reason="freeze", at=at):
        freezes.save(window=window, at=at - 3 * HOUR)
    change = propose(governed, at=at - HOUR)
    for person in (governed.one, governed.two):
        change = say(change, "approve", person, at=at - HOUR)
    text = page(governed.owner, change)
    assert "Takes effect at the earliest" in head(text) and "Once approved" not in head(text)
    assert "Your vote" not in text  # nobody is asked any more


def test_what_a_command_installed_was_asked_of_nobody(governed: Governed) -> None:
    text = page(governed.owner, ChangeRequest.objects.get(model="genesis"))
    assert "By a command Nobody was asked: there was no policy before it." in head(text)
    assert "it was never approved" not in text and "Never reached" not in text
