"""Two programs at once: an incident is taken once, and a call sent twice with one key is done once."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from portal.models import IdempotencyKey
from tests import factories_governance as make
from tests.factories_incidents import make_incident, verbs
from tests.governance.programs import Program
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_of_two_programs_that_take_an_incident_at_once_one_is_told_of_a_conflict() -> None:
    company = make.make_company()
    one, two = Program(company.responder), Program(company.second)
    for _ in range(5):
        incident = make_incident(company, at=timezone.now())

        def take(program: Program, path: str = f"/api/v1/incidents/{incident.reference}/acknowledge") -> int:
            return Client().post(path, headers=program.headers, content_type="application/json").status_code

        assert sorted(at_once(lambda: take(one), lambda: take(two))) == [200, 409]
        assert verbs(incident).count("acknowledged") == 1


def test_a_note_that_is_sent_twice_at_once_with_one_key_is_kept_once() -> None:
    company = make.make_company()
    incident, program = make_incident(company, at=timezone.now()), Program(company.responder)
    path, body = f"/api/v1/incidents/{incident.reference}/note", json.dumps({"text": "It is the token."})
    for number in range(5):
        headers = program.headers | {"Idempotency-Key": f"run-{number}"}

        def send(headers: dict[str, str] = headers) -> tuple[int, str, bool]:
            answer = Client().post(path, body, "application/json", headers=headers)
            return answer.status_code, answer.content.decode(), "Idempotent-Replayed" in answer

        first, second = at_once(send, send)
        assert first[:2] == second[:2] and first[0] == 200
        assert {first[2], second[2]} == {False, True}
    assert verbs(incident).count("note") == IdempotencyKey.objects.count() == 5
