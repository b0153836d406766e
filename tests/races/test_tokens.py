"""Two connections at once: a request sent twice is done once, a token too many is not made."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from governance.models import ChangeRequest
from portal import limits
from portal.models import ApiToken, IdempotencyKey
from portal.services import tokens
from tests import factories_governance as make
from tests.races.test_kernel import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_a_request_that_is_sent_twice_at_once_is_done_once() -> None:
    company = make.make_company()
    given = {"name": "script", "scope": "write", "days": 30}
    _token, secret = tokens.create(user=company.admin, by=company.admin, at=timezone.now(), **given)
    edit = {"scope": "workflow:order-sync", "responsibility": "on_call", "holder": company.outsider.email}
    body = json.dumps({"reason": "New owners", "edits": [edit]})
    for number in range(5):
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": f"run-{number}"}

        def send(headers=headers) -> tuple[int, str, bool]:
            answer = Client().post("/api/v1/ownership/cells", body, "application/json", headers=headers)
            return answer.status_code, answer.content.decode(), "Idempotent-Replayed" in answer

        one, two = at_once(send, send)
        assert one[:2] == two[:2] and one[0] == 200
        assert {one[2], two[2]} == {False, True}
    assert IdempotencyKey.objects.count() == 5
    assert ChangeRequest.objects.filter(state="draft").count() == 1


def test_two_tokens_made_at_once_do_not_pass_the_limit() -> None:
    person = make.make_person("ada")

    def attempt() -> str:
        try:
            tokens.create(user=person, by=person, name="x", scope="read", days=30, at=timezone.now())
        except tokens.TooMany:
            return "too many"
        return "made"

    for _ in range(limits.API_TOKENS - 1):
        attempt()
    assert sorted(at_once(attempt, attempt)) == ["made", "too many"]
    assert ApiToken.objects.count() == limits.API_TOKENS
