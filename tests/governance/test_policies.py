"""The policy looked after: who hears of one that nobody can satisfy, what every page says, who is told how to begin."""

from datetime import timedelta
from typing import Any

import pytest
import yaml
from django.test import Client

from governance.models import BoardSeat, ChangeRequest, Document
from governance.services import changes, genesis, policies, versions
from portal import audit, rendering, roles, timers
from portal.models import Message, Timer, User
from portal.services import leaving
from tests.factories_governance import NOW, make_board, make_person, make_policy
from tests.governance.governing import Governed, approve, asked, make_governed

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
BANNER = b"was repaired by two people"
OWN = {"key": "own", "title": "Itself", "when": {"kinds": ["approval"]}}


@pytest.fixture
def boss() -> User:
    return make_person("chief", role=roles.ADMIN, is_staff=True, is_superuser=True)


@pytest.fixture
def operator() -> User:
    return make_person("ops", role=roles.OPERATOR)


@pytest.fixture
def founded(boss: User, operator: User) -> Document:
    """A policy whose change only the founder, alone on the board `founders`, approves."""
    founder, keeper = make_person("founder"), make_person("keeper", role=roles.GOVERNANCE_ADMIN)
    make_board(founder, key="founders")
    make_person("helper")
    need = {"key": "one", "title": "The founder", "who": {"board": "founders"}}
    content = {"title": "Who approves what", "rows": [OWN | {"needs": [need]}]}
    text = yaml.safe_dump(content)
    return genesis.install(policy=text, by=keeper, at=NOW, label="test").document


def leave(name: str, boss: User, at: Any = LATER) -> None:
    leaving.deactivate(person=User.objects.get(email=f"{name}@example.test"), by=boss, reason="gone", at=at)


def alerts() -> list[Message]:
    rows = Message.objects.filter(event="operator.alert", channel="inbox").order_by("created_at")
    return [row for row in rows if row.context["restricted"]["what"] == policies.ALERT]


def test_whoever_leaves_last_is_missed_at_once_and_once(founded: Document, operator: User, boss: User) -> None:
    leave("founder", boss)

    (message,) = alerts()
    words = rendering.render(message, operator)
    assert "Nobody can change the approval policy" in words.subject
    assert "The founder" in words.text and "policy repair" in words.text

    leave("helper", boss, LATER + timedelta(hours=1))
    timers.fire_due(at=NOW + timedelta(days=3))
    assert len(alerts()) == 1


def test_somebody_who_is_not_needed_may_leave_in_peace(founded: Document, boss: User) -> None:
    leave("helper", boss)

    assert alerts() == []


def test_a_seat_that_ends_by_itself_is_missed_the_next_morning(founded: Document) -> None:
    with audit.action(actor=None, actor_label="test", reason="term", at=NOW):
        seat = BoardSeat.objects.get(board__key="founders")
        seat.ends_on = NOW.date()
        seat.save()
    assert alerts() == []

    timers.fire_due(at=NOW + timedelta(days=1))

    assert len(alerts()) == 1
    assert Timer.objects.get(kind=policies.KIND, state="armed").due_at > NOW + timedelta(days=1)


def test_broken_once_more_for_the_same_reason_is_told_again(founded: Document, boss: User) -> None:
    leave("founder", boss)
    with audit.action(actor=None, actor_label="test", reason="seat", at=LATER):
        BoardSeat(
            board=BoardSeat.objects.get().board,
            person=User.objects.get(email="helper@example.test"),
            starts_on=NOW.date(),
        ).save()
        policies.look(at=LATER)

    leave("helper", boss, LATER + timedelta(hours=1))

    assert len(alerts()) == 2


def test_a_seat_taken_away_in_the_admin_is_missed_at_once(founded: Document, boss: User, client: Client) -> None:
    seat = BoardSeat.objects.get()
    client.force_login(boss)
    prefix, seat_ends = "seats", "2026-03-02"
    data = {
        "name": "Founders",
        "key": "founders",
        "purpose": "",
        "is_active": "on",
        "reason": "steps down",
        f"{prefix}-TOTAL_FORMS": "1",
        f"{prefix}-INITIAL_FORMS": "1",
        f"{prefix}-0-id": str(seat.pk),
        f"{prefix}-0-board": str(seat.board_id),
        f"{prefix}-0-person": str(seat.person_id),
        f"{prefix}-0-starts_on": "2026-03-02",
        f"{prefix}-0-ends_on": seat_ends,
    }

    answer = client.post(f"/admin/governance/board/{seat.board_id}/change/", data)

    assert answer.status_code == 302, answer.context["errors"]
    assert len(alerts()) == 1


# Every page


@pytest.fixture
def repaired(founded: Document, boss: User) -> Document:
    leave("founder", boss)
    first, second = make_person("first"), make_person("second")
    make_board(first, second, key="rules-board")
    genesis.repair(policy=policies.built_in(), by=first, second=second, reason="gone", at=LATER, label="test")
    return founded


def page(client: Client, person: User, path: str = "/boards/") -> bytes:
    client.force_login(person)
    return client.get(path).content


def test_every_page_says_that_a_repair_was_not_confirmed(repaired: Document, operator: User, client: Client) -> None:
    assert BANNER in page(client, operator) and BANNER in page(client, operator, "/")
    client.logout()
    assert BANNER not in client.get("/accounts/login/").content


def test_a_normal_change_confirms_a_repair(repaired: Document, operator: User, client: Client) -> None:
    keeper = User.objects.get(email="keeper@example.test")
    text = policies.built_in().replace("Who approves what", "Who agrees to what")
    _document, version = versions.import_yaml(kind="approval", text=text, key="company", by=keeper, at=LATER)
    answers = dict.fromkeys(("customers", "undo", "data"), False)
    change = changes.submit(change=asked(version, by=keeper, at=LATER, answers=answers), by=keeper, at=LATER)
    people = User.objects.filter(email__in=["first@example.test", "second@example.test"])
    approve(change, *people, at=LATER, is_confirmed=True)
    assert ChangeRequest.objects.get(pk=change.pk).state == "published"

    assert BANNER not in page(client, operator)


def test_without_a_repair_no_page_says_so_and_none_costs_more(
    founded: Document, operator: User, client: Client, django_assert_num_queries: Any
) -> None:
    from portal.reads import health

    assert BANNER not in page(client, operator)
    with django_assert_num_queries(1):
        assert health.frame(at=NOW).warnings == {}


# The beginning


@pytest.mark.parametrize(("role", "is_told"), [(roles.OPERATOR, True), (roles.GOVERNANCE_ADMIN, True), ("", False)])
def test_who_can_do_something_about_it_is_told_how_to_begin(role: str, is_told: bool, client: Client) -> None:
    body = page(client, make_person("somebody", role=role), "/").decode()

    assert ("manage.py policy install" in body) is is_told


def test_with_a_policy_nobody_is_told_to_install_one(founded: Document, operator: User, client: Client) -> None:
    assert b"policy install" not in page(client, operator, "/")


# What it says


def test_the_page_says_which_change_needs_whom(client: Client) -> None:
    governed: Governed = make_governed()

    body = page(client, governed.owner, "/changes/policy/").decode()

    assert "Everything" in body and "2 of them" in body
    assert "Today: One, Two, Three" in body
    assert "Then also: Boss" in body
    assert "2 days" not in body and "Within 24 hours" in body
    assert "Emergency changes" in body


def test_the_page_says_what_nobody_can_meet(founded: Document, operator: User, boss: User, client: Client) -> None:
    leave("founder", boss)

    assert b"Nobody can change this policy any more." in page(client, operator, "/changes/policy/")


def test_without_a_policy_the_page_says_how_to_get_one(operator: User, client: Client) -> None:
    assert b"manage.py policy install" in page(client, operator, "/changes/policy/")


def test_the_page_costs_the_same_with_more_rules(
    client: Client, operator: User, django_assert_max_num_queries: Any
) -> None:
    keeper = make_person("keeper", role=roles.GOVERNANCE_ADMIN)
    rows = [OWN | {"key": f"row{n}", "when": {"kinds": ["glossary"]}, "needs": [_need(keeper)]} for n in range(12)]
    make_policy(*rows, by=keeper)
    client.force_login(operator)
    client.get("/changes/policy/")
    with django_assert_max_num_queries(30):
        client.get("/changes/policy/")


def _need(person: User) -> dict[str, Any]:
    return {"key": "one", "title": "One", "who": {"person": person.email}}
