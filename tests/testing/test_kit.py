"""The kit on a tiny provider: it passes, and every mistake that is planted in it is found, with advice."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import modeldeck.testing.conformance  # noqa: F401 - imported once, for all the runs in this process
from tests.testing.mistakes import PLANTED

pytest_plugins = ["pytester"]
TINY = Path(__file__).parent / "tiny"
SUITE = """
from modeldeck.testing import Conformance

from tiny import emulator
from tiny.credential import TinyCredential


class TestTiny(Conformance):
    credential = TinyCredential
    emulator = emulator
"""

FORM = {
    "tts.py": (
        ("json={", "content=urlencode({"),
        ("**request.extra},", "**request.extra}).encode(),"),
        ("from pydantic", "from urllib.parse import urlencode\n\nfrom pydantic"),
    ),
    "emulator.py": (
        ("json.loads(await request.body())", "dict(parse_qsl((await request.body()).decode()))"),
        ("from uuid", "from urllib.parse import parse_qsl\nfrom uuid"),
    ),
}


def prepare(folder: Path) -> None:
    (folder / "test_tiny.py").write_text(SUITE, encoding="utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\npythonpath = .\nasyncio_default_fixture_loop_scope = function\n", encoding="utf-8"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One of a third party's own, with a copy of the tiny provider."""
    shutil.copytree(TINY, tmp_path / "tiny", ignore=shutil.ignore_patterns("__pycache__"))
    prepare(tmp_path)
    return tmp_path


def test_a_good_provider_passes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELDECK_CANCELS", "60")
    monkeypatch.setenv("MODELDECK_INTERRUPTS", "20")
    command = [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=240)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "no class of it takes text while it speaks" in said


def test_a_form_s_extra_is_seen(folder: Path, pytester: pytest.Pytester) -> None:
    """The service takes form fields; spaces are `+` there."""
    for name, changes in FORM.items():
        path = folder / "tiny" / name
        source = path.read_text(encoding="utf-8")
        for good, form in changes:
            assert good in source
            source = source.replace(good, form)
        path.write_text(source, encoding="utf-8")
    pytester.chdir()
    done = pytester.runpytest_inprocess(folder, f"--rootdir={folder}", "-q", "-k", "extra_goes")
    assert done.ret == pytest.ExitCode.OK, done.stdout.str()


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_mistake_is_found(what: str, folder: Path, pytester: pytest.Pytester) -> None:
    planted = PLANTED[what]
    planted.into(folder / "tiny")
    pytester.chdir()
    done = pytester.runpytest_inprocess(folder, f"--rootdir={folder}", "-q", "-k", planted.test, "--maxfail=2")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert planted.says in done.stdout.str()
