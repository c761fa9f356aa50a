"""What is left: nothing, however it ends."""

from __future__ import annotations

import asyncio
import copy
import gc
import os
import pickle
import random
import resource
import ssl
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from modeldeck import Call, Limits, Observer, Transport
from modeldeck._transport.link import Dial, LinkClosed
from modeldeck._transport.observe import NO_WATCH, Watch
from modeldeck.errors import ConnectionFailedError, ModelDeckError, UnsupportedError

from .conftest import Listener, Sockets, Web, open_sockets, until
from .test_http import post
from .test_websocket import ready


async def test_closing_leaves_nothing(web: Web, sockets: Sockets) -> None:
    tasks, before = asyncio.all_tasks(), open_sockets()
    transport = Transport()
    dial = Dial(sockets.url, prepare=ready)
    with transport.attend(dial):
        await post(transport, web.url)
        async with transport.lend(dial, connect=1) as link:
            await transport.prewarm(dial, connect=1)
            await transport.aclose()
            with pytest.raises(LinkClosed):
                await link.receive()
    await until(lambda: not sockets.open and not web.writers)
    await until(lambda: asyncio.all_tasks() <= tasks)
    assert open_sockets() <= before
    with pytest.raises(ConnectionFailedError, match="closed"):
        await post(transport, web.url)
    await transport.aclose()


async def test_closing_does_not_wait_for_a_deaf_end() -> None:
    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from websockets.server import ServerProtocol

        protocol = ServerProtocol()
        protocol.receive_data(await reader.readuntil(b"\r\n\r\n"))
        protocol.send_response(protocol.accept(protocol.events_received()[0]))  # type: ignore[arg-type]
        writer.write(b"".join(protocol.data_to_send()))
        await asyncio.Event().wait()

    loop = asyncio.get_running_loop()
    server = Listener(deaf)
    listener = await asyncio.start_server(server, "127.0.0.1", 0)
    dial = Dial(f"ws://127.0.0.1:{listener.sockets[0].getsockname()[1]}")
    before = open_sockets()
    async with asyncio.timeout(5):
        transport = Transport()
        await transport.prewarm(dial, connect=1)
        async with transport.lend(dial, connect=1):
            pass
        ended = loop.time()
        await transport.prewarm(dial, connect=1)
        await transport.aclose()
        assert loop.time() - ended < 2
    listener.close()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await until(lambda: not server.writers)
    await until(lambda: open_sockets() <= before)


async def test_a_forgotten_transport_closes_its_sockets(web: Web, sockets: Sockets) -> None:
    before = open_sockets()
    transport = Transport()
    await post(transport, web.url)
    await transport.prewarm(Dial(sockets.url), connect=1)
    del transport
    gc.collect()
    await until(lambda: not sockets.open and not web.writers)
    assert open_sockets() <= before


def test_the_end_of_the_loop_closes_its_connections_and_another_loop_works() -> None:
    transport = Transport()

    async def use() -> None:
        async with Web().listening() as web, Sockets().listening() as sockets:
            assert isinstance(web, Web)
            await post(transport, web.url)
            dial = Dial(sockets.url, prepare=ready)
            with transport.attend(dial):
                async with transport.lend(dial, connect=1):
                    pass
            await transport.prewarm(dial, connect=1)
            web.writers.clear()

    before = open_sockets()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            asyncio.run(use())
            gc.collect()
    assert open_sockets() <= before


async def test_cancelling_at_any_moment_leaves_nothing(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with Web().listening(server_tls) as web, Sockets().listening(server_tls) as sockets:
        tasks, before = asyncio.all_tasks(), open_sockets()
        transport = Transport(ssl_context=client_tls, limits=Limits(max_connections=20))
        dials = [Dial(f"wss://localhost:{sockets.port}/", key=key, prepare=ready) for key in range(2)]
        moments = random.Random(1)

        async def work() -> None:
            dial = moments.choice(dials)
            with transport.attend(dial):
                if moments.random() < 0.1:
                    await transport.prewarm(dial, connect=5)
                async with transport.lend(dial, connect=5) as link:
                    await link.send("hello")
                    await link.receive()
                    if moments.random() < 0.5:
                        link.keep()
            await post(transport, f"https://127.0.0.1:{web.port}/", {"a": "b" * 1000})

        async def cancelled() -> None:
            task = asyncio.create_task(work())
            await asyncio.sleep(moments.random() * 0.05)
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled() or task.exception() is None, task.exception()

        for _ in range(30):
            await asyncio.gather(*(cancelled() for _ in range(10)))
        await transport.aclose()
        await until(lambda: not sockets.open and not web.writers)
        await until(lambda: asyncio.all_tasks() <= tasks)
        assert open_sockets() <= before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
async def test_a_fork_neither_uses_nor_closes_the_parents_connections(sockets: Sockets) -> None:
    program = """
import asyncio, gc, os, sys
from modeldeck import Transport
from modeldeck._transport.link import Dial

async def echo(transport, url):
    async with transport.lend(Dial(url), connect=5) as link:
        await link.send("hello")
        assert await link.receive() == "hello"
        link.keep()

async def main(url):
    transport = Transport()
    await echo(transport, url)
    pid = os.fork()
    if not pid:
        try:
            asyncio.run(echo(transport, url))
            del transport
            gc.collect()
        finally:
            os._exit(0 if sys.exc_info()[0] is None else 1)
    assert os.waitpid(pid, 0)[1] == 0
    await echo(transport, url)
    await transport.aclose()

asyncio.run(main(sys.argv[1]))
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program, sockets.url)
    assert await process.wait() == 0
    assert sockets.opened == 2


@contextmanager
def descriptor_limit(limit: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize("room", [10, 0])
async def test_no_descriptor_left(sockets: Sockets, room: int) -> None:
    async with Transport() as transport:
        with descriptor_limit(room), pytest.raises(ConnectionFailedError, match="ulimit -n") as caught:
            async with transport.lend(Dial(sockets.url), connect=1):
                pass
        assert not caught.value.retryable
        async with transport.lend(Dial(sockets.url), connect=1) as link:
            assert link.open


def test_it_is_neither_pickled_nor_copied() -> None:
    with pytest.raises(UnsupportedError):
        pickle.dumps(Transport())
    with pytest.raises(UnsupportedError):
        copy.copy(Transport())


def test_its_repr_shows_no_secret() -> None:
    transport = Transport(proxy="http://user:canary@127.0.0.1:1", headers={"X-Key": "canary"})
    assert "canary" not in repr(transport) + repr(vars(transport))


def test_what_is_imported_when() -> None:
    program = """
import sys, modeldeck
modeldeck.Transport(), modeldeck.Observer, modeldeck.Call, modeldeck.Limits
print(*({"httpx", "httpcore", "websockets"} & set(sys.modules)))
"""
    assert subprocess.check_output([sys.executable, "-c", program], text=True).strip() == ""


CALL = Call("1", "acme", "acme-1", "tts", "synthesize", 5)


async def test_an_observer_hears_of_connections(web: Web, sockets: Sockets) -> None:
    heard: list[tuple[Call, bool]] = []

    class Listening(Observer):
        def connected(self, call: Call, seconds: float, reused: bool) -> None:
            assert 0 <= seconds < 5
            heard.append((call, reused))

    watch = Watch(CALL, Listening())
    async with Transport() as transport:
        for _ in range(2):
            async with transport.exchange("GET", web.url, headers={}, connect=1, watch=watch) as answer:
                await answer.body()
        async with transport.lend(Dial(sockets.url), connect=1, watch=watch):
            pass
    assert heard == [(CALL, False), (CALL, True), (CALL, False)]


def test_a_broken_observer_is_complained_about_once() -> None:
    class Broken(Observer):
        def request(self, call: Call) -> None:
            raise RuntimeError("broken")

        def end(self, call: Call, error: ModelDeckError | None, seconds: float) -> None:
            raise RuntimeError("broken")

    watch = Watch(CALL, Broken())
    with pytest.warns(RuntimeWarning, match=r"Broken\.request raised RuntimeError: broken"):
        watch.request()
    watch.request()
    with pytest.warns(RuntimeWarning, match=r"Broken\.end"):
        watch.end(None, 1.0)
    NO_WATCH.request()
