"""What the accounts really have, asked for at the services themselves."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modeldeck.credential import (
    AzureCredential,
    CredentialBase,
    DashScopeCredential,
    GeminiCredential,
    OpenAICredential,
)
from modeldeck.sandbox import Sandbox
from tests.live.speaking import only_when_asked

MADE: dict[str, tuple[type[CredentialBase], Callable[[str], CredentialBase]]] = {
    "azure": (AzureCredential, lambda url: AzureCredential(api_key="azure-sandbox", base_url=url)),
    "dashscope": (DashScopeCredential, lambda url: DashScopeCredential(api_key="sk-sandbox", base_url=url)),
    "gemini": (GeminiCredential, lambda url: GeminiCredential(api_key="AIza-sandbox", base_url=url)),
    "openai": (OpenAICredential, lambda url: OpenAICredential(api_key="sk-sandbox", base_url=f"{url}/v1")),
}


async def discovers(credential: CredentialBase) -> None:
    """Something of the account, with its mark."""
    cards = await credential.discover_tts_models(strict=True)
    assert any(card.live is not None for card in cards)


@pytest.mark.live
@pytest.mark.parametrize("name", MADE)
async def test_the_service(name: str, pytestconfig: pytest.Config) -> None:
    made_of, _ = MADE[name]
    only_when_asked(pytestconfig, *made_of.env["api_key"])
    await discovers(made_of.from_env())


@pytest.mark.filterwarnings("ignore:.*DEPLOYING")
@pytest.mark.parametrize("name", MADE)
async def test_the_sandbox_in_its_place(name: str) -> None:
    _, make = MADE[name]
    async with Sandbox() as box:
        await discovers(make(box.url))
