"""`models.list` and the Voices API, as google-genai 3.4.0 has them."""

from __future__ import annotations

import pytest

from modeldeck.providers.gemini.wire import lists

HOST = "https://generativelanguage.googleapis.com/v1beta"


def test_the_requests() -> None:
    assert lists.ask(HOST, lists.MODELS).url == f"{HOST}/models?pageSize=1000"
    assert lists.ask(HOST, lists.MODELS, "a/b==").url == f"{HOST}/models?pageSize=1000&pageToken=a%2Fb%3D%3D"
    assert lists.ask(HOST, lists.VOICES, "t").url == f"{HOST}/voices?page_size=1000&page_token=t"
    assert lists.ask(HOST, lists.VOICES).json is None


def test_models() -> None:
    def model(name: str, *methods: str) -> dict[str, object]:
        return {"name": f"models/{name}", "version": "001", "supportedGenerationMethods": list(methods)}

    found = [
        model("gemini-9-flash-tts", "generateContent"),
        model("gemini-9-flash", "generateContent"),
        model("known", "generateContent", "countTokens"),
        model("gemini-9-pro-tts-preview", "countTokens"),
        {"name": ""},
    ]
    page = lists.models({"known"}, {"models": found, "nextPageToken": "more"})
    assert [(one.name, one.speaks, one.model_type) for one in page.models] == [
        ("gemini-9-flash-tts", True, "gemini_tts"),
        ("gemini-9-flash", False, "gemini_tts"),
        ("known", True, "gemini_tts"),
        ("gemini-9-pro-tts-preview", False, "gemini_tts"),
    ]
    assert (page.more, page.left_out) == ("more", ("not understood",))


def test_voices() -> None:
    found = [
        {"id": "Puck", "type": "prebuilt", "display_name": "Puck", "gender": "male", "persona": "Upbeat, Friendly"},
        {"id": "voice_abc123def456", "type": "prompted", "display_name": "Captain", "language_code": "en-GB"},
        {"id": "voice_2", "type": "replicated"},
        {"id": "voice_3", "type": "somehow"},
        {"type": "replicated", "key": "voicekey_x"},
    ]
    page = lists.voices({"voices": found, "next_page_token": ""})
    assert [(one.id, one.source, one.label, one.languages) for one in page.voices] == [
        ("Puck", "live", "Puck", ()),
        ("voice_abc123def456", "account", "Captain", ("en-GB",)),
        ("voice_2", "cloned", "", ()),
        ("voice_3", "account", "", ()),
    ]
    assert (page.voices[0].gender, page.voices[0].styles) == ("male", ("upbeat", "friendly"))
    assert (page.more, len(page.left_out)) == (None, 1)


def test_nothing_is_an_object_without_the_list() -> None:
    """As Google's APIs leave out what is empty."""
    assert lists.voices({}).voices == ()
    assert lists.models((), {}).models == ()
    with pytest.raises(ValueError, match="no list"):
        lists.voices({"voices": {}})
