"""Terms found in a text: whole words, the longest term first, upper and lower case alike.

A word runs over hyphens, so that neither "Rollbackplan" nor "Rollback-Plan" holds the term "Rollback". Addresses of
pages and mail are skipped. The words of a term are looked up one after the other, so the time grows with the text and
not with the number of terms.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

_WORD = r"[\w\u0300-\u036f]+(?:[-\u2010\u2011][\w\u0300-\u036f]+)*"
_TOKEN = re.compile(rf"(?:https?://|www\.)[^\s<>\"]+|[\w.+-]{{1,64}}@[\w-]+(?:\.[\w-]+)*|(?P<word>{_WORD})")

Step = tuple[str, str]
"""What stands before a word (one space for any white space), and the word."""


@dataclass(frozen=True, slots=True)
class Found:
    """The term `key` stands in [start, end) of the text."""

    start: int
    end: int
    key: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text; `key` is the term that it is, None for all else."""

    text: str
    key: str | None = None


@dataclass(slots=True)
class _Node:
    key: str | None = None
    next: dict[Step, _Node] = field(default_factory=dict)


class Matcher:
    """Finds terms, given as (key, everything it is called). Of two terms with the same words the first one counts."""

    def __init__(self, terms: Iterable[tuple[str, Iterable[str]]]) -> None:
        self._root = _Node()
        for key, words in terms:
            for steps in filter(None, map(steps_of, words)):
                node = self._root
                for step in steps:
                    node = node.next.setdefault(step, _Node())
                node.key = node.key or key

    def found(self, text: str) -> Iterator[Found]:
        """Every place where a term stands, in order and without overlap."""
        words = _words(text)
        index = 0
        while index < len(words):
            end, key = self._longest(words, index)
            if key is None:
                index += 1
                continue
            yield Found(words[index][1], words[end - 1][2], key)
            index = end

    def _longest(self, words: list[tuple[Step, int, int]], index: int) -> tuple[int, str | None]:
        """The place after the longest term that begins at `index`, and its key."""
        node, end, key = self._root, index, None
        for place in range(index, len(words)):
            (gap, word), _start, _end = words[place]
            following = node.next.get(("" if place == index else gap, word))
            if following is None:
                break
            node = following
            if node.key is not None:
                end, key = place + 1, node.key
        return end, key

    def segments(self, text: str, *, seen: set[str] | None = None) -> list[Segment]:
        """`text` in pieces; a term is marked where it stands first. `seen` are terms that were marked before."""
        seen = set() if seen is None else seen
        pieces, done = [], 0
        for item in self.found(text):
            if item.key in seen:
                continue
            seen.add(item.key)
            if item.start > done:
                pieces.append(Segment(text[done : item.start]))
            pieces.append(Segment(text[item.start : item.end], item.key))
            done = item.end
        if done < len(text):
            pieces.append(Segment(text[done:]))
        return pieces


def steps_of(words: str) -> tuple[Step, ...]:
    """A term as it is looked up. Empty when it begins or ends with a sign that is no part of a word: never found."""
    found = _words(words)
    if not found or found[0][1] != 0 or found[-1][2] != len(words):
        return ()
    first, *rest = (step for step, _start, _end in found)
    return (("", first[1]), *rest)


def folded(words: str) -> str:
    """Two terms that are the same to a reader: without regard to case and to how much space there is."""
    return " ".join(unicodedata.normalize("NFC", words.casefold()).split())


def _words(text: str) -> list[tuple[Step, int, int]]:
    """The words of `text` with what stands before each, and from where to where they stand."""
    words, last = [], 0
    for token in _TOKEN.finditer(text):
        if token["word"] is None:
            continue
        word = unicodedata.normalize("NFC", token["word"].casefold()).replace("\u2010", "-").replace("\u2011", "-")
        words.append(((_gap(text[last : token.start()]), word), token.start(), token.end()))
        last = token.end()
    return words


def _gap(between: str) -> str:
    """White space within a paragraph is one space; anything else is what it is."""
    return " " if between.isspace() and between.count("\n") < 2 else between
