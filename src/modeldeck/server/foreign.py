"""Audio of classes that answer `synthesize` by themselves: message blocks become bytes in the format asked for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from modeldeck.tts import AudioFormat, TTSResponse
from modeldeck.tts.assemble import Assembler
from modeldeck.tts.delivery import Delivery
from modeldeck.tts.hook import Identity
from modeldeck.tts.own import piece_of


async def own_audio(parts: AsyncGenerator[TTSResponse, None], target: AudioFormat) -> AsyncGenerator[TTSResponse, None]:
    """Raises ParameterError where it is neither `target` nor raw PCM, ProviderError where it is no audio."""
    assembler = Assembler(Delivery(target.encoding == "wav", None, target))
    begun = asyncio.get_running_loop().time()
    usage = None
    async with aclosing(parts):
        async for part in parts:
            usage = part.usage or usage
            piece = piece_of(part)
            if piece is not None and (increment := assembler.audio(piece)) is not None:
                yield increment
    seconds = asyncio.get_running_loop().time() - begun
    for increment in assembler.ended(usage, seconds, None, Identity(), {}):
        yield increment
