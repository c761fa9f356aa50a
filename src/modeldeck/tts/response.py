"""What a text-to-speech model answers."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from time import time
from typing import TYPE_CHECKING, Any, Literal, cast
from uuid import uuid4

from modeldeck import message
from modeldeck.errors import ParameterError

if TYPE_CHECKING:
    from modeldeck.message import AudioBlock, DataBlock

_MEDIA_TYPES = {
    "wav": "audio/wav",
    "mp3": "audio/mpeg",
    "opus": "audio/ogg;codecs=opus",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "ogg": "audio/ogg",
    "webm": "audio/webm;codecs=opus",
    "mulaw": "audio/PCMU",  # RFC 4856
    "alaw": "audio/PCMA",
    "wav_mulaw": "audio/wav",
    "wav_alaw": "audio/wav",
    "amr_wb": "audio/AMR-WB",  # RFC 4867
    "g722": "audio/G722",  # RFC 3551
    "raw_opus": "audio/opus",
}
_SAMPLE_BYTES = {"pcm_s16le": 2, "wav": 2, "mulaw": 1, "wav_mulaw": 1, "alaw": 1, "wav_alaw": 1}


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """What bytes of audio mean. `encoding`: `pcm_s16le` (raw), `wav` (the same with a header), `mp3`, `opus`, …

    `mulaw` and `alaw` are G.711, `wav_mulaw` and `wav_alaw` the same with a header.

    `sample_rate` in Hz.
    """

    encoding: str
    sample_rate: int
    channels: int = 1

    def __post_init__(self) -> None:
        for name in ("sample_rate", "channels"):
            value: Any = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ParameterError(f"{name} must be a whole number above 0, not {value!r}", parameter=name)

    @property
    def media_type(self) -> str:
        """The MIME type; raw PCM says its rate: `audio/pcm;rate=24000`."""
        if self.encoding == "pcm_s16le":
            channels = f";channels={self.channels}" if self.channels > 1 else ""
            return f"audio/pcm;rate={self.sample_rate}{channels}"
        return _MEDIA_TYPES.get(self.encoding, f"audio/{self.encoding}")

    @property
    def frame_bytes(self) -> int | None:
        """Bytes of one sample of all channels; None where a byte says nothing about time."""
        size = _SAMPLE_BYTES.get(self.encoding)
        return None if size is None else size * self.channels


@dataclass(frozen=True, slots=True)
class WordTiming:
    """When a word is spoken, in seconds of the utterance, and where it stands in the text (code points)."""

    text: str
    start: float
    end: float
    begin_index: int | None = None
    end_index: int | None = None


@dataclass(frozen=True, slots=True)
class SentenceTiming:
    """When a sentence, as the provider cuts them, is spoken, and where it stands in the text, as of a word."""

    text: str
    start: float
    end: float
    begin_index: int | None = None
    end_index: int | None = None


@dataclass(frozen=True, slots=True)
class TTSUsage:
    """What was billed, as far as the provider says; `time` is the seconds that the call took.

    `characters` as the provider counts them. `cost` in `currency`: at the card's list price, None where the price is
    not known or the provider does not say what it bills. `other_tokens`: those of all, that are priced otherwise than
    text read and audio made (cached text, text beside the audio); with any, the cost is not known.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    time: float = 0.0
    characters: int | None = None
    cost: float | None = None
    currency: str | None = None
    other_tokens: int = 0
    type: Literal["tts"] = "tts"


class TTSResponse:
    """An increment of speech, or all of it. Immutable.

    `audio`: the bytes of this increment in `format`; joined they are the whole, the first one of a streamed WAV
    carries its header (open sizes). `samples`: how many samples per channel it holds, `offset`: how many came
    before (None and 0 where the encoding does not tell). `content`: the same bytes as a message block, encoded
    in base64 when it is read. The last response of a stream has `is_last`, the usage, perhaps no audio.
    `timings`: words of this increment; `sentences`: those that ended before it; `first_audio`: seconds to the
    first audio, on the last response.
    """

    __slots__ = (
        "_content",
        "_created",
        "_id",
        "audio",
        "first_audio",
        "format",
        "is_last",
        "metadata",
        "offset",
        "samples",
        "sentences",
        "timings",
        "usage",
    )
    type: Literal["tts"] = "tts"

    _content: AudioBlock | None
    _created: str | float
    _id: str | None
    audio: bytes
    first_audio: float | None
    format: AudioFormat | None
    is_last: bool
    metadata: dict[str, Any] | None
    offset: int
    samples: int | None
    sentences: tuple[SentenceTiming, ...]
    timings: tuple[WordTiming, ...]
    usage: TTSUsage | None

    def __init__(
        self,
        content: DataBlock | None = None,
        *,
        id: str | None = None,
        created_at: str | None = None,
        usage: TTSUsage | None = None,
        metadata: dict[str, Any] | None = None,
        is_last: bool = True,
        audio: bytes = b"",
        format: AudioFormat | None = None,
        samples: int | None = None,
        offset: int = 0,
        timings: tuple[WordTiming, ...] = (),
        sentences: tuple[SentenceTiming, ...] = (),
        first_audio: float | None = None,
    ) -> None:
        put = partial(object.__setattr__, self)
        put("_content", content)
        put("_id", id)
        put("_created", created_at or time())
        put("usage", usage)
        put("metadata", metadata)
        put("is_last", is_last)
        put("audio", audio)
        put("format", format)
        put("samples", samples)
        put("offset", offset)
        put("timings", timings)
        put("sentences", sentences)
        put("first_audio", first_audio)

    @property
    def id(self) -> str:
        """Unique; made when it is read."""
        if self._id is None:
            object.__setattr__(self, "_id", uuid4().hex)
        return cast("str", self._id)

    @property
    def created_at(self) -> str:
        """When, in UTC, as ISO 8601."""
        if isinstance(self._created, str):
            return self._created
        return datetime.fromtimestamp(self._created, UTC).isoformat(timespec="milliseconds")

    @property
    def content(self) -> AudioBlock | None:
        """The audio as a message block; None when there is none."""
        if self._content is None and self.audio and self.format is not None:
            data = b64encode(self.audio).decode("ascii")
            source = message.Base64Source(data=data, media_type=self.format.media_type)
            block = message.AudioBlock(source=source, id=self.id, created_at=self.created_at)
            object.__setattr__(self, "_content", block)
        return self._content

    @property
    def duration(self) -> float | None:
        """Seconds of audio in this increment; None where the encoding does not tell."""
        if self.samples is None or self.format is None:
            return None
        return self.samples / self.format.sample_rate

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a {type(self).__name__} cannot be changed")

    def _state(self) -> tuple[Any, ...]:
        return (self.id, *(getattr(self, name) for name in self.__slots__ if name not in ("_content", "_id")))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TTSResponse) and self._state() == other._state()

    __hash__ = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (type(self), {"_id": self.id} | {name: getattr(self, name) for name in self.__slots__})

    def __repr__(self) -> str:
        size = f"{len(self.audio)} bytes of {self.format.media_type}" if self.audio and self.format else "no audio"
        return f"<{type(self).__name__} {size}{', last' if self.is_last else ''}>"


def _restored(cls: type[TTSResponse], state: dict[str, Any]) -> TTSResponse:
    response = cls.__new__(cls)
    for name, value in state.items():
        object.__setattr__(response, name, value)
    return response
