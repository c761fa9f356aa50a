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

    def read(self) -> ScriptReader:
        return ScriptReader(self)

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

    def __init__(self, script: Script) -> None:
        self._script = script
        self._next = 0

    def __aiter__(self) -> ScriptReader:
        return self

    async def __anext__(self) -> Item:
        while (found := await self._script.take(self._next)) is not None:
            number, item = found
            self._next = number + 1
            if not isinstance(item, Text) or item.text:
                return item
        raise StopAsyncIteration
