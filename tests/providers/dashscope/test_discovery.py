"""Voices that an account has made, after those of the cards."""

from __future__ import annotations

import json

import pytest

from modeldeck import Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.errors import CardWarning
from modeldeck.sandbox import Sandbox
from modeldeck.tts import DashScopeCosyVoiceRealtimeTTSModel, DashScopeTTSModel, TTSModelCard

PATH = "/api/v1/services/audio/tts/customization"
FRESH = "dashscope: 1 of its CosyVoice voices left out: its status is DEPLOYING"


def own(card: TTSModelCard) -> list[tuple[str, str]]:
    return [(one.label, one.source) for one in card.voices if one.source != "card"]


async def test_with_the_sandbox() -> None:
    async with Sandbox() as box:
        credential = DashScopeCredential(api_key="sk-1", base_url=box.url)
        with pytest.warns(CardWarning, match=FRESH):
            cards = {card.name: card for card in await credential.discover_tts_models()}
        shipped = {card.name: card for card in credential.list_tts_models()}
        assert list(cards) == list(shipped)
        cloned = cards["qwen3-tts-vc-2026-01-22"]
        assert shipped[cloned.name].voices == []
        assert own(cloned) == [("sandbox1", "cloned")]
        assert cloned.live is not None
        assert (cloned.live.listed, cloned.live.voices) == (None, "more")
        voice = cloned.parameter_schema["properties"]["voice"]
        assert voice["anyOf"][0]["enum"] == [cloned.voices[0].id]
        assert voice["default"] == cloned.voices[0].id
        assert own(cards["qwen3-tts-vd-2026-01-26"]) == [("sandbox1", "account")]
        assert own(cards["cosyvoice-v1"]) == [("sandbox", "cloned"), ("captain", "account")]
        assert cards["cosyvoice-v1"].voices[0].source == "card"
        assert cards["qwen3-tts-flash"].live is None
        tts = DashScopeTTSModel(credential, cloned, stream=False)
        assert (await tts.synthesize("Hello there.")).audio
        voice_id = cards["cosyvoice-v3.5-flash"].voices[0].id
        cosy = DashScopeCosyVoiceRealtimeTTSModel(credential, cards["cosyvoice-v3.5-flash"], stream=False)
        assert cosy.parameters.voice == voice_id
        assert (await cosy.synthesize("Hello there.")).audio


async def test_pages_of_the_sandbox() -> None:
    async with Sandbox() as box, Transport(headers={"x-modeldeck-fault": "page=1"}) as transport:
        credential = DashScopeCredential(api_key="sk-1", base_url=box.url)
        with pytest.warns(CardWarning, match=FRESH):
            cards = await credential.discover_tts_models(transport)
        assert sum(len(own(card)) for card in cards if "-vc-" in card.name) == 3
        asked = [json.loads(one["body"]) for one in box.requests() if one["path"] == PATH]
        pages = [one["input"]["page_index"] for one in asked if one["model"] == "qwen-voice-enrollment"]
        assert pages == [0, 1, 2]


async def test_a_list_without_end() -> None:
    async with Sandbox() as box, Transport(headers={"x-modeldeck-fault": "endless"}) as transport:
        with pytest.warns(CardWarning) as heard:
            cards = await DashScopeCredential(api_key="sk-1", base_url=box.url).discover_tts_models(transport)
        assert "dashscope: the list of cloned voices does not end; what has come of it is used" in {
            str(one.message) for one in heard
        }
        assert own(next(card for card in cards if card.name == "qwen3-tts-vc-2026-01-22"))


async def test_a_region_without_voice_cloning_is_as_shipped() -> None:
    async with Sandbox() as box, Transport(headers={"x-modeldeck-fault": "status=404"}) as transport:
        credential = DashScopeCredential(api_key="sk-1", base_url=box.url)
        with pytest.warns(CardWarning, match="keeps no list"):
            assert await credential.discover_tts_models(transport) == credential.list_tts_models()
