"""A conversation on a model that takes whole texts: each sentence is one request, as soon as it is whole."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import assert_never

from modeldeck._nested import Nested
from modeldeck.tts.assemble import Assembler
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.hook import (
    Audio,
    Clear,
    Cleared,
    Commit,
    ConversationEvent,
    Flush,
    Identity,
    Inbox,
    SentenceBegin,
    SpeechEvent,
    SpeechRequest,
    Text,
    Told,
    Transcript,
    UtteranceEnd,
)
from modeldeck.tts.response import SentenceTiming, TTSUsage, WordTiming
from modeldeck.tts.sentences import SentenceCutter, Uncut


async def sentence_by_sentence(
    attempts: Callable[[SpeechRequest], AsyncIterator[SpeechEvent]],
    request: SpeechRequest,
    inbox: Inbox,
    *,
    check: Callable[[str], object],
    cutter: Callable[[], SentenceCutter | Uncut] = SentenceCutter,
) -> AsyncGenerator[ConversationEvent, None]:
    """`_converse` for a class that fills `_speak`; every sentence has attempts of its own, and is cached by itself."""
    text, told = cutter(), _Utterance()
    async for item in inbox:
        sentences: list[str] = []
        match item:
            case Text():
                sentences = text.feed(item.text)
            case Flush() | Commit():
                sentences = [text.rest()]
            case Clear():
                yield Cleared(len(text.rest()))
            case _:
                assert_never(item)
        for sentence in sentences:
            if any(map(str.isalnum, sentence)):
                check(sentence)
                one = replace(request, text=sentence)
                async with aclosing(Nested(attempts(one))) as events:
                    async for event in events:
                        if (shifted := told.event(event)) is not None:
                            yield shifted
            told.sentence_done(sentence)
        if isinstance(item, Flush):
            yield told.bill
            if told.cache is not None:
                yield Told({"cache": told.cache})
            yield UtteranceEnd()
            told = _Utterance()


class _Utterance:
    """Where in the utterance the next sentence begins: seconds of audio, code points of text; what was billed.

    `cache`: what all sentences have in common, else `partly`.
    """

    def __init__(self) -> None:
        self.usage = TTSUsage()
        self.cache: str | None = None
        self._billed = True  # of every sentence so far it was said
        self._said: TTSUsage | None = None  # of the current one; the last word counts
        self._free = True  # of every sentence so far nothing was billed
        self._assembler = Assembler(Delivery(wav=False))
        self._begin = 0.0
        self._characters = 0

    def event(self, event: SpeechEvent) -> SpeechEvent | None:
        """The event as the utterance sees it; usage is added up, of each sentence the last."""
        match event:
            case Audio():
                self._assembler.audio(event)
                return event
            case TTSUsage():
                self._said = event
                return None
            case Told():
                cache = event.metadata.get("cache", self.cache)
                self.cache = cache if self.cache in (None, cache) else "partly"
                return None
            case Identity() | SentenceBegin() | Transcript():
                return event
            case WordTiming(begin_index=begin, end_index=end) | SentenceTiming(begin_index=begin, end_index=end):
                return replace(
                    event,
                    start=event.start + self._begin,
                    end=event.end + self._begin,
                    begin_index=None if begin is None else begin + self._characters,
                    end_index=None if end is None else end + self._characters,
                )
            case _:
                assert_never(event)

    @property
    def bill(self) -> TTSUsage:
        """The sum; unknown where that of one sentence is."""
        if not self._billed:
            return TTSUsage()
        return replace(self.usage, cost=0.0) if self._free and self.usage.characters == 0 else self.usage

    def sentence_done(self, sentence: str) -> None:
        spoken = self._assembler.seconds > self._begin
        self._billed = self._billed and (self._said is not None or not spoken)
        if self._said is not None:
            self.usage = both(self.usage, self._said)
            self._free = self._free and self._said.cost == 0
        self._said = None
        self._begin = self._assembler.seconds
        self._characters += len(sentence)


def both(one: TTSUsage, other: TTSUsage) -> TTSUsage:
    """Two requests' usage together; what neither knows stays unknown."""
    characters = other.characters if one.characters is None else one.characters + (other.characters or 0)
    others = one.other_tokens + other.other_tokens
    tokens = one.input_tokens + other.input_tokens, one.output_tokens + other.output_tokens
    return TTSUsage(*tokens, 0.0, characters, other_tokens=others)
