"""Small real servers on 127.0.0.1: HTTP by hand, WebSockets by `websockets`, proxies, TLS by trustme."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from websockets.asyncio.server import ServerConnection, serve

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
HEADERS = {"Authorization": "Bearer sk-canary"}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def open_sockets() -> set[str]:
    found = set()
    for name in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{name}")
        except OSError:
            continue
        if target.startswith("socket:"):
            found.add(target)
    return found


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until `condition` holds."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


class Listener:
    """A TCP server that counts; `serve_one` is given each connection."""

    def __init__(self, serve_one: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
        self.serve_one = serve_one
        self.connections = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.port = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.add(writer)
        try:
            await self.serve_one(reader, writer)
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()

    @asynccontextmanager
    async def listening(
        self, context: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> AsyncIterator[Listener]:
        server = await asyncio.start_server(self, host, 0, ssl=context, backlog=1000)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for writer in list(self.writers):
                writer.transport.abort()
            await until(lambda: not self.writers)


class Web(Listener):
    """HTTP/1.1: echoes bodies; the path says what else happens."""

    def __init__(self) -> None:
        super().__init__(self.answer_all)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.gate = asyncio.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def answer_all(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            line, headers, body = await read_request(reader)
            self.requests.append((line, headers, body))
            path = line.split()[1].partition("?")[0]
            if path == "/drop" or (path == "/once" and len(self.requests) > 1 and self.connections == 1):
                return
            await self.answer(path, body, writer)
            await writer.drain()
            if path in {"/last", "/cut"}:
                return

    async def answer(self, path: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        match path.rsplit("/")[-1]:
            case "moved":
                writer.write(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
            case "gzip":
                import gzip

                data = gzip.compress(body)
                head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(data)}\r\n\r\n"
                writer.write(head.encode() + data)
            case "cut":
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            case "noise":
                writer.write(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")
            case "slow":
                writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
                await self.gate.wait()
                writer.write(b"3\r\ntwo\r\n0\r\n\r\n")
            case _:
                head = f"HTTP/1.1 200 OK\r\nX-Two: a\r\nX-Two: b\r\nContent-Length: {len(body)}\r\n\r\n"
                writer.write(head.encode() + body)


async def read_request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:-2])}
    return head[0], headers, await reader.readexactly(int(headers.get("content-length", 0)))


class Proxy(Listener):
    """HTTP (CONNECT and plain) and SOCKS 5; `asked`: what for. Names it resolves all to 127.0.0.1."""

    def __init__(self, status: bytes = b"200 OK") -> None:
        super().__init__(self.pass_on)
        self.asked: list[str] = []
        self.authorization: list[str | None] = []
        self.status = status

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.readexactly(1)
        if first == b"\x05":
            port = await self.socks(reader, writer)
        else:
            head = first + await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.decode().split("\r\n")[0].split(" ")
            self.asked.append(f"{method} {target}")
            fields = [line.partition(": ") for line in head.decode().split("\r\n")]
            self.authorization.append({name.lower(): value for name, _, value in fields}.get("proxy-authorization"))
            port = int(target.removeprefix("http://").split("/")[0].rpartition(":")[2])
        upstream = await asyncio.open_connection("127.0.0.1", port)
        if first != b"\x05" and method == "CONNECT":
            writer.write(b"HTTP/1.1 " + self.status + b"\r\n\r\n")
        elif first != b"\x05":
            upstream[1].write(head)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(pipe(reader, upstream[1]))
                group.create_task(pipe(upstream[0], writer))
        finally:
            upstream[1].transport.abort()

    async def socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> int:
        methods = await reader.readexactly((await reader.readexactly(1))[0])
        if 2 in methods:
            writer.write(b"\x05\x02")
            user = await reader.readexactly((await reader.readexactly(2))[1])
            password = await reader.readexactly((await reader.readexactly(1))[0])
            self.authorization.append(f"{user.decode()}:{password.decode()}")
            writer.write(b"\x01\x00")
        else:
            writer.write(b"\x05\x00")
        await reader.readexactly(4)
        host = await reader.readexactly((await reader.readexactly(1))[0])
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.asked.append(f"SOCKS {host.decode()}:{port}")
        writer.write(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        return port


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
    writer.close()


class Sockets:
    """A WebSocket server: echoes; the first word of a message or the path may say otherwise."""

    def __init__(self) -> None:
        self.connections: list[ServerConnection] = []
        self.headers: list[Any] = []
        self.port = 0
        self.opened = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/"

    @property
    def open(self) -> int:
        return len(self.connections)

    async def __call__(self, connection: ServerConnection) -> None:
        self.connections.append(connection)
        self.opened += 1
        assert connection.request is not None
        self.headers.append(connection.request.headers)
        try:
            async for message in connection:
                await self.answer(connection, message)
        finally:
            self.connections.remove(connection)

    async def answer(self, connection: ServerConnection, message: str | bytes) -> None:
        match message.split(" ") if isinstance(message, str) else []:
            case ["close", code, reason]:
                await connection.send("last")
                await connection.close(int(code), reason)
            case ["reset"]:
                connection.transport.abort()
            case ["flood", count, size]:
                for _ in range(int(count)):
                    await connection.send(b"\0" * int(size))
            case ["parts"]:
                await connection.send(["one ", "two ", "thr\u00ebe"])
            case _:
                await connection.send(message)

    @asynccontextmanager
    async def listening(self, context: ssl.SSLContext | None = None) -> AsyncIterator[Sockets]:
        options: dict[str, Any] = {"ping_interval": None, "close_timeout": 0.2, "ssl": context, "backlog": 1000}
        options["max_size"] = None
        async with serve(self, "127.0.0.1", 0, **options) as server:
            self.port = next(iter(server.sockets)).getsockname()[1]
            yield self


@pytest.fixture
async def web() -> AsyncIterator[Web]:
    async with Web().listening() as server:
        assert isinstance(server, Web)
        yield server


@pytest.fixture
async def sockets() -> AsyncIterator[Sockets]:
    async with Sockets().listening() as server:
        yield server


@pytest.fixture
async def proxy() -> AsyncIterator[Proxy]:
    async with Proxy().listening() as server:
        assert isinstance(server, Proxy)
        yield server


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture(scope="session")
def authority_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost", "service.test").configure_cert(context)
    return context


@pytest.fixture(scope="session")
def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context
