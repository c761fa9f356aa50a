"""The root: what --help costs, what commands there are, how failures look."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from modeldeck.cli import app

HEAVY = {"asyncio", "httpx", "jsonschema", "pydantic", "rich", "websockets", "yaml"}


def test_help_lists_every_command(deck) -> None:
    outcome = deck("--help")
    assert outcome.code == 0
    for name, (_, text) in app.COMMANDS.items():
        assert f"  {name} " in outcome.out
        assert text in outcome.out


@pytest.mark.parametrize("name", app.COMMANDS)
def test_the_list_says_what_the_command_says(name: str) -> None:
    command = app.root.get_command(click.Context(app.root), name)
    assert command is not None
    assert command.name == name
    assert command.get_short_help_str(limit=100) == app.COMMANDS[name][1]


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_loads_nothing_heavy_and_no_command(arguments: list[str]) -> None:
    code = (
        "import sys; before = set(sys.modules); import modeldeck.cli;"
        f"modeldeck.cli.main({arguments!r}); print(*set(sys.modules) - before)"
    )
    loaded = set(subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()[-1].split())
    assert loaded & HEAVY == set()
    assert {name for name in loaded if name.startswith("modeldeck.cli.")} == {"modeldeck.cli.app", "modeldeck.cli.show"}
    assert not {name for name in loaded if name.startswith(("modeldeck.tts", "modeldeck.providers"))}


@pytest.mark.parametrize("name", app.COMMANDS)
def test_a_commands_own_help_loads_no_pydantic_and_no_yaml(name: str) -> None:
    code = f"import sys, modeldeck.cli; modeldeck.cli.main([{name!r}, '--help']); print(*sys.modules)"
    loaded = set(subprocess.check_output([sys.executable, "-c", code], text=True).splitlines()[-1].split())
    assert loaded & {"pydantic", "yaml", "jsonschema", "httpx", "rich"} == set()


@pytest.mark.parametrize("module", ["modeldeck", "modeldeck.cli"])
def test_it_runs_as_a_module(module: str) -> None:
    done = subprocess.run([sys.executable, "-m", module, "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("modeldeck, version ")


def test_an_unknown_command_names_the_near_one(deck) -> None:
    outcome = deck("voises")
    assert outcome.code == 2
    assert "did you mean 'voices'?" in outcome.err


def test_usage_errors_are_2_and_no_traceback(deck) -> None:
    for arguments in (["say"], ["models", "--nope"], ["schema"], ["credentials", "nope"]):
        outcome = deck(*arguments)
        assert outcome.code == 2
        assert "Traceback" not in outcome.err


def test_debug_shows_the_traceback(deck) -> None:
    quiet, loud = deck("schema", "nope/x"), deck("--debug", "schema", "nope/x")
    assert quiet.code == loud.code == 2
    assert "Traceback" not in quiet.err
    assert "Traceback" in loud.err
    assert loud.err.endswith(quiet.err)


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--help"], ["models"], ["models", "--json"]])
def test_a_reader_that_has_had_enough_ends_it_quietly(command, arguments: list[str], unbuffered: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = command(*arguments, stdout=writing, env={"PYTHONUNBUFFERED": unbuffered})
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["--help"], ["models"], ["models", "--json"]])
def test_a_full_disk_behind_standard_output_is_one_line(command, arguments: list[str], unbuffered: str) -> None:
    with open("/dev/full", "wb") as full:
        done = command(*arguments, stdout=full, env={"PYTHONUNBUFFERED": unbuffered})
    assert (done.returncode, done.stderr) == (1, b"error: No space left on device\n")


def test_card_warnings_are_lines_and_each_is_shown_once(command, tmp_path: Path) -> None:
    folder = tmp_path / "cards" / "local" / "tts"
    folder.mkdir(parents=True)
    (folder / "bad.yaml").write_text("name: x\nlabel: X\nvoises: [a]\n")
    done = command("say", "Hello", "-o", "x.wav", env={"MODELDECK_CARDS_PATH": str(tmp_path / "cards")})
    said = done.stderr.decode()
    assert done.returncode == 0
    assert said.count("bad.yaml") == 1
    assert "bad.yaml:3:1: unknown key 'voises'; did you mean 'voices'?" in said
    assert "CardWarning" not in said
    assert "warnings.warn" not in said


def test_the_terminal_is_safe_from_a_cards_label(command, tmp_path: Path) -> None:
    folder = tmp_path / "cards" / "local" / "tts"
    folder.mkdir(parents=True)
    (folder / "loud.yaml").write_text('name: loud\nlabel: "a\\e[2Jb"\nvoices: [en-us]\n')
    environment = {"MODELDECK_CARDS_PATH": str(tmp_path / "cards")}
    table = command("models", "--provider", "local", env=environment).stdout
    assert b"\x1b" not in table
    assert b"a [2Jb" in table
    found = json.loads(command("models", "--provider", "local", "--json", env=environment).stdout)
    assert "a\x1b[2Jb" in [card["label"] for card in found]


def test_another_encoding_gets_ascii_json_and_no_error(command) -> None:
    environment = {"PYTHONIOENCODING": "latin-1"}
    done = command("voices", "dashscope/qwen3-tts-flash", "--json", env=environment)
    assert done.returncode == 0
    assert done.stdout.isascii()
    utf8 = command("voices", "dashscope/qwen3-tts-flash", "--json", env={"PYTHONIOENCODING": "utf-8"})
    assert json.loads(done.stdout) == json.loads(utf8.stdout)
    assert command("voices", "dashscope/qwen3-tts-flash", env={"PYTHONIOENCODING": "ascii"}).returncode == 0
