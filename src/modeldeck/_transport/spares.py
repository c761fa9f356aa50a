"""Connections that nobody uses at the moment, and who wants some to be ready."""

from __future__ import annotations

import asyncio
import weakref
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from modeldeck._transport.link import Dial, Link
from modeldeck._transport.opening import Allowance, End
from modeldeck._transport.place import Place

BACKGROUND = 10.0  # seconds that a spare may take to open where the caller gave no limit
RENEWED = 120.0  # seconds after the last loan of a dial in which its spares are prepared anew when that expires
BACKOFF = 2.0, 60.0  # seconds until the next try after a spare could not be opened; doubles
MOST_SPARES = 8
ATTENDED_BY_ONE = 16  # attendants that share a spare


@dataclass(slots=True, eq=False)
class Spare:
    """An unused connection, usable until `until` (loop time).

    `attended`: opened for those who attend. `prepared`: `Dial.prepare` has run since its last loan.
    """

    end: End
    shelf: Dial | Place
    until: float
    link: Link | None = None
    attended: bool = False
    prepared: bool = True


class Shelves:
    """Spares by what they fit, those to take first at the end: prepared ones, the newest last."""

    def __init__(self) -> None:
        self._shelves: dict[Dial | Place, list[Spare]] = {}
        self._spares: dict[End, Spare] = {}  # the same, the one that rests longest first

    def __iter__(self) -> Iterator[Spare]:
        return iter(tuple(self._spares.values()))

    @property
    def oldest(self) -> Spare | None:
        return next(iter(self._spares.values()), None)

    def __contains__(self, end: End) -> bool:
        return end in self._spares

    def on(self, shelf: Dial | Place) -> tuple[Spare, ...]:
        return tuple(self._shelves.get(shelf, ()))

    def prepared(self, shelf: Dial | Place) -> int:
        """How many are ready to be lent."""
        return sum(spare.prepared for spare in self._shelves.get(shelf, ()))

    def put(self, spare: Spare) -> None:
        spares = self._shelves.setdefault(spare.shelf, [])
        spares.insert(len(spares) if spare.prepared else 0, spare)
        self._spares[spare.end] = spare

    def take(self, shelf: Dial | Place, now: float) -> Spare | None:
        """The newest that is still good; closes those that are not."""
        while spares := self._shelves.get(shelf):
            spare = spares[-1]
            self.remove(spare.end)
            if spare.end.open and now < spare.until:
                return spare
            spare.end.close()
        return None

    def take_unprepared(self, shelf: Dial | Place, now: float) -> Spare | None:
        """One that only has to be prepared."""
        for spare in self.on(shelf):
            if not spare.prepared:
                self.remove(spare.end)
                if spare.end.open and now < spare.until:
                    return spare
                spare.end.close()
        return None

    def remove(self, end: End) -> Spare | None:
        """Take this one away, if it rests here."""
        spare = self._spares.pop(end, None)
        if spare is not None:
            spares = self._shelves[spare.shelf]
            spares.remove(spare)
            if not spares:
                del self._shelves[spare.shelf]
        return spare

    def close(self, spare: Spare) -> None:
        self.remove(spare.end)
        spare.end.close()


@dataclass(slots=True, eq=False)
class Attendance:
    """Those who want spares of one kind."""

    target: Dial | Place
    attendants: int = 0
    lent: float | None = None
    used: bool = False
    limit: float = BACKGROUND
    failures: int = 0  # in a row
    not_before: float = 0.0

    def wanted(self, spares: int) -> int:
        if not spares or not self.attendants:
            return 0
        wanted = max(spares, 1 + self.attendants // ATTENDED_BY_ONE)
        return min(MOST_SPARES, wanted if self.used else wanted + 1)  # the first is for what comes at once

    def failed(self, now: float) -> float:
        """A spare could not be opened: returns the loop time of the next try."""
        self.not_before = now + min(BACKOFF[0] * 2**self.failures, BACKOFF[1])
        self.failures = min(self.failures + 1, 10)
        return self.not_before

    def prepares(self, now: float) -> bool:
        """Whether spares are prepared: after a while without a loan they only stay open."""
        return self.lent is not None and now - self.lent <= RENEWED

    def missing(self, spares: int, there: int, now: float) -> int:
        """How many to open now, beside those that are `there` or on their way."""
        return 0 if now < self.not_before else self.wanted(spares) - there


class Coming:
    """Spares that are being opened or prepared, and who waits for one of those.

    `unused` takes back what was delivered to somebody who does not wait any more.
    """

    def __init__(self, unused: Callable[[Spare], object]) -> None:
        self._unused = unused
        self._counts: Counter[Dial | Place] = Counter()
        self._waiters: dict[Dial | Place, list[asyncio.Future[Spare | None]]] = {}
        self._doubted: set[Dial | Place] = set()  # waited for in vain

    def count(self, target: Dial | Place) -> int:
        return self._counts[target]

    def begin(self, target: Dial | Place) -> None:
        self._counts[target] += 1

    def end(self, target: Dial | Place) -> None:
        """One less is on its way; whoever waited for it in vain is told."""
        self._doubted.discard(target)
        self._counts[target] -= 1
        left = self._counts[target]
        if not left:
            del self._counts[target]
        for waiter in [waiter for waiter in self._waiters.get(target, ()) if not waiter.done()][left:]:
            waiter.set_result(None)

    def deliver(self, spare: Spare) -> bool:
        """Whether somebody waits for it, and has it now."""
        for waiter in self._waiters.get(spare.shelf, ()):
            if not waiter.done():
                waiter.set_result(spare)
                return True
        return False

    async def wait(self, target: Dial | Place, allowed: Allowance) -> Spare | None:
        """A spare that is on its way and that nobody else waits for, for half of the time `allowed`."""
        if self._counts[target] <= len(self._waiters.get(target, ())) or target in self._doubted:
            return None
        waiters = self._waiters.setdefault(target, [])
        waiter: asyncio.Future[Spare | None] = asyncio.get_running_loop().create_future()
        waiters.append(waiter)
        try:
            await asyncio.wait([waiter], timeout=allowed.limit and allowed.limit / 2)
        except BaseException:
            if waiter.done() and (spare := waiter.result()) is not None:
                self._unused(spare)
            raise
        finally:
            waiters.remove(waiter)
            if not waiter.done():
                self._doubted.add(target)
            if not waiters and self._waiters.get(target) is waiters:
                del self._waiters[target]
        spare = waiter.result() if waiter.done() else None
        return spare if spare is not None and spare.end.open else None


async def until_the_end(pool: weakref.ref[Any]) -> AsyncGenerator[None]:
    """Stays suspended until the loop ends (`shutdown_asyncgens`), and then closes the pool."""
    try:
        yield
    finally:
        ending = pool()
        if ending is not None and not ending.closed:
            await ending.aclose(grace=False)
