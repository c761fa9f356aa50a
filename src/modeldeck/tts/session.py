"""A conversation with a model: text in, audio out, both at once."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import assert_never

from modeldeck._transport.limits import Timeouts
from modeldeck.errors import ConcurrentUseError, UnsupportedError
from modeldeck.tts.assemble import Assembler, asked
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.hook import (
    Audio,
    Clear,
    ConversationEvent,
    Flush,
    Inbox,
    SpeechEvent,
    SpeechRequest,
    Text,
    UtteranceEnd,
)
from modeldeck.tts.pace import paced
from modeldeck.tts.response import TTSResponse, TTSUsage, WordTiming
from modeldeck.tts.sentences import SentenceCutter

Converse = Callable[[SpeechRequest, Inbox], AsyncIterator[ConversationEvent]]


class Session:
    """One conversation, opened with `async with tts.session() as s`.

    `send` and `flush` text while another task iterates the session; `flush` ends an utterance, whose last
    increment has `is_last`. Iterating ends when the session is closed or, after `end()`, with the last audio.
    At most `buffer` seconds of audio wait for a slow consumer; then the model waits too.
    """

    def __init__(
        self,
        converse: Converse,
        request: SpeechRequest,
        *,
        delivery: Delivery,
        check: Callable[[str], None],
        buffer: float = 30.0,
    ) -> None:
        """`check` raises for a text that cannot be sent."""
        self._converse = converse
        self._request = asked(request, delivery)
        self._delivery = delivery
        self._check = check
        self._buffer = buffer
        self._inbox: asyncio.Queue[Text | Flush | Clear | None] = asyncio.Queue()
        self._ready: deque[tuple[_Utterance, TTSResponse]] = deque()
        self._changed = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._error: BaseException | None = None
        self._over = False
        self._iterating = False
        self.unflushed = False  # text was sent since the last flush
        self._owed = 0  # flushed utterances whose last increment was not taken yet
        self._utterances: deque[_Utterance] = deque()  # first: being spoken; last: being written
        self._delivered: _Utterance | None = None  # the one that the caller was given audio of

    async def __aenter__(self) -> Session:
        self._start()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop at once; what is queued is dropped."""
        self._over = True
        self._ready.clear()
        await self._stop()
        self._ready.clear()
        self._changed.set()

    async def send(self, text: str) -> None:
        """More text of the current utterance."""
        self._check_open()
        self._check(text)
        if text:
            self.unflushed = True
            self._inbox.put_nowait(Text(text))

    async def flush(self) -> None:
        """The utterance is complete; the next text begins another."""
        self._check_open()
        self._owed += 1
        self.unflushed = False
        self._inbox.put_nowait(Flush())

    async def clear(self) -> None:
        """Forget the text that has not been spoken yet."""
        self._check_open()
        self._inbox.put_nowait(Clear())

    async def end(self) -> None:
        """No more text: iterating ends with the last audio."""
        self._check_open()
        if self.unflushed:
            await self.flush()
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
        then, None when the model gives no word timings.
        """
        self._check_open()
        self._ready.clear()
        told = self._delivered or _Utterance()
        await self._stop()
        while not self._inbox.empty():
            self._inbox.get_nowait()
        self._ready.clear()
        self._start()
        return heard(told.text, told.timings, played)

    def __aiter__(self) -> Session:
        return self

    async def __anext__(self) -> TTSResponse:
        if self._iterating:
            raise ConcurrentUseError("two tasks iterate one Session; open one for each")
        self._iterating = True
        try:
            while not self._ready:
                self._raise_error()
                if self._over:
                    raise StopAsyncIteration
                await self._change()
            return self._take()
        finally:
            self._iterating = False

    def arrived(self) -> list[TTSResponse]:
        """What is there now, without waiting; never the same twice. Raises what ended the conversation."""
        if self._iterating:
            raise ConcurrentUseError("this session is being iterated; its audio goes there")
        taken = [self._take() for _ in range(len(self._ready))]
        if not taken:
            self._raise_error()
        return taken

    async def utterance(self) -> AsyncGenerator[TTSResponse, None]:
        """The increments up to the current utterance's last one."""
        async for increment in self:
            yield increment
            if increment.is_last:
                return

    @property
    def speaking(self) -> bool:
        """There is text that was not flushed, or an utterance whose end was not taken yet."""
        return self.unflushed or self._owed > 0

    # -- inside

    def _start(self) -> None:
        self._error = None
        self.unflushed, self._owed = False, 0
        self._delivered = None
        self._utterances = deque([_Utterance()])
        self._pump = asyncio.get_running_loop().create_task(self._run(), name="modeldeck session")

    async def _stop(self) -> None:
        pump, self._pump = self._pump, None
        if pump is not None:
            pump.cancel()
            await asyncio.wait([pump])

    async def _run(self) -> None:
        try:
            await self._pass_on(self._converse(self._request, self._received()))
            self._over = True
        except Exception as error:  # whoever iterates or pushes gets it
            self._error = error
        finally:
            self._changed.set()

    async def _received(self) -> AsyncGenerator[Text | Flush | Clear, None]:
        while (item := await self._inbox.get()) is not None:
            if isinstance(item, Text):
                self._utterances[-1].write(item.text)
            elif isinstance(item, Flush):
                self._utterances.append(_Utterance())
            yield item

    async def _pass_on(self, events: AsyncIterator[ConversationEvent]) -> None:
        clock = asyncio.get_running_loop().time
        assembler = Assembler(self._delivery)
        try:
            async for event in events:
                utterance = self._utterances[0]
                match event:
                    case Audio():
                        if (increment := assembler.audio(event)) is not None:
                            utterance.first_audio = utterance.first_audio or clock() - utterance.began
                            await self._put(utterance, increment)
                    case WordTiming():
                        utterance.timings.append(event)
                        assembler.timing(event)
                    case TTSUsage():
                        utterance.usage = event
                    case UtteranceEnd():
                        seconds = clock() - utterance.began
                        for increment in assembler.ended(utterance.usage, seconds, utterance.first_audio):
                            await self._put(utterance, increment)
                        self._utterances.popleft()
                        assembler = Assembler(self._delivery)
                    case _:
                        assert_never(event)
        finally:
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    async def _put(self, utterance: _Utterance, increment: TTSResponse) -> None:
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
            error, self._error = self._error, None
            self._over = True
            raise error

    def _check_open(self) -> None:
        self._raise_error()
        if self._over or self._pump is None:
            raise UnsupportedError("the session is closed; open one with `async with tts.session()`")


@dataclass
class _Utterance:
    """What was written of one utterance, and what was told about its audio."""

    text: str = ""
    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    first_audio: float | None = None
    usage: TTSUsage | None = None
    timings: list[WordTiming] = field(default_factory=list[WordTiming])

    def write(self, text: str) -> None:
        if not self.text:
            self.began = asyncio.get_running_loop().time()
        self.text += text


async def sentence_by_sentence(
    speak: Callable[[SpeechRequest], AsyncIterator[SpeechEvent]],
    request: SpeechRequest,
    inbox: Inbox,
    timeouts: Timeouts,
    provider: str | None,
) -> AsyncGenerator[ConversationEvent, None]:
    """A conversation on a model that takes whole texts: each sentence is one request, as soon as it is whole."""
    cutter, told = SentenceCutter(), _Told()
    async for item in inbox:
        match item:
            case Text():
                sentences = cutter.feed(item.text)
            case Flush():
                rest = cutter.rest()
                sentences = [rest] if rest else []
            case Clear():
                sentences = []
                cutter.rest()
            case _:
                assert_never(item)
        for sentence in sentences:
            if any(map(str.isalnum, sentence)):
                events = paced(speak(replace(request, text=sentence)), timeouts, deadline=None, provider=provider)
                async with aclosing(events):
                    async for event in events:
                        if (shifted := told.event(event)) is not None:
                            yield shifted
            told.sentence_done(sentence)
        if isinstance(item, Flush):
            yield told.usage
            yield UtteranceEnd()
            told = _Told()


class _Told:
    """Where in the utterance the next sentence begins: seconds of audio, code points of text; what was billed."""

    def __init__(self) -> None:
        self.usage = TTSUsage()
        self._assembler = Assembler(Delivery(wav=False))
        self._begin = 0.0
        self._characters = 0

    def event(self, event: SpeechEvent) -> Audio | WordTiming | None:
        """The event as the utterance sees it; usage is added up."""
        match event:
            case Audio():
                self._assembler.audio(event)
                return event
            case TTSUsage():
                self.usage = added(self.usage, event)
                return None
            case WordTiming(begin_index=begin, end_index=end):
                return replace(
                    event,
                    start=event.start + self._begin,
                    end=event.end + self._begin,
                    begin_index=None if begin is None else begin + self._characters,
                    end_index=None if end is None else end + self._characters,
                )
            case _:
                assert_never(event)

    def sentence_done(self, sentence: str) -> None:
        self._begin = self._assembler.seconds
        self._characters += len(sentence)


def added(one: TTSUsage, other: TTSUsage) -> TTSUsage:
    """Two requests' usage together; what neither knows stays unknown."""
    both = other.characters if one.characters is None else one.characters + (other.characters or 0)
    return TTSUsage(one.input_tokens + other.input_tokens, one.output_tokens + other.output_tokens, 0.0, both)


def heard(text: str, timings: list[WordTiming], played: float | None) -> str | None:
    """The text up to the last word that had begun `played` seconds into the audio; None without timings."""
    if played is None or not timings:
        return None
    ends = [timing.end_index for timing in timings if timing.start < played and timing.end_index is not None]
    return text[: max(ends)] if ends else ""
