"""Secrets do not belong into events: what looks like one is replaced before anything is stored (D32).

Redacted are the values of keys that name a secret, bearer and basic credentials, passwords in addresses, well
known token shapes, and payment card numbers (13 to 19 digits that pass the Luhn check).
"""

import re
from typing import Any

MARK = "[redacted]"
SECRET_KEY = re.compile(
    r"pass(word|wd|phrase)?$|passwd|password|pwd|secret|token|authori[sz]ation|api[_-]?key|access[_-]?key|private[_-]?key|credential"
    r"|cookie|session[_-]?id|signature|card[_-]?number|^cvv$|^cvc$|^iban$|^pin$",
    re.IGNORECASE,
)
SECRET_TEXT = (
    re.compile(r"\b(?:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE),
    re.compile(r"(?<=://)[^/\s:@]{1,200}:[^/\s@]{1,200}(?=@)"),
    re.compile(
        r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|xox[abposr]-[A-Za-z0-9-]{10,}|AKIA[0-9A-Z]{16}|whsec_[A-Za-z0-9+/=]{16,})"
    ),
    re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"),
    re.compile(
        r"(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|access[_-]?key|authorization)[\"']?\s*[=:]\s*"
        r"[\"']?[^\s,;&\"']{3,}",
        re.IGNORECASE,
    ),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL),
)
# NOTE: card numbers begin with 2 to 6; without that, one in ten times in milliseconds would pass for one.
CARD = re.compile(r"(?<![\d.])[2-6](?:[ -]?\d){12,18}(?!\.?\d)")


def scrub(value: Any, *, named_secret: bool = False) -> Any:
    """`value` (JSON) without secrets; structure and harmless values stay as they are."""
    if isinstance(value, dict):
        return {
            key: scrub(item, named_secret=named_secret or bool(SECRET_KEY.search(key))) for key, item in value.items()
        }
    if isinstance(value, list):
        return [scrub(item, named_secret=named_secret) for item in value]
    if named_secret and value not in (None, "", True, False):
        return MARK
    if isinstance(value, str):
        return scrub_text(value)
    if isinstance(value, int) and not isinstance(value, bool) and is_card(str(value)):
        return MARK
    return value


def scrub_text(text: str) -> str:
    """The same for one text."""
    for pattern in SECRET_TEXT:
        text = pattern.sub(MARK, text)
    return CARD.sub(lambda found: MARK if is_card(found.group()) else found.group(), text)


def is_card(text: str) -> bool:
    """Whether the digits of `text` pass the Luhn check of a payment card number."""
    digits = [int(sign) for sign in text if sign.isdigit()]
    if not 13 <= len(digits) <= 19 or digits[0] not in range(2, 7) or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 if digit > 4 else digit * 2 for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0
