"""The document for triage says how the response went: playbook, roles, decisions, what holds for now (D36)."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse

from incidents.models import Containment, DecisionRequest, Incident
from incidents.reads import triage as reads
from incidents.services import containing, decisions, gates, remedies, role_moves, steps
from incidents.services.steps import Given
from tests import factories_keeping as keeping
from tests.factories_governance import Company, make_workflow
from tests.factories_incidents import fresh, later, make_incident
from tests.factories_steps import agreed, end, make_stepped, with_lead, working

pytestmark = pytest.mark.django_db


@pytest.fixture
def company() -> Company:
    return keeping.make_company(has_module=True)


@pytest.fixture
def incident(company: Company) -> Incident:
    """At the gate, which is asked for; the first step was taken before it was ended, the second was not."""
    incident = with_lead(company, working(company, make_stepped(company.admin)))
    agreed(company, incident)
    steps.take(incident=incident, step="how-far", by=company.responder, at=later(2))
    end(company, incident, "how-far")
    end(company, incident, "stop", given=Given(halted="The trigger"))
    gates.ask(incident=fresh(incident), step="way", details="It began at noon.", by=company.responder, at=later(4))
    return fresh(incident)


def read(incident: Incident, company: Company, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(reads.document(fresh(incident), company.responder, at=later(60))))
    return found | more


def decide(company: Company, choice: str = "repair") -> DecisionRequest:
    request = DecisionRequest.objects.get()
    words = decisions.Words(rationale="The secret cause is known.")
    decisions.answer(decision=request, choice=choice, words=words, risk="medium", by=company.lead, at=later(5))
    return request


def test_each_step_says_how_it_stands_whose_it_is_and_since_when(company: Company, incident: Incident) -> None:
    decide(company)
    steps.take(incident=fresh(incident), step="repair", by=company.responder, at=later(6))
    found = read(incident, company)["playbook"]
    version = fresh(incident).playbook
    assert version is not None
    assert (found["digest"], found["version"], found["scenario"]["key"]) == (version.digest, version.number, "nothing")
    assert (found["scope"], found["finished"], found["next"]) == ("agreed", 3, "repair")
    by_key = {step["key"]: step for step in found["steps"]}
    scope, stop, gate, now = (by_key[key] for key in ("how-far", "stop", "way", "repair"))
    assert (scope["state"], scope["owner"], scope["owned_at"]) == ("done", "Responder", "2026-03-02T09:02:00Z")
    assert (scope["ended_by"], scope["ended_at"]) == ("Responder", "2026-03-02T09:03:00Z")
    assert (stop["owner"], stop["ended_by"]) == (None, "Responder")
    assert (gate["option"], gate["ended_by"]) == ("repair", "Lead")
    assert (now["state"], now["owner"], now["owned_at"], now["ended_at"]) == (
        *("now", "Responder", "2026-03-02T09:06:00Z"),
        None,
    )
    assert [step["key"] for step in found["steps"]][:4] == ["how-far", "stop", "way", "repair"]


def test_a_deviation_has_its_reason(company: Company, incident: Incident) -> None:
    decide(company)
    end(company, incident, "repair", minutes=7, outcome="skipped", reason="It came back alone")
    step = next(step for step in read(incident, company)["playbook"]["steps"] if step["key"] == "repair")
    assert (step["state"], step["reason"]) == ("skipped", "It came back alone")


def test_roles_have_holders_and_times(company: Company, incident: Incident) -> None:
    role_moves.assign(
        incident=incident, role="incident-commander", to=company.lead, reason="x", by=company.responder, at=later(8)
    )
    first, second = [row for row in read(incident, company)["roles"] if row["role"] == "incident-commander"]
    assert (first["holder"], first["ended_at"]) == ("Responder", "2026-03-02T09:08:00Z")
    assert (second["holder"], second["assumed_at"], second["ended_at"]) == ("Lead", "2026-03-02T09:08:00Z", None)


def test_decisions_have_their_outcome_but_not_their_words(company: Company, incident: Incident) -> None:
    before = read(incident, company)["decisions"]
    assert [(row["state"], row["step"], row["records"]) for row in before] == [("open", "way", [])]
    request = decide(company)
    document = read(incident, company)
    (row,) = document["decisions"]
    (record,) = row["records"]
    assert (row["reference"], row["state"], row["ended_at"]) == (
        *(request.reference, "decided"),
        "2026-03-02T09:05:00Z",
    )
    assert (record["outcome"], record["choice"], record["title"], record["by"]) == (
        *("decided", "repair", "Repair it"),
        "Lead",
    )
    assert "secret" not in json.dumps(document)


def test_what_holds_for_now_is_named_until_it_does_not(company: Company, incident: Incident) -> None:
    remedies.add(
        incident=incident,
        kind="workaround",
        what="By hand",
        rationale="The bank waits",
        by=company.responder,
        at=later(9),
        expires_at=later(900),
    )
    found = read(incident, company)
    (halted,), (remedy,) = found["containments"], found["remedies"]
    assert (halted["kind"], halted["what"], halted["released_at"]) == ("halted", "The trigger", None)
    assert (remedy["kind"], remedy["rationale"], remedy["removed_at"]) == ("workaround", "The bank waits", None)
    row = Containment.objects.get()
    containing.release(
        incident=fresh(incident), containment=row.pk, how="Nothing is left", by=company.responder, at=later(10)
    )
    (halted,) = read(incident, company)["containments"]
    assert (halted["released_by"], halted["release"]) == ("Responder", "Nothing is left")


def test_it_is_the_same_in_every_language_and_order(client: Client, company: Company, incident: Incident) -> None:
    decide(company)
    address = reverse("incidents:triage-document", args=[incident.reference])
    seen = []
    for language in ("en", "de"):
        type(company.responder).objects.filter(pk=company.responder.pk).update(locale=language)
        client.force_login(company.responder)
        with override_settings(LANGUAGE_CODE=language):
            made = json.loads(client.get(address, headers={"accept-language": language}).content)
        seen.append({key: made[key] for key in ("playbook", "roles", "containments", "remedies", "rechecks")})
    assert seen[0] == seen[1]


def test_without_a_playbook_there_is_no_course(company: Company) -> None:
    found = read(make_incident(company), company)
    assert (found["playbook"], found["roles"], found["decisions"], found["rechecks"]) == (None, [], [], [])


def test_only_decisions_that_the_reader_may_see_are_named(company: Company, incident: Incident) -> None:
    made = reads.document(incident, company.outsider, at=later(60))
    assert made["decisions"] == [] and read(incident, company)["decisions"] != []


def test_many_rows_take_as_many_queries_as_few(company: Company, incident: Incident) -> None:
    def queries() -> int:
        rows = Incident.objects.select_related("workflow__platform", "team", "reporter", "lead")
        found = rows.get(pk=incident.pk)
        with CaptureQueriesContext(connection) as seen:
            reads.document(found, type(company.responder).objects.get(pk=company.responder.pk), at=later(60))
        return len(seen)

    few = queries()
    decide(company)
    for number in range(5):
        containing.halt(
            incident=fresh(incident),
            kind="halted",
            what=f"Part {number}",
            workflow=make_workflow(f"w{number}", team=company.team),
            by=company.responder,
            at=later(11),
        )
    assert queries() == few
