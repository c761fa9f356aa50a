"""The starting document's "Custom TTS Provider" and `custom_yaml_dir` as readers try them: in scripts and notebooks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.credential.test_seed_provider import SPEECH

CARD = "name: {0}\nlabel: {1}\nvoices: [a, b]\nparameter_overrides:\n  voice: {{default: b}}\n"
TYPED = SPEECH.replace(
    "(CredentialBase):\n", '(CredentialBase):\n    type: Literal["my_credential"] = "my_credential"\n\n'
)
ASK = """
import asyncio, json
from modeldeck.credential import CredentialFactory
CredentialFactory.register_credential(MyCredential)
found = CredentialFactory.get_credential_class("my")
cards = found.list_tts_models()
tts = MyTTSModel(found(), cards[0] if cards else "any")
print(json.dumps({
    "names": [one.name for one in cards],
    "said": asyncio.run(tts.synthesize("Hello")),
    "voice": tts.parameters.voice,
    "listed": [one["title"] for one in CredentialFactory.list_schemas()],
}))
"""


def ran(folder: Path, *command: str, text: str | None = None) -> Any:
    done = subprocess.run(
        [sys.executable, "-W", "error", *command],
        input=text,
        cwd=folder,
        capture_output=True,
        text=True,
        env={name: value for name, value in os.environ.items() if name != "MODELDECK_CARDS_PATH"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def in_a_notebook(folder: Path, *cells: str) -> Any:
    """Cells are executed in `__main__`, which has no file."""
    return ran(folder, "-", text="\n".join(["del __file__", *(f"exec({cell!r}, globals())" for cell in cells)]))


def put(folder: Path, name: str, label: str = "One") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yaml").write_text(CARD.format(name, label), encoding="utf-8")


def test_a_script_with_its_cards_beside_it(tmp_path: Path) -> None:
    """The class is in `__main__`, and `_models` flat beside the file."""
    put(tmp_path / "_models", "one")
    (tmp_path / "script.py").write_text(TYPED + ASK, encoding="utf-8")
    found = ran(tmp_path, "script.py")
    assert (found["names"], found["said"], found["voice"]) == (["one"], None, "b")
    assert "MyCredential" in found["listed"]
    assert ran(tmp_path.parent, str(tmp_path / "script.py"))["names"] == ["one"]


def test_a_module_beside_the_script(tmp_path: Path) -> None:
    put(tmp_path / "_models", "one")
    (tmp_path / "speech.py").write_text(TYPED, encoding="utf-8")
    (tmp_path / "main.py").write_text("from speech import MyCredential, MyTTSModel\n" + ASK, encoding="utf-8")
    assert ran(tmp_path, "main.py")["names"] == ["one"]
    assert ran(tmp_path, "-c", "from speech import MyCredential, MyTTSModel\n" + ASK)["names"] == ["one"]


@pytest.mark.parametrize("cells", [[TYPED, ASK], [TYPED, ASK, TYPED.replace('default",', 'other",'), ASK]])
def test_a_notebook_and_a_cell_that_is_run_again(tmp_path: Path, cells: list[str]) -> None:
    """The class of the newer cell counts."""
    put(tmp_path / "_models", "one")
    found = in_a_notebook(tmp_path, *cells)
    assert found["names"] == []  # nobody knows where a notebook's cards would be
    assert found["voice"] == ("default" if len(cells) == 2 else "other")
    assert found["listed"].count("MyCredential") == 1


def test_custom_yaml_dir_lists_that_folder_alone(tmp_path: Path) -> None:
    put(tmp_path / "_models", "shipped")
    put(tmp_path / "elsewhere", "mine", "Mine")
    code = f"""
{TYPED}
import json
from modeldeck.errors import CardError
cards = MyTTSModel.list_models(custom_yaml_dir={str(tmp_path / "elsewhere")!r})
mine = MyTTSModel(MyCredential(), cards[0])
print(json.dumps([
    [one.name for one in cards],
    [one.name for one in MyTTSModel.list_models()],
    cards[0].parameter_schema["properties"]["voice"],
    mine.parameters.voice,
]))
"""
    (tmp_path / "script.py").write_text(code, encoding="utf-8")
    names, shipped, voice, chosen = ran(tmp_path, "script.py")
    assert (names, shipped, chosen) == (["mine"], ["shipped"], "b")
    assert (voice["enum"], voice["default"]) == (["a", "b"], "b")


def test_custom_yaml_dir_from_a_notebook(tmp_path: Path) -> None:
    put(tmp_path / "cards", "mine")
    ask = 'import json\nprint(json.dumps([one.name for one in MyTTSModel.list_models(custom_yaml_dir="cards")]))'
    assert in_a_notebook(tmp_path, TYPED, ask) == ["mine"]


def test_a_subclass_from_a_notebook_keeps_the_cards_of_its_parent(tmp_path: Path) -> None:
    cell = """
import json
from modeldeck.tts import DashScopeTTSModel
class Mine(DashScopeTTSModel):
    pass
print(json.dumps([len(Mine.list_models()), len(DashScopeTTSModel.list_models())]))
"""
    mine, theirs = in_a_notebook(tmp_path, cell)
    assert mine == theirs > 0


def test_a_broken_card_beside_the_script_is_said_and_hides_nothing(tmp_path: Path) -> None:
    put(tmp_path / "_models", "one")
    (tmp_path / "_models" / "bad.yaml").write_text("name: bad\nlabl: x\n", encoding="utf-8")
    ask = """
import json, warnings
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    names = [one.name for one in MyCredential.list_tts_models()]
print(json.dumps([names, [str(one.message) for one in said]]))
"""
    (tmp_path / "script.py").write_text(TYPED + ask, encoding="utf-8")
    names, said = ran(tmp_path, "script.py")
    assert names == ["one"]
    assert any("bad.yaml:2:1: " in one and "did you mean 'label'" in one for one in said)
