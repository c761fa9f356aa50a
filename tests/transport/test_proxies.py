"""One setting for HTTP and WebSocket alike."""

from __future__ import annotations

import ssl

import pytest

from modeldeck import Transport
from modeldeck._transport.link import Dial
from modeldeck.errors import ConnectionFailedError, ParameterError

from .conftest import Proxy, Sockets, Web
from .test_http import failure, post


async def echo(transport: Transport, url: str) -> str | bytes:
    async with transport.lend(Dial(url), connect=1) as link:
        await link.send("hello")
        return await link.receive()


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_plain_and_encrypted_http_and_websockets(
    proxy: Proxy, web: Web, sockets: Sockets, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, scheme: str
) -> None:
    async with (
        Web().listening(server_tls) as secure,
        Sockets().listening(server_tls) as secure_sockets,
        Transport(proxy=f"{scheme}://user:p%40ss@127.0.0.1:{proxy.port}", ssl_context=client_tls) as transport,
    ):
        for _ in range(2):
            assert await post(transport, web.url, {"a": 1}) == (200, b'{"a":1}')
        assert await post(transport, f"https://service.test:{secure.port}/", {"a": 1}) == (200, b'{"a":1}')
        assert await echo(transport, sockets.url) == "hello"
        assert await echo(transport, f"wss://service.test:{secure_sockets.port}/") == "hello"
        assert "p@ss" not in repr(transport)
        assert "p%40ss" not in repr(transport)
    word = {"http": "CONNECT", "socks5": "SOCKS"}[scheme]
    plain = f"SOCKS 127.0.0.1:{web.port}" if scheme == "socks5" else f"POST {web.url}/"
    assert proxy.asked == [
        plain,
        f"{word} service.test:{secure.port}",
        f"{word} 127.0.0.1:{sockets.port}",
        f"{word} service.test:{secure_sockets.port}",
    ]
    assert set(proxy.authorization) == {"user:p@ss" if scheme == "socks5" else "Basic dXNlcjpwQHNz"}
    assert web.connections == 1


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
async def test_the_environments(
    proxy: Proxy, web: Web, sockets: Sockets, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, f"127.0.0.1:{proxy.port}")
    monkeypatch.delenv("REQUEST_METHOD", raising=False)
    async with Transport() as transport:
        await post(transport, web.url)
        await echo(transport, sockets.url)
    assert len(proxy.asked) == 2


@pytest.mark.parametrize("exception", ["127.0.0.1", "127.0.0.0/8", "*", "example.com, 127.0.0.1"])
async def test_and_its_exceptions(
    proxy: Proxy, web: Web, sockets: Sockets, monkeypatch: pytest.MonkeyPatch, exception: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", exception)
    async with Transport() as transport:
        await post(transport, web.url)
        await echo(transport, sockets.url)
    assert proxy.asked == []


async def test_a_proxy_that_refuses_says_so(sockets: Sockets) -> None:
    async with Proxy(b"407 Authentication Required").listening() as proxy:
        transport = Transport(proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(ConnectionFailedError, match="wants a user and password") as caught:
            await echo(transport, sockets.url)
        assert not caught.value.retryable
        await transport.aclose()


async def test_a_proxy_that_is_not_there_is_named(proxy: Proxy, web: Web) -> None:
    gone = Proxy()
    async with gone.listening():
        pass
    async with Transport(proxy=f"http://127.0.0.1:{gone.port}") as transport:
        assert f"the proxy 127.0.0.1:{gone.port}: refused" in str(await failure(transport, web.url))


@pytest.mark.parametrize("url", ["canary://user:canary@host", "http://", "http://h:canary"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ParameterError) as caught:
        Transport(proxy=url)
    assert "canary" not in str(caught.value)
