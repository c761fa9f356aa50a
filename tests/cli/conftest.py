from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from modeldeck.cli import main

Command = Callable[..., subprocess.CompletedProcess[bytes]]


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MODELDECK_CARDS_PATH", "DASHSCOPE_API_KEY", "DASHSCOPE_API_REGION", "PYTHONUNBUFFERED"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def deck(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """The command line in this process."""

    def run(*arguments: str) -> Outcome:
        code = main(arguments)
        return Outcome(code, *capfd.readouterr())

    return run


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """The command line as a process of its own, at home in `tmp_path`."""

    def run(*arguments: str | bytes, **options: Any) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, **options.pop("env", {})}
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "cwd": tmp_path, **options}
        program = [sys.executable, "-m", "modeldeck", *arguments]
        return subprocess.run(program, env=environment, timeout=120, check=False, **options)

    return run


@pytest.fixture
def terminal() -> Iterator[tuple[int, Callable[[bytes], bytes]]]:
    """A pseudo terminal: the end for the program, and what reads from it until some bytes have come."""
    ours, theirs = pty.openpty()

    def read(until: bytes = b"") -> bytes:
        seen = b""
        while not until or until not in seen:
            try:
                block = os.read(ours, 4096)
            except OSError:  # the program has closed its end
                break
            if not block:
                break
            seen += block
        return seen

    yield theirs, read
    for end in (ours, theirs):
        try:
            os.close(end)
        except OSError:
            pass
