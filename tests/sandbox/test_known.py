"""Emulators of installed packages: real distributions on the path of a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

GOOD = """
from starlette.responses import PlainTextResponse
from starlette.routing import Route


def routes(box):
    return [Route("/good", lambda request: PlainTextResponse("good"))]


def environment(url):
    return {"GOOD_URL": url}


def about(url):
    return [f"Good  {url}/good"]
"""
BROKEN = {
    # distribution: (source of its module, part of the problem)
    "raising": ("raise RuntimeError('no licence')", "RuntimeError: no licence"),
    "importing": ("import a_package_that_is_not_there", "ModuleNotFoundError"),
    "exiting": ("raise SystemExit(3)", "SystemExit"),
    "lacking": ("def routes(box): return []", "environment is missing"),
    "openai": (GOOD, "there is an emulator of that name already"),
    "unrouted": (GOOD.replace("return [Route", "raise KeyError('x')\n    return [Route"), "KeyError"),
    "unspoken": (GOOD.replace('return [f"Good', "raise KeyError('y')\n    return [f\"Good"), "KeyError"),
}
LOOK = """
import asyncio, json
from modeldeck.sandbox import Sandbox


async def look():
    async with Sandbox() as box:
        state = box.state()
        about = box.about()
        return [box.state()["serves"], state["environment"].get("GOOD_URL") == box.url, about, box.problems]


print(json.dumps(asyncio.run(look())))
"""


def install(site: Path, name: str, source: str) -> None:
    """A distribution with one module and one entry point."""
    (site / f"{name}_emulator.py").write_text(source, encoding="utf-8")
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[modeldeck.emulators]\n{name} = {name}_emulator\n", encoding="utf-8")


def test_a_package_brings_its_emulator_and_a_broken_one_breaks_no_other(tmp_path: Path) -> None:
    install(tmp_path, "good", GOOD)
    for name, (source, _) in BROKEN.items():
        install(tmp_path, name, source)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    found = subprocess.run(
        [sys.executable, "-c", LOOK], env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True
    )
    serves, pointed, about, problems = json.loads(found.stdout)
    assert set(serves) == {"azure", "dashscope", "gemini", "good", "livekit", "openai"}
    assert pointed
    assert any(line.startswith("Good  http") for line in about)
    for name, (_, part) in BROKEN.items():
        (said,) = [problem for problem in problems if problem.startswith(f"{name}: entry point {name} = ")]
        assert part in said
    assert len(problems) == len(BROKEN)
