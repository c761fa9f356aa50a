"""With a round trip of 60 ms between the ends, counted in round trips: ratios with room for a busy machine."""

from __future__ import annotations

import asyncio
from statistics import median
from typing import Any

import pytest

from modeldeck import Transport
from modeldeck.sandbox import Distance, Sandbox
from modeldeck.tts import Session, TTSModelBase
from tests.conformance.rows import TEXT, Row
from tests.conformance.table import ROWS
from tests.conformance.witness import check_order, nothing_left, numbers

RTT = 0.06
CALLS = 8
COLD = [row for row in ROWS if row.trips is not None]
# Where audio comes while it is made.
STREAMED = [row for row in COLD if row.wire != "whole"]


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
    """Until the sandbox knows `seen` connections, the last of them prepared; its answer needs half a round trip.

    What is connected for HTTP is not seen there.
    """
    while row.socket and (len(box.requests()) < seen or (row.prepared and not box.requests()[-1]["frames"])):
        await asyncio.sleep(RTT / 10)
    await asyncio.sleep(RTT)


@pytest.mark.parametrize("row", COLD, ids=lambda row: row.id)
async def test_a_cold_call_takes_the_wire_s_minimum(row: Row) -> None:
    assert row.trips is not None
    async with Sandbox(distance=Distance(RTT)) as box, nothing_left(box):
        found: list[float] = []
        for _ in range(3):
            async with Transport() as transport:
                found.append(await first_audio(row.build(box.url, transport)))
        assert row.trips - 0.2 < median(found) < row.trips + 0.6, found


@pytest.mark.parametrize("row", COLD, ids=lambda row: row.id)
async def test_a_warm_call_takes_one_round_trip(row: Row) -> None:
    async with Sandbox(distance=Distance(RTT)) as box, nothing_left(box), Transport() as transport:
        model, found = row.build(box.url, transport), list[float]()
        for _ in range(3):
            await model.prewarm()
            await asyncio.sleep(RTT)  # on the way of a socket that is connected here, and not yet there
            found.append(await first_audio(model))
        assert 0.8 < median(found) < 1.6, found


@pytest.mark.parametrize("row", STREAMED, ids=lambda row: row.id)
async def test_after_an_interrupt_the_first_audio_takes_one_round_trip(row: Row) -> None:
    async with Sandbox(distance=Distance(RTT), pace=1.0) as box, nothing_left(box), Transport() as transport:
        model = row.build(box.url, transport)
        async with model.session() as talk:
            found: list[float] = []
            for turn in range(CALLS + 1):
                found.append(await answered(talk, row))
                first, more = row.interrupted
                await spares_are_there(box, model, row, first + more * turn)
                await talk.interrupt()
        assert median(found[1:]) < 1.6, found


@pytest.mark.parametrize("row", COLD, ids=lambda row: row.id)
async def test_a_second_utterance_takes_one_round_trip(row: Row) -> None:
    async with Sandbox(distance=Distance(RTT)) as box, nothing_left(box), Transport() as transport:
        model = row.build(box.url, transport)
        async with model.session() as talk:
            found: list[float] = []
            for turn in range(5):
                found.append(await answered(talk, row))
                first, more = row.connections
                await spares_are_there(box, model, row, first + more * turn)
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
