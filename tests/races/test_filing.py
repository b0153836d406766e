"""The same thing sent several times at once: one incident, one event, one set of messages."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from incidents.models import EscalationRun, Event, ImpactScore, Incident, Participant, Source
from incidents.services import intake, sources
from portal.models import AuditEntry, Message, Timer, User
from tests import factories_governance as make
from tests.factories_governance import NOW, PASSWORD
from tests.factories_incidents import make_incident, violations
from tests.pictures import counts
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROWS = (Incident, EscalationRun, ImpactScore, Participant, Message, Timer, AuditEntry)


@pytest.fixture
def company() -> make.Company:
    return make.make_company()


def growth(job: Callable[[], Any]) -> dict[str, int]:
    before = counts(ROWS)
    job()
    return {name: count - before[name] for name, count in counts(ROWS).items()}


def make_source(company: make.Company, format: str = "generic") -> tuple[Source, str]:
    source, secret = sources.set_up(key="shop", format=format, workflow=company.workflow, by=None, at=NOW)
    return source, secret.token


def post(source: Source, token: str, content: dict[str, Any], **headers: str) -> Callable[[], dict[str, Any]]:
    def send() -> dict[str, Any]:
        answer = Client().post(
            f"/api/v1/intake/{source.key}",
            json.dumps(content),
            "application/json",
            headers={"Authorization": f"Bearer {token}", **headers},
        )
        assert answer.status_code == 202, answer.content
        found: dict[str, Any] = answer.json()
        return found

    return send


def test_a_report_sent_twice_at_once_is_one_incident(company: make.Company) -> None:
    alone = growth(lambda: make_incident(company, submission_key="alone"))
    for number in range(5):
        answers: list[Any] = []
        key = f"twice-{number}"

        def file(key: str = key) -> Incident:
            return make_incident(company, submission_key=key)

        grown = growth(lambda file=file, answers=answers: answers.extend(at_once(file, file)))
        assert answers[0].pk == answers[1].pk
        assert grown == alone
    assert violations() == []


def test_a_form_sent_twice_at_once_leads_to_one_tracking_page(company: make.Company) -> None:
    clients = [Client(), Client()]
    for client in clients:
        assert client.login(username=company.reporter.email, password=PASSWORD)
    page = clients[0].get("/incidents/new/")
    form = {"what": "Orders do not arrive.", "since": "now", "workflow": "order-sync"}
    form["key"] = page.context["form"]["key"].value()
    answers = at_once(*[lambda client=client: client.post("/incidents/new/", form) for client in clients])
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert Incident.objects.get().reporter == company.reporter


def test_two_people_with_the_same_key_file_two_incidents(company: make.Company) -> None:
    def send(user: User) -> Callable[[], Any]:
        client = Client()
        assert client.login(username=user.email, password=PASSWORD)
        return lambda: client.post("/incidents/new/", {"what": "It stopped.", "since": "now", "key": "the-same"})

    at_once(send(company.reporter), send(company.outsider))
    assert {incident.reporter for incident in Incident.objects.all()} == {company.reporter, company.outsider}


def test_the_same_event_five_times_at_once_is_one_event_and_one_incident(company: make.Company) -> None:
    source, token = make_source(company)
    alone = growth(post(source, token, {"title": "It failed", "event_id": "alone"}))
    by_id = {"title": "It failed again", "event_id": "e-1"}
    by_body = {"title": "It failed without an id"}
    by_header = post(source, token, {"title": "A header names it"}, **{"Idempotency-Key": "h-1"})
    for number, send in enumerate((post(source, token, by_id), post(source, token, by_body), by_header), 2):
        answers: list[dict[str, Any]] = []
        grown = growth(lambda send=send, answers=answers: answers.extend(at_once(*[send] * 5)))
        assert len({answer["incident"] for answer in answers}) == 1
        assert sorted(answer["deduplicated"] for answer in answers) == [False, True, True, True, True]
        assert Event.objects.count() == number
        assert grown == alone
    assert violations() == []


def test_different_events_of_one_step_at_once_join_one_incident(company: make.Company) -> None:
    source, token = make_source(company, "node_red")
    error = {"message": "404 from the shop", "source": {"id": "n1", "name": "call shop"}}
    sends = [
        post(source, token, {"flow": {"id": "f1", "name": "Orders"}, "msgid": f"m{number}", "error": error})
        for number in range(5)
    ]
    answers = at_once(*sends)
    assert {answer["incident"] for answer in answers} == {Incident.objects.get().reference}
    assert sorted(answer["deduplicated"] for answer in answers) == [False, True, True, True, True]
    events = Event.objects.all()
    assert sorted(event.event_id for event in events) == [f"m{number}" for number in range(5)]
    assert sorted(event.group_reason.split()[0] for event in events) == ["Joined"] * 4 + ["Opened"]
    assert EscalationRun.objects.count() == 1


def test_an_event_that_resolves_and_one_that_triggers_at_once_are_both_kept(company: make.Company) -> None:
    source, token = make_source(company)
    for number in range(8):
        group = f"group-{number}"
        post(source, token, {"title": "It failed", "dedup_key": group, "event_id": f"{group}-0"})()
        again = post(source, token, {"title": "It failed", "dedup_key": group, "event_id": f"{group}-1"})
        over = {"title": "It works", "dedup_key": group, "event_id": f"{group}-2", "action": "resolve"}
        answers = at_once(again, post(source, token, over))
        assert all(answer["incident"] for answer in answers)
        assert Event.objects.filter(group_key=group, incident__isnull=False).count() == 3
    assert violations() == []


def test_a_report_and_the_publication_of_other_rules_at_once_pin_one_or_the_other(company: make.Company) -> None:
    for number in range(5):
        content = make.escalation_policy(leadership="leadership") | {"title": f"Policy {number}"}
        version = make.make_draft(content, kind="escalation", key="company", by=company.admin)
        before = company.policy.__class__.objects.get(pk=company.policy.pk).effective_version_id
        incident, _change = at_once(
            lambda number=number: intake.report(
                by=company.reporter,
                title="It stopped",
                workflow=company.workflow,
                started_at=NOW,
                answers={},
                submission_key=f"pin-{number}",
                at=NOW,
            ),
            lambda version=version: make.publish(version, by=company.admin),
        )
        assert incident.run.policy_id in (before, version.pk)
        assert incident.run.policy_digest == incident.run.policy.digest
    assert violations() == []
