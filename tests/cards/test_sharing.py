"""One deck for everyone: parsed once, changed by nobody, right under threads, cheap to import."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from modeldeck._cards import load as loading
from modeldeck._cards.deck import MAX_DECKS
from modeldeck._cards.load import load
from modeldeck.tts import DashScopeTTSModel
from tests.cards.helpers import SPEECH, House, card, listed, write

_watched: list[list[str]] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and _watched:
        for opened in _watched:
            opened.append(str(arguments[0]))


sys.addaudithook(_hook)


@contextmanager
def opened_cards() -> Iterator[list[str]]:
    """The YAML files that are opened meanwhile."""
    opened: list[str] = []
    _watched.append(opened)
    try:
        yield opened
    finally:
        _watched.remove(opened)
        opened[:] = [path for path in opened if path.endswith((".yaml", ".yml"))]


def test_a_file_is_read_once_and_again_when_it_changes(house: House) -> None:
    model = house.model()
    paths = [house.ship(card(name), f"{name}.yaml") for name in ("a", "b", "c")]
    with opened_cards() as opened:
        model.list_models()
    assert sorted(opened) == sorted(map(str, paths))
    with opened_cards() as opened:
        for _ in range(5):
            model.list_models()
            model.card("a")
    assert not opened
    write(paths[1], card("b", "status: deprecated"))
    with opened_cards() as opened:
        assert [one.status for one in model.list_models()] == ["active", "active", "deprecated"]
    assert opened == [str(paths[1])]
    paths[0].unlink()
    write(paths[0].with_name("d.yml"), card("d"))
    assert [one.name for one in model.list_models()] == ["c", "d", "b"]


def test_classes_share_what_was_read(house: House) -> None:
    model = house.model()
    house.ship(card("a"))
    model.list_models()
    child = house.module("from speech import AcmeTTS as Parent\n\n\nclass AcmeTTS(Parent):\n    pass\n", "elsewhere")
    with opened_cards() as opened:
        assert len(child.AcmeTTS.list_models()) == 1
    assert not opened


def test_a_replaced_file_of_the_same_size_is_noticed(house: House) -> None:
    model = house.model()
    path = house.ship(card("aaa"))
    model.list_models()
    other = write(path.with_name("other"), card("bbb"))
    other.replace(path)
    assert [one.name for one in model.list_models()] == ["bbb"]


FULL = card(
    "x",
    "voices: [{id: Ada, languages: [en], styles: [calm]}, Bob]",
    "languages: [en]",
    "audio: {formats: [pcm]}",
    "parameter_overrides: {speed: {maximum: 1.5}}",
)


def _spoil(value: Any) -> None:
    """Change everything in it that can be changed."""
    if isinstance(value, list):
        for item in value:
            _spoil(item)
        value.append("spoilt")
    elif isinstance(value, dict):
        for item in value.values():
            _spoil(item)
        value["spoilt"] = True


def test_nobody_can_change_a_shared_card(house: House) -> None:
    model = house.model()
    house.ship(FULL)
    (clean,) = model.list_models()
    before = clean.model_dump_json()
    (mine,) = model.list_models()
    for name in (*type(mine).model_fields, "parameter_schema", "call_schema", "ui_schema", "parameter_overrides"):
        _spoil(getattr(mine, name))
    for voice in mine.voices[:2]:
        with pytest.raises(ValueError, match="frozen"):
            voice.label = "spoilt"  # type: ignore[misc]
        for name in type(voice).model_fields:
            _spoil(getattr(voice, name))
    for other in (clean, model.list_models()[0], model.card("x")):
        assert other.model_dump_json() == before
    assert mine.parameter_schema == clean.parameter_schema
    tts = model(AnyCredential(), "x", {"speed": 1.5})
    assert tts.parameters.speed == 1.5


def test_schemas_are_fresh_values_of_the_same_bytes(house: House) -> None:
    model = house.model()
    house.ship(FULL)
    one, two = model.list_models()[0], model.list_models()[0]
    assert one.parameter_schema is not one.parameter_schema
    assert one.schema_bytes == two.schema_bytes
    assert json.loads(one.schema_bytes) == one.parameter_schema
    write(house.package / "_models" / "one.yaml", FULL.replace("1.5", "1.25"))
    assert model.list_models()[0].schema_bytes != one.schema_bytes


def test_many_threads_list_while_files_change(house: House) -> None:
    model = house.model()
    paths = [house.ship(card(f"m{n}", "status: active"), f"{n}.yaml") for n in range(4)]
    broken: list[BaseException] = []
    stop = threading.Event()
    start = threading.Barrier(9)

    def read() -> None:
        start.wait()
        try:
            while not stop.is_set():
                cards = model.list_models()
                labels = {one.name: one.label for one in cards}
                assert len(labels) == len(cards)
                assert all(one.label.startswith(one.name) for one in cards)
        except BaseException as error:
            broken.append(error)

    threads = [threading.Thread(target=read) for _ in range(8)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for thread in threads:
            thread.start()
        start.wait()
        for turn in range(60):
            fresh = write(house.root / "fresh", card(f"m{turn % 4}", label=f"m{turn % 4} {turn}"))
            fresh.replace(paths[turn % 4])
        stop.set()
        for thread in threads:
            thread.join()
    assert not broken
    assert {one.label for one in model.list_models()} == {"m0 56", "m1 57", "m2 58", "m3 59"}


def test_a_file_is_parsed_once_however_many_threads_ask(tmp_path: Path) -> None:
    path = str(write(tmp_path / "x.yaml", card("x")))
    start = threading.Barrier(8)
    found: list[Any] = []

    def read() -> None:
        start.wait()
        found.append(load(path).data)

    threads = [threading.Thread(target=read) for _ in range(8)]
    with opened_cards() as opened:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert opened == [path]
    assert all(one == found[0] for one in found)


HEAVY = ("jsonschema", "httpx", "websockets", "espeakng_loader", "dashscope", "rich", "click", "asyncio")
FRESH = """
import sys
{code}
print([name for name in {heavy} if name in sys.modules])
"""
CODE = {
    "listing": "from modeldeck.credential import DashScopeCredential as D, LocalCredential as L\n"
    "D.list_tts_models(), L.list_tts_models()",
    "schemas": "from modeldeck.tts import DashScopeTTSModel as M; M.card('qwen3-tts-flash').parameter_schema",
    "building": "from modeldeck.tts import LocalTTSModel as M; M(parameters={'voice': 'en-us+f3', 'rate': 100})",
    "credentials": "from modeldeck.credential import CredentialFactory as F\n"
    "F.list_schemas(), F.from_dict({'type': 'local_credential'})",
}


@pytest.mark.parametrize("what", CODE)
def test_listing_and_building_import_nothing_heavy(what: str) -> None:
    code = FRESH.format(code=CODE[what], heavy=HEAVY)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.strip()) == (0, "[]"), run.stderr


def test_a_model_keeps_the_card_it_was_built_with(house: House) -> None:
    model = house.model()
    house.ship(card("x", "parameter_overrides: {speed: {maximum: 1.5}}"))
    tts = model(AnyCredential(), "x")
    house.ship(card("x", "parameter_overrides: {speed: {maximum: 1.0}}"))
    assert tts._request("hi", {"speed": 1.5}).parameters["speed"] == 1.5


class AnyCredential(DashScopeTTSModel.credential_class):  # type: ignore[name-defined,misc]
    """Any credential will do."""

    def __init__(self) -> None:
        super().__init__(api_key="sk-x")


LATE = "acme_late_speech"
KEYED = (
    "import threading\n"
    + SPEECH
    + f"""

from modeldeck.credential import CredentialBase

importing, asked = threading.Event(), threading.Event()


class AcmeCredential(CredentialBase):
    type: Literal["acme_credential"] = "acme_credential"
    models = {{"tts": ("{LATE}:Late",)}}

    @classmethod
    def get_tts_model_classes(cls):
        asked.set()
        return super().get_tts_model_classes()


AcmeTTS.credential_class = AcmeCredential
"""
)
LATE_SOURCE = """
import speech


class Late(speech.AcmeTTS):
    realtime = True


speech.importing.set()
speech.asked.wait(20)
speech.AcmeTTS.list_models()
"""


def test_a_module_that_lists_while_it_is_imported_stops_nobody(house: House) -> None:
    model = house.model(KEYED)
    house.ship(card("a"))
    house.ship(card("live", "realtime: true"), "live.yaml")
    (house.package / f"{LATE}.py").write_text(LATE_SOURCE, encoding="utf-8")
    house.patch.syspath_prepend(house.package)
    speech = sys.modules["speech"]

    def second() -> None:
        speech.importing.wait(20)
        model.list_models()

    threads = [
        threading.Thread(target=lambda: importlib.import_module(LATE), daemon=True),
        threading.Thread(target=second, daemon=True),
    ]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in threads)
    finally:
        sys.modules.pop(LATE, None)


def test_folders_that_came_and_went_are_let_go(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "MAX_FILES", 8)
    monkeypatch.setattr(loading, "_files", {})
    model = house.model()
    house.ship(card("shipped"))
    for turn in range(MAX_DECKS + 10):
        write(house.root / f"{turn}" / "x.yaml", card(f"m{turn}"))
        assert [one.name for one in listed(model, house.root / f"{turn}")[0]] == [f"m{turn}"]
        assert [one.name for one in model.list_models()] == ["shipped"]
    assert len(model._own_cards.decks) == MAX_DECKS
    assert None in model._own_cards.decks, "the one in use stays"
    assert len(loading._files) <= 8


def test_a_file_that_is_gone_is_forgotten(tmp_path: Path) -> None:
    path = write(tmp_path / "x.yaml", card("x"))
    assert load(str(path)).data
    path.unlink()
    assert load(str(path)).finding
    assert str(path) not in loading._files
