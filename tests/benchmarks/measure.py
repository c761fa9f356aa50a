"""Samples, what they say, and how they are taken: in turn, so that a noisy minute falls on all alike."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

ROOT = Path(__file__).resolve().parents[2]
PEER = ROOT / ".bench" / "agentscope"
PEER_PYTHON = PEER / "bin" / "python"
OURS = sys.executable
UNITS = {"s": 1.0, "ms": 1e3, "µs": 1e6}
T = TypeVar("T")


@dataclass(frozen=True)
class Samples:
    """Repeats of one measurement, in the order they were taken. `unit`: s, MB, or a plain word."""

    values: Sequence[float]
    unit: str = "s"

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        """Minimum / median / maximum, of seconds in the unit that suits the median."""
        factor, unit = 1.0, self.unit
        if unit == "s":
            fitting = [name for name, factor in UNITS.items() if abs(self.median) * factor >= 1]
            unit = fitting[0] if fitting else "µs"
            factor = UNITS[unit]
        low, high = min(self.values), max(self.values)
        numbers = [low] if low == high else [low, self.median, high]
        return f"{' / '.join(_short(number * factor) for number in numbers)} {unit}"


def _short(number: float) -> str:
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:.0f}"


@dataclass(frozen=True)
class Target:
    """What the project has promised of the line's figure: at most, or at least, `limit`."""

    sign: Literal["<=", ">="]
    limit: float

    def met(self, figure: float) -> bool:
        return figure <= self.limit if self.sign == "<=" else figure >= self.limit


@dataclass(frozen=True)
class Line:
    """One finding. Its figure is a ratio where there is something `beside` it, else the median itself.

    `faster`: the ratio is the other's figure over ours, else ours over the other's.
    """

    what: str
    ours: Samples
    beside: str = ""
    theirs: Samples | None = None
    faster: bool = False
    target: Target | None = None

    @property
    def ratio(self) -> float | None:
        """The median over the pairs, or of the medians where there are no pairs."""
        if self.theirs is None:
            return None
        above, below = (self.theirs, self.ours) if self.faster else (self.ours, self.theirs)
        if len(above.values) != len(below.values):
            return above.median / below.median
        return statistics.median(one / other for one, other in zip(above.values, below.values, strict=True))

    @property
    def figure(self) -> float:
        return self.ours.median if self.ratio is None else self.ratio

    @property
    def verdict(self) -> str:
        if self.target is None:
            return ""
        return "met" if self.target.met(self.figure) else "MISSED"


def in_turn(subjects: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """`rounds` samples of each, one after the other, the order reversed every other time; one more, not kept, first."""
    samples: dict[str, list[T]] = {name: [] for name in subjects}
    for number in range(rounds + 1):
        for name in list(subjects)[:: -1 if number % 2 else 1]:
            sample = subjects[name]()
            if number:
                samples[name].append(sample)
    return samples


def clocked(call: Callable[[], object], times: int = 1) -> float:
    """Seconds per call."""
    start = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - start) / times


def clean_environment() -> dict[str, str]:
    """Without what would change the deck, or keep Python from using compiled modules as installations do."""
    unwanted = ("MODELDECK_CARDS_PATH", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in unwanted}


def asked(python: Path | str, *arguments: str) -> Any:
    """What a fresh process says in JSON; it sees no operator's cards."""
    environment = clean_environment()
    output = subprocess.run([python, *arguments], check=True, cwd=ROOT, stdout=subprocess.PIPE, env=environment)
    return json.loads(output.stdout)


def process_cost(python: Path | str, code: str) -> tuple[float, float]:
    """Seconds, and CPU seconds, of a whole process that runs `code`."""
    before, start = cpu_seconds(), time.perf_counter()
    subprocess.run([python, "-c", code], check=True, cwd=ROOT, env=clean_environment())
    return time.perf_counter() - start, cpu_seconds() - before


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
