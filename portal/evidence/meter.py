"""How far a pack is, for whoever waits for it."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
EVERY = 200  # steps


class Meter:
    """Counts steps and tells `progress` (done, total) now and then; without it nobody is told."""

    def __init__(self, progress: Progress | None = None) -> None:
        self.progress, self.done, self.total = progress, 0, 0
        self._told = 0

    def expect(self, steps: int) -> None:
        self.total += steps
        self.tell()

    def step(self, steps: int = 1) -> None:
        self.done += steps
        if self.done - self._told >= EVERY or self.done == self.total:
            self.tell()

    def tell(self) -> None:
        self._told = self.done
        if self.progress is not None:
            self.progress(self.done, self.total)
