"""With a round trip of 60 ms between the ends, counted in round trips: ratios with room for a busy machine."""

from __future__ import annotations

import asyncio
from statistics import median
from typing import Any

from modeldeck import Transport
from modeldeck.sandbox import Distance, Sandbox
from modeldeck.testing.advice import check_order, expect, numbers
from modeldeck.testing.cases import over
from modeldeck.testing.rows import TEXT, Row
from modeldeck.testing.suite import Suite
from modeldeck.tts import Session, TTSModelBase

RTT = 0.06
CALLS = 8
NOT_SAID = "`trips` of no Row says how many round trips it takes"
each_measured_row = over("row", lambda suite: [row for row in suite.table if row.trips is not None], NOT_SAID)


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


async def answered(talk: Session, row: Row) -> float:
    """Round trips from a text to its first audio."""
    clock = asyncio.get_running_loop().time
    began = clock()
    await talk.send(TEXT)
    await talk.flush()
    part = await anext(talk)
    took = clock() - began
    check_order(row, numbers([part]), [row.samples(TEXT)], used=True)
    return took / RTT


class Distances(Suite):
    @each_measured_row
    async def test_a_cold_call_takes_the_wire_s_minimum(self, row: Row) -> None:
        assert row.trips is not None
        async with self.sandbox(distance=Distance(RTT)) as box, self.nothing_left(box):
            found: list[float] = []
            for _ in range(3):
                async with Transport() as transport:
                    found.append(await first_audio(row.build(box.url, transport)))
            check_trips(row, found, row.trips - 0.2, row.trips + 0.6, "a cold call")

    @each_measured_row
    async def test_a_warm_call_takes_one_round_trip(self, row: Row) -> None:
        async with self.sandbox(distance=Distance(RTT)) as box, self.nothing_left(box), Transport() as transport:
            model, found = row.build(box.url, transport), list[float]()
            for _ in range(3):
                await model.prewarm()
                await asyncio.sleep(RTT)  # on the way of a socket that is connected here, and not yet there
                found.append(await first_audio(model))
            check_trips(row, found, 0.8, 1.6, "a call after `prewarm`")

    @over("row", lambda suite: [row for row in suite.table if row.trips is not None and row.streams], NOT_SAID)
    async def test_after_an_interrupt_the_first_audio_takes_one_round_trip(self, row: Row) -> None:
        async with (
            self.sandbox(distance=Distance(RTT), pace=1.0) as box,
            self.nothing_left(box),
            Transport() as transport,
        ):
            model = row.build(box.url, transport)
            async with model.session() as talk:
                found: list[float] = []
                for turn in range(CALLS + 1):
                    found.append(await answered(talk, row))
                    first, more = row.interrupted
                    await spares_are_there(box, model, row, first + more * turn)
                    await talk.interrupt()
            check_trips(row, found[1:], 0, 1.6, "a turn after an interrupt")

    @each_measured_row
    async def test_a_second_utterance_takes_one_round_trip(self, row: Row) -> None:
        async with self.sandbox(distance=Distance(RTT)) as box, self.nothing_left(box), Transport() as transport:
            model = row.build(box.url, transport)
            async with model.session() as talk:
                found: list[float] = []
                for turn in range(5):
                    found.append(await answered(talk, row))
                    first, more = row.connections
                    await spares_are_there(box, model, row, first + more * turn)
                    rest = [part async for part in talk.utterance()]
                    assert rest[-1].is_last
            check_trips(row, found[1:], 0, 1.6, "a second utterance")


def check_trips(row: Row, found: list[float], least: float, most: float, what: str) -> None:
    __tracebackhide__ = True
    expect(
        least < median(found) < most,
        f"{row.name}: {what} takes {median(found):.1f} round trips to its first audio ({row.id}; all: {found}), and "
        f"from {least} to {most} are right: fill `_warm` and `_attend` with the transport's `prewarm` and `attend`, "
        "lend WebSockets from it, and send settings and text without waiting where the service lets you",
    )
