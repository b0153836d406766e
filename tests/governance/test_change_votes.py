"""A button for each verdict, the risk that stands already chosen, and when those are asked whose turn has not come."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils.translation import override

from governance.forms.reviews import AFTERWARDS, Verdict
from governance.models import ChangeRequest, Review
from governance.services import changes, restoring
from governance.views.change_reader import Reader
from tests.factories_governance import YESTERDAY as A_DAY_AGO
from tests.governance.governing import (
    Governed,
    asked,
    drafted,
    make_governed,
    need,
    propose,
    row,
    say,
    words,
)
from tests.governance.test_change_pages import of, page

pytestmark = pytest.mark.django_db
YESTERDAY = A_DAY_AGO + timedelta(hours=4)  # the board's day to answer is not over


def buttons(text: str) -> dict[str, str]:
    """What stands on the buttons of the verdicts, by the verdict that each sends."""
    return dict(re.findall(r'<button [^>]*name="verdict" value="([a-z_]+)"[^>]*>([^<]+)</button>', text))


def send(user: Any, change: ChangeRequest, **said: str) -> Any:
    values = {"seen": change.version.digest, "rationale": ""} | said
    return of(user).post(f"{change.get_absolute_url()}review/", values)


def owned(**more: Any) -> Governed:
    """First the owner, then the board."""
    first = {"key": "owner", "title": "Whoever keeps it", "who": {"person": "owner@example.test"}} | more
    return make_governed(rows=(row(first, need(stage=2)),))


def test_each_verdict_is_a_button_that_says_what_it_does() -> None:
    governed = make_governed(rows=(row(need(veto=True)),))
    change = propose(governed, at=YESTERDAY)
    text = page(governed.one, change)
    assert buttons(text) == {
        "approve": f"Approve version {change.version.number}",
        "request_changes": "Ask for changes",
        "veto": "Veto",
        "abstain": "Abstain",
        "recuse": "Step aside",
    }
    assert f"It goes back to {governed.author.name} with your reason." in text
    assert 'type="radio" name="verdict"' not in text


def test_a_button_sends_its_verdict_without_a_word() -> None:
    governed = make_governed()
    change = propose(governed, at=YESTERDAY)
    assert send(governed.one, change, verdict="approve").status_code == 302
    assert Review.objects.values_list("verdict", "rationale").get(change_request=change) == ("approve", "")


def test_what_goes_is_no_version_to_approve() -> None:
    governed = make_governed()
    said = {"document": governed.glossary, "successor": None, "reason": "old", "at": YESTERDAY}
    change = changes.submit(change=restoring.retire(by=governed.author, **said), by=governed.author, at=YESTERDAY)
    assert buttons(page(governed.one, change))["approve"] == "Approve that it goes"


def test_whoever_has_voted_reads_what_they_said_and_may_say_something_else() -> None:
    governed = make_governed()
    change = say(propose(governed, at=YESTERDAY), "approve", governed.one, at=YESTERDAY)
    text = page(governed.one, change)
    assert "You have said “approve”" in text and "Nothing more is asked of you." in text
    assert "Say something else" in text and buttons(text)["approve"]
    assert "You have said" not in page(governed.two, change)


def test_the_risk_that_stands_is_chosen_already_and_none_below_it_is_offered() -> None:
    governed = make_governed(rows=(row(need(validates_risk=True)),))
    change = propose(governed, at=YESTERDAY, stated_band="medium")
    offered = re.findall(r'<input type="radio" name="band" value="(\w+)"[^>]*?( checked)?>', page(governed.one, change))
    assert offered == [("medium", " checked"), ("high", "")]
    assert "Medium, as it stands" in page(governed.one, change)


def test_the_highest_risk_is_confirmed_by_approving() -> None:
    governed = make_governed(rows=(row(need(validates_risk=True)),))
    change = propose(governed, at=YESTERDAY, stated_band="high")
    text = page(governed.one, change)
    assert '<input type="hidden" name="band" value="high">' in text
    assert "You may leave it empty when you approve. It stays on record." in text
    assert "When you approve, you confirm that the risk is high." in text
    assert send(governed.one, change, verdict="approve", band="high").status_code == 302
    assert Review.objects.get(change_request=change).band == "high"


def test_a_reason_is_asked_for_a_higher_risk_and_not_for_the_one_that_stands() -> None:
    governed = make_governed(rows=(row(need(validates_risk=True)),))
    change = propose(governed, at=YESTERDAY, stated_band="medium")
    answer = send(governed.one, change, verdict="approve", band="high")
    assert answer.status_code == 422 and "Say in a sentence why the risk is higher." in answer.content.decode()
    assert not Review.objects.filter(change_request=change).exists()
    assert send(governed.one, change, verdict="approve", band="medium").status_code == 302
    assert Review.objects.get(change_request=change).band == "medium"


def test_whoever_asks_for_changes_confirms_no_risk() -> None:
    form = Verdict(
        {"verdict": "request_changes", "rationale": "Too short.", "band": "medium"}, stands_at="medium", requester="A"
    )
    assert form.is_valid() and form.cleaned_data["band"] == ""


def test_who_is_asked_later_reads_when() -> None:
    governed = owned()
    change = propose(governed, at=YESTERDAY)
    text = page(governed.one, change)
    assert "You will be asked as “Board” when “Whoever keeps it” has agreed." in text
    assert "the policy names others" not in text and not buttons(text)
    assert "the policy names others" in page(governed.boss, change)
    change = say(change, "approve", governed.owner, at=YESTERDAY)
    assert buttons(page(governed.one, change)) and "You will be asked" not in page(governed.one, change)


def test_who_made_it_is_not_promised_to_be_asked_later() -> None:
    governed = owned()
    change = propose(governed, by=governed.other, at=YESTERDAY)
    text = page(governed.other, change)
    assert "You have worked on this text yourself" in text and "You will be asked" not in text


def test_later_stages_name_their_people() -> None:
    governed = owned()
    text = page(governed.owner, propose(governed, at=YESTERDAY))
    needs = text[text.index('id="agree"') : text.index('id="vote"')]
    for person in (governed.one, governed.two, governed.three):
        assert person.name in needs
    assert needs.count('<span class="muted">later</span>') == 3


# How it stands


def pill(text: str) -> str:
    found = re.search(r'<span class="pill"[^>]*>([^<]+)</span>', text[text.index('class="crumb"') :])
    assert found is not None
    return found.group(1)


def test_the_head_says_that_somebody_asked_for_changes() -> None:
    governed = make_governed()
    change = propose(governed, at=YESTERDAY)
    assert pill(page(governed.two, change)) == "In review"
    change = say(change, "request_changes", governed.one, at=YESTERDAY)
    assert pill(page(governed.two, change)) == "Changes asked for"


def test_the_head_says_that_the_tie_breaker_decides() -> None:
    governed = make_governed(rows=(row(need(tie_breaker={"person": "boss@example.test"})),))
    change = say(propose(governed, at=YESTERDAY), "request_changes", governed.one, at=YESTERDAY)
    for person in (governed.two, governed.three):
        change = say(change, "approve", person, at=YESTERDAY)
    assert pill(page(governed.owner, change)) == "The tie-breaker decides"


def test_the_head_says_that_nobody_is_left_who_could_approve() -> None:
    governed = make_governed(rows=(row(need(alternate=None)),))
    change = propose(governed, at=YESTERDAY)
    for person in (governed.one, governed.two):
        change = say(change, "recuse", person, at=YESTERDAY)
    assert pill(page(governed.owner, change)) == "Nobody left to approve"


def test_a_draft_says_its_needs_as_titles_not_in_the_middle_of_a_sentence() -> None:
    governed = owned()
    draft = asked(drafted(governed, words(a="b")), by=governed.author)
    sentence = "It will need: Whoever keeps it; Board, 2 of 3."
    assert sentence in page(governed.author, draft)


def test_hints_speak_of_what_is_asked() -> None:
    afterwards = Verdict(requester="A", words=AFTERWARDS)
    assert [choice["word"] for choice in afterwards.usual] == ["Accept it", "Do not accept it"]
    assert str(afterwards["rationale"].help_text).startswith("You may leave it empty when you accept it.")
    raising = Verdict(requester="A", stands_at="low")
    assert "when you approve and the risk stays" in str(raising["rationale"].help_text)


def test_titles_stand_in_the_quotes_of_the_language() -> None:
    governed = owned()
    change = propose(governed, at=YESTERDAY)
    with override("de"):
        reader = Reader(change, governed.one, at=YESTERDAY)
        assert reader.later == "Sie werden als „Board“ gefragt, sobald „Whoever keeps it“ zugestimmt hat."
