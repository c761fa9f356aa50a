"""What a process uses, as Linux tells it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from pathlib import Path

TICK = 0.001  # seconds


class Ticker:
    """`async with Ticker() as ticker`: how late a timer rings meanwhile, and how large the process becomes.

    `late` in seconds; `busy`: how much of each wait this thread was on a core, which is what the code itself made
    the loop wait. `kilobytes`: resident, more than at the start, at the most.
    """

    def __init__(self, every: float = TICK) -> None:
        self.late: list[float] = []
        self.busy: list[float] = []
        self.kilobytes = 0.0
        self._every = every
        self._over = False

    async def __aenter__(self) -> Ticker:
        self._ticking = asyncio.create_task(self._tick(), name="ticker")
        await asyncio.sleep(10 * self._every)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over = True
        await self._ticking

    async def _tick(self) -> None:
        size, looked = resident(), time.perf_counter()
        while not self._over:
            start, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(self._every)
            now = time.perf_counter()
            self.busy.append(time.thread_time() - cpu)
            self.late.append(now - start - self._every)
            if now - looked > 0.02:
                self.kilobytes, looked = max(self.kilobytes, resident() - size), now


def resident() -> float:
    """Kilobytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1000


def threads() -> int:
    return len(os.listdir("/proc/self/task"))


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def process_seconds(process: int) -> float:
    """CPU seconds of another process."""
    threads = Path(f"/proc/{process}/task").iterdir()
    return sum(int(thread.joinpath("schedstat").read_text().split()[0]) for thread in threads) / 1e9


def waiting() -> float:
    """Seconds that the main thread was ready to run and had no core."""
    return int(Path("/proc/self/schedstat").read_text().split()[1]) / 1e9


def part_from(process: int) -> None:
    """Give that process a core, and this one the others: the system likes to have two that talk share one."""
    first, *others = sorted(os.sched_getaffinity(0))
    if others:
        os.sched_setaffinity(process, {first})
        os.sched_setaffinity(0, set(others))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]
