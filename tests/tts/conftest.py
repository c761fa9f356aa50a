"""A provider whose audio is a numbered signal, so that a lost, repeated or reordered sample shows."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field

from modeldeck.credential import LocalCredential
from modeldeck.errors import ModelDeckError
from modeldeck.tts import Audio, AudioFormat, SpeechRequest, TTSModelBase, TTSUsage, WordTiming

RATE = 8000
PER_CHARACTER = 80  # samples: 10 ms


class Numbered(TTSModelBase):
    """Speaks each character as 80 samples that count on through the whole conversation."""

    class Parameters(BaseModel):
        voice: str = Field(default="one", title="Voice")
        speed: float | None = Field(default=None, ge=0.5, le=2)

    provider: ClassVar[str] = "numbered"
    type: Literal["numbered_tts"] = "numbered_tts"

    def __init__(self, *, piece: int = 700, **options: Any) -> None:
        super().__init__(LocalCredential(), "numbered", **options)
        self.piece = piece
        self.requests: list[SpeechRequest] = []
        self.failures: list[ModelDeckError | float] = []  # raised, or slept, before the next request's audio
        self.fail_after: ModelDeckError | None = None
        self.format = AudioFormat("pcm_s16le", RATE)
        self.open = 0
        self.gate: asyncio.Event | None = None

    async def _speak(self, request: SpeechRequest) -> AsyncIterator[Audio | WordTiming | TTSUsage]:
        self.requests.append(request)
        self.open += 1
        try:
            if self.failures:
                failure = self.failures.pop(0)
                if isinstance(failure, ModelDeckError):
                    raise failure
                await asyncio.sleep(failure)
            first = sum(len(one.text) for one in self.requests[:-1]) * PER_CHARACTER
            samples = range(first, first + len(request.text) * PER_CHARACTER)
            data = b"".join(struct.pack("<H", sample % 65536) for sample in samples)
            for word in _words(request.text):
                yield word
            for start in range(0, len(data), self.piece):
                if self.gate is not None and start:
                    await self.gate.wait()
                yield Audio(data[start : start + self.piece], self.format)
                if self.fail_after is not None:
                    raise self.fail_after
            yield TTSUsage(characters=len(request.text))
        finally:
            self.open -= 1


def _words(text: str) -> list[WordTiming]:
    words, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        words.append(WordTiming(word, at / 100, (at + len(word)) / 100, at, at + len(word)))
        at += len(word)
    return words


def numbers(pcm: bytes) -> list[int]:
    return [number for (number,) in struct.iter_unpack("<H", pcm)]


@pytest.fixture
def numbered() -> Callable[..., Numbered]:
    return Numbered
