"""What the frameworks share: a session that is told of its interruption, and text cut at its timed words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from modeldeck.tts import Session, WordTiming

_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)


def unspaced(text: str) -> bool:
    """Whether it is of a script that puts no spaces between words: Chinese, Japanese, Thai, Lao, Khmer, Burmese."""
    return _UNSPACED.search(text) is not None


@asynccontextmanager
async def conversing(session: Session) -> AsyncGenerator[Session, None]:
    """An open `session`, closed at the end; interrupted where this task is cancelled, which is how frameworks do it."""
    try:
        yield session
    except asyncio.CancelledError:
        await session.interrupt()
        raise
    finally:
        await session.aclose()


class Spoken:
    """The text of an utterance, cut where its timed words end: joined, the pieces are the text.

    `text`: as far as it was sent. `timed`: a word was. `end`: seconds, of the last one.
    """

    def __init__(self, text: str = "") -> None:
        self.text = text
        self.timed = False
        self.end = 0.0
        self._cut = 0

    def piece(self, word: WordTiming) -> str:
        """`word` with whatever stands before it, and the marks and spaces behind it; perhaps nothing that is new."""
        self.timed = True
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
