"""What would another approval policy have done to the changes of the last 90 days?"""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from governance.documents.approval import Approval, Who
from governance.models import ChangeRequest
from governance.reads import approval, dry_run
from governance.services import changes
from tests.factories_governance import NOW
from tests.governance.governing import Governed, approve, make_governed, need, propose, row, say, words

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=2)


@pytest.fixture
def governed() -> Governed:
    """One change took effect with the words of one and two (the glossary before, too); one was refused."""
    return make_governed(rows=(row(need(veto=True)),))


@pytest.fixture
def passed(governed: Governed) -> ChangeRequest:
    return approve(propose(governed), governed.one, governed.two)


@pytest.fixture
def refused(governed: Governed, passed: ChangeRequest) -> ChangeRequest:
    return say(propose(governed, words(veto="A no.")), "veto", governed.three)


def policy(**changed: Any) -> Approval:
    """The policy in force with another first requirement."""
    pinned = approval.in_force()
    assert pinned is not None
    first, *rest = pinned.content.rows
    asked = first.needs[0].model_copy(update=changed)
    return pinned.content.model_copy(update={"rows": (first.model_copy(update={"needs": (asked,)}), *rest)})


def test_the_policy_in_force_would_have_done_what_it_did(
    passed: ChangeRequest, refused: ChangeRequest, governed: Governed
) -> None:
    run = dry_run.of_policy(policy(), at=LATER)

    assert (run.total, run.differ) == (3, 0)


def test_a_stricter_policy_would_have_held_changes_back(passed: ChangeRequest, governed: Governed) -> None:
    run = dry_run.of_policy(policy(number=3), at=LATER)

    assert [line.change for line in run.held][:1] == [passed] and not run.through
    assert "Three" in run.held[0].asks


def test_a_looser_policy_would_have_let_the_refused_one_through(
    passed: ChangeRequest, refused: ChangeRequest, governed: Governed
) -> None:
    wanted = policy(who=Who(person=governed.one.pk), how="any", veto=False)
    assert not dry_run.of_policy(wanted, at=LATER).through  # nobody had said yes

    change = approve(propose(governed, words(more="More."), by=governed.other), governed.one)
    say(change, "veto", governed.two)
    run = dry_run.of_policy(wanted, at=LATER)

    assert [line.change for line in run.through] == [change]


def test_what_is_older_or_never_ended_is_not_counted(governed: Governed, passed: ChangeRequest) -> None:
    propose(governed, words(open="Open."))

    assert dry_run.of_policy(policy(), at=LATER).total == 2
    assert dry_run.of_policy(policy(), at=NOW + timedelta(days=91)).total == 0


def test_the_pages_of_a_proposed_policy_show_it(governed: Governed, passed: ChangeRequest, client: Client) -> None:
    begun = changes.begin(document=governed.policy, by=governed.author, at=NOW)
    client.force_login(governed.one)

    part = client.get(f"/changes/{begun.reference}/?part=effect").content.decode()
    page = client.get(f"/changes/policy/?draft={begun.reference}").content.decode()

    assert begun.reference in client.get("/changes/policy/").content.decode()
    for body in (part, page):
        assert "What it would have done" in body
        assert (
            "changes that were decided in the last 90 days would have ended the same way" in body
            or "nothing to" in body
        )


def test_it_costs_the_same_for_more_changes(
    governed: Governed, passed: ChangeRequest, django_assert_max_num_queries: Any
) -> None:
    wanted = policy(number=3)
    dry_run.of_policy(wanted, at=LATER)
    with django_assert_max_num_queries(30) as few:
        dry_run.of_policy(wanted, at=LATER)
    for number in range(3):
        approve(propose(governed, words(**{f"term{number}": "Text."})), governed.one, governed.two)
    dry_run.of_policy(wanted, at=LATER)  # texts that no list has shown before are read once
    with django_assert_max_num_queries(len(few)):
        assert dry_run.of_policy(wanted, at=LATER).total == 5
