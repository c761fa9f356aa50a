"""Requests: two dialects, dialogues, what is added last; and what the server's side makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modeldeck.errors import ParameterError
from modeldeck.providers.gemini.wire import facts, request
from modeldeck.providers.gemini.wire.facts import Asked, Facts, Rejection
from tests.wire.gemini import golden

OLD, NEW = {"dialect": "prompt"}, {"dialect": "verbatim"}
SPEAKERS = [{"name": "Joe", "voice": "Puck"}, {"name": "Jane", "voice": "Kore"}]
DIALOGUE = "Joe: Are you there?\nJane: I am."
MODELS = {
    "gemini-2.5-flash-preview-tts": Facts(voices=("Kore", "Puck"), dialect="prompt", formats=False),
    "gemini-3.8-flash-tts": Facts(voices=("Kore", "Puck"), own_voices=True, sampling=False),
}


def parts(text: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = request.body(text, parameters)["contents"][0]["parts"]
    return found


def asked(body: str | dict[str, Any], model: str = "gemini-2.5-flash-preview-tts") -> Asked | Rejection:
    data = body if isinstance(body, str) else json.dumps(body)
    return facts.parse_request(data.encode(), model, MODELS.get, "v1beta")


def refusal(body: dict[str, Any], model: str = "gemini-2.5-flash-preview-tts") -> str:
    found = asked(body, model)
    assert isinstance(found, Rejection), found
    assert found.body()["error"]["code"] == found.status
    return found.message


# -- the client's side


def test_as_the_sdk_sends_it() -> None:
    mine = request.body("Say hi", {**OLD, "voice": "Kore", "language_code": "en-US", "temperature": 0.5, "seed": 1})
    assert mine == request.camel(json.loads(golden.SDK_SINGLE))
    assert request.body(DIALOGUE, {**OLD, "speakers": SPEAKERS}) == request.camel(json.loads(golden.SDK_TWO))
    verbatim = {**NEW, "voice": "Zephyr", "speakers": SPEAKERS, "instructions": "calm", "format": "pcm"}
    assert request.body(DIALOGUE, verbatim) == request.camel(json.loads(golden.SDK_VERBATIM))


@pytest.mark.parametrize(
    ("delivery", "path"),
    [("stream", "/models/m:streamGenerateContent?alt=sse"), ("whole", "/models/m:generateContent")],
)
def test_path(delivery: str, path: str) -> None:
    assert request.path("m", delivery) == path
    assert request.path("tunedModels/x", "whole") == "/tunedModels/x:generateContent"
    assert request.path("m?key=1#", "whole") == "/models/m%3Fkey%3D1%23:generateContent"


def test_the_dialects_of_one_text() -> None:
    assert parts("Hi.", OLD) == parts("Hi.", NEW) == [{"text": "Hi."}]
    assert parts("Hi.", {**OLD, "instructions": "Say it calmly"}) == [{"text": 'Say it calmly:\n"Hi."'}]
    assert parts("Hi.", {**NEW, "instructions": "calm"}) == [{"text": "Hi.", "speechMetadata": {"style": "calm"}}]


@pytest.mark.parametrize(
    ("name", "said"), [("pcm", "AUDIO_L16"), ("wav", "AUDIO_WAV"), ("mulaw", "AUDIO_MULAW"), ("alaw", "AUDIO_ALAW")]
)
def test_formats(name: str, said: str) -> None:
    config = request.body("Hi.", {**NEW, "format": name})["generationConfig"]
    assert config["responseFormat"] == {"audio": {"mimeType": said}}


def test_extra_comes_last_and_goes_deep() -> None:
    extra = {
        "temperature": 1.5,
        "generation_config": {"speech_config": {"language_code": "de-DE"}},
        "safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
    }
    sent = request.body("Hi.", {**OLD, "voice": "Kore", "temperature": 0.5, "language_code": "en-US"}, extra)
    config = sent["generationConfig"]
    assert config["temperature"] == 1.5
    assert config["speechConfig"] == {
        "voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}},
        "languageCode": "de-DE",
    }
    assert sent["safetySettings"] == extra["safety_settings"]


def test_turns_of_a_dialogue() -> None:
    text = "  Joe: Hi.\nAnd: this too.\n\nJane：Hello!\nJoe: \nJoe: Bye: now."
    assert request.turns(text, ["Joe", "Jane"]) == [
        ("Joe", "Hi.\nAnd: this too."),
        ("Jane", "Hello!"),
        ("Joe", "Bye: now."),
    ]


def test_names_are_no_patterns() -> None:
    assert request.turns("J. (a): x\nJ+: y", ["J. (a)", "J+"]) == [("J. (a)", "x"), ("J+", "y")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Joe: Hi.", "no turn of Jane"),
        ("Hello", "no turn of Joe"),
        ("Jane: a Joe: b", "no turn of Joe"),
    ],
)
@pytest.mark.parametrize("dialect", [OLD, NEW])
def test_a_dialogue_says_who_speaks(text: str, says: str, dialect: dict[str, Any]) -> None:
    with pytest.raises(ParameterError, match=says) as raised:
        request.body(text, {**dialect, "speakers": SPEAKERS})
    assert raised.value.parameter == "text"


def test_a_prompt_may_say_something_before_its_dialogue() -> None:
    """The guide's own example, https://ai.google.dev/gemini-api/docs/speech-generation, read 2026-11-21."""
    text = "TTS the following conversation between Joe and Jane:\n  Joe: How's it going?\n  Jane: Not too bad."
    assert parts(text, {**OLD, "speakers": SPEAKERS}) == [{"text": text}]
    with pytest.raises(ParameterError, match="begin the text with Joe: or Jane:"):
        parts(text, {**NEW, "speakers": SPEAKERS})


def test_one_colon_is_enough() -> None:
    assert parts("Hi.", {**OLD, "instructions": "Say calmly: "}) == [{"text": 'Say calmly:\n"Hi."'}]


def test_names_of_the_users_own_stay_as_they_are() -> None:
    functions = [{"functionDeclarations": [{"name": "f", "parameters": {"properties": {"my_arg": {}}}}]}]
    extra = {"labels": {"team_a": "x_y"}, "tools": functions, "response_schema": {"properties": {"my_key": {}}}}
    sent = request.body("Hi.", {**OLD, "voice": "Kore"}, extra)
    assert (sent["labels"], sent["tools"]) == (extra["labels"], functions)
    assert sent["generationConfig"]["responseSchema"] == extra["response_schema"]


def test_what_is_newer_than_this_table() -> None:
    config = request.body("Hi.", {**NEW, "format": "opus"})["generationConfig"]
    assert config["responseFormat"] == {"audio": {"mimeType": "AUDIO_OPUS"}}
    with pytest.raises(ParameterError, match="delivery is stream or whole"):
        request.path("m", "batch")
    with pytest.raises(ParameterError, match="speakers is a list"):
        request.body(DIALOGUE, {**NEW, "speakers": "Joe"})


# -- the server's side


@pytest.mark.parametrize(
    ("body", "model", "text", "encoding"),
    [
        (golden.SDK_SINGLE, "gemini-2.5-flash-preview-tts", "Say hi", None),
        (golden.SDK_TWO, "gemini-2.5-flash-preview-tts", DIALOGUE, None),
        (golden.SDK_VERBATIM, "gemini-3.8-flash-tts", "Are you there?\nI am.", "pcm"),
        (golden.DOCS_SINGLE, "gemini-2.5-flash-preview-tts", "Say cheerfully: Have a wonderful day!", None),
        (golden.DOCS_VERBATIM, "gemini-3.8-flash-tts", "OK, so... uhm, tell me about this AI thing.", None),
    ],
)
def test_golden_requests(body: str, model: str, text: str, encoding: str | None) -> None:
    assert asked(body, model) == Asked(text, text, encoding, MODELS[model])


@pytest.mark.parametrize("dialect", [OLD, NEW])
@pytest.mark.parametrize("more", [{}, {"instructions": "calm"}, {"speakers": SPEAKERS}])
def test_our_requests_hold(dialect: dict[str, Any], more: dict[str, Any]) -> None:
    model = "gemini-2.5-flash-preview-tts" if dialect is OLD else "gemini-3.8-flash-tts"
    found = asked(request.body(DIALOGUE, {**dialect, "voice": "Kore", **more}), model)
    assert isinstance(found, Asked), found
    assert found.text == (DIALOGUE if dialect is OLD or "speakers" not in more else "Are you there?\nI am.")


def body(**changes: Any) -> dict[str, Any]:
    """A request that holds, but for these changes of its `generationConfig`."""
    sent = request.body("Hi.", {**OLD, "voice": "Kore"})
    sent["generationConfig"].update(changes)
    return sent


def test_what_the_server_refuses() -> None:
    two = request.body(DIALOGUE, {**OLD, "speakers": SPEAKERS})["generationConfig"]["speechConfig"]
    one = {
        "multiSpeakerVoiceConfig": {"speakerVoiceConfigs": two["multiSpeakerVoiceConfig"]["speakerVoiceConfigs"][:1]}
    }
    single = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}
    assert "AUDIO" in refusal(body(responseModalities=["TEXT"]))
    assert "AUDIO" in refusal(body(responseModalities=None))
    assert "exactly two" in refusal(body(speechConfig=one))
    assert "mutually exclusive" in refusal(body(speechConfig={**two, **single}))
    nobody = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Nobody"}}}
    assert "Allowed voice names are: kore, puck" in refusal(body(speechConfig=nobody))
    assert "response_format" in refusal(body(responseFormat={"audio": {"mimeType": "AUDIO_L16"}}))
    assert "Unknown name \"speed\" at 'generationConfig'" in refusal(body(speed=2))
    assert 'Unknown name "pitch"' in refusal(body(speechConfig={"voiceConfig": {"pitch": 1}}))
    assert "contents is not specified" in refusal({**body(), "contents": []})
    assert "Developer instruction" in refusal({**body(), "systemInstruction": {"parts": [{"text": "x"}]}})
    assert "empty" in refusal({**body(), "contents": [{"parts": [{"text": " "}]}]})
    assert "Unknown" in refusal({**body(), "input": "x"})
    assert "Unexpected token" in str(asked("[1]"))
    assert "models/gemini-9 is not found" in refusal(body(), "gemini-9")


def test_what_38_refuses() -> None:
    model = "gemini-3.8-flash-tts"
    both = request.body(DIALOGUE, {**NEW, "speakers": SPEAKERS})
    del both["contents"][0]["parts"][1]["speechMetadata"]
    assert "on every part" in refusal(both, model)
    alone = request.body("Hi.", {**NEW, "voice": "Kore"})
    alone["contents"][0]["parts"][0]["speechMetadata"] = {"speaker": "Joe"}
    assert "multi_speaker_voice_config" in refusal(alone, model)
    for name in ("temperature", "topP", "topK", "candidateCount"):
        sent = request.body("Hi.", {**NEW, "voice": "Kore"}, {name: 1})
        assert name in refusal(sent, model)
    assert "Unsupported audio" in refusal(body(responseFormat={"audio": {"mimeType": "AUDIO_FLAC"}}), model)
    assert "Voice name" in refusal(request.body("Hi.", {**NEW, "voice": "Nobody"}), model)
    for voice in ("kore", "voice_x1", "voicekey_x1", "en-in-commercial-2"):
        assert isinstance(asked(request.body("Hi.", {**NEW, "voice": voice}), model), Asked)


def test_metadata_before_its_time() -> None:
    told = request.body("Hi.", {**NEW, "voice": "Kore", "instructions": "calm"})
    assert "speech_metadata is not supported" in refusal(told)
