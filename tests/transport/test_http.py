"""Exchanges: what is sent, what comes back, whose connection it was, what goes wrong."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from modeldeck import Limits, Transport
from modeldeck.errors import (
    ConnectionFailedError,
    CredentialError,
    ModelDeckError,
    ParameterError,
    TimeoutExceededError,
)

from .conftest import HEADERS, Listener, Web, until


async def post(transport: Transport, url: str, body: dict[str, Any] | None = None) -> tuple[int, bytes]:
    async with transport.exchange("POST", url, headers=HEADERS, json=body, connect=1) as answer:
        return answer.status, b"".join([data async for data in answer.chunks()])


async def failure(transport: Transport, url: str, connect: float | None = 1) -> ModelDeckError:
    with pytest.raises(ModelDeckError) as caught:
        async with transport.exchange("POST", url, headers=HEADERS, json={}, connect=connect) as answer:
            await answer.body()
    assert "canary" not in str(caught.value)
    return caught.value


async def test_an_exchange(web: Web) -> None:
    async with Transport(headers={"X-Mine": "1", "accept": "text/plain"}) as transport:
        body = {"text": "héllo 你好"}
        async with transport.exchange("POST", f"{web.url}/a?b=c#d", headers=HEADERS, json=body, connect=1) as answer:
            assert (answer.status, answer.headers["x-two"]) == (200, "a, b")
            assert await answer.body() == '{"text":"héllo 你好"}'.encode()
    line, headers, _ = web.requests[0]
    assert line == "POST /a?b=c HTTP/1.1"
    assert headers["host"] == f"127.0.0.1:{web.port}"
    assert headers["authorization"] == "Bearer sk-canary"
    assert (headers["x-mine"], headers["accept"], headers["content-type"]) == ("1", "text/plain", "application/json")
    assert headers["user-agent"].startswith("modeldeck/")


async def test_get_has_no_body(web: Web) -> None:
    async with Transport() as transport, transport.exchange("GET", web.url, headers={}, connect=None) as answer:
        assert await answer.body() == b""
    assert "content-length" not in web.requests[0][1]


async def test_lone_surrogates_do_not_crash(web: Web) -> None:
    async with Transport() as transport:
        assert json.loads((await post(transport, web.url, {"a": "\ud800"}))[1]) == {"a": "\ud800"}


async def test_a_connection_is_reused_when_the_answer_was_read_and_closed_otherwise(web: Web) -> None:
    async with Transport() as transport:
        for _ in range(3):
            await post(transport, web.url)
        assert web.connections == 1
        async with transport.exchange("GET", f"{web.url}/slow", headers={}, connect=1) as answer:
            async for data in answer.chunks():
                assert data == b"one"
                break
        web.gate.set()
        await until(lambda: not web.writers)
        await post(transport, web.url)
        assert web.connections == 2


async def test_the_newest_connection_is_lent_first_and_old_ones_are_closed(web: Web) -> None:
    async with Transport(limits=Limits(idle=0.05)) as transport:
        async with transport.exchange("GET", web.url, headers={}, connect=1) as answer:
            await post(transport, web.url)
            await answer.body()
        assert web.connections == 2
        await until(lambda: not web.writers)
        await post(transport, web.url)
        assert web.connections == 3


async def test_chunks_come_as_they_arrive(web: Web) -> None:
    async with (
        Transport() as transport,
        transport.exchange("GET", f"{web.url}/slow", headers={}, connect=1) as answer,
    ):
        chunks = answer.chunks()
        assert await anext(chunks) == b"one"
        web.gate.set()
        assert await anext(chunks) == b"two"
        with pytest.raises(StopAsyncIteration):
            await anext(chunks)


async def test_compressed_answers_are_decoded(web: Web) -> None:
    async with Transport() as transport:
        assert await post(transport, f"{web.url}/gzip", {"a": "b" * 100}) == (200, b'{"a":"' + b"b" * 100 + b'"}')


async def test_redirects_are_answers(web: Web) -> None:
    async with Transport() as transport:
        assert (await post(transport, f"{web.url}/moved"))[0] == 302


async def test_bodies_are_bounded_on_request(web: Web) -> None:
    body = {"a": "b" * 100}
    async with (
        Transport() as transport,
        transport.exchange("POST", web.url, headers={}, json=body, connect=1) as answer,
    ):
        assert len(await answer.body(limit=10)) == 10


async def test_an_idle_connection_that_the_other_end_closed_fails_nothing(web: Web) -> None:
    async with Transport() as transport:
        await post(transport, f"{web.url}/last")
        await post(transport, web.url)
        assert web.connections == 2


async def test_nor_does_one_that_it_closes_at_the_next_request(web: Web) -> None:
    async with Transport() as transport:
        await post(transport, f"{web.url}/once")
        assert await post(transport, f"{web.url}/once") == (200, b"")
        assert web.connections == 2


async def test_a_fresh_connection_without_an_answer_is_an_error(web: Web) -> None:
    async with Transport() as transport:
        error = await failure(transport, f"{web.url}/drop")
    assert isinstance(error, ConnectionFailedError)
    assert error.retryable
    assert len(web.requests) == 1


@pytest.mark.parametrize(("path", "says"), [("/cut", "closed the connection"), ("/noise", "no valid HTTP")])
async def test_broken_answers(web: Web, path: str, says: str) -> None:
    async with Transport() as transport:
        error = await failure(transport, web.url + path)
    assert isinstance(error, ConnectionFailedError)
    assert says in str(error)
    assert error.__cause__ is None


async def test_refused(web: Web) -> None:
    unused = Web()
    async with unused.listening():
        pass
    async with Transport() as transport:
        error = await failure(transport, unused.url)
    assert isinstance(error, ConnectionFailedError)
    assert error.retryable
    assert "refused the connection" in str(error)
    assert str(unused.port) in str(error)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://no-such-host.invalid/", ConnectionFailedError),
        (f"http://{'a' * 70}.example/", ConnectionFailedError),
        (f"http://{'ü' * 70}.example/", ParameterError),
        ("http://127.0.0.1:99999/?key=canary", ParameterError),
        ("ftp://127.0.0.1/canary", ParameterError),
        ("canary", ParameterError),
    ],
)
async def test_impossible_addresses(url: str, kind: type[ModelDeckError]) -> None:
    async with Transport() as transport:
        assert type(await failure(transport, url)) is kind


@pytest.mark.parametrize("value", ["Bearer canary\r\nX: y", "Bearer\u2028canary", "Bearer canary\0"])
async def test_headers_that_http_does_not_allow_never_leave(web: Web, value: str) -> None:
    transport = Transport()
    with pytest.raises(CredentialError) as caught:
        async with transport.exchange("GET", web.url, headers={"Authorization": value}, connect=1):
            pass
    assert "Authorization" in str(caught.value)
    assert "canary" not in str(caught.value)
    assert web.connections == 0


async def test_connecting_has_a_time_out() -> None:
    silent = Listener(lambda reader, _: reader.read())  # type: ignore[arg-type,return-value]
    async with silent.listening(), Transport() as transport:
        error = await failure(transport, f"https://127.0.0.1:{silent.port}", connect=0.1)
    assert isinstance(error, TimeoutExceededError)
    assert error.code == "connect"


async def test_tls(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with Web().listening(server_tls) as web, Transport(ssl_context=client_tls) as transport:
        for _ in range(2):
            assert await post(transport, f"https://127.0.0.1:{web.port}/", {"a": 1}) == (200, b'{"a":1}')
        assert web.connections == 1


async def test_tls_with_the_environments_authority(
    server_tls: ssl.SSLContext, authority_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file))
    async with Web().listening(server_tls) as web, Transport() as transport:
        assert (await post(transport, f"https://localhost:{web.port}/"))[0] == 200


async def test_an_unknown_authority_is_no_case_for_a_retry(server_tls: ssl.SSLContext) -> None:
    async with Web().listening(server_tls) as web, Transport() as transport:
        error = await failure(transport, f"https://127.0.0.1:{web.port}/")
    assert isinstance(error, ConnectionFailedError)
    assert (error.retryable, error.code) == (False, "tls")
    assert "certificate" in str(error)
    assert "SSL_CERT_FILE" in str(error)


async def test_tls_where_there_is_none() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with Listener(answer).listening() as plain, Transport() as transport:
        error = await failure(transport, f"https://127.0.0.1:{plain.port}/")
    assert isinstance(error, ConnectionFailedError)
    assert not error.retryable
    assert "TLS" in str(error)


async def test_a_users_own_client_is_used_as_it_is(web: Web) -> None:
    async with httpx.AsyncClient(headers={"X-Client": "mine"}) as client:
        async with Transport(http_client=client) as transport:
            assert await post(transport, web.url, {"a": 1}) == (200, b'{"a":1}')
            assert (await post(transport, f"{web.url}/moved"))[0] == 302
            assert "no valid HTTP" in str(await failure(transport, f"{web.url}/noise"))
            await transport.prewarm(web.url)
        assert not client.is_closed
    assert web.requests[0][1]["x-client"] == "mine"
    assert web.requests[0][1]["authorization"] == "Bearer sk-canary"
    assert "httpx" in web.requests[0][1]["user-agent"]


async def test_prewarming_opens_a_connection_without_a_request(web: Web) -> None:
    async with Transport() as transport:
        await transport.prewarm(f"{web.url}/any", connect=1)
        await until(lambda: web.connections)
        assert web.requests == []
        await post(transport, web.url)
        assert web.connections == 1


async def test_connections_are_limited_and_waited_for(web: Web) -> None:
    async with Transport(limits=Limits(max_connections=1)) as transport:
        async with transport.exchange("GET", f"{web.url}/slow", headers={}, connect=1) as answer:
            second = asyncio.create_task(post(transport, web.url))
            assert isinstance(await failure(transport, web.url, connect=0.05), TimeoutExceededError)
            web.gate.set()
            await answer.body()
        assert (await second)[0] == 200
        assert web.connections == 1
        async with Web().listening() as elsewhere:
            assert isinstance(elsewhere, Web)
            assert (await post(transport, elsewhere.url))[0] == 200  # what rested made room
