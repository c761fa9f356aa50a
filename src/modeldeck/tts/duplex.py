"""One utterance over a WebSocket: text goes out while audio comes in."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, Protocol, assert_never

from modeldeck._nested import Nested
from modeldeck._transport.link import Link, LinkClosed
from modeldeck.errors import ConnectionFailedError, ModelDeckError
from modeldeck.tts.hook import Clear, Cleared, Commit, ConversationEvent, Flush, Inbox, Text, UtteranceEnd


class Wire(Protocol):
    """A protocol's client side."""

    def receive(self, frame: str | bytes) -> list[ConversationEvent]:
        """What a frame means."""
        ...

    def closed(self, code: int | None, reason: str) -> ModelDeckError:
        """The error for a connection that ends in the middle."""
        ...


async def duplex(
    link: Link, wire: Wire, writing: Coroutine[Any, Any, None], told: deque[ConversationEvent] | None = None
) -> AsyncGenerator[ConversationEvent, None]:
    """Run `writing` and yield what comes meanwhile, to the first `UtteranceEnd`.

    `told`: what the writer itself has to tell goes here; it is yielded when the next frame comes.
    """
    told = deque() if told is None else told
    failures: list[Exception] = []
    writer = asyncio.get_running_loop().create_task(_written(writing, link, failures), name="modeldeck writer")
    try:
        while True:
            try:
                frame = await link.receive()
            except LinkClosed as lost:
                raise (failures[0] if failures else _closed(wire, lost)) from None
            told.extend(wire.receive(frame))
            while told:
                event = told.popleft()
                yield event
                if isinstance(event, UtteranceEnd):
                    return
    finally:
        if not writer.done():
            writer.cancel()
            await asyncio.wait([writer])
        writing.close()  # a writer that never ran has not awaited it


def _closed(wire: Wire, lost: LinkClosed) -> ModelDeckError:
    error = wire.closed(lost.close_code, lost.close_reason)
    if isinstance(error, ConnectionFailedError):
        error.unheard = lost.unheard
    return error


async def _written(writing: Coroutine[Any, Any, None], link: Link, failures: list[Exception]) -> None:
    try:
        await writing
    except LinkClosed:
        pass  # the reader is told too
    except Exception as error:
        failures.append(error)
        link.socket.abort()


class Opening:
    """Waits for the next utterance: iterate it, then `text` is its first text, None when no more will come.

    Text begins with the first letter or digit: what no service would speak needs no connection.
    """

    def __init__(self, inbox: Inbox) -> None:
        self.text: str | None = None
        self._inbox = inbox

    def __aiter__(self) -> AsyncGenerator[ConversationEvent, None]:
        return Nested(self._opened())

    async def _opened(self) -> AsyncGenerator[ConversationEvent, None]:
        self.text, held = None, ""
        async for item in self._inbox:
            match item:
                case Text(text=text):
                    held += text
                    if any(map(str.isalnum, text)):
                        self.text = held
                        return
                case Flush():
                    held = ""
                    yield UtteranceEnd()
                case Clear():
                    yield Cleared(len(held))
                    held = ""
                case Commit():
                    pass
                case _:
                    assert_never(item)

    async def rest(self) -> AsyncGenerator[ConversationEvent, None]:
        """To the utterance's end: then `text` is all of it, empty when nothing is left to speak."""
        async for item in self._inbox:
            match item:
                case Text(text=text):
                    self.text = (self.text or "") + text
                case Clear():
                    yield Cleared(len(self.text or ""))
                    self.text = ""
                case Commit():
                    pass
                case Flush():
                    return
                case _:
                    assert_never(item)
