"""What the Realtime voice does beside what all realtime classes do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from modeldeck import Transport
from modeldeck._wire.acts import Send
from modeldeck.credential import OpenAICredential
from modeldeck.errors import AuthenticationError, ModelNotFoundError, ProviderError
from modeldeck.providers.openai.wire.realtime import RealtimeServer, Respond, Response
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AudioFormat, OpenAIRealtimeTTSModel, TTSResponse
from modeldeck.tts.session import Session

LONG = "This sentence is a rather long one. " * 30


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        yield sandbox


def voice(url: str, model: str = "gpt-realtime-2.1-mini", **options: Any) -> OpenAIRealtimeTTSModel:
    return OpenAIRealtimeTTSModel(OpenAICredential(api_key="sk-1", base_url=url), model, enforce="off", **options)


def said(box: Sandbox) -> list[list[str]]:
    """By connection, what was to be spoken."""
    found: list[list[str]] = []
    for one in box.requests():
        frames = [json.loads(str(frame)) for frame in one["frames"]]
        creates = [frame["response"]["input"][0] for frame in frames if frame["type"] == "response.create"]
        found.append([item["content"][0]["text"] for item in creates])
    return found


async def heard(talk: Session) -> list[TTSResponse]:
    return [part async for part in talk.utterance()]


async def test_a_whole_text_is_one_response(box: Sandbox) -> None:
    async with Transport() as transport:
        async for _ in voice(box.url, transport=transport).synthesize("One. Two is longer. Three"):
            pass
    assert said(box) == [["One. Two is longer. Three"]]


async def test_a_long_text_is_cut_between_sentences(box: Sandbox) -> None:
    async with Transport() as transport:
        async for _ in voice(box.url, transport=transport).synthesize(LONG):
            pass
    (texts,) = said(box)
    assert len(texts) == 2
    assert "".join(texts) == LONG
    assert all(len(text) <= 600 for text in texts)


async def test_sentences_leave_as_they_come(box: Sandbox) -> None:
    async with Transport() as transport, voice(box.url, transport=transport).session() as talk:
        await talk.send("The first sentence. And")
        increments = aiter(talk)
        await anext(increments)
        assert [texts for texts in said(box) if texts] == [["The first sentence."]]
        await talk.send(" the second one. The third")
        await talk.flush()
        async for part in increments:
            if part.is_last:
                break
    spoken = next(texts for texts in said(box) if texts)
    assert "".join(spoken) == "The first sentence. And the second one. The third"


async def test_several_utterances_over_one_connection(box: Sandbox) -> None:
    async with Transport() as transport, voice(box.url, transport=transport).session() as talk:
        for text in ("One.", "Two."):
            await talk.send(text)
            await talk.flush()
            parts = await heard(talk)
            assert parts[-1].usage is not None
            assert parts[-1].usage.input_tokens == 1
    assert [texts for texts in said(box) if texts] == [["One.", "Two."]]


async def test_an_interruption_is_cancelled_and_the_connection_speaks_on(box: Sandbox) -> None:
    async with Transport() as transport:
        tts = voice(box.url, "gpt-realtime-2.1-mini!slow=0.05;after=1", transport=transport)
        for text in (LONG, "On."):
            increments = tts.synthesize(text)
            assert (await anext(increments)).audio
            await increments.aclose()
    (one,) = box.requests()
    types = [json.loads(str(frame))["type"] for frame in one["frames"]]
    assert types[:4] == ["session.update", "response.create", "response.cancel", "response.create"]


async def test_settings_are_the_connection_s(box: Sandbox) -> None:
    async with Transport() as transport:
        for options in ({"voice": "cedar"}, {"voice": "marin"}, {"voice": "cedar"}):
            async for _ in voice(box.url, transport=transport, parameters=options).synthesize("Hello."):
                pass
    assert said(box) == [["Hello.", "Hello."], ["Hello."]]


async def test_another_style_is_told_to_the_same_connection(box: Sandbox) -> None:
    events: list[Any] = []
    async with Transport() as transport:
        for style in ("calm", "calm", "angry"):
            tts = voice(box.url, transport=transport, parameters={"instructions": style}, on_event=events.append)
            async for _ in tts.synthesize("Hello."):
                pass
    (one,) = box.requests()
    frames = [json.loads(str(frame)) for frame in one["frames"]]
    updates = [frame["session"] for frame in frames if frame["type"] == "session.update"]
    assert [update["instructions"].rpartition(": ")[2] for update in updates] == ["calm", "angry"]
    assert updates[1].keys() == {"type", "instructions"}
    assert sum(event["type"] == "session.updated" for event in events) == 2


async def test_extra_goes_deep(box: Sandbox) -> None:
    extra = {"audio": {"input": {"noise_reduction": None}}}
    async for _ in voice(box.url, parameters={"voice": "cedar"}, extra=extra).synthesize("Hello."):
        pass
    (one,) = box.requests()
    audio = json.loads(str(one["frames"][0]))["session"]["audio"]
    assert audio["output"] == {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "cedar"}
    assert audio["input"] == {"turn_detection": None, "noise_reduction": None}


async def test_clear_takes_back_what_waits_for_its_turn(box: Sandbox) -> None:
    model = "gpt-realtime-2.1-mini!slow=0.01"
    async with Transport() as transport, voice(box.url, model, transport=transport).session() as talk:
        await talk.send("The first sentence. And")
        increments = aiter(talk)
        await anext(increments)
        await talk.send(" the second one. The third")
        await talk.clear()
        await talk.flush()
        async for part in increments:
            if part.is_last:
                break
    assert [texts for texts in said(box) if texts] == [["The first sentence."]]


@pytest.mark.parametrize(
    ("key", "model", "error"),
    [("sk-invalid", "gpt-realtime-2.1-mini", AuthenticationError), ("sk-1", "gpt-9", ModelNotFoundError)],
)
async def test_refusals_after_the_handshake(box: Sandbox, key: str, model: str, error: type[Exception]) -> None:
    tts = OpenAIRealtimeTTSModel(OpenAICredential(api_key=key, base_url=box.url), model, stream=False)
    with pytest.raises(error):
        await tts.synthesize("Hello.")
    with pytest.raises(error):
        await tts.prewarm()
    assert len(box.requests()) == 2  # one each: nothing is tried again


async def test_what_the_model_says_that_it_said_is_told(box: Sandbox) -> None:
    whole = await voice(box.url, stream=False).synthesize("Hello.")
    assert whole.metadata is not None
    assert whole.metadata["transcript"] == "Hello."
    async with voice(box.url).session() as talk:
        for _ in range(2):
            await talk.send("One here. Two there.")
            await talk.flush()
            *_, last = [part async for part in talk.utterance()]
            assert last.metadata is not None
            assert last.metadata["transcript"] == "One here. Two there."


@asynccontextmanager
async def own_server(respond: Callable[[Response], list[str]]) -> AsyncIterator[str]:
    """A Realtime server whose responses are made by `respond`."""

    async def talk(socket: ServerConnection) -> None:
        one = RealtimeServer("gpt", ("marin",))
        acts = one.opening()
        while True:
            for act in acts:
                match act:
                    case Send():
                        await socket.send(act.frame)
                    case Respond():
                        for frame in respond(act.response):
                            await socket.send(frame)
                        one.over(act.response)
                    case _:
                        raise AssertionError(act)
            acts = one.receive(await socket.recv())

    async with serve(talk, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


def failing(response: Response) -> list[str]:
    return [*response.begin(), response.failed("server_error", "sorry")]


@pytest.mark.parametrize(
    "options", [{"output": AudioFormat("mulaw", 8000)}, {"parameters": {"format": "pcmu", "voice": "marin"}}]
)
async def test_telephone_audio(box: Sandbox, options: dict[str, Any]) -> None:
    spoken = await voice(box.url, stream=False, **options).synthesize("Hello.")
    assert (spoken.format, len(spoken.audio)) == (AudioFormat("mulaw", 8000), 6 * 480)


async def test_a_response_that_fails_is_an_error() -> None:
    async with own_server(failing) as url:
        with pytest.raises(ProviderError, match="sorry"):
            await voice(url, stream=False, max_retries=0).synthesize("Hello.")
