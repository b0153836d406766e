"""What a person types into a search box, as the databases' full text search takes it.

Every word has to occur, as the beginning of a word or as a whole number ("42" is also 0042 of a reference).
"Quotes" hold words together, ``or`` stands between choices, ``-`` leaves out. Operators of the databases mean nothing
here: what is neither letter nor digit only parts words.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

TYPED = 200  # characters that are read
WORDS = 12
LONGEST = 60  # characters of a word
PREFIX = 2  # letters, from which on a word is the beginning of others
DIGITS = 4  # of the number in a reference
PIECE = re.compile(r'(?P<not>-?)(?:"(?P<phrase>[^"]*)"?|(?P<bare>[^\s"]+))')
WORD = re.compile(r"[^\W_]+")


class Matches(Protocol):
    """What both databases can be asked for."""

    def tsquery(self) -> str: ...

    def fts5(self) -> str: ...


T = TypeVar("T", bound=Matches)


@dataclass(frozen=True)
class Term:
    """`words` that follow each other; the last one may go on when `is_open`."""

    words: tuple[str, ...]
    is_open: bool

    def tsquery(self) -> str:
        parts = [f"'{word}'" for word in self.words]
        return "(" + " <-> ".join(parts) + (":*)" if self.is_open else ")")

    def fts5(self) -> str:
        return '("' + " ".join(self.words) + ('" *)' if self.is_open else '")')


@dataclass(frozen=True)
class Asked(Generic[T]):
    """Each of `wanted` has to hold, by one of its choices; none of `unwanted` may."""

    wanted: tuple[tuple[T, ...], ...] = ()
    unwanted: tuple[T, ...] = ()

    def tsquery(self) -> str:
        parts = ["(" + " | ".join(term.tsquery() for term in choices) + ")" for choices in self.wanted]
        return " & ".join(parts + ["!" + term.tsquery() for term in self.unwanted])

    def fts5(self) -> str:
        parts = ["(" + " OR ".join(term.fts5() for term in choices) + ")" for choices in self.wanted]
        return " NOT ".join([" AND ".join(parts), *(term.fts5() for term in self.unwanted)])


def read(text: str) -> Asked[Term]:
    """What `text` asks for, of its first words; nothing wanted when it holds no word that is wanted."""
    clean = unicodedata.normalize("NFC", text[:TYPED].encode("utf-8", "ignore").decode())
    wanted: list[tuple[Term, ...]] = []
    unwanted: list[Term] = []
    left, joins = WORDS, False
    for piece in PIECE.finditer(clean):
        phrase, bare = piece["phrase"], piece["bare"] or ""
        if bare.lower() == "or" and not piece["not"]:
            joins = bool(wanted)
            continue
        words = tuple(word[:LONGEST] for word in WORD.findall(phrase or bare))[:left]
        if not words:
            continue
        left -= len(words)
        choices = _choices(words, is_open=phrase is None)
        if piece["not"]:
            unwanted += choices
        elif joins:
            wanted[-1] += choices
        else:
            wanted.append(choices)
        joins = False
    return Asked(tuple(wanted), tuple(unwanted))


def _choices(words: tuple[str, ...], *, is_open: bool) -> tuple[Term, ...]:
    last = words[-1]
    if not last.isdigit():
        return (Term(words, is_open and len(last) >= PREFIX),)
    padded = (*words[:-1], last.zfill(DIGITS))
    return tuple(Term(each, False) for each in dict.fromkeys((words, padded)))
