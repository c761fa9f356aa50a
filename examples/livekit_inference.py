"""LiveKit Inference: one key, many providers' voices; without a key, against the sandbox."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

from modeldeck import Observer, Transport
from modeldeck.credential import LiveKitCredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import LiveKitTTSModel, tts_model

VOICE = "9626c31c-bec5-4cca-baa8-f8ba9e84c8bc"


class Log(Observer):
    def connected(self, call, seconds, reused):
        print(f"  {call.model}: {'a connection that was there' if reused else 'a new connection'}")


async def written() -> AsyncIterator[str]:
    """As a language model writes."""
    for piece in ("你好。", "This goes out ", "sentence by sentence. ", "Each as ", "soon as it ", "is whole."):
        yield piece
        await asyncio.sleep(0.01)


async def one_shot(credential: LiveKitCredential) -> None:
    """A whole text; the voice is behind the model's colon, the provider's own options are parameters."""
    tts = tts_model(f"livekit/cartesia/sonic-3:{VOICE}", {"language": "en", "speed": 1.1}, credential=credential)
    async for chunk in tts.synthesize("Hello from LiveKit Inference."):
        print(f"{len(chunk.audio)} bytes")

    whole = LiveKitTTSModel(credential, f"cartesia/sonic-3:{VOICE}", {"speed": "slow"}, stream=False)
    response = await whole.synthesize("The same, all at once.")
    print(f"{response.duration:.2f} s")


async def conversation(credential: LiveKitCredential, transport: Transport) -> None:
    """Turns over one connection, opened beforehand; an interruption costs the next turn none."""
    timed = {"add_timestamps": True, "fallback": ["inworld/inworld-tts-2:Ashley", {"model": "rime/coda"}]}
    tts = LiveKitTTSModel(credential, f"cartesia/sonic-3:{VOICE}", timed, transport=transport)
    await tts.prewarm()
    async for chunk in tts.stream(written()):
        for word in chunk.timings:
            print(f"{word.start:.2f} {word.text}", end="  ")
    print()
    async with tts.session() as session:
        await session.send("First sentence. Second sentence. Somebody interrupts in the third one.")
        await session.flush()
        await anext(session)
        print("heard:", await session.interrupt(played=1.5))
        await session.send("Yes?")
        await session.flush()
        print("answered:", sum([chunk.samples or 0 async for chunk in session.utterance()]), "samples")

    # What begins from now on, speaks with another voice; no connection is opened for it.
    tts.update_options(voice="a5136bf9-224c-4d76-b823-52bd5efcffcc", language="de", add_timestamps=None)
    async for chunk in tts.synthesize("Und jetzt auf Deutsch."):
        if chunk.is_last:
            print(f"first audio after {chunk.first_audio:.3f} s")


async def main() -> None:
    async with AsyncExitStack() as stack:
        if not os.environ.get("LIVEKIT_API_KEY"):
            sandbox = await stack.enter_async_context(Sandbox())
            os.environ.update(sandbox.environment())
        credential = LiveKitCredential.from_env()
        print(await credential.check())
        for card in credential.list_tts_models()[:3]:
            print(card.name, card.voice_count)
        await one_shot(credential)
        transport = await stack.enter_async_context(Transport(observer=Log()))
        await conversation(credential, transport)

        # Each provider has options of its own; the card of a model has those, and checks them.
        for model, parameters in {
            "deepgram/aura-2:athena": {},
            "rime/coda": {"speed_alpha": 0.9},
            "inworld/inworld-tts-2:Ashley": {"timestamp_type": "WORD", "speaking_rate": 1.2},
        }.items():
            tts = LiveKitTTSModel(credential, model, parameters, stream=False, transport=transport)
            print(f"{tts}: {(await tts.synthesize('Hello.')).duration:.2f} s")


if __name__ == "__main__":
    asyncio.run(main())
