"""What an account really has: a server of one's own from its address alone, voices of an account, a shared memory."""

from __future__ import annotations

import asyncio
import warnings

from modeldeck.credential import AzureCredential, CredentialBase, DashScopeCredential, Discovery, OpenAICredential
from modeldeck.errors import AuthenticationError
from modeldeck.sandbox import SandboxProcess
from modeldeck.tts import OpenAITTSModel, TTSModelCard


def had(cards: list[TTSModelCard]) -> list[TTSModelCard]:
    """Those that the account's own list has."""
    return [card for card in cards if card.live is not None and card.live.listed]


async def self_hosted(url: str) -> None:
    """Kokoro-FastAPI needs no key and no card: what it lists is what can be set."""
    credential = OpenAICredential(base_url=url)
    for card in had(await credential.discover_tts_models()):
        print(f"{card.name}: {len(card.voices)} voices, as it said {card.live.age if card.live else 0:.0f} s ago")
    kokoro = next(card for card in await credential.discover_tts_models() if card.name == "kokoro")  # remembered
    voice = next(voice.id for voice in kokoro.voices if voice.id.startswith("bf_"))
    tts = OpenAITTSModel(credential, kokoro, {"voice": voice}, extra={"volume_multiplier": 1.5})
    print(await tts.save("A server of one's own, and no line of code for it.", "kokoro.mp3"))


async def several(credentials: list[CredentialBase]) -> None:
    """One memory for many accounts; what went wrong stands beside what came."""
    memory = Discovery()
    for found in await asyncio.gather(*(memory.tts_models(one, max_age=3600) for one in credentials)):
        own = [voice.id for card in found.cards for voice in card.voices if voice.source in ("cloned", "account")]
        print(f"{len(found.cards)} models, {len(own)} voices of the account's own, problems: {list(found.problems)}")


async def refused(url: str) -> None:
    """The shipped cards stand in, with a warning that says why; `strict` raises instead."""
    credential = AzureCredential(api_key="key-invalid", base_url=url)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        cards = await credential.discover_tts_models()
    print(f"{len(cards)} shipped cards: {heard[0].message}")
    try:
        await credential.discover_tts_models(strict=True)
    except AuthenticationError as error:
        print(f"strict: {error}")


async def main(url: str) -> None:
    await self_hosted(f"{url}/kokoro/v1")
    azure = AzureCredential(api_key="anything", base_url=url)
    await several([azure, DashScopeCredential(api_key="sk-anything", base_url=url)])
    await refused(url)


if __name__ == "__main__":
    with SandboxProcess() as box:
        asyncio.run(main(box.url))
