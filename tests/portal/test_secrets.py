"""Secrets that must be readable again."""

from typing import Any

import pytest

from portal import secrets


def test_a_stored_secret_opens_with_the_key_it_was_closed_with_and_after_a_new_key_came(settings: Any) -> None:
    stored = secrets.encrypt("whsec_abc")
    assert "whsec" not in stored
    settings.DATA_KEYS = ["QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", *settings.DATA_KEYS]
    assert secrets.decrypt(stored) == "whsec_abc"
    settings.DATA_KEYS = settings.DATA_KEYS[:1]
    with pytest.raises(secrets.Unreadable):
        secrets.decrypt(stored)
