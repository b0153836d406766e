"""The tree made anew from its leaves in one pass, with the subtrees that the database should have stored. Pure."""

from collections.abc import Iterator, Sequence

from . import merkle
from .merkle import Range

STEP = 8  # levels between those that are stored
WIDTH = 1 << STEP


class Growth:
    """A tree that grows by leaves. Of each stored level it keeps the subtrees that are not yet part of a larger one."""

    def __init__(self) -> None:
        self.size = 0
        self._levels = [merkle.Frontier()]

    def extend(self, leaves: Sequence[bytes]) -> Iterator[tuple[Range, bytes]]:
        """Add leaves by their hashes; the stored subtrees that become complete, and their hashes.

        NOTE: it grows only as far as the iterator is followed.
        """
        start = 0
        while start < len(leaves):
            part = leaves[start : start + WIDTH - self._levels[0].size]
            self._levels[0].extend(part)
            self.size += len(part)
            start += len(part)
            yield from self._close()

    def root(self) -> bytes:
        """The root of all leaves so far (RFC 9162, 2.1.1)."""
        below: list[bytes] = []
        for level in self._levels:
            whole = merkle.Frontier(level.size, level.hashes)
            whole.extend(below)
            below = [whole.root()] if whole.size else []
        return below[0] if below else merkle.EMPTY

    def _close(self) -> Iterator[tuple[Range, bytes]]:
        level = 0
        while self._levels[level].size == WIDTH:
            (done,) = self._levels[level].hashes
            self._levels[level] = merkle.Frontier()
            level += 1
            if level == len(self._levels):
                self._levels.append(merkle.Frontier())
            self._levels[level].append(done)
            yield Range(level * STEP, (self.size >> (level * STEP)) - 1), done
