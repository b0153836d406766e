"""Merkle trees over a log that only grows (RFC 9162 section 2.1; RFC 6962 has the same hashes). Pure.

Hashes are 32 bytes, leaves are numbered from 0. A tree of any size is put together from complete subtrees, which never
change once they are full: whoever stores them can give any root or proof of any earlier size.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

HASH_SIZE = 32
EMPTY = sha256(b"").digest()


class ProofError(ValueError):
    """A proof does not prove what it should, or cannot be read. The message is a sentence."""


class Range(NamedTuple):
    """The complete subtree over leaves ``index << level`` up to (without) ``(index + 1) << level``."""

    level: int
    index: int  # type: ignore[assignment]  # hides the method of tuples, which nobody asks of a range


Reader = Callable[[Collection[Range]], Mapping[Range, bytes]]


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf that holds `data` (2.1.1)."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above `left` and `right` (2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root(size: int, read: Reader) -> bytes:
    """The root of the first `size` leaves (2.1.1). Asks `read` once, unless the tree is empty."""
    if size < 0:
        raise ValueError("A tree has no negative size.")
    return _hashes([(0, size)], read)[0] if size else EMPTY


def inclusion(index: int, size: int, read: Reader) -> list[bytes]:
    """The proof that leaf `index` is in the tree of `size` leaves, its sibling first (2.1.3.1). Asks `read` once."""
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    start, end, spans = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    return _hashes(spans[::-1], read)


def consistency(old: int, new: int, read: Reader) -> list[bytes]:
    """The proof that the tree of `old` leaves is the beginning of that of `new` leaves (2.1.4.1). Asks `read` once.

    Nothing has to be proven, and the proof is empty, where the old tree is empty or the same.
    """
    if not 0 <= old <= new:
        raise ValueError(f"A tree of {old} leaves is not the beginning of one of {new}.")
    if not old:
        return []
    start, end, spans = 0, new, []
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            spans.append((middle, end))
            end = middle
        else:
            spans.append((start, middle))
            start = middle
    if start:  # else this part is the whole old tree, whose root the verifier knows
        spans.append((start, end))
    return _hashes(spans[::-1], read)


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf of hash `leaf` is at `index` of the tree of `size` and `root` (2.1.3.2).

    Raises ProofError if it is not.
    """
    _check_lengths(leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofError(f"A tree of {size} leaves has no leaf {index}.")
    place, last, made = index, size - 1, leaf
    for sibling in proof:
        if not last:
            raise ProofError("The proof is longer than the tree is high.")
        if place & 1 or place == last:
            made = node_hash(sibling, made)
            place, last = _past_single_nodes(place, last)
        else:
            made = node_hash(made, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("The proof is shorter than the tree is high.")
    if made != root:
        raise ProofError("The leaf does not lead to the root of the tree.")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the old tree is the beginning of the new one (2.1.4.2). Raises ProofError if it is not."""
    _check_lengths(old_root, new_root, *proof)
    if not 0 <= old_size <= new_size:
        raise ProofError(f"A tree of {old_size} leaves is not the beginning of one of {new_size}.")
    if not old_size and old_root != EMPTY:
        raise ProofError("The root of an empty tree is wrong.")
    if old_size == new_size and old_root != new_root:
        raise ProofError("Two trees of the same size have different roots.")
    if old_size in (0, new_size):
        if proof:
            raise ProofError("Nothing has to be proven here, so that the proof should be empty.")
        return
    _follow(old_size, new_size, old_root, new_root, proof)


def _follow(old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Steps 1 to 7 of 2.1.4.2, for ``0 < old_size < new_size``."""
    if not proof:
        raise ProofError("The proof is empty, but the tree has grown.")
    path = [old_root, *proof] if old_size.bit_count() == 1 else list(proof)
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old, new = path[0], path[0]
    for sibling in path[1:]:
        if not last:
            raise ProofError("The proof is longer than the tree is high.")
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            place, last = _past_single_nodes(place, last)
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("The proof is shorter than the tree is high.")
    if old != old_root:
        raise ProofError("The proof does not lead to the root of the old tree.")
    if new != new_root:
        raise ProofError("The proof does not lead to the root of the new tree.")


class Frontier:
    """A tree that grows and keeps of itself only its largest complete subtrees, one for each bit of its size."""

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self.size, self._hashes = size, list(hashes)
        if size < 0 or len(self._hashes) != size.bit_count() or set(map(len, self._hashes)) - {HASH_SIZE}:
            raise ValueError(f"These are not the complete subtrees of {size} leaves.")

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """The subtrees, from left (the largest) to right."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf by its hash."""
        self.extend([leaf])

    def extend(self, leaves: Collection[bytes]) -> None:
        """Add leaves by their hashes: one node hash a leaf, level by level."""
        layer, right, bits = list(leaves), [], self.size
        if set(map(len, layer)) - {HASH_SIZE}:
            raise ValueError(f"The hash of a leaf has {HASH_SIZE} bytes.")
        self.size += len(layer)
        while layer:
            if bits & 1:
                layer.insert(0, self._hashes.pop())
            if len(layer) & 1:
                right.append(layer.pop())
            layer = list(map(node_hash, layer[::2], layer[1::2]))
            bits >>= 1
        self._hashes += reversed(right)

    def root(self) -> bytes:
        """The root of all leaves so far."""
        return _fold(self._hashes) if self._hashes else EMPTY


def _split(count: int) -> int:
    """The largest power of two below `count`, which is at least 2."""
    return 1 << (count - 1).bit_length() - 1


def _ranges(start: int, end: int) -> list[Range]:
    """The complete subtrees, from left to right, of a span that is the part of a tree below one node."""
    ranges = []
    while start < end:
        level = (end - start).bit_length() - 1
        ranges.append(Range(level, start >> level))
        start += 1 << level
    return ranges


def _hashes(spans: Sequence[tuple[int, int]], read: Reader) -> list[bytes]:
    """The hash of the node above each span (first leaf, leaf behind the last)."""
    wanted = [_ranges(start, end) for start, end in spans]
    if not wanted:
        return []
    known = read([part for parts in wanted for part in parts])
    return [_fold([known[part] for part in parts]) for parts in wanted]


def _fold(hashes: Sequence[bytes]) -> bytes:
    """The hash above complete subtrees that stand side by side, the largest first."""
    made = hashes[-1]
    for left in hashes[-2::-1]:
        made = node_hash(left, made)
    return made


def _past_single_nodes(place: int, last: int) -> tuple[int, int]:
    """Go up as long as the node has no sibling (inner step of 2.1.3.2 and 2.1.4.2)."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _check_lengths(*hashes: bytes) -> None:
    if any(len(each) != HASH_SIZE for each in hashes):
        raise ProofError(f"A hash does not have {HASH_SIZE} bytes.")
