"""What an account really has, over HTTP; and that speech and forms go by it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from modeldeck.sandbox import Sandbox
from modeldeck.sandbox.emulators.openai import kokoro
from modeldeck.server.run import Running, served
from modeldeck.server.settings import Settings
from tests.server.conftest import connected, somebody

CANARY = "sk-canary-2b1f77"


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as found:
        yield found


async def create(client: httpx.AsyncClient, provider: str, **fields: Any) -> str:
    data = {"type": f"{provider}_credential", "name": "mine", **fields}
    answer = await client.post("/api/v1/credentials", json={"data": data})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def hosted(client: httpx.AsyncClient, box: Sandbox) -> str:
    return await create(client, "openai", base_url=box.url + kokoro.PREFIX)


async def models(client: httpx.AsyncClient, id: str, **query: Any) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/credentials/{id}/models", params=query)
    assert answer.status_code == 200, answer.text
    assert "canary" not in answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_the_models_of_an_account(client: httpx.AsyncClient, box: Sandbox) -> None:
    id = await hosted(client, box)
    found = await models(client, id)
    assert sorted(one["ref"] for one in found["models"]) == sorted(f"openai/{one}" for one in kokoro.MODELS)
    assert (found["total"], found["problems"]) == (4, [])
    assert 0 <= found["age"] < 60
    card = next(one for one in found["models"] if one["name"] == "kokoro")
    assert (card["live"]["listed"], card["live"]["voices"], card["voice_count"]) == (True, "all", len(kokoro.VOICES))
    before = len(box.requests())
    assert (await models(client, id))["at"] == found["at"]
    assert len(box.requests()) == before
    assert (await models(client, id, max_age=0))["at"] > found["at"]
    known = await client.get(f"/api/v1/credentials/{id}/models")
    again = await client.get(f"/api/v1/credentials/{id}/models", headers={"If-None-Match": known.headers["ETag"]})
    assert again.status_code == 304  # though it is older by now
    whole = await models(client, id, missing=True)
    assert {one["live"]["listed"] for one in whole["models"]} == {True, False}
    assert all(one["live"] is None for one in (await client.get("/api/v1/models")).json()["models"])


async def test_one_model_of_an_account(client: httpx.AsyncClient, box: Sandbox) -> None:
    id = await hosted(client, box)
    answer = await client.get(f"/api/v1/credentials/{id}/model", params={"ref": "openai/kokoro"})
    found = answer.json()
    assert [one["id"] for one in found["voices"]] == list(kokoro.VOICES)
    assert found["parameter_schema"]["properties"]["voice"]["enum"] == list(kokoro.VOICES)
    missing = await client.get(f"/api/v1/credentials/{id}/model", params={"ref": "openai/nothing"})
    assert missing.status_code == 404


async def test_speech_and_forms_go_by_it(client: httpx.AsyncClient, box: Sandbox) -> None:
    id = await hosted(client, box)
    asked = {"ref": "openai/kokoro", "parameters": {"voice": "bf_emmy"}, "credential": id}
    assert (await client.post("/api/v1/validate", json=asked)).status_code == 200  # nobody has asked the account yet
    await models(client, id)
    refused = await client.post("/api/v1/validate", json=asked)
    assert refused.status_code == 422
    assert "did you mean 'bf_emma'" in refused.text
    spoken = {"model": "openai/kokoro", "input": "Hello there.", "voice": "bf_emma", "response_format": "pcm"}
    answer = await client.post("/v1/audio/speech", json={**spoken, "credential": id})
    assert answer.status_code == 200, answer.text
    assert len(answer.content) > 1000
    wrong = await client.post("/v1/audio/speech", json={**spoken, "credential": id, "voice": "bf_emmy"})
    assert wrong.status_code in (400, 422)
    assert "bf_emma" in wrong.text
    by_reference = await client.post(
        "/v1/audio/speech", json={**spoken, "credential": id, "model": "openai/kokoro:af_sky", "voice": "default"}
    )
    assert by_reference.status_code == 200, by_reference.text


async def test_forms_of_a_model_that_is_spelt_like_a_known_one(client: httpx.AsyncClient, box: Sandbox) -> None:
    id = await hosted(client, box)
    asked = {"ref": "openai/tts-2", "parameters": {"voice": "own"}}
    assert (await client.post("/api/v1/validate", json=asked)).status_code == 404
    assert (await client.post("/api/v1/validate", json={**asked, "credential": id})).status_code == 200


async def test_forms_of_another_providers_credential(client: httpx.AsyncClient, box: Sandbox) -> None:
    id = await hosted(client, box)
    asked = {"ref": "dashscope/qwen3-tts-flash", "credential": id}
    refused = await client.post("/api/v1/validate", json=asked)
    assert refused.status_code == 422
    assert "of openai, the model of another provider" in refused.text


async def test_a_provider_that_fails(client: httpx.AsyncClient, box: Sandbox) -> None:
    id = await create(client, "dashscope", api_key=CANARY, base_url=box.url)
    box.arm("status=500")
    found = await models(client, id)
    assert (found["at"], found["age"], found["total"] > 60) == (None, None, True)
    assert len(found["problems"]) == 1
    assert "the shipped cards stand in" in found["problems"][0]
    box.arm()
    found = await models(client, id)
    assert found["at"] is not None
    assert found["problems"] == ["dashscope: 1 of its CosyVoice voices left out: its status is DEPLOYING"]
    box.arm("garbage")
    found = await models(client, id, max_age=0)
    assert "ago stands in" in found["problems"][0]


async def test_only_those_who_may_use_the_credential(running: Running, client: httpx.AsyncClient, box: Sandbox) -> None:
    id = await hosted(client, box)
    async with await somebody(running, "eve") as eve:
        assert (await eve.get(f"/api/v1/credentials/{id}/models")).status_code == 404
        assert (await eve.get(f"/api/v1/credentials/{id}/model", params={"ref": "openai/kokoro"})).status_code == 404
        asked = {"ref": "openai/kokoro", "credential": id}
        assert (await eve.post("/api/v1/validate", json=asked)).status_code == 404
        async with connected(running) as nobody:
            assert (await nobody.get(f"/api/v1/credentials/{id}/models")).status_code == 401
        assert not box.requests()
        await client.put(f"/api/v1/credentials/{id}/shares", json={"users": ["eve"]})
        assert (await eve.get(f"/api/v1/credentials/{id}/models")).status_code == 200


async def test_a_changed_credential_is_another_account(client: httpx.AsyncClient, box: Sandbox) -> None:
    id = await hosted(client, box)
    await models(client, id)
    before = len(box.requests())
    await client.patch(f"/api/v1/credentials/{id}", json={"data": {"base_url": f"{box.url}/v1", "api_key": CANARY}})
    found = await models(client, id)
    assert len(box.requests()) > before
    assert "openai/kokoro" not in {one["ref"] for one in found["models"]}


async def test_private_addresses_stay_out_of_reach(settings: Settings, box: Sandbox) -> None:
    """As `public_only` has it for every request to a provider."""
    async with served(settings) as running:
        token = running.token
        assert token is not None
        async with connected(running, token) as client:
            id = await hosted(client, box)
    async with served(replace(settings, allow_private=False)) as running, connected(running, token) as client:
        found = await models(client, id)
    assert found["at"] is None
    assert "ConnectionFailedError" in found["problems"][0]
    assert not box.requests()


@pytest.mark.parametrize("query", [{"max_age": -1}, {"max_age": "nan"}, {"family": "asr"}, {"missing": "perhaps"}])
async def test_queries_that_say_nothing(client: httpx.AsyncClient, box: Sandbox, query: Any) -> None:
    id = await hosted(client, box)
    assert (await client.get(f"/api/v1/credentials/{id}/models", params=query)).status_code == 422
    assert not box.requests()
