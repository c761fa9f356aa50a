"""The models that a key opens, and the voices of its project."""

from __future__ import annotations

import pytest

from modeldeck import Transport
from modeldeck.credential import GeminiCredential
from modeldeck.errors import CardWarning
from modeldeck.sandbox import Sandbox
from modeldeck.tts import GeminiTTSModel
from tests.credential.accounts import Account, said, serving

OWN = {"en-in-commercial-2": "live", "voice_sandbox1": "account", "voice_sandbox2": "cloned"}


async def test_with_the_sandbox() -> None:
    async with Sandbox() as box:
        credential = GeminiCredential(api_key="AIza-1", base_url=box.url)
        cards = {card.name: card for card in await credential.discover_tts_models()}
        assert list(cards) == [card.name for card in credential.list_tts_models()]
        assert all(card.live and card.live.listed for card in cards.values())
        card = cards["gemini-3.8-flash-tts"]
        assert {one.id: one.source for one in card.voices[-3:]} == OWN
        assert (card.voices[0].styles, card.voices[0].source) == (("bright",), "live")
        assert len(cards["gemini-2.5-flash-preview-tts"].voices) == 30  # takes no others
        tts = GeminiTTSModel(credential, card, {"voice": "voice_sandbox2"}, stream=False)
        assert (await tts.synthesize("Hello there.")).audio


async def test_pages_of_the_sandbox() -> None:
    async with Sandbox() as box, Transport(headers={"x-modeldeck-fault": "page=2"}) as transport:
        credential = GeminiCredential(api_key="AIza-1", base_url=box.url)
        cards = {card.name: card for card in await credential.discover_tts_models(transport)}
        assert all(card.live and card.live.listed for card in cards.values())
        assert {one.id for one in cards["gemini-3.8-flash-tts"].voices} > OWN.keys()
        assert len(box.requests()) == 4 + 17


async def test_a_model_that_is_newer_than_the_deck_and_one_that_is_gone() -> None:
    models = {"models": [{"name": "models/gemini-9-tts", "supportedGenerationMethods": ["generateContent"]}]}
    async with serving(Account({"/v1beta/models": [said(models)]})) as account:
        credential = GeminiCredential(api_key="AIza-1", base_url=account.url)
        cards = {card.name: card for card in await credential.discover_tts_models()}
    new, old = cards["gemini-9-tts"], cards["gemini-3.8-flash-tts"]
    assert new.live is not None
    assert old.live is not None
    assert (new.label, new.model_type, new.live.listed, new.pricing) == ("gemini-9-tts", "gemini_tts", True, None)
    assert (old.live.listed, old.live.voices) == (False, "card")  # and no list of voices is no failure
    assert GeminiTTSModel(credential, new, {"voice": "Kore"}).model == "gemini-9-tts"


async def test_a_key_that_is_refused() -> None:
    async with Sandbox() as box:
        credential = GeminiCredential(api_key="AIza-invalid", base_url=box.url)
        with pytest.warns(CardWarning, match="AuthenticationError"):
            assert await credential.discover_tts_models() == credential.list_tts_models()
