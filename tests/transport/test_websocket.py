"""Links: messages both ways, how they end, how a handshake fails, spares, signs of life."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import ExitStack, suppress

import pytest

from modeldeck import Limits, Transport
from modeldeck._transport import pool as pools
from modeldeck._transport import spares, ws
from modeldeck._transport.link import Dial, HandshakeRefused, Link, LinkClosed
from modeldeck._transport.opening import is_public
from modeldeck.errors import ConcurrentUseError, ConnectionFailedError, CredentialError, TimeoutExceededError

from .conftest import HEADERS, Listener, Sockets, until


async def ready(link: Link) -> None:
    await link.send("ready")
    link.state = await link.receive()


async def test_messages_both_ways(sockets: Sockets) -> None:
    async with Transport(headers={"X-Mine": "1"}) as transport:
        dial = Dial(sockets.url.replace("ws:", "http:"), HEADERS)
        async with transport.lend(dial, connect=1) as link:
            for message in ("héllo", b"\x00\xff", "x" * 3_000_000, "\ud800"):
                await link.send(message)
                assert await link.receive() == ("?" if message == "\ud800" else message)
            await link.send("parts")
            assert await link.receive() == "one two thrëe"
        await until(lambda: not sockets.open)
    assert sockets.headers[0]["Authorization"] == "Bearer sk-canary"
    assert sockets.headers[0]["X-Mine"] == "1"
    assert sockets.headers[0].get_all("User-Agent")[0].startswith("modeldeck/")
    assert "Sec-WebSocket-Extensions" not in sockets.headers[0]


async def test_tls(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    async with Sockets().listening(server_tls) as sockets, Transport(ssl_context=client_tls) as transport:
        async with transport.lend(Dial(sockets.url.replace("ws:", "wss:")), connect=1) as link:
            await link.send("hello")
            assert await link.receive() == "hello"
        await until(lambda: not sockets.open)


@pytest.mark.parametrize(("code", "clean"), [(1000, True), (1001, True), (1011, False), (4000, False)])
async def test_the_other_end_closes(sockets: Sockets, code: int, clean: bool) -> None:
    async with Transport() as transport, transport.lend(Dial(sockets.url), connect=1) as link:
        await link.send(f"close {code} because")
        assert await link.receive() == "last"
        for _ in range(2):
            with pytest.raises(LinkClosed, match="because") as caught:
                await link.receive()
        assert (caught.value.close_code, caught.value.close_reason, caught.value.clean) == (code, "because", clean)
        assert (link.close_code, link.close_reason, link.open) == (code, "because", False)
        with pytest.raises(LinkClosed):
            await link.send("more")


async def test_the_connection_is_lost(sockets: Sockets) -> None:
    async with Transport() as transport, transport.lend(Dial(sockets.url), connect=1) as link:
        await link.send("reset")
        with pytest.raises(LinkClosed, match="lost") as caught:
            await link.receive()
    assert (caught.value.close_code, caught.value.clean, caught.value.retryable) == (1006, False, True)


async def test_cancelling_a_receive_loses_nothing(sockets: Sockets) -> None:
    async with Transport() as transport, transport.lend(Dial(sockets.url), connect=1) as link:
        receiving = asyncio.create_task(link.receive())
        await asyncio.sleep(0)
        with pytest.raises(ConcurrentUseError):
            await link.receive()
        receiving.cancel()
        await link.send("hello")
        assert await link.receive() == "hello"


@pytest.mark.parametrize(
    "tail",
    [
        b'Content-Length: 14\r\n\r\n{"code":"bad"}',
        b'Transfer-Encoding: chunked\r\n\r\n6\r\n{"code\r\n8\r\n":"bad"}\r\n0\r\n\r\n',
        b'\r\n{"code":"bad"}',
        b'Content-Length: 1000\r\n\r\n{"code":"bad"}',
    ],
    ids=["length", "chunked", "to the end", "cut"],
)
async def test_a_refused_handshake_brings_status_headers_and_body(tail: bytes) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 401 Unauthorized\r\nX-Request-Id: r1\r\n"
        for byte in range(len(head + tail)):
            writer.write((head + tail)[byte : byte + 1])
            await writer.drain()

    async with Listener(refuse).listening() as server, Transport() as transport:
        with pytest.raises(HandshakeRefused) as caught:
            async with transport.lend(Dial(f"ws://127.0.0.1:{server.port}/?key=canary", HEADERS), connect=5):
                pass
        await until(lambda: not server.writers)
    assert (caught.value.status, caught.value.headers["x-request-id"]) == (401, "r1")
    assert caught.value.body == b'{"code":"bad"}'
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"", "closed the connection"),
        (b"SSH-2.0\r\n\r\n", "answers no HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: tea\r\nConnection: upgrade\r\n\r\n", "handshake wrongly"),
    ],
)
async def test_a_handshake_that_is_none(answer: bytes, says: str) -> None:
    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with Listener(reply).listening() as server, Transport() as transport:
        with pytest.raises(ConnectionFailedError, match=says):
            async with transport.lend(Dial(f"ws://127.0.0.1:{server.port}"), connect=5):
                pass


async def test_a_handshake_without_an_answer_ends_with_the_time_out() -> None:
    async def listen(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(-1)

    async with Listener(listen).listening() as server, Transport() as transport:
        with pytest.raises(TimeoutExceededError):
            async with transport.lend(Dial(f"ws://127.0.0.1:{server.port}"), connect=0.05):
                pass
        await until(lambda: not server.writers)


async def test_a_key_with_a_line_break_never_leaves(sockets: Sockets) -> None:
    with pytest.raises(CredentialError):
        async with Transport().lend(Dial(sockets.url, {"Authorization": "a\r\nb"}), connect=1):
            pass
    assert sockets.opened == 0


async def test_no_log_shows_the_key(sockets: Sockets, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with Transport() as transport, transport.lend(Dial(sockets.url, HEADERS), connect=1) as link:
        await link.send("hello")
        await link.receive()
    ours = [record.getMessage() for record in caplog.records if record.name != "websockets.server"]
    assert "canary" not in "".join(ours)
    assert "canary" not in repr(Dial(f"{sockets.url}?key=canary", HEADERS))


async def test_an_error_in_the_body_ends_the_link_at_once(sockets: Sockets) -> None:
    async with Transport() as transport:
        links: list[Link] = []

        async def fail() -> None:
            async with transport.lend(Dial(sockets.url), connect=1) as link:
                links.append(link)
                link.keep()
                raise RuntimeError

        with pytest.raises(RuntimeError):
            await fail()
        assert not links[0].open
        await until(lambda: not sockets.open)


async def test_kept_links_are_prepared_again_and_lent_again(sockets: Sockets) -> None:
    dial = Dial(sockets.url, HEADERS, key="a", prepare=ready)
    async with Transport() as transport:
        async with transport.lend(dial, connect=1) as first:
            assert first.state == "ready"
            first.state = None
            first.keep()
        await until(lambda: first.state)
        async with transport.lend(Dial(sockets.url, HEADERS, key="a"), connect=1) as second:
            assert second is first
        async with transport.lend(Dial(sockets.url, HEADERS, key="b"), connect=1) as third:
            assert third is not first
    assert sockets.opened == 2


async def test_a_salvaged_link_is_prepared_again_when_its_borrower_is_cancelled(sockets: Sockets) -> None:
    lent: list[Link] = []

    async def borrow(transport: Transport, salvage: bool) -> None:
        async with transport.lend(Dial(sockets.url, prepare=ready), connect=1) as link:
            lent.append(link)
            link.state = None
            if salvage:
                link.salvage()
            await link.receive()

    async with Transport() as transport:
        for salvage in (True, True, False):
            task = asyncio.create_task(borrow(transport, salvage))
            await until(lambda: lent and lent[-1].state is None)
            task.cancel()
            await asyncio.wait([task])
            if salvage:
                await until(lambda: lent[-1].state)
        assert lent[0] is lent[1] is lent[2]
        await until(lambda: not sockets.open)
    assert sockets.opened == 1


@pytest.mark.parametrize("ending", [RuntimeError, None])
async def test_only_a_cancelled_loan_is_salvaged(sockets: Sockets, ending: type[Exception] | None) -> None:
    async with Transport() as transport:
        with suppress(RuntimeError):
            async with transport.lend(Dial(sockets.url, prepare=ready), connect=1) as link:
                link.salvage()
                if ending is not None:
                    raise ending
        await until(lambda: not sockets.open)


async def test_headers_that_age_are_made_for_each_connection(sockets: Sockets) -> None:
    tokens = iter(("one", "two"))

    def headers() -> dict[str, str]:
        return {"Authorization": next(tokens)}

    dial = Dial(sockets.url, headers)
    assert dial == Dial(sockets.url, headers)
    async with Transport() as transport, transport.lend(dial, connect=1), transport.lend(dial, connect=1):
        assert [one["Authorization"] for one in sockets.headers] == ["one", "two"]


async def test_a_kept_link_that_cannot_be_prepared_is_closed(sockets: Sockets) -> None:
    async def fail_later(link: Link) -> None:
        if link.state:
            raise RuntimeError
        link.state = True

    async with Transport() as transport:
        async with transport.lend(Dial(sockets.url, prepare=fail_later), connect=1) as link:
            link.keep()
        await until(lambda: not sockets.open)


async def test_a_spare_that_the_other_end_closed_is_not_lent(sockets: Sockets) -> None:
    async with Transport() as transport:
        await transport.prewarm(Dial(sockets.url), connect=1)
        await sockets.connections[0].close()
        async with transport.lend(Dial(sockets.url), connect=1) as link:
            await link.send("hello")
            assert await link.receive() == "hello"


async def test_prewarming_opens_and_prepares_and_says_what_went_wrong(sockets: Sockets) -> None:
    async def never(link: Link) -> None:
        await link.receive()

    dial = Dial(sockets.url, prepare=ready)
    async with Transport() as transport:
        await transport.prewarm(dial, connect=1)
        async with transport.lend(dial, connect=1) as link:
            assert (link.state, sockets.opened) == ("ready", 1)
        with pytest.raises(TimeoutExceededError):
            await transport.prewarm(Dial(sockets.url, key=1, prepare=never), connect=0.05)
        await until(lambda: not sockets.open)


async def test_spares_for_those_who_attend(sockets: Sockets) -> None:
    dial = Dial(sockets.url, prepare=ready)
    async with Transport(limits=Limits(idle=0.05)) as transport:
        with transport.attend(dial), transport.attend(dial):
            assert sockets.opened == 0
            async with transport.lend(dial, connect=1) as first:
                await until(lambda: sockets.opened == 2)
                async with transport.lend(dial, connect=1) as second:
                    assert second is not first
                    assert second.state == "ready"
                    await until(lambda: sockets.opened == 3)
            await until(lambda: sockets.open == 1)
        await until(lambda: not sockets.open)


async def test_their_spare_rests_for_whoever_comes_next(sockets: Sockets) -> None:
    dial = Dial(sockets.url, prepare=ready)
    async with Transport() as transport:
        for _ in range(20):
            with transport.attend(dial):
                async with transport.lend(dial, connect=1) as link:
                    assert link.state == "ready"
                    link.state = None
                    link.keep()
        await until(lambda: sockets.open <= 2)
        assert sockets.opened <= 3


async def test_sixteen_who_attend_have_two(sockets: Sockets) -> None:
    dial = Dial(sockets.url)
    async with Transport() as transport:
        with ExitStack() as stack:
            for _ in range(16):
                stack.enter_context(transport.attend(dial))
            async with transport.lend(dial, connect=1):
                await until(lambda: sockets.open == 3)


async def test_no_spares_where_none_are_wanted(sockets: Sockets) -> None:
    dial = Dial(sockets.url)
    async with Transport(limits=Limits(spares=0)) as transport:
        with transport.attend(dial):
            async with transport.lend(dial, connect=1) as link:
                await link.send("hello")
                await link.receive()
        assert sockets.opened == 1


async def test_spares_are_renewed_when_they_expire_or_are_lost(
    sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "TICK", 0.01)
    dial = Dial(sockets.url, lasts=0.1)
    async with Transport() as transport:
        with transport.attend(dial):
            async with transport.lend(dial, connect=1):
                await until(lambda: sockets.opened >= 3)
                await until(lambda: sockets.open == 2)
                opened = sockets.opened
                await sockets.connections[-1].close()
                await until(lambda: sockets.opened > opened)


async def test_spares_that_cannot_be_opened_are_tried_later(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "TICK", 0.01)
    monkeypatch.setattr(spares, "BACKOFF", (0.01, 0.02))
    attempts = 0

    async def third_time(_: Link) -> None:
        nonlocal attempts
        attempts += 1
        if attempts in {2, 3}:
            raise RuntimeError

    dial = Dial(sockets.url, prepare=third_time)
    async with Transport() as transport:
        with transport.attend(dial):
            async with transport.lend(dial, connect=1):
                await until(lambda: attempts == 4)
                await until(lambda: sockets.open == 2)


async def test_an_end_that_shows_no_sign_of_life_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "TICK", 0.005)
    monkeypatch.setattr(pools, "PING", 0.05)

    async def play_dead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from websockets.server import ServerProtocol

        protocol = ServerProtocol()
        protocol.receive_data(await reader.readuntil(b"\r\n\r\n"))
        (request,) = protocol.events_received()
        protocol.send_response(protocol.accept(request))  # type: ignore[arg-type]
        for data in protocol.data_to_send():
            writer.write(data)
        await reader.read(-1)

    async with Listener(play_dead).listening() as server, Transport() as transport:
        dial = Dial(f"ws://127.0.0.1:{server.port}")
        async with transport.lend(dial, connect=1) as link:
            with pytest.raises(LinkClosed, match="lost"):
                await link.receive()


async def test_a_silent_end_that_answers_pings_is_kept(sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pools, "TICK", 0.005)
    monkeypatch.setattr(pools, "PING", 0.02)
    async with Transport() as transport, transport.lend(Dial(sockets.url), connect=1) as link:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await link.receive()
        await link.send("hello")
        assert await link.receive() == "hello"


async def test_a_slow_consumer_keeps_its_connection_and_memory_is_bounded(
    sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pools, "TICK", 0.005)
    monkeypatch.setattr(pools, "PING", 0.02)
    count, size = 60, 1 << 20
    async with Transport() as transport, transport.lend(Dial(sockets.url), connect=1) as link:
        await link.send(f"flood {count} {size}")
        await until(lambda: not link.socket.reading)
        await asyncio.sleep(0.2)  # several pings long
        assert sum(map(len, link.socket._messages)) <= ws.MOST_BUFFERED + (4 << 20)
        for _ in range(count):
            assert len(await link.receive()) == size
        await link.send("hello")
        assert await link.receive() == "hello"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("64:ff9b::5db8:d822", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%lo", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) == public


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]"])
async def test_only_public_addresses_on_demand(sockets: Sockets, host: str) -> None:
    url = sockets.url.replace("127.0.0.1", host)
    async with Transport(public_only=True) as transport:
        with pytest.raises(ConnectionFailedError, match="private network") as caught:
            async with transport.lend(Dial(url), connect=1):
                pass
        with pytest.raises(ConnectionFailedError, match="private network"):
            async with transport.exchange("GET", url.replace("ws:", "http:"), headers={}, connect=1):
                pass
    assert (caught.value.code, caught.value.retryable) == ("private_address", False)
    assert sockets.opened == 0


async def test_a_proxy_is_not_asked_for_a_private_address() -> None:
    async with Transport(public_only=True, proxy="http://127.0.0.1:9") as transport:
        with pytest.raises(ConnectionFailedError, match="private network"):
            async with transport.lend(Dial("ws://10.0.0.1/"), connect=1):
                pass
