"""`cards check`: every finding of every layout, with its place; hostile files do no harm."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr, WithJsonSchema

from modeldeck._cards.deck import Owner
from modeldeck._cards.findings import Checked, check_cards
from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.providers import local
from modeldeck.tts import DashScopeTTSModel, LocalTTSModel, TTSModelBase
from modeldeck.tts.ownership import owner_of

GOOD = "name: mine\nlabel: Mine\nvoices: [en-us, de]\n"
BROKEN = {
    "tabs.yaml": (b"name: x\nlabel: X\n\tvoices: [a]\n", 3, "tab"),
    "twice.yaml": (b"name: x\nlabel: X\nname: y\n", 3, "key 'name' stands twice"),
    "unknown.yaml": (b"name: x\nlabel: X\nvoises: [a]\n", 3, "did you mean 'voices'?"),
    "type.yaml": (b"name: x\nlabel: X\ncustom_voices: maybe\n", 3, "custom_voices"),
    "number.yaml": (b"name: x\nlabel: 3\n", 2, "put it in quotes"),
    "missing.yaml": (b"name: x\n", 1, "'label' is missing"),
    "parameter.yaml": (b"name: x\nlabel: X\nparameter_overrides:\n  rte: {maximum: 3}\n", 4, "did you mean 'rate'?"),
    "wider.yaml": (b"name: x\nlabel: X\nparameter_overrides:\n  rate: {maximum: 900}\n", 4, "wider"),
    "default.yaml": (b"name: x\nlabel: X\nvoices: [de]\ndefault_voice: dee\n", 4, "did you mean 'de'?"),
    "family.yaml": (b"type: tts_modle\nname: x\nlabel: X\n", 1, "did you mean 'tts_model'?"),
    "extends.yaml": (b"name: x\nextends: espeak\n", 2, "did you mean 'espeak-ng'?"),
    "bomb.yaml": (
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(8)),
        None,
        "aliases",
    ),
    "deep.yaml": (b"name: " + b"[" * 200_000, None, "levels deep"),
    "binary.yaml": (bytes(range(256)), None, "not UTF-8"),
    "nul.yaml": (b"name: x\0\nlabel: X\n", None, "NUL"),
    "empty.yaml": (b"", None, "is empty"),
    "list.yaml": (b"- name: x\n", 1, "map of keys"),
    "tag.yaml": (b"name: !!python/object/apply:os.system [x]\nlabel: X\n", 1, "not allowed"),
}


@pytest.fixture
def cards(tmp_path: Path) -> Path:
    """A folder whose path says that its cards are the local voice's."""
    folder = tmp_path / "cards" / "local" / "tts"
    folder.mkdir(parents=True)
    return folder


def found(outcome: Any) -> list[dict[str, Any]]:
    return json.loads(outcome.out)["findings"]


# -- what is shipped


def test_every_shipped_card_is_right(deck) -> None:
    outcome = deck("cards", "check")
    models = json.loads(deck("models", "--json").out)
    assert (outcome.code, outcome.out) == (0, "")
    assert outcome.err == f"{len(models)} cards checked: no errors\n"


def test_the_operators_cards_are_checked_as_they_are_used(deck, cards: Path, monkeypatch) -> None:
    (cards / "good.yaml").write_text(GOOD)
    (cards / "bad.yaml").write_text("name: x\nlabel: X\nvoises: [a]\n")
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(cards.parent.parent))
    outcome = deck("cards", "check")
    assert outcome.code == 1
    assert outcome.out == f"{cards}/bad.yaml:3:1: unknown key 'voises'; did you mean 'voices'?\n"
    assert outcome.err.endswith(" cards checked: 1 error\n")


def test_an_operators_card_that_nothing_reads_is_found(deck, cards: Path, monkeypatch) -> None:
    top = cards.parent.parent
    for stray in (top / "flat.yaml", top / "local" / "flat.yaml", top / "lokal" / "tts" / "typo.yaml"):
        stray.parent.mkdir(exist_ok=True, parents=True)
        stray.write_text(GOOD)
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(top))
    outcome = deck("cards", "check", "--json")
    assert outcome.code == 1
    assert [one["path"] for one in found(outcome)] == [
        f"{top}/flat.yaml",
        f"{top}/local/flat.yaml",
        f"{top}/lokal/tts/typo.yaml",
    ]
    assert all("nothing reads it" in one["message"] for one in found(outcome))


def test_an_operators_folder_that_is_not_there_is_found_once(deck, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(tmp_path / "nowhere"))
    outcome = deck("cards", "check")
    assert outcome.code == 1
    assert outcome.out.count("nowhere") == 1


# -- folders and files


def test_good_cards_in_a_folder(deck, cards: Path) -> None:
    (cards / "good.yaml").write_text(GOOD)
    (cards / "child.yml").write_text("name: child\nlabel: Child\nextends: mine\n")
    for path in (cards.parent.parent, cards.parent, cards, cards / "good.yaml"):
        outcome = deck("cards", "check", str(path))
        assert (outcome.code, outcome.out) == (0, "")


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_file_is_found_in_its_place(deck, cards: Path, name: str) -> None:
    content, line, words = BROKEN[name]
    (cards / name).write_bytes(content)
    (cards / "good.yaml").write_text(GOOD)
    outcome = deck("cards", "check", str(cards), "--json")
    assert outcome.code == 1
    assert {one["path"] for one in found(outcome)} == {str(cards / name)}
    assert words in found(outcome)[0]["message"]
    if line is not None:
        assert found(outcome)[0]["line"] == line


def test_all_findings_come_at_once(deck, cards: Path) -> None:
    for name, (content, _, _) in BROKEN.items():
        (cards / name).write_bytes(content)
    outcome = deck("cards", "check", str(cards))
    assert outcome.code == 1
    assert {Path(line.split(":")[0]).name for line in outcome.out.splitlines()} == set(BROKEN)


def test_a_file_of_fifty_megabytes(deck, cards: Path) -> None:
    with open(cards / "big.yaml", "wb") as file:
        file.truncate(50_000_000)
    outcome = deck("cards", "check", str(cards))
    assert outcome.code == 1
    assert "50,000,000 bytes" in outcome.out


def test_what_is_no_file(deck, cards: Path) -> None:
    (cards / "folder.yaml").mkdir()
    (cards / "loop.yaml").symlink_to("loop.yaml")
    (cards / "gone.yaml").symlink_to("nowhere")
    os.mkfifo(cards / "pipe.yaml")
    (cards / "round").symlink_to("..")
    (cards / "good.yaml").write_text(GOOD)
    outcome = deck("cards", "check", str(cards), "--json")
    assert outcome.code == 1
    said = {Path(one["path"]).name: one["message"] for one in found(outcome)}
    assert said == {
        "folder.yaml": "is a directory, not a file",
        "gone.yaml": "cannot be read: no such file or directory",
        "loop.yaml": "cannot be read: too many levels of symbolic links",
        "pipe.yaml": "is not a regular file",
    }


@pytest.fixture
def nobody(deck) -> Iterator[None]:
    """Somebody whom file modes bind; root is bound by none."""
    deck("cards", "check")  # imports what nobody may not read
    if os.geteuid():
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    (folder / "local").chmod(0o700)
    shutil.rmtree(folder)


@pytest.mark.usefixtures("nobody")
def test_what_may_not_be_read(open_folder: Path, deck) -> None:
    folder = open_folder / "local" / "tts"
    folder.mkdir(parents=True)
    (folder / "secret.yaml").write_text(GOOD)
    (folder / "secret.yaml").chmod(0)
    outcome = deck("cards", "check", str(open_folder))
    assert outcome.code == 1
    assert outcome.out == f"{folder}/secret.yaml: cannot be read: permission denied\n"
    (open_folder / "local").chmod(0)
    outcome = deck("cards", "check", str(open_folder))
    assert outcome.code == 1
    assert outcome.out == f"{open_folder}/local: cannot be listed: permission denied\n"


def test_a_missing_folder_and_one_without_cards(deck, tmp_path: Path) -> None:
    outcome = deck("cards", "check", str(tmp_path / "nowhere"))
    assert (outcome.code, outcome.out) == (1, f"{tmp_path}/nowhere: no such file or folder\n")
    outcome = deck("cards", "check", str(tmp_path))
    assert (outcome.code, outcome.out) == (0, f"{tmp_path}: warning: no cards here (*.yaml, *.yml)\n")
    (tmp_path / "card.txt").write_text(GOOD)
    outcome = deck("cards", "check", str(tmp_path / "card.txt"))
    assert outcome.code == 1
    assert "ends in .yaml or .yml" in outcome.out


# -- layouts that do not say whose cards they hold


def test_a_flat_folder_is_checked_for_the_cards_own_keys(deck, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD + "parameter_overrides:\n  whatever: {maximum: 3}\n")
    outcome = deck("cards", "check", str(tmp_path), "--json")
    assert outcome.code == 0
    assert [one["severity"] for one in found(outcome)] == ["warning"]
    assert "nothing else was checked" in found(outcome)[0]["message"]
    (tmp_path / "bad.yaml").write_text("name: x\nlabel: X\nvoises: [a]\n")
    outcome = deck("cards", "check", str(tmp_path), "--json")
    assert outcome.code == 1
    assert [(one["line"], one["severity"]) for one in found(outcome)] == [(3, "error"), (1, "warning")]


def test_the_provider_can_be_said(deck, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("name: x\nlabel: X\nparameter_overrides:\n  rte: {maximum: 200}\n")
    outcome = deck("cards", "check", str(tmp_path), "--provider", "local")
    assert outcome.code == 1
    assert "x.yaml:4:3: " in outcome.out
    assert "did you mean 'rate'?" in outcome.out


def test_of_a_providers_classes_one_that_takes_the_card_is_enough(deck, tmp_path: Path) -> None:
    (tmp_path / "plain.yaml").write_text("name: a\nlabel: A\nextends: qwen3-tts-flash\nrealtime: false\n")
    (tmp_path / "live.yaml").write_text("name: b\nlabel: B\nrealtime: true\nvoices: [Cherry]\n")
    outcome = deck("cards", "check", str(tmp_path), "--provider", "dashscope")
    assert (outcome.code, outcome.out) == (0, "")
    outcome = deck("cards", "check", str(tmp_path), "--provider", "dashscope", "--module", "tts")
    assert outcome.code == 1
    assert "live.yaml:3:" in outcome.out


def test_wrong_options(deck, tmp_path: Path) -> None:
    for arguments, words in (
        (["--provider", "local"], "name a DIR"),
        ([str(tmp_path), "--module", "tts"], "needs --provider"),
        ([str(tmp_path), "--provider", "lokal"], "did you mean 'local'?"),
        ([str(tmp_path), "--provider", "dashscope", "--module", "realtim_tts"], "did you mean 'realtime_tts'?"),
    ):
        outcome = deck("cards", "check", *arguments)
        assert outcome.code == 2
        assert words in outcome.err


# -- what only the JSON Schema library sees


class Careless(BaseModel):
    """What its schema says is not what pydantic made: the class wrote it by hand."""

    voice: str = "a"
    speed: Annotated[float, WithJsonSchema({"type": "number", "minimum": 1})] = 0.5
    tone: Annotated[str, WithJsonSchema({"type": "string", "format": 3})] = "warm"
    secret: SecretStr | None = None
    both: tuple[int, int] = Field((1, 2), alias="pair")


class CarelessTTSModel(TTSModelBase[Careless]):
    provider: ClassVar[str] = "careless"
    Parameters = Careless
    type: Literal["careless_tts"] = "careless_tts"


def unowned() -> Owner[Any]:
    return owner_of(LocalTTSModel)


def test_a_schema_that_is_none_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "careless" / Path(__file__).stem
    folder.mkdir(parents=True)
    (folder / "x.yaml").write_text("name: x\nlabel: X\nparameter_overrides:\n  tone: {description: Warm or cold}\n")
    checked = check_cards([owner_of(CarelessTTSModel)], [tmp_path], unowned=unowned())
    assert checked.cards == 1
    (finding,) = checked.findings
    assert (finding.line, finding.severity) == (4, "error")
    assert "no JSON Schema" in finding.message
    (folder / "x.yaml").write_text("name: x\nlabel: X\nparameter_overrides: {tone: null, both: null}\n")
    checked = check_cards([owner_of(CarelessTTSModel)], [tmp_path], unowned=unowned())
    (finding,) = checked.findings
    assert "speed: its default is outside its own schema" in finding.message
    (folder / "x.yaml").write_text("name: x\nlabel: X\nparameter_overrides: {tone: null, both: null, speed: null}\n")
    checked = check_cards([owner_of(CarelessTTSModel)], [tmp_path], unowned=unowned())
    assert checked == Checked(cards=1)


def test_fields_that_no_form_can_carry_are_found() -> None:
    checked = check_cards([owner_of(CarelessTTSModel)], unowned=unowned())
    said = [str(finding) for finding in checked.findings]
    assert len(said) == 4, said
    line = next(
        number for number, text in enumerate(Path(__file__).read_text().splitlines(), 1) if "class Careless(" in text
    )
    assert all(text.startswith(f"{__file__}:{line}:1: Careless.") for text in said)
    assert any("secret" in text for text in said)
    assert any("both" in text and "alias" in text for text in said)
    assert any("tone: no JSON Schema" in text for text in said)


class Absurd(BaseModel):
    """Has a type that JSON does not know."""

    tone: Annotated[str, WithJsonSchema({"type": "strnig"})] = "warm"


class AbsurdTTSModel(TTSModelBase[Absurd]):
    provider: ClassVar[str] = "absurd"
    Parameters = Absurd
    type: Literal["absurd_tts"] = "absurd_tts"


def test_a_class_that_makes_checking_fail_hides_no_other(tmp_path: Path) -> None:
    for provider in ("absurd", "careless"):
        folder = tmp_path / provider / Path(__file__).stem
        folder.mkdir(parents=True)
        (folder / "x.yaml").write_text("name: x\nlabel: X\nparameter_overrides: {tone: {description: Any}}\n")
    checked = check_cards(list(map(owner_of, (AbsurdTTSModel, CarelessTTSModel))), [tmp_path], unowned=unowned())
    assert checked.errors == len(checked.findings) == 2
    assert any("absurd" in finding.path or "Absurd" in finding.message for finding in checked.findings)
    assert any("careless" in finding.path for finding in checked.findings)


# -- classes that cannot be had


class AbsentCredential(CredentialBase):
    """Its model class is not there."""

    models: ClassVar = {"tts": (".nowhere:Nothing",)}
    type: Literal["absent_cli_credential"] = "absent_cli_credential"


def test_a_class_that_cannot_be_loaded_is_found(deck) -> None:
    CredentialFactory.register_credential(AbsentCredential)
    try:
        outcome = deck("cards", "check")
    finally:
        CredentialFactory.unregister_credential("absent_cli")
    assert outcome.code == 1
    assert "AbsentCredential.models: '.nowhere:Nothing'" in outcome.out


def test_shipped_folders_are_known_by_their_place(deck) -> None:
    shipped = Path(local.__file__).parent / "_models"
    outcome = deck("cards", "check", str(shipped), "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out) == {"cards": 1, "findings": []}
    providers = shipped.parent.parent
    outcome = deck("cards", "check", str(providers), "--json")
    assert outcome.code == 0
    assert found(outcome) == []
    assert json.loads(outcome.out)["cards"] > len(DashScopeTTSModel.list_models())


def test_a_provider_s_checklist_is_no_card(deck, tmp_path: Path) -> None:
    (tmp_path / "checklist.yaml").write_text("items:   {wire: done}\n", encoding="utf-8")
    for command in ("check", "format"):
        outcome = deck("cards", command, str(tmp_path))
        assert (outcome.code, "checklist.yaml" in outcome.out) == (0, False)
    assert (tmp_path / "checklist.yaml").read_text(encoding="utf-8") == "items:   {wire: done}\n"
