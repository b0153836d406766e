"""Whether an incident ran as governance wants it: each finding where it has a cause, and not otherwise (D99, P16)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.models import ChangeRequest, Document, Version
from governance.services import attestations, changes, reviews
from incidents.models import Incident, TimelineEntry
from incidents.reads import conformance
from incidents.services import incidents, pins
from portal import audit, roles, seal
from tests import factories_governance as make
from tests import factories_keeping as keeping
from tests.factories_governance import NOW, Company
from tests.factories_incidents import fresh, later, make_acknowledged, make_incident, run_of, tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def playbook(company: Company) -> Document:
    return keeping.make_playbook(company.admin)


def made(incident: Incident) -> conformance.Report:
    incident = Incident.objects.get(pk=incident.pk)
    return conformance.report(incident, run_of(incident), at=later(60))


def keys(incident: Incident) -> list[str]:
    return sorted(finding.key for finding in made(incident).findings)


def working(company: Company, playbook: Document) -> Incident:
    """An incident worked on by the playbook, which whoever works on it has read."""
    attestations.attest(document=playbook, seen=playbook.effective_version.digest, by=company.responder, at=NOW)
    incident = make_acknowledged(company)
    pins.choose(incident=incident, playbook=playbook.effective_version_id, by=company.responder, at=later(1))
    return fresh(incident)


def test_an_incident_that_ran_as_it_should_has_no_findings(company: Company, playbook: Document) -> None:
    report = made(working(company, playbook))
    assert report.findings == [] and report.deviations == [] and report.emergencies == []
    assert {line.pin.what for line in report.lines} == {"rubric", "escalation", "matrix", "playbook", "module"}
    assert all(line.approval.fits and line.approval.rule == "Everyday changes" for line in report.lines)
    assert [row.text for row in report.decisions] == ["Responder chose the playbook Nothing happens, version 1"]


def test_who_approved_a_reviewed_version_is_named_with_the_policy(company: Company) -> None:
    policy = {"key": "all", "title": "Four eyes", "when": {"kinds": ["escalation"]}}
    policy["needs"] = [{"key": "lead", "title": "The lead", "who": {"person": company.lead.email}}]
    keeper = make.make_person("keeper", role=roles.GOVERNANCE_ADMIN)
    pinned = make.make_draft(policy_of(policy), kind="approval", key="company", by=company.admin)
    change = changes.send(version=pinned, reason="four eyes", by=company.admin, at=NOW)
    reviews.review(change=change, verdict="approve", rationale="", by=keeper, at=NOW, seen=pinned.digest)
    content = make.escalation_policy(leadership="leadership") | {"title": "Reviewed"}
    draft = make.make_draft(content, kind="escalation", key="company", by=company.admin)
    change = changes.send(version=draft, reason="better", by=company.admin, at=NOW)
    reviews.review(change=change, verdict="approve", rationale="", by=company.lead, at=NOW, seen=draft.digest)
    line = next(line for line in made(make_acknowledged(company)).lines if line.pin.what == "escalation")
    assert line.approval.fits and line.approval.rule == "Four eyes"
    assert [str(by) for by, _other, _at in line.approval.by] == ["Lead"]


def policy_of(row: dict) -> dict:
    rest = {
        **make.ANYTHING,
        "when": {"kinds": [kind for kind in make.ANYTHING["when"]["kinds"] if kind != "escalation"]},
    }
    own = {"key": "policy", "title": "The policy", "when": {"kinds": ["approval"]}}
    own["needs"] = [{"key": "admin", "title": "Admin", "who": {"role": "governance_admin"}}]
    return {"title": "Who approves what", "rows": [rest, row, own]}


def test_a_version_that_no_change_put_into_force_is_found(company: Company) -> None:
    incident = make_acknowledged(company)
    change = ChangeRequest.objects.get(version=company.policy.effective_version)
    ChangeRequest.objects.filter(pk=change.pk).update(published_at=None, state="rejected")
    assert keys(incident) == ["unapproved"]


def test_a_version_that_nobody_approved_is_found(company: Company) -> None:
    incident = make_acknowledged(company)
    ChangeRequest.objects.filter(version=company.policy.effective_version).update(model="normal")
    assert keys(incident) == ["unapproved"]


def test_a_text_that_does_not_fit_its_digest_is_found(company: Company) -> None:
    incident = make_acknowledged(company)
    with seal.lifted():
        Version.objects.filter(pk=company.rubric.effective_version_id).update(digest="0" * 64)
    assert "text" in keys(incident)


def test_a_version_that_came_into_force_later_is_found(company: Company) -> None:
    incident = make_acknowledged(company)
    rows = ChangeRequest.objects.filter(version=company.rubric.effective_version)
    rows.update(published_at=later(5))
    assert keys(incident) == ["not_in_force"]


def test_a_version_replaced_before_the_incident_is_found(company: Company) -> None:
    incident = make_acknowledged(company, at=later(10))
    old = company.policy.effective_version_id
    content = make.escalation_policy(leadership="leadership") | {"title": "Newer"}
    make.publish(make.make_draft(content, kind="escalation", key="company", by=company.admin), by=company.admin)
    assert keys(incident) == ["not_in_force"]
    assert run_of(incident).policy_id == old


def test_a_newer_version_that_came_later_is_no_finding(company: Company) -> None:
    incident = make_acknowledged(company)
    content = make.escalation_policy(leadership="leadership") | {"title": "Newer"}
    draft = make.make_draft(content, kind="escalation", key="company", by=company.admin, at=later(5))
    make.publish(draft, by=company.admin, at=later(5))
    assert keys(incident) == []
    pins.switch(incident=incident, what="rules", reason="It fits", by=company.responder, at=later(6))
    assert keys(incident) == []


@pytest.mark.parametrize(
    ("state", "found"),
    [("waiting", ["emergency_not_judged"]), ("rejected", ["emergency_rejected"]), ("accepted", [])],
)
def test_an_emergency_change_for_it_has_to_be_judged(company: Company, state: str, found: list[str]) -> None:
    incident = make_acknowledged(company)
    other = make_acknowledged(company)
    version = make.make_draft(make.triage_rubric() | {"title": "Now"}, kind="rubric", key="company", by=company.admin)
    with audit.action(actor=company.admin, reason="set up", at=NOW):
        ChangeRequest.objects.create(
            reference="CHG-X",
            document=company.rubric,
            version=version,
            model="emergency",
            state="published",
            reason="now",
            requested_by=company.admin,
            requested_at=NOW,
            submitted_at=NOW,
            published_at=later(5),
            ground_type="incidents.incident",
            ground_id=incident.pk,
            ground=str(incident),
            retrospective=state,
            retrospective_by=later(90),
        )
    assert keys(incident) == found and [row.reference for row in made(incident).emergencies] == ["CHG-X"]
    assert keys(other) == [] and made(other).emergencies == []


def test_a_document_that_is_overdue_is_found(company: Company) -> None:
    incident = make_acknowledged(company)
    Document.objects.filter(pk=company.matrix.pk).update(review_by=(NOW - timedelta(days=3)).date())
    assert keys(incident) == ["review_overdue"]


def test_what_became_overdue_after_the_end_is_not_found(company: Company) -> None:
    incident = make_acknowledged(company)
    incidents.resolve(incident=incident, resolution="x", checked="y", by=company.responder, at=later(1))
    Document.objects.filter(pk=company.matrix.pk).update(review_by=(NOW + timedelta(days=3)).date())
    found = conformance.report(fresh(incident), run_of(incident), at=NOW + timedelta(days=30))
    assert found.findings == []


def test_who_acted_without_having_read_the_playbook_is_found(company: Company, playbook: Document) -> None:
    incident = make_acknowledged(company)
    pins.choose(incident=incident, playbook=playbook.effective_version_id, by=company.responder, at=later(1))
    (finding,) = made(incident).findings
    assert finding.key == "not_read" and finding.text.startswith("Responder acted by “Nothing happens”")
    attestations.attest(document=playbook, seen=playbook.effective_version.digest, by=company.responder, at=later(2))
    assert keys(incident) == ["not_read"]  # afterwards is too late


def test_a_switch_without_a_reason_and_a_playbook_that_nobody_chose_are_found(
    company: Company, playbook: Document
) -> None:
    incident = working(company, playbook)
    with seal.lifted():
        TimelineEntry.objects.filter(incident=incident, verb="playbook").update(verb="switched")
    assert keys(incident) == ["no_reason"]
    with seal.lifted():
        TimelineEntry.objects.filter(incident=incident, verb="switched").delete()
    assert keys(incident) == ["no_decision"]


def test_missed_times_and_levels_are_deviations(company: Company) -> None:
    incident = make_incident(company)
    tick(15)
    tick(60)
    texts = [row.text for row in made(incident).deviations]
    assert "Nobody rated it within 15 minutes" in texts and "No decision within 60 minutes" in texts
    done = make_acknowledged(company)
    incidents.resolve(incident=done, resolution="x", checked="by eye", by=company.responder, at=later(1))
    assert [row.detail for row in made(done).deviations] == ["by eye"]


def test_the_page_and_the_file_say_the_same(client: Client, company: Company, playbook: Document) -> None:
    incident = make_acknowledged(company)
    pins.choose(incident=incident, playbook=playbook.effective_version_id, by=company.responder, at=later(1))
    auditor = make.make_person("auditor", role=roles.AUDITOR)
    client.force_login(auditor)
    page = client.get(f"/incidents/{incident.reference}/conformance/").content.decode()
    assert "What does not fit" in page and "without having read" in page and "Everyday changes" in page
    file = client.get(f"/incidents/{incident.reference}/conformance.json")
    assert file["Content-Disposition"].startswith("attachment")
    content = file.json()
    assert "not_read" in [row["key"] for row in content["findings"]]
    assert {row["digest"] for row in content["versions"]} >= {playbook.effective_version.digest}
    client.force_login(company.outsider)
    assert client.get(f"/incidents/{incident.reference}/conformance/").status_code == 404


def test_the_report_costs_the_same_number_of_queries_however_much_happened(
    company: Company, playbook: Document
) -> None:
    def cost(incident: Incident) -> int:
        made(incident)
        with CaptureQueriesContext(connection) as captured:
            made(incident)
        return len(captured)

    incident = working(company, playbook)
    few = cost(incident)
    for number in range(2, 5):
        keeping.next_version(playbook, by=company.admin, title=f"Version {number}")
        pins.switch(incident=incident, what="playbook", reason="newer", by=company.second, at=later(number))
    assert cost(incident) == few <= 25


def test_a_near_miss_has_a_report_too(company: Company) -> None:
    incident = make_incident(company, kind=Incident.Kind.NEAR_MISS)
    report = conformance.report(incident, None, at=later(1))
    assert [line.pin.what for line in report.lines] == ["rubric"] and report.findings == []
