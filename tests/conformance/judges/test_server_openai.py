"""The official client of OpenAI, unchanged, speaks through our server: local voice, DashScope, Azure."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from modeldeck.sandbox import SandboxProcess
from modeldeck.server import Settings
from modeldeck.server.run import served
from tests.conformance.judges.conftest import PATIENCE, ROOT, samples, seconds

TEXT = "One two three four. Five six seven eight."
WHOLE = len(TEXT) * 1440  # samples at 24 kHz
PROVIDERS = ("dashscope", "azure")
Results = Mapping[str, Any]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Every scenario of `server_openai.py` by name, from one run of it by the client's own Python."""
    python = ROOT / ".judges" / "openai" / "bin" / "python"
    assert python.exists(), "make .judges/openai/.ready sets up the environment of the official client"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setenv("MODELDECK_MASTER_KEY", base64.b64encode(os.urandom(32)).decode())
        return asyncio.run(_judged(python))


async def _judged(python: Path) -> Results:
    async with SandboxProcess() as box, served(Settings(port=0, rate=0)) as running:
        assert running.token is not None
        await _equip(running.url, running.token, box.url)
        script = Path(__file__).with_name("server_openai.py")
        judge = await asyncio.create_subprocess_exec(
            python, script, running.url, running.token, box.url, stdout=asyncio.subprocess.PIPE, env=_environment()
        )
        said, _ = await asyncio.wait_for(judge.communicate(), PATIENCE)
        assert judge.returncode == 0
    found = json.loads(said.splitlines()[-1])
    assert {name: one["raised"] for name, one in found.items() if one["raised"]} == {}
    return {name: one["result"] for name, one in found.items()}


async def _equip(url: str, token: str, sandbox: str) -> None:
    """What a user does: a credential for each provider, here leading to the sandbox."""
    async with httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False) as client:
        for provider in PROVIDERS:
            data = {"type": f"{provider}_credential", "api_key": "sk-judged", "base_url": sandbox}
            answer = await client.post("/api/v1/credentials", json={"data": data})
            assert answer.status_code == 201, answer.text


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return {**own, "NO_PROXY": "*", "no_proxy": "*"}


def heard(data: str, head: int = 0) -> int:
    """Samples in base64, one after the other, from wherever the connection to the provider had come before."""
    first = int.from_bytes(base64.b64decode(data)[head : head + 2], "little")
    return samples(data, first, head)


def test_the_models_that_the_credentials_open(results: Results) -> None:
    found = results["models"]
    assert {owner for _, _, owner, _ in found} == {"azure", "dashscope", "local"}
    assert {name for name, *_ in found} >= {"local/espeak-ng", "dashscope/qwen3-tts-flash", "azure/neural"}
    assert {kind for _, kind, _, _ in found} == {"model"}
    assert results["model"] == ["dashscope/qwen3-tts-flash"] * 2


def test_mp3_unless_asked_otherwise(results: Results) -> None:
    found = results["defaults"]
    for provider in PROVIDERS:
        assert found[provider]["type"] == "audio/mpeg"
        assert seconds(found[provider]["audio"], 24000) == pytest.approx(WHOLE / 24000, abs=0.2)
    assert found["local"]["type"] == "audio/mpeg"
    assert seconds(found["local"]["audio"], 22050) > 1


@pytest.mark.parametrize("provider", PROVIDERS)
def test_formats(results: Results, provider: str) -> None:
    found = results["formats"][provider]
    assert (found["pcm"]["type"], heard(found["pcm"]["audio"])) == ("audio/pcm;rate=24000", WHOLE)
    assert (found["wav"]["type"], heard(found["wav"]["audio"], head=44)) == ("audio/wav", WHOLE)
    assert found["opus"]["type"] == "audio/ogg;codecs=opus"
    assert seconds(found["opus"]["audio"], 24000) == pytest.approx(WHOLE / 24000, abs=0.2)
    assert base64.b64decode(found["flac"]["audio"]).startswith(b"fLaC")


def test_formats_of_the_local_voice(results: Results) -> None:
    found = results["formats"]["local"]
    assert found["pcm"]["type"] == "audio/pcm;rate=24000"
    length = len(base64.b64decode(found["pcm"]["audio"])) / 48000
    assert length > 1
    assert seconds(found["opus"]["audio"], 24000) == pytest.approx(length, abs=0.2)
    assert base64.b64decode(found["flac"]["audio"]).startswith(b"fLaC")


def test_options(results: Results) -> None:
    own_voice, instructed, fast, local, more = results["options"]
    assert heard(own_voice["audio"]) == heard(instructed["audio"]) == heard(more["audio"]) == WHOLE
    assert heard(fast["audio"]) <= WHOLE
    assert len(base64.b64decode(local["audio"])) > 0


def test_streams(results: Results) -> None:
    for provider in PROVIDERS:
        chunks = results["streamed"][provider]
        assert len(chunks) > 1
        assert heard(base64.b64encode(b"".join(map(base64.b64decode, chunks))).decode()) == WHOLE
    assert len(results["streamed"]["local"]) > 1


def test_the_first_chunk_comes_before_the_last_is_made(results: Results) -> None:
    for provider in PROVIDERS:
        assert 0 < heard(results["first_chunk"][provider]) < WHOLE
    assert 0 < len(base64.b64decode(results["first_chunk"]["local"])) < 1_000_000


def test_events(results: Results) -> None:
    for provider in PROVIDERS:
        *deltas, done = [json.loads(line.removeprefix("data: ")) for line in results["events"][provider]]
        audio = b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
        assert heard(base64.b64encode(audio).decode()) == WHOLE
        assert done["type"] == "speech.audio.done"
        known = done["usage"].keys()
        assert known >= {"input_tokens", "output_tokens", "total_tokens"}
        assert known <= {"input_tokens", "output_tokens", "total_tokens", "characters", "cost", "currency"}
    assert "speech.audio.done" in results["events"]["local"][-1]


def test_a_file(results: Results) -> None:
    assert base64.b64decode(results["into_a_file"])[:4] == b"RIFF"


@pytest.mark.parametrize(
    ("name", "kind", "status", "code", "param"),
    [
        ("key", "AuthenticationError", 401, "invalid_api_key", None),
        ("model", "NotFoundError", 404, "model_not_found", None),
        ("voice", "BadRequestError", 400, "ParameterError", "voice"),
        ("speed", "BadRequestError", 400, "ParameterError", "speed"),
        ("format", "BadRequestError", 400, "ParameterError", "response_format"),
        ("text", "BadRequestError", 400, "ParameterError", "input"),
        ("credential", "BadRequestError", 400, "CredentialError", None),
    ],
)
def test_refusals(results: Results, name: str, kind: str, status: int, code: str, param: str | None) -> None:
    assert results["refusals"][name] == {"class": kind, "status": status, "code": code, "param": param}


def test_what_the_provider_refuses(results: Results) -> None:
    found = results["refused_by_the_provider"]
    assert (found["class"], found["status"], found["code"]) == ("InternalServerError", 502, "AuthenticationError")


def test_what_breaks_off_is_an_error(results: Results) -> None:
    assert results["broken"] == dict.fromkeys(PROVIDERS, "APIConnectionError")
