"""What fallback and cache cost on the way to the first audio, beside the model alone, in turn against one sandbox.

As a script it measures, and says so in JSON: `<url> <rounds>`
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from modeldeck import Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.errors import ConnectionFailedError
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import DashScopeTTSModel, FallbackTTSModel, Recovery, TTSCache
from tests.benchmarks import calls
from tests.benchmarks.measure import OURS, ROOT, Line, Samples, Target, asked
from tests.benchmarks.providers import Process

ROUNDS, STREAMS = 400, 60
SETTLE = 0.002  # seconds for what a call does when it is over
WHAT = {
    "fallback": "behind FallbackTTSModel",
    "resting": "behind FallbackTTSModel, in the place of one that rests",
    "miss": "with a cache in memory, the first time",
    "miss on disk": "with a cache in a folder, the first time",
    "hit": "with a cache in memory, again",
    "hit on disk": "with a cache in a folder, again",
}
TARGETS = {"fallback": 1.25, "resting": 1.25, "miss": 1.25, "miss on disk": 1.5, "hit": 1.0, "hit on disk": 1.0}


def lines() -> list[Line]:
    with SandboxProcess() as box:
        said = asked(OURS, "-m", "tests.benchmarks.resilience", box.url, str(ROUNDS))
        found: list[Line] = []
        for name, what in WHAT.items():
            for figure, label in (("first", "first audio"), ("cpu", "CPU of a call")):
                target = Target("<=", TARGETS[name]) if figure == "first" else None
                ours, alone = Samples(said[name][figure]), Samples(said["alone"][figure])
                found.append(Line(f"Qwen over HTTP {what}: {label}", ours, "the model alone", alone, target=target))
        return [*found, *_livekit(box.url)]


def _livekit(url: str) -> list[Line]:
    """Their FallbackAdapter, and ours, each around two healthy models."""
    python = str(ROOT / ".judges" / "livekit" / "bin" / "python")
    sides = {
        "ours": Process(OURS, "tests.benchmarks.own_speech", "livekit-fallback", url),
        "theirs": Process(python, "tests.benchmarks.sdk_livekit", "livekit-fallback", url),
    }
    said: dict[str, dict[str, list[float]]] = {name: {"first": [], "cpu": []} for name in sides}
    try:
        for side in sides.values():
            side.hear()
        for number in range(STREAMS):
            for name in list(sides)[:: -1 if number % 2 else 1]:
                sides[name].tell("stream")
                for figure, value in sides[name].hear().items():
                    said[name][figure].append(value)
    finally:
        for side in sides.values():
            side.close()
    return [
        Line(
            f"LiveKit behind FallbackTTSModel: {label}",
            Samples(said["ours"][figure]),
            "livekit-agents' FallbackAdapter",
            Samples(said["theirs"][figure]),
            target=Target("<=", 1.0),
        )
        for figure, label in (("first", "first audio"), ("cpu", "CPU of a stream"))
    ]


# -- the script


async def measured(url: str, rounds: int) -> dict[str, dict[str, list[float]]]:
    credential = DashScopeCredential(api_key="sk-benchmark", base_url=url)
    with tempfile.TemporaryDirectory() as folder:
        async with Transport() as transport:

            def model(**options: Any) -> DashScopeTTSModel:
                return DashScopeTTSModel(credential, transport=transport, **options)

            resting = FallbackTTSModel([model(), model()], recovery=Recovery(1e6, 1e6))
            resting._members[0].failed(ConnectionFailedError("as after an outage"))
            ways: dict[str, tuple[Any, Callable[[int], str]]] = {
                "alone": (model(), _same),
                "fallback": (FallbackTTSModel([model(), model()]), _same),
                "resting": (resting, _same),
                "miss": (model(cache=TTSCache()), _new),
                "miss on disk": (model(cache=TTSCache(f"{folder}/new")), _new),
                "hit": (model(cache=TTSCache()), _same),
                "hit on disk": (model(cache=TTSCache(f"{folder}/again")), _same),
            }
            for tts, _ in ways.values():
                for number in range(20):
                    await _spoken(tts, _same(number))
            gc.collect()
            gc.freeze()
            said: dict[str, dict[str, list[float]]] = {name: {"first": [], "cpu": []} for name in ways}
            for number in range(rounds):
                for name in list(ways)[:: -1 if number % 2 else 1]:
                    tts, text = ways[name]
                    first, cpu = await _spoken(tts, text(number))
                    said[name]["first"].append(first)
                    said[name]["cpu"].append(cpu)
            return said


def _same(number: int) -> str:
    return calls.TEXT


def _new(number: int) -> str:
    return f"{number:05}{calls.TEXT[5:]}"


async def _spoken(tts: Any, text: str) -> tuple[float, float]:
    """Seconds to the first audio; CPU seconds of all threads for the call."""
    first, cpu, start = 0.0, time.process_time(), time.perf_counter()
    async with aclosing(tts.synthesize(text)) as speech:
        async for increment in speech:
            if increment.audio and not first:
                first = time.perf_counter() - start
    await asyncio.sleep(SETTLE)
    return first, time.process_time() - cpu


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measured(sys.argv[1], int(sys.argv[2])))))
