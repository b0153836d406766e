"""Incidents that hold what a person typed (``portal.search.asking``), for the list of incidents."""

from django.db.models import Q

from incidents.models import words as indexed
from portal.search.asking import Asked, read

FEW = 1_000  # incidents whose keys are read before the incidents


def matching(text: str, *, of_any: bool = False) -> Q:
    """Incidents that hold what `text` asks for (`of_any`: one of its words at least); none for a text without words."""
    asked = read(text)
    if of_any and asked.wanted:
        asked = Asked((tuple(term for choices in asked.wanted for term in choices),), asked.unwanted)
    if not asked.wanted:
        return Q(pk__in=[])
    return Q(indexed.Holds(asked.tsquery(), asked.fts5()))


def rare(text: str) -> Q:
    """``matching``, by the keys of the incidents where these are few."""
    asked = read(text)
    found = indexed.few(asked.tsquery(), FEW) if asked.wanted else None
    return matching(text) if found is None else Q(pk__in=found)
