"""The stored tree: hashes of leaves and of complete subtrees, as ``portal.audit.merkle`` asks for them.

Each level that is a multiple of eight is stored, so that a hash of any other level is that of at most 128 stored ones.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from portal import bulk
from portal.audit import merkle
from portal.audit.merkle import Range
from portal.models.ledger import Leaf, Subtree


class Broken(LookupError):
    """Stored hashes are missing: the tree was tampered with."""


STEP = 8  # levels between those that are stored
WIDTH = 1 << STEP


def size() -> int:
    """How many entries the tree holds."""
    last = Leaf.objects.order_by("-index").values_list("index", flat=True).first()
    return 0 if last is None else last + 1


def root(at_size: int) -> bytes:
    """The root over the first `at_size` leaves, which are there."""
    return merkle.root(at_size, read)


def inclusion(index: int, at_size: int) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `at_size` leaves."""
    return merkle.inclusion(index, at_size, read)


def consistency(old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with that of `old` leaves."""
    return merkle.consistency(old, new, read)


def read(ranges: Collection[Range]) -> Mapping[Range, bytes]:
    """The hashes of complete subtrees; one question for each stored level. Raises Broken."""
    by_level: dict[int, list[Range]] = defaultdict(list)
    for one in ranges:
        by_level[one.level - one.level % STEP].append(one)
    found: dict[Range, bytes] = {}
    for level, some in by_level.items():
        spans = {one: _span(one, level) for one in some}
        wanted = reduce(or_, (Q(index__gte=first, index__lt=last) for first, last in spans.values()))
        rows = _stored(level).filter(wanted).values_list("index", "hash")
        stored = {index: bytes.fromhex(text) for index, text in rows}
        try:
            found |= {one: fold([stored[index] for index in range(*span)]) for one, span in spans.items()}
        except KeyError as missing:
            raise Broken(f"Hash {missing} of level {level} is missing.") from None
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash of a complete subtree over `hashes`, whose number is a power of two."""
    row = list(hashes)
    while len(row) > 1:
        row = [merkle.node_hash(row[place], row[place + 1]) for place in range(0, len(row), 2)]
    return row[0]


def close(old: int, new: int) -> None:
    """Store the subtrees that became complete when the tree grew from `old` to `new` leaves. Raises Broken."""
    level = 0
    while (first := old >> STEP) < (last := new >> STEP):
        below = _stored(level).filter(index__gte=first << STEP, index__lt=last << STEP).order_by("index")
        hashes = [bytes.fromhex(text) for text in below.values_list("hash", flat=True)]
        if len(hashes) != (last - first) * WIDTH:
            raise Broken(f"Hashes of level {level} are missing.")
        level += STEP
        rows = [
            {"level": level, "index": first + place, "hash": fold(hashes[place * WIDTH : (place + 1) * WIDTH]).hex()}
            for place in range(last - first)
        ]
        bulk.insert_values(Subtree, rows)
        old, new = first, last


def _span(one: Range, level: int) -> tuple[int, int]:
    """The places of the hashes stored at `level` that lie under `one`, from and until."""
    width = one.level - level
    return one.index << width, (one.index + 1) << width


def _stored(level: int) -> QuerySet[Leaf] | QuerySet[Subtree]:
    return Subtree.objects.filter(level=level) if level else Leaf.objects.all()
