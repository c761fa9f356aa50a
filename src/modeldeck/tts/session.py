"""A conversation with a model: text in, audio out, both at once."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, assert_never

from modeldeck.errors import ConcurrentUseError, ParameterError, UnsupportedError
from modeldeck.tts.conversation import Conversation
from modeldeck.tts.hook import Clear, Commit, Flush, Identity, Item, Text, known
from modeldeck.tts.response import TTSResponse
from modeldeck.tts.text import text_problem

if TYPE_CHECKING:
    from modeldeck._transport.observe import Watch
    from modeldeck.tts.cold_start import ColdStart
    from modeldeck.tts.spoken import SpokenText
    from modeldeck.tts.written import Spoken


class Session:
    """One conversation, opened with `async with tts.session() as s`.

    `send` and `flush` text while another task iterates the session, or its `utterance()`; `flush` ends an
    utterance, whose last increment has `is_last`. Iterating ends when the session is closed or, after `end()`,
    with the last audio. At most half a minute of audio waits for a slow consumer; then the model waits too.
    What breaks the conversation is raised to everybody who uses it, to the reader after the audio that had come.
    """

    def __init__(
        self,
        begin: Callable[[asyncio.Event], Conversation],
        *,
        attend: Callable[[], AbstractContextManager[Any]],
        check: Callable[[str, int], int],
        watch: Watch,
        cold_start: ColdStart | None = None,
        text_filter: SpokenText | None = None,
    ) -> None:
        """`attend`: what is held while the session is open. `check` raises for a text that cannot be sent
        after so many characters of the same utterance, and counts on.

        `cold_start`: what an utterance begins with at least. `text_filter`: what of a text is spoken.
        """
        self._new = begin
        self._attend = attend
        self._attended = ExitStack()
        self._check = check
        self._watch = watch
        self._cold_start = cold_start
        self._text_filter = text_filter
        self._changed = asyncio.Event()
        self._turn = asyncio.Lock()  # writers and interrupt() one after the other
        self._iterating = False
        self._error: Exception | None = None
        self._trace: tuple[Exception, TracebackType | None] | None = None  # an error as it was when it came
        self._current: Conversation | None = None  # while the session is open
        self._runs: set[asyncio.Task[None]] = set()  # the current one's, and those that are still closing
        self._identity = Identity()
        self._first_audio: float | None = None
        self._began = 0.0
        self._blank()

    def _blank(self) -> None:
        self._ended = False
        self._filter = self._text_filter and self._text_filter.fresh()  # of the current utterance
        self._held = Text("")  # the beginning of an utterance that is too short to be sent
        self._since = 0.0  # when that was said
        self._cold = True  # the current utterance's first text was not sent yet
        self._unsent = False  # text was sent since the last flush
        self._length = 0  # of that text
        self._owed = 0  # flushed utterances whose last increment was not taken

    async def __aenter__(self) -> Session:
        if self._current is not None:
            raise ConcurrentUseError("the session is open; open another with `tts.session()`")
        self._began = asyncio.get_running_loop().time()
        self._attended.enter_context(self._attend())
        self._watch.request()
        self._begin()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop at once; what is queued is dropped."""
        conversation, self._current = self._current, None
        if conversation is None:
            return
        self._remember(conversation)
        try:
            await self._stop()
        finally:
            self._attended.close()
            self._changed.set()
            error = self._error or conversation.error
            seconds = asyncio.get_running_loop().time() - self._began
            self._watch.end(error, seconds)

    # -- writing

    async def send(self, text: str) -> None:
        """More text of the current utterance."""
        if self._filter is None:
            self._length = self._check(text, self._length)
        elif (problem := text_problem(text, "", None)) is not None:  # it is counted when it is known what is spoken
            raise problem
        await self._put(Text(text))

    async def flush(self) -> None:
        """The utterance is complete; the next text begins another."""
        await self._put(Flush())

    async def commit(self) -> None:
        """Speak what is there now; the utterance goes on."""
        await self._put(Commit())

    async def clear(self) -> None:
        """Forget the text that has not been spoken yet."""
        await self._put(Clear())

    async def end(self) -> None:
        """No more text: iterating ends with the last audio."""
        if self._unsent:
            await self.flush()
        async with self._turn:
            self._writable().script.end()
            self._ended = True

    async def feed(self, texts: AsyncIterable[str] | Iterable[str]) -> None:
        """Send all of `texts` as one utterance, until it is interrupted.

        What `texts` raises ends the conversation with that error.
        """
        conversation = self._current
        try:
            async for text in _each(texts):
                if conversation is not self._current:
                    return
                await self.send(text)
            if conversation is self._current:
                await self.flush()
        except Exception as error:  # whoever iterates gets it
            self._error = self._error or error
            self._changed.set()

    async def interrupt(self, played: float | None = None) -> str | None:
        """Stop speaking now: nothing of the old utterance is delivered any more, what is queued is dropped.

        `played`: seconds of the utterance that were heard. Returns the text up to the last word that began by
        then, None when the model gave no word timings for it. The conversation goes on, also after `end()` or an
        error.
        """
        position: Any = played
        if position is not None and not (isinstance(position, int | float) and 0 <= position < math.inf):
            raise ParameterError(f"played must be seconds from 0 on, not {played!r}", parameter="played")
        if self._current is not None:
            self._current.drop()
        async with self._turn:
            conversation = self._opened(broken=True)
            conversation.drop()
            self._watch.interrupted(played)
            heard = conversation.heard(played)
            self._remember(conversation)
            try:
                await self._stop()
            finally:  # also when this is cancelled: what comes next is spoken
                if self._current is not None:
                    self._begin()
            return heard

    # -- reading

    def __aiter__(self) -> Session:
        return self

    async def __anext__(self) -> TTSResponse:
        increment = await self._next()
        if increment is None:
            raise StopAsyncIteration
        return increment

    async def utterance(self) -> AsyncGenerator[TTSResponse, None]:
        """The increments up to the current utterance's last one, or to its interruption."""
        conversation = self._current
        while conversation is not None and (increment := await self._next(conversation)) is not None:
            yield increment
            if increment.is_last:
                return

    def arrived(self) -> list[TTSResponse]:
        """What is there now of one utterance, without waiting; never the same twice."""
        if self._iterating:
            raise ConcurrentUseError("this session is being iterated; its audio goes there")
        conversation = self._current
        if conversation is None:
            return []
        taken: list[TTSResponse] = []
        while conversation.ready and not (taken and taken[-1].is_last):
            taken.append(self._take(conversation))
        if not taken:
            self._raise_error(conversation)
        return taken

    @property
    def session_id(self) -> str | None:
        """What the provider calls the session; None while it has not said."""
        return self._told().session_id

    @property
    def last_response_id(self) -> str | None:
        """What the provider calls its newest response."""
        return self._told().response_id

    @property
    def first_audio(self) -> float | None:
        """Seconds from the first text to the first audio, of the utterance that began to be spoken last."""
        now = self._current.first_audio if self._current is not None else None
        return self._first_audio if now is None else now

    @property
    def unflushed(self) -> bool:
        """Text was sent since the last flush."""
        return self._unsent

    @property
    def speaking(self) -> bool:
        """There is text that was not flushed, or an utterance whose end was not taken yet."""
        return self._unsent or self._owed > 0

    # -- inside

    async def _next(self, of: Conversation | None = None) -> TTSResponse | None:
        """The next increment; None at the end, and when the conversation that was asked for was interrupted."""
        if self._iterating:
            raise ConcurrentUseError("two tasks iterate one Session; open one for each")
        self._iterating = True
        try:
            while (current := self._current) is not None and of in (None, current):
                if current.ready:
                    return self._take(current)
                self._raise_error(current)
                if current.over:
                    break
                self._changed.clear()
                await self._changed.wait()
            return None
        finally:
            self._iterating = False

    def _begin(self) -> None:
        """A conversation that nothing was said in."""
        self._blank()
        self._error = None
        self._current = self._new(self._changed)
        run = asyncio.get_running_loop().create_task(self._current.run(), name="modeldeck session")
        self._runs.add(run)
        run.add_done_callback(self._runs.discard)
        self._changed.set()  # who waits for the conversation before this one is told that it is over

    async def _stop(self) -> None:
        runs = set(self._runs)
        for run in runs:
            run.cancel()
        if runs:
            await asyncio.wait(runs)

    async def _put(self, item: Item) -> None:
        async with self._turn:
            conversation = self._writable()
            match item:
                case Text(text=text):
                    if text:
                        self._unsent = True
                        self._say(
                            conversation, item if self._filter is None else self._counted(self._filter.take(text))
                        )
                    return
                case Clear():
                    self._held, self._length = Text(""), 0
                    self._filter = self._text_filter and self._text_filter.fresh()
                case Flush() | Commit():
                    if self._filter is not None:
                        self._held += self._counted(self._filter.take_rest())
                    self._release(conversation)
                case _:
                    assert_never(item)
            if isinstance(item, Flush):
                self._unsent, self._length, self._cold = False, 0, True
                self._owed += 1
            conversation.say(item)

    def _counted(self, spoken: Spoken) -> Text:
        """What of a text is spoken. Raises ParameterError when it is too much."""
        self._length = self._check(spoken.text, self._length)
        return Text(spoken.text, spoken)

    def _say(self, conversation: Conversation, text: Text) -> None:
        """Send it, unless the utterance is still too short to begin with."""
        if not self._held.text:
            self._since = asyncio.get_running_loop().time()
        self._held += text
        if not self._cold or self._cold_start is None or self._cold_start.reached(self._held.text):
            self._release(conversation)

    def _release(self, conversation: Conversation) -> None:
        if self._held.text:
            conversation.say(self._held, self._since)
            self._held, self._cold = Text(""), False

    def _take(self, conversation: Conversation) -> TTSResponse:
        increment = conversation.take()
        if increment.is_last:
            self._owed -= 1
        return increment

    def _remember(self, conversation: Conversation) -> None:
        """What is to be known of a conversation after its end."""
        self._identity = known(self._identity, conversation.identity)
        if conversation.first_audio is not None:
            self._first_audio = conversation.first_audio

    def _told(self) -> Identity:
        return known(self._identity, self._current.identity) if self._current is not None else self._identity

    def _raise_error(self, conversation: Conversation) -> None:
        error = self._error or conversation.error
        if error is None:
            return
        if self._trace is None or self._trace[0] is not error:
            self._trace = (error, error.__traceback__)
        raise error.with_traceback(self._trace[1])  # each time from there: the trace does not grow

    def _opened(self, broken: bool = False) -> Conversation:
        if self._current is None:
            raise UnsupportedError("the session is closed; open one with `async with tts.session()`")
        if not broken:
            self._raise_error(self._current)
        return self._current

    def _writable(self) -> Conversation:
        conversation = self._opened()
        if self._ended or conversation.over:
            raise UnsupportedError("the conversation was ended with end(); interrupt() or another session begins anew")
        return conversation


async def _each(texts: AsyncIterable[str] | Iterable[str]) -> AsyncGenerator[str, None]:
    if isinstance(texts, AsyncIterable):
        async for text in texts:
            yield text
    else:
        for text in [texts] if isinstance(texts, str) else texts:
            yield text
