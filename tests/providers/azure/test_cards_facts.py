"""Azure's speech cards against second sources: other pages of Microsoft's, and lists that others made."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from modeldeck.providers import azure
from modeldeck.tts import AzureRealtimeTTSModel, AzureTTSModel, TTSModelBase, TTSModelCard
from modeldeck.tts.facts import Voice

MODELS = Path(azure.__file__).parent / "_models"
FAMILIES: dict[str, type[TTSModelBase[Any]]] = {"tts": AzureTTSModel, "realtime_tts": AzureRealtimeTTSModel}
FILES = sorted(MODELS.glob("*/*.yaml"))
WHOLE = {card.name: card for card in AzureTTSModel.list_models(strict=True)}
STREAMED = {card.name: card for card in AzureRealtimeTTSModel.list_models(strict=True)}
CARDS: dict[str, TTSModelCard] = WHOLE | STREAMED

# "Language and voice support for Azure Speech", 2026-09-09, counted by type; Omni: with its own list of 2026-01-14
COUNTS = {
    "neural": 501 + 59,
    "neural-hd": 66,
    "neural-hd-flash": 18,
    "neural-hd-omni": 775 + 6,
    "mai-voice-2": 47,
    "mai-voice-2-flash": 52,
    "neural-openai": 12,
    "custom-neural": 0,
    "neural-realtime": 501 + 59,
    "neural-hd-realtime": 66,
}
ENDINGS = {
    "neural": r"Neural",
    "neural-hd": r":DragonHDLatestNeural",
    "neural-hd-flash": r":DragonHDFlashLatestNeural",
    "neural-hd-omni": r":DragonHDOmniLatestNeural",
    "mai-voice-2": r":MAI-Voice-2",
    "mai-voice-2-flash": r":MAI-Voice-2-Flash",
    "neural-openai": r"MultilingualNeural(HD)?",
}
# "High-definition voices", 2025-10-21
HD_2025 = {
    "female": "de-DE-Seraphina en-US-Aria en-US-Ava en-US-Ava3 en-US-Emma en-US-Emma2 en-US-Jenny en-US-Nova "
    "en-US-Phoebe en-US-Serena es-ES-Ximena fr-FR-Vivienne ja-JP-Nanami zh-CN-Xiaochen",
    "male": "de-DE-Florian en-US-Adam en-US-Alloy en-US-Andrew en-US-Andrew2 en-US-Andrew3 en-US-Brian en-US-Davis "
    "en-US-Steffan es-ES-Tristan fr-FR-Remy ja-JP-Masaru zh-CN-Yunfan",
}
FLASH_2025 = {"female": "Xiaochen Xiaoxiao Xiaoxiao2", "male": "Yunxia Yunxiao Yunye Yunyi"}
# hass-nabucasa 2.8.1, voice_data.py, made of the service's voices/list
STYLES = {
    "de-DE-ConradNeural": "cheerful sad",
    "en-GB-SoniaNeural": "cheerful sad",
    "en-US-AriaNeural": "angry chat cheerful customerservice empathetic excited friendly hopeful "
    "narration-professional newscast-casual newscast-formal sad shouting terrified unfriendly whispering",
    "en-US-JennyNeural": "angry assistant chat cheerful customerservice excited friendly hopeful newscast sad shouting "
    "terrified unfriendly whispering",
    "en-IN-NeerjaNeural": "cheerful empathetic newscast",
    "fr-FR-DeniseNeural": "cheerful excited sad whispering",
    "ja-JP-NanamiNeural": "chat cheerful customerservice",
    "ko-KR-InJoonNeural": "sad",
    "pt-BR-FranciscaNeural": "calm",
    "zh-CN-YunxiNeural": "angry assistant chat cheerful depressed disgruntled embarrassed fearful narration-relaxed "
    "newscast sad serious",
    "af-ZA-AdriNeural": "",
    "en-GB-MaisieNeural": "",
}
OPENAI = ["Alloy", "Echo", "Fable", "Onyx", "Nova", "Shimmer"]
CHILDREN = {"Gisela", "Maisie", "Ana", "Marina", "Eloise", "Pierina", "Leticia", "Xiaoshuang", "Xiaoyou"}
SPEECH = ["voice", "language", "style", "rate", "pitch", "volume", "temperature", "lexicon", "format"]
TIMED = [*SPEECH, "word_timestamps", "deployment_id"]
ALL = {*TIMED, "style_degree", "role", "ssml", "visemes", "wire"}
PROSODY = {"rate", "pitch", "volume"}
EXPRESSION = {"style", "style_degree", "role"}
LACKS = {  # what each family does not take
    "neural": {"temperature", "deployment_id"},
    "neural-hd": {*EXPRESSION, *PROSODY, "word_timestamps", "visemes", "deployment_id"},
    "neural-hd-flash": {"style_degree", "role", *PROSODY, "word_timestamps", "visemes", "deployment_id"},
    "neural-hd-omni": {*PROSODY, "visemes", "deployment_id"},
    "mai-voice-2": {"role", *PROSODY, "temperature", "lexicon", "visemes", "deployment_id"},
    "mai-voice-2-flash": {"style_degree", "role", *PROSODY, "temperature", "lexicon", "visemes", "deployment_id"},
    "neural-openai": ALL - {"voice", "language", "format", "ssml", "wire"},
    "custom-neural": {"temperature"},
}


def voices(name: str) -> dict[str, Voice]:
    return {voice.id: voice for voice in CARDS[name].voices}


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = CARDS[name].parameter_schema["properties"]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_named_after_its_model_and_points_to_its_schema(path: Path) -> None:
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    target = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / target).resolve() == Path(__file__).parents[
        3
    ] / "schemas" / "card" / "azure" / f"{path.parent.name}.json"
    assert f"name: {path.stem}" in rest
    assert path.stem in {card.name for card in FAMILIES[path.parent.name].list_models()}


def test_families_of_voices_have_one_card_each() -> None:
    assert {name: len(card.voices) for name, card in CARDS.items()} == COUNTS
    assert len(FILES) == len(CARDS)


@pytest.mark.parametrize(("name", "ending"), ENDINGS.items())
def test_names_of_voices_are_a_locale_a_name_and_the_family(name: str, ending: str) -> None:
    pattern = re.compile(r"[a-z]{2,3}(-Latn|-Cans)?-[A-Za-z]{2}(-[a-z]+)?-\w+(-Preview)?" + ending)
    assert [one for one in voices(name) if not pattern.fullmatch(one)] == []


@pytest.mark.parametrize("name", ENDINGS)
def test_voices_say_who_they_are(name: str) -> None:
    listed = CARDS[name].voices
    assert max(Counter(voice.label for voice in listed).values()) == 1
    for voice in listed:
        assert voice.gender, voice.id
        locale = voice.languages[0]
        assert voice.id.lower().startswith(f"{locale.lower()}-"), voice.id


def test_streamed_text_has_the_same_voices() -> None:
    for name in ("neural", "neural-hd"):
        assert CARDS[f"{name}-realtime"].voices == CARDS[name].voices
        assert CARDS[f"{name}-realtime"].pricing == CARDS[name].pricing


def test_standard_voices_by_locale() -> None:
    plain = Counter(voice.languages[0] for voice in CARDS["neural"].voices)
    assert len(plain) == 154
    assert [plain[tag] for tag in ("en-US", "zh-CN", "de-DE", "af-ZA", "sr-Latn-RS")] == [60, 31, 17, 2, 2]


@pytest.mark.parametrize(("voice", "styles"), STYLES.items())
def test_styles_are_those_of_the_services_list(voice: str, styles: str) -> None:
    assert sorted(voices("neural")[voice].styles) == styles.split()


def test_children_are_told_by_their_label() -> None:
    told = {one.id.split("-")[-1].removesuffix("Neural") for one in voices("neural").values() if "(child)" in one.label}
    assert told == CHILDREN


def test_hd_voices_of_the_year_before_are_still_there() -> None:
    for gender, names in HD_2025.items():
        assert {voices("neural-hd")[f"{name}:DragonHDLatestNeural"].gender for name in names.split()} == {gender}
    for gender, names in FLASH_2025.items():
        flash = {voices("neural-hd-flash")[f"zh-CN-{name}:DragonHDFlashLatestNeural"].gender for name in names.split()}
        assert flash == {gender}


def test_hd_and_multilingual_voices_speak_91_languages() -> None:
    assert {len(set(voice.languages)) for voice in CARDS["neural-hd"].voices} == {91}
    spoken = Counter(len(set(voice.languages)) for voice in CARDS["neural"].voices)
    assert spoken == {1: 501, 91: 57, 41: 2}
    assert {len(voices("neural")[f"en-US-{one}MultilingualNeural"].languages) for one in ("Jenny", "Ryan")} == {41}
    assert {"sw-KE", "zu-ZA", "es-MX"} < set(voices("neural")["de-DE-SeraphinaMultilingualNeural"].languages)


def test_other_voices_speak_what_their_pages_say() -> None:
    assert {len(set(voice.languages)) for voice in CARDS["neural-openai"].voices} == {57}
    assert {voice.languages for voice in CARDS["neural-hd-flash"].voices} == {("zh-CN", "en-US"), ("en-US",)}


def test_omni_has_the_standard_voices_under_its_own_names() -> None:
    omni = {one.lower().partition(":")[0] for one in voices("neural-hd-omni")}
    plain = {one.removesuffix("Neural").removesuffix("Multilingual").lower() for one in voices("neural")}
    assert len(omni & plain) > 450
    assert voices("neural-hd-omni")["af-za-adri:DragonHDOmniLatestNeural"].gender == "female"
    styled = {voice.id for voice in CARDS["neural-hd-omni"].voices if voice.styles}
    assert styled == {"en-us-ava:DragonHDOmniLatestNeural", "en-US-Andrew:DragonHDOmniLatestNeural"}


def test_mai_voices_have_the_styles_of_their_page() -> None:
    mai = voices("mai-voice-2")
    klaus = mai["de-DE-Klaus:MAI-Voice-2"]
    assert (klaus.gender, len(klaus.styles), klaus.styles[0], klaus.styles[-1]) == ("male", 18, "angry", "whispering")
    assert {one for one in mai if not mai[one].styles} >= {
        f"en-US-{one}:MAI-Voice-2" for one in ("Grant", "Iris", "Jasper")
    }
    wei = voices("mai-voice-2-flash")["zh-CN-Wei:MAI-Voice-2-Flash"]
    assert set(klaus.styles) - set(wei.styles) == {"determined", "relieved", "shouting", "softvoice", "whispering"}


def test_openai_voices() -> None:
    assert list(voices("neural-openai")) == [
        f"en-US-{name}MultilingualNeural{variant}" for variant in ("", "HD") for name in OPENAI
    ]
    assert not set(voices("neural-openai")) & set(voices("neural"))


def test_turbo_voices_are_neural_ones() -> None:
    turbo = {one for one in voices("neural") if "Turbo" in one}
    assert turbo == {f"en-US-{name}TurboMultilingualNeural" for name in [*OPENAI, "Ash"]}


@pytest.mark.parametrize(("name", "lacks"), LACKS.items())
def test_form_has_what_the_family_takes(name: str, lacks: set[str]) -> None:
    assert set(properties(name)) == ALL - lacks


def test_streamed_forms_have_no_ssml() -> None:
    common = {*TIMED, "prefer_locales"}
    assert set(properties("neural-realtime")) == common - LACKS["neural"]
    assert set(properties("neural-hd-realtime")) == common - LACKS["neural-hd"]


def test_temperature_by_family() -> None:
    for name, least in (("neural-hd", 0.0), ("neural-hd-omni", 0.3)):
        number = properties(name)["temperature"]
        assert (number["minimum"], number["maximum"]) == (least, 1.0)


def test_preset_voices() -> None:
    presets = {name: card.default_voice for name, card in CARDS.items() if card.voices}
    assert presets["neural"] == presets["neural-realtime"] == "en-US-AvaMultilingualNeural"
    assert presets["neural-hd"] == presets["neural-hd-realtime"] == "en-US-Ava:DragonHDLatestNeural"
    for name, preset in presets.items():
        assert preset in voices(name)
        assert properties(name)["voice"]["default"] == preset
    assert [name for name, card in CARDS.items() if card.custom_voices] == ["custom-neural"]


def test_prices_of_the_price_list() -> None:
    known = {name: card.pricing for name, card in CARDS.items() if card.pricing}
    assert {(price.unit, price.currency, price.output) for price in known.values()} == {("1m_characters", "USD", None)}
    prices = {name: price.input for name, price in known.items()}
    assert prices == {"neural": 15, "neural-realtime": 15, "neural-hd": 22, "neural-hd-realtime": 22}


def test_a_turn_has_64_kilobytes_at_most() -> None:
    for name, card in CARDS.items():
        limits = (card.limits.max_characters, card.limits.counting) if card.limits else None
        assert limits == (None if name in STREAMED else (64 * 1024, "bytes")), name


def test_audio_realtime_and_interruption() -> None:
    for name, card in CARDS.items():
        assert card.audio is not None
        assert (card.audio.sample_rate, card.audio.formats[0], card.audio.channels) == (24000, "pcm", 1)
        assert {"wav", "mp3", "opus", "silk"} <= set(card.audio.formats)
        assert card.realtime == (name in STREAMED)
        assert card.interruption == "reconnect"
        assert card.status == "active"


def test_every_card_says_where_and_when_it_was_read() -> None:
    for card in CARDS.values():
        assert card.source, card.name
        assert card.source.startswith(("https://learn.microsoft.com/", "https://github.com/MicrosoftDocs/")), card.name
        assert card.verified == date(2026, 11, 21)
