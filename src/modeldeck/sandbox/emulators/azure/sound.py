"""What the Azure emulator can make of a text, by the service's names of formats."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from modeldeck.providers.azure.wire.formats import FORMATS, PCM, Format
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.faults import Fault
from modeldeck.sandbox.voice import Speech
from modeldeck.tts.wav import wav_header

_SPOKEN = {PCM: "pcm", "mp3": "mp3", "opus": "opus", "mulaw": "mulaw", "alaw": "alaw"}


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
        asked = FORMATS[name].audio
        self._head = wav_header(asked, None) if asked.encoding.startswith("wav") else b""

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
            if data := head + chunk:
                yield data

    def end(self) -> bytes:
        """The rest of the file."""
        return self._speaker.end()
