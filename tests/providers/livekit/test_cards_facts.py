"""The cards of LiveKit Inference against second sources: its SDK, and the lists of the providers behind it."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from modeldeck.providers import livekit
from modeldeck.tts import LiveKitTTSModel
from modeldeck.tts.facts import Voice

FILES = sorted((Path(livekit.__file__).parent / "_models").glob("*/*.yaml"))
CARDS = {card.name: card for card in LiveKitTTSModel.list_models(strict=True)}

# livekit-agents 1.8.9, inference/tts.py
SDK = {
    "cartesia": "sonic-3.5 sonic-3 sonic-2 sonic-turbo sonic sonic-3-latest sonic-latest",
    "deepgram": "aura aura-2",
    "rime": "coda mistv2 mistv3 mist",
    "inworld": "inworld-tts-2 inworld-tts-1.5-max inworld-tts-1.5-mini inworld-tts-1.5 inworld-tts-1-max inworld-tts-1",
    "xai": "tts-1",
    "fishaudio": "s2.1-pro s2.1-pro-free s2-pro drama-3",
}
MORE = {  # of LiveKit's documents: dated snapshots, and what was taken away
    "cartesia": "sonic-3-2025-10-27 sonic-3-2026-01-12 sonic-3.5-2026-05-04",
    "rime": "arcana",
    "elevenlabs": "eleven_flash_v2 eleven_flash_v2_5 eleven_turbo_v2 eleven_turbo_v2_5 eleven_multilingual_v2",
}
BARE = ("cartesia", "deepgram", "rime", "inworld", "fishaudio")  # of the same list: the gateway chooses the model
RETIRED = {  # status, day, what to use instead
    "cartesia/sonic": ("deprecated", None, None),
    "deepgram/aura": ("sunset", date(2026, 2, 13), "deepgram/aura-2"),
    "rime/arcana": ("sunset", date(2026, 8, 15), "rime/coda"),
    "rime/mistv2": ("deprecated", None, "rime/mistv3"),
    "rime/mist": ("deprecated", None, "rime/mistv3"),
    **{f"elevenlabs/{name}": ("sunset", date(2026, 9, 3), None) for name in MORE["elevenlabs"].split()},
}
LANGUAGES = {
    "cartesia/sonic-3": 42,
    "cartesia/sonic-3-latest": 42,
    "cartesia/sonic-3-2026-01-12": 42,
    "cartesia/sonic-3.5": 40,
    "cartesia/sonic-latest": 40,
    "cartesia/sonic": 15,
    "cartesia/sonic-2": 8,
    "cartesia/sonic-turbo": 9,
    "deepgram/aura": 4,
    "rime/coda": 6,
    "rime/mistv3": 4,
    "rime/mist": 1,
    "inworld/inworld-tts-2": 15,
    "inworld/inworld-tts-1.5-mini": 15,
    "inworld/inworld-tts-1.5": 0,
    "xai/tts-1": 20,
    "fishaudio/s2-pro": 13,
    "fishaudio/drama-3": 0,
    "elevenlabs/eleven_turbo_v2_5": 32,
    "elevenlabs/eleven_multilingual_v2": 29,
    "elevenlabs/eleven_flash_v2": 1,
}
VOICES = {
    "cartesia/sonic-3": 4,
    "deepgram/aura-2": 91,
    "deepgram/aura": 12,
    "rime/coda": 184,
    "rime/mistv3": 78,
    "rime/mistv2": 138,
    "rime/mist": 117,
    "inworld/inworld-tts-2": 60,
    "xai/tts-1": 5,
    "fishaudio/s2.1-pro": 7,
    "fishaudio/drama-3": 0,
    "elevenlabs/eleven_turbo_v2_5": 4,
}
# Rime's page "Coda voices" and "Mist v3 voices", 2026-08-07: those that it recommends
FEATURED = {
    "rime/coda": {
        "female": "astra clementine eyre hesse lintel luna lyra vespera",
        "male": "bancroft beatty cupola godfrey lawton marlu masonry parapet",
    },
    "rime/mistv3": {"female": "astra estelle luna vespera", "male": "sirius talon"},
}
PRICES = {  # USD for a million characters
    "cartesia/sonic-3": 50,
    "cartesia/sonic-3.5": 50,
    "deepgram/aura-2": 30,
    "rime/mistv3": 30,
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
    ] / "schemas" / "card" / "livekit" / f"{path.parent.name}.json"
    assert f"name: {path.stem.replace('--', '/')}" in rest


def test_every_known_model_has_one_card_and_no_other() -> None:
    known = [f"{provider}/{name}" for models in (SDK, MORE) for provider in models for name in models[provider].split()]
    assert sorted(CARDS) == sorted([*known, *BARE])
    assert len(FILES) == len(CARDS)


def test_retired_models_say_so_and_others_do_not() -> None:
    said = {name: (card.status, card.sunset_at, card.replacement) for name, card in CARDS.items()}
    assert {name: facts for name, facts in said.items() if facts != ("active", None, None)} == RETIRED
    assert {replacement for *_, replacement in RETIRED.values() if replacement} <= set(CARDS)


@pytest.mark.parametrize(("name", "count"), LANGUAGES.items())
def test_languages_are_as_many_as_documented(name: str, count: int) -> None:
    assert len(set(CARDS[name].languages)) == len(CARDS[name].languages) == count


def test_languages_that_tell_models_apart() -> None:
    def spoken(name: str) -> set[str]:
        return set(CARDS[name].languages)

    assert spoken("cartesia/sonic-3") - spoken("cartesia/sonic-3.5") == {"fr", "it"}
    assert spoken("elevenlabs/eleven_flash_v2_5") - spoken("elevenlabs/eleven_multilingual_v2") == {"hu", "no", "vi"}
    assert spoken("deepgram/aura-2") == {tag for one in CARDS["deepgram/aura-2"].voices for tag in one.languages} | {
        "en",
        "es",
        "nl",
        "fr",
        "de",
        "it",
        "ja",
    }


@pytest.mark.parametrize("name", BARE)
def test_of_a_provider_alone_nothing_is_claimed(name: str) -> None:
    card = CARDS[name]
    assert (len(card.languages), len(card.voices), card.pricing, card.custom_voices) == (0, 0, None, False)
    of_all = [set(properties(one)) for one in CARDS if one.startswith(f"{name}/")]
    assert set(properties(name)) == set.intersection(*of_all)


@pytest.mark.parametrize(("name", "count"), VOICES.items())
def test_voices_are_as_many_as_the_source_lists(name: str, count: int) -> None:
    assert len(CARDS[name].voices) == count


def test_models_of_a_provider_have_its_voices() -> None:
    for name, card in CARDS.items():
        if name not in VOICES and not name.startswith("rime/") and name not in BARE:
            first = next(one for one in VOICES if one.partition("/")[0] == name.partition("/")[0])
            assert card.voices == CARDS[first].voices, name
    assert CARDS["rime/arcana"].voices == CARDS["rime/coda"].voices


def test_other_voices_of_the_providers_are_valid_too() -> None:
    for name, card in CARDS.items():
        assert card.custom_voices == bool(card.voices), name
        voice = properties(name)["voice"]
        assert ("default" in voice and voice["default"] is not None) == bool(card.voices)


def test_preset_voices_are_those_of_livekits_examples() -> None:
    presets = {name: properties(name)["voice"].get("default") for name in VOICES}
    assert presets["cartesia/sonic-3"] == "9626c31c-bec5-4cca-baa8-f8ba9e84c8bc"
    assert presets["deepgram/aura-2"] == "athena"
    assert presets["inworld/inworld-tts-2"] == "Ashley"
    assert presets["rime/coda"] == "astra"


def test_voices_that_livekit_suggests() -> None:
    sonic = CARDS["cartesia/sonic-3"].voices
    assert [str(UUID(voice.id)) for voice in sonic] == [voice.id for voice in sonic]
    assert {voice.label: (voice.gender, voice.languages) for voice in sonic} == {
        "Jacqueline": ("female", ("en-US",)),
        "Blake": ("male", ("en-US",)),
        "Robyn": ("female", ("en-AU",)),
        "Daniela": ("female", ("es-MX",)),
    }
    inworld = voices("inworld/inworld-tts-2")
    suggested = [inworld[name].gender for name in ("Ashley", "Diego", "Edward", "Olivia")]
    assert suggested == ["female", "male", "male", "female"]
    assert {"apollo", "athena", "odysseus", "theia"} < set(voices("deepgram/aura-2"))
    assert set(voices("xai/tts-1")) == {"ara", "eve", "leo", "rex", "sal"}  # and xAI's fifth
    assert voices("fishaudio/s2.1-pro")["b347db033a6549378b48d00acb0d06cd"].label == "Selene"


def test_deepgrams_voices_by_language() -> None:
    aura = CARDS["deepgram/aura-2"].voices
    languages = Counter(voice.languages[0].partition("-")[0] for voice in aura)
    assert languages == {"en": 41, "es": 17, "it": 10, "nl": 9, "de": 7, "ja": 5, "fr": 2}
    assert {voice.id for voice in aura if voice.languages[1:]} == {"aquila", "carina", "diana", "javier", "selena"}
    accents = {voice.id: voice.languages[0] for voice in aura if voice.languages[0][:2] == "en"}
    assert [name for name, accent in accents.items() if accent != "en-US"] == [
        "amalthea",
        "draco",
        "hyperion",
        "pandora",
        "theia",
    ]
    assert set(voices("deepgram/aura")) - set(voices("deepgram/aura-2")) == {"stella", "perseus", "angus", "helios"}


def test_rimes_voices_by_language() -> None:
    def counted(name: str) -> dict[str, int]:
        return dict(Counter(tag.partition("-")[0] for voice in CARDS[name].voices for tag in voice.languages))

    coda = {"en": 121, "es": 25, "ja": 10, "pt": 8, "de": 7, "ar": 6, "fr": 5, "hi": 2}
    assert counted("rime/coda") == coda
    assert counted("rime/mistv3") == {"en": 62, "es": 12, "de": 5, "fr": 4}
    assert counted("rime/mistv2") == {"en": 123, "es": 9, "fr": 4, "de": 5}
    assert counted("rime/mist") == {"en": 117}


@pytest.mark.parametrize("name", FEATURED)
def test_voices_that_rime_recommends(name: str) -> None:
    for gender, names in FEATURED[name].items():
        assert {voices(name)[one].gender for one in names.split()} == {gender}
    if name == "rime/coda":
        first = {voice.id for voice in CARDS[name].voices[:16]}
        assert first == {one for names in FEATURED[name].values() for one in names.split()}


def test_speed_goes_the_other_way_on_rimes_older_models() -> None:
    told = {name: properties(f"rime/{name}")["speed_alpha"]["description"] for name in SDK["rime"].split()}
    assert {name for name, text in told.items() if "more is faster" in text} == {"coda", "mistv3"}
    assert {name for name, text in told.items() if "less is faster" in text} == {"mist", "mistv2"}


def test_options_of_single_models() -> None:
    assert [name for name in CARDS if "delivery_mode" in properties(name)] == ["inworld/inworld-tts-2"]
    loud = {name for name in CARDS if "normalize_loudness" in properties(name)}
    assert loud == {f"fishaudio/{name}" for name in ("s2.1-pro", "s2.1-pro-free", "s2-pro")}


def test_prices() -> None:
    known = {name: card.pricing for name, card in CARDS.items() if card.pricing}
    assert {(price.unit, price.currency, price.output) for price in known.values()} == {("1m_characters", "USD", None)}
    assert {name: price.input for name, price in known.items()} == PRICES


def test_audio_and_interruption() -> None:
    for card in CARDS.values():
        assert card.audio is not None
        assert (card.audio.sample_rate, card.audio.formats, card.audio.channels) == (24000, ("pcm",), 1)
        assert (card.realtime, card.interruption, card.limits) == (True, "reconnect", None)


def test_every_card_says_where_and_when_it_was_read() -> None:
    for card in CARDS.values():
        assert card.source, card.name
        assert card.source.startswith(("https://docs.livekit.io/agents/models/tts/", "https://github.com/livekit/"))
        assert card.verified == date(2026, 11, 21)
