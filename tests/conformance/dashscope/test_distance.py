"""With a round trip of 60 ms between the ends, counted in round trips: ratios with room for a busy machine."""

from __future__ import annotations

import asyncio
from statistics import median
from typing import Any

import pytest

from modeldeck import Transport
from modeldeck.sandbox import Distance, Sandbox
from modeldeck.tts import Session, TTSModelBase
from tests.conformance.dashscope.rows import COMMIT, COSY_REALTIME, HTTP, REALTIME, SERVER_COMMIT, TEXT, Row
from tests.conformance.dashscope.witness import check_order, nothing_left, numbers

RTT = 0.06
CALLS = 12
# Round trips to the first audio: TCP, then what the wire asks for.
COLD = [
    (HTTP, 2),  # TCP, request
    (SERVER_COMMIT, 3),  # TCP, handshake, settings and text
    (COMMIT, 3),
    (COSY_REALTIME, 4),  # TCP, handshake, run-task, text
]


async def first_audio(model: TTSModelBase[Any]) -> float:
    """Round trips until the first audio of one call, which is then dropped."""
    clock = asyncio.get_running_loop().time
    began = clock()
    speech = model.synthesize(TEXT)
    async for part in speech:
        assert part.audio
        break
    took = clock() - began
    await speech.aclose()
    return took / RTT


async def spares_are_there(box: Sandbox, model: TTSModelBase[Any], row: Row, seen: int) -> None:
    """Until the sandbox knows `seen` connections, the last of them prepared; its answer needs half a round trip."""
    while len(box.requests()) < seen or (row.wire == "tasks" and not box.requests()[-1]["frames"]):
        await asyncio.sleep(RTT / 10)
    await asyncio.sleep(RTT)


@pytest.mark.parametrize(("row", "trips"), COLD, ids=[row.id for row, _ in COLD])
async def test_a_cold_call_takes_the_wire_s_minimum(row: Row, trips: int) -> None:
    async with Sandbox(distance=Distance(RTT)) as box, nothing_left(box):
        found: list[float] = []
        for _ in range(3):
            async with Transport() as transport:
                found.append(await first_audio(row.build(box.url, transport)))
        assert trips - 0.2 < median(found) < trips + 0.6, found


@pytest.mark.parametrize("row", [row for row, _ in COLD], ids=lambda row: row.id)
async def test_a_warm_call_takes_one_round_trip(row: Row) -> None:
    async with Sandbox(distance=Distance(RTT)) as box, nothing_left(box), Transport() as transport:
        model, found = row.build(box.url, transport), list[float]()
        for _ in range(3):
            await model.prewarm()
            await asyncio.sleep(RTT)  # on the way of a socket that is connected here, and not yet there
            found.append(await first_audio(model))
        assert 0.8 < median(found) < 1.6, found


@pytest.mark.parametrize("row", REALTIME, ids=lambda row: row.id)
async def test_after_an_interrupt_the_first_audio_takes_one_round_trip(row: Row) -> None:
    async with Sandbox(distance=Distance(RTT), pace=1.0) as box, nothing_left(box), Transport() as transport:
        model = row.build(box.url, transport)
        async with model.session() as talk:
            found: list[float] = []
            for turn in range(CALLS + 1):
                found.append(await answered(talk, row))
                await spares_are_there(box, model, row, turn + 2)
                await talk.interrupt()
        assert median(found[1:]) < 1.6, found


@pytest.mark.parametrize("row", REALTIME, ids=lambda row: row.id)
async def test_a_second_utterance_takes_one_round_trip(row: Row) -> None:
    async with Sandbox(distance=Distance(RTT)) as box, nothing_left(box), Transport() as transport:
        model = row.build(box.url, transport)
        async with model.session() as talk:
            found: list[float] = []
            for turn in range(5):
                found.append(await answered(talk, row))
                await spares_are_there(box, model, row, 1 if row is COMMIT else turn + 2 if row is SERVER_COMMIT else 2)
                rest = [part async for part in talk.utterance()]
                assert rest[-1].is_last
        assert median(found[1:]) < 1.6, found


async def answered(talk: Session, row: Row) -> float:
    """Round trips from a text to its first audio."""
    clock = asyncio.get_running_loop().time
    began = clock()
    await talk.send(TEXT)
    await talk.flush()
    part = await anext(talk)
    took = clock() - began
    check_order(numbers([part]), [row.samples(TEXT)], used=True)
    return took / RTT
