from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from modeldeck.sandbox import SandboxProcess
from tests.conformance.judges.recorded import Sent, read

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 240  # seconds for all the scenarios of a framework


class Found:
    """What one scenario inside a framework came to, its result by item. What it raised or left behind fails here."""

    def __init__(self, one: Mapping[str, Any]) -> None:
        assert one["raised"] is None
        before, after = one["left"]
        assert after == before, "tasks, threads or sockets are left"
        self.result: Any = one["result"]
        self.sent: list[Sent] = read(one["sent"])

    def __getitem__(self, key: Any) -> Any:
        return self.result[key]


Scenarios = Callable[[str], Found]


@pytest.fixture(scope="session")
def inside() -> Callable[[str], Scenarios]:
    """`inside("pipecat")("conversation")`: a scenario of `inside_pipecat.py`, all run at once by that Python."""
    return cache(_inside)


def _inside(name: str) -> Scenarios:
    python = ROOT / ".judges" / name / "bin" / "python"
    assert python.exists(), f"make .judges/{name}/.ready sets up the framework's environment"
    script = Path(__file__).with_name(f"inside_{name}.py")
    with SandboxProcess() as box:
        done = subprocess.run(
            [python, "-W", "error:::modeldeck", script, box.url],
            env={**os.environ, "NO_PROXY": "*", "no_proxy": "*"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert done.returncode == 0, f"{script.name} ended with {done.returncode}:\n{done.stderr}"
    found = json.loads(done.stdout.splitlines()[-1])
    return lambda scenario: Found(found[scenario])
