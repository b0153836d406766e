"""What must not be in a text for people outside: names, addresses, references of the portal, and keys (D102)."""

import re
from collections.abc import Iterable

ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
REFERENCE = re.compile(r"\b(?:INC|REV|ACT|DEC|FBK|CR|REP)-\d[\d-]*\b")
LONG = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
NUMBER = re.compile(r"(?<![\w.,])\d{6,}(?![\w.,]*\d)")
"""Six digits and more without a point: an order, a customer, a telephone; amounts are written with points."""


def named(text: str, names: Iterable[str]) -> list[str]:
    """The parts of `text` that say who or what it was, each once, in the order of the kinds."""
    found = [match[0] for rule in (ADDRESS, REFERENCE, NUMBER) for match in rule.finditer(text)]
    found += [match[0] for match in LONG.finditer(text) if _is_key(match[0])]
    said = " ".join(text.split())
    found += [name for name in names if name.strip() and _says(said, name)]
    return list(dict.fromkeys(found))


def _is_key(word: str) -> bool:
    """Letters and digits mixed: no word of a language."""
    return any(sign.isdigit() for sign in word) and any(sign.isalpha() for sign in word)


def _says(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(' '.join(name.split()))}(?!\w)", text, re.IGNORECASE) is not None
