"""What clients of OpenAI's API are told of models and voices."""

from __future__ import annotations

import httpx

from tests.server.speech.caller import Caller


async def ids(client: httpx.AsyncClient) -> list[str]:
    answer = await client.get("/v1/models")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["object"] == "list"
    for one in found["data"]:
        assert one.keys() == {"id", "object", "created", "owned_by"}
        assert (one["object"], one["id"].partition("/")[0]) == ("model", one["owned_by"])
        assert isinstance(one["created"], int)
    return [one["id"] for one in found["data"]]


async def test_the_models_that_credentials_open(client: httpx.AsyncClient, caller: Caller) -> None:
    found = await ids(client)
    assert {one.partition("/")[0] for one in found} == {"azure", "dashscope", "local", "openai"}
    every = (await client.get("/api/v1/models?limit=1000&family=tts")).json()["models"]
    assert found == [one["ref"] for one in every if one["provider"] not in ("gemini", "livekit")]


async def test_before_there_is_a_credential(client: httpx.AsyncClient) -> None:
    assert await ids(client) == ["local/espeak-ng"]


async def test_unchanged_is_not_sent_again(caller: Caller, client: httpx.AsyncClient) -> None:
    for path in ("/v1/models", "/v1/audio/voices", "/v1/audio/voices?model=local/espeak-ng"):
        answer = await client.get(path)
        again = await client.get(path, headers={"If-None-Match": answer.headers["etag"]})
        assert (answer.status_code, again.status_code, again.content) == (200, 304, b"")


async def test_one_model(client: httpx.AsyncClient) -> None:
    for model in ("openai/tts-1", "openai%2Ftts-1", "tts-1"):
        answer = await client.get(f"/v1/models/{model}")
        assert answer.json() | {"created": 0} == {
            "id": "openai/tts-1",
            "object": "model",
            "created": 0,
            "owned_by": "openai",
        }
    answer = await client.get("/v1/models/xai/tts-1")  # a name with a slash, of the gateway that has it
    assert answer.json()["id"] == "livekit/xai/tts-1"
    answer = await client.get("/v1/models/openai/tts-9")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")


async def test_voices(caller: Caller, client: httpx.AsyncClient) -> None:
    found = (await client.get("/v1/audio/voices", params={"model": "dashscope/qwen3-tts-flash"})).json()["voices"]
    cherry = next(one for one in found if one["id"] == "Cherry")
    assert cherry["gender"] == "female"
    assert {one["model"] for one in found} == {"dashscope/qwen3-tts-flash"}
    every = (await client.get("/v1/audio/voices")).json()["voices"]
    assert {one["model"].partition("/")[0] for one in every} == {"azure", "dashscope", "local", "openai"}
    assert (await client.get("/v1/audio/voices?model=nothing")).status_code == 404


async def test_for_nobody(client: httpx.AsyncClient) -> None:
    del client.headers["Authorization"]
    for path in ("/v1/models", "/v1/models/tts-1", "/v1/audio/voices"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")
