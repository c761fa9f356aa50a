"""Opening a connection: TCP, a proxy's tunnel, TLS. One deadline for all of it; cancelling leaves no socket."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from itertools import chain, zip_longest
from typing import Any, TypeVar

from modeldeck import __version__
from modeldeck._transport import failures
from modeldeck._transport.place import Place, Proxy
from modeldeck._transport.settings import Settings
from modeldeck.errors import ConnectionFailedError, ModelDeckError

GRACE = 1.0  # seconds that a closing connection waits for the other end
ATTEMPT = 0.25  # seconds after which the next address of a name is tried beside the first (RFC 8305)
MOST_ANSWERED = 65_536  # bytes of a proxy's answer
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052


class End(asyncio.Protocol):
    """Our end of one connection; belongs to the pool that is told by `gone` when the socket is closed."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.loop = asyncio.get_running_loop()
        self.born = self.loop.time()
        self.transport: asyncio.Transport | None = None
        self.gone: Callable[[End], object] | None = None
        self.look = 0.0  # loop time when the pool looks whether it lives

    @property
    def open(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        if self.gone is not None:
            self.gone(self)
            self.gone = None

    def close(self) -> None:
        """End it in order; waits for nobody."""
        self.abort()

    async def handshake(self, headers: Mapping[str, str]) -> None:
        """What is left to do when the connection is there."""

    def asked(self, now: float, interval: float) -> float:
        """Ask for a sign of life where the protocol can; returns the loop time of the next look."""
        return now + interval

    def abort(self) -> None:
        """End it now."""
        if self.transport is not None:
            self.transport.abort()


AnEnd = TypeVar("AnEnd", bound=End)


async def connect(end: AnEnd, proxy: Proxy | None, settings: Settings, *, forwarded: bool = False) -> AnEnd:
    """Connect `end` to its place; raises our own errors. `forwarded`: the proxy itself passes plain HTTP on.

    Behind a proxy, which looks up names itself, `public_only` holds for a host that is an address.
    """
    tunnel: _Tunnel | None = None
    place, tls, public_only = end.place, settings.tls, settings.public_only
    try:
        if public_only and proxy is not None:
            _public(place, _numeric(place) or [None])
        if proxy is None:
            await _tcp(end, place, tls() if place.secure else None, public_only=public_only)
        elif forwarded:
            await _tcp(end, proxy.place, tls() if proxy.place.secure else None, proxied=True)
        else:
            tunnel = (_Socks if proxy.scheme.startswith("socks") else _Tunnel)(place, proxy)
            await _tcp(tunnel, proxy.place, tls() if proxy.place.secure else None, proxied=True)
            await tunnel.established
            await _through(tunnel, end, place, tls() if place.secure else None)
    except BaseException:
        end.abort()
        if tunnel is not None:
            tunnel.abort()
        raise
    return end


class Allowance:
    """How long one loan may take to get its connection, all steps together: `limit` seconds from now."""

    __slots__ = ("limit", "until")

    def __init__(self, limit: float | None) -> None:
        self.limit = limit
        self.until = None if limit is None else asyncio.get_running_loop().time() + limit

    @property
    def left(self) -> float | None:
        return None if self.until is None else max(0.0, self.until - asyncio.get_running_loop().time())


@asynccontextmanager
async def within(allowed: Allowance, place: Place) -> AsyncGenerator[None]:
    """The time-out for connecting, as an error of ours."""
    clock = asyncio.timeout_at(allowed.until)
    try:
        async with clock:
            yield
    except TimeoutError:
        if not clock.expired():
            raise
        raise failures.too_slow(place, allowed.limit) from None


async def _tcp(
    end: End, place: Place, context: ssl.SSLContext | None, proxied: bool = False, public_only: bool = False
) -> None:
    options: dict[str, Any] = {}
    if context is not None:
        options = {"ssl": context, "server_hostname": place.host, "ssl_shutdown_timeout": GRACE}
    try:
        sock = await _connected(end.loop, place, public_only)
        try:
            await end.loop.create_connection(lambda: end, sock=sock, **options)
        except BaseException:
            end.abort()
            sock.close()
            raise
    except Exception as error:
        raise failures.not_connected(error, place, proxied) from error


async def _connected(loop: asyncio.AbstractEventLoop, place: Place, public_only: bool) -> socket.socket:
    """A socket to the first address that answers; asyncio's own race loses sockets when it is cancelled (3.11)."""
    found = _numeric(place)
    if not found:
        found = await loop.getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    if public_only:
        found = _public(place, found)
    addresses: list[tuple[int, Any]] = [(one[0], one[4]) for one in found]
    if len(addresses) == 1:
        return await _attempt(loop, *addresses[0])
    same = [one for one in addresses if one[0] == addresses[0][0]]
    other = [one for one in addresses if one not in same]
    queue = deque(chain.from_iterable(zip_longest(same, other)))
    running: set[asyncio.Task[socket.socket]] = set()
    failed: list[BaseException] = []
    try:
        while queue or running:
            if queue and (address := queue.popleft()) is not None:
                running.add(loop.create_task(_attempt(loop, *address)))
            if not running:
                continue
            done, _ = await asyncio.wait(
                running, timeout=ATTEMPT if queue else None, return_when=asyncio.FIRST_COMPLETED
            )
            for attempt in done:
                running.discard(attempt)
                error = attempt.exception()
                if error is None:
                    return attempt.result()
                failed.append(error)
        raise failed[0]
    finally:
        for attempt in running:
            attempt.add_done_callback(_discard)
            attempt.cancel()


def _numeric(place: Place) -> list[Any]:
    """The address itself, where the host is one: no look-up, no thread."""
    try:
        return socket.getaddrinfo(
            place.host, place.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_NUMERICHOST
        )
    except (OSError, UnicodeError):
        return []


def _public(place: Place, found: list[Any]) -> list[Any]:
    """Those of the public internet; None, an address that is not known yet, passes. Raises ConnectionFailedError."""
    public = [one for one in found if one is None or is_public(one[4][0])]
    if public:
        return public
    raise ConnectionFailedError(
        f"{place.host} is an address inside a private network, which is not to be reached from here",
        code="private_address",
        retryable=False,
    )


def is_public(address: str) -> bool:
    """Whether it belongs to the public internet; an address that wraps an IPv4 one is judged by that."""
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        wrapped = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if found in _NAT64:
            wrapped = IPv4Address(int(found) & 0xFFFFFFFF)
        found = wrapped or found
    return found.is_global and not found.is_multicast


async def _attempt(loop: asyncio.AbstractEventLoop, family: int, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # told TCP, asyncio sets TCP_NODELAY
    try:
        sock.setblocking(False)
        await loop.sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _discard(attempt: asyncio.Task[socket.socket]) -> None:
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().close()


async def _through(tunnel: _Tunnel, end: End, place: Place, context: ssl.SSLContext | None) -> None:
    """Hand the tunnel's connection over to `end`, with TLS where the place wants it."""
    transport: asyncio.BaseTransport | None = tunnel.transport
    assert isinstance(transport, asyncio.Transport)
    if context is None:
        transport.set_protocol(end)
    else:
        try:
            transport = await tunnel.loop.start_tls(
                transport, end, context, server_hostname=place.host, ssl_shutdown_timeout=GRACE
            )
        except Exception as error:
            raise failures.not_connected(error, place) from error
        if transport is None:
            raise failures.not_connected(ConnectionResetError(), place)
    end.connection_made(transport)


class _Tunnel(End):
    """Asks an HTTP proxy for a connection to `place` (RFC 9110, 9.3.6)."""

    def __init__(self, place: Place, proxy: Proxy) -> None:
        super().__init__(place)
        self.proxy = proxy
        self.established: asyncio.Future[None] = self.loop.create_future()
        self._answer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.ask()

    def ask(self) -> None:
        lines = [f"CONNECT {self.place} HTTP/1.1", f"Host: {self.place}", f"User-Agent: modeldeck/{__version__}"]
        if (authorization := self.proxy.authorization) is not None:
            lines.append(f"Proxy-Authorization: {authorization}")
        self.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())

    def write(self, data: bytes) -> None:
        assert self.transport is not None
        self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        if len(self._answer) > MOST_ANSWERED:
            self.refused("sends something that is no proxy's answer")
        elif not self.established.done():
            self.answered(self._answer)

    def answered(self, answer: bytearray) -> None:
        if b"\r\n\r\n" not in answer:
            return
        status = bytes(answer[:64]).split(b"\r\n")[0].split(b" ")[1:2]
        match status:
            case [code] if code.isdigit() and code.startswith(b"2"):
                self.established.set_result(None)
            case [b"407"]:
                self.refused("wants a user and password (http://user:password@host:port)", status=407)
            case [code] if code.isdigit():
                self.refused(f"does not connect to it (status {int(code)})", status=int(code))
            case _:
                self.refused("sends something that is no proxy's answer")

    def refused(self, why: str, status: int | None = None) -> None:
        if not self.established.done():
            retryable = status in {502, 503, 504}
            self.established.set_exception(
                ConnectionFailedError(
                    f"{self.place}: the proxy {self.proxy.place} {why}; check `proxy=` or HTTPS_PROXY and NO_PROXY",
                    status=status,
                    retryable=retryable,
                )
            )

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.refused("closed the connection", status=502)
        if not self.established.cancelled():
            self.established.exception()  # seen, also when nobody waits any more


class _Socks(_Tunnel):
    """Asks a SOCKS 5 proxy (RFC 1928, RFC 1929), which resolves the name."""

    def ask(self) -> None:
        self._step = self._method
        self.write(b"\x05\x02\x00\x02" if self.proxy.user is not None else b"\x05\x01\x00")

    def answered(self, answer: bytearray) -> None:
        try:
            self._step(answer)
        except ModelDeckError as error:
            if not self.established.done():
                self.established.set_exception(error)

    def _method(self, answer: bytearray) -> None:
        if len(answer) < 2:
            return
        method = answer[1]
        del answer[:2]
        if method == 2 and self.proxy.user is not None:
            user, password = self.proxy.user.encode()[:255], self.proxy.password.encode()[:255]
            self._step = self._login
            self.write(bytes([1, len(user)]) + user + bytes([len(password)]) + password)
        elif method == 0:
            self._request()
        else:
            self.refused("wants a user and password (socks5://user:password@host:port)")

    def _login(self, answer: bytearray) -> None:
        if len(answer) < 2:
            return
        accepted = answer[1] == 0
        del answer[:2]
        if accepted:
            self._request()
        else:
            self.refused("does not accept its user and password")

    def _request(self) -> None:
        host = self.place.host.encode()[:255]
        self._step = self._reply
        self.write(b"\x05\x01\x00\x03" + bytes([len(host)]) + host + self.place.port.to_bytes(2, "big"))

    def _reply(self, answer: bytearray) -> None:
        if len(answer) < 5:
            return
        length = {1: 10, 4: 22}.get(answer[3], 7 + answer[4])
        if answer[1] != 0:
            self.refused(f"does not connect to it (SOCKS reply {answer[1]})")
        elif len(answer) >= length:
            self.established.set_result(None)
