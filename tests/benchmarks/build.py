"""What building a model and checking the parameters of a call cost."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks.listing import OWN_SCRIPT, PEER_SCRIPT, copy_cards
from tests.benchmarks.measure import OURS, PEER_PYTHON, Line, Samples, Target, asked

PROCESSES, ROUNDS = 3, 10


def lines() -> list[Line]:
    with tempfile.TemporaryDirectory() as folder:
        copy_cards(Path(folder))
        ours, theirs = [], []
        for _ in range(PROCESSES):
            ours.append(asked(OURS, *OWN_SCRIPT, "build", "-", str(ROUNDS)))
            theirs.append(asked(PEER_PYTHON, str(PEER_SCRIPT), folder, str(ROUNDS)))

    def samples(name: str) -> Samples:
        return Samples([seconds for one in ours for seconds in one[name]])

    peer = Samples([seconds for one in theirs for seconds in one["builds"]])
    microseconds = Target("<=", 1e-3)
    return [
        Line("a DashScopeTTSModel with a voice, checked", samples("qwen"), target=microseconds),
        Line("a DashScopeTTSModel with a voice, checked", samples("qwen"), "AgentScope's, unchecked", peer),
        Line("a LocalTTSModel with a rate, checked", samples("local"), target=microseconds),
        Line("two parameters of a call, checked", samples("call"), target=microseconds),
        Line(
            "copies of jsonschema that all this imported", Samples([ours[0]["jsonschema"]], ""), target=Target("<=", 0)
        ),
    ]
