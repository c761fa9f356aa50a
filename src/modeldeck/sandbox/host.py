"""The server: the emulators' routes on uvicorn's protocols, in the running event loop."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from http.client import responses
from types import TracebackType
from typing import Any, Literal, Self
from weakref import WeakSet

from modeldeck.errors import ConcurrentUseError, ConnectionFailedError, MissingExtraError, ParameterError

try:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse, PlainTextResponse, Response
    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
    from uvicorn import Config
    from uvicorn.protocols.http.h11_impl import H11Protocol
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
    from uvicorn.server import ServerState
    from websockets.datastructures import Headers
    from websockets.http11 import Response as HandshakeResponse
except ImportError as error:
    raise MissingExtraError('the sandbox needs its extra: pip install "modeldeck[sandbox]"', extra="sandbox") from error

from modeldeck.sandbox import control
from modeldeck.sandbox.box import Box
from modeldeck.sandbox.distance import Distance, Far, checked
from modeldeck.sandbox.faults import Fault, Faults, read_faults
from modeldeck.sandbox.known import Emulator, Emulators
from modeldeck.sandbox.line import LineGone, fitting
from modeldeck.sandbox.records import Exchange, Records
from modeldeck.sandbox.settings import Settings

_silent = logging.Logger("modeldeck.sandbox", logging.CRITICAL)
_BACKLOG = 4096
_KEEP_ALIVE = 75  # seconds
_MOST_FRAME = 64 << 20  # bytes that a client may send in one


class Peer:
    """One TCP connection, as emulators see it. `lost` is set when it is over."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.lost = asyncio.Event()

    @property
    def gone(self) -> bool:
        """Nothing more can be sent."""
        return self.transport.is_closing()

    def reset(self) -> None:
        """End it with a TCP reset, unless the other side ended it before."""
        raw = self.transport.get_extra_info("socket")
        if raw.fileno() < 0:
            return
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()


class _Http(H11Protocol):
    """Every request's `state` has its `peer`; no access log."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.access_log = False
        peers: set[Peer] = self.app_state["peers"]
        peer = Peer(transport)
        peers.add(peer)
        self.app_state = {"peer": peer, "peers": peers}
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        _lost(self.app_state)


class _WebSocket(WebSocketsSansIOProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.conn.logger = _silent  # it logs headers, the key among them
        self.conn.debug = False

    async def send(self, message: Any) -> None:
        match message["type"]:
            case "websocket.http.response.start":
                self._refusal = message
            case "websocket.http.response.body":
                self._refuse(message["body"])
            case _:
                await super().send(message)

    def _refuse(self, body: bytes) -> None:
        """Answer the handshake with an HTTP response; uvicorn before 0.53 writes each of its headers twice."""
        status = self._refusal["status"]
        headers = Headers(
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self._refusal["headers"]]
        )
        headers["Connection"] = "close"
        self.conn.send_response(HandshakeResponse(status, responses.get(status, ""), headers, body))
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.handshake_complete = self.close_sent = True
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self.handshake_complete = True  # nobody is left to complete it for
        super().connection_lost(exc)
        _lost(self.app_state)


def _lost(state: Mapping[str, Any]) -> None:
    state["peers"].discard(state["peer"])
    state["peer"].lost.set()


class Sandbox:
    """The providers' wires on a port of this machine, served by the running event loop: `async with Sandbox() as box`.

    `port` 0: any free one. `voice`: a numbered signal, or real speech from the local voice. `pace`: times as fast as it
    is heard, None at once. `distance` holds for connections made after it was set. `faults` are armed for all calls.
    `emulators`: by provider, all that modeldeck brings and packages install (entry point `modeldeck.emulators`) unless
    given. Needs the `sandbox` extra. Raises ParameterError.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        voice: Literal["numbered", "local"] = "numbered",
        pace: float | None = None,
        distance: Distance | None = None,
        faults: Iterable[Fault | str] = (),
        emulators: Mapping[str, Emulator] | None = None,
    ) -> None:
        settings = Settings(host, port, voice, pace, distance, faults)
        self.box = Box(settings.voice, Faults(settings.faults))
        self._distance = settings.distance
        self._host = host
        self._port = port
        self._records = Records()
        self._emulators = Emulators(emulators)
        self._app = self._application()
        self._peers: set[Peer] = set()
        self._far: WeakSet[Far] = WeakSet()
        self._server: asyncio.Server | None = None
        self._uvicorn = ServerState()

    @property
    def url(self) -> str:
        """Where it listens: `http://127.0.0.1:port`, without a last slash."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def environment(self) -> dict[str, str]:
        """The variables that point every credential here, and every official SDK that reads one."""
        found: dict[str, str] = {}
        for its in self._emulators.each(lambda one: dict(one.environment(self.url))):
            found |= its
        return found

    def about(self) -> list[str]:
        """Lines for people: what is served."""
        return [line for its in self._emulators.each(lambda one: list(one.about(self.url))) for line in its]

    @property
    def problems(self) -> list[str]:
        """What is wrong with emulators that packages install, one sentence each, by name; they are not served."""
        return list(self._emulators.problems)

    def state(self) -> dict[str, Any]:
        """What is served and asked for, in JSON's terms."""
        environment = self.environment()
        return {
            "url": self.url,
            "serves": list(self._emulators.by_name),
            "problems": self.problems,
            "connections": len(self._peers),
            "requests": len(self._records) + self._records.lost,
            "faults": [str(fault) for fault in self.box.faults.armed],
            "distance": asdict(self._distance),
            "environment": environment,
        }

    def requests(self) -> list[Exchange]:
        """What clients sent, oldest first: the last thousand exchanges, at most 64 MB of them."""
        return self._records.exchanges()

    def forget(self) -> None:
        """Forget what clients sent."""
        self._records.clear()

    def arm(self, *faults: Fault | str) -> None:
        """Arm these for all calls, in the place of those that are; none: all is well again. Raises ParameterError."""
        self.box.faults.arm(read_faults(faults))

    def set_distance(self, distance: Distance | None = None) -> None:
        """Of connections made from now on; None: next door. Raises ParameterError."""
        self._distance = checked(distance)

    async def __aenter__(self) -> Self:
        """Raises ConnectionFailedError where nothing can listen, ConcurrentUseError where this does already."""
        if self._server is not None and self._server.is_serving():
            raise ConcurrentUseError(f"this sandbox runs already, at {self.url}; make another one")
        config = Config(
            self._serve,
            http=_Http,
            ws=_WebSocket,
            interface="asgi3",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE,
            ws_max_size=_MOST_FRAME,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
        )
        config.load()
        try:
            self._server = await asyncio.get_running_loop().create_server(
                self._protocol(config), self._host, self._port, backlog=_BACKLOG
            )
        except (OSError, UnicodeError) as error:
            message = f"the sandbox cannot listen on {self._host} port {self._port}: {_reason(error)}"
            raise ConnectionFailedError(message, retryable=False) from error
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for far in list(self._far):
            far.end()
        peers = list(self._peers)
        for connection in list(self._uvicorn.connections):
            connection.shutdown()
        for peer in peers:
            peer.transport.abort()
        for peer in peers:
            await peer.lost.wait()
        tasks = list(self._uvicorn.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _protocol(self, config: Config) -> Callable[[], asyncio.Protocol]:
        def make() -> asyncio.Protocol:
            http = _Http(config, self._uvicorn, {"peers": self._peers})
            if not self._distance:
                return http
            far = Far(http, self._distance)
            self._far.add(far)
            return far

        return make

    def _application(self) -> Starlette:
        routes = [*control.routes(self)]
        for its in self._emulators.each(lambda one: list(one.routes(self.box))):
            routes += its
        handlers: dict[Any, Any] = {ParameterError: _misasked, 404: self._nothing_there}
        return Starlette(routes=routes, exception_handlers=handlers)

    async def _nothing_there(self, request: Request, _: Exception) -> Response:
        lines = [f"The sandbox has nothing at {request.url.path}. It serves:", *self.about(), ""]
        return PlainTextResponse("\n".join(lines), 404)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith(control.PREFIX + "/"):
            receive, send = self._records.watch(scope, receive, send)
        try:
            try:
                await self._app(scope, receive, send)
            except* (LineGone, WebSocketDisconnect):
                pass
        except asyncio.CancelledError:
            if self._server is None or self._server.is_serving():
                raise


def _reason(error: OSError | UnicodeError) -> str:
    """Why nothing can listen there, and what to choose instead."""
    match error:
        case socket.gaierror() | UnicodeError():
            return "there is no such host; choose another host"
        case OSError(errno=int(number)) if number != errno.EADDRNOTAVAIL:
            return f"{os.strerror(number)}; choose another port"
    return "that host is not this machine; choose another host"


async def _misasked(connection: Request | WebSocket, error: ParameterError) -> Response | None:
    """A wrong fault, or a wrong request to the control API."""
    answer = JSONResponse({"code": "InvalidParameter", "message": str(error)}, 400)
    if isinstance(connection, Request):
        return answer
    if connection.application_state is WebSocketState.CONNECTING:
        await connection.send_denial_response(answer)
    else:
        await connection.close(1008, fitting(str(error)))
    return None
