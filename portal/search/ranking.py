"""How well an entry fits what was asked, and the words around the place where it does. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from portal.search import words

TITLE, BEGINNING = 3.0, 0.5  # what a stem in the title is worth, and a word that only begins like the one asked for
ENOUGH = 1.2  # of so many of one stem, the next one hardly adds anything
FRESH, DAYS = 0.4, 90  # what a new entry is worth, and after how many days half of it
NAMED = 100.0  # for the number that was typed
AROUND = 90  # characters before and after the first word found


@dataclass(frozen=True)
class Wanted:
    """One word of a question: its `stem`, and the folded beginning of other words when it `is_open`."""

    stem: str
    start: str = ""

    def fits(self, stem: str, folded: str = "") -> bool:
        return stem == self.stem or bool(self.start) and (folded or stem).startswith(self.start)


def rarity(stems: Iterable[str], counts: Mapping[str, int], every: int) -> dict[str, float]:
    """How much each of `stems` says: the more, the fewer of `every` entries hold it."""
    return {stem: log(1 + (every + 1) / (counts.get(stem, 0) + 1)) for stem in stems}


def score(wanted: Sequence[Sequence[Wanted]], title: str, stems: str, worth: Mapping[str, float], days: float) -> float:
    """`wanted` are choices for each word asked for; `title` and `stems` are the stems of the entry."""
    titled, said = title.split(), stems.split()
    total = sum(max((_worth(one, titled, said, worth) for one in choices), default=0.0) for choices in wanted)
    return total + FRESH / (1 + max(0.0, days) / DAYS)


def _worth(one: Wanted, title: list[str], said: list[str], worth: Mapping[str, float]) -> float:
    found, often = 0.0, said.count(one.stem)
    if one.stem in title:
        found += TITLE
    elif one.start and any(stem.startswith(one.start) for stem in title):
        found += TITLE * BEGINNING
    if often:
        found += 1 + often / (often + ENOUGH)
    elif one.start:
        found += BEGINNING
    return found * worth.get(one.stem, 1.0)


def shared(asked: Mapping[str, float], title: set[str], stems: set[str]) -> float:
    """How much of what `asked` weighs, 0 to 1, an entry says; what is not in its title counts half."""
    every = sum(asked.values())
    said = sum(weight if stem in title else weight / 2 for stem, weight in asked.items() if stem in title | stems)
    return said / every if every else 0.0


def parts(text: str, is_wanted: Callable[[str], bool]) -> list[tuple[str, bool]]:
    """`text` in pieces, each with whether it is a word that was asked for."""
    found, end = [], 0
    for match in words.WORD.finditer(text):
        if is_wanted(match.group()):
            found += [(text[end : match.start()], False), (match.group(), True)]
            end = match.end()
    return [piece for piece in (*found, (text[end:], False)) if piece[0]]


def around(text: str, is_wanted: Callable[[str], bool]) -> list[tuple[str, bool]]:
    """The pieces of `text` around the first word that was asked for; its beginning when none is there."""
    text = " ".join(text.split())
    first = next((match.start() for match in words.WORD.finditer(text) if is_wanted(match.group())), 0)
    start, end = max(0, first - AROUND), min(len(text), first + 2 * AROUND)
    if start:
        start = text.find(" ", start, first) + 1 or start
    if end < len(text):
        end = text.rfind(" ", first, end) if text.rfind(" ", first, end) > first else end
    piece = parts(text[start:end], is_wanted)
    return [*([("… ", False)] if start else []), *piece, *([(" …", False)] if end < len(text) else [])]


def is_wanted(wanted: Iterable[Wanted]) -> Callable[[str], bool]:
    """Whether a word of a text, as it is written, is one of those that were asked for."""
    every = tuple(wanted)

    def judge(word: str) -> bool:
        stem = words.stem(word.lower())
        return bool(stem) and any(one.fits(stem, words.fold(word.lower())) for one in every)

    return judge
