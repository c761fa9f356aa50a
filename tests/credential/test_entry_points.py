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
SHIPPED = [f"{name}_credential" for name in ("azure", "dashscope", "gemini", "livekit", "local", "openai")]
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
    assert types == forms == sorted([*SHIPPED, "good_credential"])
    assert problems == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_one_is_reported_by_name_and_the_others_work(name: str, tmp_path: Path) -> None:
    source, value, part = BROKEN[name]
    install(tmp_path, "good", GOOD, "GoodCredential")
    install(tmp_path, name, source, value)
    types, forms, made, problems = looked(tmp_path)
    assert types == forms == sorted([*SHIPPED, "good_credential"])
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


SLOW = """
import threading
from typing import Literal
from modeldeck.credential import CredentialBase, CredentialFactory


class SlowCredential(CredentialBase):
    type: Literal["slow_credential"] = "slow_credential"


importing.set()
time.sleep(0.3)  # until the other thread waits for this module
CredentialFactory.register_credential(SlowCredential)
"""
TWO_THREADS = """
import builtins, importlib, os, threading, time
builtins.importing, builtins.time = threading.Event(), time
from modeldeck.credential import CredentialFactory

def look():
    importing.wait()
    CredentialFactory.list_schemas()

def load():
    importlib.import_module("slow_module")

threads = [threading.Thread(target=one, daemon=True) for one in (load, look)]
for one in threads:
    one.start()
for one in threads:
    one.join(20)
alive = [one.is_alive() for one in threads]
print(alive if any(alive) else (sorted(CredentialFactory.types()), CredentialFactory.problems()), flush=True)
os._exit(0)
"""


def test_a_module_that_registers_while_it_is_imported_stops_nobody(tmp_path: Path) -> None:
    install(tmp_path, "slow", SLOW, "SlowCredential")
    run = subprocess.run(
        [sys.executable, "-c", TWO_THREADS],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        text=True,
        check=False,
    )
    expected = (sorted([*SHIPPED, "slow_credential"]), [])
    assert run.stdout.strip() == str(expected), run.stderr


def test_an_entry_point_that_registers_more_is_no_problem(tmp_path: Path) -> None:
    more = GOOD.replace("Good", "More").replace("good_", "more_")
    early = f"{more}\nfrom modeldeck.credential import CredentialFactory\n"
    install(tmp_path, "two", f"{early}CredentialFactory.register_credential(MoreCredential)\n{GOOD}", "GoodCredential")
    types, _, _, problems = looked(tmp_path)
    assert types == sorted([*SHIPPED, "good_credential", "more_credential"])
    assert problems == []
