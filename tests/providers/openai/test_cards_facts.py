"""OpenAI's speech cards against second sources: its SDK, and price lists and notices that others copied."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from modeldeck.providers import openai
from modeldeck.providers.openai.realtime_tts import OpenAIRealtimeTTSModel
from modeldeck.providers.openai.tts import OpenAITTSModel
from modeldeck.tts import TTSModelBase, TTSModelCard

MODELS = Path(openai.__file__).parent / "_models"
FAMILIES: dict[str, type[TTSModelBase[Any]]] = {"tts": OpenAITTSModel, "realtime_tts": OpenAIRealtimeTTSModel}
FILES = sorted(MODELS.glob("*/*.yaml"))
SPEECH = {card.name: card for card in OpenAITTSModel.list_models(strict=True)}
REALTIME = {card.name: card for card in OpenAIRealtimeTTSModel.list_models(strict=True)}
CARDS: dict[str, TTSModelCard] = SPEECH | REALTIME

# openai 3.52.0, types/audio/speech_create_params.py and types/realtime/realtime_audio_config_output_param.py
SDK_VOICES = [
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
    "fable",
    "onyx",
    "nova",
]
SDK_REALTIME_VOICES = ["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"]
SDK_FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
PRICES = {  # USD; of litellm 1.109.1's list, times a million: text in, audio out; tts-1 by the character
    "tts-1": (15, None),
    "tts-1-hd": (30, None),
    "gpt-4o-mini-tts": (0.6, 12),
    "gpt-4o-mini-tts-2025-03-20": (0.6, 12),
    "gpt-4o-mini-tts-2025-12-15": (0.6, 12),
    "gpt-realtime": (4, 64),
    "gpt-realtime-1.5": (4, 64),
    "gpt-realtime-2": (4, 64),
    "gpt-realtime-2.1": (4, 64),
    "gpt-realtime-2.1-mini": (0.6, 20),
    "gpt-realtime-2025-08-28": (4, 64),
    "gpt-realtime-mini": (0.6, 20),
    "gpt-realtime-mini-2025-12-15": (0.6, 20),
}
LARGE, SMALL = "gpt-realtime-2.1", "gpt-realtime-2.1-mini"
ENDS = {  # of the notices of 2026-10-01 and 2026-07-20
    **{name: (date(2027, 1, 6), SMALL) for name in SPEECH},
    "gpt-realtime": (date(2027, 1, 20), LARGE),
    "gpt-realtime-2025-08-28": (date(2027, 1, 20), LARGE),
    "gpt-realtime-mini": (date(2027, 1, 20), SMALL),
    "gpt-realtime-mini-2025-12-15": (date(2027, 1, 20), SMALL),
}
ALIVE = {LARGE, SMALL, "gpt-realtime-2", "gpt-realtime-1.5"}


def ids(card: TTSModelCard) -> list[str]:
    return [voice.id for voice in card.voices]


def shown(name: str) -> dict[str, Any]:
    properties: dict[str, Any] = CARDS[name].parameter_schema["properties"]
    return properties


def test_every_known_model_has_one_card_and_no_other() -> None:
    assert set(CARDS) == set(PRICES)
    assert len(FILES) == len(CARDS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_named_after_its_model_and_points_to_its_schema(path: Path) -> None:
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    target = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / target).resolve() == Path(__file__).parents[
        3
    ] / "schemas" / "card" / "openai" / f"{path.parent.name}.json"
    assert f"name: {path.stem}" in rest
    assert path.stem in {card.name for card in FAMILIES[path.parent.name].list_models()}


def test_voices_are_the_sdks() -> None:
    for name, card in SPEECH.items():
        if name.startswith("tts-1"):
            assert set(SDK_VOICES) - set(ids(card)) == {"ballad", "verse", "marin", "cedar"}
        else:
            assert sorted(ids(card)) == sorted(SDK_VOICES)
    for card in REALTIME.values():
        assert sorted(ids(card)) == sorted(SDK_REALTIME_VOICES)


def test_preset_voices() -> None:
    assert {shown(name)["voice"]["default"] for name in SPEECH} == {"alloy"}
    assert {shown(name)["voice"]["default"] for name in REALTIME} == {"marin"}


def test_all_but_the_oldest_take_voices_of_ones_own() -> None:
    assert {name for name, card in CARDS.items() if not card.custom_voices} == {"tts-1", "tts-1-hd"}


def test_speech_is_told_how_to_sound_except_the_oldest() -> None:
    assert list(shown("tts-1")) == list(shown("tts-1-hd")) == ["voice", "response_format", "speed"]
    assert {"instructions", "stream_format"} < set(shown("gpt-4o-mini-tts"))
    assert (shown("tts-1")["speed"]["minimum"], shown("tts-1")["speed"]["maximum"]) == (0.25, 4)


def test_only_reasoning_models_are_told_to_reason_little() -> None:
    reasoning = {name for name in REALTIME if "reasoning_effort" in shown(name)}
    assert reasoning == {LARGE, SMALL, "gpt-realtime-2"}
    assert {shown(name)["reasoning_effort"]["default"] for name in reasoning} == {"minimal"}
    assert shown(SMALL)["speed"]["maximum"] == 1.5


@pytest.mark.parametrize(("name", "price"), PRICES.items())
def test_prices(name: str, price: tuple[float, float | None]) -> None:
    pricing = CARDS[name].pricing
    assert pricing is not None
    assert (pricing.input, pricing.output, pricing.currency) == (*price, "USD")
    assert pricing.unit == ("1m_characters" if name.startswith("tts-1") else "1m_tokens")


def test_models_that_end_say_when_and_what_follows() -> None:
    assert {name for name, card in CARDS.items() if card.status == "active"} == ALIVE
    assert {name: (card.sunset_at, card.replacement) for name, card in CARDS.items() if card.sunset_at} == ENDS
    for name, card in CARDS.items():
        announced = date(2026, 10, 1) if name in SPEECH else date(2026, 7, 20)
        assert card.deprecated_at == (None if name in ALIVE else announced)
        assert card.replacement is None or CARDS[card.replacement].status == "active"


def test_audio_and_limits() -> None:
    for card in SPEECH.values():
        assert card.audio is not None
        assert (card.audio.sample_rate, card.audio.formats) == (24000, SDK_FORMATS)
        assert card.limits is not None
        assert (card.limits.max_characters, card.limits.counting) == (4096, "code_points")
    for card in REALTIME.values():
        assert card.audio is not None
        assert (card.audio.sample_rate, card.audio.formats, card.limits) == (24000, ("pcm",), None)


def test_speech_has_whispers_languages() -> None:
    for card in SPEECH.values():
        assert len(card.languages) == len(set(card.languages)) == 57
        assert {"en", "zh", "no", "mi", "cy", "tl", "kn"} <= set(card.languages)
        assert not {"yue", "bn", "te", "ga"} & set(card.languages)
    assert not any(card.languages for card in REALTIME.values())  # no source names them


def test_who_streams_text_and_how_a_turn_is_broken_off() -> None:
    assert {(card.realtime, card.interruption) for card in SPEECH.values()} == {(False, "reconnect")}
    assert {(card.realtime, card.interruption) for card in REALTIME.values()} == {(True, "cancel")}


def test_every_card_says_where_and_when_it_was_read() -> None:
    for card in CARDS.values():
        assert card.source is not None
        assert card.source.startswith("https://developers.openai.com/api/docs/")
        assert card.verified == date(2026, 11, 21)
