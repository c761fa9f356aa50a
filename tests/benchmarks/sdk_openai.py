"""The `openai` SDK's side of a comparison, run by the Python of its own environment."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

from openai import AsyncOpenAI

from tests.benchmarks import calls
from tests.benchmarks.side import Heard, Lane, Speak, serve, shared


@asynccontextmanager
async def speech(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    client = AsyncOpenAI(api_key=calls.OPENAI_KEY, base_url=f"{url}/v1")

    async def speak(heard: Heard) -> None:
        asked: dict[str, Any] = {**calls.OPENAI_SPEECH, "input": calls.TEXT}
        async with client.audio.speech.with_streaming_response.create(**asked) as response:
            async for data in response.iter_bytes():
                heard(data)

    yield shared(speak)


@asynccontextmanager
async def realtime(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    """A connection for one stream after the other."""
    client = AsyncOpenAI(api_key=calls.OPENAI_KEY, websocket_base_url=f"{url.replace('http', 'ws', 1)}/v1")
    session: Any = calls.OPENAI_SESSION
    response: Any = calls.OPENAI_RESPONSE

    @asynccontextmanager
    async def lane() -> AsyncGenerator[Speak]:
        async with client.realtime.connect(model=calls.OPENAI_REALTIME) as connection:
            await connection.session.update(session=session)

            async def speak(heard: Heard) -> None:
                await connection.response.create(response=response)
                async for event in connection:
                    if event.type == "response.output_audio.delta":
                        heard(b64decode(event.delta))
                    elif event.type == "response.done":
                        return

            yield speak

    yield lane


if __name__ == "__main__":
    serve({"openai": speech, "openai-realtime": realtime})
