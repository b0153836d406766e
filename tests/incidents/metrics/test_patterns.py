"""The pattern report: what recurs, against what was made by hand; kept by the clock and looked at by a person (D81)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from governance.models import ChangeRequest
from incidents.metrics import patterns as reads
from incidents.metrics.bottlenecks import Pattern
from incidents.metrics.figures import Asked
from incidents.models import Event, Finding, Incident, PatternReport, Postmortem, Source, StepEntry
from incidents.services import figures, patterns
from portal import rendering
from portal.access import Refused
from portal.ids import uuid7
from portal.models import AuditEntry, Message, Timer
from tests.factories_governance import NOW, Company
from tests.factories_incidents import later, make_incident, tick
from tests.factories_keeping import make_company
from tests.factories_steps import make_stepped

pytestmark = pytest.mark.django_db
INCIDENT = Incident._meta.label_lower
DAY = timedelta(days=1)


@pytest.fixture
def company() -> Company:
    return make_company(has_module=True)


@pytest.fixture(autouse=True)
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.moments.of", lambda request: later(60))


def made(company: Company, count: int, **values: Any) -> list[Incident]:
    at = later(10)
    return Incident.objects.bulk_create(
        Incident(
            id=uuid7(),
            reference=f"INC-P-{uuid7()}"[:32],
            title="t",
            severity="sev3",
            workflow=company.workflow,
            team=company.workflow.team,
            submission_key=str(uuid7()),
            **{"state": "closed", "started_at": at, "reported_at": at, "acknowledged_at": at} | values,
        )
        for _ in range(count)
    )


def found(kind: str, until: Any = None) -> list[Pattern]:
    return [one for one in reads.report(Asked(until=until or later(60))).patterns if one.kind == kind]


def opened(company: Company, incidents: list[Incident], *, key: str = "alarms", trigger: str = "") -> None:
    if not Source.objects.filter(key=key).exists():
        Source.objects.bulk_create([Source(key=key, name=key.capitalize(), token_digest=key)])
    source = Source.objects.get(key=key)
    for incident in incidents:
        Event.objects.create(
            source=source,
            event_id=str(uuid7()),
            body={},
            body_hash="",
            dedup_key="d",
            group_key="g",
            trigger=trigger,
            incident=incident,
            outcome="opened",
            received_at=incident.reported_at,
        )


def test_noisy_sources_are_named_with_their_share(company: Company) -> None:
    opened(company, [*made(company, 3, state="declined"), *made(company, 2)], trigger="disk")
    opened(company, made(company, 5, plan="We repair it."))
    opened(company, made(company, 4, state="declined", kind="drill"))
    (one,) = [*found("rule"), *found("source")]
    assert (one.count, one.base, one.worth) == (5, 5, 1.0)
    assert one.title == "Alarms, rule “disk”, calls people for nothing"
    assert one.detail == "declined 3, acknowledged and nothing done 2"
    assert one.document is not None and one.document.kind == "escalation" and one.url == "/sources/alarms/"


def entries(incidents: list[Incident], version: Any, step: str, did: str, minutes: float = 20) -> None:
    StepEntry.objects.bulk_create(
        StepEntry(
            incident=incident,
            version=version,
            scenario="main",
            step=step,
            did=did,
            reason="because" if did != "done" else "",
            by_id=incident.reporter_id,
            at=later(minutes),
        )
        for incident in incidents
    )


def test_steps_that_are_left_out_or_take_long_are_named(company: Company) -> None:
    document = make_stepped(company.admin)
    version = document.effective_version
    assert version is not None
    first, second = (step.key for step in reads.documents.of(version).content.scenarios[0].steps[:2])
    rows = made(company, 6, reporter=company.reporter)
    entries(rows, version, first, "taken", 20)
    entries(rows, version, first, "done", 50)
    entries(rows[:4], version, second, "skipped")
    entries(rows[4:], version, second, "done")
    (skipped,) = found("step_skipped")
    assert (skipped.count, skipped.base) == (4, 6) and skipped.document == document and skipped.worth > 0
    (long,) = found("step_long")
    assert long.detail.endswith("usually 30 min") and long.count == 6


def test_levels_and_deviations_come_from_the_sums(company: Company) -> None:
    rows = made(company, 6)
    figures.follow({INCIDENT: {str(row.pk) for row in rows}}, at=NOW)
    assert not found("level") and not found("left_out")
    incident = make_incident(company)
    for row in [*rows, incident]:
        row.timeline.create(verb="step_skipped", at=later(20))
    figures.follow({INCIDENT: {str(row.pk) for row in [*rows, incident]}}, at=NOW)
    (one,) = found("left_out")
    assert (one.count, one.base) == (7, 7)


def test_causes_are_counted_by_what_they_are_known_by(company: Company) -> None:
    said = [{"kind": "cause", "cause": "expired_key", "origin": "systemic"}] * 2
    said += [{"kind": "gap", "area": "versions"}, {"kind": "cause", "origin": "systemic"}]
    for number, (incident, values) in enumerate(zip(made(company, 4), said, strict=True)):
        times = {"opened_at": later(20), "due_at": later(30)}
        (review,) = Postmortem.objects.bulk_create(
            [Postmortem(reference=f"REV-P-{number}", incident=incident, **times)]
        )
        words: dict[str, Any] = {"postmortem": review, "number": 1, "text": f"Words {number}", "by": company.lead}
        Finding.objects.bulk_create([Finding(at=later(30), **words, **values)])
    assert [one.key for one in found("cause")] == ["cause-expired key"]
    (cause,), (gap,) = found("cause"), found("gap")
    assert (cause.title, cause.count) == ("Cause: expired key", 2) and gap.count == 1
    assert all("Words" not in one.title for one in reads.report(Asked(until=later(60))).patterns)


def test_the_clock_keeps_a_report_each_month_and_tells_governance_admins(company: Company) -> None:
    opened(company, made(company, 5, state="declined"))
    timer = Timer.objects.get(kind=patterns.MONTH, state="armed")
    assert timer.due_at.date() == date(2026, 4, 1)
    tick((timer.due_at - NOW) / timedelta(minutes=1))
    report = PatternReport.objects.get()
    assert report.month == date(2026, 4, 1) and [row["kind"] for row in report.patterns] == ["source"]
    messages = Message.objects.filter(event=patterns.READY, subject_id=report.pk)
    words = rendering.render(messages[0], messages[0].recipient)
    assert words.subject == "Pattern report of April 2026" and "1 pattern may be worth a change." in words.text
    assert "/insights/patterns/2026-04/" in words.text and "Pattern report of April 2026" in words.html
    again = Timer.objects.get(kind=patterns.MONTH, state="armed")
    assert again.due_at.date() == date(2026, 5, 1)
    kept = reads.of_kept(report.patterns, report.since, report.made_at)
    assert kept.patterns == reads.report(Asked(until=timer.due_at)).patterns


def reported(company: Company) -> PatternReport:
    opened(company, made(company, 5, state="declined"))
    timer = Timer.objects.get(kind=patterns.MONTH, state="armed")
    tick((timer.due_at - NOW) / timedelta(minutes=1))
    return PatternReport.objects.get()


def test_a_governance_admin_marks_it_once_for_everybody(company: Company) -> None:
    report = reported(company)
    with pytest.raises(Refused, match="Governance admins and members of boards"):
        patterns.look(report=report, by=company.responder, at=later(70))
    assert PatternReport.objects.get().looked_at is None
    patterns.look(report=report, by=company.admin, at=later(80))
    with pytest.raises(patterns.LookedAt):
        patterns.look(report=report, by=company.admin, at=later(90))
    assert PatternReport.objects.get().looked_by == company.admin
    assert AuditEntry.objects.filter(verb="patterns.looked_at", target_id=str(report.pk)).count() == 1


def get(company: Company, address: str, status: int = 200, user: Any = None) -> str:
    client = Client()
    client.force_login(user or company.admin)
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()[:1500]
    return answer.content.decode()


def test_the_pages_show_it_and_lead_to_a_change(company: Company) -> None:
    reported(company)
    page = get(company, "/insights/patterns/2026-04/")
    assert "Alarms calls people for nothing" in page and "I have looked at it" in page
    assert "I have looked at it" not in get(company, "/insights/patterns/2026-04/", user=company.responder)
    assert "Alarms calls people for nothing" in get(company, "/insights/patterns/?format=csv")
    get(company, "/insights/patterns/2026-05/", status=404)
    get(company, "/insights/patterns/soon/", status=404)
    get(company, "/insights/patterns/?weeks=0", status=422)
    client = Client()
    client.force_login(company.admin)
    assert client.post("/insights/patterns/2026-04/look/").status_code == 302
    assert "Looked at by" in get(company, "/insights/patterns/2026-04/")
    answer = client.post("/insights/patterns/propose/", {"month": "2026-04", "pattern": "noise-alarms-"})
    change = ChangeRequest.objects.order_by("-requested_at", "-pk").first()
    assert change is not None and change.reference in answer["Location"]
    assert change.reason.startswith("Alarms calls people for nothing (5 of 5)")


def test_nothing_yet_says_so(company: Company) -> None:
    page = get(company, "/insights/patterns/")
    assert "No source or rule has called people for nothing." in page
