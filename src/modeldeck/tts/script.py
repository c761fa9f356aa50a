"""What was said to a conversation and has not been spoken yet."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from modeldeck.tts.hook import Clear, Flush, Item, Text


class Script:
    """The items of the utterances that are not over, in order; each attempt reads them from the beginning.

    `taken` is called once for each item and the time it was said, when an attempt first takes it.
    """

    def __init__(self, taken: Callable[[Item, float], None]) -> None:
        self._taken = taken
        self._items: deque[Item] = deque()
        self._since: deque[float] = deque()  # when the items that nobody took yet were said
        self._first = 0  # how many items were forgotten, so that every reader knows its place
        self._new = 0  # the number of the first item that nobody took yet
        self._flushes = 0
        self._ended = False
        self._more = asyncio.Event()

    def put(self, item: Item, since: float) -> None:
        """`since`: when it was said, of the loop's clock."""
        self._items.append(item)
        self._since.append(since)
        self._flushes += isinstance(item, Flush)
        self._more.set()

    def end(self) -> None:
        """No more items will come."""
        self._ended = True
        self._more.set()

    def read(self, leaves: Callable[[], bool] | None = None) -> ScriptReader:
        """`leaves`: asked before each utterance that the reader begins, if those before are over; where it says so
        the reader ends there, and has `left`.
        """
        return ScriptReader(self, leaves)

    @property
    def flushed(self) -> bool:
        """The first utterance that is not over is complete."""
        return self._flushes > 0

    @property
    def pending(self) -> bool:
        """There is something that no attempt has finished, or the end to tell."""
        return bool(self._items) or self._ended

    async def wait(self) -> None:
        """Until there is something to speak, or no more will come."""
        while not self.pending:
            self._more.clear()
            await self._more.wait()

    async def reached(self, number: int) -> bool:
        """Wait until item `number`, or one after it, is there to take; False when no more will come."""
        while max(number, self._first) >= self._first + len(self._items):
            if self._ended:
                return False
            self._more.clear()
            await self._more.wait()
        return True

    def over(self, number: int) -> bool:
        """Everything before item `number` was forgotten."""
        return number <= self._first

    async def take(self, number: int) -> tuple[int, Item] | None:
        """Item `number`, or the first one after it that is still there, with its number; None at the end."""
        while True:
            at = max(number, self._first)
            if at < self._first + len(self._items):
                item = self._items[at - self._first]
                if at >= self._new:
                    self._new = at + 1
                    self._taken(item, self._since.popleft())
                return at, item
            if self._ended:
                return None
            self._more.clear()
            await self._more.wait()

    def utterance_over(self) -> None:
        """Forget everything up to the first flush."""
        while self._items:
            item = self._items.popleft()
            self._first += 1
            if isinstance(item, Flush):
                self._flushes -= 1
                return

    def cleared(self, characters: int) -> None:
        """The first `Clear` was answered: so much of the text before it is not to be said again."""
        place = next((at for at, item in enumerate(self._items) if isinstance(item, Clear)), 0)
        for at in range(place - 1, -1, -1):
            item = self._items[at]
            if isinstance(item, Flush) or not characters:
                break
            if isinstance(item, Text):
                cut = min(characters, len(item.text))
                self._items[at] = Text(item.text[: len(item.text) - cut])
                characters -= cut
        if self._items and isinstance(self._items[place], Clear):
            self._items[place] = Text("")


class ScriptReader:
    """One attempt's way through a `Script`."""

    def __init__(self, script: Script, leaves: Callable[[], bool] | None = None) -> None:
        self.left = False
        self._script = script
        self._leaves = leaves
        self._between = True
        self._next = 0

    def __aiter__(self) -> ScriptReader:
        return self

    async def __anext__(self) -> Item:
        if self._between and self._leaves is not None and not self.left:
            there = await self._script.reached(self._next)
            self.left = there and self._script.over(self._next) and self._leaves()
        if self.left:
            raise StopAsyncIteration
        while (found := await self._script.take(self._next)) is not None:
            number, item = found
            self._next = number + 1
            self._between = isinstance(item, Flush)
            if not isinstance(item, Text) or item.text:
                return item
        raise StopAsyncIteration
