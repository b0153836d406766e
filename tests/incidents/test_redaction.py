"""Secrets are replaced before anything is stored; what only looks odd stays (D32)."""

from typing import Any

import pytest

from portal.redaction import MARK, scrub, scrub_text


@pytest.mark.parametrize(
    "key",
    [
        "password", "Password", "userPassword", "db_passwd", "pwd", "passphrase", "token", "access_token", "apiKey",
        "api-key", "x-api-key", "client_secret", "Authorization", "Cookie", "set-cookie", "private_key", "sessionId",
        "credentials", "cardNumber", "cvv", "pin", "iban",
    ],
)  # fmt: skip
def test_the_value_of_a_secret_name_is_replaced(key: str) -> None:
    assert scrub({"a": [{key: "s3cret-value"}]}) == {"a": [{key: MARK}]}
    assert scrub({key: {"deep": ["x1", {"deeper": 12345}]}}) == {key: {"deep": [MARK, {"deeper": MARK}]}}


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdef123456",
        "basic dXNlcjpwYXNzd29yZA==",
        "postgres://app:hunter2@db/prod",
        "ghp_abcdefghijklmnopqrstuvwxyz0123",
        "AKIAIOSFODNN7EXAMPLE",
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        "login failed: password=hunter2 for app",
        '{"password": "hunter2"}',
        "api_key: 0123456789",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
        "card 4111 1111 1111 1111 declined",
        "card 4111-1111-1111-1111 declined",
        "card 378282246310005.",
    ],
)
def test_a_secret_inside_a_text_is_replaced(text: str) -> None:
    safe = scrub_text(text)
    assert MARK in safe
    for secret in (
        "abcdef123456",
        "hunter2",
        "dXNlcjpw",
        "ghp_",
        "AKIA",
        "whsec_C2",
        "eyJ",
        "0123456789",
        "1111",
        "3782",
    ):
        assert secret not in safe


@pytest.mark.parametrize(
    "value",
    [
        {"order_id": 4711, "amount": 99.5, "customer": "ACME", "paid": False, "note": None},
        {"order": "4711471147114711", "at": 1763728800009, "phone": "+49 30 1234567"},
        {"id": "01a1fe3c-bd48-7b9a-8365-4899fd04fd50", "zeros": "0000000000000000", "url": "https://example.org/a:b"},
        {"text": "The author passed the compass; 12 tokens are fine", "list": [1, "2", [3.14159265358979]]},
        {"password": "", "token": None, "secret": True},
    ],
)
def test_harmless_values_stay_as_they_are(value: dict[str, Any]) -> None:
    assert scrub(value) == value


def test_a_card_number_is_found_as_a_number_too() -> None:
    assert scrub({"x": [4111111111111111, 4111111111111112]}) == {"x": [MARK, 4111111111111112]}
