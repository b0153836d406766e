"""The definitions of RFC 6962 section 2.1 as they stand there, slow and recursive: what the ledger is measured by."""

from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256

from portal.audit.merkle import Range


def split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def root(entries: Sequence[bytes]) -> bytes:
    """MTH(D[n])."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return sha256(b"\x01" + root(entries[:k]) + root(entries[k:])).digest()


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH(m, D[n])."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), root(entries[k:])]
    return [*path(m - k, entries[k:]), root(entries[:k])]


def proof(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PROOF(m, D[n])."""
    return subproof(m, entries, True)


def subproof(m: int, entries: Sequence[bytes], known: bool) -> list[bytes]:
    """SUBPROOF(m, D[n], b)."""
    if m == len(entries):
        return [] if known else [root(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], known), root(entries[k:])]
    return [*subproof(m - k, entries[k:], False), root(entries[:k])]


class Store:
    """Complete subtrees of `entries`, worked out by definition; counts how often it was asked."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.entries, self.asked = entries, 0
        self.known: dict[Range, bytes] = {}

    def read(self, wanted: Collection[Range]) -> Mapping[Range, bytes]:
        self.asked += 1
        return {each: self.one(each) for each in wanted}

    def one(self, part: Range) -> bytes:
        if part not in self.known:
            level, index = part
            assert index >= 0 and (index + 1) << level <= len(self.entries), "asked for an incomplete subtree"
            if level:
                left, right = self.one(Range(level - 1, 2 * index)), self.one(Range(level - 1, 2 * index + 1))
                self.known[part] = sha256(b"\x01" + left + right).digest()
            else:
                self.known[part] = sha256(b"\x00" + self.entries[index]).digest()
        return self.known[part]
