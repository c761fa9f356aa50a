"""eSpeak NG on this machine, as a text-to-speech model."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from modeldeck.providers.local.credential import LocalCredential
from modeldeck.providers.local.parameters import LocalTTSParameters
from modeldeck.tts.base import TTSModelBase
from modeldeck.tts.options import TTSOptions

if TYPE_CHECKING:
    from modeldeck.tts.card import TTSModelCard
    from modeldeck.tts.facts import Voice
    from modeldeck.tts.hook import SpeechEvent, SpeechRequest

SAMPLE_RATE = 22050


class LocalTTSModel(TTSModelBase[LocalTTSParameters]):
    """Speaks without key or network. Needs the `local` extra (espeakng-loader, GPL-3.0-or-later).

    The engine runs in a process of its own, one sentence at a time in turn over all open streams, and only as
    far ahead as the consumer takes.
    """

    provider: ClassVar[str] = "local"
    credential_class = LocalCredential
    Parameters: ClassVar[type[LocalTTSParameters]] = LocalTTSParameters
    type: Literal["local_tts"] = "local_tts"

    def __init__(
        self,
        credential: LocalCredential | None = None,
        model: str | TTSModelCard = "espeak-ng",
        parameters: LocalTTSParameters | Mapping[str, Any] | None = None,
        stream: bool = True,
        **options: Unpack[TTSOptions],
    ) -> None:
        super().__init__(credential or LocalCredential(), model, parameters, stream, **options)

    def _resolve(self, model: str | TTSModelCard) -> tuple[str, TTSModelCard | None]:
        """There is nobody who might have newer models. Raises ModelNotFoundError."""
        name, card = super()._resolve(model)
        return name, card or self.card(name)

    def _times(self, parameters: Mapping[str, Any]) -> bool:
        return True

    async def _speak(self, request: SpeechRequest) -> AsyncIterator[SpeechEvent]:
        from modeldeck.providers.local.engine import (  # asyncio and the worker, for those who speak
            Chunk,
            Engine,
        )
        from modeldeck.providers.local.pieces import Piece, pieces
        from modeldeck.tts.hook import Audio
        from modeldeck.tts.response import AudioFormat, TTSUsage, WordTiming

        settings = dict(request.parameters)
        parts = [Piece(request.text, 0)] if settings.get("ssml") else pieces(request.text)
        form = AudioFormat("pcm_s16le", SAMPLE_RATE)
        engine = await Engine.running()
        seconds = 0.0
        for piece in parts:
            spoken = 0
            word: WordTiming | None = None
            async with aclosing(engine.say(piece.text, **settings)) as events:
                async for event in events:
                    if isinstance(event, Chunk):
                        spoken += len(event.pcm)
                        yield Audio(event.pcm, form)
                        continue
                    start, begin = seconds + event.at, piece.start + event.start
                    if word is not None:
                        yield replace(word, end=start)
                    end = begin + event.length
                    word = WordTiming(request.text[begin:end], start, start, begin, end)
            seconds += spoken / 2 / SAMPLE_RATE
            if word is not None:
                yield replace(word, end=seconds)
        yield TTSUsage(characters=len(request.text))

    async def list_voices(self) -> list[Voice]:
        """The engine's own voices: languages, and variants that go with any of them (`language+variant`)."""
        from modeldeck.providers.local.engine import Engine
        from modeldeck.tts.facts import Voice

        engine = await Engine.running()
        return [
            Voice(id=one.id, label=one.label, languages=one.languages, gender=one.gender, source="live")
            for one in await engine.voices()
        ]
