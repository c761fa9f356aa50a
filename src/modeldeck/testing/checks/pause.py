"""A consumer that pauses loses neither the connection nor a sample, and what waits for it is bounded."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

import pytest

from modeldeck import Timeouts, Transport
from modeldeck._transport import pool, ws
from modeldeck.sandbox import Sandbox
from modeldeck.testing.advice import check_last, check_offsets, expect, pcm
from modeldeck.testing.cases import REALTIME, each_realtime_row, over
from modeldeck.testing.rows import Got, Row
from modeldeck.testing.suite import Suite
from modeldeck.tts import Session, TTSResponse

LONG = "A sentence of forty characters, exactly." * 300  # 12 minutes, 32 MB: more than all the buffers hold
PATIENT = Timeouts(20, 20, 20)


def samples(row: Row, text: str) -> bytes:
    """All that the sandbox says, in one piece of memory."""
    numbers = bytes(byte for number in range(65536) for byte in number.to_bytes(2, "little"))
    size = 2 * row.samples(text)
    return (numbers * (size // len(numbers) + 1))[:size]


async def stalled(box: Sandbox, *, paced: bool = False) -> None:
    """Until the sandbox cannot send any more: its end is full, and stays so. `paced`: or nobody asks for more."""
    before = (0, 0)
    while True:
        waiting = sum(peer.transport.get_write_buffer_size() for peer in box._peers)
        now = (waiting, sum(len(one["frames"]) for one in box.requests()))
        if (waiting or (paced and now[1] > 1)) and now == before:
            return
        before = now
        for _ in range(500 if paced else 50):
            await asyncio.sleep(0)


async def full(row: Row, box: Sandbox) -> None:
    """Until nothing more is taken of the service."""
    try:
        await asyncio.wait_for(stalled(box, paced=row.paced), 30)
    except TimeoutError:
        raise AssertionError(
            f"{row.name} takes more and more while nobody reads what it says ({row.id}): yield each `Audio` before "
            "the next is read, and keep no queue without a bound"
        ) from None


def check_all(row: Row, parts: Got, text: str) -> None:
    __tracebackhide__ = True
    expect(
        pcm(parts) == samples(row, text),
        f"{row.name} lost or repeated samples while its consumer paused ({row.id}): {len(pcm(parts))} bytes of "
        f"{len(samples(row, text))}. Yield each `Audio` once, and wait for the consumer instead of dropping anything",
    )
    check_offsets(row, parts)


class Pausing(Suite):
    @each_realtime_row
    async def test_a_session_that_is_not_read(self, box: Sandbox, row: Row) -> None:
        parts: list[TTSResponse] = []
        async with (
            self.nothing_left(box),
            Transport() as transport,
            row.build(box.url, transport, timeouts=PATIENT).session() as talk,
        ):
            await talk.send(LONG)
            await talk.flush()
            parts.append(await anext(talk))
            await full(row, box)
            conversation = talk._current
            assert conversation is not None
            assert 30 <= conversation._seconds < 31  # what waits for the consumer; the rest waits in sockets
            parts += [part async for part in talk.utterance()]
        check_all(row, parts, LONG)
        check_last(row, parts)

    @each_realtime_row
    async def test_a_stream_that_is_not_read(self, box: Sandbox, row: Row) -> None:
        """`synthesize` has no reader of its own: what is not asked for waits in the sockets and their buffer."""
        parts: list[TTSResponse] = []
        async with (
            self.nothing_left(box),
            Transport() as transport,
            aclosing(row.build(box.url, transport, timeouts=PATIENT).synthesize(LONG)) as speech,
        ):
            parts.append(await anext(speech))
            await full(row, box)
            parts += [part async for part in speech]
        check_all(row, parts, LONG)

    @over(
        "row",
        lambda suite: [row for row in suite.table if not row.pushes and row.streams],  # of a whole answer nothing waits
        "no class of it takes whole texts and streams",
    )
    async def test_a_whole_text_that_is_not_read(self, box: Sandbox, row: Row) -> None:
        """Slowly spoken, since a request takes only so much text: 8 minutes, 23 MB."""
        parts: list[TTSResponse] = []
        slow, text = 20, LONG[:400]
        box.box.voice = replace(box.box.voice, character=0.06 * slow)
        async with (
            self.nothing_left(box),
            Transport() as transport,
            aclosing(row.build(box.url, transport, timeouts=PATIENT).synthesize(text)) as speech,
        ):
            parts.append(await anext(speech))
            await full(row, box)
            parts += [part async for part in speech]
        check_all(row, parts, text * slow)

    @over("rows", lambda suite: [rows] if (rows := [row for row in suite.table if row.pushes]) else [], REALTIME)
    async def test_pings_go_on_while_nobody_reads(
        self, box: Sandbox, monkeypatch: pytest.MonkeyPatch, rows: list[Row]
    ) -> None:
        """Ten of them, for longer than the time-out between two pieces of audio: a full socket is no dead one."""
        monkeypatch.setattr(pool, "PING", 0.3)
        monkeypatch.setattr(pool, "TICK", 0.05)
        monkeypatch.setattr(ws, "MOST_BUFFERED", 1 << 20)
        monkeypatch.setattr(ws, "RESUME", 1 << 18)
        text = LONG[:4000]
        async with self.nothing_left(box), Transport() as transport, AsyncExitStack() as sessions:
            talks: list[tuple[Row, Session, TTSResponse]] = []
            for row in rows:
                model = row.build(box.url, transport, timeouts=Timeouts(20, 20, 2))
                talk = await sessions.enter_async_context(model.session())
                await talk.send(text)
                await talk.flush()
                talks.append((row, talk, await anext(talk)))
            await asyncio.wait_for(stalled(box, paced=all(row.paced for row in rows)), 30)
            await asyncio.sleep(3)
            for row, talk, first in talks:
                check_all(row, [first, *[part async for part in talk.utterance()]], text)
