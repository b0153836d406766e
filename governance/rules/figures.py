"""Sums from which figures about many incidents are read at once: counts, totals and percentiles (P13).

A measure of an incident is a whole number (seconds, or how many). It is counted in a bucket, whose width is at most
one percent of the number, so that percentiles of any number of incidents are read from a few hundred counts. Counts
and means are exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import ceil

EXACT = 128
"""Whole numbers below this have a bucket of their own."""
HALVES = 64
"""Buckets of equal width between a power of two and the next: the widest is 1/64 of its least number."""


def bucket(value: int) -> int:
    """The bucket of `value`, which is not negative; larger values have larger buckets."""
    if value < EXACT:
        return value
    shift = value.bit_length() - EXACT.bit_length() + 1
    return EXACT + (shift - 1) * HALVES + (value >> shift) - HALVES


def least(number: int) -> int:
    """The least value of bucket `number`."""
    if number < EXACT:
        return number
    shift, place = divmod(number - EXACT, HALVES)
    return (place + HALVES) << (shift + 1)


def middle(number: int) -> float:
    """What stands for every value of bucket `number`."""
    return (least(number) + least(number + 1) - 1) / 2


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """The value that `share` of all (0 to 1) do not exceed, by nearest rank; None of nothing."""
    total = sum(counts.values())
    if not total:
        return None
    rank, seen = max(1, ceil(share * total - 1e-9)), 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= rank:
            return middle(number)
    raise AssertionError("a rank beyond all counts")


def counted(values: Iterable[int]) -> dict[int, int]:
    """How many of `values` are in each bucket."""
    found: dict[int, int] = {}
    for value in values:
        place = bucket(value)
        found[place] = found.get(place, 0) + 1
    return found
