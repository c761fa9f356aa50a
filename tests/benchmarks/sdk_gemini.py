"""The `google-genai` SDK's side of a comparison, run by the Python of its own environment."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from google import genai

from tests.benchmarks import calls
from tests.benchmarks.side import Heard, Lane, serve, shared


@asynccontextmanager
async def streaming(url: str) -> AsyncGenerator[Callable[[], Lane]]:
    client = genai.Client(api_key=calls.GEMINI_KEY, http_options={"base_url": url})
    voice = {"voice_config": {"prebuilt_voice_config": {"voice_name": calls.GEMINI_VOICE}}}
    config = {"response_modalities": ["AUDIO"], "speech_config": voice}

    async def speak(heard: Heard) -> None:
        answer = await client.aio.models.generate_content_stream(
            model=calls.GEMINI_MODEL, contents=calls.TEXT, config=config
        )
        async for chunk in answer:
            for candidate in chunk.candidates or ():
                for part in (candidate.content and candidate.content.parts) or ():
                    if part.inline_data is not None:
                        heard(part.inline_data.data)

    yield shared(speak)


if __name__ == "__main__":
    serve({"gemini": streaming})
