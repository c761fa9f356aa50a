"""A conversation over DashScope's realtime wire; without a key, against the sandbox."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import nullcontext

from modeldeck import Observer, Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import DashScopeCosyVoiceRealtimeTTSModel, DashScopeRealtimeTTSModel


class Log(Observer):
    def connected(self, call, seconds, reused):
        print(f"  {call.model}: {'a connection that was there' if reused else 'a new connection'}")

    def first_audio(self, call, seconds):
        print(f"  {call.model}: first audio")


async def written() -> AsyncIterator[str]:
    """As a language model writes."""
    text = "Text goes out while it is written. Audio comes back at once."
    for word in text.split():
        yield f"{word} "
        await asyncio.sleep(0.01)


async def main() -> None:
    with nullcontext() if os.environ.get("DASHSCOPE_API_KEY") else SandboxProcess() as sandbox:
        if sandbox is not None:
            os.environ.update(sandbox.environment())
        credential = DashScopeCredential.from_env()
        print(await credential.check())

        async with Transport(observer=Log()) as transport:
            tts = DashScopeRealtimeTTSModel(credential, parameters={"voice": "Cherry"}, transport=transport)
            seconds = 0.0
            async for chunk in tts.stream(written()):
                seconds += chunk.duration or 0
            print(f"{seconds:.2f} s of audio")

            settings = {"format": "pcm", "sample_rate": 24000, "word_timestamp_enabled": True}
            tts = DashScopeCosyVoiceRealtimeTTSModel(credential, "cosyvoice-v3-flash", settings, transport=transport)
            async with tts.session() as session:
                await session.send("First sentence. Second sentence. Somebody interrupts in the third one.")
                await session.flush()
                seconds = 0.0
                async for chunk in session:
                    seconds += chunk.duration or 0
                    if chunk.is_last:
                        break
                print("heard:", await session.interrupt(played=2.5))
                await session.send("Yes?")
                await session.flush()
                seconds = sum([chunk.duration or 0 async for chunk in session.utterance()])
                print(f"answered: {seconds:.2f} s")


if __name__ == "__main__":
    asyncio.run(main())
