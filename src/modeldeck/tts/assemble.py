"""Audio as providers send it becomes increments as callers get them: whole samples, headers, offsets."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modeldeck.errors import ProtocolError
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.hook import Audio, Identity, SpeechRequest
from modeldeck.tts.response import AudioFormat, SentenceTiming, TTSResponse, TTSUsage, WordTiming
from modeldeck.tts.wav import HEADER_BYTES, Samples, wav_header

if TYPE_CHECKING:
    from modeldeck.tts.convert import Converter

_PCM = "pcm_s16le"
_RAW = (_PCM, "mulaw", "alaw")
_HEAD = "head"  # in the last increment's metadata: the file's true first bytes, in base64


def asked(request: SpeechRequest, delivery: Delivery) -> SpeechRequest:
    """The request as the provider gets it: it asks for what the model gives natively."""
    return request if request.output == delivery.source else replace(request, output=delivery.source)


class Assembler:
    """Makes the increments of one utterance, as `delivery` says.

    `samples` and `bytes` count what went out, `received` the bytes of audio that came in.
    """

    def __init__(self, delivery: Delivery) -> None:
        self.format: AudioFormat | None = None
        self.samples = 0
        self.bytes = 0
        self.received = 0
        self._delivery = delivery
        self._announced: AudioFormat | None = None
        self._native: AudioFormat | None = None  # raw also where it comes, or leaves, as WAV
        self._wav: Samples | None = None  # reads a provider's own
        self._converter: Converter | None = None
        self._half = b""
        self._timings: list[WordTiming] = []
        self._sentences: list[SentenceTiming] = []

    @property
    def seconds(self) -> float:
        """Seconds of raw audio that came so far; 0 for encodings that do not tell."""
        frame = self._native_frame
        return self.received // frame / self._native.sample_rate if self._native and frame else 0.0

    @property
    def _native_frame(self) -> int | None:
        return self._native.frame_bytes if self._native and self._native.encoding in _RAW else None

    def timing(self, timing: WordTiming) -> None:
        self._timings.append(timing)

    def sentence(self, sentence: SentenceTiming) -> None:
        self._sentences.append(sentence)

    def audio(self, piece: Audio) -> TTSResponse | None:
        """The increment that `piece` completes, or None."""
        if self._announced is None:
            self._announced = piece.format
            self._wav = Samples(piece.format, others=True) if piece.format.encoding == "wav" else None
        elif piece.format != self._announced:
            raise ProtocolError(f"the audio changed from {self._announced} to {piece.format} in mid-stream")
        data = piece.data
        if self._wav is not None and not (data := self._wav.feed(data)):
            return None
        return self._take(data, piece.format)

    def _take(self, data: bytes, announced: AudioFormat) -> TTSResponse | None:
        if self._native is None:
            self._begin(announced if self._wav is None else self._wav.format)
        data = self._half + data
        if frame := self._native_frame:
            cut = len(data) - len(data) % frame
            data, self._half = data[:cut], data[cut:]
        self.received += len(data)
        return self._increment(data if self._converter is None else self._converter.feed(data))

    def _begin(self, native: AudioFormat) -> None:
        """Settle what goes out. Raises ParameterError when `native` cannot become what was asked for."""
        raw = native.encoding == _PCM
        self._native = replace(native, encoding=native.encoding.removeprefix("wav_"))  # the header is ours to write
        target = self._delivery.target
        if target is None:
            self.format = replace(native, encoding="wav") if raw and (self._delivery.wav or self._wav) else native
        elif raw and target.encoding in (_PCM, "wav") and replace(target, encoding=_PCM) == native:
            self.format = target
        elif not raw and native.encoding == target.encoding:
            self.format = native
        else:
            from modeldeck.tts.convert import Converter

            self._converter = Converter(native, target)
            self.format = target

    def _increment(self, data: bytes) -> TTSResponse | None:
        if not data:
            return None
        assert self.format is not None
        made_here = self._converter is not None or self._native_frame is not None  # not a provider's own WAV
        frame = self.format.frame_bytes if made_here else None
        header = (
            wav_header(self.format, None)
            if frame and self.format.encoding.startswith("wav") and not self.bytes
            else b""
        )
        samples = len(data) // frame if frame else None
        offset = self.samples
        self.samples += samples or 0
        self.bytes += len(data)
        return TTSResponse(
            audio=header + data,
            format=self.format,
            samples=samples,
            offset=offset,
            **self._taken_timings(),
            is_last=False,
        )

    def ended(
        self,
        usage: TTSUsage | None,
        seconds: float,
        first_audio: float | None,
        identity: Identity,
        metadata: Mapping[str, Any],
    ) -> Generator[TTSResponse]:
        """The increments that end the utterance, `seconds` after it began: what was held back, the last."""
        for tail in self._held_back():
            first_audio = seconds if first_audio is None else first_audio
            yield tail
        told: dict[str, Any] = {
            name: value for name in identity.__slots__ if (value := getattr(identity, name)) is not None
        }
        told |= metadata
        if self._converter is not None and (head := self._converter.head):
            told[_HEAD] = b64encode(head).decode("ascii")
        yield TTSResponse(
            is_last=True,
            usage=replace(usage or TTSUsage(), time=seconds),
            format=self.format,
            samples=0 if self.samples else None,
            offset=self.samples,
            **self._taken_timings(),
            first_audio=first_audio,
            metadata=told or None,
        )

    def _held_back(self) -> Generator[TTSResponse]:
        rest = self._wav.rest() if self._wav is not None else b""
        if rest and self._announced is not None and (increment := self._take(rest, self._announced)) is not None:
            yield increment
        if self._converter is not None and (increment := self._increment(self._converter.finish())) is not None:
            yield increment

    def _taken_timings(self) -> dict[str, Any]:
        if not self._timings and not self._sentences:
            return {}
        taken = {"timings": tuple(self._timings), "sentences": tuple(self._sentences)}
        self._timings.clear()
        self._sentences.clear()
        return taken


def true_head(last: TTSResponse, size: int) -> bytes:
    """What belongs at the start of a file of `size` bytes in place of what was streamed: sizes, a sum; or nothing."""
    if last.format is not None and last.format.encoding.startswith("wav") and last.samples is not None and size:
        return wav_header(last.format, size - HEADER_BYTES)
    return b64decode((last.metadata or {}).get(_HEAD, ""))


def joined(parts: Sequence[TTSResponse], *, open_sizes: bool = False, is_last: bool | None = None) -> TTSResponse:
    """Several increments of one utterance as one; with its true sizes, unless it is part of a stream (`open_sizes`)."""
    with_audio = [part for part in parts if part.audio]
    last = parts[-1]
    data = b"".join(part.audio for part in with_audio)
    form = with_audio[0].format if with_audio else None
    counts = [part.samples for part in with_audio]
    made_here = bool(with_audio) and None not in counts  # else it is the provider's own file, header and all
    if form is not None and form.encoding.startswith("wav") and made_here and not open_sizes:
        pcm = data[HEADER_BYTES:] if with_audio[0].offset == 0 else data
        data = wav_header(form, len(pcm)) + pcm
    elif with_audio and not open_sizes:
        head = true_head(last, len(data))
        data = head + data[len(head) :]
    metadata = last.metadata if open_sizes else {k: v for k, v in (last.metadata or {}).items() if k != _HEAD}
    return TTSResponse(
        audio=data,
        format=form,
        samples=sum(count or 0 for count in counts) if made_here else None,
        offset=with_audio[0].offset if with_audio else last.offset,
        timings=tuple(timing for part in parts for timing in part.timings),
        sentences=tuple(sentence for part in parts for sentence in part.sentences),
        is_last=last.is_last if is_last is None else is_last,
        usage=last.usage,
        first_audio=last.first_audio,
        metadata=metadata or None,
    )
