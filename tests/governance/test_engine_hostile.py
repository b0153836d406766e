"""Ways around the approval that policy demands, tried one after the other (D52-D54, P16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from governance.documents import cells
from governance.documents.cells import Cell, Edit, Held, Value
from governance.models import ChangeRequest, Delegation, Document, FreezeWindow
from governance.reads import approval, verdicts
from governance.services import changes, comments, emergencies, grid, publishing, restoring, reviews, versions
from portal import access, timers
from portal.models import User
from tests import factories_governance as make
from tests.factories_governance import NOW
from tests.governance.governing import (
    Governed,
    approve,
    asked,
    drafted,
    in_force,
    make_governed,
    open_ground,
    propose,
    row,
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
    """Something is open for which everybody may change the rules."""
    with open_ground(governed) as ground:
        yield ground


def again(change: ChangeRequest) -> ChangeRequest:
    return ChangeRequest.objects.get(pk=change.pk)


def broken(governed: Governed, fire: UUID) -> ChangeRequest:
    change = asked(drafted(governed, words(a="b")), by=governed.author)
    return emergencies.break_glass(change=change, ground=fire, by=governed.author, at=NOW, is_confirmed=True)


def post(user: User, change: ChangeRequest, verb: str, **sent: Any) -> Any:
    client = Client()
    client.force_login(user)
    return client.post(reverse(f"governance:change-{verb}", args=[change.reference]), sent)


# Emergencies


def test_nobody_breaks_the_glass_with_the_draft_of_another_and_judges_it_afterwards(
    governed: Governed, fire: UUID
) -> None:
    theirs = asked(drafted(governed, words(a="b")), by=governed.author)
    with refused(access.Refused, "Only whoever asked"):
        emergencies.break_glass(change=theirs, ground=fire, by=governed.other, at=NOW, is_confirmed=True)
    sent = {"ground": str(fire), "reason": "now", "password": "x"}
    assert post(governed.other, theirs, "break-glass", **sent).status_code in (403, 422)
    assert again(theirs).state == "draft"


def test_no_emergency_changes_who_approves_what(governed: Governed, fire: UUID) -> None:
    policy = governed.policy
    with refused(emergencies.NoGround):
        emergencies.begin(document=policy, ground=fire, by=governed.author, at=NOW)
    change = changes.begin(document=policy, by=governed.author, at=NOW)
    assert post(governed.author, change, "break-glass", ground=str(fire), password="x").status_code == 422
    with refused(emergencies.NoGround):
        emergencies.break_glass(change=change, ground=fire, by=governed.author, at=NOW, is_confirmed=True)
    assert in_force(policy) == policy.effective_version


def test_a_rejected_emergency_opens_its_way_back_though_whoever_rejects_it_has_a_draft(
    governed: Governed, fire: UUID
) -> None:
    change = broken(governed, fire)
    for person in (governed.one, governed.two):
        mine = drafted(governed, words(a=person.name))
        with make._action(NOW):
            changes.ask(document=mine.document, version=mine, reason="mine", by=person, at=NOW)
    for person in (governed.one, governed.two):
        emergencies.judge(change=change, verdict="request_changes", rationale="no", by=person, at=NOW)
    assert again(change).retrospective == "rejected"
    back = ChangeRequest.objects.get(undoes=change)
    assert (back.requested_by, back.state) == (governed.three, "in_review")


def test_the_draft_of_an_emergency_is_taken_over_or_sent_without_breaking(governed: Governed, fire: UUID) -> None:
    given: dict[str, Any] = {"by": governed.author, "at": NOW}
    change = emergencies.begin(document=governed.glossary, ground=fire, **given)
    versions.edit(version=change.version, text=TEXT, **given)
    change = changes.describe(change=change, said={"reason": "now"}, **given)
    normal = asked(drafted(governed, words(a="slow")), by=governed.author)
    with refused(changes.AlreadyOpen, normal.reference):
        changes.submit(change=change, **given)
    assert post(governed.author, change, "submit", reason="now", stated_band="low").status_code == 422
    approve(propose(governed, words(b="theirs"), by=governed.other), governed.one, governed.two)
    change, _clashes = restoring.rebase(change=again(change), **given)
    assert change.model == "emergency"
    assert emergencies.break_glass(change=change, ground=fire, is_confirmed=True, **given).state == "published"


TEXT = "title: Words\nterms: [{key: a, title: A, meaning: now}]\n"


# Time


def test_an_approval_that_has_lapsed_puts_nothing_into_force_while_the_clock_stood_still(governed: Governed) -> None:
    with make._action(NOW):
        FreezeWindow.objects.create(starts_at=NOW, ends_at=NOW + DAY, why="Holidays")
    change = approve(propose(governed), governed.one, governed.two)
    assert change.state == "approved" and change.expires_at is not None
    late = change.expires_at + DAY
    with refused(publishing.NotApproved, "did not take effect in time"):
        publishing.publish(change=change, by=governed.author, at=late)
    before = in_force(governed.glossary)
    timers.fire_due(at=late)
    assert (again(change).state, in_force(governed.glossary)) == ("expired", before)


def test_a_recalled_draft_that_nobody_answers_expires(governed: Governed) -> None:
    change = changes.recall(change=propose(governed), by=governed.author, at=NOW)
    timers.fire_due(at=NOW + 8 * DAY)
    assert again(change).state == "expired"


# One open change


def test_a_standard_change_is_not_called_back_beside_another_open_one() -> None:
    free = {"key": "free", "title": "Words", "when": {"kinds": ["glossary"]}, "pre_approved": True}
    governed = make_governed(rows=(row(), free))
    soon = propose(governed, words(a="soon"), publish_at=NOW + DAY)
    assert (soon.model, soon.state) == ("standard", "scheduled")
    other = changes.begin(document=governed.glossary, by=governed.author, at=NOW)
    with refused(changes.AlreadyOpen, other.reference):
        changes.recall(change=soon, by=governed.author, at=NOW)
    assert post(governed.author, soon, "recall").status_code == 422


def test_two_tabs_that_begin_the_same_get_the_same_draft(governed: Governed) -> None:
    first, second = (changes.begin(document=governed.glossary, by=governed.author, at=NOW) for _tab in "ab")
    assert first == second


# Other words than those approved


def test_what_was_approved_for_a_while_does_not_become_lasting_by_calling_it_back() -> None:
    governed = make_governed(more=(("risk", [{"key": "q", "question": "Risky?", "band_if_yes": "high"}]),))
    end = NOW + 7 * DAY
    change = propose(governed, answers={"q": True}, falls_back_at=end)
    change = changes.recall(change=approve(change, governed.one), by=governed.author, at=NOW)
    given: dict[str, Any] = {"change": change, "by": governed.author, "at": NOW}
    for said in ({"falls_back_at": None}, {"falls_back_at": end + DAY}, {"answers": {"q": False}}):
        with refused(changes.NotSubmittable, "approved this text with its end"):
            changes.describe(said=said, **given)
    changes.describe(said={"falls_back_at": end - DAY}, **given)
    assert approve(changes.submit(**given), governed.two).state == "published"


def test_nothing_else_is_written_through_the_grid_into_what_brings_a_version_back() -> None:
    company = make.make_company()
    cell = Cell("default", "", "owner", "sev1")

    def save(who: User, **more: Any) -> list[grid.Saved]:
        edit = Edit(cell, Value(Held("person", str(who.pk))), cells.token(None), name="company")
        return grid.save(edits=[edit], reason="new", by=company.admin, at=NOW, **more)

    matrix = Document.objects.get(kind="matrix", scope_kind="default")
    first = matrix.effective_version
    assert first is not None and save(company.second, publish=True)[0].published
    back = restoring.roll_back(document=matrix, to=first, reason="back", by=company.admin, at=NOW)
    for publish in (False, True):
        with refused(access.Refused, back.reference):
            save(company.leader, publish=publish)
    assert again(back).version.digest == first.digest


def test_a_retirement_that_was_overtaken_is_taken_over_onto_what_is_in_force(governed: Governed) -> None:
    given: dict[str, Any] = {"by": governed.author, "at": NOW}
    end = restoring.retire(document=governed.glossary, successor=None, reason="done", **given)
    end = changes.submit(change=end, **given)
    approve(propose(governed, words(a="b"), by=governed.other), governed.one, governed.two)
    assert again(end).state == "conflicted"
    end, _clashes = restoring.rebase(change=again(end), **given)
    assert end.version == in_force(governed.glossary)
    assert changes.submit(change=end, **given).state == "in_review"


def test_whoever_made_a_change_does_not_let_pass_what_others_have_stopped(governed: Governed) -> None:
    change = propose(governed)
    stop = comments.say(change=change, text="Not like this.", by=governed.one, at=NOW, is_blocking=True)
    approve(change, governed.one, governed.two)
    with refused(comments.NotYours):
        comments.settle(comment=stop, by=governed.author, at=NOW)
    comments.settle(comment=stop, by=governed.other, at=NOW)
    assert again(change).state == "published"


# Who may speak


def test_a_list_knows_contributors_of_earlier_texts_too(governed: Governed) -> None:
    change = asked(drafted(governed, words(a="b"), by=governed.one), by=governed.author)
    change.version = drafted(governed, words(a="c"))
    with make._action(NOW):
        change.save(update_fields=["version"])
    change = changes.submit(change=again(change), by=governed.author, at=NOW)
    here = approval.select(ChangeRequest.objects.all()).get(pk=change.pk)
    listed = list(verdicts.listed(ChangeRequest.objects.filter(pk=change.pk)))
    assert governed.one.pk in approval.facts(here).makers
    found = verdicts.judged(listed, at=NOW)
    assert found.facts[change.pk].makers == approval.facts(here).makers
    assert found.asked_of(change, governed.one) == []


def test_a_delegation_for_another_board_is_not_taken_for_this_one(governed: Governed) -> None:
    elsewhere = make.make_board(governed.one, key="elsewhere")
    given = {"giver": governed.one, "taker": governed.boss, "starts_at": NOW - DAY, "ends_at": NOW + DAY, "why": "away"}
    with make._action(NOW):
        Delegation.objects.create(board=elsewhere, **given)
    change = propose(governed)
    with refused(reviews.NotAsked, "not delegated this to you"):
        approve(change, governed.boss, on_behalf_of=governed.one)
    sent = {"verdict": "approve", "giver": str(governed.one.pk), "seen": change.version.digest}
    assert post(governed.boss, change, "review", **sent).status_code in (403, 422)
    assert not change.reviews.exists()
    with make._action(NOW):
        Delegation.objects.create(board=governed.board, **(given | {"starts_at": NOW}))
    change = approve(change, governed.boss, on_behalf_of=governed.one)
    assert approval.judge(change, at=NOW).standings[0].counted[0].on_behalf_of == governed.one.pk
