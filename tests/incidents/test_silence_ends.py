"""Ends of silences: which groups are told, in which batches, and what is over by then (P4)."""

import pytest

from incidents.models import Event, Incident, Source
from incidents.services import silence_ends, silences
from portal import audit
from portal.models import AuditEntry, Timer
from tests.factories_governance import Company
from tests.factories_incidents import later, violations
from tests.incidents.test_silences import end, make_silence, make_source, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def source(company: Company) -> Source:
    return make_source(company)


def test_what_was_over_the_last_time_is_not_told(company: Company, source: Source) -> None:
    make_silence(company, source=source)
    for minute, action in ((10, "trigger"), (11, "resolve"), (12, "trigger"), (13, "resolve")):
        send(source, minute, action=action)
    end(60)
    assert not Incident.objects.exists()


def test_batches_go_on_with_the_next_source_and_end_the_silence_once(
    company: Company, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence_ends, "BATCH", 2)
    silence, other = make_silence(company, workflow=company.workflow), make_source(company, "bank")
    for of in (source, other):
        send(of, 10, "a"), send(of, 10, "b")
    for of in (source, other):
        send(of, 11, "b", "resolve")  # the last of a batch: it stays without an incident, and is not met again
    assert end(60).count == 2
    assert sorted(Event.objects.exclude(incident=None).values_list("source__key", "group_key")) == [
        ("bank", "a"),
        ("shop", "a"),
    ]
    assert AuditEntry.objects.filter(verb="silence.ended").count() == 1
    silence.refresh_from_db()
    assert silence.ended_at == later(60)


def test_what_fails_again_in_the_moment_of_its_end_is_told(company: Company, source: Source) -> None:
    make_silence(company, source=source)
    for action in ("trigger", "resolve", "trigger"):
        last = send(source, 10, action=action)
    end(60)
    assert Incident.objects.get() == Event.objects.get(pk=last.pk).incident
    assert Event.objects.filter(incident=None).count() == 2


def test_silences_that_end_together_share_a_batch(
    company: Company, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(silence_ends, "BATCH", 2)
    other = make_source(company, "bank")
    first, second = make_silence(company, source=source), make_silence(company, source=other)
    for of in (source, other):
        send(of, 10, f"{of.key}-1"), send(of, 10, f"{of.key}-2")
    rows = list(Timer.objects.filter(state="armed", kind=silences.ENDS).order_by("id"))
    with audit.action(actor=None, actor_label="clock", reason="due", at=later(60)):
        assert silence_ends.fire(rows, at=later(60)) == {rows[1].pk}
    first.refresh_from_db(), second.refresh_from_db()
    assert (first.ended_at, second.ended_at) == (later(60), None)
    assert sorted(Incident.objects.values_list("title", flat=True)) == ["Failed: shop-1", "Failed: shop-2"]
    end(60)
    assert Incident.objects.count() == 4
    assert violations() == []
