"""What is refused about people, teams, absences and tokens: each in its exact words, and no row anywhere changes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from portal import access, limits, roles
from portal.models import User
from portal.services import absences, administrators, idempotency, leaving, people, tokens
from tests import factories
from tests.factories import NOW
from tests.remembered import every_row

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def boss() -> User:
    return factories.make_user("boss@example.com", name="Boss", roles=(roles.ADMIN,))


@pytest.fixture
def nia() -> User:
    return factories.make_user("nia@example.com", name="Nia")


@contextmanager
def says(error: type[Exception], sentence: str) -> Iterator[None]:
    before = every_row()
    with pytest.raises(error, match=f"^{re.escape(sentence)}$"):
        yield
    assert every_row() == before


def leave(person: User, by: User) -> User:
    return leaving.deactivate(person=person, by=by, reason="has another job", at=NOW)


def test_who_cannot_leave(boss: User, nia: User) -> None:
    gone = leave(factories.make_user(name="Gia"), boss)
    with says(leaving.NotYourself, "You cannot deactivate yourself. Ask another administrator."):
        leave(boss, boss)
    with says(leaving.AlreadySo, "Gia has left already."):
        leave(gone, boss)
    with says(access.Refused, "Your account is not active any more."):
        leave(nia, gone)
    last = "Boss is the last administrator. Make somebody else one first."
    with says(administrators.LastAdmin, last):
        leave(boss, nia)
    assert leaving.why_not(boss, nia) == last and leaving.why_not(nia, boss) == ""


def test_who_is_here_does_not_come_back(boss: User, nia: User) -> None:
    with says(leaving.AlreadySo, "Nia is here already."):
        leaving.reactivate(person=nia, by=boss, reason="back", at=NOW)


def test_the_last_with_something_needed_keeps_it(boss: User) -> None:
    team = factories.make_team("pay", name="Payments")
    nia = factories.make_user(name="Nia", roles=(roles.OPERATOR,), teams=(team,))
    given: dict[str, Any] = {"by": boss, "reason": "moved", "at": NOW}
    with says(people.LastOne, "Nia is the last with the role operator. Give it to somebody else first."):
        people.revoke_role(person=nia, role=roles.OPERATOR, **given)
    sentence = "Nia is the last in the team Payments. Add somebody else first, or take the team out of use."
    with says(people.LastOne, sentence):
        people.leave_team(person=nia, team=team, **given)
    with says(administrators.LastAdmin, "Boss is the last administrator. Make somebody else one first."):
        people.revoke_role(person=boss, role=roles.ADMIN, **given)


def test_nobody_leaves_where_they_are_not_or_comes_twice(boss: User) -> None:
    team = factories.make_team("pay", name="Payments")
    nia = factories.make_user(name="Nia", teams=(team,))
    given: dict[str, Any] = {"by": boss, "reason": "moved", "at": NOW}
    with says(people.AlreadyThere, "Nia is already in Payments."):
        people.join_team(person=nia, team=team, **given)
    with says(people.NotThere, "Boss is not in Payments."):
        people.leave_team(person=boss, team=team, **given)
    with says(people.NotThere, "Nia is not in admin."):
        people.revoke_role(person=nia, role=roles.ADMIN, **given)


def test_absences_that_cannot_be(nia: User) -> None:
    cover, gone = factories.make_user(name="Cy"), factories.make_user(name="Gia", is_active=False)
    factories.make_absence(cover, NOW, NOW + DAY)
    mine = factories.make_absence(nia, NOW + 10 * DAY, NOW + 11 * DAY)
    cases: list[tuple[str, Any, Any, User | None]] = [
        ("You come back before you leave. Please check the times.", NOW + DAY, NOW + DAY, None),
        ("This is over already.", NOW - 2 * DAY, NOW, None),
        ("You have already said that you are away at that time.", NOW + 9 * DAY, NOW + 12 * DAY, None),
        ("Choose somebody else to stand in for you.", NOW, NOW + DAY, nia),
        ("Cy is away then, too.", NOW, NOW + DAY, cover),
        ("Gia does not work here any more.", NOW, NOW + DAY, gone),
    ]
    given: dict[str, Any] = {"user": nia, "by": nia, "at": NOW}
    for sentence, start, end, who in cases:
        with says(absences.BadAbsence, sentence):
            absences.add(starts_at=start, ends_at=end, cover=who, **given)
    later = factories.make_absence(nia, NOW + 20 * DAY, NOW + 21 * DAY)
    for sentence, start, end, who in cases[:1] + cases[2:]:
        with says(absences.BadAbsence, sentence):
            absences.change(absence=later, starts_at=start, ends_at=end, cover=who, by=nia, at=NOW)
    for when, absence in ((NOW + 11 * DAY, mine), (NOW + 30 * DAY, later)):
        with says(absences.Gone, "This was already taken back, or is over."):
            absences.change(absence=absence, starts_at=when, ends_at=when + DAY, cover=None, by=nia, at=when)
    absences.cancel(absence=mine, by=nia, at=NOW)
    with says(absences.Gone, "This was already taken back."):
        absences.cancel(absence=mine, by=nia, at=NOW)


def test_nobody_is_sent_away_by_somebody_else(nia: User) -> None:
    other, mine = factories.make_user(), factories.make_absence(nia, NOW + DAY, NOW + 2 * DAY)
    sentence = "This belongs to somebody else."
    for call in (
        lambda: absences.add(user=nia, starts_at=NOW, ends_at=NOW + DAY, cover=None, by=other, at=NOW),
        lambda: absences.change(absence=mine, starts_at=NOW, ends_at=NOW + DAY, cover=None, by=other, at=NOW),
        lambda: absences.cancel(absence=mine, by=other, at=NOW),
    ):
        with says(access.Refused, sentence):
            call()


def make(person: User, **changed: Any) -> Any:
    given = {"user": person, "by": person, "name": "export", "scope": "read", "days": 30, "at": NOW}
    return tokens.create(**(given | changed))


@pytest.mark.parametrize(
    "change",
    [{"name": " "}, {"name": "x" * (limits.NAME_LENGTH + 1)}, {"days": 0}, {"days": -1}, {"days": 367}, {"scope": "x"}],
    ids=str,
)
def test_tokens_that_cannot_be(nia: User, change: dict[str, Any]) -> None:
    with says(tokens.NotUsable, "A token needs a name and ends within a year."):
        make(nia, **change)


def test_tokens_of_others_and_too_many(nia: User, boss: User) -> None:
    made = [make(nia, name=str(number))[0] for number in range(limits.API_TOKENS)]
    with says(tokens.TooMany, "20 tokens are enough. Revoke one first."):
        make(nia)
    other = factories.make_user()
    sentence = "This belongs to somebody else."
    with says(access.Refused, sentence):
        make(other, by=nia)
    with says(access.Refused, sentence):
        tokens.revoke(token=made[0], by=other, at=NOW)
    tokens.revoke(token=made[0], by=nia, at=NOW)
    with says(tokens.Gone, "This token was revoked already."):
        tokens.revoke(token=made[0], by=nia, at=NOW)


def test_a_key_stands_for_one_request(nia: User) -> None:
    token, _secret = make(nia)
    given: dict[str, Any] = {"token": token, "key": "k", "at": NOW}
    assert idempotency.once(lambda: {"a": 1}, request=b"one", **given) == ({"a": 1}, False)
    with says(idempotency.OtherRequest, "This Idempotency-Key was used for another request. Take a new one."):
        idempotency.once(lambda: {"a": 2}, request=b"two", **given)
    assert idempotency.once(lambda: {"a": 3}, request=b"one", **given) == ({"a": 1}, True)
