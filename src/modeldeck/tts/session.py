"""A conversation with a model: text in, audio out, both at once."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from types import TracebackType
from typing import Any

from modeldeck._transport.limits import Timeouts
from modeldeck.errors import ConcurrentUseError, ParameterError, ProtocolError, UnsupportedError
from modeldeck.tts.assemble import asked
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.hook import (
    Clear,
    Cleared,
    Commit,
    ConversationEvent,
    Flush,
    Inbox,
    Item,
    SpeechRequest,
    Text,
    UtteranceEnd,
)
from modeldeck.tts.pace import Limit, closed, too_late
from modeldeck.tts.response import TTSResponse
from modeldeck.tts.utterance import Utterance

Converse = Callable[[SpeechRequest, Inbox], AsyncIterator[ConversationEvent]]


class Session:
    """One conversation, opened with `async with tts.session() as s`.

    `send` and `flush` text while another task iterates the session, or its `utterance()`; `flush` ends an
    utterance, whose last increment has `is_last`. Iterating ends when the session is closed or, after `end()`,
    with the last audio. At most `buffer` seconds of audio wait for a slow consumer; then the model waits too.
    What breaks the conversation is raised to everybody who uses it, to the reader after the audio that had come.
    """

    def __init__(
        self,
        converse: Converse,
        request: SpeechRequest,
        *,
        delivery: Delivery,
        check: Callable[[str], None],
        timeouts: Timeouts,
        provider: str | None,
        buffer: float = 30.0,
    ) -> None:
        """`check` raises for a text that cannot be sent."""
        self._converse = converse
        self._request = asked(request, delivery)
        self._delivery = delivery
        self._check = check
        self._timeouts = timeouts
        self._provider = provider
        self._buffer = buffer
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()  # writers and interrupt() one after the other
        self._iterating = False
        self._open = False
        self._error: Exception | None = None
        self._pumps: set[asyncio.Task[None]] = set()  # the last one, and those that are still closing
        self._begin()

    def _begin(self) -> None:
        """A conversation that nothing was said in."""
        self._ended = self._over = False
        self._inbox: asyncio.Queue[Item | None] = asyncio.Queue()
        self._ready: deque[tuple[Utterance, TTSResponse]] = deque()
        self._spoken: deque[Utterance] = deque()  # flushed or begun, and not ended by the model
        self._unsent = False  # text was sent since the last flush
        self._owed = 0  # flushed utterances whose last increment was not taken
        self._delivered: Utterance | None = None  # the one that the caller was given audio of
        self._limit: Limit | None = None
        self._waiting_since = 0.0

    async def __aenter__(self) -> Session:
        self._open = True
        self._start()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop at once; what is queued is dropped."""
        self._open = False
        self._ready.clear()
        await self._stop()
        self._ready.clear()
        self._changed.set()

    # -- writing

    async def send(self, text: str) -> None:
        """More text of the current utterance."""
        self._check(text)
        await self._put_in(Text(text) if text else None)

    async def flush(self) -> None:
        """The utterance is complete; the next text begins another."""
        await self._put_in(Flush())

    async def commit(self) -> None:
        """Speak what is there now; the utterance goes on."""
        await self._put_in(Commit())

    async def clear(self) -> None:
        """Forget the text that has not been spoken yet."""
        await self._put_in(Clear())

    async def end(self) -> None:
        """No more text: iterating ends with the last audio."""
        if self._unsent:
            await self.flush()
        async with self._turn:
            self._check_open()
            self._ended = True
            self._inbox.put_nowait(None)

    async def feed(self, texts: AsyncIterable[str] | Iterable[str]) -> None:
        """Send all of `texts` as one utterance; what `texts` raises ends the conversation with that error."""
        try:
            if isinstance(texts, AsyncIterable):
                async for text in texts:
                    await self.send(text)
            else:
                for text in [texts] if isinstance(texts, str) else texts:
                    await self.send(text)
            await self.flush()
        except Exception as error:  # whoever iterates gets it
            self._error = self._error or error
            self._changed.set()

    async def interrupt(self, played: float | None = None) -> str | None:
        """Stop speaking now: nothing of the old utterance is delivered any more, what is queued is dropped.

        `played`: seconds of the utterance that were heard. Returns the text up to the last word that began by
        then, None when the model gives no word timings. The conversation goes on, also after `end()`.
        """
        position: Any = played
        if position is not None and not (isinstance(position, int | float) and 0 <= position < math.inf):
            raise ParameterError(f"played must be seconds from 0 on, not {played!r}", parameter="played")
        self._ready.clear()
        async with self._turn:
            if not self._open:
                raise self._closed()
            self._raise_error()
            self._ready.clear()
            told = self._delivered
            try:
                await self._stop()
            finally:  # also when this is cancelled: what comes next is spoken
                self._begin()
                self._start()
            return told.heard(played) if told is not None else None

    # -- reading

    def __aiter__(self) -> Session:
        return self

    async def __anext__(self) -> TTSResponse:
        if self._iterating:
            raise ConcurrentUseError("two tasks iterate one Session; open one for each")
        self._iterating = True
        try:
            while not self._ready:
                self._raise_error()
                if self._over or not self._open:
                    raise StopAsyncIteration
                await self._change()
            return self._take()
        finally:
            self._iterating = False

    async def utterance(self) -> AsyncGenerator[TTSResponse, None]:
        """The increments up to the current utterance's last one."""
        async for increment in self:
            yield increment
            if increment.is_last:
                return

    def arrived(self) -> list[TTSResponse]:
        """What is there now of one utterance, without waiting; never the same twice."""
        if self._iterating:
            raise ConcurrentUseError("this session is being iterated; its audio goes there")
        taken: list[TTSResponse] = []
        while self._ready and not (taken and taken[-1].is_last):
            taken.append(self._take())
        if not taken:
            self._raise_error()
        return taken

    @property
    def unflushed(self) -> bool:
        """Text was sent since the last flush."""
        return self._unsent

    @property
    def speaking(self) -> bool:
        """There is text that was not flushed, or an utterance whose end was not taken yet."""
        return self._unsent or self._owed > 0

    # -- inside

    def _start(self) -> None:
        pump = asyncio.get_running_loop().create_task(self._run(), name="modeldeck session")
        self._pumps.add(pump)
        pump.add_done_callback(self._pumps.discard)

    async def _stop(self) -> None:
        pumps = set(self._pumps)
        for pump in pumps:
            pump.cancel()
        if pumps:
            await asyncio.wait(pumps)

    async def _put_in(self, item: Item | None) -> None:
        async with self._turn:
            self._check_open()
            if item is None:
                return
            if isinstance(item, Text):
                self._unsent = True
            elif isinstance(item, Flush):
                self._unsent = False
                self._owed += 1
            self._inbox.put_nowait(item)

    async def _run(self) -> None:
        inbox, ready = self._inbox, self._ready
        try:
            await self._pass_on(self._converse(self._request, self._received(inbox)))
            self._over = self._over or ready is self._ready
        except Exception as error:
            if ready is self._ready:
                self._error = self._error or error
        finally:
            self._changed.set()

    async def _received(self, inbox: asyncio.Queue[Item | None]) -> AsyncGenerator[Item, None]:
        clock = asyncio.get_running_loop().time
        while (item := await inbox.get()) is not None:
            if not self._spoken or self._spoken[-1].flushed:
                self._spoken.append(Utterance(self._delivery, clock, interruptible=True))
            if isinstance(item, Text):
                self._spoken[-1].write(item.text)
            elif isinstance(item, Flush):
                self._spoken[-1].flushed = True
                self._rearm()
            yield item

    async def _pass_on(self, events: AsyncIterator[ConversationEvent]) -> None:
        try:
            while (event := await self._next(events)) is not None:
                if not self._spoken:
                    raise ProtocolError(f"{type(event).__name__} of a hook that was given no text")
                utterance = self._spoken[0]
                if isinstance(event, UtteranceEnd):
                    if not utterance.flushed:
                        raise ProtocolError("UtteranceEnd of a hook before the utterance was flushed")
                    for ending in utterance.ended():
                        await self._hand_over(utterance, ending)
                    self._spoken.popleft()
                elif isinstance(event, Cleared):
                    last = self._spoken[-1]
                    last.text = last.text[: len(last.text) - event.characters]
                elif (increment := utterance.take(event)) is not None:
                    await self._hand_over(utterance, increment)
        finally:
            await closed(events)

    async def _next(self, events: AsyncIterator[ConversationEvent]) -> ConversationEvent | None:
        """The next event; while a flushed utterance is owed, within the time-outs."""
        self._waiting_since = asyncio.get_running_loop().time()
        due, _ = self._due()
        self._limit = limit = Limit(due)
        try:
            async with limit:
                return await anext(events, None)
        except TimeoutError:
            if not limit.passed:
                raise
            raise too_late(self._timeouts, self._due()[1], self._provider) from None
        finally:
            self._limit = None

    def _due(self) -> tuple[float | None, str]:
        utterance = self._spoken[0] if self._spoken else None
        if utterance is None or not utterance.flushed:
            return None, ""
        name = "idle" if utterance.assembler.received else "first_audio"
        limit: float | None = getattr(self._timeouts, name)
        due = None if limit is None else self._waiting_since + limit
        if self._timeouts.total is not None:
            total = utterance.began + self._timeouts.total
            if due is None or total < due:
                return total, "total"
        return due, name

    def _rearm(self) -> None:
        """The hook takes a flush: from now on it owes an answer."""
        if self._limit is not None and self._limit.due is None and not self._limit.passed:
            self._waiting_since = asyncio.get_running_loop().time()
            self._limit.move(self._due()[0])

    async def _hand_over(self, utterance: Utterance, increment: TTSResponse) -> None:
        while sum(part.duration or 0.0 for _, part in self._ready) > self._buffer:
            await self._change()
        self._ready.append((utterance, increment))
        self._changed.set()

    def _take(self) -> TTSResponse:
        self._delivered, increment = self._ready.popleft()
        if increment.is_last:
            self._owed -= 1
        self._changed.set()
        return increment

    async def _change(self) -> None:
        """Wait until something happened: audio came or was taken, the conversation ended."""
        self._changed.clear()
        await self._changed.wait()

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _check_open(self) -> None:
        self._raise_error()
        if not self._open:
            raise self._closed()
        if self._ended or self._over:
            raise UnsupportedError("the conversation was ended with end(); interrupt() or another session begins anew")

    def _closed(self) -> UnsupportedError:
        return UnsupportedError("the session is closed; open one with `async with tts.session()`")
