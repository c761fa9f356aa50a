"""The kit on a copy of examples/acme: every fault that is planted in it is found, one by one, with advice."""

from __future__ import annotations

import gc
import shutil
import warnings
from pathlib import Path

import pytest

import modeldeck.testing.conformance  # noqa: F401 - imported once, for all the runs in this process
from modeldeck.testing import witness
from modeldeck.testing.checks import cancel, text
from tests.testing.faults import FAULTS

pytest_plugins = ["pytester"]
ACME = Path(__file__).parents[2] / "examples" / "acme"
PACKAGE = Path("src") / "acme_modeldeck"


@pytest.fixture
def project(tmp_path: Path, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The copy, as an author has it; whoever waits in vain for an answer does it for a moment."""
    monkeypatch.setattr(cancel, "CANCELS", 40)
    monkeypatch.setattr(text, "PATIENCE", 3.0)
    monkeypatch.setattr(witness, "PATIENCE", 1.0)
    project = tmp_path / "acme"
    shutil.copytree(ACME, project, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    pytester.chdir()
    return project


def run(project: Path, pytester: pytest.Pytester, chosen: str) -> pytest.RunResult:
    suite, where = project / "tests" / "test_acme.py", f"--rootdir={project}"
    settings = f"--config-file={project / 'pyproject.toml'}"
    options = ("-q", "--tb=short", "-opythonpath=src", "-pno:cacheprovider", "--maxfail=2")
    gc.disable()  # what was left open is closed afterwards, not while a failure is written
    try:
        return pytester.runpytest_inprocess(suite, where, settings, *options, "-k", chosen)
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
        gc.enable()


def test_the_good_one_passes_what_finds_faults(project: Path, pytester: pytest.Pytester) -> None:
    done = run(project, pytester, " or ".join(sorted({f"({planted.test})" for planted in FAULTS.values()})))
    assert done.ret == pytest.ExitCode.OK
    assert done.parseoutcomes()["passed"] >= 20


@pytest.mark.parametrize("what", FAULTS)
def test_a_planted_fault_is_found(what: str, project: Path, pytester: pytest.Pytester) -> None:
    planted = FAULTS[what]
    planted.into(project / PACKAGE)
    done = run(project, pytester, planted.test)
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    assert planted.says in done.stdout.str()
