"""One-time links: GET shows, POST acts."""

from typing import Any

import pytest
import time_machine
from django.urls import reverse

from portal import ids, links
from portal.models import AuditEntry, ContactMethod, Message, User
from portal.services import contacts, leaving
from tests import factories

pytestmark = pytest.mark.django_db
NOW = factories.NOW


@pytest.fixture
def method() -> ContactMethod:
    person = factories.make_user()
    return contacts.add(user=person, channel="email", address="x@example.com", lane="urgent", by=person, at=NOW)[0]


def token_of(method: ContactMethod) -> str:
    return links.make(Message.objects.get(method=method), method.user_id, contacts.PURPOSE, 3)


def address(token: str) -> str:
    return reverse("one-time", args=[token])


def test_a_link_says_who_may_do_what(method: ContactMethod) -> None:
    grant = links.read(token_of(method))
    assert (grant.user_id, grant.purpose, grant.generation, grant.subject_id) == (
        method.user_id,
        "verify_contact",
        3,
        method.pk,
    )


def test_looking_changes_nothing_and_pressing_does(method: ContactMethod, client: Any) -> None:
    path = address(token_of(method))
    before = AuditEntry.objects.count()
    for _ in range(2):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
    client.head(path)
    assert AuditEntry.objects.count() == before
    assert ContactMethod.objects.get(pk=method.pk).verified_at is None
    assert client.post(path).status_code == 302
    assert ContactMethod.objects.get(pk=method.pk).verified_at is not None


def test_a_cut_or_changed_link_is_explained(method: ContactMethod, client: Any) -> None:
    token = token_of(method)
    for broken in (token[:-1], "x" + token, "nonsense", "%00", "a:b:c"):
        for answer in (client.get(address(broken)), client.post(address(broken))):
            assert answer.status_code == 410
            assert b"Nothing was changed" in answer.content
    assert ContactMethod.objects.get(pk=method.pk).verified_at is None


def test_an_old_link_is_over(method: ContactMethod, client: Any) -> None:
    with time_machine.travel(NOW, tick=False):
        token = token_of(method)
    with time_machine.travel(NOW + links.LIFETIME * 2, tick=False), pytest.raises(links.Expired, match="too old"):
        links.read(token)


def test_a_link_to_somebody_else_or_to_nothing_grants_nothing(method: ContactMethod) -> None:
    message = Message.objects.get(method=method)
    for token in (
        links.make(message, ids.uuid7(), contacts.PURPOSE, 0),
        links.make(Message(pk=ids.uuid7()), method.user_id, contacts.PURPOSE, 0),
        links.make(message, method.user_id, "unheard-of", 0),
    ):
        with pytest.raises(links.BadLink, match="leads nowhere"):
            links.read(token)


def test_an_inactive_person_can_do_nothing_by_link(method: ContactMethod, client: Any) -> None:
    token = token_of(method)
    leaving.deactivate(person=method.user, by=factories.make_user(), reason="left", at=NOW)
    assert client.post(address(token)).status_code == 410
    assert ContactMethod.objects.get(pk=method.pk).verified_at is None
    assert not User.objects.get(pk=method.user_id).is_active


def test_other_methods_are_not_allowed(method: ContactMethod, client: Any) -> None:
    assert client.put(address(token_of(method))).status_code == 405
