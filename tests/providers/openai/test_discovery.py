"""OpenAI's models; and servers of one's own, with no card, with an operator's, with lists of every kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modeldeck.credential import OpenAICredential
from modeldeck.errors import CardWarning, ModelNotFoundError, ParameterError
from modeldeck.sandbox import Sandbox
from modeldeck.sandbox.emulators.openai import kokoro
from modeldeck.tts import AudioFormat, OpenAITTSModel, TTSModelCard
from tests.credential.accounts import Account, said, serving

CARDS = str(Path(__file__).parents[3] / "models_cards")


def by_name(cards: list[TTSModelCard]) -> dict[str, TTSModelCard]:
    return {card.name: card for card in cards}


def listed(cards: list[TTSModelCard]) -> dict[str, TTSModelCard]:
    return by_name([card for card in cards if card.live is not None and card.live.listed])


def server(**lists: Any) -> Account:
    paths = {"models": "/v1/models", "capabilities": "/v1/models/capabilities"}
    paths |= {"voices": "/v1/audio/voices", "library": "/v1/voices"}
    return Account({paths[name]: [said(value)] for name, value in lists.items()})


def models(*names: str, **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": name, "object": "model", **more} for name in names]}


async def test_openais_account() -> None:
    async with Sandbox() as box:
        credential = OpenAICredential(api_key="sk-1", base_url=f"{box.url}/v1")
        cards = await credential.discover_tts_models()
    assert [card.name for card in cards] == [card.name for card in credential.list_tts_models()]
    assert len(listed(cards)) == len(cards)
    assert by_name(cards)["tts-1"].pricing is not None  # it is OpenAI's own behind that address


def test_openai_itself_is_asked_for_models_alone() -> None:
    for url in (None, "https://eu.api.openai.com/v1", "https://api.openai.com"):
        found = OpenAICredential(api_key="sk-1", base_url=url)._listings([])
        assert [one.name for one in found] == ["models"]
        assert not found[0].absent
    assert len(OpenAICredential(base_url="https://api.openai.com.example.org/v1")._listings([])) == 4


async def test_base_url_alone_discover_pick_speak() -> None:
    async with Sandbox() as box:
        credential = OpenAICredential(base_url=box.url + kokoro.PREFIX)
        cards = listed(await credential.discover_tts_models())
        assert sorted(cards) == sorted(kokoro.MODELS)
        card = cards["kokoro"]
        assert [voice.id for voice in card.voices] == list(kokoro.VOICES)
        assert all((one.pricing, one.limits, one.status) == (None, None, "active") for one in cards.values())
        tts = OpenAITTSModel(credential, card, {"voice": "bf_emma"}, stream=False, extra={"volume_multiplier": 1.5})
        assert (await tts.synthesize("Hello there.")).format == AudioFormat("mp3", 24000)
        with pytest.raises(ParameterError, match="did you mean 'bf_emma'"):
            OpenAITTSModel(credential, card, {"voice": "bf_ema"})
        whole = AudioFormat("pcm_s16le", 24000)
        assert (await OpenAITTSModel(credential, card, stream=False, output=whole).synthesize("Hello.")).format == whole


async def test_with_an_operators_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELDECK_CARDS_PATH", CARDS)
    async with Sandbox() as box:
        credential = OpenAICredential(base_url=box.url + kokoro.PREFIX)
        cards = by_name(await credential.discover_tts_models())
        card = cards["kokoro"]
        assert (card.label, card.default_voice, card.custom_voices) == ("Kokoro (Kokoro-FastAPI)", "af_heart", True)
        assert (card.voices[0].label, card.voices[0].gender, card.voices[0].source) == ("Heart", "female", "live")
        assert {voice.id for voice in card.voices} == set(kokoro.VOICES)
        assert card.live is not None
        assert (card.live.listed, card.live.voices) == (True, "all")
        other = cards["orpheus"].live
        assert other is not None
        assert other.listed is False
        mixed = OpenAITTSModel(
            credential, card, {"voice": "af_bella(2)+af_sky", "response_format": "wav"}, stream=False
        )
        assert (await mixed.synthesize("Hello there.")).audio


async def test_speaches() -> None:
    voices = [{"name": "amy", "language": "en", "id": "amy"}]
    piper = models(
        "speaches-ai/piper-en_US-amy-low", task="text-to-speech", sample_rate=16000, language=["en"], voices=voices
    )
    whisper = models("Systran/faster-whisper", task="automatic-speech-recognition")
    both = {"object": "list", "data": [*piper["data"], *whisper["data"]]}
    async with serving(server(models=both, voices={"voices": voices, "object": "list"})) as account:
        cards = listed(await OpenAICredential(base_url=f"{account.url}/v1").discover_tts_models())
    (card,) = cards.values()
    assert card.audio is not None
    assert (card.audio.sample_rate, card.languages, [one.id for one in card.voices]) == (16000, ["en"], ["amy"])


async def test_localai() -> None:
    capabilities = models("chat-model", capabilities=["chat"])
    capabilities["data"] += models("supertonic-3", "tts-file", capabilities=["tts"])["data"]
    listing = models("chat-model", "supertonic-3", "tts-file", "whatever")
    async with serving(server(models=listing, capabilities=capabilities)) as account:
        cards = listed(await OpenAICredential(base_url=f"{account.url}/v1").discover_tts_models())
    assert sorted(cards) == ["supertonic-3", "tts-file"]
    assert all(card.voices == [] for card in cards.values())


async def test_vllm_omni() -> None:
    name = "Qwen/Qwen3-TTS-12Hz-1.7B-CustomVoice"
    voices = {"voices": ["ryan", "mine"], "uploaded_voices": [{"name": "mine"}]}
    async with serving(server(models=models(name, owned_by="vllm"), voices=voices)) as account:
        cards = listed(await OpenAICredential(base_url=f"{account.url}/v1").discover_tts_models())
    assert [(one.id, one.source) for one in cards[name].voices] == [("ryan", "live"), ("mine", "cloned")]


async def test_chatterbox() -> None:
    library = {"voices": [{"name": "me", "filename": "me.wav", "language": "en", "aliases": []}], "count": 1}
    async with serving(server(models=models("chatterbox-tts-1", owned_by="resemble-ai"), library=library)) as account:
        cards = listed(await OpenAICredential(base_url=f"{account.url}/v1").discover_tts_models())
    assert [one.id for one in cards["chatterbox-tts-1"].voices] == ["me"]


async def test_orpheus_lists_voices_alone() -> None:
    async with serving(server(voices={"status": "ok", "voices": ["tara", "leo"]})) as account:
        cards = by_name(await OpenAICredential(base_url=f"{account.url}/v1").discover_tts_models())
    card = cards["tts-1"]
    assert ([one.id for one in card.voices], card.pricing) == (["tara", "leo"], None)
    assert card.live is not None
    assert card.live.listed is None
    assert cards["tts-1-hd"].live is None


async def test_a_server_of_language_models_speaks_with_none_of_them() -> None:
    async with serving(server(models=models("llama3", "qwen3", owned_by="library"))) as account:
        assert not listed(await OpenAICredential(base_url=f"{account.url}/v1").discover_tts_models())


async def test_a_server_without_any_list() -> None:
    async with serving(server()) as account:
        credential = OpenAICredential(base_url=f"{account.url}/v1")
        with pytest.warns(CardWarning, match="keeps no list of models or voices; the shipped cards stand in"):
            assert await credential.discover_tts_models() == credential.list_tts_models()
        with pytest.raises(ModelNotFoundError):
            await credential.discover_tts_models(strict=True)


async def test_a_web_page_in_the_place_of_what_is_not_there() -> None:
    page = b"<!doctype html><title>LocalAI</title>"

    async def answer(_: Any, writer: Any) -> None:
        head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(page)}\r\n\r\n"
        writer.write(head.encode() + page)

    account = server(models=models("kokoro-tts"))
    account.put("/v1/audio/voices", answer)
    async with serving(account):
        assert list(listed(await OpenAICredential(base_url=f"{account.url}/v1").discover_tts_models())) == [
            "kokoro-tts"
        ]
