"""A thousand realtime sessions at speaking pace in one process, the service in another.

As a script it is that process, and says what it saw in JSON: `<qwen|cosyvoice> <ours|bare> <url> <sessions>
<process of the service>`
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from array import array
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

from modeldeck import Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import DashScopeCosyVoiceRealtimeTTSModel, DashScopeRealtimeTTSModel
from tests.benchmarks import bare
from tests.benchmarks.machine import Ticker, descriptors, part_from, percentile, process_seconds, threads, waiting
from tests.benchmarks.measure import OURS, Line, Samples, Target, asked

SESSIONS = 1000
STARTS = 8.0  # seconds over which they begin
SENTENCES = ["The lamp above the harbour wall had been lit for an hour. "] * 3  # 10 s of audio, in chunks of 0.2 s
LATE = 0.05  # seconds
SECOND = 2 * 24000  # bytes
WIRES = {"qwen": "Qwen realtime", "cosyvoice": "CosyVoice"}


@dataclass
class Run:
    """`share`: of the chunks that were not late. `memory`: kilobytes, like `descriptors` of each session.

    `own`, `service`, `waited`: percent of the time, on a core and waiting for one.
    """

    share: float
    late_p99: float
    first_p99: float
    memory: float
    cpu: float
    own: float
    service: float
    waited: float
    threads: int
    descriptors: float


def lines() -> list[Line]:
    return [line for wire in WIRES for line in _wire(wire)]


def _wire(wire: str) -> list[Line]:
    with SandboxProcess(pace=1.0) as box:
        said = {
            side: asked(OURS, "-m", "tests.benchmarks.sessions", wire, side, box.url, str(SESSIONS), _pid(box))
            for side in ("ours", "bare")
        }

    def line(name: str, label: str, unit: str = "s", target: Target | None = None) -> Line:
        ours, other = (Samples([said[side][name]], unit) for side in ("ours", "bare"))
        return Line(f"{what}: {label}", ours, "bare websockets clients", other, target=target)

    def alone(name: str, label: str, target: Target, unit: str = "s") -> Line:
        return Line(f"{what}: {label}", Samples([said["ours"][name]], unit), target=target)

    what, punctual = f"{SESSIONS} sessions of {WIRES[wire]}", f"chunks less than {LATE * 1000:g} ms late"
    return [
        alone("share", punctual, Target(">=", 99), "%"),
        line("share", punctual, "%"),
        line("late_p99", "how late a chunk is, 99th percentile"),
        line("first_p99", "first audio, 99th percentile"),
        alone("memory", "memory, each", Target("<=", 100), "kB"),
        line("memory", "memory, each", "kB"),
        line("cpu", "CPU per second of audio", target=Target("<=", 1.5)),
        line("service", "time that the service ran", "%"),
        line("waited", "time that the sessions waited for a core", "%"),
        line("own", "time that the sessions ran", "%"),
        alone("threads", "threads", Target("<=", 1), ""),
        alone("descriptors", "descriptors, each", Target("<=", 1.05), ""),
    ]


def _pid(box: SandboxProcess) -> str:
    assert box._process is not None
    return str(box._process.pid)


class Ours:
    """Sessions of one model."""

    def __init__(self, wire: str, url: str) -> None:
        credential = DashScopeCredential(api_key=bare.KEY, base_url=url)
        self._transport = Transport()
        self._model: Any
        if wire == "qwen":
            self._model = DashScopeRealtimeTTSModel(
                credential, bare.REALTIME_MODEL, {"voice": "Cherry"}, transport=self._transport
            )
        else:
            parameters = {"voice": "longanyang", "format": "pcm", "sample_rate": 24000}
            self._model = DashScopeCosyVoiceRealtimeTTSModel(
                credential, bare.TASK_MODEL, parameters, transport=self._transport
            )

    @asynccontextmanager
    async def speaking(self, sentences: list[str]) -> AsyncGenerator[AsyncIterator[bytes]]:
        async with self._model.session() as session:
            for sentence in sentences:
                await session.send(sentence)
            await session.end()
            yield (increment.audio async for increment in session if increment.audio)

    async def aclose(self) -> None:
        await self._transport.aclose()


class Bare:
    """A connection each."""

    def __init__(self, wire: str, url: str) -> None:
        self._url = url
        self._client: Any = bare.Realtime if wire == "qwen" else bare.Tasks

    @asynccontextmanager
    async def speaking(self, sentences: list[str]) -> AsyncGenerator[AsyncIterator[bytes]]:
        async with bare.dialled(self._url, self._client.path) as socket:
            client = self._client(socket)
            await client.begin()
            yield client.utterance(sentences)

    async def aclose(self) -> None:
        pass


SIDES: dict[str, type[Ours] | type[Bare]] = {"ours": Ours, "bare": Bare}


class Clock:
    """When each chunk of a session was due, by its samples; the chunk that came earliest is taken for punctual."""

    def __init__(self) -> None:
        self._leads = array("d")
        self.bytes = 0

    def chunk(self, data: bytes) -> None:
        self._leads.append(time.perf_counter() - self.bytes / SECOND)
        self.bytes += len(data)

    def late(self) -> list[float]:
        punctual = min(self._leads)
        return [lead - punctual for lead in self._leads]


async def crowd(side: Ours | Bare, service: int, sessions: int, starts: float, sentences: list[str]) -> Run:
    clocks = [Clock() for _ in range(sessions)]
    firsts: list[float] = []

    async def one(number: int) -> None:
        clock = clocks[number]
        await asyncio.sleep(starts * number / sessions)
        start = time.perf_counter()
        async with side.speaking(sentences) as audio:
            async for data in audio:
                if not clock.bytes:
                    firsts.append(time.perf_counter() - start)
                clock.chunk(data)

    opened = 0

    async def count() -> None:
        nonlocal opened
        await asyncio.sleep(starts)
        opened = descriptors() - before

    async with Ticker(0.05) as ticker:
        before = descriptors()
        started, cpu, served, waited = time.perf_counter(), time.process_time(), process_seconds(service), waiting()
        await asyncio.gather(count(), *(one(number) for number in range(sessions)))
        seconds = time.perf_counter() - started
        cpu, served, waited = time.process_time() - cpu, process_seconds(service) - served, waiting() - waited
    late = [lag for clock in clocks for lag in clock.late()]
    audio = sum(clock.bytes for clock in clocks) / SECOND
    return Run(
        share=100 * sum(lag < LATE for lag in late) / len(late),
        late_p99=percentile(late, 0.99),
        first_p99=percentile(firsts, 0.99),
        memory=ticker.kilobytes / sessions,
        cpu=cpu / audio,
        own=100 * cpu / seconds,
        service=100 * served / seconds,
        waited=100 * waited / seconds,
        threads=threads(),
        descriptors=opened / sessions,
    )


async def main(wire: str, side: str, url: str, sessions: int, service: int) -> Run:
    part_from(service)
    used = SIDES[side](wire, url)
    try:
        await crowd(used, service, 2, 0.0, ["Yes."])  # what only a process's first calls pay
        gc.collect()
        gc.freeze()  # as servers do: what was imported is kept out of garbage collections
        return await crowd(used, service, sessions, STARTS, SENTENCES)
    finally:
        await used.aclose()


if __name__ == "__main__":
    script, wire, side, url, sessions, service = sys.argv
    print(json.dumps(asdict(asyncio.run(main(wire, side, url, int(sessions), int(service))))))
