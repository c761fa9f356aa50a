"""Distance: later, in order, nothing lost."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosedError

from modeldeck.errors import ParameterError
from modeldeck.sandbox import Distance, Sandbox, SandboxProcess
from modeldeck.sandbox.distance import Way, read_distance
from modeldeck.sandbox.voice import numbered
from tests.sandbox import echo
from tests.sandbox.conftest import KEY, Client, spoken

RTT = 0.04


@pytest.fixture
async def far() -> AsyncIterator[Client]:
    async with Sandbox(emulators={"echo": echo}, distance=Distance(RTT)) as box:
        yield Client(box)


def now() -> float:
    return asyncio.get_running_loop().time()


@given(st.lists(st.tuples(st.integers(0, 99), st.floats(0, 0.002)), max_size=20), st.sampled_from([None, 1e6]))
def test_nothing_is_lost_or_reordered(sizes: list[tuple[int, float]], bandwidth: float | None) -> None:
    async def run() -> None:
        way, arrived = Way(Distance(0.001, bandwidth)), list[int]()
        done = asyncio.Event()
        for index, (size, earliest) in enumerate(sizes):
            way.put(size, lambda index=index: arrived.append(index), now() + earliest)
        way.put(0, done.set)
        await done.wait()
        assert (arrived, way.bytes) == (list(range(len(sizes))), 0)

    asyncio.run(run())


async def test_what_is_under_way_at_the_end_arrives_at_once() -> None:
    way, arrived = Way(Distance(60.0)), list[int]()
    way.put(1, lambda: (arrived.append(1), way.put(1, lambda: arrived.append(3))))
    way.put(1, lambda: arrived.append(2))
    way.end()
    assert arrived == [1, 2, 3]


def test_a_distance_is_checked() -> None:
    wrong: list[dict[str, Any]] = [
        {"rtt": -1},
        {"rtt": math.nan},
        {"rtt": 61},
        {"rtt": True},
        {"rtt": "1"},
        {"bandwidth": 999},
        {"bandwidth": math.inf},
    ]
    for asked in wrong:
        with pytest.raises(ParameterError, match=f"^distance: {next(iter(asked))} must be"):
            Distance(**asked)
        with pytest.raises(ParameterError, match="must be"):
            read_distance(asked)
    with pytest.raises(ParameterError, match="no key 'rrt'; did you mean 'rtt'"):
        read_distance({"rrt": 1})
    number: Any = 0.1
    for made in (Sandbox(emulators={}), SandboxProcess()):
        with pytest.raises(ParameterError, match=r"a Distance\(rtt=seconds\), not 0.1"):
            made.set_distance(number)


async def test_connecting_costs_a_round_trip_and_each_question_another(far: Client) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        for least in (2 * RTT, RTT):  # the second one finds the connection open
            begun = now()
            answer = await http.post(f"{far.box.url}/echo", json={"model": "m", "text": "hi"}, headers=KEY)
            assert answer.status_code == 200
            assert now() - begun >= least


async def test_a_websocket_is_far_away_too(far: Client) -> None:
    begun = now()
    async with far.talk() as socket:
        assert now() - begun >= 2 * RTT
        for said in range(2):
            begun = now()
            await socket.send("hello there")
            chunks, _ = await spoken(socket)
            assert now() - begun >= RTT
            assert b"".join(chunks) == numbered(said * 15840, 15840)
    assert socket.close_code == 1000
    await far.emptied()


async def test_a_cut_is_a_reset_from_afar_and_what_was_sent_arrives(far: Client) -> None:
    async with far.talk("?modeldeck_fault=cut;after=2") as socket:
        await socket.send("hello there")
        with pytest.raises(ConnectionClosedError) as caught:
            await spoken(socket)
    assert isinstance(caught.value.__cause__, ConnectionResetError)
    await far.emptied()


async def test_bandwidth_holds_back_and_loses_nothing() -> None:
    async with Sandbox(emulators={"echo": echo}, distance=Distance(0.0, 400_000_000)) as box:
        client = Client(box)
        async with client.talk("?modeldeck_fault=huge") as socket:
            begun = now()
            for _ in range(2):
                await socket.send("hello")
            whole = [b"".join((await spoken(socket))[0]) for _ in range(2)]
            assert now() - begun >= 20_000_000 * 8 / 400_000_000
        assert b"".join(whole) == numbered(0, 10_000_000)


async def test_it_can_be_changed_while_it_runs(client: Client) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        control = f"{client.box.url}/_sandbox/distance"
        assert (await http.put(control, json={"rtt": RTT})).json()["distance"] == {"rtt": RTT, "bandwidth": None}
        begun = now()
        await client.post()
        assert now() - begun >= 2 * RTT
        client.box.set_distance()
        assert client.box.state()["distance"] == {"rtt": 0.0, "bandwidth": None}


async def test_the_end_does_not_wait_for_what_is_under_way() -> None:
    async with Sandbox(emulators={"echo": echo}, distance=Distance(50.0)) as box:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(box.url.rpartition(":")[2]))
        writer.write(b"GET /echo HTTP/1.1\r\nHost: a\r\n\r\n")
        await writer.drain()
        while not box.state()["connections"]:
            await asyncio.sleep(0)
    with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
        await reader.readexactly(1)
    writer.close()
