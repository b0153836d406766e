"""The way in and out is audited."""

import json
from typing import Any

import pytest
from django.urls import reverse

from portal import history
from portal.models import AuditEntry, User
from tests import factories

pytestmark = pytest.mark.django_db


def verbs() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))


def last() -> Any:
    return AuditEntry.objects.order_by("id").last()


def test_log_in_and_log_out_are_in_the_ledger(client: Any) -> None:
    person = factories.make_user("ada@example.com")
    before = len(verbs())
    answer = client.post(reverse("account_login"), {"login": "ada@example.com", "password": factories.PASSWORD})
    assert answer.status_code == 302
    assert verbs()[before:] == ["user.signed_in"]
    assert last().actor == person
    client.post(reverse("account_logout"))
    assert verbs()[before:] == ["user.signed_in", "user.signed_out"]


def test_a_failed_log_in_names_the_address_only_in_the_payload(client: Any) -> None:
    factories.make_user("ada@example.com")
    before = len(verbs())
    answer = client.post(reverse("account_login"), {"login": "ada@example.com", "password": "wrong"})
    assert answer.status_code == 200
    assert verbs()[before:] == ["user.sign_in_refused"]
    assert (last().actor, last().actor_label) == (None, "sign-in")
    assert json.loads(last().payload.content)["data"] == {"email": "ada@example.com"}


def test_an_inactive_person_does_not_get_in(client: Any) -> None:
    factories.make_user("ada@example.com", is_active=False)
    client.post(reverse("account_login"), {"login": "ada@example.com", "password": factories.PASSWORD})
    assert "_auth_user_id" not in client.session


def test_a_changed_password_is_in_the_ledger_but_not_in_the_history(client: Any) -> None:
    person = factories.make_user()
    client.force_login(person)
    before, rows = len(verbs()), history.model_of(User).objects.count()
    answer = client.post(
        reverse("account_change_password"),
        {"oldpassword": factories.PASSWORD, "password1": "another long phrase", "password2": "another long phrase"},
    )
    assert answer.status_code == 302
    assert verbs()[before:] == ["user.password_changed"]
    assert history.model_of(User).objects.count() == rows
    assert User.objects.get(pk=person.pk).check_password("another long phrase")


def test_nobody_signs_up(client: Any) -> None:
    form = {"email": "x@example.com", "password1": "another long phrase", "password2": "another long phrase"}
    answer = client.post(reverse("account_signup"), form)
    assert answer.status_code == 200
    assert not User.objects.exists()


def test_a_forgotten_password_says_the_same_to_everyone(client: Any, mailoutbox: list[Any]) -> None:
    factories.make_user("ada@example.com")
    known = client.post(reverse("account_reset_password"), {"email": "ada@example.com"})
    unknown = client.post(reverse("account_reset_password"), {"email": "nobody@example.com"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert [mail.to for mail in mailoutbox] == [["ada@example.com"]]


def test_simple_histories_own_bulk_helpers_are_used_nowhere() -> None:
    from pathlib import Path

    banned = (
        "bulk_create_with_history",
        "bulk_update_with_history",
        "update_change_reason",
        "groups.add(",
        "groups.set(",
    )
    root = Path(__file__).parents[2]
    for app in ("portal", "governance", "incidents"):
        for path in (root / app).rglob("*.py"):
            text = path.read_text()
            assert not [word for word in banned if word in text], path
