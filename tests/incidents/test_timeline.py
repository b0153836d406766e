"""The timeline is append-only; typed words lie apart and are committed to (U7)."""

import pytest

from incidents.api.schemas import TimelineIn
from incidents.models import TimelineEntry, TimelineText
from incidents.reads import timeline as reads
from incidents.services import incidents, timeline
from incidents.views import incident as views
from portal import audit
from tests.factories_governance import Company
from tests.factories_incidents import later, make_incident

pytestmark = pytest.mark.django_db


def test_words_lie_in_an_erasable_row_with_a_commitment(company: Company) -> None:
    incident = make_incident(company)
    key = incidents.add_note(incident=incident, text="Also refunds.", by=company.responder, at=later(1))
    entry = TimelineEntry.objects.get(pk=key)
    assert "refunds" not in str(entry.data)
    assert entry.commitment == timeline.commitment(entry.text_row.salt, "Also refunds.")


def test_equal_words_have_different_commitments(company: Company) -> None:
    incident = make_incident(company)
    for number in (1, 2):
        incidents.add_note(incident=incident, text="Same.", by=company.responder, at=later(number))
    first, second = TimelineEntry.objects.filter(text_row__text="Same.").values_list("commitment", flat=True)
    assert first != second


def test_entries_without_words_have_no_text_row(company: Company) -> None:
    incident = make_incident(company)
    key = timeline.add(incident, verb="event", by=None, at=later(1), data={"source": "Shop"})
    entry = TimelineEntry.objects.get(pk=key)
    assert entry.commitment == ""
    assert not TimelineText.objects.filter(entry=entry).exists()


def test_many_entries_are_two_statements(company: Company, django_assert_num_queries: object) -> None:
    incident = make_incident(company)
    lines = [timeline.Line(incident.pk, "note", company.responder, text=f"Note {n}") for n in range(50)]
    action = audit.action(actor=None, actor_label="test", reason="x", at=later(1))
    with action, django_assert_num_queries(2):  # type: ignore[operator]
        timeline.add_many(lines, at=later(1))


def test_every_verb_that_is_written_is_known(company: Company) -> None:
    incident = make_incident(company)
    incidents.join(incident=incident, by=company.second, at=later(1))
    incidents.decline(incident=incident, reason="A test", by=company.responder, at=later(2))
    assert set(TimelineEntry.objects.values_list("verb", flat=True)) <= set(timeline.VERBS)


def test_no_reason_of_a_person_stands_in_the_sealed_row(company: Company) -> None:
    incident = make_incident(company)
    incidents.decline(incident=incident, reason="Anna Smith called", by=company.responder, at=later(2))
    assert not any("Anna" in str(data) for data in TimelineEntry.objects.values_list("data", flat=True))


def test_every_verb_but_the_plain_ones_is_found_by_a_filter() -> None:
    filtered = {verb for verbs in reads.FILTERS.values() for verb in verbs}
    assert filtered.isdisjoint(reads.PLAIN)
    assert filtered | set(reads.PLAIN) == set(timeline.VERBS)


def test_pages_and_programs_know_the_same_filters() -> None:
    asked = TimelineIn.model_json_schema()["properties"]["only"]["enum"]
    assert list(asked) == list(reads.FILTERS)
    assert list(views.FILTERS) == ["all", "decisions", "steps", "messages", "platform", "notes"] == list(reads.FILTERS)


def test_a_filter_shows_its_verbs_alone(company: Company) -> None:
    incident = make_incident(company)
    with audit.action(actor=None, actor_label="test", reason="x", at=later(1)):
        timeline.add(incident, verb="step_taken", by=None, at=later(1), data={"name": "Ann", "title": "Look"})
        timeline.add(incident, verb="update_due", by=None, at=later(1), data={"title": "Partners", "people": ["Ann"]})
        timeline.add(incident, verb="callback_dead", by=None, at=later(1), data={"decision": "D-1", "why": "down"})
    for only, verb in (("steps", "step_taken"), ("messages", "update_due"), ("platform", "callback_dead")):
        shown = {row.id for row in reads.page(incident, only=only).rows}
        found = set(TimelineEntry.objects.filter(pk__in=shown).values_list("verb", flat=True))
        assert verb in found
        assert found <= set(reads.FILTERS[only])
