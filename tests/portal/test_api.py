"""The door for programs: what it refuses before it has read anything."""

import pytest
from django.test import Client
from django.utils import timezone

from portal import limits
from portal.services import tokens
from tests import factories

pytestmark = pytest.mark.django_db
LENGTHS = (str(limits.BODY_BYTES + 1), "9" * 5_000, "-1", "ten", "١٢")


@pytest.mark.parametrize("length", LENGTHS, ids=lambda text: text[:8])
def test_a_length_that_is_too_much_or_no_number_is_refused_unread(length: str) -> None:
    """NOTE: Python converts no more than 4300 digits, which was an error page."""
    person = factories.make_user()
    given = {"name": "script", "scope": "read", "days": 9}
    token, secret = tokens.create(user=person, by=person, at=timezone.now(), **given)
    answer = Client().get("/api/v1/oncall", headers={"Authorization": f"Bearer {secret}", "Content-Length": length})
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    token.refresh_from_db()
    assert token.last_used_at is None
