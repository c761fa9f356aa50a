"""The emulator over sockets: what the conformance matrix and the SDK's judge do not look at."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from modeldeck.sandbox import Sandbox
from tests.wire.openai import golden

KEY = {"authorization": "Bearer sk-test"}
MODEL = "/v1/realtime?model=gpt-realtime-2.1-mini"


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
async def client(box: Sandbox) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=box.url, trust_env=False, headers=KEY) as made:
        yield made


def dial(box: Sandbox, path: str = MODEL, headers: dict[str, str] = KEY) -> connect:
    url = box.url.replace("http", "ws", 1) + path
    return connect(url, additional_headers=headers, compression=None, max_size=None, proxy=None)


async def until(socket: ClientConnection, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while not found or found[-1]["type"] != kind:
        found.append(json.loads(await socket.recv()))
    return found


def asked(model: str = "gpt-4o-mini-tts", **more: Any) -> dict[str, Any]:
    return {"model": model, "input": "Hello there.", "voice": "alloy", "response_format": "pcm", **more}


@pytest.mark.parametrize("end", ["", "/"])
async def test_paths_with_and_without_a_last_slash(client: httpx.AsyncClient, end: str) -> None:
    answer = await client.post(f"/v1/audio/speech{end}", json=asked())
    assert (answer.status_code, len(answer.content)) == (200, 12 * 2880)
    assert answer.headers["x-request-id"].startswith("req_")
    models = (await client.get(f"/v1/models{end}")).json()
    assert models["object"] == "list"
    assert "tts-1" in [one["id"] for one in models["data"]]


async def test_golden_requests(client: httpx.AsyncClient) -> None:
    for body in (golden.SDK_SPEECH, golden.SDK_OWN_VOICE):
        answer = await client.post("/v1/audio/speech", content=body.encode())
        assert (answer.status_code, answer.headers["content-type"]) == (200, "audio/pcm")


@pytest.mark.parametrize(
    ("headers", "code"), [({}, None), ({"authorization": "Bearer sk-invalid"}, "invalid_api_key"), ({"x": "y"}, None)]
)
async def test_keys(box: Sandbox, headers: dict[str, str], code: str | None) -> None:
    async with httpx.AsyncClient(base_url=box.url, trust_env=False, headers=headers) as client:
        for answer in (await client.get("/v1/models"), await client.post("/v1/audio/speech", json=asked())):
            assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)


async def test_what_cannot_be_encoded(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/audio/speech", json=asked(response_format="aac"))
    assert answer.status_code == 400
    assert "no encoder for aac" in answer.json()["error"]["message"]


async def test_an_error_before_a_file_is_a_status(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/audio/speech", json=asked("gpt-4o-mini-tts!error=rate_limit_exceeded"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "rate_limit_exceeded")


async def test_an_error_in_a_file_breaks_it_off(client: httpx.AsyncClient) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post("/v1/audio/speech", json=asked("gpt-4o-mini-tts!error;after=1"))


async def test_an_error_among_events_is_one(client: httpx.AsyncClient) -> None:
    answer = await client.post("/v1/audio/speech", json=asked("gpt-4o-mini-tts!error;after=1", stream_format="sse"))
    *_, last = answer.text.strip().split("\n\n")
    assert json.loads(last.removeprefix("data: "))["error"]["code"] == "server_error"


async def test_a_handshake_that_is_to_fail(box: Sandbox) -> None:
    with pytest.raises(InvalidStatus) as caught:
        async with dial(box, f"{MODEL}%21status=503;retry-after=2"):
            pass
    assert caught.value.response.status_code == 503
    assert caught.value.response.headers["retry-after"] == "2"


async def test_golden_frames_of_a_session(box: Sandbox) -> None:
    async with dial(box) as socket:
        await until(socket, "session.created")
        await socket.send(golden.SDK_UPDATE)
        await until(socket, "session.updated")
        await socket.send(golden.SDK_CREATE)
        events = await until(socket, "rate_limits.updated")
        await socket.send(golden.SDK_CANCEL)
        (refused,) = await until(socket, "error")
    assert events[-2]["response"]["status"] == "completed"
    assert refused["error"]["code"] == "response_cancel_not_active"


async def test_a_session_without_a_model(box: Sandbox) -> None:
    async with dial(box, "/v1/realtime") as socket:
        (refused,) = await until(socket, "error")
        with pytest.raises(ConnectionClosed) as caught:
            await socket.recv()
    assert refused["error"]["code"] == "missing_model"
    assert caught.value.rcvd is not None
    assert caught.value.rcvd.code == 4000
