"""What an emulator sends through: one for HTTP and WebSocket alike, faults included."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketState

from modeldeck.sandbox.faults import MOST_REASON, Fault, Seen

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

    from modeldeck.sandbox.host import Peer


class LineGone(Exception):
    """This connection is over: the fault was that, or the other end left. Emulators let it pass; the host ends it."""


def fitting(reason: str) -> str:
    """As much of it as a close frame takes."""
    return reason.encode()[:MOST_REASON].decode("utf-8", "ignore")


class Line:
    """One call's way out to the client.

    On a WebSocket a `str` is a text frame and `bytes` a binary one; in an HTTP answer both are bytes of the body,
    whose head leaves with the first of them. `chunks`: audio chunks sent so far. `model`: without its fault.
    """

    def __init__(
        self, connection: HTTPConnection, model: str, pick: Callable[[], Fault | None], seen: Seen | None = None
    ) -> None:
        self.model = model
        self._seen = seen or Seen()
        self.chunks = 0
        self._pick: Callable[[], Fault | None] | None = pick
        self._fault: Fault | None = None
        self._connection = connection
        self._peer: Peer = connection.scope["state"]["peer"]
        self._stream: Stream | None = None
        self._struck = False
        self._held: str | bytes | None = None

    @property
    def fault(self) -> Fault | None:
        """This call's; taken (and counted) when it is first asked for, so that an unused line uses up none."""
        if self._pick is not None:
            pick, self._pick = self._pick, None
            self._fault = pick()
        return self._fault

    async def event(self, frame: str | bytes) -> None:
        """Send anything but audio and the terminal frame. Raises LineGone."""
        await self._pass()
        await self._send(self._garbled(frame))
        await self._release(overtaken=True)

    async def audio(self, frame: str | bytes) -> None:
        """Send a frame that carries an audio chunk. Raises LineGone."""
        if isinstance(frame, bytes):  # binary chunks cannot be told apart: only an event may come before a held one
            await self._release()
        await self._pass()
        fault = self.fault
        if fault is not None and fault.name == "slow" and self.chunks >= fault.after:
            assert isinstance(fault.value, float)
            await asyncio.sleep(fault.value)
        if self.due("wrong_order"):
            self._held = frame
        else:
            await self._send(self._garbled(frame))
        self.chunks += 1

    async def finish(self, frame: str | bytes) -> None:
        """Send the frame that ends the call (`task-finished`, `session.finished`, `stop`). Raises LineGone."""
        await self._pass()
        fault = self.fault
        self._seen.finished += bool(frame)
        if fault is not None and fault.name == "no_finish":
            self._seen.struck += 1
            await self.close()
            raise LineGone
        await self._send(self._garbled(frame))
        await self._release(overtaken=bool(frame))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Close the WebSocket; an HTTP answer ends. A reason that is too long is cut."""
        if isinstance(self._connection, WebSocket):
            if not self._gone():
                await self._connection.close(code, fitting(reason))
        elif self._stream is not None:
            await self._stream.end()

    async def lose(self) -> NoReturn:
        """End the connection in the middle, where a wire has no other way to say that something failed."""
        self._peer.transport.close()
        await self._peer.lost.wait()
        raise LineGone

    def due(self, name: str) -> bool:
        """Whether the fault `name` is to happen now; True once. For the faults that only an emulator can make."""
        fault = self.fault
        if self._struck or fault is None or fault.name != name or self.chunks < fault.after:
            return False
        self._struck = True
        self._seen.struck += name != "wrong_order"  # that one shows when the frame is overtaken
        return True

    def base64(self, data: bytes) -> str:
        """An audio chunk as base64, truncated where that is the fault."""
        return self._whole(b64encode(data).decode("ascii"))

    def hex(self, data: bytes) -> str:
        """An audio chunk in hexadecimal, truncated where that is the fault."""
        return self._whole(data.hex())

    def _whole(self, text: str) -> str:
        return text[:-1] if self.due("truncated_base64") else text

    def stream(
        self, body: Callable[[], Awaitable[None]], *, media_type: str, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The HTTP answer, of status 200, whose body is what `body` sends through this line."""
        self._stream = Stream(body, media_type, headers)
        return self._stream

    async def _pass(self) -> None:
        """The faults that end a call at a position."""
        if self.due("cut"):
            self._peer.reset()
            await self._left()
        if self.due("silence"):
            await self._left()
        if self.due("close"):
            assert self.fault is not None
            assert isinstance(self.fault.value, int)
            await self.close(self.fault.value, self.fault.reason)
            raise LineGone

    async def _left(self) -> NoReturn:
        """Wait until the connection is over, and read meanwhile, so that pings are answered and its end is seen."""
        reading = asyncio.ensure_future(self._read_on())
        try:
            await self._peer.lost.wait()
        finally:
            reading.cancel()
        raise LineGone

    async def _read_on(self) -> None:
        connection: Any = self._connection
        receive = self._stream.receive if self._stream is not None else connection.receive
        try:
            while (await receive())["type"] not in ("http.disconnect", "websocket.disconnect"):
                pass
        except RuntimeError:  # the emulator has read of the end
            pass

    def _gone(self) -> bool:
        connection = self._connection
        closed = isinstance(connection, WebSocket) and connection.application_state is WebSocketState.DISCONNECTED
        return closed or self._peer.gone

    def _garbled(self, frame: str | bytes) -> str | bytes:
        return frame.replace('"', "#") if isinstance(frame, str) and self.due("garbage") else frame

    async def _release(self, *, overtaken: bool = False) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            self._seen.struck += overtaken
            await self._send(held)

    async def _send(self, frame: str | bytes) -> None:
        if self._gone():
            raise LineGone
        if isinstance(self._connection, WebSocket):
            if isinstance(frame, str):
                await self._connection.send({"type": "websocket.send", "text": frame})
            else:
                await self._connection.send({"type": "websocket.send", "bytes": frame})
        else:
            assert self._stream is not None, "an HTTP answer is begun with Line.stream()"
            await self._stream.write(frame.encode() if isinstance(frame, str) else frame)


class Stream(Response):
    """An answer whose head waits for the first byte of its body, so that a fault may come before both."""

    def __init__(self, body: Callable[[], Awaitable[None]], media_type: str, headers: Mapping[str, str] | None) -> None:
        super().__init__(None, 200, headers, media_type)
        del self.headers["content-length"]
        self._speak = body
        self._send: Send
        self._begun = self._ended = False
        self.receive: Receive

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._send, self.receive = send, receive
        try:
            await self._speak()
            await self.end()
        except* LineGone:
            pass

    async def write(self, data: bytes, more: bool = True) -> None:
        if not self._begun:
            self._begun = True
            await self._send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await self._send({"type": "http.response.body", "body": data, "more_body": more})

    async def end(self) -> None:
        """End the body; twice is once."""
        if not self._ended:
            self._ended = True
            await self.write(b"", more=False)
