"""Breaking the glass, the judgment afterwards, and the ways back (P16, D58, D116)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from governance import invariants
from governance.models import ChangeRequest, Document, FreezeWindow, Version
from governance.services import changes, emergencies, restoring, reviews, versions
from portal import access, timers
from portal.models import AuditEntry, Message, User
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.governing import (
    NO_AUTHORITY,
    Governed,
    approve,
    asked,
    drafted,
    in_force,
    make_governed,
    open_ground,
    propose,
    through,
    words,
)
from tests.governance.unchanged import refused

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def governed() -> Governed:
    return make_governed()


@pytest.fixture
def fire(governed: Governed) -> Iterator[UUID]:
    """Something is open that `author` may act on; `other` may not."""
    with open_ground(governed, refusal=NO_AUTHORITY) as ground:
        yield ground


def emergency(governed: Governed, *, by: User | None = None, text: str = "b") -> ChangeRequest:
    by = by or governed.author
    return asked(drafted(governed, words(a=text), by=by), by=by)


def broken(governed: Governed, fire: UUID, *, at: Any = NOW) -> ChangeRequest:
    change = emergency(governed)
    return emergencies.break_glass(change=change, ground=fire, by=governed.author, at=at, is_confirmed=True)


def judged(change: ChangeRequest, verdict: str, by: User, *, at: Any = NOW) -> ChangeRequest:
    return emergencies.judge(change=change, verdict=verdict, rationale="so", by=by, at=at)


def again(change: ChangeRequest) -> ChangeRequest:
    return ChangeRequest.objects.get(pk=change.pk)


def test_an_emergency_change_takes_effect_now_and_the_board_is_asked_afterwards(governed: Governed, fire: UUID) -> None:
    change = broken(governed, fire)
    assert (change.model, change.state, change.retrospective) == ("emergency", "published", "waiting")
    assert change.retrospective_by == NOW + timedelta(hours=72) and change.ground == "INC-2026-0001 Nothing works"
    assert in_force(governed.glossary) == change.version
    told = Message.objects.filter(key__contains=":retrospective:", channel="inbox")
    assert set(told.values_list("recipient", flat=True)) == {governed.one.pk, governed.two.pk, governed.three.pk}
    assert AuditEntry.objects.filter(verb="change.glass_broken").count() == 1
    assert invariants.approved_digests() == []


def test_an_open_normal_change_and_a_freeze_do_not_hold_it_up(governed: Governed, fire: UUID) -> None:
    normal = propose(governed, words(a="slow"))
    with make._action(NOW):
        FreezeWindow.objects.create(starts_at=NOW, ends_at=NOW + DAY, why="Holidays")
    change = emergencies.begin(document=governed.glossary, ground=fire, by=governed.author, at=NOW)
    versions.edit(
        version=change.version,
        text="title: Words\nterms: [{key: a, title: A, meaning: now}]\n",
        by=governed.author,
        at=NOW,
    )
    change = changes.describe(change=again(change), by=governed.author, at=NOW, said={"reason": "It burns"})
    done = emergencies.break_glass(change=change, ground=fire, by=governed.author, at=NOW, is_confirmed=True)
    assert done.state == "published" and again(normal).state == "conflicted"


def test_without_ground_authority_sign_in_or_reason_the_glass_stays_whole(governed: Governed, fire: UUID) -> None:
    change = emergency(governed)
    given: dict[str, Any] = {"change": change, "by": governed.author, "at": NOW}
    with refused(emergencies.NotConfirmed, "Sign in once more"):
        emergencies.break_glass(ground=fire, is_confirmed=False, **given)
    with refused(emergencies.NoGround, "needs an open incident"):
        emergencies.break_glass(ground=governed.policy.pk, is_confirmed=True, **given)
    with refused(access.Refused):
        emergencies.break_glass(ground=fire, is_confirmed=True, **(given | {"by": governed.boss}))
    theirs = emergency(governed, by=governed.other)
    with refused(emergencies.NoGround, "authority does not reach"):
        emergencies.break_glass(change=theirs, ground=fire, by=governed.other, at=NOW, is_confirmed=True)
    silent = changes.describe(change=change, by=governed.author, at=NOW, said={"reason": " "})
    with refused(changes.ReasonMissing):
        emergencies.break_glass(change=silent, ground=fire, by=governed.author, at=NOW, is_confirmed=True)


def test_two_of_the_board_accept_it_afterwards_but_nobody_who_made_it(governed: Governed, fire: UUID) -> None:
    change = broken(governed, fire)
    with refused(reviews.NotAsked, "worked on this text yourself"):
        judged(change, "approve", governed.author)
    with refused(reviews.NotAsked, "You are not asked"):
        judged(change, "approve", governed.boss)
    change = judged(change, "approve", governed.one)
    assert change.retrospective == "waiting"
    change = judged(change, "approve", governed.two)
    assert (change.retrospective, change.state) == ("accepted", "published")
    with refused(emergencies.NotOwed):
        judged(change, "approve", governed.three)


def test_one_that_is_not_accepted_opens_its_way_back_at_once(governed: Governed, fire: UUID) -> None:
    before = in_force(governed.glossary)
    change = judged(broken(governed, fire), "veto", governed.one)
    change = judged(change, "veto", governed.two)
    assert change.retrospective == "rejected"
    back = ChangeRequest.objects.get(undoes=change)
    assert (back.action, back.state, back.version.digest) == ("restore", "in_review", before.digest)
    through(back)
    assert in_force(governed.glossary).digest == before.digest and again(change).state == "rolled_back"


def test_an_overdue_judgment_is_told_and_bars_that_person_from_the_next(governed: Governed, fire: UUID) -> None:
    change = broken(governed, fire)
    for hours in (37, 59):
        timers.fire_due(at=NOW + timedelta(hours=hours))
    assert not Message.objects.filter(event="change.news", key__contains="retrospective_late").exists()
    late = NOW + timedelta(hours=72)
    timers.fire_due(at=late)
    assert AuditEntry.objects.filter(verb="change.retrospective_late").count() == 1
    told = Message.objects.filter(key__contains="retrospective_late", channel="inbox")
    assert set(told.values_list("recipient", flat=True)) == {governed.one.pk, governed.two.pk, governed.three.pk}
    following = emergency(governed, text="again")
    with refused(emergencies.Barred, change.reference):
        emergencies.break_glass(change=following, ground=fire, by=governed.author, at=late, is_confirmed=True)
    judged(judged(change, "approve", governed.one, at=late), "approve", governed.two, at=late)
    done = emergencies.break_glass(change=following, ground=fire, by=governed.author, at=late, is_confirmed=True)
    assert done.state == "published"


# Ways back and out


def test_a_version_that_was_in_force_comes_back_as_a_new_one_with_the_old_digest(governed: Governed) -> None:
    first = in_force(governed.glossary)
    approve(propose(governed), governed.one, governed.two)
    back = restoring.roll_back(document=governed.glossary, to=first, reason="It was better", by=governed.author, at=NOW)
    through(changes.submit(change=back, by=governed.author, at=NOW))
    now = in_force(governed.glossary)
    assert (now.digest, now.number > first.number) == (first.digest, True)


def test_what_was_never_in_force_cannot_come_back(governed: Governed) -> None:
    never = drafted(governed, words(a="never"))
    for version in (never, in_force(governed.glossary)):
        with refused(restoring.NotRestorable):
            restoring.roll_back(document=governed.glossary, to=version, reason="x", by=governed.author, at=NOW)


def test_a_document_is_retired_by_a_change_and_stands_for_nothing_any_more(governed: Governed) -> None:
    change = restoring.retire(document=governed.glossary, successor=None, reason="old", by=governed.author, at=NOW)
    through(changes.submit(change=change, by=governed.author, at=NOW))
    document = Document.objects.get(pk=governed.glossary.pk)
    assert (document.effective_version, document.retired_at) == (None, NOW)
    with refused(restoring.NotRetirable, "not in force"):
        restoring.retire(document=document, successor=None, reason="old", by=governed.author, at=NOW)


def test_the_policy_of_the_company_cannot_be_retired(governed: Governed) -> None:
    with refused(restoring.NotRetirable, "everything rests on it"):
        restoring.retire(document=governed.policy, successor=None, reason="no", by=governed.author, at=NOW)


def test_a_conflicted_change_is_taken_over_with_both_peoples_words(governed: Governed) -> None:
    start = {"incident": "Something stopped.", "run": "One execution."}
    approve(propose(governed, words(**start)), governed.one, governed.two)
    mine = propose(governed, words(**start | {"run": "One pass of an automation."}), by=governed.other)
    approve(propose(governed, words(**start | {"incident": "Something waits."})), governed.one, governed.two)
    assert again(mine).state == "conflicted"
    change, clashes = restoring.rebase(change=again(mine), by=governed.other, at=NOW)
    assert (change.state, clashes) == ("draft", ())
    assert change.version.based_on == in_force(governed.glossary)
    through(changes.submit(change=change, by=governed.other, at=NOW))
    text = Version.objects.get(pk=in_force(governed.glossary).pk).content
    assert "Something waits." in text and "One pass of an automation." in text
