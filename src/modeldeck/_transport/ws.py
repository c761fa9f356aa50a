"""WebSockets: `websockets` speaks the protocol, the socket is ours; no task and no timer per connection."""

from __future__ import annotations

import asyncio
import http.client
import logging
from collections import deque
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidURI
from websockets.frames import CloseCode, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from modeldeck._transport import failures
from modeldeck._transport.link import HandshakeRefused, LinkClosed
from modeldeck._transport.opening import GRACE, End
from modeldeck._transport.place import Place
from modeldeck.errors import ConcurrentUseError, ConnectionFailedError, ModelDeckError, ParameterError

MOST_BUFFERED = 16 << 20  # bytes that are read ahead of the consumer
RESUME = 4 << 20
MOST_MESSAGE = 64 << 20  # bytes of one message
MOST_REFUSED = 65_536  # bytes of an answer that refuses the handshake

# `websockets` logs the handshake's headers at DEBUG: not here.
_silent = logging.Logger("modeldeck.websockets", logging.CRITICAL)
_TEXT, _BINARY, _CONT, _OPEN = Opcode.TEXT, Opcode.BINARY, Opcode.CONT, State.OPEN


class WebSocket(End):
    """A WebSocket to one place."""

    def __init__(self, place: Place, url: str) -> None:
        super().__init__(place)
        rest = url.partition("://")[2].partition("#")[0]
        try:
            uri = parse_uri(f"{'wss' if place.secure else 'ws'}://{rest}")
        except (InvalidURI, ValueError):
            raise ParameterError("the service's address is no ws:// or wss:// URL", parameter="base_url") from None
        self._protocol = ClientProtocol(uri, max_size=MOST_MESSAGE, logger=_silent)
        self._shaken: asyncio.Future[None] | None = self.loop.create_future()
        self._answer = b""
        self._messages: deque[str | bytes] = deque()
        self._parts: list[bytes] = []
        self._text = False
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._drained: asyncio.Future[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.reading = True  # False while the consumer is behind by MOST_BUFFERED
        self.heard = True  # something has come since the last look
        self.silent = False  # it was used before, and nothing has come since it was lent anew
        self._pinged: float | None = None  # when a sign of life was asked for
        self.close_code: int | None = None
        self.close_reason = ""

    @property
    def open(self) -> bool:
        return super().open and self.close_code is None

    async def handshake(self, headers: Mapping[str, str]) -> None:
        """Raises HandshakeRefused or ConnectionFailedError."""
        assert self._shaken is not None
        request = self._protocol.connect()
        for name, value in headers.items():
            if name in request.headers:
                del request.headers[name]
            request.headers[name] = value
        self._protocol.send_request(request)
        self._flush()
        try:
            await self._shaken
        finally:
            self._shaken = None
            self._answer = b""
            self._disarm()

    async def send(self, data: str | bytes) -> None:
        if not self.open:
            raise self._closed()
        if isinstance(data, str):
            self._protocol.send_text(data.encode("utf-8", "replace"))
        else:
            self._protocol.send_binary(data)
        self._flush()
        if self._drained is not None:
            await asyncio.shield(self._drained)
            if self.transport is None:
                raise self._closed()

    async def receive(self) -> str | bytes:
        while not self._messages:
            if self.close_code is not None:
                raise self._closed()
            if self._waiter is not None and not self._waiter.done():
                raise ConcurrentUseError("two tasks receive from one connection; only one may")
            self._waiter = waiter = self.loop.create_future()
            try:
                await waiter
            finally:
                if self._waiter is waiter:
                    self._waiter = None
        message = self._messages.popleft()
        self._size -= len(message)
        if not self.reading and self._size <= RESUME and self.transport is not None:
            self.reading, self.heard = True, True
            self.transport.resume_reading()
        return message

    def asked(self, now: float, interval: float) -> float:
        if not self.open or not self.reading or self.heard:
            self.heard, self._pinged = False, None
        elif self._pinged is None:
            self._pinged = now
            self._protocol.send_ping(b"")
            self._flush()
        elif now - self._pinged >= interval:
            self.abort()
        return (self._pinged or now) + interval

    def close(self) -> None:
        if self.close_code is not None:
            return  # under way, with a deadline
        if not self.open:
            return self.abort()
        self._protocol.send_close(CloseCode.NORMAL_CLOSURE)
        self._flush()
        self._ending()

    def data_received(self, data: bytes) -> None:
        self.heard, self.silent = True, False
        if self._shaken is not None:
            return self._shake(data)
        protocol = self._protocol
        protocol.receive_data(data)
        self._take(protocol.events_received())
        self._flush()
        if protocol.state is not _OPEN:
            self._ending()

    def eof_received(self) -> None:
        if self._answer:
            self._refuse(complete=True)
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        if self._shaken is not None and not self._shaken.done():
            self._shaken.set_exception(failures.not_connected(exc or ConnectionResetError(), self.place))
            self._shaken.exception()  # seen, also when nobody waits any more
        if self.close_code is None:
            self.close_code = CloseCode.ABNORMAL_CLOSURE
        self._wake()
        super().connection_lost(exc)
        self.resume_writing()

    def pause_writing(self) -> None:
        self._drained = self.loop.create_future()

    def resume_writing(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None:
            drained.set_result(None)

    def _shake(self, data: bytes) -> None:
        """The handshake's answer: the status alone decides who reads the rest of it."""
        assert self._shaken is not None
        self._answer += data
        if self._shaken.done() or (b"\r\n\r\n" not in self._answer and len(self._answer) < MOST_REFUSED):
            return
        if self._answer[:13] not in {b"HTTP/1.1 101 ", b"HTTP/1.1 101\r"}:
            if self._deadline is None:
                self._deadline = self.loop.call_later(GRACE, self._refuse, True)
            return self._refuse(complete=len(self._answer) >= MOST_REFUSED)
        self._protocol.receive_data(self._answer)
        if self._protocol.handshake_exc is None and self._protocol.state is not State.CONNECTING:
            shaken, self._shaken = self._shaken, None
            self._answer = b""
            self._take(self._protocol.events_received()[1:])  # the first is the answer itself
            self._flush()
            if self._protocol.state is not _OPEN:
                self._ending()
            shaken.set_result(None)
        else:
            self._fail("answers the WebSocket handshake wrongly; check the address")

    def _refuse(self, complete: bool) -> None:
        """An answer that is no 101: wait for its body, unless it is `complete` or nothing more will come."""
        if self._shaken is None or self._shaken.done():
            return
        sock: Any = _Bytes(self._answer)
        response = http.client.HTTPResponse(sock, method="GET")
        try:
            response.begin()
            if response.length is None and not response.chunked and not complete:
                return
            body = response.read()
        except http.client.IncompleteRead as error:
            if not complete:
                return
            body = error.partial
        except (http.client.HTTPException, ValueError, ConnectionError):
            return self._fail("answers no HTTP; check the address")
        headers = {name.lower(): value for name, value in response.getheaders()}
        status = response.status
        text = f"{self.place}: refused the WebSocket (status {status}); check the address and the key"
        self._shaken.set_exception(HandshakeRefused(text, status=status, headers=headers, body=body[:MOST_REFUSED]))

    def _fail(self, why: str) -> None:
        if self._shaken is not None and not self._shaken.done():
            self._shaken.set_exception(ConnectionFailedError(f"{self.place}: {why}", retryable=False))

    def _take(self, events: Iterable[Any]) -> None:
        for frame in events:
            opcode = frame.opcode
            if opcode is _TEXT or opcode is _BINARY:
                if frame.fin:
                    self._put(frame.data, opcode is _TEXT)
                else:
                    self._parts, self._text = [frame.data], opcode is _TEXT
            elif opcode is _CONT:
                self._parts.append(frame.data)
                if frame.fin:
                    self._put(b"".join(self._parts), self._text)
                    self._parts = []

    def _put(self, data: bytes, text: bool) -> None:
        if text:
            try:
                message: str | bytes = str(data, "utf-8")
            except UnicodeDecodeError:
                self._protocol.fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
                return
        else:
            message = bytes(data)
        self._messages.append(message)
        self._size += len(message)
        if self._size > MOST_BUFFERED and self.reading and self.transport is not None:
            self.reading = False
            self.transport.pause_reading()
        self._wake()

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data and self.transport is not None:
                self.transport.write(data)

    def _ending(self) -> None:
        """A close frame has come or gone: no more messages, and the socket has a second left."""
        if self.close_code is None:
            close = self._protocol.close_rcvd or self._protocol.close_sent
            self.close_code = close.code if close is not None else CloseCode.ABNORMAL_CLOSURE
            self.close_reason = close.reason if close is not None else ""
        if self._deadline is None and self.transport is not None:
            self._deadline = self.loop.call_later(GRACE, self.abort)
        self._wake()

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _closed(self) -> ModelDeckError:
        code = self.close_code if self.close_code is not None else CloseCode.ABNORMAL_CLOSURE
        what = "the connection was lost" if code == CloseCode.ABNORMAL_CLOSURE else f"closed with code {code:d}"
        reason = f" ({self.close_reason})" if self.close_reason else ""
        error = LinkClosed(
            f"{self.place}: {what}{reason}; try again", close_code=int(code), close_reason=self.close_reason
        )
        error.unheard = self.silent
        return error


class _Bytes:
    """What `HTTPResponse` takes for a socket."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def makefile(self, _: str) -> BytesIO:
        return BytesIO(self.data)
