"""Broken and hostile YAML: each file is a finding with its place, none is an exception or a crash."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from modeldeck._cards.load import MAX_BYTES, Finding, load
from tests.cards.helpers import House, card, listed, write

BROKEN: dict[str, tuple[str | bytes, int | None, int | None, str]] = {
    # what: (text, line, column, part of the message)
    "tab before a key": ("name: x\n\tlabel: y\n", 2, 1, "tab"),
    "tab as indentation": ("\tname: x\n", 1, 1, "tab"),
    "duplicate key": ("name: x\nlabel: y\nname: z\n", 3, 1, "'name' stands twice"),
    "duplicate key below": ("audio:\n  channels: 1\n  channels: 2\n", 3, 3, "'channels' stands twice"),
    "unclosed list": ("voices: [a\n", 2, 1, "expected ',' or ']'"),
    "unclosed map": ("audio: {a: b\n", 2, 1, "expected ',' or '}'"),
    "unclosed quote": ("name: 'x\n", 2, 1, "quoted scalar"),
    "unknown escape": ('name: "\\q"\n', 1, 8, "escape"),
    "unknown alias": ("name: *nobody\n", 1, 7, "alias"),
    "alias to itself": ("voices: &v [*v]\n", None, None, "nested more than 32"),
    "merge key": ("<<: {name: x}\n", 1, 1, "use extends"),
    "two documents": ("name: x\n---\nname: y\n", 2, 1, "single document"),
    "other version of YAML": ("%YAML 3.0\n---\nname: x\n", 1, 1, "incompatible"),
    "empty": ("", None, None, "is empty"),
    "comment only": ("# nothing\n", None, None, "is empty"),
    "list": ("- name: x\n", 1, 1, "must be a map"),
    "scalar": ("name\n", 1, 1, "must be a map"),
    "number as a key": ("name: x\n1: y\n", 2, 1, "key '1' is not a string"),
    "no as a key": ("name: x\nno: y\n", 2, 1, "key 'no' is not a string"),
    "date as a key": ("2026-11-20: y\n", 1, 1, "is not a string"),
    "null as a key": ("~: y\n", 1, 1, "is not a string"),
    "list as a key": ("? [a, b]\n: c\n", 1, 3, "is not a string"),
    "python object": ("name: !!python/object/apply:os.system [id]\n", 1, 7, "python/object"),
    "own tag": ("name: !secret x\n", 1, 7, "!secret"),
    "binary tag": ("name: !!binary aGk=\n", 1, 7, "binary"),
    "set tag": ("voices: !!set {a, b}\n", 1, 9, "set"),
    "date that is none": ("verified: 2026-13-45\n", 1, 11, "month"),
    "endless number": (f"limits: {'1' * 5000}\n", 1, 9, "digits"),
    "wrong bool": ("realtime: !!bool banana\n", 1, 11, ""),
    "wrong int": ("limits: !!int banana\n", 1, 9, ""),
    "empty int": ("limits: !!int ''\n", 1, 9, ""),
    "sign alone": ("limits: !!int '-'\n", 1, 9, ""),
    "empty float": ("limits: !!float ''\n", 1, 9, ""),
    "wrong timestamp": ("verified: !!timestamp banana\n", 1, 11, ""),
    "list called str": ("name: !!str [x]\n", 1, 7, ""),
    "map called str": ("!!str {name: x}\n", 1, 1, ""),
    "scalar called map": ("audio: !!map x\n", 1, 8, ""),
    "scalar called list": ("voices: !!seq x\n", 1, 9, ""),
    "map called list": ("voices: !!seq {a: b}\n", 1, 9, ""),
    "list called map": ("audio: !!map [a]\n", 1, 8, ""),
    "list called null": ("audio: !!null [a]\n", 1, 8, ""),
    "list as a str key": ("? !!str [a]\n: b\n", 1, 3, "string"),
    "control character": ("name: \x07\n", None, None, "control characters"),
    "NUL": (b"name: x\0y\n", None, None, "NUL"),
    "UTF-16": ("name: x\n".encode("utf-16"), None, None, "not UTF-8"),
    "UTF-16 without a mark": ("name: x\n".encode("utf-16-le"), None, None, "NUL"),
    "Latin-1": ("name: grün\n".encode("latin-1"), None, None, "not UTF-8 text (byte 9)"),
    "half a character": (b"name: \xed\xa0\xbd\n", None, None, "not UTF-8"),
    "binary": (bytes(range(256)), None, None, "not UTF-8"),
    "an image": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None, None, "not UTF-8"),
    "deep list": ("a: " + "[" * 40 + "]" * 40, None, None, "nested more than 32"),
    "deep dashes": ("- " * 300 + "x", None, None, "nested more than 32"),
    "brackets": ("[" * MAX_BYTES, None, None, "nested more than 32"),
    "braces": ("{" * MAX_BYTES, None, None, "nested more than 32"),
    "dashes": ("- " * (MAX_BYTES // 2), None, None, "nested more than 32"),
    "question marks": ("? " * (MAX_BYTES // 2), None, None, "nested more than 32"),
    "both": ("? - " * (MAX_BYTES // 4), None, None, "nested more than 32"),
    "wide": ("a: [" + "1," * 60_000 + "]", None, None, "50,000"),
    "one byte too many": ("#" * (MAX_BYTES + 1), None, None, "1,048,577 bytes"),
}


def _finding(path: Path) -> Finding:
    loaded = load(str(path))
    assert loaded.data is None
    assert loaded.finding is not None
    assert loaded.finding.path == str(path)
    return loaded.finding


@pytest.mark.parametrize("what", BROKEN)
def test_broken_yaml_is_a_finding_with_its_place(what: str, tmp_path: Path) -> None:
    text, line, column, part = BROKEN[what]
    finding = _finding(write(tmp_path / "x.yaml", text))
    assert part in finding.message
    if line is not None:
        assert (finding.line, finding.column) == (line, column)
    assert "yaml.org" not in finding.message
    assert "Node(" not in finding.message


def test_alias_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    finding = _finding(write(tmp_path / "x.yaml", "\n".join(["l0: &l0 [x]", *levels])))
    assert "50,000 values (aliases?)" in finding.message
    assert finding.line is not None


def test_aliases_in_bounds_are_plain_yaml(tmp_path: Path) -> None:
    loaded = load(str(write(tmp_path / "x.yaml", "a: &v [x]\nb: *v\n")))
    assert loaded.data == {"a": ["x"], "b": ["x"]}
    assert loaded.data["a"] is not loaded.data["b"]


def test_fifty_megabytes_are_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with path.open("wb") as file:
        file.truncate(50 << 20)
    assert "52,428,800 bytes" in _finding(path).message


def test_directory_fifo_and_loops_are_findings(tmp_path: Path) -> None:
    (tmp_path / "d.yaml").mkdir()
    os.mkfifo(tmp_path / "f.yaml")
    (tmp_path / "l.yaml").symlink_to("l.yaml")
    (tmp_path / "m.yaml").symlink_to("missing")
    said = [_finding(tmp_path / f"{name}.yaml").message for name in "dflm"]
    assert "directory" in said[0]
    assert "not a regular file" in said[1]
    assert "symbolic links" in said[2]
    assert "no such file" in said[3]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everyone may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_unreadable_file_is_a_finding(open_folder: Path) -> None:
    path = write(open_folder / "x.yaml", card("x"))
    path.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        finding = _finding(path)
    finally:
        if root:
            os.seteuid(0)
    assert "cannot be read: permission denied" in finding.message


def test_file_that_vanishes_or_heals_is_read_again(tmp_path: Path) -> None:
    path = write(tmp_path / "x.yaml", "name: [")
    assert load(str(path)).data is None
    write(path, "name: x and more")
    assert load(str(path)).data == {"name": "x and more"}
    path.unlink()
    assert "no such file" in _finding(path).message


ACCEPTED = {
    "byte order mark": (b"\xef\xbb\xbfname: x\n", {"name": "x"}),
    "Windows line ends": (b"name: x\r\nlabel: y\r\n", {"name": "x", "label": "y"}),
    "document marks": (b"---\nname: x\n...\n", {"name": "x"}),
    "not ASCII": ("name: 龙安洋\n".encode(), {"name": "龙安洋"}),
    "flow": (b"{name: x, voices: [a, {id: b}]}", {"name": "x", "voices": ["a", {"id": "b"}]}),
    "no as a value": (b"languages: [no]\n", {"languages": [False]}),
    "quoted no": (b"languages: ['no']\n", {"languages": ["no"]}),
    "str tag": (b"name: !!str 1\n", {"name": "1"}),
    "as deep as allowed": (b"a: " + b"[" * 31 + b"]" * 31, None),
}


@pytest.mark.parametrize("what", ACCEPTED)
def test_what_is_yaml_is_read(what: str, tmp_path: Path) -> None:
    text, data = ACCEPTED[what]
    loaded = load(str(write(tmp_path / "x.yaml", text)))
    assert loaded.finding is None
    assert data is None or loaded.data == data


NESTED = ("[", "{", "[a: ", "[? ", "[&a ", "{? [", "- ", "? ")
IN_A_SMALL_STACK = """
import sys, threading
from modeldeck._cards.load import load

threading.stack_size(256 * 1024)
thread = threading.Thread(target=lambda: print(load(sys.argv[1]).data is None))
thread.start()
thread.join()
"""


@pytest.mark.parametrize("count", [400, 4_999, 20_000])
def test_nesting_of_any_kind_fits_the_stack_of_a_thread(count: int, tmp_path: Path) -> None:
    """libyaml's composer is recursive; threads have 512 KiB on macOS, 128 KiB with musl."""
    for number, token in enumerate(NESTED):
        path = write(tmp_path / f"{number}.yaml", token * count)
        run = subprocess.run(
            [sys.executable, "-c", IN_A_SMALL_STACK, str(path)], capture_output=True, text=True, check=False
        )
        assert (run.returncode, run.stdout.strip()) == (0, "True"), (token, run.stderr[-300:])


def test_broken_files_hide_no_card_and_are_all_named(house: House) -> None:
    model = house.model()
    house.ship(card("good"), "good.yaml")
    for number, (text, *_) in enumerate(BROKEN.values()):
        house.ship(text, f"broken{number}.yaml")
    (house.package / "_models" / "directory.yaml").mkdir()
    cards, said = listed(model)
    assert [one.name for one in cards] == ["good"]
    assert len(said) == len(BROKEN) + 1
    assert all(f"broken{number}.yaml" in "\n".join(said) for number in range(len(BROKEN)))
