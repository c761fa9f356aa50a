"""`modeldeck cards new`, `format` and `schema`."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from modeldeck.credential import CredentialFactory
from modeldeck.tts.card_schema import card_file_schema
from modeldeck.tts.card_text import SCHEMA_LINE

MODULES = [
    (credential.provider_name(), model.__module__.rpartition(".")[2])
    for credential in CredentialFactory.credential_classes()
    for model in credential.get_tts_model_classes()
]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("provider", "module"), dict.fromkeys(MODULES))
def test_a_new_card_is_valid_stable_and_listed(deck, tmp_path: Path, monkeypatch, provider: str, module: str) -> None:
    outcome = deck("cards", "new", "our/tts:7b", "--provider", provider, "--module", module)
    assert outcome.code == 0, outcome.err
    path = Path(outcome.out.strip())
    assert path == Path("models_cards") / provider / module / "our--tts--7b.yaml"
    assert deck("cards", "format", "--check", str(path)).code == 0
    checked = json.loads(deck("cards", "check", "--json", "models_cards").out)
    assert checked == {"cards": 1, "findings": []}
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(tmp_path / "models_cards"))
    listed = json.loads(deck("models", "--json", "--provider", provider).out)
    assert f"{provider}/our/tts:7b" in {one["reference"] for one in listed}


def test_what_is_left_as_comments_is_valid_too(deck) -> None:
    """Who takes the # away has a card that the check understands."""
    path = Path(deck("cards", "new", "x", "--provider", "openai", "--module", "tts").out.strip())
    lines = path.read_text().replace("https://…", "https://example.com").splitlines()
    facts = next(index for index, line in enumerate(lines) if line.startswith("# status:"))
    path.write_text("\n".join([*lines[:facts], *(line.removeprefix("# ") for line in lines[facts:])]) + "\n")
    outcome = deck("cards", "check", str(path))
    assert (outcome.code, outcome.out) == (0, "")
    assert {"languages", "pricing", "parameter_overrides"} <= yaml.safe_load(path.read_text()).keys()


def test_its_first_line_names_a_schema_that_is_there(deck) -> None:
    outcome = deck("cards", "new", "x", "--provider", "openai", "--module", "tts")
    path = Path(outcome.out.strip())
    target = path.parent / path.read_text().splitlines()[0].removeprefix(SCHEMA_LINE)
    schema = json.loads(target.read_text())
    assert "speed" in schema["properties"]["parameter_overrides"]["properties"]
    assert "tts-1" in schema["properties"]["extends"]["examples"]
    assert ".schemas" in outcome.err


def test_in_a_checkout_it_names_the_published_schema(deck, tmp_path: Path) -> None:
    published = tmp_path / "schemas" / "card" / "openai" / "tts.json"
    published.parent.mkdir(parents=True)
    published.write_text("{}")
    path = Path(deck("cards", "new", "x", "--provider", "openai", "--module", "tts").out.strip())
    assert path.read_text().splitlines()[0] == f"{SCHEMA_LINE}../../../schemas/card/openai/tts.json"
    assert not (tmp_path / "models_cards" / ".schemas").exists()


def test_names_voices_and_labels_are_written_as_yaml_reads_them(deck) -> None:
    arguments = ["--provider", "openai", "--module", "tts", "--voice", "no", "--voice", "Anna", "--label", "1.0: new"]
    path = Path(deck("cards", "new", "2026", *arguments).out.strip())
    data = yaml.safe_load(path.read_text())
    assert data == {"name": "2026", "label": "1.0: new", "voices": [{"id": "no"}, {"id": "Anna"}]}


def test_a_card_that_extends_another_is_of_its_module(deck) -> None:
    path = Path(deck("cards", "new", "x", "--provider", "dashscope", "--extends", "qwen3-tts-flash").out.strip())
    assert path.parent.name == "tts"
    assert yaml.safe_load(path.read_text()) == {"extends": "qwen3-tts-flash", "name": "x", "label": "x"}


def test_into_a_folder_of_its_own_and_the_operators(deck, tmp_path: Path, monkeypatch) -> None:
    own = tmp_path / "cards" / "openai" / "tts"
    own.mkdir(parents=True)
    arguments = ["--provider", "openai", "--module", "tts"]
    assert deck("cards", "new", "x", *arguments, "--into", str(own)).out == f"{own}/x.yaml\n"
    assert deck("cards", "new", "y", *arguments, "--into", str(tmp_path / "cards")).out == f"{own}/y.yaml\n"
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(tmp_path / "cards"))
    outcome = deck("cards", "new", "z", *arguments)
    assert outcome.out == f"{own}/z.yaml\n"
    assert "export" not in outcome.err


def test_into_the_folder_of_a_package_that_has_no_card_yet(deck, tmp_path: Path) -> None:
    own = tmp_path / "acme" / "_models" / "tts"
    outcome = deck("cards", "new", "x", "--provider", "openai", "--module", "tts", "--into", str(own))
    assert outcome.out == f"{own}/x.yaml\n"


def test_nothing_is_overwritten(deck) -> None:
    arguments = ["cards", "new", "x", "--provider", "openai", "--module", "tts"]
    path = Path(deck(*arguments).out.strip())
    path.write_text("mine")
    outcome = deck(*arguments)
    assert outcome.code == 1
    assert "is there already" in outcome.err
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--provider", "opnai"], 2, "did you mean 'openai'?"),
        (["--provider", "openai"], 2, "has the modules tts, realtime_tts"),
        (["--provider", "openai", "--module", "tst"], 2, "did you mean 'tts'?"),
        (["--provider", "openai", "--module", "tts", "--extends", "tts-11"], 1, "did you mean 'tts-1'?"),
        (["--provider", "openai", "--module", "tts", "--voice", "A", "--voice", "A"], 1, "stands twice"),
        ([], 2, "--provider"),
    ],
)
def test_what_cannot_be_written_is_said_and_leaves_nothing(
    deck, tmp_path: Path, arguments: list[str], code: int, words: str
) -> None:
    outcome = deck("cards", "new", "x", *arguments)
    assert outcome.code == code
    assert words in outcome.err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


# -- format

UNTIDY = "label: X  # seen\nname: x\n"
TIDY = "name: x\nlabel: X  # seen\n"


def test_format_writes_what_changes_and_check_only_says_so(deck, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    untidy, tidy = tmp_path / "a" / "b" / "x.yaml", tmp_path / "a" / "y.yml"
    untidy.write_text(UNTIDY)
    untidy.chmod(0o640)
    tidy.write_text("name: y\nlabel: Y\n")
    before = tidy.stat().st_mtime_ns
    outcome = deck("cards", "format", "--check", "a")
    assert (outcome.code, outcome.out) == (1, "would change: a/b/x.yaml\n")
    assert untidy.read_text() == UNTIDY
    outcome = deck("cards", "format", "a")
    assert (outcome.code, outcome.out, outcome.err) == (0, "changed: a/b/x.yaml\n", "2 cards, 1 changed\n")
    assert untidy.read_text() == TIDY
    assert stat.S_IMODE(untidy.stat().st_mode) == 0o640
    assert tidy.stat().st_mtime_ns == before
    assert deck("cards", "format", "--check", "a").code == 0
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == ["x.yaml", "y.yml"]


def test_format_names_what_it_cannot_read_and_goes_on(deck, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("name: [x\n")
    (tmp_path / "b.yaml").write_text(UNTIDY)
    outcome = deck("cards", "format", "--json", ".")
    assert outcome.code == 1
    said = json.loads(outcome.out)
    assert (said["cards"], said["changed"]) == (2, ["./b.yaml"])
    assert [(one["path"], one["line"]) for one in said["findings"]] == [("./a.yaml", 2)]
    assert (tmp_path / "b.yaml").read_text() == TIDY
    assert "no such file" in deck("cards", "format", "nowhere").out


def test_format_of_a_link_and_of_the_operators_cards(deck, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "real").write_text(UNTIDY)
    (tmp_path / "x.yaml").symlink_to("real")
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(tmp_path))
    assert deck("cards", "format").code == 0
    assert (tmp_path / "x.yaml").is_symlink()
    assert (tmp_path / "real").read_text() == TIDY


def test_format_without_anything_to_format(deck) -> None:
    outcome = deck("cards", "format")
    assert outcome.code == 2
    assert "MODELDECK_CARDS_PATH" in outcome.err


def test_format_reads_standard_input(command) -> None:
    done = command("cards", "format", "-", input=UNTIDY.encode())
    assert (done.returncode, done.stdout) == (0, TIDY.encode())
    assert command("cards", "format", "-", "--check", input=UNTIDY.encode()).returncode == 1
    done = command("cards", "format", "-", input=b"name: [x\n")
    assert done.returncode == 1
    assert b"-:2:1: " in done.stderr


# -- schema


def test_the_schema_is_printed(deck) -> None:
    assert json.loads(deck("cards", "schema").out) == card_file_schema()
    printed = json.loads(deck("cards", "schema", "dashscope/tts").out)
    assert "language_type" in printed["properties"]["parameter_overrides"]["properties"]
    outcome = deck("cards", "schema", "dashscope")
    assert outcome.code == 2
    assert "tts, realtime_tts, cosyvoice" in outcome.err
