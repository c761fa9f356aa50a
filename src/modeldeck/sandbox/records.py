"""What clients sent, kept for those who want to look: bounded, and without secrets."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

MOST_EXCHANGES = 1000
MOST_BYTES = 1 << 20  # of one exchange
MOST_IN_ALL = 64 << 20  # bytes
_SECRET = re.compile(r"key|token|secret|authorization|cookie|password|signature", re.IGNORECASE)
_PUBLIC = ("sec-websocket-key",)


class Exchange(TypedDict):
    """One HTTP request or one WebSocket, in JSON's terms.

    `headers`: as they came, names in lower case. `body`: the request's. `frames`: what the client sent, in order; of a
    binary frame its length. `status`: of the answer, 101 where the WebSocket was opened, None while there is none (or
    never was). `lost`: how many bytes are not kept here because they were too many. In headers and in the query,
    secrets are their length: `(32 characters)`.
    """

    kind: Literal["http", "websocket"]
    method: str
    path: str
    query: str
    headers: list[tuple[str, str]]
    body: str
    frames: list[str | int]
    status: int | None
    lost: int


class _Record:
    """An exchange while it goes on. `kept`: bytes; `dropped`: nobody can look at it any more."""

    def __init__(self, scope: Scope) -> None:
        self.dropped = False
        self._body = bytearray()
        self._exchange: Exchange = {
            "kind": scope["type"],
            "method": scope.get("method", "GET"),
            "path": scope["path"],
            "query": _query(scope["query_string"].decode("utf-8", "replace")),
            "headers": [_header(name, value) for name, value in scope["headers"]],
            "body": "",
            "frames": [],
            "status": None,
            "lost": 0,
        }
        self._head = sum(len(name) + len(value) for name, value in scope["headers"]) + len(scope["query_string"])
        self._told = 0

    @property
    def kept(self) -> int:
        return self._head + self._told

    def keep(self, message: Message) -> None:
        """Something that the client sent."""
        frames = self._exchange["frames"]
        match message:
            case {"type": "http.request", "body": bytes() as data} if self._room(len(data), whole=True):
                self._body += data
            case {"type": "websocket.receive", "text": str() as text} if self._room(len(text.encode())):
                frames.append(text)
            case {"type": "websocket.receive", "bytes": bytes() as data} if self._room(8):
                frames.append(len(data))

    def answered(self, message: Message) -> None:
        """Something that the sandbox answers; the first counts."""
        if self._exchange["status"] is None:
            match message["type"]:
                case "http.response.start" | "websocket.http.response.start":
                    self._exchange["status"] = message["status"]
                case "websocket.accept":
                    self._exchange["status"] = 101

    def exchange(self) -> Exchange:
        """As it is now."""
        now = self._exchange
        body = self._body.decode("utf-8", "replace")
        return {**now, "headers": [*now["headers"]], "frames": [*now["frames"]], "body": body}

    def _room(self, size: int, *, whole: bool = False) -> bool:
        """`whole`: what comes after something lost would leave a gap."""
        if self._told + size > MOST_BYTES or (whole and self._exchange["lost"]):
            self._exchange["lost"] += size
            return False
        self._told += size
        return True


class Records:
    """The last exchanges, and how many there were before them."""

    def __init__(self) -> None:
        self.lost = 0
        self._records: deque[_Record] = deque()
        self._kept = 0

    def watch(self, scope: Scope, receive: Receive, send: Send) -> tuple[Receive, Send]:
        """The two channels of a new exchange, watched."""
        record = _Record(scope)
        self._records.append(record)
        self._grown(record.kept)

        async def received() -> Message:
            message = await receive()
            if not record.dropped:
                before = record.kept
                record.keep(message)
                self._grown(record.kept - before)
            return message

        async def sent(message: Message) -> None:
            record.answered(message)
            await send(message)

        return received, sent

    def exchanges(self) -> list[Exchange]:
        """Oldest first."""
        return [record.exchange() for record in self._records]

    def clear(self) -> None:
        while self._records:
            self._drop()
        self.lost = 0

    def __len__(self) -> int:
        return len(self._records)

    def _grown(self, size: int) -> None:
        self._kept += size
        while len(self._records) > MOST_EXCHANGES or (self._kept > MOST_IN_ALL and len(self._records) > 1):
            self._drop()
            self.lost += 1

    def _drop(self) -> None:
        oldest = self._records.popleft()
        oldest.dropped = True
        self._kept -= oldest.kept


def _header(name: bytes, value: bytes) -> tuple[str, str]:
    word, text = name.decode("latin-1").lower(), value.decode("latin-1")
    return word, _masked(text) if word not in _PUBLIC and _SECRET.search(word) else text


def _query(text: str) -> str:
    parts = [part.partition("=") for part in text.split("&")]
    return "&".join(f"{name}{mark}{_masked(value) if _SECRET.search(name) else value}" for name, mark, value in parts)


def _masked(text: str) -> str:
    return f"({len(text)} characters)"
