"""The way to the network that models share: connections, TLS, proxies, limits, who watches."""

from __future__ import annotations

import asyncio
import os
import weakref
from collections.abc import Generator, Mapping
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Self

from modeldeck._transport import failures
from modeldeck._transport.headers import USER_AGENT, merged
from modeldeck._transport.link import Dial, Link
from modeldeck._transport.observe import NO_WATCH, Observer, Watch
from modeldeck._transport.place import parse_proxy, place_of
from modeldeck._transport.pool import Pool
from modeldeck._transport.settings import Limits, Settings
from modeldeck.errors import ParameterError, UnsupportedError

if TYPE_CHECKING:
    import ssl

    import httpx

    from modeldeck._transport.http import Answer

_DEFAULTS = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}


class Transport:
    """One for as many models as you like, in any event loop; without a proxy given, the environment's is used.

    `http_client` is used for HTTP as it is, and closed by whoever made it. `public_only` refuses addresses of private
    networks and of this machine, looked up names included: for servers whose users say where to connect.
    """

    def __init__(
        self,
        *,
        http_client: httpx.AsyncClient | None = None,
        ssl_context: ssl.SSLContext | None = None,
        proxy: str | None = None,
        limits: Limits | None = None,
        headers: Mapping[str, str] | None = None,
        observer: Observer | None = None,
        public_only: bool = False,
    ) -> None:
        if public_only and http_client is not None:
            raise ParameterError("public_only cannot hold for an http_client of yours: give one or the other")
        self.observer = observer
        self.limits = limits or Limits()
        self._settings = Settings(
            http_client,
            ssl_context,
            parse_proxy(proxy) if proxy is not None else None,
            self.limits,
            merged(headers or {}),
            public_only,
        )
        self._closed = False
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        weakref.finalize(self, _abandon, self._pools).atexit = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection; waits no longer than a second for the other ends."""
        self._closed = True
        pool = self._pools.pop(asyncio.get_running_loop(), None)
        _abandon(self._pools)
        if pool is not None and pool.pid == os.getpid():
            await pool.aclose()

    def __reduce__(self) -> NoReturn:
        raise UnsupportedError(
            "a Transport holds connections and cannot be pickled or copied; make one where it is used"
        )

    def __repr__(self) -> str:
        proxy = f", proxy='{self._settings.proxy.place}'" if self._settings.proxy else ""
        return f"<Transport {self.limits}{proxy}{' closed' if self._closed else ''}>"

    def exchange(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        json: Mapping[str, Any] | None = None,
        content: bytes = b"",
        connect: float | None,
        watch: Watch = NO_WATCH,
    ) -> AbstractAsyncContextManager[Answer]:
        """One HTTP request, of `json` or `content`; follows no redirect and has no time-out but `connect` (seconds)."""
        from modeldeck._transport import http  # 0.1 s that only those pay who make a request

        own = {"Content-Type": "application/json"} if json is not None else {}
        client = self._settings.http_client
        defaults = _DEFAULTS if client is None else {}
        fields = merged(defaults, own, self._settings.headers, headers)
        body = content if json is None else http.encoded(json)
        request = http.Request(method, url, fields, body)
        if client is not None:
            return http.ClientExchange(client, request, connect, watch)
        return http.Exchange(self._pool(), request, connect, watch)

    def lend(self, dial: Dial, *, connect: float | None, watch: Watch = NO_WATCH) -> Loan:
        """A WebSocket for one user, prepared: a spare where there is one."""
        return Loan(self._pool(), dial, connect, watch)

    @contextmanager
    def attend(self, target: Dial | str) -> Generator[None]:
        """Keep spares while this is open: prepared WebSockets, or HTTP connections to the origin of a URL."""
        pool = self._pool()
        wanted = target if isinstance(target, Dial) else place_of(target)
        if self._settings.http_client is not None and not isinstance(target, Dial):  # the user's client has its own
            yield
            return
        pool.attend(wanted)
        try:
            yield
        finally:
            pool.leave(wanted)

    async def prewarm(
        self, target: Dial | str, *, headers: Mapping[str, str] | None = None, connect: float | None = None
    ) -> None:
        """Open one spare now: a prepared WebSocket, or an HTTP connection to the origin of a URL."""
        if isinstance(target, Dial):
            await self._pool().prewarm(target, connect)
        elif self._settings.http_client is None:
            await self._pool().prewarm(place_of(target), connect)
        else:  # only a request makes the user's client connect
            async with self.exchange("HEAD", target, headers=headers or {}, connect=connect) as answer:
                await answer.body()

    def _pool(self) -> Pool:
        """The running loop's own."""
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None or pool.closed or pool.pid != os.getpid():
            if self._closed:
                raise failures.closed()
            for other, its in list(self._pools.items()):
                if other.is_closed() or its.pid != os.getpid():
                    del self._pools[other]
            pool = self._pools[loop] = Pool(self._settings)
        return pool


class Loan:
    """`async with` it: the link is given back at the end, or ended at once when something went wrong."""

    __slots__ = ("_connect", "_dial", "_link", "_pool", "_watch")

    def __init__(self, pool: Pool, dial: Dial, connect: float | None, watch: Watch) -> None:
        self._pool = pool
        self._dial = dial
        self._connect = connect
        self._watch = watch
        self._link: Link | None = None

    async def __aenter__(self) -> Link:
        self._link = await self._pool.lend(self._dial, self._connect, self._watch)
        return self._link

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        assert self._link is not None
        left = kind is not None and issubclass(kind, GeneratorExit | asyncio.CancelledError)
        self._link.salvaged = left and self._link.salvaged
        self._link.kept = self._link.kept or self._link.salvaged
        if kind is not None and not self._link.salvaged:
            if self._link.socket.silent and not self._link.open:
                self._pool.distrust(self._dial)
            self._link.socket.abort()
        else:
            self._pool.give_back(self._dial, self._link, self._connect)


def _abandon(pools: dict[asyncio.AbstractEventLoop, Pool]) -> None:
    """Have every pool close its sockets in its own loop, where that still runs."""
    while pools:
        loop, pool = pools.popitem()
        if pool.pid == os.getpid() and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(pool.shut)
            except RuntimeError:  # closed this very moment, by another thread
                pass
