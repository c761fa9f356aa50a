"""Raw PCM, as models give it, becomes the format that was asked for, as a stream.

The `audio` extra brings what it takes: soxr (resampling) and soundfile (libsndfile's encoders).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from modeldeck.errors import ParameterError
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.response import AudioFormat

if TYPE_CHECKING:
    from collections.abc import Collection

    from modeldeck.tts.facts import AudioFacts

PCM = "pcm_s16le"
INSTALL = 'pip install "modeldeck[audio]"'
_SET_OGG_PAGE_LATENCY_MS = 0x1302  # sndfile.h of libsndfile 1.2
_OGG_PAGE_MS = 60.0
_BLOCK = 256  # frames of one write


@dataclass(frozen=True, slots=True)
class _Codec:
    """`options`: keyword arguments of soundfile.SoundFile. `rates`: empty for any."""

    options: dict[str, Any]
    rates: tuple[int, ...] = ()


_CODECS = {
    # Blocks of 1152 samples instead of 4096: the first leaves after 50 ms, for a few per cent more bytes.
    "flac": _Codec({"format": "FLAC", "subtype": "PCM_16", "compression_level": 0.25}),
    # A constant bit rate: a streamed VBR has no table of contents, and players guess its duration wrong.
    "mp3": _Codec(
        {"format": "MP3", "subtype": "MPEG_LAYER_III", "compression_level": 0.6, "bitrate_mode": "CONSTANT"},
        (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000),
    ),
    "ogg": _Codec({"format": "OGG", "subtype": "VORBIS"}),
    "opus": _Codec({"format": "OGG", "subtype": "OPUS"}, (8000, 12000, 16000, 24000, 48000)),
}


def planned(model: str, facts: AudioFacts | None, target: AudioFormat, rates: Collection[int] = ()) -> Delivery:
    """How `model`, whose card says `facts`, gives `target`. Raises ParameterError where it cannot be.

    `rates`: sample rates that may be asked of it, besides the card's own.
    """
    if facts is None or not facts.formats:
        return Delivery(target.encoding == "wav", target, target)
    raw = "pcm" in facts.formats
    encodings = {*facts.formats, *(("wav", PCM) if raw else ())}
    own = facts.sample_rate if facts.sample_rate and target.sample_rate not in rates else target.sample_rate
    source = AudioFormat(PCM, own, facts.channels)
    if target.encoding in encodings and replace(target, encoding=PCM) == source:
        return Delivery(target.encoding == "wav", target, target)
    if not raw:
        offers = f"{', '.join(sorted(encodings))} at {source.sample_rate} Hz, {facts.channels} channel(s)"
        message = f"{model} cannot give {_said(target)}; it gives {offers}, and only raw PCM is converted"
        raise ParameterError(message, parameter="output", value=target)
    return Delivery(target.encoding == "wav", source, target)


def fitting(encoding: str, rate: int) -> int:
    """The sample rate nearest above `rate`, in Hz, that can be made in `encoding`, else the highest."""
    codec = _CODECS.get(encoding)
    if codec is None or not codec.rates:
        return rate
    return min((one for one in codec.rates if one >= rate), default=codec.rates[-1])


def required(source: AudioFormat, target: AudioFormat) -> dict[str, Any]:
    """The modules that make `target` of `source`, by name.

    Raises ParameterError when that is impossible, or not without the `audio` extra.
    """
    problem = _problem(source, target)
    if problem is not None:
        raise ParameterError(f"output {_said(target)}: {problem}", parameter="output", value=target)
    resampled = source.sample_rate != target.sample_rate
    names = ["numpy", *(["soxr"] if resampled else []), *(["soundfile"] if target.encoding in _CODECS else [])]
    try:
        return {name: import_module(name) for name in names}
    except (ImportError, OSError) as error:  # OSError: soundfile without its libsndfile
        message = f"to convert {_said(source)} to {_said(target)}: {INSTALL} ({error})"
        raise ParameterError(message, parameter="output", value=target, suggestion=INSTALL) from error


def _problem(source: AudioFormat, target: AudioFormat) -> str | None:
    if source.encoding != PCM:
        return f"only raw PCM is converted, and this is {source.encoding}"
    codec = _CODECS.get(target.encoding)
    if codec is None and target.encoding not in (PCM, "wav"):
        return f"conversion makes {', '.join((PCM, 'wav', *_CODECS))}"
    if any(not 1000 <= form.sample_rate <= 192_000 or not 1 <= form.channels <= 8 for form in (source, target)):
        return f"conversion takes 1000 to 192000 Hz and 1 to 8 channels; the model gives {_said(source)}"
    if codec is not None and codec.rates and target.sample_rate not in codec.rates:
        return f"{target.encoding} takes {', '.join(map(str, codec.rates))} Hz"
    if codec is not None and target.channels > 2:
        return f"{target.encoding} takes 1 or 2 channels"
    if source.channels != target.channels and 1 not in (source.channels, target.channels):
        return f"{source.channels} channels become 1, or 1 becomes any number"
    return None


def _said(form: AudioFormat) -> str:
    return f"{form.encoding} at {form.sample_rate} Hz, {form.channels} channel{'s' if form.channels > 1 else ''}"


class Converter:
    """Turns the raw PCM of one utterance into `target`, a piece at a time.

    The sum of what `feed` and `finish` return does not depend on where the input was cut (an Ogg stream bears a
    random serial number besides). For `wav` it is the samples alone: the header is the caller's.
    """

    def __init__(self, source: AudioFormat, target: AudioFormat) -> None:
        """Raises ParameterError."""
        modules = required(source, target)
        self.head = b""
        self._frame = 2 * source.channels
        self._half = b""
        same = (source.sample_rate, source.channels) == (target.sample_rate, target.channels)
        self._samples = None if same else _Samples(source, target, modules)
        self._encoder = _Encoder(target, modules) if target.encoding in _CODECS else None

    def feed(self, data: bytes) -> bytes:
        """What is ready after `data`, which may be cut anywhere; perhaps nothing yet."""
        data = self._half + data
        cut = len(data) - len(data) % self._frame
        data, self._half = data[:cut], data[cut:]
        if self._samples is not None:
            data = self._samples.feed(data)
        return data if self._encoder is None else self._encoder.feed(data)

    def finish(self) -> bytes:
        """The rest. Then `head` has the true first bytes, for those who can seek; empty where they were true."""
        data = self._samples.feed(b"", last=True) if self._samples is not None else b""
        if self._encoder is None:
            return data
        data = self._encoder.feed(data) + self._encoder.finish()
        self.head = self._encoder.head
        return data


class _Samples:
    """Channels and sample rate. In float32, whose results soxr does not let depend on the cuts (int16's do)."""

    def __init__(self, source: AudioFormat, target: AudioFormat, modules: dict[str, Any]) -> None:
        self._numpy = modules["numpy"]
        self._channels, self._copies = source.channels, target.channels
        self._mix = source.channels > target.channels
        self._resampler: Any = None
        if "soxr" in modules:
            channels = min(source.channels, target.channels)
            self._resampler = modules["soxr"].ResampleStream(
                source.sample_rate, target.sample_rate, channels, dtype="float32"
            )

    def feed(self, data: bytes, last: bool = False) -> bytes:
        numpy = self._numpy
        frames = numpy.frombuffer(data, "<i2").astype("float32").reshape(-1, self._channels)
        if self._mix:
            frames = frames.mean(axis=1, keepdims=True, dtype="float32")
        if self._resampler is not None:
            frames = self._resampler.resample_chunk(frames, last)
        if frames.shape[1] < self._copies:
            frames = frames.repeat(self._copies, axis=1)
        pcm: bytes = numpy.rint(frames).clip(-32768, 32767).astype("<i2").tobytes()
        return pcm


class _Encoder:
    """One of libsndfile's encoders, as a stream. Blocks of one size: Vorbis makes other bytes of other cuts."""

    def __init__(self, target: AudioFormat, modules: dict[str, Any]) -> None:
        self.head = b""
        self._numpy, soundfile = modules["numpy"], modules["soundfile"]
        self._sink = _Sink()
        self._frame = 2 * target.channels
        self._waiting = b""
        self._opening: bytes | None = None  # header bytes that wait for the first audio
        self._delivered = False
        self._as_float = target.encoding == "mp3"
        options = _CODECS[target.encoding].options
        self._file: Any = soundfile.SoundFile(
            self._sink, "w", samplerate=target.sample_rate, channels=target.channels, **options
        )
        if options["format"] == "OGG":
            _shorten_pages(soundfile, self._file)

    def feed(self, data: bytes) -> bytes:
        if not data:
            return b""
        data = self._waiting + data
        if self._opening is None:  # no encoder has audio after one sample: what is there then is its header
            self._write(data[: self._frame])
            self._opening, data = self._sink.taken(), data[self._frame :]
        block = _BLOCK * self._frame
        cut = len(data) - len(data) % block
        for start in range(0, cut, block):
            self._write(data[start : start + block])
        self._waiting = data[cut:]
        return self._delivery()

    def _write(self, pcm: bytes) -> None:
        """In float32 where libsndfile 1.2 makes noise of int16: MP3 of two channels (its pull request 1106)."""
        if self._as_float:
            samples = self._numpy.frombuffer(pcm, "<i2").astype("float32") / 32768
            self._file.buffer_write(samples.tobytes(), "float32")
        else:
            self._file.buffer_write(pcm, "int16")

    def finish(self) -> bytes:
        if self._opening is None:  # no audio, no file
            return b""
        if self._waiting:
            self._write(self._waiting)
        self._file.close()
        head = self._sink.corrected(self._opening)
        if self._delivered:
            self.head = head if head != self._opening else b""
        else:
            self._opening = head
        return self._delivery()

    def _delivery(self) -> bytes:
        data = self._sink.taken()
        if not data or self._delivered:
            return data
        self._delivered = True
        return (self._opening or b"") + data


def _shorten_pages(soundfile: Any, file: Any) -> None:
    """Ogg pages of 60 ms instead of a second: the first one leaves earlier.

    soundfile has no public way to libsndfile's command (0.14); without it all but the latency is the same.
    """
    try:
        latency = soundfile._ffi.new("double *", _OGG_PAGE_MS)
        soundfile._snd.sf_command(file._file, _SET_OGG_PAGE_LATENCY_MS, latency, 8)
    except (AttributeError, TypeError):
        pass


class _Sink:
    """The file that an encoder believes it writes: it may seek, but what it wrote is gone after `taken`.

    Encoders return to the start at their end, to put in sizes and sums.
    """

    def __init__(self) -> None:
        self._position = 0
        self._size = 0
        self._new: list[bytes] = []
        self._corrections: list[tuple[int, bytes]] = []

    def write(self, data: bytes) -> int:
        if self._position < self._size:
            self._corrections.append((self._position, data))
        else:
            self._new.append(data)
        self._position += len(data)
        self._size = max(self._size, self._position)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._position = (0, self._position, self._size)[whence] + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def taken(self) -> bytes:
        data = b"".join(self._new)
        self._new.clear()
        return data

    def corrected(self, start: bytes) -> bytes:
        """`start`, the first bytes of the file, as the encoder wants them in the end."""
        head = bytearray(start)
        for position, data in self._corrections:
            if position + len(data) <= len(start):
                head[position : position + len(data)] = data
        return bytes(head)
