"""What `modeldeck provider new` writes passes its own tests at once, and every check that one would run on it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from modeldeck._cards.load import load
from modeldeck.cli.provider import skeleton
from tests.acme.conftest import ACME, Place

ROOT = ACME.parents[1]
FEW = {"MODELDECK_CANCELS": "12", "MODELDECK_INTERRUPTS": "6"}
KINDS = ["http", "realtime", "both"]
LESS = "not fault and not cancel and not interrupt and not every_script"  # examples/acme has them of this very code


def tool(folder: Path, *command: str) -> None:
    program = [sys.executable, "-m", *command]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def checked(folder: Path) -> None:
    tool(folder, "ruff", "check", "--no-cache", ".")
    tool(folder, "ruff", "format", "--no-cache", "--check", ".")
    tool(folder, "mypy", "--cache-dir", os.devnull)


@pytest.mark.parametrize("kind", KINDS)
def test_a_skeleton_passes(make_place: Callable[[], Place], kind: str) -> None:
    place = make_place()
    place.modeldeck("provider", "new", "zed-voice", "--kind", kind, "--title", "Zed & Söhne (Voice)")
    project = place.home / "zed-voice-modeldeck"
    checked(project)
    place.install(project)
    chosen = {"http": (), "realtime": ("-k", LESS), "both": ("tests/test_speech.py", "tests/test_live.py")}[kind]
    done = place.run("-m", "pytest", "-q", "-p", "no:cacheprovider", *chosen, cwd=project, **FEW)
    assert done.returncode == 0, done.stdout + done.stderr
    models = place.json("models", "--provider", "zed_voice")
    assert [one["name"] for one in models] == {
        "http": ["zed-voice-1"],
        "realtime": ["zed-voice-1-live"],
        "both": ["zed-voice-1", "zed-voice-1-live"],
    }[kind]


def test_acme_passes(place: Place, tmp_path: Path) -> None:
    project = tmp_path / "acme"
    shutil.copytree(ACME, project, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    checked(project)
    done = place.run("-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=project, **FEW)
    assert done.returncode == 0, done.stdout + done.stderr


def test_acme_is_the_skeleton_grown() -> None:
    """`make fix` writes what both have in common."""
    tool(ROOT / "tools", "skeleton", "--check")


def test_every_card_names_a_schema_that_is_there_and_takes_it(place: Place, tmp_path: Path) -> None:
    written = dict(skeleton("zed", "Zed", "both"))
    for path, text in written.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    cards = [*ACME.glob("src/*/_models/*/*.yaml"), *tmp_path.glob("src/*/_models/*/*.yaml")]
    assert len(cards) == 5
    for card in cards:
        text = card.read_text(encoding="utf-8")
        first, mark, target = text.partition("\n")[0].partition("# yaml-language-server: $schema=")
        assert (first, bool(mark)) == ("", True), card
        schema = json.loads((card.parent / target).read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(schema)
        said = json.loads(json.dumps(load(os.fspath(card)).data, default=str))
        assert list(Draft202012Validator(schema).iter_errors(said)) == []
    assert place.modeldeck("cards", "schema", "acme/tts") == (ACME / "schemas/card/acme/tts.json").read_text("utf-8")


def test_the_readme_of_a_skeleton_can_be_followed(make_place: Callable[[], Place]) -> None:
    """Its commands, but for those that install: a sandbox, its variables, a sentence."""
    place = make_place()
    place.modeldeck("provider", "new", "zed")
    project = place.home / "zed-modeldeck"
    place.install(project)
    assert "    modeldeck say --model zed/zed-1 " in (project / "README.md").read_text(encoding="utf-8")
    process = place.start("sandbox", "--port", "0", "--attached")
    assert process.stdout is not None
    port = process.stdout.readline().split()[2].rpartition(":")[2]
    exports = place.modeldeck("sandbox", "--print-env", "--port", port).splitlines()
    found = dict(line.removeprefix("export ").split("=", 1) for line in exports if line.startswith("export ZED"))
    place.modeldeck("say", "--model", "zed/zed-1", "Hello", "-o", "hello.wav", **found)
    assert (place.home / "hello.wav").stat().st_size == 44 + 5 * 2880
    process.communicate()
