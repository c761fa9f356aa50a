"""Each provider's wire: our client beside the provider's own SDK and a bare loop, in turn, against one sandbox.

A side is a process of its own (see side.py), warm and with the connections that it keeps open. Time is from the call
to the first audio; CPU is that of all threads for a whole stream; memory is what a process grows by while streams are
held open at the pace of speech, between few of them and many: what a process has to spare by then is used up.
"""

from __future__ import annotations

import json
import subprocess
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from modeldeck.sandbox import Distance, SandboxProcess
from tests.benchmarks.measure import OURS, ROOT, Line, Samples, Target, clean_environment

ROUNDS, FEW = 120, 12
CROWD, MORE = 50, 250  # streams at once
AT_MOST = 1.05
TRIP = 0.04  # seconds

Said = dict[str, dict[str, list[float]]]  # the samples of each side by their names


@dataclass(frozen=True)
class Row:
    """`name`: of the sides' clients. `sdk`: its environment and script. `limit`: of our first audio over the SDK's.

    `more`: streams at once that the SDK can bear.
    """

    name: str
    title: str
    sdk: str
    limit: float = AT_MOST
    bare: str = "a bare loop"
    more: int = MORE

    def sides(self) -> dict[str, tuple[str, str]]:
        """Python and module of each, with the name of the client where it is not the row's."""
        theirs = str(ROOT / ".judges" / self.sdk / "bin" / "python")
        return {
            "ours": (OURS, "tests.benchmarks.own_speech"),
            "sdk": (theirs, f"tests.benchmarks.sdk_{self.sdk}"),
            "bare": (OURS, "tests.benchmarks.bare_speech"),
        }


SDKS = {
    "openai": "the openai SDK",
    "gemini": "the google-genai SDK",
    "azure": "the native Azure SDK",
    "livekit": "livekit-agents",
}
ROWS = (
    Row("openai", "OpenAI speech", "openai"),
    Row("openai-realtime", "OpenAI Realtime", "openai"),
    Row("gemini", "Gemini", "gemini"),
    Row("azure", "Azure, SSML", "azure", 0.5, more=100),
    Row("azure-realtime", "Azure, streamed text", "azure", 0.5, more=100),
    Row("livekit", "LiveKit", "livekit", 0.9),
)
TURNS = Row("livekit-turns", "LiveKit, a session for each turn", "livekit")
WRITTEN = Row("livekit-written", "LiveKit, Chinese that is being written", "livekit", 0.5, "all of it at once")
INTERRUPTED = Row("livekit-interrupted", "LiveKit, after a barge-in", "livekit", 0.5, "a connection for each")


class Process:
    """A side; see side.py."""

    def __init__(self, python: str, module: str, name: str, url: str) -> None:
        self._process = subprocess.Popen(
            [python, "-m", *(module.split() if " " in module else (module, name)), url],
            cwd=ROOT,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, command: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, float]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        answer: dict[str, float] = json.loads(line)
        return answer

    def close(self) -> None:
        """It ends with its standard input, or else when it is killed."""
        try:
            self._process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()


@contextmanager
def processes(row: Row, url: str) -> Generator[dict[str, Process]]:
    with ExitStack() as stack:
        found: dict[str, Process] = {}
        for side, (python, module) in row.sides().items():
            found[side] = Process(python, module, row.name, url)
            stack.callback(found[side].close)
        yield found


def lines() -> list[Line]:
    return list(_lines())


def _lines() -> Iterator[Line]:
    with SandboxProcess() as box, SandboxProcess(pace=1.0) as slow:
        for row in ROWS:
            yield from _streams(row, box.url)
            yield from _crowds(row, slow.url)
        yield from _streams(TURNS, box.url)
        yield from _firsts(WRITTEN, box.url)
    with SandboxProcess(pace=1.0, distance=Distance(TRIP)) as box:
        yield from _firsts(INTERRUPTED, box.url)


def _streams(row: Row, url: str) -> Iterator[Line]:
    said = in_turn(row, url, ROUNDS)
    yield from _beside(row, said, "first", "first audio", limit=row.limit)
    yield from _beside(row, said, "cpu", "CPU of a stream", limit=AT_MOST)


def _firsts(row: Row, url: str) -> Iterator[Line]:
    yield from _beside(row, in_turn(row, url, FEW), "first", "first audio", limit=row.limit)


def in_turn(row: Row, url: str, rounds: int) -> Said:
    """The order goes round: were it reversed, those at its ends would follow themselves, with everything at hand."""
    with processes(row, url) as sides:
        for process in sides.values():
            process.hear()
        said: Said = {side: {} for side in sides}
        order = deque(sides)
        for _ in range(rounds):
            for side in order:
                sides[side].tell("stream")
                for name, value in sides[side].hear().items():
                    said[side].setdefault(name, []).append(value)
            order.rotate(-1)
    return said


def _crowds(row: Row, url: str) -> Iterator[Line]:
    """In fresh processes, as what was freed is not given back; all three at once, as nothing is timed."""
    with processes(row, url) as sides:
        warm = {side: process.hear()["resident"] for side, process in sides.items()}
        before, after = _at_once(sides, CROWD), _at_once(sides, row.more)
    said: Said = {}
    for side, answer in after.items():
        each = (answer["resident"] - before[side]["resident"]) / (row.more - CROWD)
        said[side] = {"each": [each], "threads": [answer["threads"]], "warm": [warm[side] / 1000]}
    yield from _beside(row, said, "each", f"{CROWD} to {row.more} streams at once: memory, each", "kB", AT_MOST)
    yield _beside_sdk(row, said, "threads", f"{row.more} streams at once: threads", "")
    yield _beside_sdk(row, said, "warm", "memory of the process before them", "MB")


def _at_once(sides: dict[str, Process], number: int) -> dict[str, dict[str, float]]:
    for process in sides.values():
        process.tell(f"crowd {number}")
    return {side: process.hear() for side, process in sides.items()}


def _beside(row: Row, said: Said, name: str, what: str, unit: str = "s", limit: float | None = None) -> Iterator[Line]:
    """Our figure beside the SDK's, which has the target, and beside the bare loop's."""
    yield _beside_sdk(row, said, name, what, unit, limit)
    ours, bare = (Samples(said[side][name], unit) for side in ("ours", "bare"))
    yield Line(f"{row.title}: {what}", ours, row.bare, bare)


def _beside_sdk(row: Row, said: Said, name: str, what: str, unit: str, limit: float | None = None) -> Line:
    ours, theirs = (Samples(said[side][name], unit) for side in ("ours", "sdk"))
    target = None if limit is None else Target("<=", limit)
    return Line(f"{row.title}: {what}", ours, SDKS[row.sdk], theirs, target=target)
