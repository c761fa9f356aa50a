"""What the sandbox says: a numbered signal, or real speech from the local voice.

Sample i of the numbered signal is i modulo 65536 (as 16 bits), so that a lost, repeated or reordered sample shows.
"""

from __future__ import annotations

import asyncio
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from sys import byteorder
from typing import Literal, Protocol

from modeldeck._near import near_or_list, quoted
from modeldeck.errors import ParameterError
from modeldeck.sandbox.faults import Fault
from modeldeck.sandbox.law import Law
from modeldeck.sandbox.silent import SilentMp3, SilentOpus
from modeldeck.tts.convert import PCM, Converter
from modeldeck.tts.response import AudioFormat, WordTiming
from modeldeck.tts.wav import wav_header

Encoding = Literal["pcm", "wav", "mp3", "opus", "mulaw", "alaw"]
KINDS = ("numbered", "local")
SLOWEST = 0.01
HUGE = 10_000_000
TINY = 100
_LAP = 65536
_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = re.compile(f"[{_CJK}]|[^\\W{_CJK}]+(?:['’][^\\W{_CJK}]+)*")
_OPUS_RATES = {8000: 8000, 16000: 16000, 24000: 24000}  # others at 48000


class Encoder(Protocol):
    def feed(self, data: bytes) -> bytes: ...
    def finish(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Voice:
    """How everything here speaks. `character`: seconds that one takes (of the numbered signal); `chunk`: seconds of
    audio in one; `pace`: times as fast as it is heard, None at once. Raises ParameterError."""

    kind: Literal["numbered", "local"] = "numbered"
    pace: float | None = None
    character: float = 0.06
    chunk: float = 0.2

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ParameterError(f"no voice {quoted(self.kind)}{near_or_list(self.kind, KINDS)}", parameter="voice")
        pace: object = self.pace
        if pace is not None and not (isinstance(pace, int | float) and SLOWEST <= pace < float("inf")):
            message = f"pace: times as fast as it is heard, from {SLOWEST}, or None, not {quoted(pace)}"
            raise ParameterError(message, parameter="pace", value=pace)

    def speaker(
        self,
        encoding: Encoding = "pcm",
        sample_rate: int = 24000,
        *,
        rate: float = 1.0,
        fault: Fault | None = None,
        sample: int = 0,
    ) -> Speaker:
        """One stream of audio (and one file, where the encoding makes files), mono.

        `rate`: how fast is spoken, 1.0 is normal. `sample`: the number of the stream's first sample. `fault`: of the
        line it goes through; `tiny`, `huge` and `odd` are made here.
        """
        return Speaker(self, encoding, sample_rate, rate, fault, sample)

    async def file(self, text: str, encoding: Encoding, sample_rate: int, *, rate: float = 1.0) -> bytes:
        """A whole file at once; a WAV with its true size."""
        voice = replace(self, pace=None)
        speaker = voice.speaker("pcm" if encoding == "wav" else encoding, sample_rate, rate=rate)
        data = b"".join([chunk async for chunk in await speaker.say(text)]) + speaker.end()
        return wav_header(AudioFormat("wav", sample_rate), len(data)) + data if encoding == "wav" else data


class Speaker:
    """A stream of audio that `say` makes longer.

    `sample`: the number of the next sample. `seconds`: how much was said so far.
    """

    def __init__(
        self, voice: Voice, encoding: Encoding, sample_rate: int, rate: float, fault: Fault | None, sample: int
    ) -> None:
        self.sample = sample
        self.seconds = 0.0
        self._voice = voice
        self._sample_rate = sample_rate
        self._rate = rate
        self._size = fault.name if fault is not None else ""
        self._head = wav_header(AudioFormat("wav", sample_rate), None) if encoding == "wav" else b""
        self._encoder = _encoder(encoding, sample_rate)
        self._due = 0.0

    async def say(self, text: str) -> Speech:
        """The audio of `text`, to be taken chunk by chunk: `async for chunk in await speaker.say(text)`.

        Its samples are numbered from here on even when nobody takes them.
        """
        voice = self._voice
        self._due = max(self._due, asyncio.get_running_loop().time())  # within a text, lost time is made up
        spoken = await _local(text, self._sample_rate, self._rate) if voice.kind == "local" else None
        samples = round(len(text) * voice.character / self._rate * self._sample_rate)
        samples = samples if spoken is None else len(spoken) // 2
        if self._size == "huge":
            samples = max(samples, HUGE // 2)
        begin, first = self.seconds, self.sample
        self.sample += samples
        self.seconds += samples / self._sample_rate
        pieces = self._sized(self._encoded(self._pcm(first, samples, spoken)))
        return Speech(self, begin, self.seconds, _words(text, begin, self.seconds), pieces)

    def end(self) -> bytes:
        """The rest of the file, once; empty for pcm and wav."""
        encoder, self._encoder = self._encoder, None
        return b"" if encoder is None else encoder.finish()

    async def turn(self, seconds: float) -> None:
        """Wait until a chunk of that length may leave."""
        if self._voice.pace is None:
            await asyncio.sleep(0)
            return
        if (wait := self._due - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(wait)
        self._due += seconds / self._voice.pace

    def _pcm(self, first: int, samples: int, spoken: bytes | None) -> Iterator[bytes]:
        most = HUGE // 2 if self._size == "huge" else max(1, round(self._voice.chunk * self._sample_rate))
        for at in range(0, samples, most):
            count = min(most, samples - at)
            if spoken is None:
                yield numbered(first + at, count)
            else:
                yield spoken[2 * at : 2 * (at + count)].ljust(2 * count, b"\0")

    def _encoded(self, pcm: Iterator[bytes]) -> Iterator[tuple[bytes, float]]:
        for samples in pcm:
            data = samples if self._encoder is None else self._encoder.feed(samples)
            head, self._head = self._head, b""
            if head or data:
                yield head + data, len(samples) / 2 / self._sample_rate

    def _sized(self, chunks: Iterator[tuple[bytes, float]]) -> Iterator[tuple[bytes, float]]:
        match self._size:
            case "tiny":
                return _tiny(chunks)
            case "odd":
                return _odd(chunks)
        return chunks


class Speech:
    """The audio of one text, once. `begin`, `end`: seconds of the stream; `words`: when each is spoken, likewise."""

    __slots__ = ("_pieces", "_speaker", "begin", "end", "words")

    def __init__(
        self,
        speaker: Speaker,
        begin: float,
        end: float,
        words: tuple[WordTiming, ...],
        pieces: Iterator[tuple[bytes, float]],
    ) -> None:
        self.begin = begin
        self.end = end
        self.words = words
        self._speaker = speaker
        self._pieces = pieces

    def __aiter__(self) -> Speech:
        return self

    async def __anext__(self) -> bytes:
        for data, seconds in self._pieces:
            await self._speaker.turn(seconds)
            return data
        raise StopAsyncIteration


def numbered(first: int, count: int) -> bytes:
    """`count` samples (16-bit, little-endian) of the numbered signal, from sample `first` on."""
    start = first % _LAP
    laps = -(-(start + count) // _LAP)
    lap = _lap()
    return (lap if laps <= 2 else lap * (laps // 2 + 1))[2 * start : 2 * (start + count)]


@cache
def _lap() -> bytes:
    """Twice round."""
    samples = array("H", range(_LAP))
    if byteorder == "big":
        samples.byteswap()
    return samples.tobytes() * 2


def _words(text: str, begin: float, end: float) -> tuple[WordTiming, ...]:
    character = (end - begin) / max(1, len(text))
    return tuple(
        WordTiming(
            found[0], begin + found.start() * character, begin + found.end() * character, found.start(), found.end()
        )
        for found in _WORD.finditer(text)
    )


def _encoder(encoding: Encoding, sample_rate: int) -> Encoder | None:
    match encoding:
        case "pcm" | "wav":
            return None
        case "mulaw" | "alaw":
            return Law(encoding)
        case _:
            pass
    rate = _OPUS_RATES.get(sample_rate, 48000) if encoding == "opus" else sample_rate
    try:
        return Converter(AudioFormat(PCM, sample_rate), AudioFormat(encoding, rate))
    except ParameterError:  # without the `audio` extra
        return SilentMp3(sample_rate) if encoding == "mp3" else SilentOpus(sample_rate)


async def _local(text: str, sample_rate: int, rate: float) -> bytes:
    """Raises MissingExtraError without the local voice, ParameterError where its rate must be converted and cannot."""
    from modeldeck.tts import LocalTTSModel

    language = "cmn" if re.search(f"[{_CJK}]", text) else "en-us"
    model = LocalTTSModel(
        parameters={"voice": language}, stream=False, output=AudioFormat(PCM, sample_rate), enforce="off"
    )
    response = await model.synthesize(text)
    return response.audio


def _tiny(chunks: Iterator[tuple[bytes, float]]) -> Iterator[tuple[bytes, float]]:
    left = TINY
    for data, seconds in chunks:
        cut = min(left, len(data))
        left -= cut
        for at in range(cut):
            yield data[at : at + 1], 0.0
        if data[cut:]:
            yield data[cut:], seconds


def _odd(chunks: Iterator[tuple[bytes, float]]) -> Iterator[tuple[bytes, float]]:
    rest = b""
    for more, seconds in chunks:
        data = rest + more
        cut = len(data) - 1 + len(data) % 2
        rest = data[cut:]
        yield data[:cut], seconds
    if rest:
        yield rest, 0.0
