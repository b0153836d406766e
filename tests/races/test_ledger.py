"""Several sequencers and writers at once: every committed entry gets exactly one place, late ones too."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from portal import audit
from portal.audit import notes, sequence, tree
from portal.models import AuditEntry, Checkpoint, Leaf
from tests.portal.kernel import NOW
from tests.portal.ledger import book
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_an_entry_that_is_committed_late_is_sealed_after_those_that_overtook_it() -> None:
    signer, sequencer = notes.Signer.generate(book.NAME), sequence.Sequencer()
    written, go_on = threading.Event(), threading.Event()
    slow: list[int] = []

    def slowly() -> None:
        with audit.action(actor=None, actor_label="slow", reason="takes its time", at=NOW) as action:
            action.record_many([("thing.begun", "portal.thing", "1", None)])
            audit.record._write(action)  # its ids are given out now, as in a long action
            action.records.clear()
            slow.extend(AuditEntry.objects.filter(request_id=action.request_id).values_list("id", flat=True))
            written.set()
            assert go_on.wait(30)

    def fast() -> None:
        assert written.wait(30)
        entries = book.write(5)
        assert min(entries) > slow[0]
        assert book.seal(signer, sequencer).is_signed
        assert not Leaf.objects.filter(entry_id=slow[0]).exists()
        go_on.set()

    at_once(slowly, fast)
    book.seal(signer, sequencer)
    assert Leaf.objects.get(entry_id=slow[0]).index == tree.size() - 1 == AuditEntry.objects.count() - 1


def test_sequencers_and_writers_at_once_leave_one_gapless_tree() -> None:
    signer = notes.Signer.generate(book.NAME)
    writing = threading.Semaphore(0)

    def write() -> None:
        for _ in range(40):
            book.write(7)
        writing.release()

    def sequence_all() -> int:
        sequencer, count = sequence.Sequencer(), 0
        while True:
            is_last = writing._value == 3  # all writers have ended before this look
            found = sequencer.seal(signer, at=NOW).count
            count += found
            if is_last and not found and not something_waits():
                return count

    jobs: list[Callable[[], Any]] = [write] * 3 + [sequence_all] * 3
    counts = at_once(*jobs, patience=120)[3:]
    connections["default"].ensure_connection()
    total = AuditEntry.objects.count()
    assert total >= 3 * 40 * 7 and sum(counts) == total
    assert list(Leaf.objects.order_by("index").values_list("index", flat=True)) == list(range(total))
    for checkpoint in Checkpoint.objects.order_by("id"):
        assert tree.root(checkpoint.size).hex() == checkpoint.root
    assert Checkpoint.objects.latest("id").size == total


def something_waits() -> bool:
    return AuditEntry.objects.filter(leaf=None).exists()
