"""WebSockets as speech models use them: what refuses or ends them is told in the service's own errors."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from modeldeck._transport.link import Dial, HandshakeRefused, Link, LinkClosed
from modeldeck._transport.transport import Transport
from modeldeck._wire.service import Service
from modeldeck.errors import ConnectionFailedError, ModelDeckError
from modeldeck.tts.hook import SpeechRequest


class lent:
    """`async with lent(...) as link`: a connection, or the service's own error when it gives none."""

    __slots__ = ("_loan", "_service")

    def __init__(self, transport: Transport, dial: Dial, request: SpeechRequest, service: Service) -> None:
        self._loan = transport.lend(dial, connect=request.timeouts.connect, watch=request.watch)
        self._service = service

    async def __aenter__(self) -> Link:
        with _refusals(self._service):
            return await self._loan.__aenter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        await self._loan.__aexit__(kind, error, trace)
        if isinstance(error, LinkClosed):
            raise _lost(self._service, error) from None


async def warmed(transport: Transport, dial: Dial, request: SpeechRequest, service: Service) -> None:
    """Open and prepare one connection for the next call."""
    with _refusals(service):
        await transport.prewarm(dial, connect=request.timeouts.connect)


@contextmanager
def _refusals(service: Service) -> Generator[None]:
    try:
        yield
    except HandshakeRefused as refused:
        raise service.handshake_error(refused.status or 0, refused.body, refused.headers) from None
    except LinkClosed as lost:
        raise _lost(service, lost) from None


def _lost(service: Service, lost: LinkClosed) -> ModelDeckError:
    error = service.close_error(lost.close_code, lost.close_reason)
    if isinstance(error, ConnectionFailedError):
        error.unheard = lost.unheard
    return error
