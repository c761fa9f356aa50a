"""An environment of its own, in which packages are installed and uninstalled as a user does it."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import venv
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

ROOT = Path(__file__).parents[2]
ACME = ROOT / "examples" / "acme"
_OURS = ("MODELDECK_CARDS_PATH", "PYTHONPATH", "ACME_API_KEY", "ACME_BASE_URL", "ACME_REGION")


class Place:
    """A Python that sees what is installed here, and what is installed into it. `home`: where its commands run."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        venv.create(folder / "env", with_pip=False, symlinks=True)
        self.python = folder / "env" / "bin" / "python"
        (self.packages,) = (folder / "env" / "lib").glob("python*/site-packages")
        here = [f"import site; site.addsitedir({one!r})" for one in site.getsitepackages()]
        (self.packages / "here.pth").write_text("\n".join(here), encoding="utf-8")

    def environ(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in _OURS}
        return {**kept, "XDG_DATA_HOME": str(self.home), "NO_PROXY": "127.0.0.1", **more}

    def run(self, *command: str, cwd: Path | None = None, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.python, "-W", "error", *command],
            env=self.environ(**environ),
            cwd=cwd or self.home,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def start(self, *arguments: str, **environ: str) -> subprocess.Popen[str]:
        """A command of modeldeck's that goes on."""
        return subprocess.Popen(
            [self.python, "-m", "modeldeck", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ(**environ),
            cwd=self.home,
        )

    def modeldeck(self, *arguments: str, code: int = 0, **environ: str) -> str:
        """What the command writes."""
        done = self.run("-m", "modeldeck", *arguments, **environ)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def json(self, *arguments: str, **environ: str) -> Any:
        return json.loads(self.modeldeck(*arguments, "--json", **environ))

    def install(self, project: Path) -> None:
        """No network: what it needs is here."""
        self._pip("install", "--no-deps", "--no-build-isolation", "--no-index", str(project))

    def uninstall(self, distribution: str) -> None:
        self._pip("uninstall", "--yes", distribution)

    def put(self, name: str, source: str, points: Mapping[str, str], **files: str) -> None:
        """A distribution of one package, `source` its `__init__`, with an entry point of its name in each group."""
        package = self.packages / f"{name}_package"
        for path, text in {"__init__.py": source, **files}.items():
            (package / path).parent.mkdir(parents=True, exist_ok=True)
            (package / path).write_text(text, encoding="utf-8")
        info = self.packages / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
        groups = [f"[modeldeck.{group}]\n{name} = {name}_package{value}\n" for group, value in points.items()]
        (info / "entry_points.txt").write_text("\n".join(groups), encoding="utf-8")

    def _pip(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "pip", "--python", str(self.python), "--quiet", "--disable-pip-version-check"]
        done = subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def make_place(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Place]:
    return lambda: Place(tmp_path_factory.mktemp("place"))


@pytest.fixture(scope="session")
def place(make_place: Callable[[], Place]) -> Place:
    """With examples/acme installed."""
    made = make_place()
    made.install(ACME)
    return made


@pytest.fixture(scope="session")
def sandbox(place: Place) -> Iterator[dict[str, str]]:
    """The variables that point at a sandbox of that place."""
    process = place.start("sandbox", "--port", "0", "--attached")
    assert process.stdout is not None
    url = process.stdout.readline().split()[2]
    port = url.rpartition(":")[2]
    exports = place.modeldeck("sandbox", "--print-env", "--port", port)
    found = dict(line.removeprefix("export ").split("=", 1) for line in exports.splitlines() if line[0] != "#")
    yield found
    process.communicate()


@contextmanager
def serving(place: Place) -> Generator[tuple[httpx.Client, str]]:
    """`modeldeck serve`: for a program that asks it, and the link for a browser."""
    store = place.home / f"{uuid4().hex}.db"  # a token is shown where there is none yet
    process = place.start("serve", "--port", "0", "--store", f"sqlite+aiosqlite:///{store}")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    url = re.findall(r"http://127\.0\.0\.1:\d+", lines[0])[0]
    headers = {"Authorization": f"Bearer {lines[2].split()[-1]}"}
    try:
        with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=60) as client:
            yield client, lines[0].split()[1]
    finally:
        process.terminate()
        process.communicate()
