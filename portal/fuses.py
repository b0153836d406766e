"""Redis is worth no wait to what can do without it (hints, counts): it is asked briefly, and after a failure not at
all for a while. (A client's own time-outs and retries block for many seconds.)
"""

import time

TIMEOUT = 0.3  # seconds, for connecting and for each answer
REST = 5.0  # seconds without a try after a failure


class Fuse:
    """Of one use of Redis, in this process."""

    def __init__(self) -> None:
        self._blown_until = 0.0

    @property
    def is_blown(self) -> bool:
        return time.monotonic() < self._blown_until

    def blow(self) -> None:
        self._blown_until = time.monotonic() + REST

    def reset(self) -> None:
        """For tests."""
        self._blown_until = 0.0
