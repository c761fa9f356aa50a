"""OpenAI's speech, a compatible server, and the Realtime API as a voice; without a key, against the sandbox."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import nullcontext

from modeldeck.credential import OpenAICredential
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import AudioFormat, OpenAIRealtimeTTSModel, OpenAITTSModel

TEXT = "Nothing is in the way of a first chunk."


async def written() -> AsyncIterator[str]:
    """As a language model writes."""
    text = "Each sentence is spoken as soon as it is whole. This one too."
    for word in text.split():
        yield f"{word} "
        await asyncio.sleep(0.01)


async def files(credential: OpenAICredential) -> None:
    tts = OpenAITTSModel(credential, "gpt-4o-mini-tts", {"voice": "marin", "instructions": "Speak calmly."})
    print(await tts.save(TEXT, "calm.mp3"))
    print(await tts.save(TEXT, "calm.wav"))

    events = {"stream_format": "sse", "response_format": "pcm"}  # they tell the tokens
    async for chunk in tts.synthesize(TEXT, **events):
        if chunk.is_last:
            print(chunk.usage)


async def compatible(base_url: str) -> None:
    """Kokoro, Speaches, LocalAI, vLLM …: most want no key; their own parameters are `extra`."""
    credential = OpenAICredential(base_url=base_url, api_key="sk-the-sandbox-wants-one")
    tts = OpenAITTSModel(credential, "tts-1", output=AudioFormat("pcm_s16le", 24000), extra={"lang_code": "a"})
    seconds = sum([chunk.duration or 0 async for chunk in tts.synthesize(TEXT)])
    print(f"{seconds:.2f} s of audio")


async def conversation(credential: OpenAICredential) -> None:
    tts = OpenAIRealtimeTTSModel(credential, parameters={"instructions": "Friendly."})
    async with tts.session() as session:
        await session.feed(written())
        async for chunk in session.utterance():
            if chunk.is_last:  # a Realtime model promises no exact words: this is what it says that it said
                print((chunk.metadata or {}).get("transcript"))
        await session.send("This is a long story, and nobody wants to hear it to its end.")
        await session.flush()
        async for _ in session:
            break
        await session.interrupt()  # response.cancel: the connection stays
        await session.send("Yes?")
        await session.flush()
        print(f"{sum([chunk.duration or 0 async for chunk in session.utterance()]):.2f} s")


async def main() -> None:
    with nullcontext() if os.environ.get("OPENAI_API_KEY") else SandboxProcess() as sandbox:
        if sandbox is not None:
            os.environ.update(sandbox.environment())
        credential = OpenAICredential.from_env()
        print(await credential.check())
        await files(credential)
        await conversation(credential)
        if sandbox is not None:
            await compatible(f"{sandbox.url}/v1")


if __name__ == "__main__":
    asyncio.run(main())
