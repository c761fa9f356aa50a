"""The list of voices, as Microsoft's documents show it (rest-text-to-speech, 2024-09-23)."""

from __future__ import annotations

from typing import Any

import pytest

from modeldeck.providers.azure.wire import lists
from modeldeck.tts import AzureRealtimeTTSModel, AzureTTSModel

JENNY: dict[str, Any] = {
    "Name": "Microsoft Server Speech Text to Speech Voice (en-US, JennyNeural)",
    "DisplayName": "Jenny",
    "LocalName": "Jenny",
    "ShortName": "en-US-JennyNeural",
    "Gender": "Female",
    "Locale": "en-US",
    "LocaleName": "English (United States)",
    "StyleList": ["assistant", "chat", "customerservice"],
    "SampleRateHertz": "24000",
    "VoiceType": "Neural",
    "Status": "GA",
    "ExtendedPropertyMap": {"IsHighQuality48K": "True"},
    "WordsPerMinute": "152",
}
MULTILINGUAL = {
    **JENNY,
    "ShortName": "en-US-JennyMultilingualNeural",
    "SecondaryLocaleList": ["de-DE", "en-AU", "zh-CN"],
}
YUNXI = {
    **JENNY,
    "DisplayName": "Yunxi",
    "LocalName": "云希",
    "ShortName": "zh-CN-YunxiNeural",
    "Gender": "Male",
    "Locale": "zh-CN",
    "LocaleName": "Chinese (Mandarin, Simplified)",
    "RolePlayList": ["Narrator", "Boy"],
}


def test_the_documents_voices() -> None:
    page = lists.voices({}, [JENNY, MULTILINGUAL, YUNXI])
    jenny, multilingual, yunxi = page.voices
    assert (jenny.id, jenny.label) == ("en-US-JennyNeural", "Jenny, English (United States)")
    assert (jenny.languages, jenny.gender, jenny.styles) == (
        ("en-US",),
        "female",
        ("assistant", "chat", "customerservice"),
    )
    assert multilingual.languages == ("en-US", "de-DE", "en-AU", "zh-CN")
    assert (yunxi.label, yunxi.gender) == ("云希, Chinese (Mandarin, Simplified)", "male")
    assert (page.left_out, page.more) == ((), None)
    assert {voice.source for voice in page.voices} == {"live"}


@pytest.mark.parametrize(
    ("name", "cards"),
    [
        ("en-US-NewNeural", ("neural", "neural-realtime")),
        ("de-DE-SomebodyMultilingualNeural", ("neural", "neural-realtime")),
        ("en-US-New:DragonHDLatestNeural", ("neural-hd", "neural-hd-realtime")),
        ("en-US-New:DragonHDv1.1Neural", ("neural-hd", "neural-hd-realtime")),
        ("zh-CN-New:DragonHDFlashLatestNeural", ("neural-hd-flash",)),
        ("en-us-new:DragonHDOmniLatestNeural", ("neural-hd-omni",)),
        ("en-US-New:MAI-Voice-2", ("mai-voice-2",)),
        ("en-US-New:MAI-Voice-2-Flash", ("mai-voice-2-flash",)),
        ("en-US-NovaTurboMultilingualNeural", ("neural", "neural-realtime")),
        ("en-US-NovaMultilingualNeuralHD", ("neural-openai",)),
    ],
)
def test_a_new_voice_belongs_where_its_name_says(name: str, cards: tuple[str, ...]) -> None:
    assert lists.voices({}, [{"ShortName": name}]).voices[0].models == cards


def test_names_say_the_same_of_the_voices_that_are_known() -> None:
    """So that a new one is not put among others than its sisters."""
    for card in [*AzureTTSModel.list_models(), *AzureRealtimeTTSModel.list_models()]:
        for voice in card.voices:
            found = lists.voices({}, [{"ShortName": voice.id}]).voices
            assert found, voice.id
            assert card.name in found[0].models, voice.id


def test_a_known_voice_belongs_to_its_cards() -> None:
    assert lists.voices({"en-us-jennyneural": ["a", "b"]}, [JENNY]).voices[0].models == ("a", "b")


def test_what_is_left_out() -> None:
    standard = {"ShortName": "en-US-Old", "VoiceType": "Standard"}
    page = lists.voices({}, [{**JENNY, "Status": "Deprecated"}, standard, {"ShortName": "?"}, {}, 3])
    assert page.voices == ()
    assert page.left_out == (
        "deprecated",
        "of another kind than any card's (Standard)",
        "of another kind than any card's",
        "not understood",
        "not understood",
    )
