"""What holds for any policy, any panel and whatever is said: nobody approves who may not, and no time does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from governance.documents.approval import Approval, Requirement, Rule, When, Who
from governance.documents.facts import AbsenceFacts, BoardFacts, PersonFacts, SeatFacts, TeamFacts
from governance.rules import approval
from governance.rules.approval_facts import ChangeFacts, DelegationFacts, PanelFacts, ReviewFacts, Verdict
from tests.governance.rules.panels import BOARD, DIGEST, OPENED, OTHER_DIGEST, TEAM, ident, minute
from tests.governance.rules.panels import change as change_of

NAMES = [ident(name) for name in "abcdef"]
STRANGER = ident("stranger")
LAST = 3 * 24 * 60
"""Minutes after the opening at which everything has happened."""
MINUTES = st.integers(0, LAST)
BANDS = st.sampled_from(["", "low", "medium", "high"])


@dataclass(frozen=True)
class World:
    policy: Approval
    change: ChangeFacts
    panel: PanelFacts
    reviews: tuple[ReviewFacts, ...]

    def judged(self, after: float = LAST, **more: Any) -> Verdict:
        world = replace(self, **more)
        return approval.evaluate(
            world.policy, world.change, world.reviews, world.panel, at=minute(after), opened_at=OPENED
        )


def made(seed: int) -> World:
    """A world by chance: seeded, since a policy is too large to be drawn value by value."""
    return Chance(seed).world()


class Chance(Random):
    def rarely(self) -> bool:
        return self.random() < 0.2

    def few(self, least: int = 0) -> tuple[UUID, ...]:
        return tuple(self.sample(NAMES, self.randint(least, 3)))

    def moment(self) -> datetime:
        return minute(self.randint(0, LAST))

    def day(self) -> date:
        return date(2026, 3, 2) + timedelta(days=self.choice([-1, -1, -1, 0, 1, 2, 3]))

    def who(self) -> Who:
        board, one = Who(board=BOARD), Who(person=self.choice(NAMES))
        return self.choice([board, board, one, Who(team=TEAM), Who(role="auditor"), Who(responsibility="on_call")])

    def need(self, key: str) -> Requirement:
        how = self.choice(["any", "number", "percent", "all"])
        maybe = [self.who() if self.random() < 0.4 else None for _ in range(3)]
        return Requirement(
            key=key,
            title=key,
            stage=self.randint(1, 2),
            who=self.who(),
            how=how,
            number=self.randint(1, 100) if how == "percent" else self.randint(1, 2),
            veto=self.rarely(),
            confirm=self.rarely(),
            validates_risk=self.rarely(),
            turnaround_minutes=self.choice([None, 30, 600, 1440]),
            **dict(zip(("alternate", "next", "tie_breaker"), maybe, strict=True)),
        )

    def rule(self, key: str) -> Rule:
        when = When(bands=self.choice([(), (), ("high",), ("low", "medium")]))
        return Rule(key=key, title=key, when=when, needs=tuple(map(self.need, self.choice(["n", "n", "nm"]))))

    def seat(self) -> SeatFacts:
        until = self.day() if self.rarely() else None
        return SeatFacts(self.choice(NAMES), self.day(), until, deputy=self.choice([None, *NAMES]))

    def person(self, name: UUID) -> PersonFacts:
        away = [AbsenceFacts(*sorted([self.moment(), self.moment()]))] if self.rarely() else []
        return PersonFacts(name, str(name)[:4], self.random() > 0.1, tuple(away))

    def delegation(self, key: str) -> DelegationFacts:
        giver, taker = self.sample(NAMES, 2)
        span = minute(self.randint(-600, 600)), minute(self.randint(600, LAST))
        board, ended = self.choice([None, BOARD]), self.moment() if self.rarely() else None
        return DelegationFacts(ident(key), giver, taker, *span, board, ended_at=ended)

    def review(self, given: tuple[DelegationFacts, ...]) -> ReviewFacts:
        used = self.choice(given) if given and self.random() < 0.4 else None
        return ReviewFacts(
            by=used.taker if used else self.choice(NAMES),
            verdict=self.choice(["approve"] * 9 + ["request_changes", "veto", "abstain", "recuse"]),
            digest=OTHER_DIGEST if self.random() < 0.1 else DIGEST,
            at=self.moment(),
            on_behalf_of=used.giver if used else None,
            delegation=used.id if used else None,
            band=self.choice(["", "low", "medium", "high"]),
            confirmed=self.random() < 0.7,
        )

    def world(self) -> World:
        given = tuple(map(self.delegation, "xyz"[: self.randint(0, 3)]))
        panel = PanelFacts(
            people={name: self.person(name) for name in NAMES} | {STRANGER: PersonFacts(STRANGER, "Stranger")},
            teams={TEAM: TeamFacts(TEAM, "Team", self.few())},
            boards={BOARD: BoardFacts(BOARD, "Board", tuple(self.seat() for _ in range(self.randint(1, 4))))},
            roles={"auditor": self.few()},
            responsibilities={"on_call": self.few()},
            delegations=given,
        )
        band, makers = self.choice(["low", "high"]), frozenset(self.few()[:1])
        change = change_of(band=band, requester=self.choice(NAMES), contributors=makers)
        rows = tuple(map(self.rule, "xy"[: self.randint(1, 2)]))
        said = tuple(self.review(given) for _ in range(self.randint(2, 12)))
        return World(Approval(title="P", rows=rows), change, panel, said)


WORLDS = st.integers(0, 10**9).map(made)


def outcome(verdict: Verdict) -> tuple[Any, ...]:
    """Everything that decides: what counts, what is needed, how each requirement and the whole stands."""
    each = [(item.row, item.key, item.state, item.needed, item.counted) for item in verdict.standings]
    return verdict.approved, verdict.refused, verdict.band, each


each_world = given(WORLDS)
few = settings(max_examples=50, deadline=None)


@few
@each_world
def test_only_active_people_who_did_not_make_it_count_and_each_once(world: World) -> None:
    for standing in world.judged().standings:
        people = [item.person for item in standing.counted]
        places = [item.on_behalf_of or item.person for item in standing.counted]
        assert len(set(people)) == len(people) and len(set(places)) == len(places)
        for person in (*people, *places):
            assert person not in world.change.makers and world.panel.is_active(person)
            assert not any(review.by == person and review.verdict == "recuse" for review in world.reviews)
        said = {(review.by, review.at) for review in world.reviews if review.digest == DIGEST}
        assert all((item.person, item.at) in said for item in standing.counted)
        assert standing.state != "satisfied" or len(people) >= standing.needed


def _leaves(review: ReviewFacts) -> bool:
    return review.verdict == "recuse"


@few
@each_world
def test_whatever_the_makers_say_or_is_said_for_them_changes_nothing(world: World) -> None:
    makers = world.change.makers
    others = tuple(item for item in world.reviews if makers.isdisjoint((item.by, item.on_behalf_of)) or _leaves(item))
    assert outcome(world.judged()) == outcome(world.judged(reviews=others))


@few
@given(WORLDS, MINUTES, MINUTES)
def test_time_alone_never_approves(world: World, one: int, other: int) -> None:
    early, late = sorted([one, other])
    said = tuple(review for review in world.reviews if review.at <= minute(early))
    if not world.judged(early, reviews=said).approved:
        assert not world.judged(late, reviews=said).approved
        assert not world.judged(late + 10**6, reviews=said).approved


@few
@given(WORLDS, MINUTES, BANDS)
def test_somebody_whom_no_row_asks_changes_nothing(world: World, after: int, band: Any) -> None:
    approves = ReviewFacts(STRANGER, "approve", DIGEST, minute(after), band=band, confirmed=True)
    assert outcome(world.judged()) == outcome(world.judged(reviews=(*world.reviews, approves)))


@few
@given(WORLDS, st.randoms(use_true_random=False))
def test_the_order_of_reviews_does_not_matter(world: World, random: Any) -> None:
    shuffled = list(world.reviews)
    random.shuffle(shuffled)
    assert world.judged() == world.judged(reviews=tuple(shuffled))


@few
@each_world
def test_what_was_said_of_another_text_never_counts(world: World) -> None:
    about_this = tuple(item for item in world.reviews if item.digest == DIGEST or item.verdict == "recuse")
    assert outcome(world.judged()) == outcome(world.judged(reviews=about_this))
    elsewhere = tuple(replace(item, digest=OTHER_DIGEST) for item in world.reviews)
    assert not world.judged(reviews=elsewhere).approved


@few
@given(WORLDS, st.sampled_from(NAMES), MINUTES)
def test_stepping_back_never_lowers_what_is_needed_below_what_the_rule_says(
    world: World, person: Any, after: int
) -> None:
    needs = {(row.key, need.key): need for row in world.policy.rows for need in row.needs}
    back = ReviewFacts(person, "recuse", DIGEST, minute(after))
    for standing in world.judged(reviews=(*world.reviews, back)).standings:
        need = needs[standing.row, standing.key]
        least = {"any": 1, "number": need.number}.get(need.how, 1)
        assert standing.needed == least if need.how in ("any", "number") else standing.needed >= least
        if need.how == "percent" and standing.authority == "first":
            assert standing.needed >= ceil(standing.asked * need.number / 100)
        assert person not in (*standing.eligible, *standing.waits_for)
