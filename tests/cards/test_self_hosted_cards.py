"""The cards for self-hosted OpenAI-compatible servers: they fit the class, and say what the servers' code says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from modeldeck.cli.cards import check_all
from modeldeck.credential import OpenAICredential
from modeldeck.tts import OpenAITTSModel, TTSModelCard

DECK = Path(__file__).parents[2] / "models_cards"
FILES = sorted((DECK / "openai" / "tts").glob("*.yaml"))
CARDS: dict[str, TTSModelCard] = {
    card.name: card for card in OpenAITTSModel.list_models(custom_yaml_dir=str(DECK), strict=True)
}
QWEN = "Qwen/Qwen3-TTS-12Hz-{}"
VOICES = {  # how many each server's own code or document lists
    "kokoro": 68,
    "speaches-ai/Kokoro-82M-v1.0-ONNX": 54,
    "speaches-ai/piper-en_US-amy-medium": 1,
    QWEN.format("1.7B-CustomVoice"): 9,
    QWEN.format("0.6B-CustomVoice"): 9,
    QWEN.format("1.7B-Base"): 0,
    QWEN.format("0.6B-Base"): 0,
    "mistralai/Voxtral-4B-TTS-2603": 20,
    "fishaudio/s2-pro": 1,
    "qwen3-tts-cpp-1.7b-customvoice": 9,
    "supertonic-3": 10,
    "pocket-tts": 8,
    "chatterbox-tts-1": 1,
    "orpheus": 25,
}
OWN_VOICES = {
    "kokoro",
    QWEN.format("1.7B-Base"),
    QWEN.format("0.6B-Base"),
    "fishaudio/s2-pro",
    "pocket-tts",
    "chatterbox-tts-1",
}
ALWAYS_WAV = {"orpheus", "chatterbox-tts-1"}
# https://huggingface.co/hexgrad/Kokoro-82M/blob/main/VOICES.md: voices by language and gender
KOKORO = {
    ("en-US", "female"): 11,
    ("en-US", "male"): 9,
    ("en-GB", "female"): 4,
    ("en-GB", "male"): 4,
    ("ja", "female"): 4,
    ("ja", "male"): 1,
    ("zh", "female"): 4,
    ("zh", "male"): 4,
    ("es", "female"): 1,
    ("es", "male"): 2,
    ("fr-FR", "female"): 1,
    ("hi", "female"): 2,
    ("hi", "male"): 2,
    ("it", "female"): 1,
    ("it", "male"): 1,
    ("pt-BR", "female"): 1,
    ("pt-BR", "male"): 2,
}


def shown(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = CARDS[name].parameter_schema["properties"]
    return properties


def ids(name: str) -> list[str]:
    return [voice.id for voice in CARDS[name].voices]


def test_the_folder_has_these_cards_and_nothing_is_wrong_with_them() -> None:
    assert set(CARDS) == set(VOICES)
    assert len(FILES) == len(CARDS)
    checked = check_all([str(DECK)])
    assert (checked.cards, checked.findings) == (len(FILES), [])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_named_after_its_model_and_says_what_to_run(path: Path) -> None:
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    target = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / target).resolve() == DECK.parent / "schemas" / "card" / "openai" / "tts.json"
    name = path.stem.replace("--", "/")
    assert f"name: {name}" in rest
    said = "\n".join(line for line in rest if line.startswith("#"))
    other = said.partition("As ")[2].partition(".yaml")[0]
    assert 'OpenAICredential(base_url="http://localhost:' in said or (path.parent / f"{other}.yaml").exists()


def test_no_card_takes_the_place_of_a_shipped_one() -> None:
    assert not set(CARDS) & {card.name for card in OpenAITTSModel.list_models()}


def test_the_credential_lists_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELDECK_CARDS_PATH", str(DECK))
    credential = OpenAICredential(base_url="http://localhost:8880/v1")
    listed = {card.name: card for card in credential.list_tts_models()}
    assert set(VOICES) < set(listed)
    assert {listed[name].provider for name in VOICES} == {"openai"}


@pytest.mark.parametrize("name", VOICES)
def test_a_model_is_built_of_it(name: str) -> None:
    card = CARDS[name]
    credential = OpenAICredential(base_url="http://localhost:8880/v1")
    model = OpenAITTSModel(credential, card, None if card.voices else {"voice": "anna"})
    assert model.model == name


@pytest.mark.parametrize(("name", "count"), VOICES.items())
def test_voices(name: str, count: int) -> None:
    assert len(ids(name)) == len(set(ids(name))) == count
    assert CARDS[name].custom_voices == (name in OWN_VOICES)
    if count:
        assert shown(name)["voice"]["default"] in ids(name)
    else:
        assert CARDS[name].parameter_schema["required"] == ["voice"]


def test_kokoro_voices_are_where_their_names_say() -> None:
    speaches = CARDS["speaches-ai/Kokoro-82M-v1.0-ONNX"].voices
    assert Counter((voice.languages[0], voice.gender) for voice in speaches) == KOKORO
    known = {voice.id: voice for voice in CARDS["kokoro"].voices}
    assert {voice.id: (voice.languages, voice.gender) for voice in speaches} == {
        voice.id: (known[voice.id].languages, known[voice.id].gender) for voice in speaches
    }
    more = set(known) - {voice.id for voice in speaches}
    assert {one for one in more if "_v0" not in one} == {"af_jadzia"}
    assert ids("kokoro")[0] == shown("kokoro")["voice"]["default"] == "af_heart"
    assert ids("kokoro")[-13:] == [one for one in ids("kokoro") if "_v0" in one]


def test_qwen_speakers_have_the_same_names_everywhere() -> None:
    speakers = ["vivian", "serena", "uncle_fu", "dylan", "eric", "ryan", "aiden", "ono_anna", "sohee"]
    for name in (QWEN.format("1.7B-CustomVoice"), QWEN.format("0.6B-CustomVoice"), "qwen3-tts-cpp-1.7b-customvoice"):
        assert ids(name) == speakers
        native = [voice.languages[0] for voice in CARDS[name].voices]
        assert native == ["zh", "zh", "zh", "zh", "zh", "en", "en", "ja", "ko"]
        assert all(len(voice.languages) == 10 for voice in CARDS[name].voices)
        assert "instructions" in shown(name)


def test_orpheus_voices_by_language() -> None:
    """The lists of its tts_engine/inference.py; its README says 24 and names these 25."""
    spoken = Counter(voice.languages[0] for voice in CARDS["orpheus"].voices)
    assert spoken == {"en": 8, "fr": 3, "de": 3, "ko": 2, "hi": 1, "zh": 2, "es": 3, "it": 3}
    assert shown("orpheus")["voice"]["default"] == "tara"


def test_a_form_offers_only_what_the_server_obeys() -> None:
    for name in ALWAYS_WAV:
        audio = CARDS[name].audio
        assert audio is not None
        assert audio.formats == ("wav",)
        assert not {"response_format", "speed", "instructions"} & set(shown(name))
    assert list(shown("kokoro")) == ["voice", "response_format", "speed"]
    speaches = shown("speaches-ai/Kokoro-82M-v1.0-ONNX")
    assert speaches["response_format"]["enum"] == ["mp3", "flac", "wav", "pcm"]
    assert (speaches["speed"]["minimum"], speaches["speed"]["maximum"]) == (0.5, 2)
    assert shown("speaches-ai/piper-en_US-amy-medium")["speed"]["maximum"] == 4
    assert "pcm" not in shown("pocket-tts")["response_format"]["enum"]
    limits = CARDS["chatterbox-tts-1"].limits
    assert limits is not None
    assert limits.max_characters == 3000


def test_vllm_omni_streams() -> None:
    served = [name for name in VOICES if name.startswith(("Qwen/", "mistralai/", "fishaudio/"))]
    for name in served:
        form = shown(name)
        assert (form["stream_format"]["default"], form["response_format"]["default"]) == ("audio", "pcm")
        assert form["response_format"]["enum"] == ["pcm", "wav"]
        assert "speed" not in form
    rates = {name: CARDS[name].audio for name in served}
    assert {name for name, audio in rates.items() if audio and audio.sample_rate != 24000} == {"fishaudio/s2-pro"}
