"""The voices of a region, over the cards."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modeldeck.credential import AzureCredential
from modeldeck.errors import ParameterError, ProtocolError
from modeldeck.sandbox import Sandbox
from modeldeck.tts import AzureTTSModel, TTSModelCard
from tests.credential.accounts import Account, serving

VOICES = "/cognitiveservices/voices/list"


def voice(name: str, **more: Any) -> dict[str, Any]:
    return {"ShortName": name, "DisplayName": "New", "Locale": "en-US", "Gender": "Female", "Status": "GA", **more}


async def found(*voices: dict[str, Any]) -> tuple[AzureCredential, dict[str, TTSModelCard]]:
    async with serving(Account({VOICES: [(200, json.dumps(voices).encode())]})) as account:
        credential = AzureCredential(api_key="k", base_url=account.url)
        return credential, {card.name: card for card in await credential.discover_tts_models()}


async def test_the_regions_voices_are_all_that_there_are() -> None:
    credential, cards = await found(
        voice("en-US-JennyNeural", StyleList=["chat", "brand-new"]),
        voice("en-US-NewNeural", LocaleName="English (United States)"),
        voice("EN-us-ava:dragonhdlatestneural"),
    )
    neural = cards["neural"]
    assert [(one.id, one.label) for one in neural.voices] == [
        ("en-US-JennyNeural", "Jenny, English (United States)"),
        ("en-US-NewNeural", "New, English (United States)"),
    ]
    assert neural.voices[0].styles == ("chat", "brand-new")
    assert neural.live is not None
    assert (neural.live.listed, neural.live.voices, neural.default_voice) == (True, "all", None)
    assert cards["neural-realtime"].voices == neural.voices
    assert neural.call_schema["properties"]["voice"]["enum"] == ["en-US-JennyNeural", "en-US-NewNeural"]
    assert AzureTTSModel(credential, neural, {"voice": "en-US-NewNeural"}).model == "neural"
    with pytest.raises(ParameterError):
        AzureTTSModel(credential, neural, {"voice": "en-US-AvaMultilingualNeural"})
    hd = cards["neural-hd"]
    assert [one.id for one in hd.voices] == ["EN-us-ava:dragonhdlatestneural"]
    assert hd.default_voice == "EN-us-ava:dragonhdlatestneural"  # the card's, as the region spells it
    assert "de-DE" in hd.voices[0].languages  # the card knows more than this region says
    omni = cards["neural-hd-omni"]
    assert omni.live is not None
    assert (omni.live.listed, omni.live.voices, len(omni.voices) > 700) == (False, "card", True)
    assert cards["custom-neural"].live is None


async def test_with_the_sandbox() -> None:
    async with Sandbox() as box:
        credential = AzureCredential(api_key="k", base_url=box.url)
        cards = {card.name: card for card in await credential.discover_tts_models()}
        shipped = {card.name: card for card in credential.list_tts_models()}
        assert list(cards) == list(shipped)
        assert {name: [one.id for one in card.voices] for name, card in cards.items()} == {
            name: [one.id for one in card.voices] for name, card in shipped.items()
        }
        tts = AzureTTSModel(credential, cards["neural"], stream=False)
        assert (await tts.synthesize("Hello there.")).audio


async def test_a_map_is_no_list_of_voices() -> None:
    async with serving(Account({VOICES: [(200, b'{"error": {}}')]})) as account:
        with pytest.raises(ProtocolError, match="not with a list of voices"):
            await AzureCredential(api_key="k", base_url=account.url).discover_tts_models(strict=True)
