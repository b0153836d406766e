"""What the apps tell about the things that can be found."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from portal.models import User


@dataclass(frozen=True)
class Entry:
    """What can be found about one thing; `subject` is its key as text, `reference` what people call it by number."""

    subject: str
    title: str
    text: str
    at: datetime
    reference: str = ""
    workflow: UUID | None = None


@dataclass(frozen=True)
class Shown:
    """How a thing stands in the list now: `detail` beside its title, `severity` is "sev1" … "sev4" or empty."""

    title: str
    url: str
    detail: str = ""
    severity: str = ""


@dataclass(frozen=True)
class Searched:
    """One kind of what can be found.

    `word` names many of them; `touches` gives, for a model label in lower case, how its keys lead to subjects;
    `entries` says what there is about subjects (None: about all of the kind), nothing for what cannot be found any
    more; `seen` judges for a person which of some subjects that person may open, and `shown` says how those look that
    were judged: a constant number of queries each. What `stands` is knowledge that stays, among much that happens.
    `all_of` is the address of a page that lists all that fit a text.
    """

    word: Any
    touches: Mapping[str, Callable[[set[str]], Iterable[str]]]
    entries: Callable[[set[str] | None], Iterator[Entry]]
    seen: Callable[[User, set[str]], set[str]]
    shown: Callable[[set[str]], dict[str, Shown]]
    stands: bool = False
    all_of: Callable[[str], str] | None = None


def same(keys: set[str]) -> set[str]:
    """The keys of rows that are the subjects."""
    return keys


def everybody(user: User, subjects: set[str]) -> set[str]:
    """What everybody may read who has signed in."""
    return subjects
