"""The event loop is never blocked: whoever waits for the service lets everybody else run."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Self

from modeldeck import Transport
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import expect
from modeldeck.testing.cases import each_cell
from modeldeck.testing.rows import TEXT, Got, Row, Way, options
from modeldeck.testing.suite import Suite

STALL = 0.05  # seconds in one turn of the loop; a turn of ours takes less than a tenth of it
TRIES = 4  # a busy machine stalls one run or the other, a call that blocks stalls each


class Ticker:
    """`with Ticker() as ticker`: turns of the running loop are counted, and the longest is measured.

    What the system's scheduler took from this thread is none of it, where the system says how much that was. `watch`: a
    thread looks at what holds the loop up.
    """

    def __init__(self, *, watch: bool = False) -> None:
        self.longest = 0.0
        self.turns = 0
        self.place = ""
        self._file = f"/proc/self/task/{threading.get_native_id()}/schedstat"
        self._loop_thread = threading.get_ident()
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._look, name="ticker") if watch else None

    def __enter__(self) -> Self:
        self._before = self._now()
        asyncio.get_running_loop().call_soon(self._tick)
        if self._watcher is not None:
            self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._watcher is not None:
            self._watcher.join()

    def _now(self) -> float:
        """Seconds, without those that this thread waited for a processor."""
        try:
            with open(self._file, encoding="ascii") as file:
                waited = int(file.read().split()[1]) / 1e9
        except (OSError, IndexError, ValueError):
            waited = 0.0
        return time.perf_counter() - waited

    def _tick(self) -> None:
        if self._over.is_set():
            return
        now = self._now()
        self.longest = max(self.longest, now - self._before)
        self._before = now
        self.turns += 1
        asyncio.get_running_loop().call_soon(self._tick)

    def _look(self) -> None:
        seen, since = self.turns, 0
        while not self._over.wait(STALL / 10):
            since = since + 1 if self.turns == seen else 0
            seen = self.turns
            if since >= 5 and not self.place:
                frames = traceback.extract_stack(sys._current_frames()[self._loop_thread])
                own = [one for one in frames if os.sep + "asyncio" + os.sep not in one.filename]
                self.place = " called at ".join(f"{one.filename}:{one.lineno}" for one in reversed(own[-3:]))


class Loop(Suite):
    @each_cell
    async def test_the_event_loop_is_never_blocked(self, box: Sandbox, row: Row, way: Way) -> None:
        async with self.nothing_left(box), Transport() as transport, asyncio.timeout(30):
            model = row.build(box.url, transport, **options(way))
            await way(model, TEXT, Got())  # what is imported at the first call may take its time
            longest, place = STALL, ""
            for run in range(TRIES):
                with Ticker(watch=run > 0) as ticker:
                    await way(model, TEXT, Got())
                longest, place = ticker.longest, ticker.place or place
                if longest < STALL:
                    break
        expect(
            longest < STALL,
            f"{row.name} blocks the event loop ({row.id}, {way.__name__}): nothing else ran for {longest:.2f} "
            f"s, at {place or 'an unknown place'}. Await: asyncio.sleep, `self.transport`, or "
            "asyncio.to_thread for what cannot be awaited; long work is done in pieces",
        )
