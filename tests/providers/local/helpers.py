"""What the tests of the local voice share."""

from __future__ import annotations

import array
import math
import os
from itertools import accumulate, pairwise
from pathlib import Path

from modeldeck.providers.local.engine import Chunk, Engine

SECOND = 2 * 22050
LONG = "Many words are spoken here in one long piece without any end in sight " * 60


class Roomy(Engine):
    longest_shared = 1_000_000  # so that a test can be quicker than the engine


def children() -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid():
                found.add(int(entry.name))
    return found


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def worker_of(engine: Engine) -> int:
    (worker,) = engine.workers
    return worker.process.pid


async def spoken(engine: Engine, text: str, **settings: object) -> bytes:
    parts = [event.pcm async for event in engine.say(text, **settings) if isinstance(event, Chunk)]  # type: ignore[arg-type]
    return b"".join(parts)


def loudness(pcm: bytes) -> float:
    samples = array.array("h", pcm)
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples))


def pitch(pcm: bytes, width: int = 60) -> float:
    """Hz, roughly: how often the low-passed signal rises through zero."""
    samples = list(array.array("h", pcm))
    for _ in range(3):
        sums = [0, *accumulate(samples)]
        samples = [(sums[at + width] - sums[at]) // width for at in range(len(samples) - width)]
    rises = sum(1 for before, after in pairwise(samples) if before < 0 <= after)
    return rises / (len(samples) / 22050)
