"""When each sentence is spoken, however a CosyVoice or Sambert model is used."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from modeldeck import Transport
from modeldeck.credential import DashScopeCredential
from modeldeck.sandbox import Sandbox
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeCosyVoiceTTSModel,
    SentenceTiming,
    TTSModelBase,
    TTSResponse,
)

CHARACTER = 0.06  # seconds of the sandbox's speech
TEXT = "床前明月光。It shines! And more"
SENTENCES = ["床前明月光。", "It shines!", " And more"]


@pytest.fixture
async def box() -> AsyncIterator[Sandbox]:
    async with Sandbox() as running:
        yield running


def check(parts: list[TTSResponse], model: str) -> None:
    """Sambert does not repeat its sentences: they go from their first word to the last."""
    found: list[SentenceTiming] = [sentence for part in parts for sentence in part.sentences]
    sambert = model.startswith("sambert")
    assert [one.text for one in found] == ([one.strip(" 。!") for one in SENTENCES] if sambert else SENTENCES)
    at = 0
    for one, sentence in zip(found, SENTENCES, strict=True):
        assert TEXT[one.begin_index : one.end_index] == one.text
        assert [one.start, one.end] == pytest.approx([at * CHARACTER, (at + len(sentence)) * CHARACTER], abs=0.002)
        at += len(sentence)


MODELS: list[tuple[type[TTSModelBase[Any]], str, dict[str, Any]]] = [
    (DashScopeCosyVoiceRealtimeTTSModel, "cosyvoice-v3-flash", {"format": "pcm"}),
    (DashScopeCosyVoiceRealtimeTTSModel, "cosyvoice-v3-flash", {"format": "wav", "word_timestamp_enabled": True}),
    (DashScopeCosyVoiceTTSModel, "cosyvoice-v2", {"format": "pcm", "voice": "longxiaochun_v2"}),
    (DashScopeCosyVoiceTTSModel, "sambert-zhichu-v1", {"word_timestamp_enabled": True}),
]


@pytest.mark.parametrize(("made_of", "model", "parameters"), MODELS, ids=[f"{row[1]}-{row[2]}" for row in MODELS])
async def test_sentences(
    box: Sandbox, made_of: type[TTSModelBase[Any]], model: str, parameters: dict[str, Any]
) -> None:
    credential = DashScopeCredential(api_key="sk-1", base_url=box.url)
    async with Transport() as transport:
        tts = made_of(credential, model, parameters, transport=transport)
        check([part async for part in tts.synthesize(TEXT)], model)
        whole = made_of(credential, model, parameters, stream=False, transport=transport)
        check([await whole.synthesize(TEXT)], model)
        if tts.realtime:
            check([part async for part in tts.stream([TEXT[:3], TEXT[3:9], TEXT[9:]])], model)


async def test_sentences_of_a_conversation_sentence_by_sentence(box: Sandbox) -> None:
    credential = DashScopeCredential(api_key="sk-1", base_url=box.url)
    async with Transport() as transport:
        tts = DashScopeCosyVoiceTTSModel(credential, "cosyvoice-v3-flash", {"format": "pcm"}, transport=transport)
        found = [one async for part in tts.stream(["One. Tw", "o! And three"]) for one in part.sentences]
    assert "".join(one.text for one in found) == "One. Two! And three"
    assert [one.begin_index for one in found] == [0, *(one.end_index for one in found[:-1])]
    assert [one.start for one in found] == pytest.approx(
        [(one.begin_index or 0) * CHARACTER for one in found], abs=0.002
    )


async def test_encoded_audio_without_words_tells_none(box: Sandbox) -> None:
    credential = DashScopeCredential(api_key="sk-1", base_url=box.url)
    async with Transport() as transport:
        tts = DashScopeCosyVoiceRealtimeTTSModel(credential, "cosyvoice-v3-flash", transport=transport)
        assert [one async for part in tts.synthesize(TEXT) for one in part.sentences] == []
        assert (
            len([one async for part in tts.synthesize(TEXT, word_timestamp_enabled=True) for one in part.sentences])
            == 3
        )
