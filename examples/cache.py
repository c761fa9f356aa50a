"""Speech that is paid for once: on disk, shared by callers at the same time, heard at once the next time."""

from __future__ import annotations

import asyncio
import time

from modeldeck.credential import OpenAICredential
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import OpenAITTSModel, TTSCache, TTSResponse

TEXT = "Welcome! Please listen carefully, as our options have changed."


async def heard(tts: OpenAITTSModel, **options: object) -> TTSResponse:
    """The last response, which says what it cost."""
    begun, last = time.perf_counter(), TTSResponse()
    async for last in tts.synthesize(TEXT, **options):
        if last.audio and begun:
            print(f"  first audio after {(time.perf_counter() - begun) * 1000:.1f} ms")
            begun = 0.0
    return last


async def main() -> None:
    with SandboxProcess() as sandbox:
        credential = OpenAICredential(api_key="sk-anything", base_url=sandbox.url)
        cache = TTSCache("speech-cache", max_bytes=64 << 20, max_age=30 * 86400)  # no folder: in memory
        tts = OpenAITTSModel(credential, "gpt-4o-mini-tts", {"response_format": "pcm"}, cache=cache)

        for _ in range(2):
            last = await heard(tts)
            print(last.metadata and last.metadata["cache"], last.usage)

        await asyncio.gather(*(heard(tts, instructions="Cheerful.") for _ in range(3)))  # one request for all three
        await heard(tts, cache="renew")  # speak anew, and keep that
        await heard(tts, cache=False)
        print(cache.counts, f"{len(sandbox.requests())} requests went out")
        await tts.transport.aclose()


if __name__ == "__main__":
    asyncio.run(main())
