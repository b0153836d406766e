"""Which known words a mistyped one may stand for, without looking at all of them.

A word is known by its `parts`: what is left of its beginning when a letter or two are left out. Two words that few
edits part share such a part, so that looking up the parts of what was typed finds every word that it may stand for;
`distance` then judges those. One edit puts in, leaves out, replaces or swaps neighbours; a short word may be one edit
away, a long one two (the shortest are taken as typed).
"""

from itertools import combinations

SHORTEST, LONG = 4, 8  # letters from which on one edit, and two edits, are allowed
LONGEST = 24  # letters of a word that is known
START = 7  # letters of the beginning whose parts are kept


def allowed(word: str) -> int:
    """Edits that may part `word`, as it was typed, from what was meant."""
    return 0 if len(word) < SHORTEST else 1 if len(word) < LONG else 2


def parts(word: str, edits: int) -> set[str]:
    """The beginning of `word` with up to `edits` letters left out."""
    start = word[:START]
    places = range(len(start))
    return {
        "".join(letter for place, letter in enumerate(start) if place not in gone)
        for count in range(min(edits, len(start)) + 1)
        for gone in combinations(places, count)
    }


def known_parts(word: str) -> set[str]:
    """The parts by which `word` is known: whatever is typed for it, ``asked_parts`` of that hold one of them."""
    return parts(word, 2 if len(word) >= LONG - 2 else 1)


def asked_parts(typed: str) -> set[str]:
    """The parts by which words are looked up that `typed` may stand for."""
    return parts(typed, allowed(typed))


def distance(one: str, other: str, most: int) -> int:
    """Edits between two words, no letter edited twice; more than `most` is told as `most` + 1."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        now = [row]
        for column, against in enumerate(other, 1):
            cost = min(last[column] + 1, now[-1] + 1, last[column - 1] + (letter != against))
            if row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == against:
                cost = min(cost, before[column - 2] + 1)
            now.append(cost)
        if min(now) > most and (not last or min(last) > most):
            return most + 1
        before, last = last, now
    return min(last[-1], most + 1)


def meant(typed: str, known: dict[str, int], most: int) -> list[str]:
    """Of the `known` words (with how often they are used) those that `typed` may stand for, the likeliest first.

    Fewer edits come first, then the same first letter, then what is used more often. Never `typed` itself.
    """
    far = allowed(typed)
    found = [(away, word) for word in known if 0 < (away := distance(typed, word, far)) <= far]
    found.sort(key=lambda row: (row[0], row[1][:1] != typed[:1], -known[row[1]], row[1]))
    return [word for _away, word in found[:most]]
