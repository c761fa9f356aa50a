"""The side of `livekit-agents` in a comparison, run by the Python of its own environment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import aiohttp
from livekit.agents import inference, tts

from tests.benchmarks import calls
from tests.benchmarks.side import Heard, Lane, serve, shared


@asynccontextmanager
async def model(url: str) -> AsyncGenerator[inference.TTS]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        yield inference.TTS(
            calls.LIVEKIT_MODEL,
            voice=calls.LIVEKIT_VOICE,
            base_url=f"{url}/v1",
            api_key=calls.LIVEKIT_KEY,
            api_secret=calls.LIVEKIT_SECRET,
            http_session=session,
        )


@asynccontextmanager
async def streaming(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    async with model(url) as speaker:

        async def speak(heard: Heard) -> None:
            async with speaker.stream() as stream:
                stream.push_text(calls.TEXT)
                stream.end_input()
                async for event in stream:
                    heard(bytes(event.frame.data))

        yield shared(speak)


@asynccontextmanager
async def fallback(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    """A FallbackAdapter around two of them."""
    async with model(url) as one, model(url) as other:
        adapter = tts.FallbackAdapter([one, other])

        async def speak(heard: Heard) -> None:
            async with adapter.stream() as stream:
                stream.push_text(calls.TEXT)
                stream.end_input()
                async for event in stream:
                    heard(bytes(event.frame.data))

        yield shared(speak)


@asynccontextmanager
async def written(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    """Text that is still being written."""
    async with model(url) as speaker:

        async def speak(heard: Heard) -> None:
            async with speaker.stream() as stream:

                async def write() -> None:
                    for token in calls.TOKENS:
                        stream.push_text(token)
                        await asyncio.sleep(calls.PACE)
                    stream.end_input()

                writing = asyncio.create_task(write())
                async for event in stream:
                    heard(bytes(event.frame.data))
                await writing

        yield shared(speak)


@asynccontextmanager
async def interrupted(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    """A barge-in ends each stream with its first audio."""
    async with model(url) as speaker:

        async def speak(heard: Heard) -> None:
            async with speaker.stream() as stream:
                stream.push_text(calls.TEXT)
                stream.end_input()
                async for event in stream:
                    heard(bytes(event.frame.data))
                    return

        yield shared(speak)


if __name__ == "__main__":
    serve(
        {
            "livekit": streaming,
            "livekit-fallback": fallback,
            "livekit-turns": streaming,
            "livekit-written": written,
            "livekit-interrupted": interrupted,
        }
    )
