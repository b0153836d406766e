"""What people do on the page of a change, through HTTP: each verb done, and refused with nothing changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.models import ChangeRequest, Delegation, Document, Review
from governance.services import changes
from portal.models import AuditEntry
from tests import factories_governance as make
from tests.factories_governance import PASSWORD
from tests.factories_governance import YESTERDAY as A_DAY_AGO
from tests.governance.governing import (
    Governed,
    asked,
    drafted,
    in_force,
    make_governed,
    need,
    open_ground,
    propose,
    row,
    say,
    words,
)
from tests.governance.unchanged import picture

pytestmark = pytest.mark.django_db

YESTERDAY = A_DAY_AGO + timedelta(hours=4)  # the board's day to answer is not over
RISK = (("risk", [{"key": "undo", "question": "Hard to undo?", "band_if_yes": "high"}]),)


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def post(user: Any, change: ChangeRequest, verb: str, **data: Any) -> Any:
    return signed_in(user).post(reverse(f"governance:change-{verb}", args=[change.reference]), data)


def done(answer: Any, change: ChangeRequest) -> ChangeRequest:
    assert answer.status_code == 302, answer.content.decode()
    return ChangeRequest.objects.get(pk=change.pk)


def refuses(user: Any, change: ChangeRequest, verb: str, sentence: str, status: int = 422, **data: Any) -> str:
    """It is refused with `sentence`, no row of any table differs, and the page keeps what was typed."""
    client = signed_in(user)
    before = picture()
    answer = client.post(reverse(f"governance:change-{verb}", args=[change.reference]), data)
    text: str = answer.content.decode().replace("&#x27;", "'")
    assert (answer.status_code, sentence in text) == (status, True), (
        answer.status_code,
        text[text.find("<main") :][:1500],
    )
    assert picture() == before
    return text


def vote(change: ChangeRequest, verdict: str = "approve", **more: str) -> dict[str, str]:
    return {"verdict": verdict, "rationale": "because", "seen": change.version.digest} | more


def draft(governed: Governed, **meanings: str) -> ChangeRequest:
    return asked(drafted(governed, words(**(meanings or {"incident": "Stopped."}))), by=governed.author)


# Drafts


def test_a_draft_keeps_what_is_said_and_answers_htmx_with_what_the_policy_says_now() -> None:
    governed = make_governed(more=RISK)
    change = draft(governed)
    said = {"reason": "Shorter", "stated_band": "medium", "risk-undo": "yes"}
    client = signed_in(governed.author)
    url = reverse("governance:change-describe", args=[change.reference])
    text = client.post(url, said, headers={"HX-Request": "true"}).content.decode()
    assert text.startswith("Saved.") and 'hx-swap-oob="true"' in text and "Board, 2 of 3" in text
    kept = ChangeRequest.objects.get(pk=change.pk)
    assert (kept.reason, kept.answers, kept.stated_band, kept.band) == ("Shorter", {"undo": True}, "medium", "high")
    assert done(client.post(url, said | {"reason": "Shorter!"}), change).reason == "Shorter!"


def test_a_draft_is_sent_for_review_with_what_was_typed(governed: Governed) -> None:
    change = done(post(governed.author, draft(governed), "submit", reason="Why not"), draft_of(governed))
    assert (change.state, change.reason, change.model) == ("in_review", "Why not", "normal")


def draft_of(governed: Governed) -> ChangeRequest:
    return ChangeRequest.objects.get(requested_by=governed.author, document=governed.glossary)


def test_a_draft_without_a_reason_or_answers_is_not_sent_and_keeps_what_was_typed() -> None:
    governed = make_governed(more=RISK)
    change = draft(governed)
    changes.describe(change=change, by=governed.author, at=YESTERDAY, said={"reason": ""})
    answer = post(governed.author, change, "submit", reason=" ", stated_band="high")
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Say in up to 500 characters why; whoever reviews reads this first." in text
    answer = post(governed.author, change, "submit", reason="Typed with care")
    assert answer.status_code == 422 and "Answer the questions about the risk first." in answer.content.decode()
    kept = ChangeRequest.objects.get(pk=change.pk)
    assert (kept.state, kept.reason) == ("draft", "Typed with care")


def test_a_limited_change_ends_after_it_begins(governed: Governed) -> None:
    change = draft(governed)
    refuses(
        governed.author,
        change,
        "describe",
        "It would end before it takes effect; choose a later end.",
        reason="x",
        falls_back_at="2026-01-01T08:00",
    )


def test_an_end_that_is_too_early_is_said_at_its_field(governed: Governed) -> None:
    change = draft(governed)
    for verb in ("describe", "submit"):
        answer = post(governed.author, change, verb, reason="x", falls_back_at="2026-01-01T08:00")
        said = answer.context["page"].forms["describe"].errors
        assert answer.status_code == 422
        assert said == {"falls_back_at": ["It would end before it takes effect; choose a later end."]}


def test_strangers_do_not_describe_send_call_back_or_give_up(governed: Governed) -> None:
    change = draft(governed)
    for verb in ("describe", "submit", "recall", "rebase", "withdraw"):
        said = {"reason": "mine now", "why": "no"}
        refuses(governed.owner, change, verb, "Only a governance admin may change", 403, **said)


def test_a_change_is_called_back_and_becomes_a_draft_again(governed: Governed) -> None:
    change = done(post(governed.author, sent := propose(governed, at=YESTERDAY), "recall"), sent)
    assert (change.state, change.version.number) == ("draft", sent.version.number + 1)
    refuses(governed.author, change, "recall", f"{change.reference} is draft by now; load the page again.")


def test_a_change_is_given_up_with_a_reason(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    refuses(governed.author, change, "withdraw", "Say why in a sentence.")
    over = done(post(governed.author, change, "withdraw", why="Not needed"), change)
    assert (over.state, over.outcome) == ("withdrawn", "Not needed")


def test_a_conflict_is_taken_over_onto_the_newer_version(governed: Governed) -> None:
    mine = propose(governed, words(incident="Mine."), at=YESTERDAY)
    theirs = propose(governed, words(incident="Theirs."), by=governed.other, at=YESTERDAY)
    for person in (governed.one, governed.two):
        theirs = say(theirs, "approve", person, at=YESTERDAY)
    change = done(post(governed.author, mine, "rebase"), mine)
    assert (change.state, change.version.based_on) == ("draft", theirs.version)
    assert "Mine." in change.version.content


# Verdicts


def test_a_verdict_is_kept_and_the_last_one_brings_it_into_force(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    change = done(post(governed.one, change, "review", **vote(change)), change)
    assert (change.state, Review.objects.filter(change_request=change).count()) == ("in_review", 1)
    change = done(post(governed.two, change, "review", **vote(change)), change)
    assert change.state == "published" and in_force(governed.glossary) == change.version


def test_each_verdict_on_the_page_has_its_receipt(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    page = signed_in(governed.one).get(change.get_absolute_url()).content.decode()
    assert "/receipt/" not in page
    for person in (governed.one, governed.two):
        change = done(post(person, change, "review", **vote(change)), change)
    page = signed_in(governed.one).get(change.get_absolute_url()).content.decode()
    entries = AuditEntry.objects.filter(verb="change.reviewed", target_id=str(change.pk))
    assert len(entries) == 2
    for entry in entries:
        assert reverse("audit-receipt", args=[entry.pk]) in page


def test_an_objection_goes_back_to_whoever_asked(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    change = done(post(governed.one, change, "review", **vote(change, "request_changes")), change)
    assert change.state == "in_review" and change.answer_by is not None


def test_who_steps_aside_is_not_asked_again(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    done(post(governed.one, change, "review", **vote(change, "recuse")), change)
    client = signed_in(governed.one)
    assert "Your vote is asked for" not in client.get(change.get_absolute_url()).content.decode()


def test_no_verdict_without_a_word_a_reason_or_the_right(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    said = vote(change)
    refuses(governed.one, change, "review", "Choose what you say about this change.", **(said | {"verdict": ""}))
    empty = vote(change, "request_changes", rationale=" ")
    refuses(governed.one, change, "review", "Say why in a sentence; it stays on record.", **empty)
    sentence = "You have worked on this text yourself, so somebody else has to judge it."
    refuses(governed.author, change, "review", sentence, **said)
    refuses(governed.owner, change, "review", "You are not asked about this change: the policy names others.", **said)
    refuses(governed.one, change, "review", "Use at most 500 characters.", **(said | {"rationale": "x" * 501}))
    text = refuses(governed.one, change, "review", "Choose somebody of the list.", **(said | {"giver": "nobody"}))
    assert "because" in text  # what was typed stands there again


def test_a_verdict_on_a_text_that_has_changed_shows_what_is_new(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    old = change.version.digest
    change = changes.recall(change=change, by=governed.author, at=YESTERDAY)
    changes.withdraw(change=change, why="again", by=governed.author, at=YESTERDAY)
    new = propose(governed, words(incident="Something else."), at=YESTERDAY)
    sentence = "The text has changed since you opened it. Read what is new, then say it again."
    text = refuses(governed.one, new, "review", sentence, **(vote(new) | {"seen": old}))
    assert "Changed since you opened it" in text and f'value="{new.version.digest}"' in text and "because" in text


def test_a_verdict_in_the_place_of_somebody_says_so(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    said = vote(change, giver=str(governed.one.pk))
    refuses(governed.owner, change, "review", "Choose somebody of the list.", **said)
    with make._action(YESTERDAY):
        Delegation.objects.create(
            giver=governed.one,
            taker=governed.owner,
            starts_at=YESTERDAY,
            ends_at=timezone.now() + timedelta(days=1),
            why="away",
        )
    done(post(governed.owner, change, "review", **said), change)
    review = Review.objects.get(change_request=change)
    assert (review.by, review.on_behalf_of) == (governed.owner, governed.one)
    client = signed_in(governed.two)
    assert "for One" in client.get(change.get_absolute_url()).content.decode()


def test_who_validates_the_risk_confirms_or_raises_it() -> None:
    governed = make_governed(rows=(row(need(validates_risk=True)),))
    change = propose(governed, at=YESTERDAY, stated_band="medium")
    sentence = "Say how risky it is: the policy asks you to confirm or raise the risk."
    refuses(governed.one, change, "review", sentence, **vote(change))
    sentence = "The risk can be confirmed or raised, not lowered."
    refuses(governed.one, change, "review", sentence, **vote(change, band="low"))
    done(post(governed.one, change, "review", **vote(change, band="high")), change)
    assert Review.objects.get(change_request=change).band == "high"


def test_where_the_policy_asks_the_password_is_asked_for_once_more() -> None:
    cache.clear()
    governed = make_governed(rows=(row(need(confirm=True)),))
    change = propose(governed, at=YESTERDAY)
    sentence = "The policy asks you to sign in once more before you approve."
    refuses(governed.one, change, "review", sentence, **vote(change))
    wrong = "This is not your password. Nothing was decided."
    text = refuses(governed.one, change, "review", wrong, **vote(change, password="wrong"))
    assert 'value="wrong"' not in text
    done(post(governed.one, change, "review", **vote(change, password=PASSWORD)), change)
    assert Review.objects.get(change_request=change).is_confirmed
    done(post(governed.two, change, "review", **vote(change, "request_changes")), change)  # no password for a no


def test_passwords_cannot_be_tried_without_end() -> None:
    cache.clear()
    governed = make_governed(rows=(row(need(confirm=True)),))
    change = propose(governed, at=YESTERDAY)
    for _ in range(10):
        post(governed.one, change, "review", **vote(change, password="wrong"))
    sentence = "Too many tries. Wait a few minutes, then type your password again."
    refuses(governed.one, change, "review", sentence, **vote(change, password=PASSWORD))
    cache.clear()


def test_a_change_that_is_over_takes_no_verdict(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    over = changes.withdraw(change=change, why="no", by=governed.author, at=YESTERDAY)
    refuses(governed.one, over, "review", f"{over.reference} is withdrawn by now; load the page again.", **vote(over))


# Publication


def test_a_scheduled_change_is_put_into_force_before_its_time_by_whoever_asked(governed: Governed) -> None:
    version = drafted(governed, words(incident="In time."))
    change = asked(version, by=governed.author, publish_at=timezone.now() + timedelta(days=3))
    change = changes.submit(change=change, by=governed.author, at=YESTERDAY)
    for person in (governed.one, governed.two):
        change = say(change, "approve", person, at=YESTERDAY)
    client = signed_in(governed.author)
    assert "It takes effect by itself" in client.get(change.get_absolute_url()).content.decode()
    refuses(governed.one, change, "publish", "Only a governance admin may change", 403)
    assert done(post(governed.author, change, "publish"), change).state == "published"


def test_a_change_under_review_is_not_put_into_force(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    sentence = f"{change.reference} is in review by now; load the page again."
    refuses(governed.author, change, "publish", sentence)
    assert Document.objects.get(pk=governed.glossary.pk).effective_version != change.version


def test_without_an_open_incident_there_is_no_emergency(governed: Governed) -> None:
    refuses(governed.author, draft(governed), "break-glass", "There is no open incident that this could be for.")


def test_an_emergency_is_put_into_force_with_the_password_and_judged_on_its_page(governed: Governed) -> None:
    cache.clear()
    with open_ground(governed) as ground:
        change, said = draft(governed), {"ground": str(ground)}
        sentence = "Sign in once more: an emergency change takes effect without anybody else."
        refuses(governed.author, change, "break-glass", sentence, **said)
        refuses(governed.author, change, "break-glass", "Choose the incident that it is for.", password=PASSWORD)
        change = done(post(governed.author, change, "break-glass", password=PASSWORD, **said), change)
    assert (change.state, change.model, change.retrospective) == ("published", "emergency", "waiting")
    text = signed_in(governed.one).get(change.get_absolute_url()).content.decode()
    assert "Judge this emergency afterwards" in text and "For INC-2026-0001 Nothing works." in text
    watched = signed_in(governed.owner).get(change.get_absolute_url()).content.decode()
    assert "still has to be judged. Waits for One, Three, Two." in watched and "waits for 3 people" in watched
    assert ">Accept it</button>" in text and ">Do not accept it</button>" in text and "Approve version" not in text
    assert change.reference in signed_in(governed.one).get(reverse("governance:changes")).content.decode()
    for person in (governed.one, governed.two):
        change = done(post(person, change, "review", **vote(change)), change)
    assert change.retrospective == "accepted"
