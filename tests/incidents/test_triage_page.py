"""The form of triage, what the incident page says of the rating, and all of it as one document (D25-D28, D36)."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.models import WorkflowChange
from incidents import access
from incidents.forms.triage import TriageForm
from incidents.models import Event, ImpactScore, Incident
from incidents.reads import rating
from incidents.reads import triage as reads
from incidents.services import receive, sources, triage
from portal.models import User
from tests.factories_governance import (
    YESTERDAY,
    Company,
    make_company,
    make_draft,
    make_workflow,
    publish,
    triage_rubric,
)
from tests.factories_incidents import fresh, make_incident, run_of
from tests.incidents.test_actions import EVERYTHING, address
from tests.pictures import counts

pytestmark = pytest.mark.django_db
GOOD = {"severity": "sev2", "reason": "I counted the orders."}


@pytest.fixture
def company(db: None) -> Company:
    return make_company(at=YESTERDAY)


@pytest.fixture
def now() -> datetime:
    return timezone.now() - timedelta(minutes=30)


def confirm(client: Client, user: User, incident: Incident, **data: Any) -> Any:
    client.force_login(user)
    return client.post(address(incident, "triage"), GOOD | data)


def words(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def worse(incident: Incident, at: datetime, **answers: str) -> ImpactScore:
    return triage.rescore(
        incident=incident, by=None, label="tracking page", reason="Customers call.", answers=answers, at=at
    )


def send(company: Company, number: int, at: datetime, severity: str | None = "sev3") -> Event:
    source, _secrets = sources.set_up(
        key="shop", name="Shop", format="generic", workflow=company.workflow, by=None, at=at
    )
    arrival = receive.Arrival(
        title="Export failed",
        event_id=f"event-{number}",
        dedup_key="export",
        severity=severity,
        workflow_version="v7",
        components=("export",),
        body={"secret": "of the body"},
        body_hash=f"hash-{number}",
    )
    receive.receive(source=source, arrival=arrival, at=at)
    return Event.objects.get(event_id=f"event-{number}")


# The form


def test_the_form_is_filled_with_what_is_known(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(
        company, at=now, description="No receipts.", components=["mailer", "queue"], workflow_version="v1, v2"
    )
    client.force_login(company.responder)
    page = client.get(address(incident, "triage")).content.decode()
    assert "No receipts." in page
    assert "mailer\nqueue" in page
    assert "v1\nv2" in page
    assert len(re.findall(r'<input type="radio"[^>]* checked', page)) == 5  # four questions and the severity
    assert "SEV2 · P2" in page


def test_everything_that_was_given_is_kept(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now, description="No receipts.")
    given = {
        "q_customers": "yes",
        "q_urgency": "no",
        "components": " mailer \n\nqueue\nmailer",
        "versions": "v1\n v2 ",
        "description": "Nobody gets a receipt.",
    }
    assert confirm(client, company.responder, incident, **given).status_code == 302
    incident = fresh(incident)
    assert (incident.severity, incident.priority) == ("sev2", 2)
    assert (incident.components, incident.workflow_version) == (["mailer", "queue"], "v1, v2")
    assert incident.answers == {"urgency": "no", "customers": "yes", "money": "no", "rules": "no"}
    assert incident.description == "Nobody gets a receipt."
    assert incident.timeline.get(verb="described").text_row.text == "No receipts."
    assert incident.triaged_at is not None


def test_what_was_not_on_the_form_stays(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now, components=["mailer"], workflow_version="v1", description="No receipts.")
    assert confirm(client, company.responder, incident).status_code == 302
    after = fresh(incident)
    for name in ("components", "workflow_version", "description", "answers"):
        assert getattr(after, name) == getattr(incident, name)


def test_what_is_emptied_is_emptied(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now, components=["mailer"], workflow_version="v1")
    assert confirm(client, company.responder, incident, components="", versions=" \n").status_code == 302
    assert (fresh(incident).components, fresh(incident).workflow_version) == ([], "")


BAD: list[tuple[dict[str, str], str]] = [
    ({"severity": "sev0"}, "Choose one of SEV1 to SEV4."),
    ({"reason": "  "}, "Say why it is this severe."),
    ({"q_customers": "maybe"}, "Choose Yes, No or Don’t know."),
    ({"components": "\n".join(f"part {number}" for number in range(101))}, "Name at most 100 parts."),
    ({"components": "x" * 121}, "is longer than 120 characters."),
    ({"versions": "v" * 501}, "Use at most 500 characters for all versions."),
    ({"description": "x" * 10_001}, "Please use at most 10000 characters."),
]


@pytest.mark.parametrize(("change", "sentence"), BAD)
def test_wrong_input_is_refused_in_words_and_nothing_changes(
    company: Company, client: Client, now: datetime, change: dict[str, str], sentence: str
) -> None:
    incident = make_incident(company, at=now)
    client.force_login(company.responder)
    before = counts((*EVERYTHING, ImpactScore))
    response = client.post(address(incident, "triage"), GOOD | change)
    assert response.status_code == 422
    assert sentence in words(response)
    assert counts((*EVERYTHING, ImpactScore)) == before
    assert fresh(incident).triaged_at is None


def test_looking_shows_what_the_answers_suggest_and_writes_nothing(
    company: Company, client: Client, now: datetime
) -> None:
    incident = make_incident(company, at=now)
    client.force_login(company.responder)
    before = counts((*EVERYTHING, ImpactScore))
    yes = {f"q_{key}": "yes" for key in incident.answers} | {"look": "1", "severity": "", "reason": ""}
    part = client.post(address(incident, "triage"), yes, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert words(part).startswith("What the answers suggest SEV1 SEV1, because the total is 45")
    assert "Drop everything." in words(part)
    whole = client.post(address(incident, "triage"), yes | {"reason": "Half a sen"})
    assert whole.status_code == 200
    assert "Half a sen" in whole.content.decode()
    assert "SEV1, because the total is 45" in words(whole)
    assert counts((*EVERYTHING, ImpactScore)) == before


TEXT = st.text(max_size=300)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(components=TEXT, versions=TEXT)
def test_whatever_is_typed_is_kept_in_lines_or_refused(company: Company, components: str, versions: str) -> None:
    incident = Incident.objects.first() or make_incident(company, at=timezone.now())
    data = GOOD | {"components": components, "versions": versions}
    form = TriageForm(data, incident=incident, user=company.responder, at=timezone.now())
    if form.is_valid():
        assert all(part and part == part.strip() for part in form.cleaned_data["components"])
        assert len(set(form.cleaned_data["components"])) == len(form.cleaned_data["components"])
        kept = form.cleaned_data["workflow_version"]
        assert ", ".join(reads.versions(kept)) == kept
        assert len(kept) <= 500


# The page


def test_the_page_says_what_to_do_now_and_how_the_points_come_about(
    company: Company, client: Client, now: datetime
) -> None:
    rubric = triage_rubric()
    rubric["thresholds"][1] |= {"may_wait": "The repair.", "path": "all"}
    rubric["departments"] = [{"key": "own", "department": "sales", "weights": [{"key": "urgency", "weight": 1}]}]
    publish(make_draft(rubric, kind="rubric", key="company", by=company.admin), by=company.admin)
    incident = make_incident(company, at=now)
    client.force_login(company.responder)
    page = words(client.get(incident.get_absolute_url()))
    assert "Do now Look at it today. May wait The repair." in page
    assert "Does work stand still? Yes: 10 points, weight 1 (the department&#x27;s own weight)." in page
    assert "Path of calls Everything named by the rubric" in page
    assert "Priority P3" in page


def test_the_page_says_when_the_policy_does_not_have_the_path(company: Company, client: Client, now: datetime) -> None:
    rubric = triage_rubric()
    rubric["thresholds"][1]["path"] = "nowhere"
    publish(make_draft(rubric, kind="rubric", key="company", by=company.admin), by=company.admin)
    incident = make_incident(company, at=now)
    client.force_login(company.responder)
    page = words(client.get(incident.get_absolute_url()))
    assert "The rubric names “nowhere”, which the policy does not have." in page


def test_new_facts_suggest_and_one_button_confirms(company: Company, client: Client, now: datetime) -> None:
    incident = make_incident(company, at=now)
    confirm(client, company.responder, incident, severity="sev3")
    worse(fresh(incident), timezone.now(), customers="yes", money="yes", rules="yes")
    client.force_login(company.responder)
    response = client.get(incident.get_absolute_url())
    assert "New facts suggest SEV1. SEV1, because the total is 45" in words(response)
    assert "New facts suggest SEV1; it stays SEV3" in words(response)
    hidden = dict(re.findall(r'type="hidden" name="(severity|reason)" value="([^"]*)"', response.content.decode()))
    assert hidden["severity"] == "sev1"
    assert client.post(address(incident, "triage"), hidden).status_code == 302
    after = fresh(incident)
    assert (after.severity, after.answers["rules"]) == ("sev1", "yes")
    assert "New facts suggest SEV1." not in words(client.get(incident.get_absolute_url()))


def test_who_may_not_rate_reads_the_suggestion_without_a_button(
    company: Company, client: Client, now: datetime
) -> None:
    incident = make_incident(company, at=now)
    confirm(client, company.responder, incident, severity="sev3")
    worse(fresh(incident), timezone.now(), customers="yes", money="yes")
    client.force_login(company.reporter)
    response = client.get(incident.get_absolute_url())
    assert "New facts suggest SEV1." in words(response)
    assert "Confirm SEV1" not in words(response)


def test_changes_near_the_start_are_named_the_nearest_first(company: Company, now: datetime) -> None:
    other = make_workflow("refunds", team=company.team)
    incident = make_incident(company, at=now)
    start = incident.started_at

    def changed(key: str, minutes: float, workflow: Any = company.workflow) -> None:
        at = start + timedelta(minutes=minutes)
        WorkflowChange.objects.create(
            key=key, workflow=workflow, changed_at=at, summary=key, source="n8n", received_at=at
        )

    for key, minutes in (("a", -12), ("b", -600), ("c", 5), ("d", -700), ("e", -24 * 60 - 1), ("f", 11)):
        changed(key, minutes)
    changed("g", -1, other)
    found = [(near.change.key, near.minutes, near.is_before) for near in rating.changes(incident)]
    assert found == [("c", 5, False), ("a", 12, True), ("b", 600, True)]


def test_the_page_takes_as_many_queries_for_much_as_for_little(company: Company, client: Client, now: datetime) -> None:
    event = send(company, 0, now)
    assert event.incident is not None
    client.force_login(company.responder)
    client.get(event.incident.get_absolute_url())
    with CaptureQueriesContext(
        connection,
    ) as little:
        client.get(event.incident.get_absolute_url())
    for number in range(1, 4):
        send(company, number, now + timedelta(minutes=number), ["sev3", "sev2", "sev1"][number - 1])
        key = {"key": str(number), "summary": "Deployed", "source": "n8n"}
        WorkflowChange.objects.create(workflow=company.workflow, changed_at=now, received_at=now, **key)
    with CaptureQueriesContext(connection) as much:
        client.get(event.incident.get_absolute_url())
    assert len(much) <= len(little) + 2  # whoever was told by now


# What machines sent, and the document


def test_all_events_are_listed_with_what_became_of_them(company: Company, client: Client, now: datetime) -> None:
    for number in range(2):
        event = send(company, number, now + timedelta(minutes=number))
    assert event.incident is not None
    client.force_login(company.responder)
    page = words(client.get(reverse("incidents:events", args=[event.incident.reference])))
    assert page.index("Joined an open incident") < page.index("Opened an incident")
    assert "no incident of this group was open." in page
    assert "All 2 events" in words(client.get(event.incident.get_absolute_url()))


def test_a_broken_cursor_is_the_beginning(company: Company, client: Client, now: datetime) -> None:
    event = send(company, 0, now)
    assert event.incident is not None
    client.force_login(company.responder)
    url = reverse("incidents:events", args=[event.incident.reference])
    for cursor in ("x", "%00", "W10", "9" * 700):
        assert client.get(url, {"after": cursor, "before": cursor}).status_code == 200


def test_the_document_holds_all_that_is_known(company: Company, client: Client, now: datetime) -> None:
    event = send(company, 0, now)
    incident = event.incident
    assert incident is not None
    confirm(client, company.responder, incident, components="export\nmailer", versions="v7\nv8", q_customers="yes")
    response = client.get(reverse("incidents:triage-document", args=[incident.reference]))
    assert response["Content-Type"] == "application/json"
    assert f'filename="{incident.reference}-triage.json"' in response["Content-Disposition"]
    found = json.loads(response.content)
    assert list(found) == [
        *("schema", "exported_at", "incident", "workflow", "workflow_versions", "components", "times", "users_saw"),
        *("just_before", "who_is_hurt", "plan", "answers", "scores", "changes", "events_total", "events"),
        *("playbook", "roles", "decisions", "containments", "remedies", "rechecks"),
    ]
    assert (found["schema"], found["workflow"]["key"]) == ("triage/1", "order-sync")
    assert (found["workflow_versions"], found["components"]) == (["v7", "v8"], ["export", "mailer"])
    assert found["incident"]["reporter"] is None
    assert {"key": "customers", "question": "Do customers notice?", "answer": "yes"} in found["answers"]
    first, second = found["scores"]
    assert (first["by"], second["by"], second["reason"]) == (None, "Responder", "I counted the orders.")
    assert sum(line["total"] for line in second["breakdown"]) == second["total"]
    assert len(second["rubric"]["digest"]) == 64
    assert (found["events_total"], found["events"][0]["source"], found["events"][0]["severity"]) == (1, "Shop", "sev3")
    assert "of the body" not in response.content.decode()
    assert found["times"]["triaged_at"].endswith("Z")


def test_the_document_is_for_whoever_may_open_the_incident(company: Company, client: Client, now: datetime) -> None:
    secret = make_workflow("payroll", team=company.team, data_class="restricted")
    incident = make_incident(company, at=now, workflow=secret)
    url = reverse("incidents:triage-document", args=[incident.reference])
    seen = {}
    for name in ("reporter", "responder", "lead", "outsider"):
        client.force_login(getattr(company, name))
        seen[name] = client.get(url).status_code
    assert seen == {"reporter": 200, "responder": 200, "lead": 404, "outsider": 404}
    client.logout()
    assert client.get(url).status_code == 302


def test_the_document_takes_a_constant_number_of_queries(
    company: Company, now: datetime, django_assert_num_queries: Any
) -> None:
    incident = send(company, 0, now).incident
    assert incident is not None
    for number in range(1, 4):
        send(company, number, now + timedelta(minutes=number), ["sev3", "sev2", "sev1"][number - 1])
    rows = Incident.objects.select_related("workflow__platform", "team", "reporter", "lead")
    found = access.get(company.responder, incident.reference, rows)
    with django_assert_num_queries(13):
        document = reads.document(found, company.responder, at=now)
    assert [score["hint"] for score in document["scores"]] == ["sev3", "sev2", "sev1"]
    assert run_of(found).severity == "sev1"
