"""What follows the ledger is told everything in its order, at least once, and goes on where it was."""

from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from portal import audit, feeds, registry
from portal.audit.sequence import Sequencer
from portal.models import Feed, Team, User
from portal.reads import health
from tests.factories import NOW, make_team, make_user

pytestmark = pytest.mark.django_db
TEAM = Team._meta.label_lower


class Follower:
    """Remembers what it was told; fails when it is asked to."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.fails = False

    def __call__(self, touched: feeds.Touched | None, *, at: datetime) -> None:
        self.told.append(touched)
        if self.fails:
            raise RuntimeError("no")

    @property
    def teams(self) -> list[str]:
        return [key for touched in self.told if touched for key in sorted(touched.get(TEAM, ()))]


@pytest.fixture
def follower(monkeypatch: pytest.MonkeyPatch) -> Iterator[Follower]:
    known = Follower()
    monkeypatch.setattr(registry, "feeds", registry.Register("feed"))
    registry.feeds.add("figures", known)
    yield known


def settled(follower: Follower) -> None:
    """Everything that was set up is known."""
    Sequencer().seal(None, at=NOW)
    feeds.follow_all(at=NOW)
    follower.told.clear()


def changed(*teams: Team, by: User) -> None:
    with audit.action(actor=by, reason="test", at=NOW) as action:
        for team in teams:
            action.record(verb="team.seen", target=team)
    Sequencer().seal(None, at=NOW)


def test_it_is_told_what_was_sealed_once_and_in_order(follower: Follower) -> None:
    by, (one, other) = make_user("a"), (make_team("one"), make_team("other"))
    settled(follower)
    changed(one, by=by)
    assert feeds.follow_all(at=NOW) == 1
    changed(other, by=by)
    feeds.follow_all(at=NOW)
    assert follower.teams == [str(one.pk), str(other.pk)]
    assert feeds.follow_all(at=NOW) == 0


def test_what_failed_is_told_again(follower: Follower) -> None:
    by, team = make_user("a"), make_team("one")
    settled(follower)
    changed(team, by=by)
    follower.fails = True
    with pytest.raises(RuntimeError):
        feeds.follow("figures", at=NOW)
    follower.fails = False
    assert feeds.follow("figures", at=NOW) == 1
    assert follower.teams == [str(team.pk)] * 2


def test_one_that_fails_does_not_hold_the_others_back(follower: Follower) -> None:
    by, team, other = make_user("a"), make_team("one"), Follower()
    registry.feeds.add("search", other)
    settled(follower)
    other.told.clear()
    changed(team, by=by)
    follower.fails = True
    with pytest.raises(ExceptionGroup, match="these feeds failed: figures"):
        feeds.follow_all(at=NOW)
    assert other.teams == [str(team.pk)]
    assert list(feeds.waits(at=NOW)) == ["figures"]


def test_more_than_a_batch_is_told_in_several(follower: Follower, monkeypatch: pytest.MonkeyPatch) -> None:
    by, teams = make_user("a"), [make_team(f"t{number}") for number in range(5)]
    settled(follower)
    monkeypatch.setattr(feeds, "BATCH", 2)
    changed(*teams, by=by)
    assert feeds.follow_all(at=NOW) == 5
    assert len(follower.told) == 3 and sorted(follower.teams) == sorted(str(team.pk) for team in teams)


def test_a_lag_is_named(follower: Follower) -> None:
    by, team = make_user("a"), make_team("one")
    settled(follower)
    changed(team, by=by)
    late = NOW + health.FEED_LATE_AFTER * 2
    assert feeds.waits(at=late) == {"figures": 600.0}
    assert "Figures has not followed the ledger for 600 s." in health.status(at=late).problems
    feeds.follow_all(at=NOW)
    assert feeds.waits(at=late) == {}


def test_everything_is_made_anew_on_request(follower: Follower) -> None:
    by, team = make_user("a"), make_team("one")
    changed(team, by=by)
    out = StringIO()
    call_command("feed", "figures", "--rebuild", stdout=out)
    assert follower.told == [None] and "made anew" in out.getvalue()
    assert feeds.follow_all(at=NOW) == 0 and Feed.objects.get().index > 0
    with pytest.raises(CommandError, match="There are: figures"):
        call_command("feed", "nothing")
