"""When witnesses get a checkpoint, who gives it, and who is told when one has taken none for too long."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from portal import timers
from portal.audit import notes
from portal.models import AuditEntry, Checkpoint, Heartbeat, Message, Witness, Witnessing
from portal.reads import health
from portal.reads import witnesses as reads
from portal.services import witnesses
from tests.faults.sinks import free_port
from tests.portal.kernel import NOW, make_operator, make_user
from tests.portal.ledger import book
from tests.portal.ledger.witnessing import make_witness
from tests.races.test_kernel import at_once

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def ledger(signer: notes.Signer, settings: Any, tmp_path: Path) -> None:
    settings.WEBHOOK_ALLOW_LOOPBACK = True
    settings.WITNESS_DIR = tmp_path / "witnesses"


@pytest.fixture
def grow(signer: notes.Signer) -> Callable[[], int]:
    """More entries, sealed and signed; the size of the ledger then."""

    def more() -> int:
        book.write(2)
        book.seal(signer)
        return Checkpoint.objects.latest("id").size

    return more


Grow = Callable[[], int]


def unreachable(**fields: Any) -> Witness:
    return make_witness("cosign", f"http://127.0.0.1:{free_port()}", name="Far", **fields)


def test_nobody_is_due_before_anything_was_signed() -> None:
    witness = make_witness("file", "w")
    assert witnesses.due(NOW) == [] and witnesses.give(witness, NOW) is None
    assert not Witnessing.objects.exists()


def test_a_new_checkpoint_is_given_when_the_time_has_come(grow: Grow) -> None:
    witness = make_witness("file", "w", every_minutes=60)
    grow()
    assert witnesses.due(NOW) == [witness]
    assert witnesses.give(witness, NOW)
    grow()
    assert witnesses.due(NOW + 59 * MINUTE) == [] and witnesses.give(witness, NOW + 59 * MINUTE) is None
    assert witnesses.due(NOW + 60 * MINUTE) == [witness]
    assert witnesses.give(witness, NOW + 60 * MINUTE)
    assert [each.checkpoint.size for each in Witnessing.objects.order_by("id")] == sorted(
        {each.checkpoint.size for each in Witnessing.objects.all()}
    )


def test_a_ledger_that_stands_still_is_given_again_after_half_the_time_of_the_alarm(grow: Grow) -> None:
    witness = make_witness("file", "w", every_minutes=10, alarm_minutes=600)
    grow()
    assert witnesses.give(witness, NOW)
    assert witnesses.due(NOW + 299 * MINUTE) == []
    assert witnesses.due(NOW + 300 * MINUTE) == [witness]


def test_one_that_is_no_longer_active_gets_nothing(grow: Grow) -> None:
    make_witness("file", "w", is_active=False)
    grow()
    assert witnesses.due(NOW) == [] and reads.standing(NOW) == []


def test_giving_writes_nothing_into_the_ledger(grow: Grow) -> None:
    """Else each giving would be news to give."""
    witness = make_witness("file", "w")
    grow()
    had = AuditEntry.objects.count()
    assert witnesses.give(witness, NOW)
    assert AuditEntry.objects.count() == had


def test_a_witness_that_fails_is_tried_again_less_and_less_often(grow: Grow) -> None:
    witness, at = unreachable(), NOW
    grow()
    for minutes in (1, 2, 5, 10, 30, 30):
        found = witnesses.give(witness, at)
        assert found is not None and found.result == "unreachable"
        assert witnesses.due(at + minutes * MINUTE - MINUTE / 60) == []
        at += minutes * MINUTE
        assert witnesses.due(at) == [witness]


def test_one_that_was_taken_ends_the_waiting(grow: Grow, settings: Any) -> None:
    witness = make_witness("file", "w")
    grow()
    settings.WITNESS_DIR.write_text("in the way")
    assert witnesses.give(witness, NOW).result == "unreachable"  # type: ignore[union-attr]
    settings.WITNESS_DIR.unlink()
    assert witnesses.give(witness, NOW + MINUTE).result == "taken"  # type: ignore[union-attr]
    grow()
    assert witnesses.due(NOW + 61 * MINUTE) == [witness]


def test_one_witness_that_fails_does_not_hold_up_the_others(grow: Grow) -> None:
    unreachable()
    make_witness("mail", "notary@example.com")
    make_witness("file", "w")
    grow()
    assert witnesses.Giver().round(at=lambda: NOW) == 3
    assert sorted(Witnessing.objects.values_list("result", flat=True)) == ["taken", "taken", "unreachable"]
    assert len(mail.outbox) == 1
    assert witnesses.Giver().round(at=lambda: NOW) == 0


def test_a_giver_that_is_to_stop_begins_no_more(grow: Grow) -> None:
    make_witness("file", "w")
    grow()
    assert witnesses.Giver().round(at=lambda: NOW, stop=lambda: True) == 0


def test_while_one_clock_gives_another_does_not_and_one_that_died_is_replaced(grow: Grow) -> None:
    witness = make_witness("file", "w")
    grow()
    lease = {"token": "of another clock", "until": (NOW + witnesses.LEASE).isoformat()}
    timers.beat(f"witness {witness.pk}", at=NOW, detail=lease)
    assert witnesses.due(NOW) == [] and witnesses.give(witness, NOW) is None
    assert witnesses.give(witness, NOW + witnesses.LEASE)
    assert Heartbeat.objects.get(pk=f"witness {witness.pk}").detail == {}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clocks_do_not_give_the_same_twice(grow: Grow) -> None:
    witness = make_witness("file", "w")
    grow()
    found = at_once(*[lambda: witnesses.give(witness, NOW)] * 4)
    assert len([each for each in found if each]) == Witnessing.objects.count() == 1


def test_what_somebody_asks_for_is_given_at_once_and_once(grow: Grow) -> None:
    witness = make_witness("file", "w")
    grow()
    assert witnesses.give(witness, NOW)
    witnesses.ask(witness=witness, by=make_user(), at=NOW)
    assert witnesses.due(NOW) == [witness]
    assert witnesses.give(witness, NOW)
    assert witnesses.due(NOW) == []
    assert AuditEntry.objects.filter(verb="witness.asked", target_id=str(witness.pk)).count() == 1


# Alarms


def test_standing_says_how_far_each_witness_knows_the_ledger(grow: Grow) -> None:
    make_witness("file", "w", name="Near")
    unreachable(alarm_minutes=120)
    size = grow()
    witnesses.Giver().round(at=lambda: NOW)
    later = NOW + 121 * MINUTE
    far, near = reads.standing(later)
    assert (near.witness.name, near.size, near.at, near.is_late, near.problem) == ("Near", size, NOW, False, "")
    assert (far.witness.name, far.size, far.at, far.is_late) == ("Far", None, None, True)
    assert far.problem.startswith("It cannot be reached")
    assert far.sentence == "The witness Far has taken no checkpoint for 2 h."
    assert [each.is_late for each in reads.standing(NOW + 120 * MINUTE)] == [False, False]


def test_nobody_is_late_when_there_is_nothing_newer(grow: Grow) -> None:
    make_witness("file", "w", alarm_minutes=60)
    grow()
    witnesses.Giver().round(at=lambda: NOW)
    assert reads.late(NOW + timedelta(days=9)) == []
    grow()
    assert len(reads.late(NOW + timedelta(days=9))) == 1


def test_standing_asks_the_same_number_of_questions_for_any_number(
    grow: Grow, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        make_witness("file", f"w{number}")
    grow()
    witnesses.Giver().round(at=lambda: NOW)
    with django_assert_max_num_queries(3):
        assert len(reads.standing(NOW)) == 5


def test_operators_are_told_of_a_late_witness_once_a_day(grow: Grow) -> None:
    make_operator()
    unreachable(alarm_minutes=60)
    grow()
    for minutes in (0, 61, 62, 90):
        for giver in (witnesses.Giver(), witnesses.Giver()):  # two clocks
            giver.round(at=lambda: NOW + minutes * MINUTE)  # noqa: B023
    told = Message.objects.filter(event="operator.alert", channel="inbox")
    assert [one.context["restricted"]["kind"] for one in told] == ["witness"]
    assert (
        told[0]
        .context["restricted"]["reason"]
        .startswith("The witness Far has taken no checkpoint for 1 h. It cannot be reached")
    )
    witnesses.Giver().round(at=lambda: NOW + timedelta(days=1, hours=2))
    assert told.all().count() == 2


def test_healthz_names_a_late_witness(client: Client, grow: Grow) -> None:
    unreachable(alarm_minutes=60, made_at=NOW)
    grow()
    sentence = "The witness Far has taken no checkpoint for 26 h."
    assert sentence in health.status(at=NOW + timedelta(hours=26)).problems
    assert sentence not in health.status(at=NOW + timedelta(hours=1)).problems
    answer = client.get("/healthz")
    assert answer.status_code == 503 and any("The witness Far" in one for one in answer.json()["problems"])
