"""What must be true afterwards: every sample in its place, and nothing left."""

from __future__ import annotations

import asyncio
import os
import threading
from array import array
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from sys import byteorder
from typing import Any

from modeldeck.sandbox import Sandbox
from modeldeck.sandbox.voice import numbered
from modeldeck.tts import TTSResponse
from tests.conformance.rows import SENTENCES, Row, Way, session

_LAP = 65536


def pcm(parts: Iterable[TTSResponse]) -> bytes:
    """Raw samples, WAV headers taken off."""
    return b"".join(part.audio[44:] if part.audio.startswith(b"RIFF") else part.audio for part in parts)


def numbers(parts: Iterable[TTSResponse]) -> list[int]:
    """The sandbox's numbered samples; an odd byte at the end is an error."""
    return _numbers(pcm(parts))


def _numbers(data: bytes) -> list[int]:
    found = array("H", data)
    if byteorder == "big":
        found.byteswap()
    return found.tolist()


def check_order(found: list[int], units: Sequence[int], *, used: bool = False) -> None:
    """`found` is `units` (numbers of samples) one after the other, or their beginning.

    Each unit begins at 0 (on a connection of its own) or where the last one ended; `used`: or where an earlier call
    left off that had the connection before.
    """
    at, last = 0, -1
    for unit in units:
        part = found[at : at + unit]
        if not part:
            break
        assert used or part[0] in (0, (last + 1) % _LAP), f"sample {at}: {part[0]} after {last}"
        expected = _numbers(numbered(part[0], len(part)))
        if part != expected:
            wrong = next(place for place, (one, other) in enumerate(zip(part, expected, strict=True)) if one != other)
            raise AssertionError(f"sample {at + wrong}: {part[wrong]} after {part[wrong - 1]}")
        at, last = at + unit, part[-1]
    assert len(found) <= sum(units), f"{len(found)} samples, {sum(units)} were expected"


def check_offsets(parts: Sequence[TTSResponse]) -> None:
    """`samples` and `offset` tell the truth of every increment."""
    heard = 0
    for part in parts:
        if part.samples is not None:
            assert len(pcm([part])) == 2 * part.samples
            assert part.offset == heard or not part.audio
            heard += part.samples


def units(row: Row, way: Way, sentences: Sequence[str] = SENTENCES, *, piecewise: bool = False) -> list[int]:
    """Samples of each request that speaks `sentences`; `piecewise`: of each sentence anyway."""
    if piecewise or (row.sentences and way is session):
        return [row.samples(sentence) for sentence in sentences]
    return [row.samples("".join(sentences))]


def check_whole(
    row: Row, way: Way, parts: Sequence[TTSResponse], sentences: Sequence[str] = SENTENCES, *, used: bool = False
) -> None:
    """All of it, in order, once; the last response says that it is the last."""
    found, expected = numbers(parts), units(row, way, sentences)
    check_order(found, expected, used=used)
    assert len(found) == sum(expected), f"{len(found)} of {sum(expected)} samples"
    assert [part.is_last for part in parts] == [False] * (len(parts) - 1) + [True]
    check_offsets(parts)


def sockets() -> int:
    found = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            found += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except OSError:  # the folder's own descriptor
            continue
    return found


def our_tasks() -> list[asyncio.Task[Any]]:
    """Tasks of modeldeck's, the sandbox's apart."""
    found: list[asyncio.Task[Any]] = []
    for task in asyncio.all_tasks():
        code = getattr(task.get_coro(), "cr_code", None) or getattr(task.get_coro(), "ag_code", None)
        file = code.co_filename if code is not None else ""
        if "/src/modeldeck/" in file and "/src/modeldeck/sandbox/" not in file:
            found.append(task)
    return found


async def quiet(box: Sandbox, before: set[asyncio.Task[Any]]) -> None:
    """Until the sandbox has nobody connected any more, and has noticed."""
    for peer in list(box._peers):
        await peer.lost.wait()
    if rest := asyncio.all_tasks() - before:
        await asyncio.wait(rest)


def what_is_there() -> tuple[int, set[asyncio.Task[Any]], list[str]]:
    """Sockets, tasks, threads; the loop's own for looking up names are not counted."""
    threads = [one.name for one in threading.enumerate() if not one.name.startswith("asyncio_")]
    return sockets(), asyncio.all_tasks(), threads


@asynccontextmanager
async def nothing_left(box: Sandbox) -> AsyncGenerator[None]:
    """Around the life of a transport: no task, socket or thread stays."""
    before = what_is_there()
    yield
    assert our_tasks() == []
    async with asyncio.timeout(10):
        await quiet(box, before[1])
        for _ in range(100):
            if what_is_there() == before:
                break
            await asyncio.sleep(0)
    assert what_is_there() == before
