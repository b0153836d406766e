"""Search over everything that the apps offer; each of them shows a person only what that person may open."""

from dataclasses import dataclass
from typing import Any

from portal import registry
from portal.models import User

TYPED = 200  # characters that are read
FEW, MANY = 6, 30  # of one kind, in the palette and on the page


@dataclass(frozen=True)
class Hit:
    """One thing found: `detail` stands beside its title, `severity` is "sev1" … "sev4" or empty."""

    title: str
    url: str
    detail: str = ""
    severity: str = ""


@dataclass(frozen=True)
class Found:
    """Things of one kind; `more` is the address of all of them, or empty."""

    word: Any
    hits: list[Hit]
    more: str = ""


def clean(text: str) -> str:
    return text.replace("\x00", "").strip()[:TYPED]


def search(user: User, text: str, *, limit: int) -> list[Found]:
    """What fits `text`, at most `limit` of each kind; incidents first. Nothing for an empty text."""
    if not text:
        return []
    found = (find(user, text, limit=limit) for _, find in registry.search.items())
    return [one for one in found if one is not None and one.hits]
