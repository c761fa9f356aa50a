"""`models`, `voices`, `schema`, `credentials`: tables for people, JSON for scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import ClassVar, Literal

import pytest

from modeldeck.cli.catalogue import speaks
from modeldeck.credential import CredentialBase, CredentialFactory, DashScopeCredential
from modeldeck.tts import LocalTTSModel, find_model


class BrokenCredential(CredentialBase):
    """Its model class is in a module that is not there."""

    models: ClassVar = {"tts": (".nowhere:Nothing",)}
    type: Literal["broken_cli_credential"] = "broken_cli_credential"


@pytest.fixture
def _broken_provider() -> Iterator[None]:
    CredentialFactory.register_credential(BrokenCredential)
    yield
    CredentialFactory.unregister_credential("broken_cli")


def test_models_lists_every_card_as_table_and_json(deck) -> None:
    expected = [
        f"{card.provider}/{card.name}"
        for credential in CredentialFactory.credential_classes()
        for card in credential.list_tts_models()
    ]
    table, data = deck("models"), deck("models", "--json")
    assert table.code == data.code == 0
    assert [line.split()[0] for line in table.out.splitlines()] == ["REFERENCE", *expected]
    assert [one["reference"] for one in json.loads(data.out)] == expected


def test_every_listed_reference_is_one(deck) -> None:
    for one in json.loads(deck("models", "--json").out):
        assert find_model(one["reference"]).name == one["name"]


def test_models_of_a_provider_and_a_language(deck) -> None:
    assert [one["name"] for one in json.loads(deck("models", "--provider", "local", "--json").out)] == ["espeak-ng"]
    nan = json.loads(deck("models", "--language", "nan", "--json").out)
    assert nan
    assert all(any(tag.startswith("nan") for v in one["voices"] for tag in v["languages"]) for one in nan)
    nothing = deck("models", "--language", "english")
    assert (nothing.code, nothing.out) == (0, "")
    assert "languages are tags such as en" in nothing.err
    assert json.loads(deck("models", "--language", "english", "--json").out) == []


def test_an_unknown_provider_names_the_near_one(deck) -> None:
    for command in ("models", "voices"):
        outcome = deck(command, "--provider", "dashscop")
        assert outcome.code == 2
        assert outcome.err == "error: no provider 'dashscop'; did you mean 'dashscope'?\n"


@pytest.mark.usefixtures("_broken_provider")
def test_a_provider_that_cannot_be_loaded_hides_no_other(deck) -> None:
    outcome = deck("models")
    assert outcome.code == 0
    assert "local/espeak-ng" in outcome.out
    assert outcome.err.startswith("warning: broken_cli: BrokenCredential.models: '.nowhere:Nothing'")
    alone = deck("models", "--provider", "broken_cli")
    assert alone.code == 1
    assert alone.err.startswith("error: BrokenCredential.models")


def test_voices_of_a_model(deck) -> None:
    found = json.loads(deck("voices", "local/espeak-ng", "--json").out)
    assert [one["id"] for one in found] == [voice.id for voice in LocalTTSModel.card("espeak-ng").voices]
    outcome = deck("voices", "local/espeak-ng")
    assert "Voices that are not listed are taken too by: espeak-ng" in outcome.err
    assert len(outcome.out.splitlines()) == len(found) + 1


def test_voices_by_gender_and_language(deck) -> None:
    found = json.loads(deck("voices", "--gender", "female", "--language", "en-GB", "--json").out)
    assert found
    assert {one["gender"] for one in found} == {"female"}
    assert all(any(tag.lower().startswith("en-gb") for tag in one["languages"]) for one in found)


def test_a_voice_of_several_models_is_listed_once(deck) -> None:
    found = [one for one in json.loads(deck("voices", "--json").out) if one["id"] == "Cherry"]
    models = [model for one in found for model in one["models"]]
    assert "dashscope/qwen3-tts-flash" in models
    assert len(models) == len(set(models))
    assert len(found) < len(models)


def test_voices_of_a_wrong_reference(deck) -> None:
    near = deck("voices", "local/espeek-ng")
    assert (near.code, near.out) == (2, "")
    assert "did you mean 'espeak-ng'?" in near.err
    assert deck("voices", "local").code == 2
    assert deck("voices", "local/espeak-ng", "--provider", "local").code == 2


def test_schema_prints_the_three_views(deck) -> None:
    card = LocalTTSModel.card("espeak-ng")
    for option, expected in (
        ([], card.parameter_schema),
        (["--call"], card.call_schema),
        (["--ui"], card.ui_schema),
        (["--json"], card.parameter_schema),
    ):
        outcome = deck("schema", "local/espeak-ng", *option)
        assert (outcome.code, outcome.err) == (0, "")
        assert json.loads(outcome.out) == expected


@pytest.mark.parametrize(
    ("tags", "language", "expected"),
    [
        (["en-US"], "en", True),
        (["en-US"], "EN-us", True),
        (["en"], "en-US", False),
        (["eng"], "en", False),
        ([], "en", False),
    ],
)
def test_language_ranges(tags: list[str], language: str, expected: bool) -> None:
    assert speaks(tags, language) is expected


def test_credential_types(deck, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-canary")
    table, data = deck("credentials", "types"), deck("credentials", "types", "--json")
    found = {one["type"]: one for one in json.loads(data.out)}
    assert set(found) == set(CredentialFactory.types())
    assert found["dashscope_credential"]["environment"] == ["DASHSCOPE_API_KEY"]
    assert "DASHSCOPE_API_KEY" in table.out
    assert "sk-canary" not in table.out + data.out + table.err + data.err


def test_credential_schemas(deck) -> None:
    every = json.loads(deck("credentials", "schema", "--json").out)
    assert every == CredentialFactory.list_schemas()
    for name in ("dashscope", "dashscope_credential"):
        assert json.loads(deck("credentials", "schema", name, "--json").out) == DashScopeCredential.form_schema()
    table = deck("credentials", "schema", "dashscope").out
    assert [line.split()[1] for line in table.splitlines()[1:]] == [
        name for name in DashScopeCredential.form_schema()["properties"] if name != "type"
    ]
    wrong = deck("credentials", "schema", "dashscop_credential")
    assert wrong.code == 2
    assert "did you mean 'dashscope_credential'?" in wrong.err


@pytest.mark.parametrize("rich", [True, False])
def test_a_terminal_gets_a_table_with_and_without_rich(terminal, rich: bool) -> None:
    theirs, read = terminal
    hide = "" if rich else "sys.modules['rich'] = None;"
    code = f"import sys; {hide} from modeldeck.cli import main; sys.exit(main(['models', '--provider', 'local']))"
    done = subprocess.run([sys.executable, "-c", code], stdout=theirs, stderr=subprocess.PIPE, check=False)
    seen = read(b"espeak-ng")
    assert (done.returncode, done.stderr) == (0, b"")
    assert (b"\x1b[1m" in seen) is rich  # bold headings
    assert (b"REFERENCE" in seen) is not rich


def test_cantonese_voices_come_first_that_speak_it_first(deck) -> None:
    found = json.loads(deck("voices", "--language", "zh-HK", "--gender", "female", "--realtime", "--json").out)
    assert [one["match"] for one in found] == sorted((one["match"] for one in found), reverse=True)
    assert {one["provider"] for one in found} >= {"azure", "dashscope"}
    assert found[0]["why"] == ["speaks zh-HK"]
    assert {one["gender"] for one in found} == {"female"}


def test_near_voices_are_listed_only_when_asked_for(deck) -> None:
    assert json.loads(deck("voices", "--provider", "dashscope", "--language", "fr-BE", "--json").out) == []
    assert "--near" in deck("voices", "--provider", "dashscope", "--language", "fr-BE").err
    outcome = deck("voices", "--provider", "dashscope", "--language", "fr-BE", "--near")
    assert "does not say whether it is fr-BE" in outcome.out


def test_voices_by_style_search_and_status(deck) -> None:
    gentle = json.loads(deck("voices", "--style", "gentle", "--json").out)
    assert gentle
    assert all("gentle" in " ".join(one["styles"]) for one in gentle)
    found = json.loads(deck("voices", "--search", "cherry", "--json").out)
    assert {one["id"] for one in found} == {"Cherry"}
    listed = {model for one in json.loads(deck("voices", "--json").out) for model in one["models"]}
    off = {model for one in json.loads(deck("voices", "--status", "sunset", "--json").out) for model in one["models"]}
    assert not listed & off


def test_the_same_kind_of_voice_is_shown_with_what_differs(deck) -> None:
    like = "azure/neural:zh-HK-HiuMaanNeural"
    outcome = deck("voices", "--like", like, "--provider", "dashscope", "--limit", "3")
    assert outcome.out.splitlines()[0].split() == ["REFERENCE", "SCORE", "EQUAL", "DIFFERS", "NOT", "KNOWN"]
    found = json.loads(deck("voices", "--like", like, "--provider", "dashscope", "--limit", "3", "--json").out)
    assert len(found) == 3
    assert all(find_model(one["reference"]).voice == one["id"] for one in found)
    assert "speaks zh-HK" in found[0]["equal"]
    assert deck("voices", "local/espeak-ng", "--like", like).code == 2
    assert deck("voices", "--gender", "male", "--like", like).code == 2
    assert "did you mean" in deck("voices", "--like", "azure/neural:zh-HK-HiuManNeural").err
