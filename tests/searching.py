"""The index of the search as the clock would have it by now."""

from portal import feeds
from portal.audit.sequence import Sequencer
from portal.models import SearchEntry, SearchPart, SearchWord, User
from portal.search import index, query
from tests.factories_governance import NOW


def follow() -> None:
    """The index knows everything that was sealed until now."""
    Sequencer().seal(None, at=NOW)
    while feeds.follow(index.FEED, at=NOW):
        pass


def rebuild() -> None:
    """The index is made anew, for rows that were written past the ledger too."""
    feeds.rebuild(index.FEED, at=NOW)


def titles(user: User, text: str, **asked: object) -> list[str]:
    """Titles of what `user` finds, the best first."""
    found = query.find(user, text, at=NOW, **({"limit": 50} | asked))  # type: ignore[arg-type]
    return [result.shown.title for result in found.results]


def everything() -> tuple[set[tuple[object, ...]], set[tuple[str, str, int]], set[tuple[str, str]]]:
    """All that the index holds."""
    entries = SearchEntry.objects.values_list(
        *("kind", "subject", "reference", "title", "text", "workflow", "at", "title_stems", "stems", "forms")
    )
    known = SearchWord.objects.values_list("word", "stem", "count")
    return set(entries), set(known), set(SearchPart.objects.values_list("part", "word_id"))
