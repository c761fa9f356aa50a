"""Measurements of the local voice, each in a fresh process; says seconds and bytes in JSON.

`first <rounds>`, `crowd <rounds>`, `chapter`, `beside <rounds>` or `cpu <rounds>`
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from contextlib import aclosing
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from modeldeck.providers.local.engine import Engine
from modeldeck.tts import LocalTTSModel
from tests.benchmarks.measure import cpu_seconds, in_turn

SECOND = 2 * 22050  # bytes
TICK = 0.005
STATUS = Path("/proc/self/statm")
MODEL = LocalTTSModel()
CROWD, CHAPTER = 100, 30_000
SENTENCE = "The lamp above the harbour wall had been lit for an hour before anyone thought to look at the sea. "


def prose(characters: int, opening: str = SENTENCE) -> str:
    """Sentences, none of them twice, that add up to `characters`."""
    days = (f"On day {number} the wind had turned again, and nobody said a word about it. " for number in count())
    text = opening
    while len(text) < characters:
        text += next(days)
    return text[:characters]


async def first_audio(text: str) -> float:
    """Seconds to the first increment; the engine is idle again afterwards."""
    start = time.perf_counter()
    async with aclosing(MODEL.synthesize(text)) as speech:
        await anext(speech)
        taken = time.perf_counter() - start
    await spoken("a")
    return taken


async def spoken(text: str) -> int:
    """Speak it all; the bytes."""
    return sum([len(increment.audio) async for increment in MODEL.synthesize(text)])


def first(rounds: int) -> dict[str, Any]:
    """First audio by the length of the text: a worker started for it, and one that runs."""
    texts = {
        "5 characters": "Hello",
        "5,000 characters": prose(5_000, "Hello. "),
        "200,000 characters": prose(200_000, "Hello. "),
        "200,000 that begin with a sentence of 99": prose(200_000),
        "200,000 without a break": "word" * 50_000,
    }

    def afresh(text: str) -> float:
        return asyncio.run(first_audio(text))

    cold = in_turn({name: partial(afresh, text) for name, text in texts.items()}, rounds)
    with asyncio.Runner() as runner:

        def again(text: str) -> float:
            return runner.run(first_audio(text))

        warm = in_turn({name: partial(again, text) for name, text in texts.items()}, rounds)
    return {"cold": cold, "warm": warm}


async def _lags(until: asyncio.Event) -> list[float]:
    """How late a timer of 5 ms rings, in seconds."""
    late: list[float] = []
    while not until.is_set():
        start = time.perf_counter()
        await asyncio.sleep(TICK)
        late.append(time.perf_counter() - start - TICK)
    return late


async def _crowd() -> tuple[float, list[float], list[float]]:
    """Seconds for 100 syntheses at once, the lags meanwhile, and those of as long an idle time."""
    done = asyncio.Event()
    lags = asyncio.create_task(_lags(done))
    start = time.perf_counter()
    await asyncio.gather(*(spoken(SENTENCE) for _ in range(CROWD)))
    taken = time.perf_counter() - start
    done.set()
    busy = await lags
    rest = asyncio.Event()
    asyncio.get_running_loop().call_later(taken, rest.set)
    return taken, busy, await _lags(rest)


def crowd(rounds: int) -> dict[str, Any]:
    with asyncio.Runner() as runner:
        runner.run(spoken("a"))
        runs = [runner.run(_crowd()) for _ in range(rounds)]
    said = {"seconds": [seconds for seconds, _, _ in runs]}
    for name, lags in (("busy", [busy for _, busy, _ in runs]), ("idle", [idle for _, _, idle in runs])):
        said[f"{name} worst"] = [max(one) for one in lags]
        said[f"{name} p99"] = [sorted(one)[int(len(one) * 0.99)] for one in lags]
    return said


def memory(process: int | str) -> float:
    """Resident megabytes."""
    with open(f"/proc/{process}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def _chapter() -> dict[str, Any]:
    """How much caller and worker have grown after the first tenth, and how much audio went through."""
    worker = next(iter((await Engine.running()).workers)).process.pid
    text, produced, number = prose(CHAPTER), 0, 0
    seen: list[tuple[float, float]] = []
    start = time.perf_counter()
    async for increment in MODEL.synthesize(text):
        produced += len(increment.audio)
        number += 1
        if STATUS.exists() and not number % 100:
            seen.append((memory("self"), memory(worker)))
    said: dict[str, Any] = {"audio": produced / 1e6, "seconds": time.perf_counter() - start}
    for place, name in enumerate(("caller", "worker") if seen else ()):
        early = max(one[place] for one in seen[: len(seen) // 10])
        said[name] = max(one[place] for one in seen) - early
    return said


def chapter(_: int) -> dict[str, Any]:
    return asyncio.run(_chapter())


async def _beside(rounds: int) -> dict[str, list[float]]:
    """First audio of "Hello" alone and while a chapter is taken as fast as it comes."""
    await spoken("a")
    alone = [await first_audio("Hello") for _ in range(rounds)]
    begun = asyncio.Event()

    async def read() -> None:
        async for _ in MODEL.synthesize(prose(200_000)):
            begun.set()

    reader = asyncio.create_task(read())
    await begun.wait()
    beside = [await first_audio("Hello") for _ in range(rounds)]
    if reader.done():
        raise RuntimeError("the chapter ended before the measurement")
    reader.cancel()
    await asyncio.wait([reader])
    return {"alone": alone, "beside": beside}


def beside(rounds: int) -> dict[str, Any]:
    return asyncio.run(_beside(rounds))


def cpu(rounds: int) -> dict[str, Any]:
    """CPU seconds of caller and worker, its start included, per second of audio."""
    asyncio.run(spoken("a"))
    per_second, text = [], prose(5_000)
    for _ in range(rounds):
        before = cpu_seconds()
        audio = asyncio.run(spoken(text)) / SECOND
        per_second.append((cpu_seconds() - before) / audio)
    return {"cpu": per_second}


if __name__ == "__main__":
    measurement = {"first": first, "crowd": crowd, "chapter": chapter, "beside": beside, "cpu": cpu}[sys.argv[1]]
    print(json.dumps(measurement(int(sys.argv[2]))))
