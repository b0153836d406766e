"""Rules that are set aside for a time: they act, they say so, and they fall back by themselves (D116)."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group

from governance.models import Workflow
from incidents.models import Event, Incident, Override, Source, TimelineEntry
from incidents.services import overrides, receive, sources, triage
from incidents.services.receive import Arrival
from portal import access, roles
from portal.models import AuditEntry, User
from tests import factories_governance as make
from tests.factories_governance import NOW, Company
from tests.factories_incidents import fresh, later, make_incident, make_root, refuses, run_of, tick, verbs, violations

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def set_aside(workflow: Workflow, kind: str, value: str, *, by: User | None = None, **extra: Any) -> Override:
    given: dict[str, Any] = {"until": NOW + timedelta(hours=4), "reason": "The night shift is away.", "at": NOW} | extra
    return overrides.begin(kind=kind, workflow=workflow, value=value, by=by or make_root(), **given)


def line_of(incident: Incident) -> dict[str, Any]:
    found: dict[str, Any] = TimelineEntry.objects.get(incident=incident, verb="overridden").data
    return found


def test_incidents_are_at_least_as_severe_and_say_why(company: Company) -> None:
    before = make_incident(company)
    set_aside(company.workflow, "severity", "sev2")
    incident = make_incident(company, at=later(1))
    assert (fresh(before).severity, incident.severity, run_of(incident).severity) == ("sev3", "sev2", "sev2")
    assert incident.scores.get().reason == "For the time being it is at least SEV2."
    said = line_of(incident)
    assert (said["kind"], said["value"], said["reason"]) == ("severity", "sev2", "The night shift is away.")
    assert AuditEntry.objects.filter(verb="incident.overridden", target_id=str(incident.pk)).count() == 1
    assert violations() == []


def test_what_is_worse_already_stays(company: Company) -> None:
    set_aside(company.workflow, "severity", "sev4")
    incident = make_incident(company, at=later(1))
    assert incident.severity == "sev3" and "overridden" not in verbs(incident)


def test_it_falls_back_by_itself_even_before_the_clock_says_so(company: Company) -> None:
    found = set_aside(company.workflow, "severity", "sev2")
    late = make_incident(company, at=found.until)
    assert late.severity == "sev3"
    assert Override.objects.get().ended_at is None
    tick(minutes=4 * 60)
    assert Override.objects.get().ended_at == found.until
    assert AuditEntry.objects.filter(verb="override.fell_back").count() == 1
    set_aside(company.workflow, "severity", "sev1", at=found.until, until=found.until + DAY)


def test_one_that_the_clock_has_not_ended_yet_gives_way(company: Company) -> None:
    first = set_aside(company.workflow, "severity", "sev2")
    second = set_aside(company.workflow, "severity", "sev1", at=first.until, until=first.until + DAY)
    assert Override.objects.get(pk=first.pk).ended_at == first.until
    assert Override.objects.filter(ended_at=None).get() == second


def test_it_can_be_ended_early(company: Company) -> None:
    found = set_aside(company.workflow, "severity", "sev2")
    overrides.end(override=found, by=make_root(), at=later(30))
    assert make_incident(company, at=later(31)).severity == "sev3"
    with pytest.raises(overrides.Over, match="over already"):
        overrides.end(override=found, by=make_root(), at=later(32))
    tick(minutes=4 * 60)
    assert not AuditEntry.objects.filter(verb="override.fell_back").exists()


def test_a_thing_is_set_aside_at_most_once(company: Company) -> None:
    set_aside(company.workflow, "severity", "sev2")
    refuses(overrides.BadOverride, "already", lambda: set_aside(company.workflow, "severity", "sev1", at=later(1)))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason": " "}, "reason"),
        ({"until": NOW}, "until"),
        ({"until": NOW + timedelta(days=8)}, "until"),
        ({"value": "sev9"}, "value"),
        ({"kind": "path", "value": "nowhere"}, "value"),
        ({"kind": "trigger", "value": "off", "trigger": "unknown"}, "value"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(company: Company, changes: dict[str, Any], field: str) -> None:
    given = {"kind": "severity", "value": "sev2"} | changes
    with pytest.raises(overrides.BadOverride) as caught:
        set_aside(company.workflow, **given)
    assert caught.value.field == field
    assert not Override.objects.exists()


def test_only_those_with_authority_set_a_rule_aside(company: Company) -> None:
    for person in (company.responder, company.reporter, company.outsider):
        with pytest.raises(access.Refused):
            set_aside(company.workflow, "severity", "sev2", by=person)
    company.lead.groups.add(Group.objects.get(name=roles.TEAM_ADMIN))
    found = set_aside(company.workflow, "severity", "sev2", by=User.objects.get(pk=company.lead.pk))
    assert found.authority == "No role of the matrix limits this."
    with pytest.raises(access.Refused):
        overrides.end(override=found, by=company.responder, at=later(1))


# Triggers and paths


@pytest.fixture
def source(company: Company) -> Source:
    return sources.set_up(key="shop", format="generic", workflow=company.workflow, by=None, at=NOW)[0]


def publish(company: Company, **changes: Any) -> None:
    content = make.escalation_policy(leadership="leadership") | changes
    make.publish(make.make_draft(content, kind="escalation", key="company", by=company.admin), by=company.admin)


def send(source: Source, number: int, *, minute: float = 0, **body: Any) -> Event:
    arrival = Arrival(
        title="Orders stopped", event_id=f"e{number}", dedup_key=f"g{number}", body=body, body_hash=f"h{number}"
    )
    receive.receive(source=source, arrival=arrival, at=later(minute))
    return Event.objects.get(event_id=f"e{number}")


QUEUE = {"key": "queue", "title": "Queue", "kind": "threshold", "fact": "details.queue", "value": "100"}
MANY = {"key": "many", "title": "Many", "kind": "count", "count": 2, "minutes": 10}


def test_a_threshold_counts_otherwise_for_a_while(company: Company, source: Source) -> None:
    publish(company, triggers=[QUEUE])
    set_aside(company.workflow, "trigger", "500", trigger="queue")
    held = send(source, 1, minute=1, details={"queue": 200})
    assert (held.outcome, held.incident) == ("counted", None)
    opened = send(source, 2, minute=2, details={"queue": 501})
    assert opened.incident is not None and line_of(opened.incident)["value"] == "500"
    again = send(source, 3, minute=4 * 60, details={"queue": 200})
    assert again.incident is not None and "overridden" not in verbs(again.incident)


def test_a_count_is_raised_for_a_while(company: Company, source: Source) -> None:
    publish(company, triggers=[MANY])
    set_aside(company.workflow, "trigger", "3", trigger="many")
    assert send(source, 1, minute=1).outcome == "counted"


def test_a_trigger_that_is_off_neither_raises_nor_holds_back(company: Company, source: Source) -> None:
    publish(company, triggers=[QUEUE | {"severity": "sev1"}])
    set_aside(company.workflow, "trigger", "off", trigger="queue")
    opened = send(source, 1, minute=1, details={"queue": 500})
    assert opened.incident is not None and (opened.trigger, opened.incident.severity) == ("", "sev3")
    assert line_of(opened.incident)["value"] == "off"


def test_only_this_workflow_is_concerned(company: Company, source: Source) -> None:
    publish(company, triggers=[QUEUE])
    other = make.make_workflow("billing", team=company.team)
    set_aside(other, "trigger", "off", trigger="queue")
    set_aside(other, "severity", "sev1")
    opened = send(source, 1, minute=1, details={"queue": 500})
    assert opened.incident is not None and (opened.trigger, opened.incident.severity) == ("queue", "sev3")


@pytest.mark.parametrize("value", ["", "many", "0", "1001", "2.5", "-1"])
def test_a_count_is_a_number_of_events(company: Company, value: str) -> None:
    publish(company, triggers=[MANY])
    with pytest.raises(overrides.BadOverride, match="Write a number"):
        set_aside(company.workflow, "trigger", value, trigger="many")


def test_a_trigger_without_a_number_can_only_be_switched_off(company: Company) -> None:
    publish(company, triggers=[{"key": "disk", "title": "Disk", "kind": "event", "words": ["disk"]}])
    with pytest.raises(overrides.BadOverride, match="switched off"):
        set_aside(company.workflow, "trigger", "3", trigger="disk")


def test_another_path_holds_also_when_somebody_rates_it(company: Company) -> None:
    every = make.escalation_policy(leadership="leadership")["paths"][0]
    night = {"key": "night", "title": "Night path", "severity": "sev4", "levels": ["lead"]}
    publish(company, paths=[every, night])
    set_aside(company.workflow, "path", "night")
    incident = make_incident(company, at=later(1))
    assert (incident.path, run_of(incident).path) == ("night", "night")
    assert line_of(incident)["title"] == "Night path"
    first = incident.run.events.order_by("id").first()
    assert first is not None and first.level_key == "lead"
    triage.confirm_severity(incident=incident, severity="sev3", by=company.lead, reason="As said.", at=later(5))
    assert run_of(incident).path == "night"
    triage.confirm_severity(incident=incident, severity="sev3", by=company.lead, reason="Day.", at=later(4 * 60))
    assert run_of(incident).path == ""
