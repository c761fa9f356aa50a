"""What is streamed is not collected, ends when its client leaves, and never ends early without saying so."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import AsyncGenerator
from typing import Any, ClassVar, Literal

import httpx
import pytest
from pydantic import BaseModel

from modeldeck.credential import CredentialBase, CredentialFactory
from modeldeck.message import AudioBlock, Base64Source
from modeldeck.server.run import Running
from modeldeck.tts import TTSModelBase, TTSResponse, TTSUsage
from tests.server.speech.caller import PATIENCE, QWEN, TEXT, WHOLE, Caller, body, samples

MODELS = (QWEN, "azure/neural", "openai/tts-1", "dashscope/qwen3-tts-flash-realtime")
MANY = 100


async def ended() -> None:
    """Until no task speaks any more."""
    async with asyncio.timeout(PATIENCE):
        while [task for task in asyncio.all_tasks() if task.get_name().startswith("modeldeck speech")]:
            await asyncio.sleep(0)


async def read(caller: Caller, into: bytearray, model: str, **fields: Any) -> None:
    async with caller.stream(model, **fields) as answer:
        assert answer.status_code == 200
        async for chunk in answer.aiter_raw():
            into += chunk


@pytest.mark.parametrize("model", MODELS)
async def test_the_first_chunk_comes_before_the_last_is_made(caller: Caller, model: str) -> None:
    """The provider falls silent after its first chunk; the client has the first, and leaves."""
    caller.box.arm("silence;after=1")
    async with caller.stream(model) as answer:
        assert answer.status_code == 200
        assert samples(await anext(answer.aiter_raw())) > 0
        assert caller.box._peers
    await caller.left_alone()
    await ended()


@pytest.mark.parametrize("model", MODELS)
async def test_who_leaves_before_the_first_chunk(caller: Caller, model: str) -> None:
    caller.box.arm("silence")
    asked = asyncio.create_task(caller.speak(model))
    async with asyncio.timeout(PATIENCE):
        while not any(one["status"] or one["frames"] or one["body"] for one in caller.box.requests()):
            await asyncio.sleep(0)
    asked.cancel()
    await asyncio.wait([asked])
    await caller.left_alone()
    await ended()


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("fault", ["cut;after=1", "error=Broken;after=1"])
async def test_a_broken_stream_is_cut(caller: Caller, model: str, fault: str) -> None:
    caller.box.arm(fault)
    came = bytearray()
    with pytest.raises(httpx.RemoteProtocolError):
        await read(caller, came, model)
    assert 0 < samples(bytes(came)) < WHOLE
    await ended()


async def test_a_broken_stream_of_events_says_why(caller: Caller) -> None:
    came = bytearray()
    with pytest.raises(httpx.RemoteProtocolError):
        await read(caller, came, f"{QWEN}!cut;after=2", stream_format="sse")
    *deltas, last = came.decode().strip().split("\n\n")
    assert all("speech.audio.delta" in delta for delta in deltas)
    name, data = last.split("\n")
    assert name == "event: error"
    assert json.loads(data.removeprefix("data: "))["error"]["code"] == "ConnectionFailedError"


async def test_many_streams_at_once(caller: Caller) -> None:
    limits = httpx.Limits(max_connections=MANY)
    headers = caller.client.headers
    async with httpx.AsyncClient(
        base_url=caller.running.url, headers=headers, limits=limits, trust_env=False, timeout=PATIENCE
    ) as client:
        asked = [client.post("/v1/audio/speech", json=body(MODELS[n % len(MODELS)], TEXT)) for n in range(MANY)]
        for answer in await asyncio.gather(*asked):
            assert answer.status_code == 200, answer.text
            assert samples(answer.content) == WHOLE
    await ended()


async def test_long_speech_never_sits_in_memory(caller: Caller) -> None:
    text, size = "Many words are spoken here. " * 400, 0
    assert (await caller.speak("local/espeak-ng")).status_code == 200
    tracemalloc.start()
    try:
        async with caller.stream("local/espeak-ng", text) as answer:
            async for chunk in answer.aiter_raw():
                size += len(chunk)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size > 20_000_000
    assert most < 8_000_000


async def test_who_does_not_read_is_waited_for(caller: Caller) -> None:
    """All of it is there when the client comes back, in order."""
    async with caller.stream("openai/tts-1", "x" * 4096) as answer:
        chunks = answer.aiter_raw()
        came = await anext(chunks)
        assert (await caller.speak()).status_code == 200
        async for chunk in chunks:
            came += chunk
    assert samples(came) == 4096 * 1440


# -- classes that answer by themselves


class AcmeTTS(TTSModelBase[Any]):
    """As a provider's author writes it who knows nothing of formats."""

    provider: ClassVar[str] = "acme"

    class Parameters(BaseModel):
        voice: str = "default"

    type: Literal["acme_tts"] = "acme_tts"
    media_type: ClassVar[str] = "audio/pcm;rate=24000"
    parts: ClassVar[int] = 4

    async def synthesize(self, text: str | None = None, **kwargs: Any) -> AsyncGenerator[TTSResponse, None]:
        async def increments() -> AsyncGenerator[TTSResponse, None]:
            for number in range(self.parts):
                usage = TTSUsage(input_tokens=3, output_tokens=4) if number == self.parts - 1 else None
                source = Base64Source(data="AAABAAIA" * 1000, media_type=self.media_type)
                yield TTSResponse(AudioBlock(source=source), is_last=usage is not None, usage=usage)

        return increments()


class AcmeCredential(CredentialBase):
    type: Literal["acme_credential"] = "acme_credential"

    @classmethod
    def get_tts_model_classes(cls) -> list[type[TTSModelBase[Any]]]:
        return [AcmeTTS]


@pytest.fixture
def acme() -> None:
    """Taken out again by the fixture of all server tests."""
    CredentialFactory.register_credential(AcmeCredential)


@pytest.mark.parametrize(
    ("format", "type", "size"), [("pcm", "audio/pcm;rate=24000", 24000), ("wav", "audio/wav", 24044)]
)
async def test_a_class_of_its_own(
    acme: None, running: Running, client: httpx.AsyncClient, format: str, type: str, size: int
) -> None:
    await client.post("/api/v1/credentials", json={"data": {"type": "acme_credential"}})
    answer = await client.post("/v1/audio/speech", json=body("acme/any", TEXT, response_format=format))
    assert answer.status_code == 200, answer.text
    assert (answer.headers["content-type"], len(answer.content)) == (type, size)
    events = await client.post("/v1/audio/speech", json=body("acme/any", TEXT, stream_format="sse"))
    assert '"total_tokens": 7' in events.text


async def test_a_class_of_its_own_is_converted(acme: None, client: httpx.AsyncClient) -> None:
    await client.post("/api/v1/credentials", json={"data": {"type": "acme_credential"}})
    answer = await client.post("/v1/audio/speech", json=body("acme/any", TEXT, response_format="flac"))
    assert (answer.headers["content-type"], answer.content[:4]) == ("audio/flac", b"fLaC")
    answer = await client.post("/v1/audio/speech", json=body("acme/any", TEXT, response_format="aac"))
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "response_format")
