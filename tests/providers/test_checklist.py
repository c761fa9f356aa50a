"""The guide, and what each provider says of its items: the two cannot drift apart, and neither can rot."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

import modeldeck.kit
import modeldeck.sandbox
import modeldeck.testing
from modeldeck import credential as credentials
from modeldeck import tts
from modeldeck.cli.provider import skeleton
from modeldeck.credential import AzureCredential, CredentialBase, CredentialFactory, LocalCredential, OpenAICredential
from modeldeck.testing import checklist
from modeldeck.tts import TTSModelBase

ROOT = Path(__file__).parents[2]
PROVIDERS = ROOT / "src" / "modeldeck" / "providers"
GUIDE = (PROVIDERS / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(?:python|toml)\n(.*?)```", GUIDE, re.DOTALL)
SHIPPED = {
    name: cls
    for cls in CredentialFactory.credential_classes()
    if cls.__module__.startswith("modeldeck.providers.") and (name := cls.provider_name())
}


def put(folder: Path, **items: object) -> Path:
    """A checklist in which everything is done, but for `items`."""
    path = folder / "checklist.yaml"
    states = {**dict.fromkeys(checklist.items(), "done"), **items}
    path.write_text("items:\n" + "".join(f"  {name}: {state}\n" for name, state in states.items()), encoding="utf-8")
    return path


# -- what the tree says


def test_every_provider_has_one() -> None:
    folders = {path.parent.name for path in PROVIDERS.glob("*/credential.py")}
    assert {path.parent.name for path in PROVIDERS.glob("*/checklist.yaml")} == folders == SHIPPED.keys()


@pytest.mark.parametrize("name", SHIPPED)
def test_what_a_provider_says_is_so(name: str) -> None:
    path = PROVIDERS / name / "checklist.yaml"
    assert checklist.problems(path, SHIPPED[name], finished=True) == []


@pytest.mark.parametrize("name", SHIPPED)
def test_what_only_this_tree_can_tell(name: str) -> None:
    """Judges, the conformance suite and doors; the rest a package tells of itself."""
    said, _ = checklist.read(PROVIDERS / name / "checklist.yaml")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    judges = [*(ROOT / "tests" / "conformance" / "judges").glob(f"test_{name}*.py")]
    assert (f"judge-{name} :=" in makefile and bool(judges)) is (said["judge"] == "done")
    suites = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "conformance").glob("test_*.py"))
    whole = re.search(rf"class \w+\(Shipped\):\n    credential = {SHIPPED[name].__name__}\n", suites)
    assert bool(whole) is (said["conformance"] == "done")
    assert getattr(credentials, SHIPPED[name].__name__) is SHIPPED[name]
    assert all(getattr(tts, one.__name__) is one for one in SHIPPED[name].get_tts_model_classes())


def test_the_wires_have_tests_without_sockets() -> None:
    for name in SHIPPED:
        said, _ = checklist.read(PROVIDERS / name / "checklist.yaml")
        assert bool([*(ROOT / "tests" / "wire" / name).glob("test_*.py")]) is (said["wire"] == "done")


# -- what the guide says


def test_every_line_of_its_code_is_the_skeletons() -> None:
    assert len(BLOCKS) >= 5
    files = dict(skeleton("acme", "Acme Speech", "http"))
    written = {line.strip() for text in files.values() for line in text.splitlines()}
    assert [
        line for block in BLOCKS for line in block.splitlines() if line.strip() and line.strip() not in written
    ] == []


def test_every_name_in_it_is_there() -> None:
    doors = (modeldeck.kit, modeldeck.sandbox, modeldeck.testing, tts, credentials)
    named = set(re.findall(r"`(?:SERVICE\.)?([A-Z][A-Za-z]+|[a-z]+_[a-z_]+)(?:[(.\[][^`]*)?`", GUIDE))
    own = {"VERIFIED_LIVE", "PREFIX", "SERVICE"} | {name for name in named if name.startswith("Acme")}
    members = {name for door in doors for one in vars(door)["__all__"] for name in dir(getattr(door, one))}
    known = {name for door in doors for name in vars(door)["__all__"]} | members | own
    fields = {"on_event", "request_id", "from_env", "no_audio", "broken_off", "base_url", "is_last"}
    fields |= {"model_validator", "default_factory"}  # pydantic's
    assert named - known - fields == set()
    for dotted in re.findall(r"`(modeldeck(?:\.[a-z_]+)+)`", GUIDE):
        module, _, name = dotted.rpartition(".")
        assert name in vars(import_module(module)) or import_module(dotted)


def test_its_files_are_the_skeletons() -> None:
    tree = GUIDE[GUIDE.index("pyproject.toml   ") : GUIDE.index("tests/\n")]
    named = set(re.findall(r"^ *(\S+\.(?:py|toml|yaml))", tree, re.MULTILINE))
    written = {
        re.sub(
            r"^src/acme_modeldeck/|acme-1(-live)?(?=\.yaml)", lambda found: "*" if "acme-1" in found[0] else "", path
        )
        for path, _ in skeleton("acme", "Acme Speech", "both")
    }
    assert {name for name in named if name != "_models/tts/*.yaml"} <= written
    assert "_models/tts/*.yaml" in written


def test_an_hour_is_enough() -> None:
    """Six files of one's own; some forty lines besides the wire, the tests and the packaging."""
    files = dict(skeleton("acme", "Acme Speech", "http"))
    own = [path for path in files if path.startswith("src/") and Path(path).name not in ("__init__.py", "py.typed")]
    assert len(own) + len(["the tests"]) == 6
    lines = sum(code_lines(files[path]) for path in own if not path.endswith("wire.py"))
    assert lines <= 50


def code_lines(text: str) -> int:
    """Without imports, docstrings, comments and blank lines."""
    text = re.sub(r'"""(.*?)"""', "", text, flags=re.DOTALL)
    text = re.sub(r"^if TYPE_CHECKING:\n(    .*\n)+", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(from|import) .*?(\([^)]*\))?$", "", text, flags=re.MULTILINE)
    return sum(bool(line.strip()) and not line.strip().startswith("#") for line in text.splitlines())


# -- what a list can get wrong


@pytest.mark.parametrize(
    ("items", "part"),
    [
        ({"fieldz": "done"}, "no item 'fieldz'; did you mean 'fields'"),
        ({"live": "{exempt: ''}"}, "live is done, todo, or {exempt: the reason}"),
        ({"live": "maybe"}, "not 'maybe'"),
        ({"live": "done"}, "live is not done: no wire says VERIFIED_LIVE"),
        ({"live": "todo"}, "live is still to do: the wire has met the real service"),
        ({"live": "{exempt: later}", "check": "{exempt: too dear}"}, "check is exempt, and nothing is wrong with it"),
    ],
)
def test_a_list_that_is_wrong(items: dict[str, str], part: str, tmp_path: Path) -> None:
    found = checklist.problems(put(tmp_path, **items), OpenAICredential, finished=True)
    assert [one for one in found if part in one]


def test_an_item_that_is_missing_or_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "checklist.yaml"
    path.write_text("items: {fields: done}\n", encoding="utf-8")
    assert len(checklist.problems(path, OpenAICredential)) == len(checklist.items()) - 1
    path.write_text("- fields\n", encoding="utf-8")
    assert len(checklist.problems(path, OpenAICredential)) == 1
    assert len(checklist.problems(tmp_path / "nothing.yaml", OpenAICredential)) == 1


class SloppyParameters(BaseModel):
    model_config = ConfigDict(extra="allow")
    voice: str = "a"


class SloppyModel(TTSModelBase[SloppyParameters]):
    Parameters = SloppyParameters
    type: Literal["sloppy_tts"] = "sloppy_tts"


class SloppyCredential(CredentialBase):
    models = {"tts": (":SloppyModel",)}
    type: Literal["sloppy_credential"] = "sloppy_credential"
    secret: str
    api_key: SecretStr = Field(title="Key", description="The key.")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("fields", ["secret has no title", "secret is shown"]),
        ("environment", ["no variable for secret", "no variable for api_key"]),
        ("check", ["neither _probes nor a check"]),
        ("parameters", ["takes any name", "voice has no title"]),
        ("cards", ["lists no model"]),
        ("wire", ["has no wire"]),
        ("emulator", ["serves no sloppy"]),
        ("registered", ["the factory has no sloppy"]),
    ],
)
def test_nothing_is_ticked_that_is_not_so(name: str, parts: list[str], tmp_path: Path) -> None:
    todo = dict.fromkeys(checklist.items(), "todo")
    found = checklist.problems(put(tmp_path, **{**todo, name: "done"}), SloppyCredential)
    assert len(found) >= len(parts)
    for part in parts:
        assert [one for one in found if f"{name} is not done: " in one and part in one], found


def test_a_wire_that_waits_is_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    todo = dict.fromkeys(checklist.items(), "todo")
    path = put(tmp_path, **{**todo, "wire": "done"})
    assert checklist.problems(path, AzureCredential) == []
    monkeypatch.setattr(checklist, "_IO", {"re"})
    assert checklist.problems(path, AzureCredential) != []


def test_sources_are_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = tmp_path / "cards" / "local" / "tts"
    operator.mkdir(parents=True)
    (operator / "x.yaml").write_text("name: x\nlabel: X\n", encoding="utf-8")
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(tmp_path / "cards"))
    todo = dict.fromkeys(checklist.items(), "todo")
    (found,) = checklist.problems(put(tmp_path, **{**todo, "sources": "done"}), LocalCredential)
    assert "x does not say its source" in found


def test_the_wheel_has_the_guide_and_no_checklist() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["hatch"]["build"]["targets"]["wheel"]["exclude"] == [
        "/src/modeldeck/providers/*/checklist.yaml"
    ]
