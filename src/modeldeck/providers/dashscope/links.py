"""DashScope's WebSockets as the realtime classes use them."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from modeldeck._transport.link import Dial, HandshakeRefused, Link, LinkClosed
from modeldeck._transport.transport import Transport
from modeldeck.errors import ConnectionFailedError, ModelDeckError
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


class lent:
    """`async with lent(...) as link`: a connection, or the service's own error when it gives none."""

    __slots__ = ("_loan",)

    def __init__(self, transport: Transport, dial: Dial, request: SpeechRequest) -> None:
        self._loan = transport.lend(dial, connect=request.timeouts.connect, watch=request.watch)

    async def __aenter__(self) -> Link:
        with _refusals():
            return await self._loan.__aenter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        await self._loan.__aexit__(kind, error, trace)
        if isinstance(error, LinkClosed):
            raise _lost(error) from None


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
        raise _lost(lost) from None


def _lost(lost: LinkClosed) -> ModelDeckError:
    error = close_error(lost.close_code, lost.close_reason)
    if isinstance(error, ConnectionFailedError):
        error.unheard = lost.unheard
    return error
