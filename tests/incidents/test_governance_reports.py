"""The report about governance: made by the clock, kept as it was, for those who govern; thanks per team (D61, D104)."""

import io
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from pypdf import PdfReader

from governance.rules.periods import Period
from incidents.metrics import facts
from incidents.models import Fact, FigureSum, GovernanceReport, Incident, Postmortem
from incidents.reads import report_governance, report_thanks
from incidents.services import effects, figures, governance_reports, reviews
from portal import audit, papers, timers
from portal.models import AuditEntry, Message, Timer, User
from portal.reads import completeness
from portal.rendering import render
from tests.factories_governance import Company, make_company, make_person
from tests.factories_incidents import fresh, later, make_incident
from tests.incidents.test_action_items import done, planned
from tests.incidents.test_reviews import DAY, resolved, write
from tests.incidents.told import make_plan

pytestmark = pytest.mark.django_db
APRIL, MAY = datetime(2026, 4, 1, 9, tzinfo=UTC), datetime(2026, 5, 1, 9, tzinfo=UTC)
MARCH = Period("month", date(2026, 3, 1), date(2026, 4, 1))


@pytest.fixture
def company(monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr("portal.moments.of", lambda request: APRIL)
    return make_company()


def made(at: datetime = APRIL) -> GovernanceReport:
    """The report on March, made now."""
    with audit.action(actor=None, actor_label="clock", reason="test", at=at):
        found = governance_reports.make(MARCH, at=at)
    assert found is not None
    return found


def blocks(report: GovernanceReport, user: User) -> dict[str, list[dict[str, Any]]]:
    found = papers.as_json(report_governance.paper(report, user))
    return {section["key"]: section["blocks"] for section in found["sections"]}


def facts_of(block: dict[str, Any]) -> dict[str, Any]:
    return {row["name"]: row["value"] for row in block["rows"]}


def told() -> set[str]:
    rows = Message.objects.filter(event="report.made", channel="inbox").select_related("recipient")
    return {row.recipient.name for row in rows}


# The clock


def test_the_clock_makes_it_at_the_start_of_each_month_and_promises_the_next(company: Company) -> None:
    timer = Timer.objects.get(kind="report.governance", state="armed")  # since the first publication
    assert timer.due_at == datetime(2026, 4, 1, 8, tzinfo=UTC)
    timers.fire_due(at=datetime(2026, 3, 31, 23, tzinfo=UTC))
    assert not GovernanceReport.objects.exists()
    timers.fire_due(at=APRIL)
    rows = GovernanceReport.objects.order_by("period").values_list("period", "begins_on", "ends_on")
    first = date(2026, 4, 1)
    assert list(rows) == [("month", date(2026, 3, 1), first), ("quarter", date(2026, 1, 1), first)]
    following = Timer.objects.get(kind="report.governance", state="armed")
    assert following.due_at == datetime(2026, 5, 1, 8, tzinfo=UTC)
    timers.fire_due(at=MAY)
    assert GovernanceReport.objects.filter(period="month").count() == 2
    assert GovernanceReport.objects.filter(period="quarter").count() == 1


def test_who_governs_and_who_leads_is_told(company: Company) -> None:
    make_plan(company)
    for role in ("governance admin", "auditor", "board member", "team admin"):
        make_person(role.split()[0], role=role)
    row = made()
    message = Message.objects.filter(event="report.made").select_related("recipient")[0]
    assert {"Governance", "Auditor", "Board", "Leader"} <= told()
    assert not {"Responder", "Team", "Reporter"} & told()
    said = render(message, message.recipient)
    assert "The report about governance of March 2026 is there" in said.subject and row.reference in said.text


def test_it_is_made_once(company: Company) -> None:
    first = made()
    count = Message.objects.filter(event="report.made").count()
    with audit.action(actor=None, actor_label="clock", reason="test", at=MAY):
        assert governance_reports.make(MARCH, at=MAY) is None
    assert GovernanceReport.objects.get().made_at == first.made_at
    assert Message.objects.filter(event="report.made").count() == count


def test_it_is_sealed_and_proven(company: Company) -> None:
    row = made()
    with pytest.raises(IntegrityError), transaction.atomic():
        GovernanceReport.objects.filter(pk=row.pk).update(content={})
    assert AuditEntry.objects.filter(verb="report.made", target_id=str(row.pk)).count() == 1
    assert completeness.check() == []


# What it says


def test_numbers_say_of_how_many_they_are(company: Company) -> None:
    first, second = resolved(company, severity="sev1"), make_incident(company, at=later(5))
    figures.follow({Incident._meta.label_lower: {str(first.pk), str(second.pk)}}, at=later(90))
    row = made()
    assert row.content["incidents"]["count"] == {"base": 2, "total": 2, "usual": 1, "slowest": 1}
    assert row.content["incidents"]["resolve"]["base"] == 1
    table = blocks(row, company.admin)["figures"][1]["rows"]
    said = {each[0]: each[1:] for each in table}
    assert said["Incidents"] == [2, 0, ""] and said["SEV1"][0] == 1
    assert said["Usual time until it worked again"] == ["1 h 0 min", "", 1]
    assert facts.week_of(later(0)).isoformat() in row.content["weeks"]
    assert Fact.objects.count() == 2 and FigureSum.objects.exists()


def test_it_stays_as_it_was_when_all_goes_on(company: Company) -> None:
    incident = resolved(company)
    item = planned(incident, company)
    row = made()
    before = blocks(row, company.responder)
    assert before["actions"][0]["rows"][3] == {"name": "Open at the end", "value": 1}
    assert before["long-term"][0]["rows"][0][:4] == [item.reference, "Renew it by itself", "some", "some"]
    done(item, company)
    write(Postmortem.objects.get(), company)
    reviews.publish(review=Postmortem.objects.get(), by=company.responder, at=later(300))
    assert blocks(GovernanceReport.objects.get(), company.responder) == before


def test_open_and_overdue_things_are_counted(company: Company) -> None:
    incident = resolved(company)
    planned(incident, company)
    row = made()
    shown = blocks(row, company.responder)
    reviewed = {"Opened": 1, "Published": 0, "Open at the end": 1, "Overdue": 1}
    assert facts_of(shown["reviews"][0]) == reviewed
    assert shown["reviews"][1]["rows"][0][:2] == [Postmortem.objects.get().reference, "Orders do not arrive"]
    assert facts_of(shown["actions"][0])["Overdue"] == 1
    assert shown["actions"][1]["rows"][0][1:3] == ["Renew it by itself", "Second"]


def test_what_was_proved_and_who_is_thanked(company: Company) -> None:
    incident = resolved(company)
    item = done(planned(incident, company), company)
    effects.check(item=item, value="", note="", by=company.responder, at=later(DAY))
    near = make_incident(company, at=later(DAY))
    Incident.objects.filter(pk=near.pk).update(kind="near_miss")
    counts = report_thanks.counted(later(0), later(2 * DAY))[company.team.pk]
    assert counts["near_misses"] == 1 and counts["proved"] == (item.checks.get().effect == "helped")
    shown = blocks(made(), company.responder)
    assert shown["thanks"][0]["rows"] == [["Orders", *counts.values()]]
    assert facts_of(shown["effects"][0])["Looked at"] == 1


def test_titles_of_confidential_incidents_stay_with_those_who_may_open_them(company: Company) -> None:
    incident = resolved(company)
    planned(incident, company)
    with audit.action(actor=company.admin, reason="delicate", at=later(200)):
        row = fresh(incident)
        row.is_restricted = True
        row.save(update_fields=["is_restricted"])
    report = made()
    stranger = make_person("governor", role="governance admin")
    hidden = json.dumps(papers.as_json(report_governance.paper(report, stranger)))
    assert "Orders do not arrive" not in hidden and "Renew it by itself" not in hidden
    assert Postmortem.objects.get().reference in hidden
    assert "Renew it by itself" in json.dumps(papers.as_json(report_governance.paper(report, company.responder)))
    assert "Renew" not in json.dumps(report.content) and "Second" not in json.dumps(report.content)


# Pages


@pytest.mark.parametrize(
    ("role", "status"), [("governance admin", 200), ("auditor", 200), ("board member", 200), ("responder", 403)]
)
def test_it_is_for_those_who_govern(client: Client, company: Company, role: str, status: int) -> None:
    row = made()
    client.force_login(make_person("reader", role=role))
    assert client.get("/reports/").status_code == status
    assert client.get(f"/reports/{row.reference}/").status_code == status
    assert client.get(f"/reports/{row.reference}/?format=json").status_code == status
    assert AuditEntry.objects.filter(verb="report.taken").count() == (status == 200)


def test_leadership_reads_it(client: Client, company: Company) -> None:
    make_plan(company)
    row = made()
    client.force_login(company.leader)
    page = client.get(f"/reports/{row.reference}/").content.decode()
    assert "Governance in March 2026" in page and "Thank you" in page
    assert "Governance in March 2026" in client.get("/reports/").content.decode()


def test_the_file_is_read_back(client: Client, company: Company) -> None:
    resolved(company)
    row = made()
    client.force_login(make_person("reader", role="auditor"))
    answer = client.get(f"/reports/{row.reference}/?format=pdf")
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    for said in ("Governance in March 2026", row.reference, "Confidential", "Nothing is overdue.", "Page 1 of"):
        assert said in text
    assert "# Governance in March 2026" in client.get(f"/reports/{row.reference}/?format=md").content.decode()
    assert AuditEntry.objects.filter(verb="report.taken", target_id=str(row.pk)).count() == 2


def test_teams_are_thanked_on_a_page_for_everybody(client: Client, company: Company) -> None:
    near = make_incident(company, at=later(DAY))
    Incident.objects.filter(pk=near.pk).update(kind="near_miss")
    client.force_login(company.reporter)
    page = client.get("/reviews/thanks/").content.decode()
    assert "Orders" in page and "Near misses" in page


def test_what_only_those_involved_know_is_not_counted_for_everybody(company: Company) -> None:
    item = done(planned(resolved(company), company), company)
    effects.check(item=item, value="", note="", by=company.responder, at=later(DAY))
    near = make_incident(company, at=later(DAY))
    Incident.objects.filter(pk=near.pk).update(kind="near_miss")
    assert any(report_thanks.counted(later(0), later(2 * DAY))[company.team.pk].values())
    Incident.objects.update(is_restricted=True)
    assert report_thanks.counted(later(0), later(2 * DAY)) == {}


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({}, "once"),
        ({"period": "week", "begins_on": date(2026, 2, 1)}, "period"),
        ({"begins_on": date(2026, 4, 1)}, "days"),
    ],
)
def test_the_table_refuses_what_must_not_be(company: Company, changed: dict[str, Any], name: str) -> None:
    row = made()
    values = {"period": "month", "begins_on": row.begins_on, "ends_on": row.ends_on, "made_at": APRIL} | changed
    with pytest.raises(IntegrityError), transaction.atomic():
        GovernanceReport.objects.create(reference=f"REP-{name}", **values)
    assert GovernanceReport.objects.count() == 1
