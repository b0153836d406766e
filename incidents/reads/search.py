"""Incidents that fit some words, for the search of the portal.

Of the newest ``CANDIDATES`` that a person may see, those come first whose number was typed, then those that say all
of it in the title, open ones before ended ones.
"""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from incidents.models import Incident
from incidents.reads import board, words
from portal import registry
from portal.models import User
from portal.reads.search import Found, Hit

CANDIDATES = 100
SHOWN = ("reference", "title", "state", "severity", "reported_at")


def find(user: User, text: str, *, limit: int) -> Found | None:
    fits = words.rare(text)
    rows: dict[Any, Incident] = {}
    for seen in board.sources(user):
        by_number = seen.filter(reference=text.upper()).only(*SHOWN)
        newest = seen.filter(fits).only(*SHOWN).order_by("-reported_at", "-id")[:CANDIDATES]
        rows |= {row.pk: row for row in (*by_number[:1], *newest)}
    found = sorted(rows.values(), key=lambda row: (row.reported_at, row.pk), reverse=True)
    asked = words.read(text.lower()).wanted
    found.sort(key=lambda row: _rank(row, text.strip().upper(), asked))
    more = reverse("incidents:board") + "?" + urlencode({"state": "all", "q": text[: board.WORDS]})
    hits = [Hit(row.title, row.get_absolute_url(), _detail(row), row.severity) for row in found[:limit]]
    return Found(_("Incidents"), hits, more if len(found) > limit else "")


def _rank(row: Incident, number: str, asked: tuple[tuple[words.Term, ...], ...]) -> tuple[bool, bool, bool]:
    tail = row.reference.rpartition("-")[2]
    named = row.reference.upper() == number or (number.isdecimal() and tail.lstrip("0") == number.lstrip("0"))
    title = row.title.lower()
    is_titled = all(any(all(word in title for word in term.words) for term in choices) for choices in asked)
    return not named, not is_titled, not row.is_open


def _detail(row: Incident) -> str:
    return f"{row.reference}, {row.get_state_display()}"


def register() -> None:
    registry.search.add("1 incidents", find)
