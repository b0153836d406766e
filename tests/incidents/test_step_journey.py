"""A whole playbook through the pages alone: scope, containment, gate, action, way back, checks, news (D37-D39, D48)."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from incidents.models import DecisionRequest, Incident, Participant, StatusUpdate
from incidents.reads import conformance, steps
from incidents.services import escalation, intake
from portal import audit
from portal.models import User
from tests import factories_keeping as keeping
from tests.factories_governance import YESTERDAY, Company
from tests.factories_incidents import fresh, run_of, violations
from tests.factories_steps import STEPS, make_stepped

pytestmark = pytest.mark.django_db


def step(does: str, **more: Any) -> dict[str, Any]:
    return next(row for row in STEPS if row["does"] == does) | {"next": None} | more


ALL = [
    *(step("scope"), step("containment")),
    step(
        "gate",
        options=[
            {"key": "go", "title": "Repair it", "role": "lead", "next": "repair"},
            {"key": "wait", "title": "Wait", "role": "lead", "next": "tell"},
        ],
    ),
    *(step("action"), step("rollback"), step("integrity"), step("verification"), step("communication")),
]


@pytest.fixture
def company() -> Company:
    return keeping.make_company(at=YESTERDAY, has_module=True)


@pytest.fixture
def incident(company: Company) -> Incident:
    at = timezone.now()
    values: dict[str, Any] = {"title": "Orders do not arrive", "answers": {}, "submission_key": "one-and-only"}
    made = intake.report(by=company.reporter, workflow=company.workflow, started_at=at, at=at, **values)
    escalation.acknowledge(run=run_of(made), by=company.responder, at=at)
    Participant.objects.create(incident=made, user=company.lead, role="joined", since=at)
    return fresh(made)


class Person:
    """Somebody at the pages of one incident."""

    def __init__(self, user: User, incident: Incident) -> None:
        self.client, self.incident = Client(), incident
        self.client.force_login(user)

    def reads(self, words: str) -> None:
        page = self.client.get(f"/incidents/{self.incident.reference}/playbook/")
        assert page.status_code == 200 and words in page.content.decode()

    def sends(self, action: str, **data: Any) -> None:
        answer = self.client.post(f"/incidents/{self.incident.reference}/playbook/{action}/", data)
        assert answer.status_code == 302, answer.content.decode()

    def ends(self, key: str, **data: Any) -> None:
        self.sends("end", step=key, visit=0, **data)


def test_a_playbook_from_its_first_step_to_its_last(company: Company, incident: Incident) -> None:
    document = make_stepped(company.admin, steps=ALL, at=YESTERDAY)
    worker, lead = Person(company.responder, incident), Person(company.lead, incident)
    worker.reads("No playbook was chosen yet")
    address = f"/incidents/{incident.reference}/do/playbook/"
    assert worker.client.post(address, {"playbook": str(document.effective_version_id)}).status_code == 302

    worker.sends("scope", scope="214 orders", aim="None is lost")
    worker.ends("stop", halted="The trigger", kind="halted")
    lead.reads("You are asked to agree for:")
    lead.sends("agree", number=1)
    worker.ends("how-far", note="Since noon")

    worker.reads("Ask for the decision")
    worker.sends("gate", step="way", details="The cause is known")
    worker.reads("The decision is asked for.")
    request = DecisionRequest.objects.get(incident=incident)
    decided = {"choice": "go", "rationale": "It is known", "risk": "medium"}
    answer = lead.client.post(f"{request.get_absolute_url()}answer/", decided)
    assert answer.status_code == 302, answer.content.decode()

    worker.sends("take", step="repair")
    worker.ends("repair", artefact="Order sync, r41 to r42", checked=["0", "1"])
    worker.ends("back", artefact="Order sync, r41", rationale="r42 loses orders")
    worker.sends("end", step="counts", visit=0, result="failed", note="Two orders differ")
    worker.ends("counts", result="passed")
    worker.sends("otherwise", step="proof", visit=0, outcome="changed", reason="With a copy of yesterday’s order")
    worker.reads("Send the update first.")
    sent = {"audience": "business", "event": "update", "state": "sent", "by": company.responder}
    at = timezone.now()
    with audit.action(actor=company.responder, reason="update", at=at):
        StatusUpdate.objects.create(incident=incident, written_at=at, sent_at=at, **sent)
    worker.ends("tell")

    worker.reads("The playbook is done")
    found = steps.course(fresh(incident))
    assert [line.state for line in found.ended] == [*["done"] * 6, "changed", "done"]
    report = conformance.report(fresh(incident), run_of(incident), at=timezone.now())
    assert any("otherwise than the playbook says" in row.text for row in report.deviations)
    assert violations() == []
