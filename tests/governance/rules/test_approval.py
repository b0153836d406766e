"""Is a change approved? For now by the one provisional rule."""

from __future__ import annotations

from uuid import uuid4

import pytest

from governance.rules import approval

AUTHOR, OTHER, STRANGER = uuid4(), uuid4(), uuid4()
CHANGE = approval.ChangeFacts("matrix", "d" * 64, AUTHOR, (AUTHOR,))


def judged(*reviews, policy=None):
    facts = [approval.ReviewFacts(by, verdict, digest) for by, verdict, digest in reviews]
    return approval.evaluate(policy, CHANGE, facts, eligible={AUTHOR, OTHER})


def test_an_author_who_may_approve_publishes_without_a_second_person_and_it_says_so():
    verdict = judged((AUTHOR, "approve", CHANGE.digest))
    assert verdict == approval.Verdict(True, approval.PROVISIONAL, (), "published without a second person")


@pytest.mark.parametrize(
    "reviews",
    [
        [],
        [(STRANGER, "approve", CHANGE.digest)],
        [(AUTHOR, "approve", "e" * 64)],
        [(AUTHOR, "abstain", CHANGE.digest)],
        [(AUTHOR, "approve", CHANGE.digest), (OTHER, "veto", CHANGE.digest)],
        [(AUTHOR, "approve", CHANGE.digest), (AUTHOR, "request_changes", CHANGE.digest)],
    ],
)
def test_anything_less_is_not_approved_and_says_what_it_waits_for(reviews):
    verdict = judged(*reviews)
    assert not verdict.satisfied
    assert len(verdict.waits_for) == 1


def test_a_policy_that_cannot_be_judged_yet_approves_nothing():
    assert not judged((AUTHOR, "approve", CHANGE.digest), policy=object()).satisfied
