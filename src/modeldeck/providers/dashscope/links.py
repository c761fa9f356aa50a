"""DashScope's WebSockets as the realtime classes use them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from modeldeck._transport.link import Dial, HandshakeRefused, Link, LinkClosed
from modeldeck._transport.transport import Transport
from modeldeck.providers.dashscope.wire.errors import close_error, handshake_error
from modeldeck.tts.hook import SpeechRequest

_ENCODINGS = {"pcm_s16le": "pcm", "wav": "pcm"}  # a WAV's header is the base's to write


def parameters(request: SpeechRequest) -> dict[str, Any]:
    """As the wire sends them: what `output` asks for natively has the last word on format and rate."""
    given = dict(request.parameters)
    if request.output is not None:
        given["format"] = _ENCODINGS.get(request.output.encoding, request.output.encoding)
        given["sample_rate"] = request.output.sample_rate
    return given


@asynccontextmanager
async def lent(transport: Transport, dial: Dial, request: SpeechRequest) -> AsyncGenerator[Link, None]:
    """A connection, or the service's own error when it gives none."""
    with _refusals():
        async with transport.lend(dial, connect=request.timeouts.connect, watch=request.watch) as link:
            yield link


async def warmed(transport: Transport, dial: Dial, request: SpeechRequest) -> None:
    """Open and prepare one connection for the next call."""
    with _refusals():
        await transport.prewarm(dial, connect=request.timeouts.connect)


@contextmanager
def _refusals() -> Generator[None]:
    try:
        yield
    except HandshakeRefused as refused:
        raise handshake_error(refused.status or 0, refused.body, refused.headers) from None
    except LinkClosed as lost:
        raise close_error(lost.close_code, lost.close_reason) from None
