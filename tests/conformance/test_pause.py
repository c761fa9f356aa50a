"""A consumer that pauses loses neither the connection nor a sample, and what waits for it is bounded."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace

import pytest

from modeldeck import Timeouts, Transport
from modeldeck._transport import pool, ws
from modeldeck.sandbox import Sandbox
from modeldeck.tts import Session, TTSResponse
from tests.conformance.rows import Row
from tests.conformance.table import REALTIME, ROWS
from tests.conformance.witness import check_offsets, nothing_left, pcm

LONG = "A sentence of forty characters, exactly." * 300  # 12 minutes, 32 MB: more than all the buffers hold
# Of a whole answer there is nothing to read before its end.
WHOLE_TEXTS = [row for row in ROWS if not row.pushes and row.wire != "whole"]
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


@pytest.mark.parametrize("row", REALTIME, ids=lambda row: row.id)
async def test_a_session_that_is_not_read(box: Sandbox, row: Row) -> None:
    parts: list[TTSResponse] = []
    async with (
        nothing_left(box),
        Transport() as transport,
        row.build(box.url, transport, timeouts=PATIENT).session() as talk,
    ):
        await talk.send(LONG)
        await talk.flush()
        parts.append(await anext(talk))
        await asyncio.wait_for(stalled(box, paced=row.paced), 30)
        conversation = talk._current
        assert conversation is not None
        assert 30 <= conversation._seconds < 31  # what waits for the consumer; the rest waits in sockets
        parts += [part async for part in talk.utterance()]
    assert pcm(parts) == samples(row, LONG)
    check_offsets(parts)
    assert parts[-1].is_last


@pytest.mark.parametrize("row", REALTIME, ids=lambda row: row.id)
async def test_a_stream_that_is_not_read(box: Sandbox, row: Row) -> None:
    """`synthesize` has no reader of its own: what is not asked for waits in the sockets and their buffer."""
    parts: list[TTSResponse] = []
    async with (
        nothing_left(box),
        Transport() as transport,
        aclosing(row.build(box.url, transport, timeouts=PATIENT).synthesize(LONG)) as speech,
    ):
        parts.append(await anext(speech))
        await asyncio.wait_for(stalled(box, paced=row.paced), 30)
        parts += [part async for part in speech]
    assert pcm(parts) == samples(row, LONG)


@pytest.mark.parametrize("row", WHOLE_TEXTS, ids=lambda row: row.id)
async def test_a_whole_text_that_is_not_read(box: Sandbox, row: Row) -> None:
    """Slowly spoken, since a request takes only so much text: 8 minutes, 23 MB."""
    parts: list[TTSResponse] = []
    slow, text = 20, LONG[:400]
    box.box.voice = replace(box.box.voice, character=0.06 * slow)
    async with (
        nothing_left(box),
        Transport() as transport,
        aclosing(row.build(box.url, transport, timeouts=PATIENT).synthesize(text)) as speech,
    ):
        parts.append(await anext(speech))
        await asyncio.wait_for(stalled(box), 30)
        parts += [part async for part in speech]
    assert pcm(parts) == samples(row, text * slow)
    check_offsets(parts)


async def test_pings_go_on_while_nobody_reads(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten of them, for longer than the time-out between two pieces of audio: a full socket is no dead one."""
    monkeypatch.setattr(pool, "PING", 0.3)
    monkeypatch.setattr(pool, "TICK", 0.05)
    monkeypatch.setattr(ws, "MOST_BUFFERED", 1 << 20)
    monkeypatch.setattr(ws, "RESUME", 1 << 18)
    text = LONG[:4000]
    async with nothing_left(box), Transport() as transport, AsyncExitStack() as sessions:
        talks: list[tuple[Row, Session, TTSResponse]] = []
        for row in REALTIME:
            model = row.build(box.url, transport, timeouts=Timeouts(20, 20, 2))
            talk = await sessions.enter_async_context(model.session())
            await talk.send(text)
            await talk.flush()
            talks.append((row, talk, await anext(talk)))
        await asyncio.wait_for(stalled(box), 30)
        await asyncio.sleep(3)
        for row, talk, first in talks:
            assert pcm([first, *[part async for part in talk.utterance()]]) == samples(row, text)
