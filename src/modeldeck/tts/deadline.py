"""A time-out around many short waits, at the cost of one timer."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any

CLOSING = 2.0  # seconds that a hook may take to close


class Deadline:
    """`with deadline.until(due): await …` raises TimeoutError when `due` (of the loop's clock) passes in the wait.

    One wait at a time, in any task. A wait that goes on while it is being cancelled is cancelled once more,
    `CLOSING` seconds later. The timer is set anew only when it fires too early.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None
        self._due: float | None = None
        self._cancelling = 0
        self._hits = 0

    def until(self, due: float | None) -> Deadline:
        self._due = due
        return self

    @property
    def due(self) -> float | None:
        """Of the wait that is going on; None when it has no end, or when there is none."""
        return self._due if self._task is not None else None

    @property
    def passed(self) -> bool:
        """The last wait was ended by its time-out."""
        return self._hits > 0

    @property
    def waiting(self) -> bool:
        """A wait is going on that was not ended by its time-out."""
        return self._task is not None and not self._hits

    def move(self, due: float | None) -> None:
        """Another end for the wait that is going on."""
        self._due = due
        self._arm()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task, self._cancelling, self._hits = task, task.cancelling(), 0
        self._arm()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self._task = self._task, None
        if not self._hits or task is None:
            return
        self.close()
        ours = False
        for _ in range(self._hits):
            ours = task.uncancel() <= self._cancelling
        if ours and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def _arm(self) -> None:
        """A timer that fires at `due` or before."""
        if self._due is None or (self._timer is not None and self._timer.when() <= self._due):
            return
        self.close()
        self._timer = self._loop.call_at(self._due, self._fire)

    def _fire(self) -> None:
        self._timer = None
        if self._task is None or self._due is None:
            return  # nobody waits: the next wait sets it
        if self._loop.time() < self._due:
            self._arm()
            return
        self._hits += 1
        self._task.cancel()
        if self._hits == 1:
            self._due += CLOSING
            self._arm()
