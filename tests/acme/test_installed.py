"""examples/acme, installed: it is everywhere, with no line changed in modeldeck; uninstalled, it is nowhere."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from modeldeck.credential import CredentialFactory
from tests.acme.conftest import ACME, Place, serving

MODELS = ["acme/clear-2", "acme/clear-2-live", "acme/clear-1"]
LOOK = """
import json
from modeldeck.credential import CredentialFactory as F
forms = [form["properties"] for form in F.list_schemas() if form["properties"]["type"]["const"] == "acme_credential"]
print(json.dumps([sorted(F.types()), F.problems(), forms]))
"""


def looked(place: Place) -> Any:
    done = place.run("-c", LOOK)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_it_is_in_the_factory(place: Place) -> None:
    types, problems, (form,) = looked(place)
    assert types == sorted({*CredentialFactory.types(), "acme_credential"})
    assert problems == []
    assert form["region"]["enum"] == ["eu", "us"]
    assert (form["api_key"]["format"], form["api_key"]["writeOnly"]) == ("password", True)


def test_the_command_line_lists_it(place: Place) -> None:
    models = place.json("models", "--provider", "acme")
    assert [one["reference"] for one in models] == MODELS
    assert [(one["status"], one["realtime"]) for one in models] == [
        ("active", False),
        ("active", True),
        ("deprecated", False),
    ]
    voices = {one["id"]: one["models"] for one in place.json("voices", "--provider", "acme")}
    assert voices["operator"] == ["acme/clear-2", "acme/clear-2-live"]
    pace = place.json("schema", "acme/clear-1")["properties"]["pace"]
    assert (pace["minimum"], pace["maximum"], pace["default"]) == (0.8, 1.2, 1.0)
    (kind,) = [one for one in place.json("credentials", "types") if one["type"] == "acme_credential"]
    assert (kind["title"], kind["environment"]) == ("Acme Speech", ["ACME_API_KEY"])


def test_its_cards_are_checked_with_the_others(place: Place) -> None:
    assert place.json("cards", "check")["findings"] == []
    folder = place.packages / "acme_modeldeck" / "_models" / "tts"
    assert place.json("cards", "check", str(folder)) == {"cards": 2, "findings": []}


def test_it_speaks(place: Place, sandbox: dict[str, str], tmp_path: Path) -> None:
    assert sandbox["ACME_API_KEY"]
    for model in (*MODELS, "acme/clear-2:coyote"):
        file = tmp_path / "said.wav"
        place.modeldeck("say", "--model", model, "Hello there. How are you?", "-o", str(file), **sandbox)
        with wave.open(str(file)) as said:
            assert (said.getframerate(), said.getnframes()) == (24000, 25 * 1440)


def test_its_credential_is_checked(place: Place, sandbox: dict[str, str]) -> None:
    (found,) = place.json("credentials", "check", "acme", **sandbox)
    assert found["grade"] == "ok"
    wrong = {**sandbox, "ACME_API_KEY": "sandbox-invalid"}
    (found,) = json.loads(place.modeldeck("credentials", "check", "acme", "--json", code=1, **wrong))
    assert (found["grade"], found["code"]) == ("key_rejected", "bad_key")
    assert "sandbox-invalid" not in json.dumps(found)


def test_the_doctor_knows_it(place: Place, sandbox: dict[str, str]) -> None:
    told = {one["check"]: one for one in place.json("doctor", "--live", **sandbox)}
    assert told["acme"]["message"] == "ACME_API_KEY set"
    assert told["acme live"]["status"] == "ok"
    assert told["acme wire wire"]["message"] == "never met the real service"
    assert not [one for one in told.values() if one["status"] == "broken"]


@pytest.fixture
def served(place: Place) -> Iterator[httpx.Client]:
    with serving(place) as (client, _):
        yield client


def test_the_server_serves_it(served: httpx.Client, sandbox: dict[str, str]) -> None:
    types = {one["type"]: one for one in served.get("/api/v1/credential-types").json()["types"]}
    assert types["acme_credential"]["title"] == "Acme Speech"
    found = served.get("/api/v1/models", params={"provider": "acme"}).json()
    assert [one["ref"] for one in found["models"]] == MODELS
    data = {"type": "acme_credential", "api_key": sandbox["ACME_API_KEY"], "base_url": sandbox["ACME_BASE_URL"]}
    made = served.post("/api/v1/credentials", json={"data": data}).json()
    assert served.post(f"/api/v1/credentials/{made['id']}/check").json()["grade"] == "ok"
    for model in MODELS:
        wish = {"model": model, "input": "Hello there.", "response_format": "pcm"}
        said = served.post("/v1/audio/speech", json=wish)
        assert said.status_code == 200, said.text
        assert len(said.content) == 12 * 1440 * 2
    wish = {"model": MODELS[0], "input": "Hello there.", "parameters": {"pace": 9}}
    assert served.post("/v1/audio/speech", json=wish).status_code in (400, 422)


def test_uninstalled_it_is_gone(make_place: Callable[[], Place]) -> None:
    place = make_place()
    before = looked(place)
    place.install(ACME)
    assert looked(place) != before
    place.uninstall("acme-modeldeck")
    assert looked(place) == before
    assert not (place.packages / "acme_modeldeck").exists()
    assert "acme" not in place.modeldeck("sandbox", "--print-env", "--port", "1")
    assert "no provider 'acme'" in place.run("-m", "modeldeck", "models", "--provider", "acme").stderr
