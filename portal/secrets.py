"""Secrets that must be readable again (signing keys) are stored encrypted with ``DATA_KEYS``, newest first.

Random secrets that are only recognized are stored as their SHA-256.
"""

import base64
import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """None of ``DATA_KEYS`` opens this secret."""


def _keys() -> MultiFernet:
    return MultiFernet([Fernet(key.strip()) for key in settings.DATA_KEYS])


def encrypt(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def decrypt(stored: str) -> str:
    """The plain text of `stored`; empty stays empty."""
    if not stored:
        return ""
    try:
        return _keys().decrypt(stored.encode()).decode()
    except InvalidToken:
        raise Unreadable("a stored secret does not open with any of DATA_KEYS") from None


def signing_secret() -> str:
    """A new secret in the form of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def token(prefix: str) -> str:
    """A new random secret of 256 bits behind `prefix`, by which scanners of published files know it."""
    return prefix + secrets.token_urlsafe(32)


def digest(text: str) -> str:
    """SHA-256, hexadecimal: enough for what is random."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
