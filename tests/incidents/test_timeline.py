"""The timeline is append-only; typed words lie apart and are committed to (U7)."""

from typing import Any

import pytest
from django.test import Client

from governance.models import Workflow, WorkflowChange
from incidents.api.schemas import TimelineIn
from incidents.models import Incident, TimelineEntry, TimelineText
from incidents.reads import timeline as reads
from incidents.services import incidents, timeline
from incidents.views import incident as views
from portal import audit
from tests.factories_governance import Company, make_workflow
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
    assert list(reads.FILTERS) == ["all", "decisions", "steps", "messages", "platform", "notes", "learning"]
    assert list(views.FILTERS) == [*reads.FILTERS, reads.CHANGES]  # changes are no entries: triage.json has them


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


# What platforms told of the workflow


def change(company: Company, minutes: float, summary: str, workflow: Workflow | None = None) -> WorkflowChange:
    return WorkflowChange.objects.create(
        key=f"{minutes}-{summary}",
        workflow=workflow or company.workflow,
        changed_at=later(minutes),
        received_at=later(minutes),
        summary=summary,
        version="v8",
        source="n8n",
    )


def noted(company: Company, incident: Incident, number: int) -> None:
    for minute in range(1, number + 1):
        incidents.add_note(incident=incident, text=f"Note {minute}.", by=company.responder, at=later(minute))


def lines(incident: Incident, **asked: Any) -> list[str]:
    return [row.detail if row.id else row.text.partition(": ")[2] for row in reads.page(incident, **asked).rows]


def test_changes_of_the_workflow_stand_between_the_entries(company: Company) -> None:
    incident = make_incident(company)
    noted(company, incident, 3)
    change(company, 2.5, "Deployed v8")
    change(company, -60, "Edited by hand")
    change(company, 4, "Rolled back")
    change(company, -2000, "Long before")
    change(company, 2, "Something else", make_workflow("other", team=company.team))
    found = lines(incident)
    assert found[:5] == ["Rolled back", "Note 3.", "Deployed v8", "Note 2.", "Note 1."]
    assert found[-1] == "Edited by hand" and "Long before" not in found and "Something else" not in found
    row = reads.page(incident).rows[0]
    assert (row.text, row.detail) == ("The workflow was changed: Rolled back", "Version v8, says n8n")


def test_each_filter_shows_its_own(client: Client, company: Company) -> None:
    incident = make_incident(company)
    noted(company, incident, 2)
    change(company, 1.5, "Deployed v8")
    assert lines(incident, only="changes") == ["Deployed v8"]
    assert "Deployed v8" not in lines(incident, only="platform") + lines(incident, only="notes")
    client.force_login(company.responder)
    page = client.get(f"/incidents/{incident.reference}/", {"only": "changes"}).content.decode()
    assert "The workflow was changed: Deployed v8" in page and "Note 1." not in page


def test_each_change_stands_on_one_page_only(company: Company) -> None:
    incident = make_incident(company)
    noted(company, incident, 2 * reads.PAGE + 10)
    for minutes in (-5, 0.5, 30.5, 60.5, 100.5, 200):
        change(company, minutes, f"At {minutes}")
    seen, before, sizes = [], None, []
    while True:
        page = reads.page(incident, before=before)
        seen += list(page.rows)
        sizes.append(len(page.rows))
        before = page.earlier
        if before is None:
            break
    told = [row.text.partition(": ")[2] for row in seen if not row.id]
    assert told == ["At 200", "At 100.5", "At 60.5", "At 30.5", "At 0.5", "At -5"]
    assert [row.at for row in seen] == sorted((row.at for row in seen), reverse=True) and len(sizes) == 3


def test_what_changed_after_the_end_is_no_part_of_it(company: Company) -> None:
    incident = make_incident(company)
    incidents.decline(incident=incident, reason="A test", by=company.responder, at=later(2))
    change(company, 1, "During it")
    change(company, 5, "After it")
    found = lines(Incident.objects.get(pk=incident.pk))
    assert "During it" in found and "After it" not in found
    assert lines(Incident.objects.get(pk=incident.pk), only="changes") == ["During it"]


def test_changes_cost_one_query(company: Company, django_assert_num_queries: Any) -> None:
    incident = make_incident(company)
    for minutes in range(40):
        change(company, minutes, "Deployed")
    with django_assert_num_queries(2):
        reads.page(incident)
    with django_assert_num_queries(1):
        reads.page(incident, only="changes")
    unknown = make_incident(company, workflow=None)
    with django_assert_num_queries(1):
        reads.page(unknown)
