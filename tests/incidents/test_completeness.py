"""The logs of incidents are held against the ledger: steps, lines of the timeline, scores (I10)."""

import pytest

from incidents.models import EscalationEvent, EscalationRun, ImpactScore, Incident, TimelineEntry
from incidents.reads import accounts
from incidents.services import escalation, incidents, timeline, triage
from portal.models import AuditEntry, AuditPayload
from portal.reads.accounts import Walk
from tests.factories_governance import Company
from tests.factories_incidents import fresh, later, make_incident, run_of, tick
from tests.portal.ledger.forging import change, copy_of, insert, remove, remove_entry, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(company: Company) -> Incident:
    """Told on two levels, taken, scored by a person, discussed and resolved."""
    found = make_incident(company)
    tick(5)
    tick(30)
    escalation.acknowledge(run=run_of(found), by=company.responder, at=later(31))
    triage.confirm_severity(incident=found, severity="sev2", by=company.responder, reason="worse", at=later(32))
    incidents.add_note(incident=fresh(found), text="Looking at the queue", by=company.responder, at=later(33))
    incidents.resolve(
        incident=fresh(found), resolution="Restarted", checked="Orders arrive", by=company.responder, at=later(40)
    )
    return fresh(found)


def line(verb: str) -> TimelineEntry:
    return TimelineEntry.objects.filter(verb=verb).latest("pk")


def entry(verb: str) -> AuditEntry:
    return AuditEntry.objects.filter(verb=verb).latest("pk")


def alone(row: object) -> list[str]:
    return [f"{row._meta.label} {row.pk} has no audit entry that tells of it."]  # type: ignore[attr-defined]


def gone(told_by: AuditEntry, table: str) -> list[str]:
    return [f"Audit entry {told_by.pk} says {told_by.verb}, but {table} has no row of it."]


def test_an_incident_from_report_to_resolution_is_complete(incident: Incident) -> None:
    assert {"told", "acknowledged", "severity", "note", "resolved"} <= set(
        incident.timeline.values_list("verb", flat=True)
    )
    assert EscalationEvent.objects.count() > 1 and ImpactScore.objects.count() > 1
    assert told() == []


# The incident


def test_a_severity_that_was_changed_behind_the_portal(incident: Incident) -> None:
    change(incident, severity="sev4")
    assert told() == [f"incidents.Incident {incident.pk} differs from its last history row in severity."]


def test_a_state_that_was_changed_behind_the_portal(incident: Incident) -> None:
    change(incident, state="closed")
    assert told() == [f"incidents.Incident {incident.pk} differs from its last history row in state."]


# Steps of the escalation


def told_event() -> EscalationEvent:
    return EscalationEvent.objects.filter(outcome="told").earliest("pk")


def test_somebody_who_was_never_told(incident: Incident, company: Company) -> None:
    event = copy_of(told_event(), user_id=company.outsider.pk)
    (sentence,) = told()
    assert sentence.startswith(f"incidents.EscalationEvent {event.pk} is not what audit entry ")


def test_a_step_that_nobody_took(incident: Incident) -> None:
    event = copy_of(told_event(), at=later(20))
    assert told() == alone(event)


def test_a_step_whose_trace_was_removed(incident: Incident) -> None:
    event = told_event()
    about = AuditEntry.objects.filter(verb="escalation.stepped", at=event.at).earliest("pk")
    remove(event)
    assert told() == gone(about, "incidents.EscalationEvent")


def test_somebody_else_in_the_place_of_who_was_told(incident: Incident, company: Company) -> None:
    event = told_event()
    change(event, user_id=company.outsider.pk)
    assert [sentence.split(" is not ")[0] for sentence in told()][0] == f"incidents.EscalationEvent {event.pk}"


def test_a_step_whose_entry_was_removed(incident: Incident) -> None:
    event = told_event()
    remove_entry(AuditEntry.objects.filter(verb="escalation.stepped", at=event.at).earliest("pk"))
    found = told()
    assert (
        f"incidents.EscalationRun {run_of(incident).pk} counts {run_of(incident).steps} steps, the ledger" in found[0]
    )
    assert alone(event)[0] in found


def test_a_run_that_hides_its_steps(incident: Incident) -> None:
    run = run_of(incident)
    change(run, steps=0)
    assert told() == [f"incidents.EscalationRun {run.pk} counts 0 steps, the ledger {run.steps}."]


def test_a_run_that_was_removed_with_all_its_events(incident: Incident) -> None:
    run = run_of(incident)
    for event in EscalationEvent.objects.all():
        remove(event)
    remove(EscalationRun.objects.get(pk=run.pk))
    last = AuditEntry.objects.filter(target_id=str(run.pk)).latest("pk")
    listed = f"Audit entry {last.pk} lists incidents.EscalationRun {run.pk}, which is not there."
    assert list(map(str, accounts.steps_are_told(Walk()))) == [listed]


# The timeline


def test_a_line_that_nobody_wrote(incident: Incident, company: Company) -> None:
    new = insert(TimelineEntry(incident=incident, at=later(34), verb="acknowledged", by=company.lead, data={}))
    assert told() == alone(new)


def test_a_line_of_another_kind_at_the_time_of_a_real_one(incident: Incident) -> None:
    new = copy_of(line("note"), verb="contained", commitment="")
    assert told() == alone(new)


def test_a_line_that_was_removed(incident: Incident) -> None:
    remove(line("acknowledged"))
    assert told() == gone(entry("incident.acknowledged"), "incidents.TimelineEntry")


def test_the_line_of_a_step_that_was_removed(incident: Incident) -> None:
    step = line("told")
    about = AuditEntry.objects.filter(verb="escalation.stepped", at=step.at).latest("pk")
    remove(step)
    assert told() == gone(about, "incidents.TimelineEntry")


def test_a_line_that_says_something_else(incident: Incident) -> None:
    severity = line("severity")
    change(severity, data={"before": "sev3", "after": "sev4"})
    about = entry("incident.severity_confirmed")
    assert told() == [f"incidents.TimelineEntry {severity.pk} is not what audit entry {about.pk} says."]


def test_a_line_at_another_time(incident: Incident) -> None:
    moved = line("acknowledged")
    change(moved, at=later(3))
    assert told() == alone(moved) + gone(entry("incident.acknowledged"), "incidents.TimelineEntry")


def test_a_line_whose_entry_was_removed(incident: Incident) -> None:
    remove_entry(entry("incident.acknowledged"))
    assert told() == alone(line("acknowledged"))


def test_typed_words_that_were_changed(incident: Incident) -> None:
    note = line("note")
    change(note.text_row, text="Nothing to see here")
    assert told() == [f"incidents.TimelineEntry {note.pk} does not fit its commitment."]


def test_typed_words_that_were_removed(incident: Incident) -> None:
    note = line("note")
    remove(note.text_row)
    assert told() == [f"incidents.TimelineEntry {note.pk} does not fit its commitment."]


def test_typed_words_that_were_erased_with_those_of_their_entry(incident: Incident) -> None:
    note = line("note")
    remove(note.text_row)
    remove(AuditPayload.objects.get(entry=entry("incident.note")))
    assert told() == []  # that an erasure took the words of the entry is for `audit verify` to say


def test_a_service_that_wrote_a_line_and_no_entry(incident: Incident, company: Company) -> None:
    timeline.add(incident, verb="note", by=company.lead, at=later(90), text="Off the record")
    assert told() == alone(line("note"))


# Scores


def test_a_score_that_was_edited(incident: Incident) -> None:
    score = ImpactScore.objects.latest("pk")
    change(score, severity="sev4")
    (sentence,) = told()
    assert sentence.startswith(f"incidents.ImpactScore {score.pk} is not what audit entry ")


def test_a_score_that_was_removed(incident: Incident) -> None:
    score = ImpactScore.objects.latest("pk")
    remove(score)
    (sentence,) = told()
    assert sentence.endswith(f"lists incidents.ImpactScore {score.pk}, which is not there.")
