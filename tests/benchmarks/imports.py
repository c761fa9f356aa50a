"""What an import costs, as whole processes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from tests.benchmarks.measure import OURS, PEER_PYTHON, Line, Samples, Target, in_turn, process_cost

ROUNDS = 21
PROCESSES: dict[str, tuple[Path | str, str]] = {
    "class": (OURS, "from modeldeck.tts import DashScopeTTSModel"),
    "pydantic": (OURS, "from pydantic import BaseModel\nclass One(BaseModel):\n    name: str = ''"),
    "door": (OURS, "import modeldeck.tts"),
    "empty": (OURS, "pass"),
    "peer": (PEER_PYTHON, "import agentscope.tts"),
}


def lines() -> list[Line]:
    taken = in_turn({name: partial(process_cost, *process) for name, process in PROCESSES.items()}, ROUNDS)
    wall = {name: Samples([cost[0] for cost in costs]) for name, costs in taken.items()}
    cpu = {name: Samples([cost[1] for cost in costs]) for name, costs in taken.items()}
    touched, door = "from modeldeck.tts import DashScopeTTSModel", "import modeldeck.tts"
    model, empty, peer = "a process with one pydantic model", "an empty process", "import agentscope.tts"
    limit = Target("<=", 1.3)
    return [
        Line(touched, wall["class"], model, wall["pydantic"], target=limit),
        Line(f"{touched}, CPU", cpu["class"], f"{model}, CPU", cpu["pydantic"], target=limit),
        Line(touched, wall["class"], peer, wall["peer"], faster=True),
        Line(door, wall["door"], empty, wall["empty"]),
        Line(door, wall["door"], peer, wall["peer"], faster=True),
    ]
