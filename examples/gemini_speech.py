"""Gemini's voices, one and two of them; without a key, against the sandbox."""

from __future__ import annotations

import asyncio
import os
from contextlib import nullcontext

from modeldeck.credential import GeminiCredential
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import GeminiTTSModel

DIALOGUE = """Joe: How's it going today, Jane?
Jane: Not too bad <laugh> how about you?
Joe: Ready to test these new voices!"""


async def main() -> None:
    key = os.environ.get("GEMINI_API_KEY") or os.environ.get("GOOGLE_API_KEY")
    with nullcontext() if key else SandboxProcess() as sandbox:
        if sandbox is not None:
            os.environ.update(sandbox.environment())
        credential = GeminiCredential.from_env()
        print(await credential.check())

        # From 3.8 on the text is spoken to the letter, and the instructions go beside it.
        calm = {"voice": "Kore", "instructions": "calm and relaxed"}
        tts = GeminiTTSModel(credential, "gemini-3.8-flash-tts", calm)
        async for chunk in tts.synthesize("Audio comes while it is made."):
            print(f"  {chunk.samples or 0} samples")

        # Before, both were one prompt; the class writes it as the model's card says.
        tts = GeminiTTSModel(credential, "gemini-2.5-flash-preview-tts", calm, stream=False)
        print(await tts.synthesize("All of it at once."))

        speakers = [{"name": "Joe", "voice": "Puck"}, {"name": "Jane", "voice": "Kore"}]
        tts = GeminiTTSModel(credential, "gemini-3.8-flash-tts", {"speakers": speakers})
        saved = await tts.save(DIALOGUE, "dialogue.wav")
        print(f"{saved.path}: {saved.duration:.1f} s")


if __name__ == "__main__":
    asyncio.run(main())
