"""Speech that goes on when a provider does not: the next model speaks, and the first one is brought back later.

Without keys it runs against the sandbox, which can be told to fail.
"""

from __future__ import annotations

import asyncio
import os

from modeldeck import Call, Observer, Timeouts, Transport
from modeldeck.errors import AllModelsFailedError, ModelDeckError
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import AudioFormat, FallbackTTSModel, Recovery, tts_model

TEXT = "Somebody always has something to say."


class Log(Observer):
    def fallback(self, call: Call, error: ModelDeckError) -> None:
        print(f"  {call.provider} is left: {type(error).__name__}")


def voices(transport: Transport) -> FallbackTTSModel:
    quick = Timeouts(connect=2, first_audio=3)
    return FallbackTTSModel(
        [
            tts_model("dashscope/qwen3-tts-flash:Cherry", transport=transport, timeouts=quick),
            tts_model("azure/neural:en-US-AvaMultilingualNeural", transport=transport, timeouts=quick),
        ],
        output=AudioFormat("wav", 24000),  # whoever speaks; what differs is converted (extra "audio")
        recovery=Recovery(pause=0.2),  # seconds; ten unless told
    )


async def main() -> None:
    with SandboxProcess() as dashscope, SandboxProcess() as azure:
        os.environ.update(dashscope.environment())
        os.environ.update({name: value for name, value in azure.environment().items() if "AZURE" in name})
        async with Transport(observer=Log()) as transport:
            tts = voices(transport)
            print(await tts.save(TEXT, "first.wav"))

            dashscope.arm("status=503")
            async for chunk in tts.synthesize(TEXT):
                if chunk.is_last and chunk.metadata:
                    print(chunk.metadata["fallback"])

            dashscope.arm()
            await asyncio.sleep(0.3)
            async with tts.session() as session:  # a conversation: each utterance by one of them
                await session.send("And now? ")
                await session.flush()
                async for chunk in session.utterance():
                    if chunk.is_last and chunk.metadata:
                        print(chunk.metadata["fallback"]["model"], "is back")

            dashscope.arm("silence")
            azure.arm("error")
            try:
                await tts.save(TEXT, "none.wav", timeouts=Timeouts(first_audio=0.2))
            except AllModelsFailedError as error:
                print(error)
            for standing in tts.standings:
                print(f"  {standing.model}: {standing.failures} failure(s), rests {standing.resting:.1f} s")


if __name__ == "__main__":
    asyncio.run(main())
