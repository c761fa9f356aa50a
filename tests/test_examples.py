"""Every example and every Python block of the README runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FRAMEWORKS = {"livekit_agent.py": "livekit", "pipecat_pipeline.py": "pipecat"}  # in environments of their own
EXAMPLES = sorted({path.name for path in (ROOT / "examples").glob("*.py")} - FRAMEWORKS.keys())
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)


def run(*command: str, cwd: Path) -> str:
    done = subprocess.run([sys.executable, "-W", "error", *command], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_example(name: str, tmp_path: Path) -> None:
    assert run(str(ROOT / "examples" / name), cwd=tmp_path)


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_example_inside_a_framework(name: str, tmp_path: Path) -> None:
    python = ROOT / ".judges" / FRAMEWORKS[name] / "bin" / "python"
    done = subprocess.run([python, ROOT / "examples" / name], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "first audio after" in done.stdout
    assert "s of audio" in done.stdout.splitlines()[-1]


def test_there_are_examples_and_blocks() -> None:
    assert len(EXAMPLES) >= 3
    assert len(BLOCKS) == 6


@pytest.mark.parametrize("index", range(len(BLOCKS)))
def test_readme_block(index: int, tmp_path: Path) -> None:
    code = BLOCKS[index]
    if "async with" in code and "asyncio.run" not in code:  # a passage: as a user would put it into a function
        body = "".join(f"    {line}\n" for line in code.splitlines())
        code = (
            "import asyncio\nfrom modeldeck.tts import tts_model\ntts = tts_model('local/espeak-ng')\n"
            f"play = lambda audio: None\nsomebody_speaks = lambda: True\nasync def main():\n{body}"
        )
        code += "asyncio.run(main())\n"
    run("-c", code, cwd=tmp_path)
