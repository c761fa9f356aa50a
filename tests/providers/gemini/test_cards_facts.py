"""Gemini's speech cards against second sources: other clients, Google Cloud, price lists that others copied."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from modeldeck.providers import gemini
from modeldeck.providers.gemini.tts import GeminiTTSModel
from modeldeck.tts import TTSModelCard

FILES = sorted((Path(gemini.__file__).parent / "_models").glob("*/*.yaml"))
CARDS: dict[str, TTSModelCard] = {card.name: card for card in GeminiTTSModel.list_models(strict=True)}
FLASH, LITE = "gemini-3.8-flash-tts", "gemini-3.8-flash-lite-tts"
PREVIEWS = {"gemini-2.5-flash-preview-tts", "gemini-2.5-pro-preview-tts", "gemini-3.1-flash-tts-preview"}

# pipecat-ai 1.14.0, services/google/tts.py
PIPECAT = [
    "Achernar",
    "Achird",
    "Algenib",
    "Algieba",
    "Alnilam",
    "Aoede",
    "Autonoe",
    "Callirrhoe",
    "Charon",
    "Despina",
    "Enceladus",
    "Erinome",
    "Fenrir",
    "Gacrux",
    "Iapetus",
    "Kore",
    "Laomedeia",
    "Leda",
    "Orus",
    "Puck",
    "Pulcherrima",
    "Rasalgethi",
    "Sadachbia",
    "Sadaltager",
    "Schedar",
    "Sulafat",
    "Umbriel",
    "Vindemiatrix",
    "Zephyr",
    "Zubenelgenubi",
]
STYLES = {"Zephyr": "bright", "Puck": "upbeat", "Algenib": "gravelly", "Callirrhoe": "easy-going", "Sulafat": "warm"}
WOMEN = [
    "Achernar",
    "Aoede",
    "Autonoe",
    "Callirrhoe",
    "Despina",
    "Erinome",
    "Gacrux",
    "Kore",
    "Laomedeia",
    "Leda",
    "Sulafat",
    "Vindemiatrix",
    "Zephyr",
]
PRICES = {  # USD; of litellm 1.109.1's list, times a million: text in, audio out
    FLASH: (0.5, 9),
    LITE: (0.5, 6),
    "gemini-3.1-flash-tts-preview": (1, 20),
    "gemini-2.5-flash-preview-tts": (0.5, 10),
    "gemini-2.5-pro-preview-tts": (1, 20),
}
ONLY_FLASH = [
    "ba",
    "bem",
    "bjn-Arab",
    "crh",
    "dyu",
    "dz",
    "fi",
    "gn",
    "ig",
    "kab",
    "lb",
    "lt",
    "ltg",
    "min-Latn",
    "my",
    "oc",
    "pag",
    "sd",
    "sl",
    "so",
    "sq",
    "ss",
    "st",
    "sv",
    "sw",
    "tg",
    "th",
    "ti",
    "ug",
]
COMMON = ["voice", "instructions", "speakers", "language_code"]
SAMPLED = ["temperature", "top_p", "top_k"]
FORMS = {
    FLASH: [*COMMON, "format", "seed", "max_output_tokens", "delivery"],
    LITE: [*COMMON, "format", "seed", "max_output_tokens", "delivery"],
    "gemini-3.1-flash-tts-preview": [*COMMON, *SAMPLED, "seed", "max_output_tokens", "delivery"],
    "gemini-2.5-flash-preview-tts": [*COMMON, *SAMPLED, "seed", "max_output_tokens"],
    "gemini-2.5-pro-preview-tts": [*COMMON, *SAMPLED, "seed", "max_output_tokens"],
}


def test_every_known_model_has_one_card_and_no_other() -> None:
    assert set(CARDS) == set(PRICES) == {FLASH, LITE, *PREVIEWS}
    assert len(FILES) == len(CARDS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_named_after_its_model_and_points_to_its_schema(path: Path) -> None:
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    target = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / target).resolve() == Path(__file__).parents[
        3
    ] / "schemas" / "card" / "gemini" / f"{path.parent.name}.json"
    assert f"name: {path.stem}" in rest


@pytest.mark.parametrize("name", PRICES)
def test_thirty_voices_with_a_word_each(name: str) -> None:
    voices = {voice.id: voice for voice in CARDS[name].voices}
    assert sorted(voices) == PIPECAT
    assert all(len(voice.styles) == 1 for voice in voices.values())
    assert {one: voices[one].styles[0] for one in STYLES} == STYLES
    assert sorted(one for one, voice in voices.items() if voice.gender == "female") == WOMEN
    assert Counter(voice.gender for voice in voices.values()) == {"female": 13, "male": 16, None: 1}
    assert voices["Pulcherrima"].gender is None  # sources disagree
    assert CARDS[name].parameter_schema["properties"]["voice"]["default"] == "Kore"


def test_only_the_newest_take_voices_of_ones_own() -> None:
    assert {name for name, card in CARDS.items() if card.custom_voices} == {FLASH, LITE}


def test_languages() -> None:
    """Google Cloud says 130 and 101: its table lacks Turkish and Vietnamese, which this one has."""
    flash, lite = CARDS[FLASH].languages, CARDS[LITE].languages
    assert (len(flash) - 2, len(lite) - 2) == (130, 101)
    assert {"tr", "vi"} <= set(lite) < set(flash)
    assert sorted(set(flash) - set(lite)) == ONLY_FLASH
    assert {"zh-Hans", "zh-Hant", "yue", "en", "ar", "fa-AF"} <= set(lite)
    for name in PREVIEWS:
        older = CARDS[name].languages
        assert len(older) == len(set(older)) == 78
        assert {"zh", "la", "kok", "nb", "nn"} <= set(older)
        assert not {"yue", "bs", "ha", "cmn"} & set(older)
    assert all(len(card.languages) == len(set(card.languages)) for card in CARDS.values())


@pytest.mark.parametrize(("name", "fields"), FORMS.items())
def test_form_has_what_the_model_takes(name: str, fields: list[str]) -> None:
    assert list(CARDS[name].parameter_schema["properties"]) == fields


def test_how_a_model_is_asked_is_a_fact_of_its_card() -> None:
    for name, card in CARDS.items():
        rules: dict[str, Any] = card.call_schema["properties"]
        dialect = "prompt" if name in PREVIEWS else "verbatim"
        assert (rules["dialect"]["const"], rules["dialect"]["default"]) == (dialect, dialect)
        assert rules["delivery"]["default"] == ("whole" if "2.5" in name else "stream")
        assert rules.get("format", {}).get("default") == (None if name in PREVIEWS else "pcm")


@pytest.mark.parametrize(("name", "price"), PRICES.items())
def test_prices(name: str, price: tuple[float, float]) -> None:
    pricing = CARDS[name].pricing
    assert pricing is not None
    assert (pricing.input, pricing.output, pricing.currency, pricing.unit) == (*price, "USD", "1m_tokens")


def test_previews_say_what_follows_them() -> None:
    assert {name for name, card in CARDS.items() if card.status == "deprecated"} == PREVIEWS
    assert not any(card.sunset_at for card in CARDS.values())  # Google names no day
    followers = {name: CARDS[name].replacement for name in PREVIEWS}
    assert followers.pop("gemini-3.1-flash-tts-preview") == LITE
    assert set(followers.values()) == {FLASH}


def test_audio_interruption_source() -> None:
    for name, card in CARDS.items():
        assert card.audio is not None
        assert card.audio.sample_rate == 24000
        assert card.audio.formats == (("pcm",) if name in PREVIEWS else ("pcm", "wav"))
        assert (card.limits, card.interruption, card.realtime) == (None, "reconnect", False)
        assert card.source == "https://ai.google.dev/gemini-api/docs/speech-generation"
        assert card.verified == date(2026, 11, 21)
