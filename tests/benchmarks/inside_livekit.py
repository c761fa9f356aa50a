"""Both sides inside LiveKit agents, by the Python of that framework's own environment: our adapter, their plugin."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import aiohttp
from livekit.agents import inference, tts
from livekit.plugins import openai

from modeldeck import Transport
from modeldeck.integrations import LiveKitTTS
from tests.benchmarks import calls, own_speech
from tests.benchmarks.side import Client, Heard, Lane, serve, shared


@asynccontextmanager
async def ours(make: own_speech.Make, streamed: bool, url: str) -> AsyncGenerator[Callable[[], Lane]]:
    async with Transport() as transport:
        yield said_by(LiveKitTTS(make(url, transport)), streamed)


@asynccontextmanager
async def openai_plugin(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    asked: dict[str, Any] = dict(calls.OPENAI_SPEECH)
    yield said_by(openai.TTS(api_key=calls.OPENAI_KEY, base_url=f"{url}/v1", **asked), streamed=False)


@asynccontextmanager
async def inference_plugin(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    keys = {"api_key": calls.LIVEKIT_KEY, "api_secret": calls.LIVEKIT_SECRET, "base_url": f"{url}/v1"}
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        theirs = inference.TTS(calls.LIVEKIT_MODEL, voice=calls.LIVEKIT_VOICE, http_session=session, **keys)
        yield said_by(theirs, streamed=True)


def said_by(speaking: tts.TTS, streamed: bool) -> Callable[[], Lane]:
    async def speak(heard: Heard) -> None:
        if streamed:
            stream = speaking.stream()
            stream.push_text(calls.TEXT)
            stream.end_input()
        else:
            stream = speaking.synthesize(calls.TEXT)
        async with stream:
            async for event in stream:
                heard(bytes(event.frame.data))

    return shared(speak)


CLIENTS: dict[str, Client] = {
    "openai": partial(ours, own_speech.openai, False),
    "livekit-turns": partial(ours, own_speech.livekit, True),
    "openai-plugin": openai_plugin,
    "livekit-turns-plugin": inference_plugin,
}


if __name__ == "__main__":
    serve(CLIENTS)
