"""Connections that nobody uses at the moment, and who wants some to be ready."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modeldeck._transport.link import Dial, Link
from modeldeck._transport.opening import End
from modeldeck._transport.place import Place

BACKGROUND = 10.0  # seconds that a spare may take to open where the caller gave no limit
RENEWED = 120.0  # seconds after the last loan of a dial in which its spares are renewed
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
    limit: float = BACKGROUND
    failures: int = 0  # in a row
    not_before: float = 0.0

    def wanted(self, spares: int) -> int:
        if not spares or not self.attendants:
            return 0
        return min(MOST_SPARES, max(spares, 1 + self.attendants // ATTENDED_BY_ONE))

    def failed(self, now: float) -> float:
        """A spare could not be opened: returns the loop time of the next try."""
        self.not_before = now + min(BACKOFF[0] * 2**self.failures, BACKOFF[1])
        self.failures = min(self.failures + 1, 10)
        return self.not_before

    def missing(self, spares: int, there: int, now: float) -> int:
        """How many to open now, beside those that are `there` or on their way."""
        if self.lent is None or now - self.lent > RENEWED or now < self.not_before:
            return 0
        return self.wanted(spares) - there
