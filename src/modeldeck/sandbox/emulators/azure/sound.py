"""What the Azure emulator can make of a text, by the service's names of formats."""

from __future__ import annotations

from array import array
from collections.abc import AsyncIterator
from functools import cache
from sys import byteorder
from typing import Any

from modeldeck.providers.azure.wire.formats import FORMATS, PCM, Format
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.faults import Fault
from modeldeck.sandbox.voice import Speech

_SPOKEN = {PCM: "pcm", "mp3": "mp3", "opus": "opus", "mulaw": "pcm", "alaw": "pcm"}
_BIAS, _CLIP = 0x84, 32635


def made(name: str) -> Format:
    """The format of that name, as raw audio where it is a WAV file."""
    return FORMATS[FORMATS[name].name]


class Sound:
    """One turn's audio. Raises ValueError for a format that cannot be made here."""

    def __init__(self, box: Box, name: str, fault: Fault | None, sample: int = 0) -> None:
        audio = made(name).audio
        encoding: Any = _SPOKEN.get(audio.encoding)
        if encoding is None:
            raise ValueError(f"The sandbox cannot make {name}: it makes raw and riff (PCM, G.711), mp3 and ogg.")
        self._speaker = box.voice.speaker(encoding, audio.sample_rate, fault=fault, sample=sample)
        self._law = audio.encoding if audio.encoding in ("mulaw", "alaw") else ""
        self._head = FORMATS[name].head
        self._half = b""

    @property
    def sample(self) -> int:
        """The number of the next sample."""
        return self._speaker.sample

    @property
    def seconds(self) -> float:
        return self._speaker.seconds

    async def say(self, text: str) -> Speech:
        return await self._speaker.say(text)

    async def chunks(self, spoken: Speech) -> AsyncIterator[bytes]:
        async for chunk in spoken:
            head, self._head = self._head, b""
            if data := head + (self._encoded(chunk) if self._law else chunk):
                yield data

    def end(self) -> bytes:
        """The rest of the file."""
        return self._speaker.end()

    def _encoded(self, pcm: bytes) -> bytes:
        pcm = self._half + pcm
        cut = len(pcm) - len(pcm) % 2
        self._half = pcm[cut:]
        samples = array("H", pcm[:cut])
        if byteorder == "big":
            samples.byteswap()
        law = _mulaw() if self._law == "mulaw" else _alaw()
        return bytes([law[sample] for sample in samples])


@cache
def _mulaw() -> bytes:
    """By sample, as 16 bits without a sign (ITU-T G.711)."""
    return bytes(_mulaw_of(sample - 65536 if sample > 32767 else sample) for sample in range(65536))


@cache
def _alaw() -> bytes:
    return bytes(_alaw_of(sample - 65536 if sample > 32767 else sample) for sample in range(65536))


def _mulaw_of(sample: int) -> int:
    magnitude = min(abs(sample), _CLIP) + _BIAS
    exponent = magnitude.bit_length() - 8
    mantissa = magnitude >> (exponent + 3) & 0x0F
    return ~((0x80 if sample < 0 else 0) | exponent << 4 | mantissa) & 0xFF


def _alaw_of(sample: int) -> int:
    magnitude = (sample if sample >= 0 else -sample - 1) >> 3
    exponent = max(0, magnitude.bit_length() - 5)
    mantissa = magnitude >> max(1, exponent) & 0x0F
    return ((0x80 if sample >= 0 else 0) | exponent << 4 | mantissa) ^ 0x55
