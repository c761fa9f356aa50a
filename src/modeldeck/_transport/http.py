"""HTTP/1.1 over one lent connection: httpcore speaks it, the socket is ours."""

from __future__ import annotations

import asyncio
import json as _json
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpcore

from modeldeck._transport import failures
from modeldeck._transport.observe import Watch
from modeldeck._transport.opening import GRACE, End
from modeldeck._transport.place import Place, Proxy, place_of
from modeldeck.errors import ConnectionFailedError, ModelDeckError

if TYPE_CHECKING:
    import httpx

    from modeldeck._transport.pool import Pool

MOST_BUFFERED = 1 << 20  # bytes that are read ahead of the consumer


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def target(self) -> str:
        """Path and query as they go over the line; without userinfo and fragment."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def encoded(json: Mapping[str, Any]) -> bytes:
    """UTF-8, unescaped; lone surrogates, which UTF-8 does not know, leave the text escaped."""
    try:
        return _json.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:
        return _json.dumps(json, separators=(",", ":")).encode()


class Stream(httpcore.AsyncNetworkStream):
    """What httpcore reads and writes; a request's head and body leave together."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self._connection.read()

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._connection.pending += buffer

    async def aclose(self) -> None:
        self._connection.abort()

    def get_extra_info(self, info: str) -> Any:
        return None


class HTTPConnection(End):
    """One connection to one place; `forward`: the proxy that passes plain HTTP on."""

    def __init__(self, place: Place, forward: Proxy | None) -> None:
        super().__init__(place)
        self.forward = forward
        self.pending = bytearray()
        self.silent = True  # nothing has come since the request was sent
        self.lost = False
        self._busy = False
        self._used = False
        self._origin = httpcore.Origin(b"https" if place.secure else b"http", place.host.encode(), place.port)
        self._http = httpcore.AsyncHTTP11Connection(self._origin, Stream(self))
        self._received: list[bytes] = []
        self._size = 0
        self._paused = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def send(self, request: Request) -> httpcore.Response:
        """Send the request and wait for the head of its answer."""
        self.silent, self._busy, self._used = True, True, True
        target, headers = request.target, request.headers
        if self.forward is not None:
            target = f"http://{self.place}{target}"
            if (authorization := self.forward.authorization) is not None:
                headers = {**headers, "Proxy-Authorization": authorization}
        origin = self._origin
        url = httpcore.URL(scheme=origin.scheme, host=origin.host, port=origin.port, target=target)
        fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        if "host" not in map(str.lower, headers):
            fields.insert(0, (b"Host", self.place.authority.encode()))
        if request.body or request.method not in {"GET", "HEAD"}:
            fields.append((b"Content-Length", b"%d" % len(request.body)))
        return await self._http.handle_async_request(
            httpcore.Request(request.method, url, headers=fields, content=request.body)
        )

    def rest(self) -> bool:
        """After an exchange: whether it can serve another; what comes while it rests ends it."""
        self._busy = False
        if not self.open or self._received or (self._used and not self._http.is_idle()):
            self.abort()
            return False
        return True

    async def read(self) -> bytes:
        """What has come, at least one byte; nothing at the end."""
        if self.pending:
            if self.transport is not None:
                self.transport.write(bytes(self.pending))
            self.pending.clear()
        while not self._received and not self.lost:
            self._waiter = self.loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._received:
            data = b"".join(self._received) if len(self._received) > 1 else self._received[0]
            self._received.clear()
            self._size = 0
            if self._paused and self.transport is not None:
                self._paused = False
                self.transport.resume_reading()
            return data
        if self._error is not None:
            raise failures.lost(self.place, self._error) from self._error
        return b""

    def data_received(self, data: bytes) -> None:
        if not self._busy:
            self.abort()
            return
        self.silent = False
        self._received.append(data)
        self._size += len(data)
        if self._size > MOST_BUFFERED and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._error = exc
        self._wake()
        super().connection_lost(exc)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Answer:
    """An HTTP answer whose body comes as it is read; `headers` have lower-case names."""

    def __init__(self, status: int, headers: list[tuple[str, str]], parts: AsyncIterator[bytes], place: Place) -> None:
        self.status = status
        fields: dict[str, str] = {}
        for name, value in headers:
            name = name.lower()
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
        self.headers: Mapping[str, str] = fields
        self.complete = False
        self.left = False
        self._parts = parts
        self._place = place

    def leave(self) -> None:
        """The rest says nothing: it is read in the background, so that the connection can serve again."""
        self.left = True

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes, its content-encoding undone; raises ConnectionFailedError."""
        return self

    def __aiter__(self) -> Answer:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await anext(self._parts)
        except StopAsyncIteration:
            self.complete = True
            raise
        except Exception as error:
            raise mapped(error, self._place) from None

    async def body(self, limit: int = 1_000_000) -> bytes:
        """The whole body, or its first `limit` bytes."""
        data = bytearray()
        async for part in self:
            data += part
            if len(data) >= limit:
                break
        return bytes(data[:limit])


class Exchange:
    """One request and its answer over a connection of the pool."""

    def __init__(self, pool: Pool, request: Request, connect: float | None, watch: Watch) -> None:
        self._pool = pool
        self._request = request
        self._connect = connect
        self._watch = watch
        self._connection: HTTPConnection
        self._response: httpcore.Response
        self._answer: Answer
        self._parts: AsyncIterator[bytes]

    async def __aenter__(self) -> Answer:
        place = place_of(self._request.url)
        self._connection, response = await self._ask(place)
        assert isinstance(response.stream, AsyncIterable)
        self._response, self._parts = response, aiter(response.stream)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers]
        self._answer = Answer(response.status, headers, decoded(self._parts, headers), place)
        return self._answer

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None and self._answer.left and not self._answer.complete:
            self._pool.background(self._read_on())
        else:
            await self._end(self._answer.complete)

    async def _read_on(self) -> None:
        try:
            async with asyncio.timeout(GRACE):
                async for _ in self._answer:
                    pass
        except (TimeoutError, ModelDeckError):
            pass
        await self._end(self._answer.complete)

    async def _end(self, well: bool) -> None:
        connection = self._connection
        try:
            if not well:
                connection.abort()
            if isinstance(self._parts, AsyncGenerator):
                try:
                    await self._parts.aclose()
                except RuntimeError:
                    pass  # the loop is ending, and closes it itself
            await self._response.aclose()
        except BaseException:
            connection.abort()
            raise
        self._pool.give_back_http(connection)

    async def _ask(self, place: Place) -> tuple[HTTPConnection, httpcore.Response]:
        fresh = False
        while True:
            connection, reused = await self._pool.lend_http(place, self._connect, self._watch, fresh)
            try:
                return connection, await connection.send(self._request)
            except Exception as error:
                connection.abort()
                if not (reused and connection.silent and connection.lost):
                    raise mapped(error, place) from None
                fresh = True  # it was closed while it lay idle, before it could hear of this request
            except BaseException:
                connection.abort()
                raise


class ClientExchange:
    """One request and its answer over the user's own client, used as it is."""

    def __init__(self, client: httpx.AsyncClient, request: Request, connect: float | None, watch: Watch) -> None:
        self._client = client
        self._request = request
        self._connect = connect
        self._watch = watch
        self._started = 0.0
        self._reused = True
        self._response: httpx.Response

    async def __aenter__(self) -> Answer:
        import httpx

        request = self._request
        place = place_of(request.url)
        self._started = self._watch.clock()
        try:
            self._response = await self._client.send(
                self._client.build_request(
                    request.method,
                    request.url,
                    headers=dict(request.headers),
                    content=request.body or None,
                    timeout=httpx.Timeout(None, connect=self._connect),
                    extensions={"trace": self._trace},
                ),
                stream=True,
                follow_redirects=False,
            )
        except Exception as error:
            raise mapped(error, place, self._connect) from None
        headers = self._response.headers.multi_items()
        return Answer(self._response.status_code, headers, aiter(self._response.aiter_bytes()), place)

    async def __aexit__(self, *_: object) -> None:
        await self._response.aclose()

    async def _trace(self, event: str, _: Mapping[str, Any]) -> None:
        if event.startswith("connection.connect_"):
            self._reused = False
        elif event.endswith(".send_request_headers.started"):
            self._watch.connected(self._watch.clock() - self._started, self._reused)


def decoded(parts: AsyncIterator[bytes], headers: list[tuple[str, str]]) -> AsyncIterator[bytes]:
    codings = [(name, value) for name, value in headers if name.lower() == "content-encoding"]
    if not codings:
        return parts
    import httpx  # knows gzip and deflate, and brotli and zstd where they are installed

    return aiter(httpx.Response(200, headers=codings, content=parts).aiter_bytes())


def mapped(error: Exception, place: Place, connect: float | None = None) -> ModelDeckError:
    """Ours for httpcore's and httpx's, whose texts may quote headers."""
    if isinstance(error, ModelDeckError):
        return error
    match type(error).__name__:
        case "ConnectTimeout":
            return failures.too_slow(place, connect)
        case "ConnectError" | "ProxyError":
            cause: BaseException | None = error
            while cause is not None and not isinstance(cause, OSError):
                cause = cause.__cause__ or cause.__context__
            return failures.not_connected(cause or ConnectionError(), place)
        case "ReadError" | "WriteError" | "CloseError":
            return failures.lost(place)
        case "RemoteProtocolError" if "disconnect" in str(error) or "closed" in str(error):
            return failures.lost(place)
        case "RemoteProtocolError":
            what = "the answer is no valid HTTP; check that the address is the service's"
        case "DecodingError":
            what = "the answer's compression is broken; try again"
        case name:
            what = f"the request failed ({name}); check the address, and the client if you gave one"
            return ConnectionFailedError(f"{place}: {what}", retryable=False)
    return ConnectionFailedError(f"{place}: {what}")
