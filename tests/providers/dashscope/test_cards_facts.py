"""The DashScope speech cards against what their sources say: names, voices, parameters, prices, limits."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from modeldeck.providers.dashscope import parameters as dashscope
from modeldeck.providers.dashscope.parameters import (
    CosyVoiceParameters,
    CosyVoiceSwitchParameters,
    QwenRealtimeTTSParameters,
    QwenTTSParameters,
)
from modeldeck.tts import (
    DashScopeCosyVoiceRealtimeTTSModel,
    DashScopeRealtimeTTSModel,
    DashScopeTTSModel,
    TTSModelBase,
    TTSModelCard,
)

MODELS = Path(dashscope.__file__).parent / "_models"
FAMILIES: dict[str, type[TTSModelBase[Any]]] = {
    "tts": DashScopeTTSModel,
    "realtime_tts": DashScopeRealtimeTTSModel,
    "cosyvoice": DashScopeCosyVoiceRealtimeTTSModel,
}
FILES = sorted(MODELS.glob("*/*.yaml"))
ALL: dict[str, TTSModelCard] = {
    card.name: card for family in FAMILIES.values() for card in family.list_models(strict=True)
}
SAMBERT = {name: card for name, card in ALL.items() if name.startswith("sambert-")}
CARDS = {name: card for name, card in ALL.items() if name not in SAMBERT}

VOICE_COUNTS = {
    "qwen3-tts-flash": 49,
    "qwen3-tts-flash-2025-11-27": 49,
    "qwen3-tts-flash-2025-09-18": 17,
    "qwen3-tts-instruct-flash": 25,
    "qwen3-tts-instruct-flash-2026-01-26": 25,
    "qwen3-tts-vc-2026-01-22": 0,
    "qwen3-tts-vd-2026-01-26": 0,
    "qwen-tts": 4,
    "qwen-tts-2025-04-10": 4,
    "qwen-tts-2025-05-22": 7,
    "qwen-tts-latest": 7,
    "qwen3-tts-flash-realtime": 49,
    "qwen3-tts-flash-realtime-2025-11-27": 49,
    "qwen3-tts-flash-realtime-2025-09-18": 17,
    "qwen3-tts-instruct-flash-realtime": 25,
    "qwen3-tts-instruct-flash-realtime-2026-01-22": 25,
    "qwen3-tts-vc-realtime-2026-01-15": 0,
    "qwen3-tts-vc-realtime-2025-11-27": 0,
    "qwen3-tts-vd-realtime-2026-01-15": 0,
    "qwen3-tts-vd-realtime-2025-12-16": 0,
    "qwen-tts-realtime": 4,
    "qwen-tts-realtime-latest": 4,
    "qwen-tts-realtime-2025-07-15": 4,
    "cosyvoice-v3-flash": 87,
    "cosyvoice-v3-plus": 2,
    "cosyvoice-v3.5-plus": 0,
    "cosyvoice-v3.5-flash": 0,
    "cosyvoice-v2": 106,
    "cosyvoice-v1": 20,
}
ACTIVE = {"qwen3-tts-flash", "qwen3-tts-flash-realtime", *(name for name in VOICE_COUNTS if "cosy" in name)}

QWEN = ["voice", "language_type"]
INSTRUCT = [*QWEN, "instructions", "optimize_instructions"]
SOUND = ["speech_rate", "volume", "pitch_rate", "bit_rate"]
REALTIME = ["mode", "format", "sample_rate"]
COSY = ["voice", "format", "sample_rate", "volume", "rate", "pitch"]
SINCE_V2 = ["bit_rate", "enable_ssml", "word_timestamp_enabled", "seed", "language_hints"]
SINCE_V3 = ["instruction", "hot_fix"]
AI_MARK = ["enable_aigc_tag", "aigc_propagator", "aigc_propagate_id"]
FORMS = {
    "qwen3-tts-flash": QWEN,
    "qwen3-tts-instruct-flash": INSTRUCT,
    "qwen3-tts-vc-2026-01-22": QWEN,
    "qwen3-tts-vd-2026-01-26": QWEN,
    "qwen-tts": QWEN,
    "qwen3-tts-flash-realtime": [*QWEN, *REALTIME, *SOUND],
    "qwen3-tts-instruct-flash-realtime": [*INSTRUCT, *REALTIME, *SOUND],
    "qwen3-tts-vc-realtime-2025-11-27": [*QWEN, *REALTIME, *SOUND],
    "qwen3-tts-vd-realtime-2025-12-16": [*QWEN, *REALTIME, *SOUND],
    "qwen-tts-realtime": [*QWEN, *REALTIME],
    "cosyvoice-v3-flash": [*COSY, *SINCE_V2, *SINCE_V3, "enable_markdown_filter", *AI_MARK],
    "cosyvoice-v3-plus": [*COSY, *SINCE_V2, *SINCE_V3, *AI_MARK],
    "cosyvoice-v3.5-plus": [*COSY, *SINCE_V2, *SINCE_V3],
    "cosyvoice-v3.5-flash": [*COSY, *SINCE_V2, *SINCE_V3],
    "cosyvoice-v2": [*COSY, *SINCE_V2, *AI_MARK],
    "cosyvoice-v1": COSY,
}
PRICES = {  # CNY; per 10 000 characters, of the token-billed ones per million tokens
    "qwen3-tts-flash": (0.8, None),
    "qwen3-tts-instruct-flash": (0.8, None),
    "qwen3-tts-vc-2026-01-22": (0.8, None),
    "qwen3-tts-vd-2026-01-26": (0.8, None),
    "qwen-tts-latest": (1.6, 10),
    "qwen3-tts-flash-realtime-2025-09-18": (1, None),
    "qwen3-tts-instruct-flash-realtime": (1, None),
    "qwen3-tts-vc-realtime-2025-11-27": (1, None),
    "qwen-tts-realtime": (2.4, 12),
    "cosyvoice-v3.5-plus": (1.5, None),
    "cosyvoice-v3.5-flash": (0.8, None),
    "cosyvoice-v3-plus": (2, None),
    "cosyvoice-v3-flash": (1, None),
    "cosyvoice-v2": (2, None),
    "cosyvoice-v1": (2, None),
}
TEN = {"zh", "en", "fr", "de", "ru", "it", "es", "pt", "ja", "ko"}
REGISTERED = TEN | {"yue", "wuu", "nan", "en-US", "en-GB", "id", "th", "vi"}  # subtags of IANA's registry
DIALECTS = {
    "Jada": "wuu",
    "Roy": "nan",
    "Rocky": "yue",
    "Kiki": "yue",
    "Marcus": "zh",
    "longanmin_v3": "nan",
    "longanmin": "nan",
    "longjiaxin_v3": "yue",
    "longtao_v2": "yue",
    "longshange_v3": "zh",
    "longlaotie_v3": "zh",
    "longlaotie": "zh",
}
CHAINED = [
    ("qwen3-tts-flash", "qwen3-tts-flash-2025-11-27"),
    ("qwen3-tts-instruct-flash", "qwen3-tts-instruct-flash-2026-01-26"),
    ("qwen-tts", "qwen-tts-2025-04-10"),
    ("qwen-tts-latest", "qwen-tts-2025-05-22"),
    ("qwen3-tts-flash-realtime", "qwen3-tts-flash-realtime-2025-11-27"),
    ("qwen3-tts-instruct-flash-realtime", "qwen3-tts-instruct-flash-realtime-2026-01-22"),
    ("qwen-tts-realtime", "qwen-tts-realtime-2025-07-15"),
    ("qwen-tts-realtime", "qwen-tts-realtime-latest"),
]


def properties(name: str) -> dict[str, Any]:
    found: dict[str, Any] = CARDS[name].parameter_schema["properties"]
    return found


def ids(name: str) -> list[str]:
    return [voice.id for voice in CARDS[name].voices]


def test_every_known_model_has_one_card_and_no_other() -> None:
    assert set(CARDS) == set(VOICE_COUNTS)
    assert len(FILES) == len(ALL)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_named_after_its_model_and_points_to_its_schema(path: Path) -> None:
    first, *rest = path.read_text(encoding="utf-8").splitlines()
    root = Path(__file__).parents[3]
    target = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / target).resolve() == root / "schemas" / "card" / "dashscope" / f"{path.parent.name}.json"
    assert f"name: {path.stem}" in rest
    assert path.stem in {card.name for card in FAMILIES[path.parent.name].list_models()}


@pytest.mark.parametrize(("name", "count"), VOICE_COUNTS.items())
def test_voices_are_as_many_as_the_source_lists(name: str, count: int) -> None:
    assert len(CARDS[name].voices) == count


@pytest.mark.parametrize("name", [name for name, count in VOICE_COUNTS.items() if count])
def test_preset_voice_is_listed(name: str) -> None:
    preset = properties(name)["voice"]["default"]
    assert preset in ids(name)
    wanted = {"cosyvoice-v2": "longxiaochun_v2", "cosyvoice-v1": "longxiaochun"}
    assert preset == wanted.get(name, "longanyang" if "cosy" in name else "Cherry")


@pytest.mark.parametrize("name", [name for name, count in VOICE_COUNTS.items() if not count])
def test_models_without_system_voices_ask_for_an_own_one(name: str) -> None:
    schema = CARDS[name].parameter_schema
    assert schema["required"] == ["voice"]
    assert "enum" not in schema["properties"]["voice"]
    assert "anyOf" not in schema["properties"]["voice"]


def test_only_models_that_clone_or_design_take_other_voices() -> None:
    takers = {name for name, card in CARDS.items() if card.custom_voices}
    assert takers == {name for name in CARDS if "-vc-" in name or "-vd-" in name or "cosy" in name}


def test_qwen_voices_begin_as_documented() -> None:
    for name in ("qwen3-tts-flash", "qwen3-tts-flash-realtime", "qwen-tts", "qwen-tts-realtime"):
        assert ids(name)[:4] == ["Cherry", "Serena", "Ethan", "Chelsie"]
    assert ids("cosyvoice-v3-plus") == ["longanyang", "longanhuan"]


def test_older_and_instructed_models_know_some_of_the_voices() -> None:
    all_voices = set(ids("qwen3-tts-flash"))
    assert all_voices == set(ids("qwen3-tts-flash-realtime"))
    assert set(ids("qwen3-tts-instruct-flash")) < all_voices
    assert set(ids("qwen3-tts-flash-2025-09-18")) < all_voices
    assert "Jennifer" not in ids("qwen3-tts-instruct-flash")
    assert "Serena" not in ids("qwen3-tts-flash-2025-09-18")
    assert set(ids("qwen-tts-latest")) - set(ids("qwen-tts")) == {"Jada", "Dylan", "Sunny"}


def test_cosyvoice_models_share_no_voice_but_the_two_benchmark_ones() -> None:
    assert set(ids("cosyvoice-v3-flash")) & set(ids("cosyvoice-v3-plus")) == {"longanyang", "longanhuan"}
    assert not set(ids("cosyvoice-v3-flash")) & set(ids("cosyvoice-v2"))
    assert not set(ids("cosyvoice-v2")) & set(ids("cosyvoice-v1"))


def test_a_voice_is_described_alike_on_every_model() -> None:
    seen: dict[str, tuple[Any, ...]] = {}
    for name, card in CARDS.items():
        for voice in card.voices:
            facts = (voice.label, voice.gender, voice.styles, voice.languages[0])
            assert seen.setdefault(voice.id, facts) == facts, f"{voice.id} of {name}"


def test_voices_say_who_they_are() -> None:
    voices = [voice for card in CARDS.values() for voice in card.voices]
    assert all(voice.label and voice.languages for voice in voices)
    unknown = {voice.id for name in CARDS if name != "cosyvoice-v1" for voice in CARDS[name].voices if not voice.gender}
    assert unknown == {"longpaopao_v3", "longshanshan_v3", "longjiqi_v3"}  # the list leaves it open


def test_languages_are_registered_tags() -> None:
    for card in CARDS.values():
        spoken = {tag for voice in card.voices for tag in voice.languages}
        assert {*card.languages, *spoken} <= REGISTERED, card.name
        assert {tag.split("-")[0] for tag in spoken} <= set(card.languages), card.name


@pytest.mark.parametrize(("voice", "language"), DIALECTS.items())
def test_dialect_voices_have_the_dialects_language(voice: str, language: str) -> None:
    found = [one.languages[0] for card in CARDS.values() for one in card.voices if one.id == voice]
    assert set(found) == {language}


def test_qwen3_voices_speak_ten_languages_and_older_ones_two() -> None:
    for name in ("qwen3-tts-flash", "qwen3-tts-instruct-flash-realtime"):
        assert all(set(voice.languages[1:]) == TEN - {"zh"} for voice in CARDS[name].voices)
    assert {tag for voice in CARDS["qwen-tts-realtime"].voices for tag in voice.languages} == {"zh", "en"}


@pytest.mark.parametrize(("name", "shown"), FORMS.items())
def test_form_has_what_the_model_takes(name: str, shown: list[str]) -> None:
    assert list(properties(name)) == shown


@pytest.mark.parametrize(("one", "other"), CHAINED)
def test_equivalent_names_have_the_same_schema(one: str, other: str) -> None:
    assert CARDS[one].schema_bytes == CARDS[other].schema_bytes
    assert CARDS[one].voices == CARDS[other].voices


def test_undocumented_parameter_is_for_programmers_only() -> None:
    card = CARDS["qwen3-tts-vd-realtime-2025-12-16"]
    assert "enable_tn" in card.call_schema["properties"]
    assert "enable_tn" not in card.parameter_schema["properties"]


def test_values_that_one_model_lacks() -> None:
    older = properties("qwen-tts-realtime")
    assert (older["format"]["enum"], older["sample_rate"]["enum"]) == (["pcm"], [24000])
    assert older["language_type"]["enum"] == ["Auto", "Chinese", "English"]
    assert "opus" not in properties("cosyvoice-v1")["format"]["enum"]
    assert "opus" in properties("cosyvoice-v2")["format"]["enum"]


def test_limits_of_the_text() -> None:
    for name, card in CARDS.items():
        limits = (card.limits.max_characters, card.limits.counting) if card.limits else None
        if "cosy" in name:
            assert limits == (200_000, "cjk_double")  # of a task; the class splits it into frames
        elif "realtime" in name or name.startswith("qwen-"):
            assert limits is None  # undocumented, or counted in tokens
        else:
            assert limits == (600, "code_points")


@pytest.mark.parametrize(("name", "price"), PRICES.items())
def test_prices(name: str, price: tuple[float, float | None]) -> None:
    pricing = CARDS[name].pricing
    assert pricing is not None
    assert (pricing.input, pricing.output, pricing.currency) == (*price, "CNY")
    assert pricing.unit == ("1m_tokens" if name.startswith("qwen-") else "10k_characters")


def test_audio_formats_begin_with_the_servers_default() -> None:
    defaults = {"tts": ("wav", 24000), "realtime_tts": ("pcm", 24000), "cosyvoice": ("mp3", 22050)}
    for folder, family in FAMILIES.items():
        for card in family.list_models():
            assert card.audio is not None
            if card.name in CARDS:
                assert (card.audio.formats[0], card.audio.sample_rate) == defaults[folder], card.name


def test_realtime_is_said_by_the_name_or_the_family() -> None:
    assert all(card.realtime == ("realtime" in name or "cosy" in name) for name, card in CARDS.items())


def test_retired_models_say_when_and_active_ones_do_not() -> None:
    assert {name for name, card in CARDS.items() if card.status == "active"} == ACTIVE
    for name, card in CARDS.items():
        assert card.sunset_at == (None if name in ACTIVE else date(2026, 10, 10))
        assert card.replacement is None or card.replacement in ACTIVE


def test_every_card_says_where_and_when_it_was_read() -> None:
    for card in ALL.values():
        assert card.source, card.name
        assert card.source.startswith("https://github.com/modelstudioai/skills/blob/62167f8")
        assert card.verified == date(2026, 11, 21)


def test_interruption_opens_the_next_connection() -> None:
    assert {card.interruption for card in ALL.values()} == {"reconnect"}


SAMBERT_48K = ["zhinan", "zhiqi", "zhichu", "zhide", "zhijia", "zhiru", "zhiqian", "zhixiang", "zhiwei"]
SAMBERT_LANGUAGES = {
    **{voice: ["en-US"] for voice in ("beth", "betty", "brian", "cally", "cindy", "donna", "eva")},
    "camila": ["es"],
    "perla": ["it"],
    "indah": ["id"],
    "clara": ["fr"],
    "hanna": ["de"],
    "waan": ["th"],
}


def test_sambert_is_one_model_per_voice() -> None:
    assert len(SAMBERT) == 43
    for name, card in SAMBERT.items():
        voice = name.removeprefix("sambert-").removesuffix("-v1")
        rate = 48000 if voice in SAMBERT_48K else 16000
        assert card.languages == SAMBERT_LANGUAGES.get(voice, ["zh", "en"]), name
        assert card.audio is not None
        assert (card.audio.sample_rate, card.audio.formats) == (rate, ("wav", "mp3", "pcm")), name
        assert card.limits is not None
        assert (card.limits.max_characters, card.limits.counting) == (10_000, "code_points")
        assert card.pricing is not None
        assert (card.pricing.input, card.pricing.currency, card.pricing.unit) == (1, "CNY", "10k_characters")
        assert (card.voices, card.realtime, card.status) == ([], False, "active")
        shown = card.call_schema["properties"]
        timings = [] if voice in {"camila", "perla", "indah", "clara", "hanna", "waan"} else ["word_timestamp_enabled"]
        assert list(shown) == ["format", "sample_rate", "volume", "rate", "pitch", *timings], name
        assert (shown["format"]["default"], shown["sample_rate"]["default"]) == ("wav", rate), name


@pytest.mark.parametrize(
    ("parameters", "values", "said"),
    [
        (QwenTTSParameters, {"optimize_instructions": True}, "needs instructions"),
        (QwenTTSParameters, {"optimize_instructions": True, "instructions": ""}, "needs instructions"),
        (QwenRealtimeTTSParameters, {"optimize_instructions": True}, "needs instructions"),
        (QwenRealtimeTTSParameters, {"bit_rate": 128}, "needs the format opus"),
        (CosyVoiceParameters, {"bit_rate": 32, "format": "mp3"}, "not mp3"),
        (CosyVoiceSwitchParameters, {"bit_rate": 32}, "needs the format opus"),
        (CosyVoiceParameters, {"aigc_propagator": "x"}, "set enable_aigc_tag"),
        (CosyVoiceParameters, {"aigc_propagate_id": "x", "enable_aigc_tag": False}, "set enable_aigc_tag"),
    ],
)
def test_rules_between_fields(parameters: type[BaseModel], values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        parameters(**values)


@pytest.mark.parametrize(
    ("parameters", "values"),
    [
        (QwenTTSParameters, {"optimize_instructions": True, "instructions": "calm"}),
        (QwenTTSParameters, {"optimize_instructions": False}),
        (QwenRealtimeTTSParameters, {"bit_rate": 6, "format": "opus"}),
        (CosyVoiceParameters, {"bit_rate": 510, "format": "opus"}),
        (CosyVoiceParameters, {"aigc_propagator": "x", "enable_aigc_tag": True}),
        (
            CosyVoiceParameters,
            {"hot_fix": {"pronunciation": [{"天气": "tian1 qi4"}], "replace": [{"今天": "金天"}]}},
        ),
        (CosyVoiceSwitchParameters, {"realtime": True}),
    ],
)
def test_documented_combinations(parameters: type[BaseModel], values: dict[str, Any]) -> None:
    assert parameters(**values).model_dump(exclude_unset=True) == values


def test_nothing_but_the_voice_is_preset() -> None:
    for parameters, preset in (
        (QwenTTSParameters, {"voice": "Cherry"}),
        (QwenRealtimeTTSParameters, {"voice": "Cherry"}),
        (CosyVoiceParameters, {"voice": "longanyang"}),
        (CosyVoiceSwitchParameters, {"voice": "longanhuan", "realtime": False}),
    ):
        assert parameters().model_dump(exclude_none=True) == preset
