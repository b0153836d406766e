"""API tokens: made on the profile, shown once, of use until they end."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from portal import access, limits, roles, secrets
from portal.models import ApiToken, AuditEntry, IdempotencyKey, User
from portal.reads import holdings
from portal.reads import tokens as reads
from portal.services import idempotency, leaving, tokens
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return factories.make_user("ada@example.com", name="Ada")


def make(person: User, at: Any = NOW, **more: Any) -> tuple[ApiToken, str]:
    given = {"name": "export", "scope": "read", "days": 30} | more
    return tokens.create(user=person, by=person, at=at, **given)


def test_a_secret_is_shown_once_and_kept_as_its_digest(client: Any, person: User) -> None:
    client.force_login(person)
    form = {"name": "nightly export", "scope": "write", "days": "90"}
    answer = client.post(reverse("tokens"), form)
    found = re.search(r"wgp_[\w-]{43}", answer.content.decode())
    assert answer.status_code == 200 and found and "no-store" in answer["Cache-Control"]
    token = ApiToken.objects.get()
    assert (token.user, token.name, token.scope) == (person, "nightly export", "write")
    assert token.expires_at - token.made_at == timedelta(days=90)
    assert token.digest == secrets.digest(found[0]) and reads.holder(found[0], at=timezone.now()) == token
    later = client.get(reverse("tokens")).content.decode()
    assert found[0] not in later and "nightly export" in later
    entries = set(AuditEntry.objects.filter(target_id=str(token.pk)).values_list("verb", "actor"))
    assert entries == {("api_token.created", person.pk), ("portal.apitoken.created", person.pk)}
    assert not any(found[0] in str(row) or token.digest in str(row) for row in token.history.values_list())


@pytest.mark.parametrize("change", [{"name": ""}, {"name": " "}, {"scope": "all"}, {"days": "0"}, {"days": "9999"}])
def test_a_token_without_name_or_end_is_refused_on_the_page(client: Any, person: User, change: dict[str, str]) -> None:
    client.force_login(person)
    before = AuditEntry.objects.count()
    answer = client.post(reverse("tokens"), {"name": "export", "scope": "read", "days": "30"} | change)
    assert answer.status_code == 422
    assert not ApiToken.objects.exists() and AuditEntry.objects.count() == before


def test_the_service_refuses_what_no_form_sends(person: User) -> None:
    other = factories.make_user()
    for error, given in (
        (tokens.NotUsable, {"days": 400}),
        (tokens.NotUsable, {"days": 0}),
        (tokens.NotUsable, {"scope": "root"}),
        (access.Refused, {"by": other}),
    ):
        with pytest.raises(error):
            tokens.create(**{"user": person, "by": person, "name": "x", "scope": "read", "days": 1, "at": NOW} | given)
    assert not ApiToken.objects.exists()


def test_nobody_has_more_tokens_than_they_can_keep_apart(person: User) -> None:
    for number in range(limits.API_TOKENS):
        make(person, name=str(number))
    with pytest.raises(tokens.TooMany):
        make(person)
    assert ApiToken.objects.count() == limits.API_TOKENS
    make(person, at=NOW + timedelta(days=31))  # the others have ended


def test_a_token_works_until_it_ends_is_revoked_or_its_person_leaves(person: User) -> None:
    token, secret = make(person)
    assert reads.holder(secret, at=NOW) == token
    assert reads.holder(secret, at=NOW + timedelta(days=30)) is None
    for wrong in ("", "wgp_", secret[4:], secret + "x", "wgp_" + "\udc00", "wgp_" + "x" * 10_000, "wgp_\x00"):
        assert reads.holder(wrong, at=NOW) is None
    tokens.revoke(token=token, by=person, at=NOW)
    assert reads.holder(secret, at=NOW) is None
    with pytest.raises(tokens.Gone):
        tokens.revoke(token=token, by=person, at=NOW)
    assert AuditEntry.objects.filter(verb="api_token.revoked").count() == 1


def test_leaving_ends_all_tokens_and_coming_back_does_not_bring_them_back(person: User) -> None:
    boss = factories.make_user("boss@example.com", roles=(roles.ADMIN,))
    _token, secret = make(person)
    held = [(row.section, row.title) for row in holdings.own(person, at=NOW)]
    assert ("API tokens", "export") in held
    leaving.deactivate(person=person, by=boss, reason="has another job", at=NOW)
    assert reads.holder(secret, at=NOW) is None and ApiToken.objects.get().revoked_at == NOW
    person.refresh_from_db()
    leaving.reactivate(person=person, by=boss, reason="is back", at=NOW)
    assert reads.holder(secret, at=NOW) is None


def test_who_has_left_makes_no_token_from_a_page_that_was_still_open(person: User) -> None:
    """It would come alive when they come back."""
    boss = factories.make_user("boss@example.com", roles=(roles.ADMIN,))
    before = User.objects.get(pk=person.pk)
    leaving.deactivate(person=person, by=boss, reason="has another job", at=NOW)
    entries = AuditEntry.objects.count()
    with pytest.raises(access.Refused, match="^Your account is not active any more.$"):
        make(before)
    assert not ApiToken.objects.exists() and AuditEntry.objects.count() == entries


def test_an_inactive_person_has_no_token_that_works(person: User) -> None:
    _token, secret = make(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert reads.holder(secret, at=NOW) is None


def test_one_revokes_the_own_ones_and_those_of_others_do_not_exist(client: Any, person: User) -> None:
    mine, _secret = make(person, at=timezone.now())
    theirs, _secret = make(factories.make_user(), at=timezone.now())
    client.force_login(person)
    assert client.post(reverse("token-revoke", args=[theirs.pk])).status_code == 404
    assert "Revoke" in client.get(reverse("tokens")).content.decode()
    assert client.post(reverse("token-revoke", args=[mine.pk])).url == reverse("tokens")
    assert set(ApiToken.objects.exclude(revoked_at=None)) == {mine}
    page = client.get(reverse("tokens")).content.decode()
    assert "revoked" in page and reverse("token-revoke", args=[mine.pk]) not in page
    with pytest.raises(access.Refused):
        tokens.revoke(token=theirs, by=person, at=NOW)


def test_use_is_noted_once_a_minute_and_leaves_no_history(person: User) -> None:
    token, _secret = make(person)
    rows, entries = token.history.count(), AuditEntry.objects.count()
    for seconds in (0, 30, 61):
        tokens.note_use(token, at=NOW + timedelta(seconds=seconds))
    token.refresh_from_db()
    assert token.last_used_at == NOW + timedelta(seconds=61)
    assert (token.history.count(), AuditEntry.objects.count()) == (rows, entries)


@pytest.mark.parametrize("change", [{"scope": "root"}, {"expires_at": NOW}])
def test_the_table_takes_no_token_that_cannot_be(person: User, change: dict[str, Any]) -> None:
    token, _secret = make(person)
    with pytest.raises(IntegrityError), transaction.atomic():
        ApiToken.objects.filter(pk=token.pk).update(**change)


# Asked twice


def test_a_request_that_comes_again_is_answered_again_and_done_once(person: User) -> None:
    token, _secret = make(person)
    done: list[int] = []

    def work() -> dict[str, Any]:
        done.append(1)
        return {"number": len(done)}

    def ask(request: bytes = b"body", minutes: int = 0, key: str = "k") -> Any:
        at = NOW + timedelta(minutes=minutes)
        return idempotency.once(work, token=token, key=key, request=request, at=at)

    assert ask() == ({"number": 1}, False)
    assert ask(minutes=24 * 60 - 1) == ({"number": 1}, True)
    with pytest.raises(idempotency.OtherRequest):
        ask(b"another body")
    assert ask(b"another body", key="k2") == ({"number": 2}, False)
    assert ask(b"another body", minutes=24 * 60) == ({"number": 3}, False)  # a day later the key is free
    with pytest.raises(IntegrityError), transaction.atomic():
        IdempotencyKey.objects.create(token=token, key="k", body_hash="", created_at=NOW)


def test_a_refused_request_leaves_its_key_free(person: User) -> None:
    token, _secret = make(person)

    def refuse() -> dict[str, Any]:
        raise tokens.Gone("no")

    with pytest.raises(tokens.Gone):
        idempotency.once(refuse, token=token, key="k", request=b"", at=NOW)
    assert not IdempotencyKey.objects.exists()


# In the admin


@pytest.fixture
def boss(client: Any) -> User:
    boss = factories.make_user("boss@example.com", name="Boss", roles=(roles.ADMIN,))
    client.force_login(boss)
    return boss


def test_an_admin_sees_every_token_and_no_secret(client: Any, boss: User, person: User) -> None:
    token, secret = make(person)
    page = client.get(reverse("admin:portal_apitoken_changelist")).content.decode()
    one = client.get(reverse("admin:portal_apitoken_change", args=[token.pk]))
    assert one.status_code == 200 and "export" in page and ">Ada<" in page
    assert secret not in page and token.digest not in page + one.content.decode()
    assert client.post(reverse("admin:portal_apitoken_change", args=[token.pk]), {"name": "mine"}).status_code == 403
    assert client.get(reverse("admin:portal_apitoken_add")).status_code == 403


def test_an_admin_revokes_the_token_of_somebody_else_and_says_why(client: Any, boss: User, person: User) -> None:
    token, secret = make(person, at=timezone.now())
    form = {"action": "revoke", "_selected_action": [str(token.pk)]}
    url = reverse("admin:portal_apitoken_changelist")
    client.post(url, form)
    assert reads.holder(secret, at=timezone.now()) == token  # nobody said why
    client.post(url, form | {"reason": "found in a public script"})
    assert reads.holder(secret, at=timezone.now()) is None
    row = token.history.latest()
    assert (row.reason, row.history_user) == ("found in a public script", boss)
    assert AuditEntry.objects.get(verb="api_token.revoked").actor == boss
