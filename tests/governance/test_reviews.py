"""Sending for review, verdicts, and what becomes of a change by them (U4, U5, P16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from governance import invariants
from governance.models import ChangeRequest, Delegation, Document, FreezeWindow, Review, Version
from governance.reads import approval
from governance.services import changes, drafts, genesis, publishing, restoring, reviews, versions
from portal import access, rendering, roles, timers
from portal.models import AuditEntry, Message
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.governing import (
    Governed,
    approve,
    asked,
    drafted,
    in_force,
    make_governed,
    need,
    propose,
    row,
    say,
)
from tests.governance.governing import words as glossary
from tests.governance.unchanged import refused, says

pytestmark = pytest.mark.django_db


@pytest.fixture
def governed() -> Governed:
    return make_governed()


def again(change: ChangeRequest) -> ChangeRequest:
    return ChangeRequest.objects.get(pk=change.pk)


def delegate(giver: Any, taker: Any, **more: Any) -> Delegation:
    values = {"starts_at": NOW - timedelta(days=1), "ends_at": NOW + timedelta(days=1), "why": "away"} | more
    with make._action(NOW):
        return Delegation.objects.create(giver=giver, taker=taker, **values)


# Sending for review


def test_sending_for_review_freezes_the_text_and_pins_the_policy(governed: Governed) -> None:
    change = propose(governed)
    assert (change.state, change.model, change.submitted_at) == ("in_review", "normal", NOW)
    assert change.version.frozen_at == NOW and change.policy == in_force(governed.policy)
    assert in_force(governed.glossary) != change.version
    with refused(versions.Frozen):
        versions.edit(version=change.version, text="title: Other\n", by=governed.author, at=NOW)


def test_a_change_that_nobody_could_approve_is_not_sent() -> None:
    governed = make_governed(rows=(row(need(number=3, alternate=None)),))
    change = asked(drafted(governed, glossary(a="b"), by=governed.one), by=governed.one)
    with refused(changes.NotSatisfiable, "Board"):
        changes.submit(change=change, by=governed.one, at=NOW)


def test_a_change_without_a_matching_row_is_not_sent() -> None:
    governed = make_governed(rows=(row(actions=["publish"]),))
    change = restoring.retire(document=governed.glossary, successor=None, reason="old", by=governed.author, at=NOW)
    with refused(changes.NotSatisfiable, "no row of the approval policy"):
        changes.submit(change=change, by=governed.author, at=NOW)


def test_questions_about_the_risk_have_to_be_answered_and_raise_it() -> None:
    governed = make_governed(more=(("risk", [{"key": "undo", "question": "Hard to undo?", "band_if_yes": "high"}]),))
    change = asked(drafted(governed, glossary(a="b")), by=governed.author)
    with refused(changes.Unanswered, "questions about the risk"):
        changes.submit(change=change, by=governed.author, at=NOW)
    changes.describe(change=change, by=governed.author, at=NOW, said={"answers": {"undo": True}})
    sent = changes.submit(change=change, by=governed.author, at=NOW)
    assert (sent.stated_band, sent.calculated_band, sent.band) == ("low", "high", "high")


def test_only_who_asked_and_governance_admins_send_withdraw_or_call_back(governed: Governed) -> None:
    change = asked(drafted(governed, glossary(a="b"), by=governed.one), by=governed.one)
    for person in (governed.two, governed.boss):
        for verb in (changes.submit, changes.recall):
            with refused(access.Refused):
                verb(change=change, by=person, at=NOW)
        with refused(access.Refused):
            changes.withdraw(change=change, why="no", by=person, at=NOW)
    assert changes.submit(change=change, by=governed.author, at=NOW).requested_by == governed.one


def test_a_withdrawn_change_is_over(governed: Governed) -> None:
    change = changes.withdraw(change=propose(governed), why="not needed", by=governed.author, at=NOW)
    assert (change.state, change.outcome, change.closed_at) == ("withdrawn", "not needed", NOW)
    with refused(reviews.NotReviewable, "withdrawn by now"):
        approve(change, governed.one)
    with refused(changes.NotOpen):
        changes.submit(change=change, by=governed.author, at=NOW)


# Verdicts


def test_the_second_approval_of_two_publishes_in_the_same_transaction(governed: Governed) -> None:
    change = approve(propose(governed), governed.one)
    assert change.state == "in_review" and in_force(governed.glossary) != change.version
    change = approve(change, governed.two)
    assert (change.state, change.published_at) == ("published", NOW)
    assert in_force(governed.glossary) == change.version
    verbs = ["change.submitted", "change.reviewed", "change.reviewed", "change.approved", "version.published"]
    about = AuditEntry.objects.filter(verb__in=verbs).order_by("pk")
    assert [entry.verb for entry in about][-5:] == verbs
    assert invariants.approved_digests() == []


def test_a_verdict_on_a_text_that_changed_is_refused(governed: Governed) -> None:
    change = propose(governed)
    with refused(reviews.TextChanged, "has changed since you opened it"):
        say(change, "approve", governed.one, seen="0" * 64)


def test_a_verdict_says_why(governed: Governed) -> None:
    change = propose(governed)
    for verdict in ("request_changes", "veto", "recuse"):
        with refused(reviews.Incomplete, "Say why"):
            say(change, verdict, governed.one, rationale=" ")
    with refused(reviews.Incomplete, "Choose what you say"):
        say(change, "maybe", governed.one)


def test_asking_for_changes_passes_the_ball_to_whoever_asked(governed: Governed) -> None:
    change = say(propose(governed), "request_changes", governed.one, rationale="Say it shorter")
    assert change.state == "in_review" and change.answer_by == NOW + timedelta(days=7)
    assert Message.objects.filter(event="change.news", recipient=governed.author, channel="inbox").count() == 1
    later = NOW + timedelta(days=2)
    change = approve(change, governed.one, at=later)
    assert change.answer_by is None and change.answer_seconds == 5 * 24 * 3600


def test_objections_that_nobody_answers_end_the_change(governed: Governed) -> None:
    change = say(propose(governed), "request_changes", governed.one)
    timers.fire_due(at=NOW + timedelta(days=6, hours=23))
    assert again(change).state == "in_review"
    timers.fire_due(at=NOW + timedelta(days=7, minutes=1))
    assert (again(change).state, again(change).outcome) == ("expired", "Nobody answered the objections in time.")


def test_a_veto_stops_the_text_where_policy_says_so() -> None:
    governed = make_governed(rows=(row(need(veto=True)),))
    change = say(approve(propose(governed), governed.one), "veto", governed.two)
    assert change.state == "rejected" and in_force(governed.glossary) != change.version
    with refused(reviews.NotReviewable):
        approve(change, governed.three)


def test_a_recusal_leaves_the_quorum_and_routes_up_when_it_cannot_be_reached(governed: Governed) -> None:
    change = propose(governed, by=governed.one)
    with refused(reviews.NotAsked, "You are not asked about this change"):
        approve(change, governed.boss)
    change = say(change, "recuse", governed.two, rationale="My own words")
    verdict = approval.judge(change, at=NOW)
    assert verdict.standings[0].authority == "alternate"
    change = approve(change, governed.three, governed.boss)
    assert change.state == "published"


def test_reviewers_of_a_text_that_was_called_back_speak_anew(governed: Governed) -> None:
    change = approve(propose(governed), governed.one)
    change = changes.recall(change=change, by=governed.author, at=NOW)
    assert change.state == "draft" and change.version.frozen_at is None
    versions.edit(
        version=change.version,
        text="title: Words\nterms: [{key: a, title: A, meaning: other}]\n",
        by=governed.other,
        at=NOW,
    )
    change = changes.submit(change=again(change), by=governed.author, at=NOW)
    change = approve(change, governed.two)
    assert change.state == "in_review"
    assert approve(change, governed.one).state == "published"
    makers = approval.facts(change).makers
    assert {governed.author.pk, governed.other.pk} <= makers


def test_whoever_wrote_an_earlier_text_of_a_change_judges_no_later_one(governed: Governed) -> None:
    change = asked(drafted(governed, glossary(a="b")), by=governed.author)
    text = "title: Words\nterms: [{key: a, title: A, meaning: other}]\n"
    versions.edit(version=change.version, text=text, by=governed.one, at=NOW)
    change = drafts.bring(kind="glossary", text=text.replace("other", "third"), key="words", by=governed.author, at=NOW)
    change = changes.submit(change=change, by=governed.author, at=NOW)
    with refused(reviews.NotAsked, "worked on this text yourself"):
        approve(change, governed.one)


def test_a_text_that_comes_back_unchanged_keeps_its_verdicts(governed: Governed) -> None:
    change = approve(propose(governed), governed.one)
    change = changes.recall(change=change, by=governed.author, at=NOW)
    change = changes.submit(change=change, by=governed.author, at=NOW)
    assert approve(change, governed.two).state == "published"


def test_a_signature_that_policy_wants_anew_is_asked_for() -> None:
    governed = make_governed(rows=(row(need(confirm=True)),), more=())
    change = propose(governed)
    with refused(reviews.Incomplete, "sign in once more"):
        approve(change, governed.one)
    change = approve(change, governed.one, governed.two, is_confirmed=True)
    assert change.state == "published"


def test_whoever_validates_the_risk_confirms_or_raises_it_before_the_others_are_asked() -> None:
    risk = {"key": "risk", "title": "Risk", "validates_risk": True, "who": {"person": "boss@example.test"}}
    governed = make_governed(rows=(row({**risk}, need()),))
    change = propose(governed, stated_band="medium")
    with refused(reviews.Incomplete, "confirm or raise the risk"):
        approve(change, governed.boss)
    with refused(reviews.Incomplete, "not lowered"):
        approve(change, governed.boss, band="low")
    change = approve(change, governed.boss, band="high")
    assert approval.judge(change, at=NOW).band == "high"
    assert approve(change, governed.one, governed.two).state == "published"


# For somebody else


def test_a_delegate_speaks_for_the_seat_and_is_named(governed: Governed) -> None:
    delegate(governed.one, governed.owner)
    change = approve(propose(governed), governed.owner, on_behalf_of=governed.one)
    review = Review.objects.order_by("pk").last()
    assert (review.by, review.on_behalf_of, review.delegation.giver) == (governed.owner, governed.one, governed.one)
    assert approve(change, governed.two).state == "published"


def test_nobody_speaks_for_somebody_who_has_not_delegated_or_not_any_more(governed: Governed) -> None:
    change = propose(governed)
    with refused(reviews.NotAsked, "has not delegated"):
        approve(change, governed.owner, on_behalf_of=governed.one)
    delegate(governed.one, governed.owner, ends_at=NOW)
    with refused(reviews.NotAsked, "has not delegated"):
        approve(change, governed.owner, on_behalf_of=governed.one)
    delegate(governed.two, governed.owner, kind="playbook")
    with refused(reviews.NotAsked, "has not delegated"):
        approve(change, governed.owner, on_behalf_of=governed.two)


# Into force


def test_an_approved_change_waits_for_its_time_and_is_published_by_the_clock(governed: Governed) -> None:
    due = NOW + timedelta(days=3)
    change = approve(propose(governed, publish_at=due), governed.one, governed.two)
    assert change.state == "scheduled" and in_force(governed.glossary) != change.version
    timers.fire_due(at=due - timedelta(seconds=1))
    assert again(change).state == "scheduled"
    timers.fire_due(at=due)
    assert again(change).state == "published" and in_force(governed.glossary) == change.version


def test_a_limited_change_falls_back_by_itself(governed: Governed) -> None:
    before = in_force(governed.glossary)
    end = NOW + timedelta(days=1)
    change = approve(propose(governed, falls_back_at=end), governed.one, governed.two)
    assert in_force(governed.glossary) == change.version
    timers.fire_due(at=end)
    back = in_force(governed.glossary)
    assert (back.digest, back.number) == (before.digest, change.version.number + 1)
    assert again(change).state == "rolled_back"
    assert invariants.approved_digests() == []


def test_nothing_takes_effect_in_a_freeze_and_all_of_it_afterwards(governed: Governed) -> None:
    with make._action(NOW):
        FreezeWindow.objects.create(starts_at=NOW, ends_at=NOW + timedelta(days=2), why="End of the year")
    change = approve(propose(governed), governed.one, governed.two)
    assert change.state == "approved"
    with refused(publishing.NotPublishable, "End of the year"):
        publishing.publish(change=change, by=governed.author, at=NOW + timedelta(hours=1))
    timers.fire_due(at=NOW + timedelta(days=2))
    assert again(change).state == "published"


def test_an_approval_that_nobody_uses_lapses(governed: Governed) -> None:
    with make._action(NOW):
        FreezeWindow.objects.create(starts_at=NOW, ends_at=NOW + timedelta(days=90), why="Long")
    change = approve(propose(governed), governed.one, governed.two)
    timers.fire_due(at=NOW + timedelta(days=31))
    assert again(change).state == "expired"


def test_a_veto_before_its_time_takes_the_approval_away(governed: Governed) -> None:
    change = approve(propose(governed, publish_at=NOW + timedelta(days=3)), governed.one, governed.two)
    change = say(change, "request_changes", governed.three, rationale="Wait")
    assert (change.state, change.approved_at) == ("in_review", None)
    timers.fire_due(at=NOW + timedelta(days=3))
    assert in_force(governed.glossary) != change.version


def test_the_first_of_two_wins_and_the_other_is_conflicted(governed: Governed) -> None:
    mine = propose(governed)
    theirs = propose(governed, glossary(incident="Something else."), by=governed.other)
    approve(mine, governed.one, governed.two)
    assert again(theirs).state == "conflicted" and mine.reference in again(theirs).outcome


def test_the_change_before_is_closed_by_the_one_after(governed: Governed) -> None:
    first = ChangeRequest.objects.get(document=governed.glossary)
    approve(propose(governed), governed.one, governed.two)
    assert (again(first).state, again(first).closed_at) == ("closed", NOW)


# Silence


def test_silence_reminds_at_half_at_four_fifths_and_at_the_end_and_asks_the_alternate(governed: Governed) -> None:
    change = propose(governed)
    for hours, people in ((12, 3), (19.3, 3), (24.1, 4)):
        before = Message.objects.filter(event="change.reminder", channel="inbox").count()
        timers.fire_due(at=NOW + timedelta(hours=hours))
        assert Message.objects.filter(event="change.reminder", channel="inbox").count() - before == people
    at = NOW + timedelta(hours=25)
    assert again(change).state == "in_review"
    assert approve(again(change), governed.boss, governed.one, at=at).state == "published"


def test_the_alternate_hears_at_once_of_a_recusal_and_has_a_day_from_then_on(governed: Governed) -> None:
    at = NOW + timedelta(hours=2)
    change = propose(governed, by=governed.one)
    told = Message.objects.filter(event="change.reminder", channel="inbox")
    say(change, "recuse", governed.two, at=at)
    assert set(told.values_list("recipient__email", flat=True)) == {governed.three.email, governed.boss.email}
    message = told.get(recipient=governed.boss)
    assert "waits for your verdict until 3 Mar, 11:00" in rendering.render(message, governed.boss).subject
    timers.fire_due(at=NOW + timedelta(hours=13, minutes=30))
    assert told.count() == 2, "half of the first turn means nothing any more"
    timers.fire_due(at=at + timedelta(hours=12))
    assert told.count() == 4


# The first policy


def test_without_a_policy_nothing_can_be_sent() -> None:
    author = make.make_person("author", role=roles.GOVERNANCE_ADMIN)
    version = make.make_draft(glossary(a="b"), kind="glossary", key="words", by=author)
    with refused(changes.NotSatisfiable, "No approval policy is in force yet"):
        changes.send(version=version, reason="first", by=author, at=NOW)


def test_the_first_policy_is_installed_once_and_recorded_as_such(governed: Governed) -> None:
    change = ChangeRequest.objects.get(document=governed.policy)
    assert (change.model, change.state) == ("genesis", "published")
    assert AuditEntry.objects.filter(verb="policy.installed").count() == 1
    with says(genesis.AlreadyInstalled, "There is an approval policy already; change it as every other document."):
        genesis.install(policy="title: Other\n", by=governed.author, at=NOW, label="test")


def test_a_repair_needs_a_policy_that_nobody_can_satisfy_and_two_people(governed: Governed) -> None:
    text = versions.export_yaml(in_force(governed.policy)).replace("Who approves", "Who now approves")
    given: dict[str, Any] = {"policy": text, "reason": "All left", "at": NOW, "label": "test"}
    with refused(genesis.OnePerson):
        genesis.repair(by=governed.author, second=governed.author, **given)
    with refused(genesis.NotBroken):
        genesis.repair(by=governed.author, second=governed.other, **given)
    with make._action(NOW):
        for person in (governed.author, governed.other):
            person.groups.through.objects.filter(user=person).first().delete()
    change = genesis.repair(by=governed.author, second=governed.other, **given)
    assert change.model == "repair" and in_force(governed.policy) == change.version
    assert invariants.approved_digests() == []
    assert Document.objects.get(pk=governed.policy.pk).title == "Who now approves what"


def test_the_invariant_sees_a_version_that_nobody_approved(governed: Governed) -> None:
    version = drafted(governed, glossary(a="forged"))
    Version.objects.filter(pk=version.pk).update(frozen_at=NOW)
    Document.objects.filter(pk=governed.glossary.pk).update(effective_version=version)
    assert invariants.approved_digests() == [f"I15: {version} is in force without an approval of its digest."]
