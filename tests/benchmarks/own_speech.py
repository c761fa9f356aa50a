"""Our side of a comparison of the providers' wires; a script, see side.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

from modeldeck import Transport
from modeldeck.credential import AzureCredential, GeminiCredential, LiveKitCredential, OpenAICredential
from modeldeck.tts import (
    AzureRealtimeTTSModel,
    AzureTTSModel,
    FallbackTTSModel,
    GeminiTTSModel,
    LiveKitTTSModel,
    OpenAIRealtimeTTSModel,
    OpenAITTSModel,
)
from tests.benchmarks import calls
from tests.benchmarks.side import Client, Heard, Lane, serve, shared

Make = Callable[[str, Transport], Any]  # a model


def openai(url: str, transport: Transport) -> OpenAITTSModel:
    credential = OpenAICredential(api_key=calls.OPENAI_KEY, base_url=f"{url}/v1")
    asked = dict(calls.OPENAI_SPEECH)
    return OpenAITTSModel(credential, asked.pop("model"), asked, transport=transport)


def openai_realtime(url: str, transport: Transport) -> OpenAIRealtimeTTSModel:
    credential = OpenAICredential(api_key=calls.OPENAI_KEY, base_url=f"{url}/v1")
    return OpenAIRealtimeTTSModel(credential, calls.OPENAI_REALTIME, transport=transport)


def gemini(url: str, transport: Transport) -> GeminiTTSModel:
    credential = GeminiCredential(api_key=calls.GEMINI_KEY, base_url=url)
    return GeminiTTSModel(credential, calls.GEMINI_MODEL, {"voice": calls.GEMINI_VOICE}, transport=transport)


def azure(url: str, transport: Transport) -> AzureTTSModel:
    credential = AzureCredential(api_key=calls.AZURE_KEY, base_url=url)
    return AzureTTSModel(
        credential, parameters={"voice": calls.AZURE_VOICE, "word_timestamps": False}, transport=transport
    )


def azure_realtime(url: str, transport: Transport) -> AzureRealtimeTTSModel:
    credential = AzureCredential(api_key=calls.AZURE_KEY, base_url=url)
    return AzureRealtimeTTSModel(
        credential, parameters={"voice": calls.AZURE_VOICE, "word_timestamps": False}, transport=transport
    )


def livekit(url: str, transport: Transport) -> LiveKitTTSModel:
    credential = LiveKitCredential(api_key=calls.LIVEKIT_KEY, api_secret=calls.LIVEKIT_SECRET, base_url=url)
    return LiveKitTTSModel(credential, calls.LIVEKIT_MODEL, {"voice": calls.LIVEKIT_VOICE}, transport=transport)


def livekit_fallback(url: str, transport: Transport) -> FallbackTTSModel:
    return FallbackTTSModel([livekit(url, transport), livekit(url, transport)])


@asynccontextmanager
async def whole(make: Make, url: str) -> AsyncGenerator[Callable[[], Lane]]:
    """Calls of one model."""
    async with Transport() as transport:
        model = make(url, transport)

        async def speak(heard: Heard) -> None:
            async with aclosing(model.synthesize(calls.TEXT)) as speech:
                async for increment in speech:
                    heard(increment.audio)

        yield shared(speak)


@asynccontextmanager
async def turns(make: Make, url: str) -> AsyncGenerator[Callable[[], Lane]]:
    """Sessions of one model, each with one utterance."""
    async with Transport() as transport:
        model = make(url, transport)

        async def speak(heard: Heard) -> None:
            async with model.session() as session:
                await session.send(calls.TEXT)
                await session.end()
                async for increment in session:
                    heard(increment.audio)

        yield shared(speak)


@asynccontextmanager
async def written(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    """Text that is still being written, each in a session of its own."""
    async with Transport() as transport:
        model = livekit(url, transport)

        async def speak(heard: Heard) -> None:
            async with model.session() as session:

                async def write() -> None:
                    for token in calls.TOKENS:
                        await session.send(token)
                        await asyncio.sleep(calls.PACE)
                    await session.end()

                writing = asyncio.create_task(write())
                async for increment in session:
                    heard(increment.audio)
                await writing

        yield shared(speak)


@asynccontextmanager
async def interrupted(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    """A barge-in ends each stream with its first audio."""
    async with Transport() as transport, livekit(url, transport).session() as session:

        async def speak(heard: Heard) -> None:
            await session.send(calls.TEXT)
            await session.flush()
            heard((await anext(session)).audio)
            await session.interrupt()

        yield shared(speak)


CLIENTS: dict[str, Client] = {
    "openai": partial(whole, openai),
    "openai-realtime": partial(whole, openai_realtime),
    "gemini": partial(whole, gemini),
    "azure": partial(whole, azure),
    "azure-realtime": partial(whole, azure_realtime),
    "livekit": partial(whole, livekit),
    "livekit-fallback": partial(whole, livekit_fallback),
    "livekit-turns": partial(turns, livekit),
    "livekit-written": written,
    "livekit-interrupted": interrupted,
}

if __name__ == "__main__":
    serve(CLIENTS)
