"""Azure's voices: plain text, SSML, streamed text; without a key, against the sandbox."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import nullcontext

from modeldeck import Transport
from modeldeck.credential import AzureCredential
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import AudioFormat, AzureRealtimeTTSModel, AzureTTSModel

SSML = """<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">
<voice name="en-US-AvaMultilingualNeural">Good morning! <break time="300ms"/></voice>
<voice name="zh-CN-XiaoxiaoNeural">早上好！</voice>
</speak>"""


async def written() -> AsyncIterator[str]:
    """As a language model writes."""
    text = "Text goes out while it is written. Audio comes back at once."
    for word in text.split():
        yield f"{word} "
        await asyncio.sleep(0.01)


async def main() -> None:
    with nullcontext() if os.environ.get("AZURE_SPEECH_KEY") else SandboxProcess() as sandbox:
        if sandbox is not None:
            os.environ.update(sandbox.environment())
        credential = AzureCredential.from_env()
        print(await credential.check())

        async with Transport() as transport:  # one connection for all that follows on the same wire
            settings = {"voice": "en-US-JennyNeural", "style": "cheerful", "rate": "+10%"}
            tts = AzureTTSModel(credential, parameters=settings, transport=transport)
            async for chunk in tts.synthesize("Plain text, <escaped> & spoken cheerfully."):
                for word in chunk.timings:
                    print(f"  {word.start:5.2f} s {word.text}")

            saved = await tts.save("The same as a file.", "azure.mp3")
            print(f"{saved.path}: {saved.bytes:,} bytes")

            telephone = AzureTTSModel(
                credential, parameters={"ssml": True}, stream=False, output=AudioFormat("mulaw", 8000)
            )
            answer = await telephone.synthesize(SSML)
            print(f"two voices for a telephone: {len(answer.audio):,} bytes of {answer.format}")

            live = AzureRealtimeTTSModel(credential, parameters={"voice": settings["voice"]}, transport=transport)
            seconds = 0.0
            async for chunk in live.stream(written()):
                seconds += chunk.duration or 0
            print(f"{seconds:.2f} s of audio")


if __name__ == "__main__":
    asyncio.run(main())
