"""Audio of classes that answer `synthesize` by themselves: message blocks become bytes in the format asked for."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from collections.abc import AsyncGenerator
from contextlib import aclosing

from modeldeck.errors import ProviderError
from modeldeck.message import Base64Source
from modeldeck.tts import Audio, AudioFormat, TTSResponse
from modeldeck.tts.assemble import Assembler
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.hook import Identity

_RATE = 24000  # Hz, where a media type tells none
_ENCODINGS = {"pcm": "pcm_s16le", "l16": "pcm_s16le", "mpeg": "mp3", "x-wav": "wav", "wave": "wav", "x-flac": "flac"}


async def own_audio(parts: AsyncGenerator[TTSResponse, None], target: AudioFormat) -> AsyncGenerator[TTSResponse, None]:
    """Raises ParameterError where it is neither `target` nor raw PCM, ProviderError where it is no audio."""
    assembler = Assembler(Delivery(target.encoding == "wav", None, target))
    begun = asyncio.get_running_loop().time()
    usage = None
    async with aclosing(parts):
        async for part in parts:
            usage = part.usage or usage
            piece = _piece(part)
            if piece is not None and (increment := assembler.audio(piece)) is not None:
                yield increment
    seconds = asyncio.get_running_loop().time() - begun
    for increment in assembler.ended(usage, seconds, None, Identity(), {}):
        yield increment


def _piece(part: TTSResponse) -> Audio | None:
    if part.audio and part.format is not None:
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
