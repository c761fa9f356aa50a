"""Many syntheses at once on one event loop, the service in a process of its own.

As a script it measures, and says so in JSON: `pairs <url> <syntheses> <seconds of starts> <rounds>`, `once <ours|bare>
<url> <syntheses>`
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from modeldeck import Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import DashScopeTTSModel
from tests.benchmarks import bare
from tests.benchmarks.machine import Ticker, percentile, threads
from tests.benchmarks.measure import OURS, PEER_PYTHON, Line, Samples, Target, asked, clocked

TEXT = "It is lit."  # 0.6 s of audio, in 3 chunks, at the pace of speech
SIZES = (100, 400)
ROUNDS, MEMORY_ROUNDS = 4, 2
SPREAD = 1.0  # seconds
PEER_SIZE = 10
PEER_SCRIPT = Path(__file__).with_name("peer_burst.py")
SECOND = 2 * 24000  # bytes

Take = Callable[[str], AsyncIterator[bytes]]


@dataclass
class Run:
    """What one burst did: seconds, and kilobytes per synthesis; `first` is the time to first audio.

    `busy`: the longest that the code itself kept the loop, which a machine without a core to spare makes longer.
    """

    longest: float
    busy: float
    p99: float
    first_median: float
    first_p99: float
    cpu: float
    threads: int
    memory: float


def lines() -> list[Line]:
    with SandboxProcess(pace=1.0) as box:
        return [
            *(line for size in SIZES for line in _beside(box.url, size, 0.0)),
            *(line for size in SIZES for line in _beside(box.url, size, SPREAD)),
            *_memory(box.url),
            *_peer(box.url),
        ]


def _beside(url: str, size: int, spread: float) -> list[Line]:
    said = asked(OURS, "-m", "tests.benchmarks.burst", "pairs", url, str(size), str(spread), str(ROUNDS))
    what = f"{size} syntheses, starts spread over {spread:g} s" if spread else f"{size} syntheses at once"
    other = "bare httpx clients, a connection each"

    def samples(side: str, name: str, unit: str = "s") -> Samples:
        return Samples([run[name] for run in said[side]], unit)

    def line(name: str, label: str, target: Target | None = None) -> Line:
        return Line(f"{what}: {label}", samples("ours", name), other, samples("bare", name), target=target)

    longest = line("longest", "longest stall", None if spread else Target("<=", 1.3))
    found = [longest]
    if spread:
        found.append(Line(longest.what, longest.ours, target=Target("<=", 0.01)))
        what_else = "a garbage collection of all that was imported, which is kept out of them here (gc.freeze)"
        found.append(Line(what_else, Samples([said["collection"]])))
    found += [
        line("busy", "longest stall, time on a core"),
        line("p99", "99th percentile of the stalls"),
        line("first_median", "first audio, median"),
        line("first_p99", "first audio, 99th percentile"),
        line("cpu", "CPU per second of audio"),
    ]
    return found


def _memory(url: str) -> list[Line]:
    """In fresh processes: what was freed is not given back."""
    said = {
        side: [
            asked(OURS, "-m", "tests.benchmarks.burst", "once", side, url, str(SIZES[-1])) for _ in range(MEMORY_ROUNDS)
        ]
        for side in ("ours", "bare")
    }
    ours, other = (Samples([run["memory"] for run in said[side]], "kB") for side in ("ours", "bare"))
    return [Line(f"{SIZES[-1]} syntheses at once: memory, each", ours, "bare httpx clients", other)]


def _peer(url: str) -> list[Line]:
    theirs = asked(PEER_PYTHON, str(PEER_SCRIPT), url, str(PEER_SIZE), TEXT)
    ours = asked(OURS, "-m", "tests.benchmarks.burst", "once", "ours", url, str(PEER_SIZE))
    labels = {
        "longest": ("longest stall", "s"),
        "first_median": ("first audio, median", "s"),
        "first_p99": ("first audio, 99th percentile", "s"),
        "cpu": ("CPU per second of audio", "s"),
        "threads": ("threads", ""),
        "memory": ("memory, each", "kB"),
    }
    return [
        Line(
            f"{PEER_SIZE} syntheses at once: {label}",
            Samples([ours[name]], unit),
            "AgentScope",
            Samples([theirs[name]], unit),
            True,
        )
        for name, (label, unit) in labels.items()
    ]


@asynccontextmanager
async def ours(url: str, size: int) -> AsyncGenerator[list[Take]]:
    """One model for all, whose connections are still to be made."""
    async with Transport() as transport:
        credential = DashScopeCredential(api_key=bare.KEY, base_url=url)
        model = DashScopeTTSModel(credential, bare.HTTP_MODEL, {"voice": "Cherry"}, transport=transport)

        async def take(text: str) -> AsyncIterator[bytes]:
            async with aclosing(model.synthesize(text)) as speech:
                async for increment in speech:
                    yield increment.audio

        yield [take] * size


@asynccontextmanager
async def others(url: str, size: int) -> AsyncGenerator[list[Take]]:
    """A client for each, made beforehand."""
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(bare.client()) for _ in range(size)]
        yield [partial(bare.spoken, http, url) for http in clients]


SIDES = {"ours": ours, "bare": others}


async def burst(takes: list[Take], spread: float) -> Run:
    """All at once, or their starts spread over so many seconds."""
    firsts: list[float] = []
    audio = 0

    async def one(number: int, take: Take) -> None:
        nonlocal audio
        if spread:
            await asyncio.sleep(spread * number / len(takes))
        start = time.perf_counter()
        first = True
        async for data in take(TEXT):
            if first:
                firsts.append(time.perf_counter() - start)
                first = False
            audio += len(data)

    async with Ticker() as ticker:
        cpu = time.process_time()
        await asyncio.gather(*(one(number, take) for number, take in enumerate(takes)))
        cpu = time.process_time() - cpu
        count = threads()
    return Run(
        max(ticker.late),
        max(ticker.busy),
        percentile(ticker.late, 0.99),
        percentile(firsts, 0.5),
        percentile(firsts, 0.99),
        cpu / (audio / SECOND),
        count,
        ticker.kilobytes / len(takes),
    )


async def once(side: str, url: str, size: int, spread: float = 0.0) -> dict[str, Any]:
    async with SIDES[side](url, size) as takes:
        return asdict(await burst(takes, spread))


async def pairs(url: str, size: int, spread: float, rounds: int) -> dict[str, list[Any]]:
    said: dict[str, list[Any]] = {side: [] for side in SIDES}
    for number in range(rounds):
        for side in list(SIDES)[:: -1 if number % 2 else 1]:
            said[side].append(await once(side, url, size, spread))
    return said


async def warmed(work: Awaitable[dict[str, Any]], url: str, *sides: str) -> dict[str, Any]:
    """After the imports and whatever else only a process's first call pays.

    What was imported is then kept out of garbage collections, as servers do it; `collection`: what a whole one took.
    """
    for side in sides:
        await once(side, url, 1)
    gc.collect()
    collection = clocked(gc.collect)
    gc.freeze()
    return {**await work, "collection": collection}


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["pairs", address, size, spread, rounds]:
            print(
                json.dumps(asyncio.run(warmed(pairs(address, int(size), float(spread), int(rounds)), address, *SIDES)))
            )
        case ["once", side, address, size]:
            print(json.dumps(asyncio.run(warmed(once(side, address, int(size)), address, side))))
