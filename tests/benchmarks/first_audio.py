"""How soon DashScope's first audio is there: in round trips, and in CPU.

As a script it measures, and says so in JSON: `trips <url> <seconds of a round trip> <rounds>`, `cpu <url> <wire>
<pairs>`
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any

from modeldeck import Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.sandbox import Distance, SandboxProcess
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeCosyVoiceTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
)
from tests.benchmarks import bare
from tests.benchmarks.machine import percentile
from tests.benchmarks.measure import OURS, Line, Samples, Target, asked

TRIP = 0.06  # seconds
ROUNDS, PAIRS = 3, 1000
PAUSE = (
    5 * TRIP
)  # until what is opened beforehand is there: here connecting seems to cost nothing, and then data is late
TEXT = "Yes."
LONGER = "The lamp above the harbour wall had been lit for an hour. "
COSYVOICE = {"voice": "longanyang", "format": "pcm", "sample_rate": 24000}
# Each class, and the fewest round trips that its wire needs when nothing is open (TCP, then what follows it), and for
# another call: Qwen realtime has no second text on a connection but in a session.
MODELS: dict[str, tuple[Any, str, dict[str, Any], int, int]] = {
    "DashScopeTTSModel": (DashScopeTTSModel, bare.HTTP_MODEL, {}, 2, 1),
    "DashScopeRealtimeTTSModel": (DashScopeRealtimeTTSModel, bare.REALTIME_MODEL, {}, 3, 3),
    "DashScopeRealtimeTTSModel, commit": (DashScopeRealtimeTTSModel, bare.REALTIME_MODEL, {"mode": "commit"}, 3, 3),
    "DashScopeCosyVoiceRealtimeTTSModel": (DashScopeCosyVoiceRealtimeTTSModel, bare.TASK_MODEL, COSYVOICE, 4, 1),
    "DashScopeCosyVoiceTTSModel": (DashScopeCosyVoiceTTSModel, bare.TASK_MODEL, COSYVOICE, 4, 1),
}
STATES = {
    "cold": "nothing open",
    "again": "a second call",
    "prewarmed": "a call after prewarm()",
    "next": "a session's second utterance",
    "interrupted": "an utterance after interrupt()",
}
WIRES = {"http": "Qwen over HTTP", "realtime": "Qwen realtime, commit", "tasks": "CosyVoice"}


def lines() -> list[Line]:
    found: list[Line] = []
    with SandboxProcess(distance=Distance(TRIP), pace=1.0) as box:
        said = asked(OURS, "-m", "tests.benchmarks.first_audio", "trips", box.url, str(TRIP), str(ROUNDS))
    for name, taken in said.items():
        fewest: dict[str, int] = dict(zip(("cold", "again"), MODELS[name][3:], strict=True))
        for state, label in STATES.items():
            samples = Samples(taken[state], "round trips")
            found.append(Line(f"{name}: {label}", samples, target=Target("<=", fewest.get(state, 1) + 0.5)))
    with SandboxProcess() as box:
        for wire, label in WIRES.items():
            said = asked(OURS, "-m", "tests.benchmarks.first_audio", "cpu", box.url, wire, str(PAIRS))
            found += _cpu(label, said)
    return found


def _cpu(label: str, said: dict[str, list[float]]) -> list[Line]:
    ours, other = said["ours"], said["bare"]
    more = [one - two for one, two in zip(ours, other, strict=True)]
    what, client = f"{label}: CPU to the first audio", "a bare client's"
    return [
        Line(what, Samples(ours), client, Samples(other)),
        Line(f"{what}, more than {client}: median", Samples([percentile(more, 0.5)])),
        Line(
            f"{what}, more than {client}: 99th percentile", Samples([percentile(more, 0.99)]), target=Target("<=", 1e-3)
        ),
        Line(
            f"{what}: 99th percentiles", Samples([percentile(ours, 0.99)]), client, Samples([percentile(other, 0.99)])
        ),
    ]


def _model(name: str, url: str, transport: Transport) -> Any:
    cls, model, parameters, *_ = MODELS[name]
    return cls(DashScopeCredential(api_key=bare.KEY, base_url=url), model, parameters, transport=transport)


# -- round trips


async def _first(increments: AsyncGenerator[Any, None]) -> float:
    """Seconds to the first audio; the rest is taken too."""
    start = time.perf_counter()
    await anext(increments)
    taken = time.perf_counter() - start
    async for _ in increments:
        pass
    return taken


async def _conversation(model: Any) -> tuple[float, float]:
    """Seconds to the first audio of the second utterance, and of the one after its interruption."""

    async def begun(text: str) -> float:
        start = time.perf_counter()
        await session.send(text)
        await session.flush()
        await anext(session)
        return time.perf_counter() - start

    async with model.session() as session:
        await begun(TEXT)
        async for _ in session.utterance():
            pass
        await asyncio.sleep(PAUSE)
        second = await begun(LONGER)
        await asyncio.sleep(PAUSE)
        await session.interrupt(0.1)
        return second, await begun(LONGER)


async def trips(url: str, trip: float, rounds: int) -> dict[str, dict[str, list[float]]]:
    said: dict[str, dict[str, list[float]]] = {}
    for name in MODELS:
        async with Transport() as transport:  # imports are not what is measured
            await _first(_model(name, url, transport).synthesize(TEXT))
        said[name] = {state: [] for state in STATES}
        for _ in range(rounds):
            await _round(name, url, trip, said[name])
    return said


async def _round(name: str, url: str, trip: float, said: dict[str, list[float]]) -> None:
    async with Transport() as transport:
        model = _model(name, url, transport)
        said["cold"].append(await _first(model.synthesize(TEXT)) / trip)
        await asyncio.sleep(PAUSE)
        said["again"].append(await _first(model.synthesize(TEXT)) / trip)
    async with Transport() as transport:
        model = _model(name, url, transport)
        await model.prewarm()
        await asyncio.sleep(PAUSE)
        said["prewarmed"].append(await _first(model.synthesize(TEXT)) / trip)
    async with Transport() as transport:
        second, after = await _conversation(_model(name, url, transport))
        said["next"].append(second / trip)
        said["interrupted"].append(after / trip)


# -- CPU

Call = Callable[[], AsyncIterator[bytes]]


@asynccontextmanager
async def _ours(wire: str, url: str) -> AsyncGenerator[Call]:
    """Warm: a connection is open, in a session where the wire has one."""
    names = {"http": "DashScopeTTSModel", "realtime": "DashScopeRealtimeTTSModel, commit"}
    async with Transport() as transport:
        model = _model(names.get(wire, "DashScopeCosyVoiceRealtimeTTSModel"), url, transport)

        async def alone() -> AsyncIterator[bytes]:
            async with aclosing(model.synthesize(TEXT)) as speech:
                async for increment in speech:
                    yield increment.audio

        if wire == "http":
            yield alone
            return
        async with model.session() as session:

            async def utterance() -> AsyncIterator[bytes]:
                await session.send(TEXT)
                await session.flush()
                async for increment in session.utterance():
                    yield increment.audio

            yield utterance


@asynccontextmanager
async def _bare(wire: str, url: str) -> AsyncGenerator[Call]:
    if wire == "http":
        async with bare.client() as http:
            yield lambda: bare.spoken(http, url, TEXT)
        return
    async with bare.dialled(url, bare.Realtime.path if wire == "realtime" else bare.Tasks.path) as socket:
        if wire == "realtime":
            realtime = bare.Realtime(socket, "commit")
            await realtime.begin()
            yield lambda: realtime.utterance([TEXT])
            return
        tasks = bare.Tasks(socket)
        await tasks.begin()

        async def utterance() -> AsyncIterator[bytes]:
            async for data in tasks.utterance([TEXT]):
                yield data
            await tasks.begin()

        yield utterance


async def _taken(call: Call) -> float:
    """CPU seconds of this thread to the first audio; the rest is taken too."""
    start = time.thread_time()
    used: float | None = None
    async for _ in call():
        if used is None:
            used = time.thread_time() - start
    assert used is not None
    return used


async def cpu(url: str, wire: str, pairs: int) -> dict[str, list[float]]:
    said: dict[str, list[float]] = {"ours": [], "bare": []}
    async with _ours(wire, url) as ours, _bare(wire, url) as other:
        calls = {"ours": ours, "bare": other}
        for number in range(-20, pairs):
            for side in list(calls)[:: -1 if number % 2 else 1]:
                used = await _taken(calls[side])
                await asyncio.sleep(0.001)  # what an utterance leaves to be done in the background
                if number >= 0:
                    said[side].append(used)
    return said


def main(work: Awaitable[dict[str, Any]]) -> None:
    async def run() -> dict[str, Any]:
        return await work

    print(json.dumps(asyncio.run(run())))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["trips", address, trip, rounds]:
            main(trips(address, float(trip), int(rounds)))
        case ["cpu", address, wire, pairs]:
            main(cpu(address, wire, int(pairs)))
