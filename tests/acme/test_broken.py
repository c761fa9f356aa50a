"""Packages that are broken in every way, all at once: each is reported by name, and the others work."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.acme.conftest import ACME, Place, serving
from tests.acme.test_installed import MODELS

CREDENTIAL = """
from typing import Literal
from modeldeck.credential import CredentialBase


class {0}Credential(CredentialBase):
    type: Literal["{1}_credential"] = "{1}_credential"
    {2}
"""
SPEECH = """
from typing import Literal
from pydantic import BaseModel
from modeldeck.tts import TTSModelBase


class Speech(TTSModelBase):
    class Parameters(BaseModel):
        voice: str = "a"

    type: Literal["cards_tts"] = "cards_tts"
"""
HOOK = """@classmethod
    def get_tts_model_classes(cls):
        raise RuntimeError("the hook is broken")"""
# distribution: (its source, the credential in it, part of what is said)
UNREGISTERED = {
    "raising": ("raise RuntimeError('no licence')", ":C", "RuntimeError: no licence"),
    "importing": ("import a_package_that_is_not_there", ":C", "ModuleNotFoundError"),
    "syntax": ("class C(", ":C", "SyntaxError"),
    "wrong": ("class C: pass", ":C", "no subclass of CredentialBase"),
    "twin": (CREDENTIAL.format("Twin", "acme", ""), ":TwinCredential", "'acme_credential'"),
    "service": ("C = ['a value'] * 100", ":C", "'... is no subclass of CredentialBase"),
    "exiting": ("raise SystemExit(3)", ":C", "SystemExit"),
}
UNLISTED = {
    "nowhere": (
        CREDENTIAL.format("Nowhere", "nowhere", 'models = {"tts": (".nothing:Speech",)}'),
        ":NowhereCredential",
        "cannot be imported",
    ),
    "hooked": (CREDENTIAL.format("Hooked", "hooked", HOOK), ":HookedCredential", "the hook is broken"),
}
CARDS = CREDENTIAL.format("Cards", "cards", 'models = {"tts": (".speech:Speech",)}')
FILES = {
    "speech.py": SPEECH,
    "_models/good.yaml": "name: good\nlabel: Good\n",
    "_models/bad.yaml": "name: bad\nlabl: x\n",
}
EMULATORS = {
    "unimported": ("raise RuntimeError('no port')", "RuntimeError: no port"),
    "shapeless": ("def routes(box): return []", "environment"),
    "routeless": (
        "def routes(box): raise OSError('no route')\n"
        "def environment(url): return {}\ndef about(url): return ['routeless']",
        "OSError: no route",
    ),
}


@pytest.fixture(scope="module")
def broken(make_place: Callable[[], Place]) -> Place:
    place = make_place()
    place.install(ACME)
    for name, (source, value, _) in {**UNREGISTERED, **UNLISTED}.items():
        place.put(name, source, {"credentials": value})
    place.put("cards", CARDS, {"credentials": ":CardsCredential"}, **FILES)
    for name, (source, _) in EMULATORS.items():
        place.put(name, source, {"emulators": ""})
    return place


def test_the_models_of_all_others_are_listed(broken: Place) -> None:
    done = broken.run("-W", "default", "-m", "modeldeck", "models", "--json")
    assert done.returncode == 0, done.stderr
    found = [one["reference"] for one in json.loads(done.stdout)]
    assert {*MODELS, "local/espeak-ng", "dashscope/qwen3-tts-flash"} <= {*found}
    assert any(one.endswith("/good") for one in found)
    for name, (_, value, part) in UNREGISTERED.items():
        (line,) = [one for one in done.stderr.splitlines() if one.startswith(f"warning: {name}: ")]
        assert f"entry point {name} = {name}_package{value}" in line
        assert part in line
    for name, (_, _, part) in UNLISTED.items():
        assert re.search(f"^warning: {name}: .*{part}", done.stderr, re.MULTILINE)
    assert "bad.yaml" in done.stderr
    assert "did you mean 'label'" in done.stderr


def test_asked_for_by_name_a_broken_package_is_named(broken: Place) -> None:
    for name, (_, _, part) in UNREGISTERED.items():
        for command in (("models", "--provider", name), ("cards", "new", "x", "--provider", name)):
            done = broken.run("-m", "modeldeck", *command)
            assert done.returncode == 2, done.stdout + done.stderr
            assert f"no provider '{name}'; its package is broken: {name}: entry point {name} = " in done.stderr
            assert part in done.stderr


def test_the_doctor_names_each(broken: Place) -> None:
    told = json.loads(broken.modeldeck("doctor", "--json", code=1))
    wrong = [one["message"] for one in told if one["status"] == "broken"]
    for name, (_, _, part) in UNREGISTERED.items():
        assert [one for one in wrong if one.startswith(f"{name}: entry point") and part in one], name
    for name, (_, part) in EMULATORS.items():
        assert [one for one in wrong if one.startswith(f"{name}: entry point") and part in one], name
    assert [one for one in told if one["check"] == "cards" and one["status"] == "broken"]
    assert [one for one in told if one["check"] == "acme"]


def test_the_cards_are_found_wrong_by_line(broken: Place) -> None:
    found = json.loads(broken.modeldeck("cards", "check", "--json", code=1))
    bad = [one for one in found["findings"] if one["path"].endswith("bad.yaml")]
    assert (2, 1) in {(one["line"], one["column"]) for one in bad}
    said = " ".join(one["message"] for one in found["findings"])
    for _, _, part in UNLISTED.values():
        assert part in said


def test_the_sandbox_serves_the_others(broken: Place) -> None:
    done = broken.run("-m", "modeldeck", "sandbox", "--print-env", "--port", "1")
    assert done.returncode == 0, done.stderr
    assert "export ACME_BASE_URL=http://127.0.0.1:1/acme" in done.stdout
    assert "DASHSCOPE_API_KEY" in done.stdout
    assert "routeless" not in done.stdout
    for name, (_, part) in EMULATORS.items():
        assert [one for one in done.stderr.splitlines() if f"{name}: entry point" in one and part in one], name


@pytest.fixture
def served(broken: Place) -> Iterator[httpx.Client]:
    with serving(broken) as (client, _):
        yield client


def test_the_server_serves_the_others_and_tells(served: httpx.Client) -> None:
    types = served.get("/api/v1/credential-types").json()
    assert {"acme_credential", "dashscope_credential", "hooked_credential"} <= {one["type"] for one in types["types"]}
    for name in UNREGISTERED:
        assert [one for one in types["problems"] if one.startswith(f"{name}: ")], name
    found = served.get("/api/v1/models", params={"provider": "acme"}).json()
    assert [one["ref"] for one in found["models"]] == MODELS
    said = " ".join(found["problems"])
    for _, _, part in UNLISTED.values():
        assert part in said
    assert "bad.yaml" in said
    spoken = served.post(
        "/v1/audio/speech", json={"model": "local/espeak-ng", "input": "Hi.", "response_format": "wav"}
    )
    assert spoken.status_code == 200
