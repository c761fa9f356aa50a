from __future__ import annotations

import base64
import io
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import soundfile

from modeldeck.sandbox import SandboxProcess
from modeldeck.sandbox.voice import numbered
from tests.conformance.judges.recorded import Sent, read

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 240  # seconds for all the scenarios of a judge


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one scenario of a judge came to."""

    result: Any
    raised: str | None
    logged: list[str]
    sent: list[Sent]


Verdicts = Mapping[str, Verdict]
Judged = Callable[[str], Verdicts]


@pytest.fixture(scope="session")
def judged() -> Judged:
    """`judged("openai")`: every scenario of `openai_sdk.py` by name, from one run of it by that SDK's own Python."""
    return cache(_judged)


def _judged(name: str) -> Verdicts:
    python = ROOT / ".judges" / name / "bin" / "python"
    assert python.exists(), f"make .judges/{name}/.ready sets up the environment of the official SDK"
    script = Path(__file__).with_name(f"{name}_sdk.py")
    with SandboxProcess() as box:
        environment = {**os.environ, **box.environment(), "NO_PROXY": "*", "no_proxy": "*"}
        done = subprocess.run(
            [python, script, box.url], env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    assert done.returncode == 0, f"{name}_sdk.py ended with {done.returncode}:\n{done.stderr}"
    found = json.loads(done.stdout.splitlines()[-1])
    return {
        scenario: Verdict(one["result"], one["raised"], one["logged"], read(one["sent"]))
        for scenario, one in found.items()
    }


def samples(data: str, first: int = 0, head: int = 0) -> int:
    """How many numbered samples base64 holds, of which none is missing, twice there or out of order."""
    audio = base64.b64decode(data)[head:]
    assert audio == numbered(first, len(audio) // 2)
    return len(audio) // 2


def seconds(data: str, rate: int) -> float:
    """How long a file is, in base64, which any decoder must take."""
    sound = soundfile.SoundFile(io.BytesIO(base64.b64decode(data)))
    assert sound.samplerate == rate
    length: float = sound.frames / rate
    return length
