"""The door of decisions: a workflow asks, once however often it sends, gives data, withdraws and reads the answer."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client
from django.utils import timezone
from standardwebhooks import Webhook

from incidents.models import DecisionRequest, Incident, RefusedCall
from incidents.services import decisions
from portal import limits
from tests import factories_governance as make
from tests.factories_governance import YESTERDAY, Company, make_company, make_workflow
from tests.factories_incidents import make_incident
from tests.governance.programs import Program
from tests.incidents.doors import JSON, case
from tests.incidents.source_pages import make_source

pytestmark = pytest.mark.django_db
PATH = "/api/v1/decisions"
QUESTION: dict[str, Any] = {
    "key": "msg-1",
    "question": "Pay the invoice INV-9?",
    "choices": [{"key": "pay", "title": "Pay it"}, {"key": "reject", "title": "Send it back"}],
    "given": {"invoice": "INV-9", "amount": 25000},
}


@pytest.fixture
def company() -> Company:
    return make_company(at=YESTERDAY)


class Flow:
    """A workflow with the secrets of its source."""

    def __init__(self, company: Company, *, key: str = "shop", format: str = "node_red") -> None:
        from incidents.services import sources

        make_source(company, key, format=format)
        self.source, self.secrets = sources.set_up(
            key=key, format=format, workflow=company.workflow, by=None, at=timezone.now()
        )
        self.client = Client(raise_request_exception=False)

    def post(self, content: Any, path: str = "", *, type: str = JSON, **headers: str) -> Any:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        headers = {"Authorization": f"Bearer {self.secrets.token}"} | headers
        return self.client.post(PATH + path, body, type, headers=headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(PATH + path, headers={"Authorization": f"Bearer {self.secrets.token}"} | headers)

    def ask(self, **changes: Any) -> dict[str, Any]:
        answer = self.post(QUESTION | changes)
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def flow(company: Company) -> Flow:
    return Flow(company)


def decide(company: Company, reference: str, choice: str = "pay") -> None:
    found = DecisionRequest.objects.get(reference=reference)
    words = decisions.Words(rationale="The supplier delivered.")
    decisions.answer(decision=found, choice=choice, words=words, risk="medium", by=company.responder, at=timezone.now())


def test_a_workflow_asks_and_reads_the_answer(company: Company, flow: Flow) -> None:
    said = flow.ask()
    assert (said["state"], said["outcome"], said["choice"], said["key"]) == ("open", None, None, "msg-1")
    assert said["workflow"] == "order-sync" and said["due_at"] and said["owed"] == []
    found = DecisionRequest.objects.get()
    assert (found.asked, found.source, found.requester) == ("api", flow.source, None)
    assert found.given == {"invoice": "INV-9", "amount": "25000"}
    decide(company, said["decision"])
    said = flow.get(f"/{said['decision']}").json()
    assert (said["state"], said["outcome"], said["choice"]) == ("decided", "decided", "pay")
    assert (said["choice_title"], said["rationale"]) == ("Pay it", "The supplier delivered.")
    assert company.responder.name not in json.dumps(said)


def test_a_message_of_node_red_becomes_a_decision(company: Company, flow: Flow) -> None:
    answer = flow.post(case("node_red_needs_decision"))
    assert answer.status_code == 201, answer.content
    said = answer.json()
    assert said["msgid"] == "dac3336e7fa92739"
    assert said["question"] == "Invoice above limit: human decision required"
    assert [item["key"] for item in said["choices"]] == ["approve", "reject"]
    found = DecisionRequest.objects.get()
    assert found.given == {"invoice": "INV-9", "amount": "25000"} and found.workflow == company.workflow
    again = flow.post(case("node_red_needs_decision"))
    assert (again.status_code, again.json()["decision"]) == (200, said["decision"])


def test_the_same_question_again_is_the_same_decision(flow: Flow) -> None:
    first = flow.ask()
    again = flow.post(QUESTION)
    assert (again.status_code, again.json()["decision"]) == (200, first["decision"])
    other = flow.post(QUESTION | {"question": "Pay twice?"})
    assert (other.status_code, other.json()["error"], other.json()["field"]) == (422, "key_reused", "key")
    assert DecisionRequest.objects.count() == 1


def test_headers_name_a_question_where_the_body_does_not(flow: Flow) -> None:
    content = {name: value for name, value in QUESTION.items() if name != "key"}
    missing = flow.post(content)
    assert (missing.status_code, missing.json()["field"]) == (422, "key")
    first = flow.post(content, **{"Idempotency-Key": "one"})
    again = flow.post(content, **{"Idempotency-Key": "one"})
    other = flow.post(content, **{"Idempotency-Key": "two"})
    assert [answer.status_code for answer in (first, again, other)] == [201, 200, 201]
    assert first.json()["key"] == "one"


def test_keys_of_two_senders_are_not_the_same(company: Company, flow: Flow) -> None:
    first = flow.ask()
    second = Flow(company, key="other", format="generic")
    assert second.ask()["decision"] != first["decision"]
    assert second.get(f"/{first['decision']}").status_code == 404
    assert second.post({"reason": "x"}, f"/{first['decision']}/withdraw").status_code == 404


def test_a_signed_call_needs_no_token(flow: Flow) -> None:
    body, at = json.dumps(QUESTION).encode(), timezone.now()
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(flow.secrets.signing).sign("m1", at, body.decode()),
    }
    taken = flow.client.post(f"{PATH}?source=shop", body, JSON, headers=headers)
    assert taken.status_code == 201, taken.content
    forged = flow.client.post(f"{PATH}?source=shop", body + b" ", JSON, headers=headers)
    assert forged.status_code == 401


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Bearer wgp_none"}])
def test_whoever_does_not_prove_itself_is_refused(flow: Flow, headers: dict[str, str]) -> None:
    for answer in (
        flow.client.post(PATH, json.dumps(QUESTION), JSON, headers=headers),
        flow.client.get(f"{PATH}/DEC-2026-0001", headers=headers),
    ):
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert not DecisionRequest.objects.exists()


def test_a_token_speaks_for_its_own_source_only(company: Company, flow: Flow) -> None:
    assert flow.post(QUESTION, "?source=other").status_code == 401
    assert flow.post(QUESTION, "?source=shop").status_code == 201


def test_a_source_of_alerts_cannot_ask(company: Company) -> None:
    assert Flow(company, format="alertmanager").post(QUESTION).status_code == 401


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"question": " "}, "question"),
        ({"question": "x" * 201}, "question"),
        ({"severity": "worst"}, "severity"),
        ({"choices": [{"key": "a"}]}, "choices[0].title"),
        ({"given": [1]}, "given"),
        ({"incident": "INC-1970-0001"}, "incident"),
        ({"callback": "https://10.0.0.1/"}, "callback"),
        ({"callback": "http://flows.example/"}, "callback"),
        ({"callback": "https://flows.example/?token=hunter22"}, "callback"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"key": "x" * 141}, "key"),
    ],
)
def test_what_cannot_be_asked_names_its_field(flow: Flow, changes: dict[str, Any], field: str) -> None:
    answer = flow.post(QUESTION | changes)
    assert (answer.status_code, answer.json()["error"], answer.json()["field"]) == (422, "unacceptable", field)
    assert not DecisionRequest.objects.exists()
    kept = RefusedCall.objects.get()
    assert (kept.status, kept.field) == (422, field)


def test_size_type_and_json_are_judged(flow: Flow) -> None:
    assert flow.post(b"x" * (limits.BODY_BYTES + 1)).status_code == 413
    assert flow.post(QUESTION, type="text/plain").status_code == 415
    assert flow.post(b"{").status_code == 422
    assert flow.post(b"[]").status_code == 422
    assert flow.client.get(PATH).status_code == 405


def test_a_source_that_asks_too_often_waits(flow: Flow) -> None:
    flow.source.__class__.objects.filter(pk=flow.source.pk).update(per_minute=1)
    flow.ask()
    answer = flow.post(QUESTION)
    assert answer.status_code == 429 and int(answer["Retry-After"]) >= 1


def test_without_a_database_it_is_sent_again(flow: Flow, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        from django.db import OperationalError

        raise OperationalError("gone")

    monkeypatch.setattr(decisions, "ask", broken)
    assert flow.post(QUESTION).status_code == 503
    assert issubclass(DatabaseError, Exception)


def test_secrets_never_come_in(flow: Flow) -> None:
    flow.ask(
        given={"card_number": "4111 1111 1111 1111", "note": "token=hunter22hunter22"}, details="Bearer abcdefgh12"
    )
    found = DecisionRequest.objects.get()
    kept = json.dumps([found.given, found.contexts, found.details])
    assert "4111" not in kept and "hunter22" not in kept and "abcdefgh12" not in kept


def test_polling_costs_nothing_while_nothing_changes(company: Company, flow: Flow) -> None:
    said = flow.ask()
    first = flow.get(f"/{said['decision']}")
    again = flow.get(f"/{said['decision']}", **{"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")
    decide(company, said["decision"])
    assert flow.get(f"/{said['decision']}", **{"If-None-Match": first["ETag"]}).status_code == 200


def test_a_question_is_withdrawn(flow: Flow) -> None:
    said = flow.ask()
    answer = flow.post({"reason": "The order was cancelled."}, f"/{said['decision']}/withdraw")
    assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
    again = flow.post({"reason": "Once more."}, f"/{said['decision']}/withdraw")
    assert (again.status_code, again.json()["error"]) == (422, "refused")


def test_words_of_a_confidential_question_are_not_read_back(company: Company, flow: Flow) -> None:
    said = flow.ask(data_class="confidential")
    assert said["question"] is None
    decide(company, said["decision"])
    said = flow.get(f"/{said['decision']}").json()
    assert (said["choice"], said["choice_title"], said["rationale"]) == ("pay", None, None)


def test_a_person_asks_through_a_program_and_polls(company: Company) -> None:
    program = Program(company.responder)
    content = QUESTION | {"workflow": "order-sync"}
    client, headers = program.client, program.headers
    answer = client.post(PATH, json.dumps(content), JSON, headers=headers)
    assert answer.status_code == 201, answer.content
    assert DecisionRequest.objects.get().requester == company.responder
    path = f"{PATH}/{answer.json()['decision']}"
    assert client.get(path, headers=headers).status_code == 200
    assert client.get(path, headers=Program(company.outsider).headers).status_code == 404
    reading = Program(company.responder, scope="read")
    assert client.post(PATH, json.dumps(content), JSON, headers=reading.headers).status_code == 403
    back = client.post(
        PATH, json.dumps(content | {"key": "other", "callback": "https://flows.example/"}), JSON, headers=headers
    )
    assert (back.status_code, back.json()["field"]) == (422, "callback")


def test_a_person_names_only_what_the_person_sees(company: Company) -> None:
    make_workflow("secret", team=company.leadership)
    program = Program(company.reporter)
    answer = program.client.post(PATH, json.dumps(QUESTION | {"workflow": "secret"}), JSON, headers=program.headers)
    assert (answer.status_code, answer.json()["field"]) == (422, "workflow")


def test_a_decision_belongs_to_an_incident_of_its_workflow_only(company: Company, flow: Flow) -> None:
    at = timezone.now() - timedelta(minutes=1)
    mine = make_incident(company, at=at)
    other = make_incident(company, workflow=make_workflow("other", team=company.team), at=at)
    assert flow.post(QUESTION | {"incident": other.reference}).json()["field"] == "incident"
    said = flow.ask(incident=mine.reference)
    assert said["incident"] == mine.reference
    assert DecisionRequest.objects.get().incident == Incident.objects.get(pk=mine.pk)


def test_owed_data_stops_the_clock_until_it_is_given(company: Company, flow: Flow) -> None:
    content = make.escalation_policy(leadership="leadership")
    for level in content["levels"]:
        level["required_data"] = ["amount", "supplier"]
    make.publish(make.make_draft(content, kind="escalation", key="company", by=company.admin), by=company.admin)
    said = flow.ask()
    assert (said["state"], said["owed"], said["due_at"]) == ("waiting", ["supplier"], None)
    path = f"/{said['decision']}/data"
    for content in ({"given": {}}, {"given": []}, {}):
        assert flow.post(content, path).status_code == 422
    answer = flow.post({"given": {"supplier": {"name": "ACME"}}}, path)  # named supplier.name
    assert answer.json()["owed"] == ["supplier"]
    answer = flow.post({"given": {"supplier": "ACME, token=hunter22hunter22"}}, path)
    assert (answer.status_code, answer.json()["state"], answer.json()["owed"]) == (200, "open", [])
    assert answer.json()["due_at"] is not None
    assert "hunter22" not in json.dumps(DecisionRequest.objects.get().given)
