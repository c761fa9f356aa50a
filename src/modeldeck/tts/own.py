"""Classes that answer `synthesize` by themselves: what they give, as a hook would give it."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modeldeck._nested import Nested
from modeldeck.errors import ProviderError
from modeldeck.message import Base64Source
from modeldeck.tts.hook import Audio, SpeechEvent, SpeechRequest
from modeldeck.tts.response import AudioFormat, TTSResponse

if TYPE_CHECKING:
    from modeldeck.tts.base import TTSModelBase

_RATE = 24000  # Hz, where a media type tells none
_ENCODINGS = {"pcm": "pcm_s16le", "l16": "pcm_s16le", "mpeg": "mp3", "x-wav": "wav", "wave": "wav", "x-flac": "flac"}


async def events(
    model: TTSModelBase[Any], given: Mapping[str, Any], request: SpeechRequest
) -> AsyncGenerator[SpeechEvent, None]:
    """What `model.synthesize` gives of the text, with the keyword arguments `given`."""
    spoken: Any = model.synthesize(request.text, **given)
    if isinstance(spoken, Awaitable):
        spoken = await spoken
    parts = _alone(spoken) if isinstance(spoken, TTSResponse) else spoken
    async with aclosing(Nested(parts)) as increments:
        async for part in increments:
            for timing in (*part.timings, *part.sentences):
                yield timing
            if (piece := piece_of(part)) is not None:
                yield piece
            if part.usage is not None:
                yield part.usage


async def _alone(response: TTSResponse) -> AsyncGenerator[TTSResponse, None]:
    yield response


def piece_of(part: TTSResponse) -> Audio | None:
    """Its audio, raw where it says how many samples it has. Raises ProviderError where it is no audio."""
    if part.audio and part.format is not None:
        frame = part.format.frame_bytes
        if part.format.encoding == "wav" and part.samples is not None and frame is not None:
            begin = len(part.audio) - part.samples * frame
            return Audio(part.audio[begin:], replace(part.format, encoding="pcm_s16le"))
        return Audio(part.audio, part.format)
    source = part.content.source if part.content is not None else None
    if source is None:
        return None
    if not isinstance(source, Base64Source):
        raise ProviderError("the model's class answers with an address, not with audio")
    try:
        return Audio(b64decode(source.data, validate=True), format_of(source.media_type))
    except ValueError:
        raise ProviderError("the model's class answers with what is no base64") from None


def format_of(media_type: str) -> AudioFormat:
    """`audio/pcm;rate=24000`, `audio/wav`, …"""
    kind, *details = media_type.casefold().replace(" ", "").split(";")
    name = kind.removeprefix("audio/")
    told = {part.partition("=")[0]: part.partition("=")[2] for part in details}
    encoding = told.get("codecs") or _ENCODINGS.get(name, name)
    rate, channels = told.get("rate", ""), told.get("channels", "")
    return AudioFormat(encoding, int(rate) if rate.isdecimal() else _RATE, int(channels) if channels.isdecimal() else 1)
