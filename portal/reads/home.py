"""What needs a person now: the cards of all apps, soonest first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from portal import registry
from portal.models import ContactMethod, User

SHOWN = 8
FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Item:
    """One thing that wants something of the person: `title` says what, `reason` why and what happens otherwise.

    `button` is the verb ("Acknowledge"), `severity` is "sev1" … "sev4" or empty, `tone` overrides the one of
    the time left (info, ok, warn, bad), `start` is when its time began to run, `grace` how long it is
    "due now" before it is late.
    """

    title: str
    reason: str
    url: str
    button: str
    due_at: datetime | None = None
    severity: str = ""
    tone: str = ""
    start: datetime | None = None
    grace: timedelta | None = None


@dataclass(frozen=True)
class Part:
    """A card below what needs the person, drawn by `template` as ``part``; `words` is what it shows."""

    template: str
    words: Any


@dataclass(frozen=True)
class Ahead:
    """What comes next for somebody whom nothing needs now, at `at` (None: no known date), and one way on."""

    url: str
    button: str
    sentence: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Now:
    """`first` has the only primary button; `others` are at most seven unless all are asked for, `more` says how many
    are left out.

    `ahead` is the next known date, asked for only when nothing waits.
    """

    first: Item | None
    others: list[Item]
    more: int
    reachable: bool
    ahead: Ahead | None = None


def now(user: User, *, at: datetime, every: bool = False) -> Now:
    """What needs `user`, by due time, the first eight or `every` thing; what has none comes last."""
    cards: list[tuple[str, Callable[..., list[Any]]]] = registry.home_cards.items()
    items: list[Item] = [item for _, card in cards for item in card(user, at=at)]
    items.sort(key=lambda item: (item.due_at or FOREVER, item.severity or "sev9"))
    reachable = ContactMethod.objects.filter(user=user, is_active=True, verified_at__isnull=False).exists()
    if not items:
        return Now(None, [], 0, reachable, _ahead(user, at))
    shown = len(items) if every else SHOWN
    return Now(items[0], items[1:shown], max(0, len(items) - shown), reachable)


def _ahead(user: User, at: datetime) -> Ahead | None:
    known = [found for _, ahead in registry.home_ahead.items() if (found := ahead(user, at=at)) is not None]
    return min(known, key=lambda found: found.at or FOREVER, default=None)


def parts(user: User, *, at: datetime) -> list[Part]:
    """What else stands on the page of `user`: lists of all apps."""
    found = (part(user, at=at) for _, part in registry.home_parts.items())
    return [part for part in found if part is not None]
