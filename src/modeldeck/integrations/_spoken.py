"""What the frameworks share: a session that is told of its interruption, and text cut at its timed words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from modeldeck.tts import Session, WordTiming


@asynccontextmanager
async def conversing(session: Session) -> AsyncGenerator[Session, None]:
    """`session`, opened, and interrupted where this task is cancelled: that is how a framework says that it is."""
    async with session:
        try:
            yield session
        except asyncio.CancelledError:
            await session.interrupt()
            raise


class Spoken:
    """The text of an utterance, cut where its timed words end: joined, the pieces are the text.

    `text`: as far as it was sent. `end`: seconds, of the last word.
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.end = 0.0
        self._cut = 0

    def piece(self, word: WordTiming) -> str:
        """`word` with whatever stands before it, and the marks and spaces behind it; perhaps nothing that is new."""
        self.end = max(self.end, word.end)
        if word.end_index is None:
            return f"{word.text} "
        begin, stop = self._cut, word.end_index
        while stop < len(self.text) and not self.text[stop].isalnum():
            stop += 1
        self._cut = max(begin, stop)
        return self.text[begin:stop]

    def rest(self) -> str:
        """What follows the last timed word; nothing where no word was timed."""
        return self.text[self._cut :] if self._cut else ""
