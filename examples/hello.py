"""List what speaks, look at a model's schema, and speak: no key, no network."""

from __future__ import annotations

import asyncio
import json
import sys

from modeldeck.credential import CredentialFactory
from modeldeck.tts import find_model, tts_model


async def main(path: str = "hello.wav") -> None:
    for credential in CredentialFactory.credential_classes():
        for card in credential.list_tts_models():
            print(f"{card.provider}/{card.name}: {len(card.voices)} voices")

    card = find_model("local/espeak-ng").card
    assert card is not None
    print(json.dumps(card.parameter_schema["properties"]["rate"], indent=2))

    saved = await tts_model("local/espeak-ng:en-gb").save("Hello! No key, no network, just a voice.", path)
    print(f"{saved.path}: {saved.duration:.2f} s, first audio after {(saved.first_audio or 0) * 1000:.0f} ms")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
