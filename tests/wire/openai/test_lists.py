"""Models and voices of OpenAI and of compatible servers, as their sources answer (the wire has commits, dates)."""

from __future__ import annotations

from typing import Any

import pytest

from modeldeck.providers.openai.wire import lists


def models(*entries: dict[str, Any], elsewhere: bool = True, known: set[str] | None = None) -> dict[str, Any]:
    value = {"object": "list", "data": list(entries)}
    page = lists.models(value, known=known or set(), described=known or set(), elsewhere=elsewhere)
    return {one.name: one for one in page.models}


def entry(name: str, owner: str = "openai", **more: Any) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 1686935002, "owned_by": owner, **more}


@pytest.mark.parametrize(
    ("name", "speaks", "model_type"),
    [
        ("tts-1", True, ""),
        ("gpt-6-mini-tts", True, ""),
        ("gpt-4o-mini-tts-2027-01-01", True, ""),
        ("gpt-realtime", True, "openai_realtime_tts"),
        ("gpt-realtime-3", True, "openai_realtime_tts"),
        ("gpt-realtime-2.1-mini-2027-03-04", True, "openai_realtime_tts"),
        ("gpt-realtime-translate", False, ""),
        ("gpt-realtime-whisper", False, ""),
        ("gpt-5", False, ""),
        ("whisper-1", False, ""),
        ("text-embedding-3-small", False, ""),
        ("attsmodel", False, ""),
    ],
)
def test_openais_models_by_name(name: str, speaks: bool, model_type: str) -> None:
    one = models(entry(name, "system"), elsewhere=False)[name]
    assert (one.speaks, one.model_type, one.another) == (speaks, model_type, False)
    assert models(entry(name, "openai"))[name].speaks is speaks  # behind somebody's gateway


def test_a_name_of_openais_on_another_server() -> None:
    found = models(entry("tts-1", "kokoro"), entry("kokoro", "kokoro"), entry("gpt-realtime", "somebody"))
    assert [(one.speaks, one.another, one.model_type) for one in found.values()] == [
        (True, True, ""),
        (None, True, ""),
        (None, True, ""),
    ]
    assert not models(entry("kokoro", "kokoro"), known={"kokoro"})["kokoro"].another  # an operator's card


def test_speaches_says_what_each_model_is_for() -> None:
    voices = [{"name": "af_heart", "language": "en-us", "gender": "female", "id": "af_heart"}, {"name": ""}]
    found = models(
        entry(
            "speaches-ai/Kokoro",
            "speaches-ai",
            task="text-to-speech",
            language=["en"],
            sample_rate=24000,
            voices=voices,
        ),
        entry("Systran/whisper-tts", "Systran", task="automatic-speech-recognition", language=None),
    )
    speaking, other = found.values()
    assert (speaking.speaks, speaking.languages, speaking.sample_rate) == (True, ("en",), 24000)
    assert speaking.voices is not None
    assert [(one.id, one.languages, one.gender) for one in speaking.voices] == [("af_heart", ("en-US",), "female")]
    assert (other.speaks, other.voices) == (False, None)


def test_localai_says_what_each_model_can_do() -> None:
    found = models(
        {"id": "supertonic-3", "object": "model", "capabilities": ["tts"]},
        {"id": "vibevoice-tts", "object": "model", "capabilities": ["transcript"]},
        {"id": "loose-file", "object": "model", "capabilities": None},
    )
    assert [one.speaks for one in found.values()] == [True, False, None]


@pytest.mark.parametrize(
    "value",
    [
        {"voices": [{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]},  # Kokoro-FastAPI
        {"voices": ["a", "b"]},  # its older versions
        {"status": "ok", "voices": ["a", "b"]},  # Orpheus-FastAPI
        {"voices": [{"name": "a", "filename": "a.wav", "language": "en"}, {"name": "b"}], "count": 2},  # Chatterbox
        {"voices": [{"name": "a", "id": "a"}, {"name": "b", "id": "b"}], "object": "list"},  # Speaches
        {"voices": ["a", "b"], "uploaded_voices": []},  # vLLM-Omni
    ],
)
def test_voices(value: Any) -> None:
    page = lists.voices(value)
    assert [(one.id, one.source, one.models) for one in page.voices] == [("a", "live", ()), ("b", "live", ())]


def test_uploaded_voices_are_cloned_ones() -> None:
    uploaded = [{"name": "mine", "consent": "c", "created_at": 1738660000, "speaker_description": "warm"}, {"name": 3}]
    page = lists.voices({"voices": ["vivian", "mine", None], "uploaded_voices": uploaded})
    assert [(one.id, one.source) for one in page.voices] == [("vivian", "live"), ("mine", "cloned")]
    assert page.left_out == ("not understood", "not understood")


@pytest.mark.parametrize("value", [None, [], {}, {"data": {}}, "x"])
def test_another_shape(value: Any) -> None:
    with pytest.raises(ValueError, match="no "):
        lists.models(value, known=(), described=(), elsewhere=True)
    with pytest.raises(ValueError, match="no "):
        lists.voices(value)
