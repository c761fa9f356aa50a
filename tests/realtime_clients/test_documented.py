"""The documented examples of agentscope-runtime run when nothing but their imports is changed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from modeldeck.sandbox import SandboxProcess
from modeldeck.sandbox.voice import numbered

BLOCKS = re.findall(r"```python\n(.*?)```", Path(__file__).with_name("documented.md").read_text("utf-8"), re.DOTALL)
IMPORTS = re.compile(r"from agentscope_runtime\.\S+ import")
WHAT = {
    0: ("TTS connection opened", "TTS synthesis complete: demo_chat", "TTS connection closed", "output.wav"),
    1: ("Azure TTS started", "Azure TTS complete: azure_demo", None, "azure_output.wav"),
}


@pytest.mark.parametrize("index", range(2))
def test_example(index: int, tmp_path: Path, modeldeck_sandbox: SandboxProcess) -> None:
    code, changed = IMPORTS.subn("from modeldeck.realtime_clients import", BLOCKS[index])
    assert changed == 2
    environment = {**os.environ, **modeldeck_sandbox.environment()}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environment, capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    begun, complete, closed, file = WHAT[index]
    lines = done.stdout.splitlines()
    chunks = [line for line in lines if " chunk " in line]
    ends = [complete, *([closed] if closed else [])]
    assert len(chunks) > 1
    assert lines == [begun, *chunks, *ends, lines[-1]]
    assert lines[-1].endswith(f"saved to {file}")
    audio = (tmp_path / file).read_bytes()
    assert audio
    assert audio == numbered(0, len(audio) // 2)
