"""How many requests one caller may make."""

from __future__ import annotations

import time
from collections.abc import Callable

MOST_CALLERS = 10_000  # who was here longest ago is forgotten


class Limiter:
    """Token buckets, one per caller: `rate` requests a second, `burst` at once; a rate of 0 is no limit."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def wait(self, caller: str, cost: float = 1.0) -> float:
        """0 when the request may go on, else the seconds until it may come again."""
        if not self._rate:
            return 0.0
        now = self._clock()
        left, seen = self._buckets.pop(caller, (float(self._burst), now))
        left = min(self._burst, left + (now - seen) * self._rate)
        allowed = left >= cost
        self._buckets[caller] = (left - cost if allowed else left, now)
        if len(self._buckets) > MOST_CALLERS:
            del self._buckets[next(iter(self._buckets))]
        return 0.0 if allowed else (cost - left) / self._rate
