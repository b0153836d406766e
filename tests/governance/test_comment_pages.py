"""Remarks beside the text of a change: at their place, blocking, answered, settled, and after another draft."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from governance.models import ChangeRequest, Comment
from governance.services import changes, comments, versions
from portal import audit
from portal.models import Message
from tests.factories_governance import YESTERDAY as A_DAY_AGO
from tests.governance.governing import Governed, make_governed, propose, say, words
from tests.governance.unchanged import picture, says

pytestmark = pytest.mark.django_db

YESTERDAY = A_DAY_AGO + timedelta(hours=4)
PLACE = "/terms/incident/meaning"


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: Any, change: ChangeRequest, **query: str) -> str:
    return str(client_of(user).get(change.get_absolute_url(), query).content.decode())


def post(user: Any, change: ChangeRequest, verb: str, *args: Any, **data: Any) -> Any:
    return client_of(user).post(reverse(f"governance:change-{verb}", args=[change.reference, *args]), data)


def remark(change: ChangeRequest, by: Any, **more: Any) -> Comment:
    return comments.say(change=change, **({"text": "Why?", "path": PLACE, "by": by, "at": YESTERDAY} | more))


def redrafted(change: ChangeRequest, content: dict[str, Any]) -> ChangeRequest:
    change = changes.recall(change=change, by=change.requested_by, at=YESTERDAY)
    with audit.action(actor=change.requested_by, reason="draft edited", at=YESTERDAY):
        versions.rewrite(change.version, versions.read_content("glossary", content), change.requested_by, YESTERDAY)
    return changes.submit(change=ChangeRequest.objects.get(pk=change.pk), by=change.requested_by, at=YESTERDAY)


def test_a_remark_stands_at_its_place_with_what_stood_there(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    answer = post(governed.one, change, "comment", path=PLACE, text="Is that all?", is_blocking="on")
    comment = Comment.objects.get()
    assert answer.status_code == 302 and answer["Location"].endswith(f"#c-{comment.pk}")
    assert (comment.path, comment.is_blocking, comment.by) == (PLACE, True, governed.one)
    assert comment.quote == "Something stopped or waits for a person."
    diff = page(governed.two, change)
    diff = diff[diff.index('<ol class="diff">') : diff.index("</ol>")]
    assert "Is that all?" in diff and "stops publication" in diff
    told = Message.objects.filter(recipient=governed.author, event="change.news", channel="inbox").latest("pk")
    assert "Is that all?" in str(told.context) and told.context != {}


def test_the_form_of_a_remark_opens_beside_its_place(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    text = page(governed.one, change, on=PLACE)
    diff = text[text.index('<ol class="diff">') : text.index("</ol>")]
    assert f'value="{PLACE}" selected' in diff and "All of it" in diff and 'name="is_blocking"' in diff
    assert 'name="is_blocking"' not in page(governed.owner, change, on=PLACE)


def test_a_remark_without_words_or_a_place_is_refused(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    for data, sentence in (
        ({"text": " "}, "Write what you want to say."),
        ({"text": "x" * 501}, "Use at most 500 characters."),
        ({"text": "Typed", "path": "/terms/nothing"}, "This place is not in the text any more; load the page again."),
        ({"text": "Typed", "path": "nonsense"}, "This place is not in the text any more; load the page again."),
    ):
        client, url = client_of(governed.one), reverse("governance:change-comment", args=[change.reference])
        before = picture()
        answer = client.post(url, data)
        text = answer.content.decode()
        assert (answer.status_code, sentence in text) == (422, True)
        assert picture() == before and ("Typed" in text or "Typed" not in data["text"])


def test_only_those_who_decide_can_stop_publication(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    sentence = "Only those who decide can stop publication. Send it as a remark that stops nothing."
    with says(comments.NotYours, sentence):
        remark(change, governed.owner, is_blocking=True)
    assert not remark(change, governed.owner).is_blocking


def test_a_blocking_remark_keeps_what_is_approved_from_taking_effect_until_it_is_settled(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    comment = remark(change, governed.three, is_blocking=True)
    for person in (governed.one, governed.two):
        change = say(change, "approve", person, at=YESTERDAY)
    assert change.state == "approved"
    assert "A comment that stops publication has not been settled." in page(governed.author, change)
    client = client_of(governed.one)
    before = picture()
    answer = client.post(reverse("governance:change-comment-settle", args=[change.reference, comment.pk]))
    assert (answer.status_code, picture()) == (422, before)
    assert "Only Three, or a governance admin, can settle this." in answer.content.decode()
    assert post(governed.three, change, "comment-settle", comment.pk).status_code == 302
    assert ChangeRequest.objects.get(pk=change.pk).state == "published"


def test_a_governance_admin_settles_a_blocking_remark_of_somebody_else(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    comment = remark(change, governed.three, is_blocking=True)
    comments.settle(comment=comment, by=governed.other, at=YESTERDAY)
    assert Comment.objects.get().settled_by == governed.other
    with says(comments.Settled, "This was settled already; load the page again."):
        comments.settle(comment=comment, by=governed.three, at=YESTERDAY)


def test_remarks_are_answered_and_both_sides_hear_of_it(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    comment = remark(change, governed.one)
    client = client_of(governed.author)
    before = picture()
    answer = client.post(reverse("governance:change-comment-answer", args=[change.reference, comment.pk]), {"text": ""})
    assert (answer.status_code, picture()) == (422, before)
    assert "Write what you want to say." in answer.content.decode()
    assert post(governed.author, change, "comment-answer", comment.pk, text="Because.").status_code == 302
    text = page(governed.two, change)
    assert text.index("Why?") < text.index("Because.")
    told = Message.objects.get(recipient=governed.one, key__contains=":answered:", channel="inbox")
    assert "Because." in str(told.context)


def test_a_remark_survives_another_draft_and_says_when_its_place_is_gone(governed: Governed) -> None:
    change = propose(governed, words(incident="Anything.", run="One execution."), at=YESTERDAY)
    remark(change, governed.one, text="Stays?")
    remark(change, governed.two, text="Goes?", path="/terms/run/meaning")
    change = redrafted(change, words(incident="Whatever."))
    text = page(governed.one, change)
    gone = text[text.index("Remarks whose place is gone") :]
    assert "Goes?" in gone and "One execution." in gone and "Stays?" not in gone
    assert "Stays?" in text[text.index('<ol class="diff">') : text.index("</ol>")]
    assert "the place is gone" in page(governed.one, change, part="comments")


def test_remarks_on_what_stays_and_on_the_whole_are_listed(governed: Governed) -> None:
    change = propose(governed, words(incident="Something stopped.", run="One."), at=YESTERDAY)
    remark(change, governed.one, text="Older words")
    remark(change, governed.one, text="All of it", path="")
    text = page(governed.two, change)
    stays = text[text.index("Remarks on parts that stay as they are") : text.index("About the whole change")]
    assert "Older words" in stays and "All of it" in text[text.index("About the whole change") :]


def test_nothing_is_said_about_a_change_that_is_over(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    comment = remark(change, governed.one)
    changes.withdraw(change=change, why="no", by=governed.author, at=YESTERDAY)
    sentence = f"{change.reference} is withdrawn by now; load the page again."
    for act in (
        lambda: remark(change, governed.one),
        lambda: comments.answer(comment=comment, text="Late", by=governed.author, at=YESTERDAY),
        lambda: comments.settle(comment=comment, by=governed.one, at=YESTERDAY),
    ):
        with says(comments.NotOpen, sentence):
            act()
