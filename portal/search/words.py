"""Words of texts and their stems, the same for every database: what "Störungen" and "storung" have in common.

A text is cut at everything that is neither letter nor digit. A word is folded (ä is a, ß is ss, no case), then its
English and after it its German ending goes: one stem for each word, whatever the language of the text. Words that say
nothing ("the", "und") are left out, of texts and of questions alike.
"""

import re
import unicodedata
from functools import lru_cache

import snowballstemmer

LONGEST = 60  # characters of a word
MOST = 60_000  # characters of a text that are read
WORD = re.compile(r"[^\W_]+")
EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an and any are as at be been but by can did do does for from had has have he her his i if in into is it its"
        " me my no not of on or our she so that the their them then there these they this to was we were what when"
        " which who will with you your"
        " aber als am auch auf aus bei bin bis da das dass dem den der des die dies diese dieser doch durch ein eine"
        " einem einen einer eines er es fur hat hatte ich ihr im ist ja kann kein keine man mein mit nach nicht nur"
        " oder sich sie sind so uber um und uns von vor war warum was weil wenn wer wie wir wird zu zum zur",
    )
)
_ENGLISH, _GERMAN = snowballstemmer.stemmer("english"), snowballstemmer.stemmer("german")


def spoken(text: str) -> list[str]:
    """The words of `text` in lower case, in their order, as people write them."""
    clean = unicodedata.normalize("NFC", text[:MOST].encode("utf-8", "ignore").decode())
    return [word[:LONGEST].lower() for word in WORD.findall(clean)]


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """`word` without case and without what stands above or below its letters."""
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(WORD.findall("".join(sign for sign in apart if not unicodedata.combining(sign))))[:LONGEST]


@lru_cache(maxsize=100_000)
def stem(word: str) -> str:
    """What `word` has in common with its other forms; empty for a word that says nothing."""
    folded = fold(word)
    if folded in EMPTY:
        return ""
    return str(_GERMAN.stemWord(_ENGLISH.stemWord(folded))) or folded


def stems(text: str) -> list[str]:
    """The stem of each word of `text` that says something, in their order."""
    return [found for word in spoken(text) if (found := stem(word))]


def forms(text: str) -> list[str]:
    """Each folded word of `text` that is not its own stem, once: by these the beginning of a word is found."""
    folded = {fold(word): stem(word) for word in spoken(text)}
    return sorted(word for word, root in folded.items() if root and word != root)
