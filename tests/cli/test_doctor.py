"""`doctor`: says what is there, never a value of the environment, and fails only for what is broken."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest

from modeldeck import __version__
from modeldeck.cli.doctor import Result, _agreement
from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.tts import LocalTTSModel


def results(outcome: Any) -> dict[str, tuple[str, str]]:
    return {one["check"]: (one["status"], one["message"]) for one in json.loads(outcome.out)}


def test_all_is_well(deck) -> None:
    outcome = deck("doctor", "--json")
    said = results(outcome)
    assert outcome.code == 0
    assert said["modeldeck"][1].startswith(f"{__version__} at ")
    assert said["extra local"][0] == "ok"
    assert said["local voice"][0] == "ok"
    assert " languages, " in said["local voice"][1]
    assert said["local card"] == ("ok", f"{len(LocalTTSModel.card('espeak-ng').voices)} voices, as the engine has them")
    assert said["cards"] == ("ok", f"{len(json.loads(deck('models', '--json').out))} cards, no findings")
    assert said["dashscope"] == ("absent", "set DASHSCOPE_API_KEY to use it")
    table = deck("doctor")
    assert table.code == 0
    assert [line.split()[0] for line in table.out.splitlines()[1:3]] == ["python", "modeldeck"]
    assert table.err == "Nothing is broken.\n"


def test_keys_are_named_and_never_shown(deck, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-canary")
    outcome = deck("doctor", "--json")
    assert results(outcome)["dashscope"] == ("ok", "DASHSCOPE_API_KEY set")
    assert "canary" not in outcome.out + outcome.err
    monkeypatch.setenv("DASHSCOPE_API_REGION", "canary-north-1")
    outcome = deck("doctor", "--json")
    assert outcome.code == 1
    assert results(outcome)["dashscope"][0] == "broken"
    assert "region" in results(outcome)["dashscope"][1]
    assert "canary" not in outcome.out + outcome.err


def test_findings_in_cards_are_broken(deck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.yaml").write_text("name: x\nlabel: X\n")
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(tmp_path))
    outcome = deck("doctor", "--json")
    assert outcome.code == 1
    assert results(outcome)["cards"][0] == "broken"
    assert "1 finding" in results(outcome)["cards"][1]


class Formless(CredentialBase):
    """Its form cannot be drawn."""

    type: Literal["formless_credential"] = "formless_credential"

    @classmethod
    def form_schema(cls) -> dict[str, Any]:
        raise TypeError("no form")


def test_a_bad_registration_is_broken(deck) -> None:
    CredentialFactory.register_credential(Formless)
    try:
        outcome = deck("doctor", "--json")
    finally:
        CredentialFactory.unregister_credential("formless")
        CredentialFactory.refresh()
    assert outcome.code == 1
    assert [one for one in json.loads(outcome.out) if one["status"] == "broken"] == [
        {"check": "credentials", "status": "broken", "message": f"{__name__}.Formless: no form: TypeError: no form"}
    ]


@pytest.mark.parametrize(
    ("hide", "status", "code"),
    [
        (
            "importlib.util.find_spec = lambda name, *rest: None if name == 'espeakng_loader' else find(name, *rest)",
            "absent",
            0,
        ),
        ("subprocess.Popen.__init__ = lambda *_, **__: (_ for _ in ()).throw(OSError(12, 'no memory'))", "broken", 1),
    ],
)
def test_without_the_local_voice(hide: str, status: str, code: int) -> None:
    program = (
        "import importlib.util, subprocess, sys\nfind = importlib.util.find_spec\nfrom modeldeck.cli import main\n"
        f"{hide}\nsys.exit(main(['doctor', '--json']))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    voice = next(one for one in json.loads(done.stdout) if one["check"] == "local voice")
    assert voice["status"] == status
    assert ('pip install "modeldeck[local]"' in voice["message"]) is (status == "absent")


def test_a_card_that_disagrees_with_the_engine_is_broken() -> None:
    card = LocalTTSModel.card("espeak-ng")
    languages = [voice.id for voice in card.voices if "+" not in voice.id]
    variants = sorted({voice.id.partition("+")[2] for voice in card.voices if "+" in voice.id})
    assert _agreement(card, languages, variants).status == "ok"
    assert _agreement(card, [*languages, "xx"], variants) == Result(
        "local card", "broken", "1 voices are not on the card: xx"
    )
    assert "unknown to the engine: af" in _agreement(card, languages[1:], variants).message
    assert _agreement(card, languages, variants[1:]).status == "broken"
