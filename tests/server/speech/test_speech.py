"""POST /v1/audio/speech: which model speaks, how, in what format, and what is refused."""

from __future__ import annotations

import base64
import io
import json
from typing import Any

import pytest
import soundfile

from tests.server.speech.caller import QWEN, TEXT, WHOLE, Caller, samples

MODELS = (
    QWEN,
    "dashscope/qwen3-tts-flash:Ethan",
    "qwen3-tts-flash",
    "dashscope/qwen3-tts-flash-realtime",
    "dashscope/cosyvoice-v3-flash",
    "azure/neural",
    "azure/neural-realtime",
    "openai/tts-1",
    "tts-1:nova",
    "openai/gpt-realtime-2.1-mini",
)


async def test_every_model_speaks_raw_samples_at_openais_rate(caller: Caller) -> None:
    for model in MODELS:
        answer = await caller.speak(model)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "audio/pcm;rate=24000"
        assert samples(answer.content) == WHOLE, model


@pytest.mark.parametrize("model", [QWEN, "azure/neural", "openai/tts-1", "local/espeak-ng"])
async def test_formats(caller: Caller, model: str) -> None:
    kinds = {"mp3": "audio/mpeg", "opus": "audio/ogg;codecs=opus", "flac": "audio/flac", "wav": "audio/wav"}
    for format, kind in [(None, "audio/mpeg"), *kinds.items()]:
        answer = await caller.speak(model, response_format=format)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == kind
        if format == "flac":  # neither does a stream tell its length, nor has the sandbox an encoder
            assert answer.content.startswith(b"fLaC")
            continue
        sound = soundfile.SoundFile(io.BytesIO(answer.content))
        assert sound.format == {"mp3": "MP3", "opus": "OGG", "wav": "WAV"}[format or "mp3"]
        length = len(sound.read()) / sound.samplerate
        assert length > 1 if model.startswith("local/") else length == pytest.approx(WHOLE / 24000, abs=0.2)


async def test_a_local_voice_is_made_to_fit(caller: Caller) -> None:
    """It speaks at 22050 Hz; clients play raw samples at 24000."""
    raw = await caller.speak("local/espeak-ng")
    wav = await caller.speak("local/espeak-ng", response_format="wav")
    assert raw.headers["content-type"] == "audio/pcm;rate=24000"
    spoken = (len(wav.content) - 44) / 2 / 22050
    assert len(raw.content) / 2 / 24000 == pytest.approx(spoken, abs=0.01)


async def test_parameters_say_more_about_the_format(caller: Caller) -> None:
    answer = await caller.speak("dashscope/cosyvoice-v2", parameters={"sample_rate": 16000})
    assert answer.headers["content-type"] == "audio/pcm;rate=16000"
    answer = await caller.speak("azure/neural", parameters={"format": "raw-48khz-16bit-mono-pcm"})
    assert answer.headers["content-type"] == "audio/pcm;rate=48000"
    answer = await caller.speak("azure/neural", response_format="mp3", parameters={"format": "g722-16khz-64kbps"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/mpeg"


async def test_a_format_that_cannot_be_made(caller: Caller) -> None:
    found = await refusal(caller, "local/espeak-ng", response_format="aac")
    assert (found["param"], found["type"]) == ("response_format", "invalid_request_error")
    assert "aac" in found["message"]
    assert (await refusal(caller, response_format="tape"))["param"] == "response_format"


async def test_events(caller: Caller) -> None:
    answer = await caller.speak("openai/gpt-4o-mini-tts", stream_format="sse")
    assert answer.headers["content-type"].startswith("text/event-stream")
    *deltas, done = [json.loads(part.removeprefix("data: ")) for part in answer.text.strip().split("\n\n")]
    assert {delta["type"] for delta in deltas} == {"speech.audio.delta"}
    assert samples(b"".join(base64.b64decode(delta["audio"]) for delta in deltas)) == WHOLE
    assert done["type"] == "speech.audio.done"
    usage = done["usage"]
    assert usage["input_tokens"] + usage["output_tokens"] == usage["total_tokens"]


async def test_events_tell_the_cost_where_it_is_known(caller: Caller) -> None:
    answer = await caller.speak(QWEN, stream_format="sse")
    usage = json.loads(answer.text.strip().split("\n\n")[-1].removeprefix("data: "))["usage"]
    assert usage["characters"] == len(TEXT)
    assert usage["cost"] == pytest.approx(0.8 * len(TEXT) / 10_000)
    assert usage["currency"] == "CNY"


# -- what OpenAI's fields are called elsewhere


SENT: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    (QWEN, {"voice": "Ethan"}, {"voice": "Ethan"}),
    (QWEN, {"voice": {"id": "Ethan"}}, {"voice": "Ethan"}),
    ("openai/gpt-4o-mini-tts", {"instructions": "calm"}, {"instructions": "calm"}),
    ("openai/gpt-4o-mini-tts", {"speed": 1.25}, {"speed": 1.25}),
    (
        "dashscope/cosyvoice-v3-flash",
        {"instructions": "你说话的情感是happy。"},
        {"instruction": "你说话的情感是happy。"},
    ),
    ("dashscope/cosyvoice-v3-flash", {"speed": 1.5}, {"rate": 1.5}),
    ("dashscope/qwen3-tts-flash-realtime", {"speed": 0.75}, {"speech_rate": 0.75}),
    ("azure/neural", {"speed": 1.5, "instructions": "cheerful"}, {"<prosody rate='1.5'": None, "cheerful": None}),
]


async def test_the_models_own_names(caller: Caller) -> None:
    for model, fields, sent in SENT:
        answer = await caller.speak(model, **fields)
        assert answer.status_code == 200, answer.text
        exchange = caller.box.requests()[-1]
        told = exchange["body"] + "".join(frame for frame in exchange["frames"] if isinstance(frame, str))
        for name, value in sent.items():
            expected = name if value is None else f'"{name}":{json.dumps(value, ensure_ascii=False)}'
            assert expected.replace("'", '"') in told.replace('": ', '":').replace("'", '"')


async def test_a_factor_becomes_words_per_minute(caller: Caller) -> None:
    slow, fast = [await caller.speak("local/espeak-ng", speed=speed) for speed in (0.5, 2.0)]
    assert len(slow.content) > 3 * len(fast.content)


async def test_who_cannot_change_speed_takes_the_normal_one(caller: Caller) -> None:
    assert (await caller.speak(speed=1.0, instructions="")).status_code == 200
    found = await refusal(caller, speed=1.5)
    assert (found["param"], "no parameter" in found["message"]) == ("speed", True)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"model": "local/espeak-ng", "speed": 4}, "speed", "450"),
    ({"speed": 5}, "speed", "4"),
    ({"model": "local/espeak-ng", "instructions": "calm"}, "instructions", "no parameter"),
    ({"model": "azure/neural", "instructions": "very calm"}, "instructions", "one word"),
    ({"model": "local/espeak-ng", "speed": 1.5, "parameters": {"rate": 200}}, "speed", "exclude"),
    ({"voice": "Nobody"}, "voice", "Nobody"),
    ({"voice": "Ethan", "parameters": {"voice": "Cherry"}}, "voice", "Ethan"),
    ({"model": "dashscope/sambert-beth-v1", "voice": "alloy"}, "voice", "one voice"),
    ({"parameters": {"voic": "Cherry"}}, "voic", "voice"),
    ({"input": " "}, "input", "nothing to speak"),
    ({"input": ""}, "input", "least 1"),
    ({"input": "x" * 5000}, "input", "600"),
    ({"bogus": 1}, "bogus", ""),
]


async def test_what_is_refused(caller: Caller) -> None:
    for fields, param, says in REFUSED:
        found = await refusal(caller, **fields)
        assert (found["param"], found["type"]) == (param, "invalid_request_error"), fields
        assert says in found["message"], fields
    assert [one for one in caller.box.requests() if one["method"] == "POST"] == []


async def test_a_model_of_one_voice(caller: Caller) -> None:
    for voice in (None, "default", "sambert-beth-v1"):
        assert (await caller.speak("dashscope/sambert-beth-v1", voice=voice)).status_code == 200


async def test_no_such_model(caller: Caller) -> None:
    for model in ("nothing", "dashscope/qwen9", "nobody/qwen3-tts-flash", "/", "local/"):
        answer = await caller.speak(model)
        assert answer.status_code == 404, answer.text
        assert answer.json()["error"]["code"] == "model_not_found"


async def test_without_a_credential(caller: Caller) -> None:
    found = await refusal(caller, "gemini/gemini-2.5-flash-preview-tts")
    assert "no credential for gemini" in found["message"]


async def test_the_credential_that_is_named(caller: Caller) -> None:
    second = {"type": "dashscope_credential", "api_key": "sk-of-dashscope-too", "base_url": caller.box.url}
    made = (await caller.client.post("/api/v1/credentials", json={"data": second})).json()
    first = next(
        one["id"]
        for one in (await caller.client.get("/api/v1/credentials")).json()["credentials"]
        if one["type"] == "dashscope_credential" and one["id"] != made["id"]
    )
    for credential, length in ((None, 26), (first, 22), (made["id"], 26)):
        assert (await caller.speak(credential=credential)).status_code == 200
        headers = dict(caller.box.requests()[-1]["headers"])
        assert headers["authorization"] == f"({length} characters)"
    answer = await caller.speak(credential="no-such-id")
    assert answer.status_code == 404
    assert (await refusal(caller, "azure/neural", credential=first))["message"].startswith("that credential is of")


@pytest.mark.usefixtures("no_pauses")
async def test_what_the_provider_refuses(caller: Caller) -> None:
    for fault, status, code, again in (
        ("status=401", 502, "AuthenticationError", "false"),
        ("status=429;retry-after=0", 429, "rate_limit_exceeded", "true"),
        ("status=500", 502, "ProviderError", "true"),
        ("cut", 502, "ConnectionFailedError", "true"),
        ("garbage", 502, "ProtocolError", "false"),
    ):
        answer = await caller.speak(f"{QWEN}!{fault}")
        found = answer.json()["error"]
        assert (answer.status_code, found["code"], answer.headers["x-should-retry"]) == (status, code, again), fault


async def test_without_a_token(caller: Caller) -> None:
    del caller.client.headers["Authorization"]
    for headers in ({}, {"Authorization": "Bearer mdk_wrong"}):
        answer = await caller.client.post("/v1/audio/speech", json={"model": QWEN, "input": TEXT}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "invalid_api_key")


async def refusal(caller: Caller, model: str = QWEN, **fields: Any) -> dict[str, Any]:
    text = fields.pop("input", TEXT)
    answer = await caller.speak(fields.pop("model", model), text, **fields)
    assert answer.status_code == 400, answer.text
    found: dict[str, Any] = answer.json()["error"]
    return found


async def test_markdown_is_spoken_as_it_is_meant(caller: Caller) -> None:
    marked = TEXT.replace("two", "**two**").replace("seven", "[seven](https://example.com)")
    for model in (QWEN, "dashscope/qwen3-tts-flash-realtime"):
        answer = await caller.speak(model, marked, text_filter=True)
        assert answer.status_code == 200, answer.text
        assert samples(answer.content) == WHOLE
        assert samples((await caller.speak(model, marked)).content) > WHOLE
