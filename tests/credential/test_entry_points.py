"""Credentials of installed packages: real distributions on the path of a fresh process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

GOOD = """
from typing import Literal
from modeldeck.credential import CredentialBase


class GoodCredential(CredentialBase):
    type: Literal["good_credential"] = "good_credential"
"""
UNTYPED = "from modeldeck.credential import CredentialBase\nclass C(CredentialBase): pass\n"
BROKEN = {
    # distribution: (source of its module, object, part of the problem)
    "raising": ("raise RuntimeError('no licence')", "C", "RuntimeError: no licence"),
    "missing": ("", "C", "AttributeError"),
    "importing": ("import a_package_that_is_not_there", "C", "ModuleNotFoundError"),
    "wrong": ("class C: pass", "C", "no subclass of CredentialBase"),
    "untyped": (UNTYPED, "C", "C has no type"),
    "taken": (GOOD.replace("good_", "local_"), "GoodCredential", "'local_credential'"),
    "exiting": ("raise SystemExit(3)", "C", "SystemExit"),
    "syntax": ("class C(", "C", "SyntaxError"),
}
LOOK = """
import json
from modeldeck.credential import CredentialFactory as F
types = sorted(F.types())
forms = [form["properties"]["type"]["const"] for form in F.list_schemas()]
made = F.from_dict({"type": "local_credential"}).provider_name()
print(json.dumps([types, forms, made, F.problems()]))
"""


def install(site: Path, name: str, source: str, value: str) -> None:
    """A distribution with one module and one entry point."""
    (site / f"{name}_module.py").write_text(source, encoding="utf-8")
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(
        f"[modeldeck.credentials]\n{name} = {name}_module:{value}\n", encoding="utf-8"
    )


def looked(site: Path) -> tuple[list[str], list[str], str, list[str]]:
    path = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", LOOK],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found: tuple[Any, ...] = tuple(json.loads(run.stdout))
    return found  # type: ignore[return-value]


def test_an_installed_type_is_found(tmp_path: Path) -> None:
    install(tmp_path, "good", GOOD, "GoodCredential")
    types, forms, _, problems = looked(tmp_path)
    assert types == forms == ["dashscope_credential", "good_credential", "local_credential"]
    assert problems == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_is_reported_by_name_and_the_others_work(name: str, tmp_path: Path) -> None:
    source, value, part = BROKEN[name]
    install(tmp_path, "good", GOOD, "GoodCredential")
    install(tmp_path, name, source, value)
    types, forms, made, problems = looked(tmp_path)
    assert types == forms == ["dashscope_credential", "good_credential", "local_credential"]
    assert made == "local"
    (problem,) = problems
    assert problem.startswith(f"{name}: entry point {name} = {name}_module:{value}: ")
    assert part in problem


def test_nothing_is_scanned_by_importing(tmp_path: Path) -> None:
    install(tmp_path, "raising", "raise SystemExit(3)", "C")
    code = "import sys, modeldeck.credential as c; c.LocalCredential(); print('raising_module' in sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.strip() == "False", run.stderr
