"""What clients sent, kept for those who want to look: bounded, and without secrets."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

MOST_EXCHANGES = 1000
MOST_BYTES = 1 << 20  # of one exchange
_SECRET = ("authorization", "api-key", "x-api-key", "cookie")


@dataclass(slots=True)
class Exchange:
    """One HTTP request or one WebSocket.

    `body`: the request's. `frames`: what the client sent, in order; of a binary frame its length. `status`: of the
    answer, 101 where the WebSocket was opened, None while there is none (or never was). `lost`: how many bytes are
    not kept here because they were too many.
    """

    kind: Literal["http", "websocket"]
    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: str = ""
    frames: list[str | int] = field(default_factory=list)
    status: int | None = None
    lost: int = 0
    _kept: int = 0

    def keep(self, message: Message) -> None:
        """Something that the client sent."""
        match message:
            case {"type": "http.request", "body": data} if self._room(len(data)):
                self.body += data.decode("utf-8", "replace")
            case {"type": "websocket.receive", "text": str() as text} if self._room(len(text)):
                self.frames.append(text)
            case {"type": "websocket.receive", "bytes": bytes() as data} if self._room(8):
                self.frames.append(len(data))

    def answered(self, message: Message) -> None:
        """Something that the sandbox answers."""
        match message["type"]:
            case "http.response.start" | "websocket.http.response.start":
                self.status = message["status"]
            case "websocket.accept":
                self.status = 101

    def _room(self, size: int) -> bool:
        if self._kept + size > MOST_BYTES:
            self.lost += size
            return False
        self._kept += size
        return True


class Records:
    """The last exchanges, and how many there were before them."""

    def __init__(self) -> None:
        self.lost = 0
        self._exchanges: deque[Exchange] = deque(maxlen=MOST_EXCHANGES)

    def watch(self, scope: Scope, receive: Receive, send: Send) -> tuple[Receive, Send]:
        """The two channels of a new exchange, watched."""
        exchange = Exchange(
            scope["type"], scope.get("method", "GET"), scope["path"], scope["query_string"].decode(), _headers(scope)
        )
        self.lost += len(self._exchanges) == MOST_EXCHANGES
        self._exchanges.append(exchange)

        async def received() -> Message:
            message = await receive()
            exchange.keep(message)
            return message

        async def sent(message: Message) -> None:
            if exchange.status is None:
                exchange.answered(message)
            await send(message)

        return received, sent

    def as_dicts(self) -> list[dict[str, Any]]:
        """Plain JSON, oldest first."""
        found = [asdict(exchange) for exchange in self._exchanges]
        for one in found:
            del one["_kept"]
        return found

    def clear(self) -> None:
        self._exchanges.clear()
        self.lost = 0

    def __len__(self) -> int:
        return len(self._exchanges)


def _headers(scope: Scope) -> list[tuple[str, str]]:
    """As they came, lower case; secrets as their length."""
    found = []
    for name, value in scope["headers"]:
        text = value.decode("latin-1")
        found.append((name.decode("latin-1").lower(), f"({len(text)} characters)" if name.lower() in _MASKED else text))
    return found


_MASKED = tuple(name.encode() for name in _SECRET)
