"""Whatever people do in whatever order: what is in force was approved, letter by letter, by two who did not write it.

The oracle counts by itself and knows no policy engine: of each seat of the board the last word on exactly this digest,
given by somebody who had no part in the text, for somebody who had no part in it either.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from governance import invariants
from governance.models import ChangeRequest, Delegation, Document, Edit, Review
from governance.services import changes, restoring, reviews, versions
from portal import timers
from portal.errors import DomainError
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.governing import make_governed

NAMES = ("author", "other", "one", "two", "three", "boss", "owner")
WRITERS = ("author", "other", "one", "two")
BOARD = ("one", "two", "three")
who, writer, seat = st.sampled_from(NAMES), st.sampled_from(WRITERS), st.sampled_from(BOARD)
VERDICTS = ("approve", "approve", "approve", "approve", "request_changes", "veto", "abstain", "recuse")
ballots = st.lists(st.tuples(who, st.sampled_from(VERDICTS)), min_size=2, max_size=6)
"""Who says what, one after the other; approvals are common, so that something happens."""


class Changes(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.block = transaction.atomic()
        self.block.__enter__()
        self.made = make_governed()
        self.people: dict[str, User] = {name: getattr(self.made, name) for name in NAMES}
        self.at = NOW
        self.word = 0
        self.first = self.effective()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.block.__exit__(None, None, None)

    def effective(self) -> Any:
        return Document.objects.select_related("effective_version").get(pk=self.made.glossary.pk).effective_version

    def later(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at

    def attempt(self, act: Any, **given: Any) -> Any:
        try:
            return act(at=self.later(), **given)
        except DomainError:
            return None

    def judged(self, number: int) -> ChangeRequest | None:
        found = list(ChangeRequest.objects.judged().order_by("-pk"))
        return found[number % len(found)] if found else None

    def write(self, change: ChangeRequest, name: str) -> None:
        self.word += 1
        text = f"title: Words\nterms: [{{key: a, title: A, meaning: Meaning {self.word}.}}]\n"
        self.attempt(versions.edit, version=change.version, text=text, by=self.people[name])

    @rule(name=writer, helper=writer, limited=st.booleans(), scheduled=st.booleans(), votes=ballots)
    def propose(self, name: str, helper: str, limited: bool, scheduled: bool, votes: list[tuple[str, str]]) -> None:
        by = self.people[name]
        change = self.attempt(changes.begin, document=self.made.glossary, by=by)
        if change is None:
            return
        self.write(change, name)
        self.write(change, helper)
        said: dict[str, Any] = {"reason": "better"}
        said["falls_back_at"] = self.at + timedelta(days=2) if limited else None
        said["publish_at"] = self.at + timedelta(hours=6) if scheduled else None
        self.attempt(changes.describe, change=change, by=by, said=said)
        self.attempt(changes.submit, change=change, by=by)
        self.vote_on(change, votes)

    @rule(number=st.integers(0, 2), helper=writer, votes=ballots)
    def rework(self, number: int, helper: str, votes: list[tuple[str, str]]) -> None:
        change = self.judged(number)
        if change is not None and self.attempt(changes.recall, change=change, by=change.requested_by):
            change.refresh_from_db()
            self.write(change, helper)
            self.attempt(changes.submit, change=change, by=change.requested_by)
            self.vote_on(change, votes)

    @rule(name=writer)
    def roll_back(self, name: str) -> None:
        by = self.people[name]
        back = self.attempt(restoring.roll_back, document=self.made.glossary, to=self.first, reason="back", by=by)
        if back is not None:
            self.attempt(changes.submit, change=back, by=by)

    @rule()
    def take_over(self) -> None:
        for change in ChangeRequest.objects.filter(state="conflicted").order_by("pk")[:2]:
            if self.attempt(restoring.rebase, change=change, by=change.requested_by):
                change.refresh_from_db()
                self.attempt(changes.submit, change=change, by=change.requested_by)

    @rule(number=st.integers(0, 2), votes=ballots)
    def vote(self, number: int, votes: list[tuple[str, str]]) -> None:
        change = self.judged(number)
        if change is not None:
            self.vote_on(change, votes)

    def vote_on(self, change: ChangeRequest, votes: list[tuple[str, str]]) -> None:
        """Votes on the text that the first of them has read."""
        change = ChangeRequest.objects.select_related("version", "document").get(pk=change.pk)
        for name, verdict in votes:
            self.say(change, name, verdict)

    def say(self, change: ChangeRequest, name: str, verdict: str, giver: str = "") -> None:
        self.attempt(
            reviews.review,
            change=change,
            verdict=verdict,
            rationale="so",
            seen=change.version.digest,
            by=self.people[name],
            on_behalf_of=self.people[giver] if giver else None,
        )

    @rule(number=st.integers(0, 2), giver=seat, taker=who)
    def speak_for(self, number: int, giver: str, taker: str) -> None:
        if giver == taker:
            return
        with make._action(self.at):
            Delegation.objects.create(
                giver=self.people[giver],
                taker=self.people[taker],
                starts_at=self.at,
                ends_at=self.at + timedelta(hours=8),
                why="away",
            )
        change = self.judged(number)
        if change is not None:
            self.say(change, taker, "approve", giver)

    @rule(hours=st.sampled_from([1, 7, 25, 49]))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)
        timers.fire_due(at=self.at)

    @invariant()
    def what_is_in_force_was_approved_by_two_who_did_not_write_it(self) -> None:
        version = self.effective()
        change = ChangeRequest.objects.filter(version=version).order_by("-published_at").first()
        assert change is not None and change.published_at is not None
        if version == self.first:
            return
        if change.undoes is not None:  # a limited change that has ended: its own approval said so
            assert change.undoes.falls_back_at is not None and change.published_at >= change.undoes.falls_back_at
            version, change = change.undoes.version, change.undoes
        makers = {change.requested_by_id, version.created_by_id}
        makers |= set(Edit.objects.filter(version=version).values_list("by", flat=True))
        last: dict[Any, Review] = {}
        for review in Review.objects.filter(change_request=change, at__lte=change.published_at).order_by("at", "pk"):
            if review.digest == version.digest:
                last[review.on_behalf_of_id or review.by_id] = review
        counted = {
            review.by_id: seat
            for seat, review in last.items()
            if review.verdict == "approve" and not {review.by_id, seat} & makers
        }
        judges = {self.people[name].pk for name in (*BOARD, "boss")}
        assert len(set(counted.values()) & judges) >= 2, (change.reference, last)

    @invariant()
    def the_checker_agrees(self) -> None:
        assert invariants.approved_digests() == []


@pytest.mark.django_db
def test_whatever_happens_what_is_in_force_was_approved() -> None:
    quick = settings(
        max_examples=10,
        stateful_step_count=15,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    run_state_machine_as_test(Changes, settings=quick)  # type: ignore[no-untyped-call]
