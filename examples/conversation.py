"""Text goes in while audio comes out, and the listener interrupts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from modeldeck.tts import tts_model


async def written_slowly() -> AsyncIterator[str]:
    """As a language model would: a few letters at a time."""
    text = "This sentence is spoken while the next one is still being written. Here it is."
    for word in text.split():
        yield f"{word} "
        await asyncio.sleep(0.01)


async def main() -> None:
    tts = tts_model("local/espeak-ng")

    async for chunk in tts.stream(written_slowly()):
        for word in chunk.timings:
            print(f"{word.start:6.2f} s  {word.text}")

    async with tts.session() as session:
        await session.send("I could go on about this for a very long time, but somebody interrupts me.")
        await session.flush()
        async for _ in session.utterance():
            break
        print("heard:", await session.interrupt(played=1.2))
        await session.send("Yes?")
        await session.flush()
        seconds = sum([chunk.duration or 0 async for chunk in session.utterance()])
        print(f"answered in {seconds:.2f} s of audio")


if __name__ == "__main__":
    asyncio.run(main())
