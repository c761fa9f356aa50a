"""One run of a provider's hook in a conversation: attempts, time-outs, and the increments that wait to be taken."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import assert_never

from modeldeck.errors import ModelDeckError, ProtocolError, ProviderError
from modeldeck.tts.cost import charged
from modeldeck.tts.deadline import Deadline
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.hook import (
    Clear,
    Cleared,
    Commit,
    ConversationEvent,
    Flush,
    Identity,
    Item,
    SpeechEvent,
    Text,
    UtteranceEnd,
    known,
)
from modeldeck.tts.pace import closed, too_late
from modeldeck.tts.response import TTSResponse, TTSUsage
from modeldeck.tts.script import Script, ScriptReader
from modeldeck.tts.speaker import Cast
from modeldeck.tts.utterance import Utterance


class Conversation:
    """What `run` does with `script`, spoken by `cast`; another one begins after an interruption.

    `changed` is set whenever audio came or was taken, and at the end: then `over`, or `error`.
    """

    def __init__(
        self,
        cast: Callable[[], Cast],
        changed: asyncio.Event,
        *,
        delivery: Delivery,
        buffer: float = 30.0,
    ) -> None:
        """`buffer`: seconds of audio that may wait."""
        self.script = Script(self._taken)
        self.over = False
        self.error: Exception | None = None
        self.identity = Identity()
        self.first_audio: float | None = None  # seconds, of the utterance that began to be spoken last
        self._cast = cast()
        self._speaker = self._cast.begin()
        self._delivery = delivery
        self._buffer = buffer
        self._changed = changed
        self._clock = asyncio.get_running_loop().time
        self._deadline = Deadline()
        self._ready: deque[tuple[Utterance, TTSResponse]] = deque()
        self._seconds = 0.0  # of audio in `_ready`
        self._spoken: deque[Utterance] = deque()  # flushed or begun, and not ended by the model
        self._clearings: deque[tuple[Utterance, int]] = deque()  # unanswered: of which utterance, after how much text
        self._delivered: Utterance | None = None  # the one that the caller was given audio of
        self._waiting_since = 0.0

    # -- the reader's side

    @property
    def ready(self) -> bool:
        """There is an increment to take."""
        return bool(self._ready)

    def take(self) -> TTSResponse:
        self._delivered, increment = self._ready.popleft()
        self._seconds -= _seconds(increment)
        self._changed.set()
        return increment

    def drop(self) -> None:
        """Forget what waits to be taken."""
        self._ready.clear()
        self._seconds = 0.0

    def heard(self, played: float | None) -> str | None:
        """The text of the utterance that was delivered last, up to what began before `played` seconds of it."""
        return self._delivered.heard(played) if self._delivered is not None else None

    # -- the hook's side

    async def run(self) -> None:
        """Until the script ends, an error that no other attempt helps, or being cancelled."""
        try:
            while True:
                pause = 0.0
                try:
                    self._waiting_since = self._clock()
                    reader = self.script.read(self._cast.leaves)
                    await self._pass_on(self._speaker.converse(self._speaker.request, reader), reader)
                    if not reader.left:
                        break
                except ModelDeckError as error:
                    self._speaker.origin.complete(error)
                    given = self._pause(error)
                    if given is None:
                        for utterance in list(self._spoken)[:1]:
                            utterance.failed(error)
                        raise
                    pause = given
                await asyncio.sleep(pause)
                await self.script.wait()
                self._speaker = self._cast.begin()
            self.over = True
        except Exception as error:
            self.error = error
        finally:
            self._deadline.close()
            self._changed.set()

    def _pause(self, error: ModelDeckError) -> float | None:
        """Seconds before the next attempt, None for none: nothing is spoken twice."""
        if not self.script.pending:  # nothing was said: the next text begins anew
            return self._cast.lost(error)
        total, left = self._speaker.timeouts.total, None
        if total is not None and self._spoken:
            left = self._spoken[0].began + total - self._clock()
        heard = any(utterance.assembler.received for utterance in self._spoken)
        pause = self._cast.again(error, left, heard=heard)
        if pause is not None:
            for utterance in self._spoken:
                utterance.begin_again()
        return pause

    def _taken(self, item: Item, since: float) -> None:
        """The hook takes `item`, said at `since`, for the first time."""
        if not self._spoken or self._spoken[-1].flushed:
            self._spoken.append(Utterance(self._delivery, self._clock, interruptible=True))
        utterance = self._spoken[-1]
        match item:
            case Text():
                utterance.write(item.text, since, item.written)
            case Flush():
                utterance.flushed = True
            case Clear():
                self._clearings.append((utterance, len(utterance.text)))
            case Commit():
                pass
            case _:
                assert_never(item)

    async def _pass_on(self, events: AsyncIterator[ConversationEvent], reader: ScriptReader) -> None:
        try:
            while (event := await self._next(events)) is not None:
                if isinstance(event, Identity):
                    self.identity = known(self.identity, event)
                    if self._spoken:
                        self._spoken[0].take(event)
                elif not self._spoken:
                    raise ProtocolError(f"{type(event).__name__} of a hook that was given no text")
                else:
                    await self._event(self._spoken[0], event)
            if any(utterance.flushed for utterance in self._spoken) and not reader.left:
                raise ProviderError("the provider ended in mid-utterance", retryable=True)
        finally:
            await closed(events)

    async def _event(self, utterance: Utterance, event: SpeechEvent | UtteranceEnd | Cleared) -> None:
        match event:
            case UtteranceEnd():
                if not utterance.flushed:
                    raise ProtocolError("UtteranceEnd of a hook before the utterance was flushed")
                self._check_spoken(utterance)
                for ending in utterance.ended():
                    await self._hand_over(utterance, ending)
                self._spoken.popleft()
                self.script.utterance_over()
                self._waiting_since = self._clock()
                self._cast.utterance_over()
            case Cleared() if not self._clearings:
                raise ProtocolError("Cleared of a hook that was not asked to clear")
            case Cleared():
                of, length = self._clearings.popleft()
                of.cut(length - event.characters, length)
                self.script.cleared(event.characters)
            case TTSUsage():
                utterance.take(charged(event, self._speaker.pricing, utterance.assembler.seconds))
            case _:
                first = utterance.first_audio is None
                if (increment := utterance.take(event)) is not None:
                    if first and utterance.first_audio is not None:
                        self.first_audio = utterance.first_audio
                        self._speaker.request.watch.first_audio(utterance.first_audio)
                        if (told := self._cast.spoke()) is not None:
                            utterance.take(told)
                    await self._hand_over(utterance, increment)

    def _check_spoken(self, utterance: Utterance) -> None:
        if not utterance.assembler.received and any(map(str.isalnum, utterance.text)):
            raise ProviderError("the provider ended without any audio", retryable=True)

    async def _next(self, events: AsyncIterator[ConversationEvent]) -> ConversationEvent | None:
        """The next event; while a flushed utterance is owed, within the time-outs.

        `first_audio` counts on whatever else the provider says; `idle` from any event.
        """
        if self._spoken and self._spoken[0].assembler.received:
            self._waiting_since = self._clock()
        try:
            with self._deadline.until(self._due()[0]):
                return await anext(events, None)
        except TimeoutError:
            if not self._deadline.passed:
                raise
            raise too_late(self._speaker.timeouts, self._due()[1]) from None

    def _due(self) -> tuple[float | None, str]:
        utterance = self._spoken[0] if self._spoken else None
        if not self.script.flushed:
            return None, ""
        name = "idle" if utterance is not None and utterance.assembler.received else "first_audio"
        timeouts = self._speaker.timeouts
        limit: float | None = getattr(timeouts, name)
        due = None if limit is None else self._waiting_since + limit
        if timeouts.total is not None and utterance is not None:
            total = utterance.began + timeouts.total
            if due is None or total < due:
                return total, "total"
        return due, name

    def say(self, item: Item, since: float | None = None) -> None:
        """More for the hook, said at `since`; from a flush on it owes an answer, though it may not have come to it."""
        owed = self.script.flushed
        self.script.put(item, self._clock() if since is None else since)
        if isinstance(item, Flush) and not owed:
            self._waiting_since = self._clock()
            if self._deadline.waiting:
                self._deadline.move(self._due()[0])

    async def _hand_over(self, utterance: Utterance, increment: TTSResponse) -> None:
        full = self._clock()
        while self._seconds > self._buffer:
            self._changed.clear()
            await self._changed.wait()
        utterance.began += self._clock() - full  # `total` is the provider's time, not the listener's
        self._ready.append((utterance, increment))
        self._seconds += _seconds(increment)
        self._changed.set()


def _seconds(increment: TTSResponse) -> float:
    """Of audio; encoded audio is taken for 64 kbit/s."""
    return len(increment.audio) / 8000 if increment.duration is None else increment.duration
