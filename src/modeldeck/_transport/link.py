"""A WebSocket as it is lent: what a provider dials, what it gets, what it is told when that ends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from modeldeck.errors import ConnectionFailedError

if TYPE_CHECKING:
    from modeldeck._transport.ws import WebSocket


Headers = Mapping[str, str] | Callable[[], Mapping[str, str]]


class LinkClosed(ConnectionFailedError):
    """The other end closed the WebSocket, or it was lost (`close_code` 1006)."""

    def __init__(self, message: str, *, close_code: int, close_reason: str, **details: Any) -> None:
        super().__init__(message, **details)
        self.close_code = close_code
        self.close_reason = close_reason

    @property
    def clean(self) -> bool:
        return self.close_code in {1000, 1001}


class HandshakeRefused(ConnectionFailedError):
    """The other end answered the handshake with an HTTP status; `headers` have lower-case names."""

    retryable = False

    def __init__(self, message: str, *, status: int, headers: Mapping[str, str], body: bytes, **details: Any) -> None:
        super().__init__(message, status=status, **details)
        self.headers = dict(headers)
        self.body = body


class Link:
    """A WebSocket that somebody has for himself; `state` is the wire's own, made by `Dial.prepare`."""

    __slots__ = ("__weakref__", "kept", "salvaged", "socket", "state")

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.kept = False
        self.salvaged = False
        self.state: Any = None

    @property
    def open(self) -> bool:
        """Nobody has closed it, as far as is known."""
        return self.socket.open

    @property
    def close_code(self) -> int | None:
        return self.socket.close_code

    @property
    def close_reason(self) -> str:
        return self.socket.close_reason

    async def send(self, data: str | bytes) -> None:
        """Raises LinkClosed; waits while the other end does not read."""
        await self.socket.send(data)

    async def receive(self) -> str | bytes:
        """The next message; raises LinkClosed after the last. Cancelling loses nothing."""
        return await self.socket.receive()

    def keep(self) -> None:
        """At the end of the loan give the link back, to be prepared again and lent again."""
        self.kept = True

    def salvage(self) -> None:
        """Do so also when the borrower is cancelled: `Dial.prepare` then ends first what is under way."""
        self.salvaged = True


@dataclass(frozen=True, slots=True, repr=False)
class Dial:
    """What a WebSocket is opened with, and which spares fit.

    `headers` may be a function, called for each connection: a token that ages is made there. `key`: what else must
    agree for a spare to fit. `prepare` runs after the handshake, and again when a link is kept; `lasts`: seconds that
    a prepared spare stays usable.
    """

    url: str
    headers: Headers = field(default_factory=dict[str, str], hash=False)
    key: Hashable = None
    prepare: Callable[[Link], Awaitable[None]] | None = field(default=None, compare=False)
    lasts: float | None = field(default=None, compare=False)

    def __repr__(self) -> str:
        return f"Dial({urlsplit(self.url)._replace(query='', fragment='').geturl()!r})"

    def handshake(self) -> Mapping[str, str]:
        """The headers of one connection."""
        return self.headers() if callable(self.headers) else self.headers
