"""Twelve threads edit, review, call back and publish at once: nothing takes effect without its quorum."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest import mock

import pytest
from django.db import DatabaseError, connection

from governance import invariants
from governance.models import ChangeRequest, Edit, Review
from governance.models.changes import ChangeState
from governance.reads import approval
from governance.services import changes, lifecycle, restoring, reviews, versions
from portal import ids
from portal.errors import DomainError
from portal.models import User
from tests.factories_governance import NOW
from tests.governance.governing import Governed, approve, make_governed, propose, words
from tests.races.test_kernel import at_once as at_the_same_time

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

THREADS, REQUESTS = 12, 100


def requests(governed: Governed, number: int) -> Counter[str]:
    """What one of the twelve does, a hundred times; each thread at random, but the same in each run."""
    dice, done = random.Random(number), Counter[str]()
    writers = [governed.author, governed.other, governed.author, governed.other, governed.three]
    judges = [governed.one, governed.two, governed.three]
    try:
        for turn in range(REQUESTS):
            act = dice.choice((propose_words, vote, vote, vote, vote, rewrite, take_over))
            try:
                act(governed, dice.choice(judges if act is vote else writers), dice, f"{number} {turn}")
                done[act.__name__] += 1
            except (DomainError, DatabaseError) as error:
                done[type(error).__name__] += 1
    finally:
        connection.close()
    return done


def propose_words(governed: Governed, by: User, dice: random.Random, words: str) -> None:
    change = changes.begin(document=governed.glossary, by=by, at=NOW, reason="better")
    write(change, by, words)
    changes.submit(change=change, by=by, at=NOW)


def write(change: ChangeRequest, by: User, words: str) -> None:
    text = f"title: Words\nterms: [{{key: a, title: A, meaning: Meaning {words}.}}]\n"
    versions.edit(version=change.version, text=text, by=by, at=NOW)


def vote(governed: Governed, by: User, dice: random.Random, words: str) -> None:
    change = some(dice, ChangeState.IN_REVIEW)
    reviews.review(change=change, verdict="approve", rationale="so", seen=change.version.digest, by=by, at=NOW)


def rewrite(governed: Governed, by: User, dice: random.Random, words: str) -> None:
    change = some(dice, ChangeState.IN_REVIEW)
    change = changes.recall(change=change, by=change.requested_by, at=NOW)
    write(change, by, words)
    changes.submit(change=change, by=change.requested_by, at=NOW)


def take_over(governed: Governed, by: User, dice: random.Random, words: str) -> None:
    change = some(dice, ChangeState.CONFLICTED)
    restoring.rebase(change=change, by=change.requested_by, at=NOW)


def some(dice: random.Random, state: str) -> ChangeRequest:
    rows = ChangeRequest.objects.filter(state=state).select_related("version", "document", "requested_by")
    found = list(rows.order_by("-pk")[:4])
    if not found:
        raise changes.NotOpen("There is none.")
    return dice.choice(found)


def at_once(governed: Governed) -> Counter[str]:
    with ThreadPoolExecutor(THREADS) as pool:
        done = pool.map(lambda number: requests(governed, number), range(THREADS))
        return sum(done, Counter[str]())


def wrong() -> list[str]:
    """Publications without two board members who had no part in the text, and what the checker finds."""
    found = invariants.approved_digests()
    for change in ChangeRequest.objects.filter(model="normal", published_at__isnull=False).select_related("version"):
        makers = {change.requested_by_id, *Edit.objects.filter(version=change.version).values_list("by", flat=True)}
        rows = Review.objects.filter(change_request=change, digest=change.version.digest, verdict="approve")
        judges = set(rows.values_list("by", flat=True)) - makers
        if len(judges) < 2:
            found.append(f"{change} took effect with {len(judges)} approvals of its text.")
    states = ChangeRequest.objects.filter(document__kind="glossary").values_list("state", flat=True)
    if Counter(states)["published"] != 1:
        found.append(f"{Counter(states)}: one change is in force.")
    return found


def test_no_publication_without_its_quorum_or_with_another_text() -> None:
    governed = make_governed()
    done = at_once(governed)
    assert all(done[act] for act in ("vote", "propose_words", "rewrite")), done
    assert ChangeRequest.objects.filter(published_at__isnull=False, model="normal").exists()
    assert wrong() == []
    assert not set(done) - KNOWN, done


KNOWN = {
    *("propose_words", "vote", "rewrite", "take_over"),
    *("AlreadyOpen", "Conflicted", "Frozen", "NothingChanged", "NotAsked", "NotOpen", "NotReviewable"),
    *("NotSatisfiable", "NotSubmittable", "TextChanged"),
}
"""What may be answered: each is a sentence about what somebody else has done meanwhile."""


def unlocked(change: ChangeRequest) -> ChangeRequest:
    found: ChangeRequest = approval.select(ChangeRequest.objects.all()).get(pk=change.pk)
    return found


def test_without_the_lock_only_the_constraints_of_the_database_stand_in_the_way() -> None:
    """The last approval and a recall of the same text at the same moment; with the lock one of them comes first."""
    governed = make_governed()
    with_lock = [collide(governed) for _ in range(6)]
    assert set(sum(with_lock, [])) <= KNOWN | {"ChangeRequest"}
    with mock.patch.object(lifecycle, "lock", unlocked):
        broken = (set(collide(governed)) - KNOWN - {"ChangeRequest"} for _ in range(20))
        assert any(broken)


def collide(governed: Governed) -> list[str]:
    """What the two were answered, and what is wrong afterwards."""
    change = approve(propose(governed, words(a=str(ids.uuid7()))), governed.one)
    both = at_the_same_time(
        lambda: outcome(lambda: approve(change, governed.two)),
        lambda: outcome(lambda: changes.recall(change=change, by=governed.author, at=NOW)),
    )
    found = [*both, *wrong()]
    if both[1] == "ChangeRequest":
        found.append(outcome(lambda: changes.withdraw(change=change, why="next", by=governed.author, at=NOW)))
    return found


def outcome(act: Callable[[], object]) -> str:
    try:
        return type(act()).__name__
    except (DomainError, DatabaseError) as error:
        return type(error).__name__
