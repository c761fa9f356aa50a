"""The application on a socket of this machine, until somebody ends it."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from modeldeck.errors import ConnectionFailedError
from modeldeck.server.access import LOCAL_USER
from modeldeck.server.app import create_app
from modeldeck.server.settings import Settings
from modeldeck.server.state import Server

_GRACE = 5  # seconds that requests have to end by themselves
_BACKLOG = 2048


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers. `link`: `url` with a code that logs a browser in, once. `token`: made just now.

    Both None where others can connect.
    """

    server: Server
    url: str
    link: str | None = field(repr=False)
    token: str | None = field(repr=False)


async def serve(settings: Settings, listening: Callable[[Running], None]) -> None:
    """Until SIGINT or SIGTERM; a second one does not wait for requests. Raises what `served` does."""
    end = asyncio.Event()
    async with served(settings) as running, _signals(end.set):
        listening(running)
        await end.wait()


@asynccontextmanager
async def served(settings: Settings) -> AsyncGenerator[Running]:
    """On a socket of this machine, in the running loop.

    Raises CredentialError where others could connect and nobody has a token, ConnectionFailedError, StoreError.
    """
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        server: Server = app.state.modeldeck
        with _bound(settings.host, settings.port) as sock:
            uvicorn_server = _Uvicorn(_config(app, settings))
            task = asyncio.create_task(uvicorn_server.serve(sockets=[sock]))
            try:
                await uvicorn_server.serving(task)
                yield await _running(server, settings.host, sock.getsockname()[1])
            finally:
                uvicorn_server.should_exit = True
                async with _signals(uvicorn_server.hurry):
                    await task


def _config(app: Any, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=_GRACE,
        backlog=_BACKLOG,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=settings.max_body,
    )


class _Uvicorn(uvicorn.Server):
    """Tells when it serves, and leaves signals to whoever started it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._begun = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._begun.set()

    async def serving(self, task: asyncio.Task[None]) -> None:
        """Until it serves, or `task`, which runs it, has failed."""
        begun = asyncio.create_task(self._begun.wait())
        await asyncio.wait((begun, task), return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()
        if task.done():
            task.result()

    def hurry(self) -> None:
        self.force_exit = True

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def _signals(ended: Callable[[], None]) -> AsyncGenerator[None]:
    """What SIGINT and SIGTERM mean meanwhile; on Windows, and beside the first thread, what they always do."""
    loop = asyncio.get_running_loop()
    ours: list[signal.Signals] = []
    try:
        for one in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(one, ended)
            ours.append(one)
    except (NotImplementedError, RuntimeError, ValueError):
        pass
    try:
        yield
    finally:
        for one in ours:
            loop.remove_signal_handler(one)


async def _running(server: Server, host: str, port: int) -> Running:
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{port}"
    if not server.settings.loopback:
        return Running(server, url, None, None)
    token = await server.access.first_token(LOCAL_USER)
    return Running(server, url, f"{url}/?code={server.access.codes.issue(LOCAL_USER)}", token)


@contextmanager
def _bound(host: str, port: int) -> Generator[socket.socket]:
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as sock:
            if os.name == "posix":
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(place)
            sock.set_inheritable(True)
            yield sock
    except (socket.gaierror, UnicodeError) as error:
        raise ConnectionFailedError(f"cannot listen on {host}: there is no such host", retryable=False) from error
    except OSError as error:
        if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL):
            raise
        why = os.strerror(error.errno)
        todo = "choose another host" if error.errno == errno.EADDRNOTAVAIL else "choose another port (--port 0: any)"
        raise ConnectionFailedError(f"cannot listen on {host} port {port}: {why}; {todo}", retryable=False) from error
