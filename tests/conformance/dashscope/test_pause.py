"""A consumer that pauses loses neither the connection nor a sample, and what waits for it is bounded."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing

import pytest

from modeldeck import Timeouts, Transport
from modeldeck._transport import pool, ws
from modeldeck.sandbox import Sandbox
from modeldeck.tts import Session, TTSResponse
from tests.conformance.dashscope.rows import REALTIME, Row
from tests.conformance.dashscope.witness import check_offsets, nothing_left, pcm

LONG = "A sentence of forty characters, exactly." * 300  # 12 minutes, 32 MB: more than all the buffers hold
PATIENT = Timeouts(20, 20, 20)


def samples(row: Row, text: str) -> bytes:
    """All that the sandbox says, in one piece of memory."""
    numbers = bytes(byte for number in range(65536) for byte in number.to_bytes(2, "little"))
    size = 2 * row.samples(text)
    return (numbers * (size // len(numbers) + 1))[:size]


async def stalled(box: Sandbox) -> None:
    """Until the sandbox cannot send any more: its end is full, and stays so."""
    waiting = 0
    while True:
        now = sum(peer.transport.get_write_buffer_size() for peer in box._peers)
        if now and now == waiting:
            return
        waiting = now
        for _ in range(50):
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
        await asyncio.wait_for(stalled(box), 30)
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
        await asyncio.wait_for(stalled(box), 30)
        parts += [part async for part in speech]
    assert pcm(parts) == samples(row, LONG)


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
