"""What an adapter costs: a model of ours inside LiveKit agents, beside LiveKit's own plugin for the same service there,
and beside the same model by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from modeldeck.sandbox import SandboxProcess
from tests.benchmarks import providers
from tests.benchmarks.measure import OURS, ROOT, Line, Samples, Target

ROUNDS = 120


@dataclass(frozen=True)
class Inside(providers.Row):
    def sides(self) -> dict[str, tuple[str, str]]:
        python = str(ROOT / ".judges" / "livekit" / "bin" / "python")
        inside = "tests.benchmarks.inside_livekit"
        return {
            "ours": (python, f"{inside} {self.name}"),
            "sdk": (python, f"{inside} {self.name}-plugin"),
            "bare": (OURS, f"tests.benchmarks.own_speech {self.name}"),
        }


ROWS = (
    Inside("openai", "OpenAI speech inside LiveKit", "the livekit openai plugin"),
    # Half as much again is a millisecond: theirs speaks its own wire and nothing else.
    Inside("livekit-turns", "LiveKit Inference inside LiveKit", "livekit's inference.TTS", 1.5),
)


def lines() -> list[Line]:
    return list(_lines())


def _lines() -> Iterator[Line]:
    with SandboxProcess() as box:
        for row in ROWS:
            said = providers.in_turn(row, box.url, ROUNDS)
            ours, theirs, alone = (Samples(said[side]["first"], "s") for side in ("ours", "sdk", "bare"))
            what = f"{row.title}: first audio"
            yield Line(what, ours, row.sdk, theirs, target=Target("<=", row.limit))
            yield Line(what, ours, "the same model without LiveKit", alone)
