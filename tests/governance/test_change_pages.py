"""The inbox of changes and the page of one change, as they are read (U4, U5, D52-D54)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from governance.models import ChangeRequest, Delegation, Document
from governance.reads import approval, inbox, verdicts
from governance.services import changes, restoring, versions
from portal import audit
from tests import factories_governance as make
from tests.factories_governance import YESTERDAY as A_DAY_AGO
from tests.governance.governing import Governed, asked, drafted, make_governed, need, propose, row, say, words

pytestmark = pytest.mark.django_db

YESTERDAY = A_DAY_AGO + timedelta(hours=4)  # the board's day to answer is not over


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def body(client: Client, url: str, **query: str) -> str:
    answer = client.get(url, query)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def page(user: Any, change: ChangeRequest, **query: str) -> str:
    return body(of(user), change.get_absolute_url(), **query)


def index(user: Any, **query: str) -> str:
    return body(of(user), reverse("governance:changes"), **query)


def waits(text: str) -> str:
    """What the inbox says to wait for its reader."""
    return text[: text.index("All changes")] if "Waits for you" in text else ""


def rebuilt(change: ChangeRequest, content: dict[str, Any]) -> ChangeRequest:
    """The draft `change` with another text."""
    with audit.action(actor=change.requested_by, reason="draft edited", at=YESTERDAY):
        read = versions.read_content(change.document.kind, content)
        versions.rewrite(change.version, read, change.requested_by, YESTERDAY)
    return ChangeRequest.objects.get(pk=change.pk)


# The inbox


def test_the_inbox_says_what_waits_for_whom_and_why(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    for person in (governed.one, governed.two, governed.three):
        text = waits(index(person))
        assert change.reference in text and "Your verdict" in text and "as “Board”" in text
        assert governed.author.name in text and "Low" in text
    for person in (governed.owner, governed.author):
        text = index(person)
        assert "Nothing waits for you." in text and change.reference in text


def test_what_is_due_first_stands_first(governed: Governed) -> None:
    later = propose(governed, words(a="b"), by=governed.other, at=YESTERDAY + timedelta(hours=10))
    sooner = propose(governed, at=YESTERDAY + timedelta(hours=2))
    text = waits(index(governed.one))
    assert text.index(sooner.reference) < text.index(later.reference)


def test_who_has_voted_is_not_waited_for(governed: Governed) -> None:
    change = say(propose(governed, at=YESTERDAY), "approve", governed.one, at=YESTERDAY)
    assert "Nothing waits for you." in index(governed.one)
    assert change.reference in waits(index(governed.two))


def test_whoever_decides_for_somebody_finds_it_in_the_inbox(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    values = {"starts_at": YESTERDAY, "ends_at": YESTERDAY + timedelta(days=9), "why": "away"}
    with make._action(YESTERDAY):
        Delegation.objects.create(giver=governed.one, taker=governed.owner, board=governed.board, **values)
        Delegation.objects.create(giver=governed.two, taker=governed.other, kind="matrix", **values)
    text = waits(index(governed.owner))
    assert change.reference in text and f"for {governed.one.name}" in text
    assert waits(index(governed.other)) == ""  # only matrices


def test_whoever_asked_finds_objections_and_conflicts_in_the_inbox(governed: Governed) -> None:
    change = say(propose(governed, at=YESTERDAY), "request_changes", governed.one, at=YESTERDAY)
    text = waits(index(governed.author))
    assert change.reference in text and "Answer the objections" in text
    other = propose(governed, words(a="b"), by=governed.other, at=YESTERDAY)
    for person in (governed.two, governed.three):
        other = say(other, "approve", person, at=YESTERDAY)
    assert "Take it over onto the newer version" in waits(index(governed.author))


def test_the_first_page_has_a_card_for_a_verdict(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    assert change.get_absolute_url() in body(of(governed.one), reverse("home"))
    assert change.get_absolute_url() not in body(of(governed.owner), reverse("home"))


def test_filters_leave_what_fits_and_nonsense_is_no_filter(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    draft = asked(drafted(governed, words(a="b"), by=governed.other), by=governed.other)
    listed = {
        state: {one.reference for one in (change, draft) if one.reference in index(governed.owner, state=state)}
        for state in ("open", "draft", "review", "decided", "nonsense")
    }
    assert listed == {
        "open": {change.reference, draft.reference},
        "draft": {draft.reference},
        "review": {change.reference},
        "decided": set(),
        "nonsense": {change.reference, draft.reference},
    }
    assert change.reference not in index(governed.owner, kind="matrix")
    mine = index(governed.other, mine="1")
    assert draft.reference in mine and change.reference not in mine


def test_lists_judge_as_the_page_does(governed: Governed) -> None:
    propose(governed, at=YESTERDAY)
    say(propose(governed, words(a="b"), by=governed.other, at=YESTERDAY), "veto", governed.one, at=YESTERDAY)
    rows = list(verdicts.listed(ChangeRequest.objects.all()))
    at = YESTERDAY + timedelta(hours=1)
    judged = verdicts.judged(rows, at=at)
    whole = {change.pk: change for change in approval.select(ChangeRequest.objects.all())}
    for change in rows:
        assert judged.verdicts[change.pk] == approval.judge(whole[change.pk], at=at)
        assert judged.facts[change.pk] == approval.facts(whole[change.pk])


def test_the_inbox_takes_the_same_queries_for_one_change_and_for_many(governed: Governed) -> None:
    def asks() -> int:
        client = of(governed.one)
        client.get(reverse("governance:changes"))
        with CaptureQueriesContext(
            connection,
        ) as found:
            client.get(reverse("governance:changes"))
        return len(found)

    propose(governed, at=YESTERDAY)
    few = asks()
    for number in range(6):
        person = make.make_person(f"author{number}", role="responder")
        propose(governed, words(a=f"b{number}"), by=person, at=YESTERDAY)
    assert len(inbox.waiting(governed.one, at=YESTERDAY + timedelta(hours=1))) == 7
    assert asks() == few <= 42


# The page


def test_the_page_shows_the_redline_the_reason_and_whom_it_waits_for(governed: Governed) -> None:
    change = propose(governed, at=YESTERDAY)
    text = page(governed.one, change)
    assert "Your vote is asked for" in text and "clearer" in text
    assert "<ins>stopped or waits for a person.</ins>" in text and 'data-op="changed"' in text
    assert "Board, 2 of 3" in text and "Waits for 2" in text and "<b>you</b>" in text
    assert f"Cannot vote, having written it: {governed.author.name}." in text


def test_the_last_vote_that_is_missing_decides(governed: Governed) -> None:
    change = say(propose(governed, at=YESTERDAY), "approve", governed.two, at=YESTERDAY)
    assert "Your vote decides" in page(governed.one, change)
    text = page(governed.owner, change)
    assert "Waits for One, Three" in text and 'name="verdict"' not in text
    assert "You are not asked about this change: the policy names others." in text


def test_the_reason_of_an_objection_is_read_without_hovering(governed: Governed) -> None:
    change = say(
        propose(governed, at=YESTERDAY), "request_changes", governed.two, rationale="Too short at night.", at=YESTERDAY
    )
    assert '<li class="typed muted">Too short at night.</li>' in page(governed.author, change)
    assert "Vote again" in page(governed.two, change)


def test_whoever_wrote_it_reads_why_they_cannot_vote(governed: Governed) -> None:
    text = page(governed.author, propose(governed, at=YESTERDAY))
    assert "You have worked on this text yourself, so somebody else has to judge it." in text
    assert 'name="verdict"' not in text


def test_only_where_the_policy_asks_there_is_a_veto_a_risk_and_a_password() -> None:
    plain = page((governed := make_governed()).one, propose(governed, at=YESTERDAY))
    assert not re.search(r'value="veto"|name="band"|name="password"', plain)


def test_what_the_policy_asks_stands_in_the_form_of_the_vote() -> None:
    governed = make_governed(rows=(row(need(veto=True, confirm=True, validates_risk=True)),))
    text = page(governed.one, propose(governed, at=YESTERDAY))
    for control in ('value="veto"', 'name="band"', 'name="password"'):
        assert control in text


def test_a_draft_says_what_it_will_need_and_whether_that_can_be_had(governed: Governed) -> None:
    draft = asked(drafted(governed, words(a="b")), by=governed.author)
    text = page(governed.author, draft)
    assert "It will need: Board, 2 of 3." in text and "There are enough people who could approve it." in text
    assert "Send for review" in text
    stranger = page(governed.owner, draft)
    assert "Author is still writing this." in stranger and "Send for review" not in stranger


def test_a_draft_that_nobody_could_approve_says_so() -> None:
    governed = make_governed(rows=(row(need(number=3, alternate=None)),))
    draft = asked(drafted(governed, words(a="b"), by=governed.one), by=governed.one)
    assert "Cannot be approved as things are." in page(governed.one, draft)


def test_whoever_voted_before_sees_what_has_changed_since(governed: Governed) -> None:
    change = say(propose(governed, at=YESTERDAY), "request_changes", governed.one, at=YESTERDAY)
    change = changes.recall(change=change, by=governed.author, at=YESTERDAY)
    change = rebuilt(change, words(incident="Something stopped for good."))
    change = changes.submit(change=change, by=governed.author, at=YESTERDAY)
    text = page(governed.one, change)
    assert "Changed since your verdict" in text and "<ins>good.</ins>" in text[: text.index("clocks")]
    assert "Changed since your verdict" not in page(governed.two, change)


def test_a_conflict_shows_all_three_words_and_the_way_on(governed: Governed) -> None:
    mine = propose(governed, words(incident="Mine."), at=YESTERDAY)
    theirs = propose(governed, words(incident="Theirs."), by=governed.other, at=YESTERDAY)
    for person in (governed.one, governed.two):
        theirs = say(theirs, "approve", person, at=YESTERDAY)
    text = page(governed.author, ChangeRequest.objects.get(pk=mine.pk))
    sides = text[text.index('id="take-over"') : text.index('id="wy"')]
    for said in ("Something stopped.", "Theirs.", "Mine.", "Take it over"):
        assert said in sides
    assert "Take it over" not in page(governed.owner, ChangeRequest.objects.get(pk=mine.pk))


def test_a_retirement_shows_what_goes_and_what_points_there(governed: Governed) -> None:
    change = restoring.retire(
        document=governed.glossary, successor=None, reason="old", by=governed.author, at=YESTERDAY
    )
    text = page(governed.author, change)
    assert "wants to retire the glossary" in text and "What goes: the whole document, 2 sections" in text
    assert "Something stopped." in text and "<del>" not in text and 'data-op="removed"' not in text
    assert "No other document names it" in page(governed.author, change, part="here")


def test_a_matrix_says_who_is_told_and_who_comes_to_see_what(company: Any) -> None:
    change = changes.begin(document=company.matrix, by=company.admin, at=YESTERDAY)
    text = page(company.admin, change, part="effect")
    assert "Who would be told otherwise" in text and "The same people as now." in text
    text = page(company.admin, change)
    assert "It says word for word what is in force." in text and "Nothing is changed yet" in text


def test_every_part_of_every_state_can_be_read(governed: Governed) -> None:
    for change in [propose(governed, at=YESTERDAY), *ChangeRequest.objects.all()]:
        for part in ("changes", "comments", "here", "text", "effect", "nonsense"):
            assert change.reference in page(governed.owner, change, part=part)


# Size


def queries(user: Any, change: ChangeRequest) -> int:
    client = of(user)
    client.get(change.get_absolute_url())
    with CaptureQueriesContext(connection) as found:
        assert client.get(change.get_absolute_url()).status_code == 200
    return len(found)


def test_a_large_text_takes_no_more_queries_than_a_small_one(governed: Governed) -> None:
    small = queries(governed.one, propose(governed, at=YESTERDAY))
    many = words(**{f"term-{number}": f"Meaning {number}." for number in range(300)})
    large = queries(governed.one, propose(governed, many, by=governed.other, at=YESTERDAY))
    assert large == small <= 60


def test_a_large_matrix_takes_no_more_queries_than_a_small_one(company: Any) -> None:
    def rows(count: int) -> dict[str, Any]:
        content = make.company_matrix(
            triage_team="triage",
            on_call=company.responder.email,
            lead=company.lead.email,
            accountable=company.leader.email,
        )
        extra = [
            {
                "key": f"row-{number}-{severity}",
                "responsibility": f"duty-{number}",
                "severity": severity,
                "letter": "A",
                "holder": {"person": company.lead.email},
            }
            for number in range(count)
            for severity in ("any", "sev1", "sev2", "sev3", "sev4")
        ]
        duties = [{"key": f"duty-{number}", "title": f"Duty {number}", "stages": ["review"]} for number in range(count)]
        content["responsibilities"] += duties
        content["rows"] += extra
        return content

    def draft(count: int) -> ChangeRequest:
        version = make.make_draft(rows(count), kind="matrix", key="company", by=company.admin)
        return asked(version, by=company.admin)

    few = draft(2)
    small = queries(company.admin, few)
    changes.withdraw(change=few, why="smaller", by=company.admin, at=YESTERDAY)
    assert queries(company.admin, draft(50)) == small <= 60
    assert Document.objects.filter(kind="matrix").count() == 1
