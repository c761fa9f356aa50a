"""The official SDK of OpenAI, unchanged, judges the sandbox."""

from __future__ import annotations

import base64
import json

import pytest

from tests.conformance.judges.conftest import Judged, Verdict, Verdicts, samples, seconds

TEXT = "床前明月光。It shines!"
WHOLE = len(TEXT) * 1440  # samples at 24 kHz
BEGIN = [
    "response.created",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_audio_transcript.delta",
]
END = [
    "response.output_audio.done",
    "response.output_audio_transcript.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.done",
]


@pytest.fixture(scope="module")
def verdicts(judged: Judged) -> Verdicts:
    return judged("openai")


def well(verdict: Verdict) -> Verdict:
    assert verdict.raised is None
    assert verdict.logged == []
    return verdict


# -- /v1/audio/speech


def test_samples(verdicts: Verdicts) -> None:
    found = well(verdicts["pcm"]).result
    assert (samples(found["audio"]), found["type"]) == (WHOLE, "audio/pcm")
    assert samples(well(verdicts["own_voice"]).result["audio"]) == WHOLE
    assert samples(well(verdicts["every_option"]).result["audio"]) == round(WHOLE / 1.25)


def test_a_wav_of_open_sizes(verdicts: Verdicts) -> None:
    found = well(verdicts["wav"]).result
    assert base64.b64decode(found["audio"])[4:8] == b"\xff\xff\xff\xff"
    assert (samples(found["audio"], head=44), found["type"]) == (WHOLE, "audio/wav")


@pytest.mark.parametrize(("name", "type"), [("mp3", "audio/mpeg"), ("opus", "audio/opus")])
def test_files(verdicts: Verdicts, name: str, type: str) -> None:
    found = well(verdicts[name]).result
    assert found["type"] == type
    assert seconds(found["audio"], 24000) == pytest.approx(WHOLE / 24000, abs=0.2)


def test_flac(verdicts: Verdicts) -> None:
    found = well(verdicts["flac"]).result
    assert found["type"] == "audio/flac"
    assert base64.b64decode(found["audio"]).startswith(b"fLaC")


def test_what_the_sandbox_cannot_make(verdicts: Verdicts) -> None:
    assert "no encoder for aac" in (verdicts["aac"].raised or "")


def test_streams(verdicts: Verdicts) -> None:
    found = well(verdicts["streamed"]).result
    assert len(found["chunks"]) > 1
    assert found["request_id"].startswith("req_")
    for chunks in (found["chunks"], well(verdicts["streamed_synchronously"]).result):
        assert samples(base64.b64encode(b"".join(map(base64.b64decode, chunks))).decode()) == WHOLE


def test_events(verdicts: Verdicts) -> None:
    lines = well(verdicts["events"]).result
    *deltas, done = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert {delta["type"] for delta in deltas} == {"speech.audio.delta"}
    audio = b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
    assert samples(base64.b64encode(audio).decode()) == WHOLE
    usage = done["usage"]
    assert done["type"] == "speech.audio.done"
    assert usage["input_tokens"] + usage["output_tokens"] == usage["total_tokens"] > 0


@pytest.mark.parametrize(
    ("name", "kind", "status", "code", "param"),
    [
        ("wrong_key", "AuthenticationError", 401, "invalid_api_key", None),
        ("unknown_model", "NotFoundError", 404, "model_not_found", None),
        ("unknown_voice", "BadRequestError", 400, None, "voice"),
        ("too_long", "BadRequestError", 400, None, "input"),
        ("too_many", "RateLimitError", 429, "rate_limit_exceeded", None),
    ],
)
def test_refusals(verdicts: Verdicts, name: str, kind: str, status: int, code: str | None, param: str | None) -> None:
    found = well(verdicts[name]).result
    assert (found["class"], found["status_code"], found["code"], found["param"]) == (kind, status, code, param)
    assert found["request_id"].startswith("req_")


def test_its_own_attempts(verdicts: Verdicts) -> None:
    assert len(verdicts["too_many"].sent) == 3
    assert len(verdicts["broken_once"].sent) == 2
    assert samples(well(verdicts["broken_once"]).result["audio"]) == WHOLE


def test_a_cut(verdicts: Verdicts) -> None:
    assert (verdicts["cut"].raised or "").startswith("APIConnectionError")


def test_the_models(verdicts: Verdicts) -> None:
    assert {"tts-1", "gpt-4o-mini-tts", "gpt-realtime-2.1-mini"} <= set(well(verdicts["models"]).result)


# -- a self-hosted server


def test_kokoro(verdicts: Verdicts) -> None:
    found = well(verdicts["hosted_models"]).result
    assert [one["id"] for one in found] == ["tts-1", "tts-1-hd", "kokoro", "gpt-4o-mini-tts"]
    assert {(one["object"], one["owned_by"]) for one in found} == {("model", "kokoro")}
    assert well(verdicts["hosted_model"]).result == "kokoro"
    spoken = well(verdicts["hosted_speech"]).result
    assert (samples(spoken["audio"]), spoken["type"]) == (WHOLE, "audio/pcm")
    (voice, model, field) = well(verdicts["hosted_refusals"]).result
    assert voice[0] == 400
    assert "Voice 'nobody' not found" in voice[1]
    assert model[0] == 400
    assert "Unsupported model: kokoro-9" in model[1]
    assert field[0] == 422


# -- the Realtime API


def test_responses_outside_of_the_conversation(verdicts: Verdicts) -> None:
    found = well(verdicts["realtime"]).result
    first, second = round(WHOLE / 1.25), round(len("And more.") * 1440 / 1.25)
    assert samples(found["audio"]) == first + second
    types = [kind for kind in found["types"] if kind != "response.output_audio.delta"]
    assert types == ["session.created", "session.updated", *(BEGIN + END + ["rate_limits.updated"]) * 2]
    assert "BaseModel" not in found["classes"]
    settings = found["events"][1]["session"]
    assert settings["audio"]["output"] == {
        "format": {"rate": 24000, "type": "audio/pcm"},
        "speed": 1.25,
        "voice": "cedar",
    }
    done = [event["response"] for event in found["events"] if event["type"] == "response.done"]
    assert [response["status"] for response in done] == ["completed"] * 2
    assert [response["conversation_id"] for response in done] == [None] * 2
    assert [response["output"][0]["content"][0]["transcript"] for response in done] == [TEXT, "And more."]
    assert all(response["usage"]["total_tokens"] > 0 for response in done)


def test_what_is_cancelled_ends_and_the_session_goes_on(verdicts: Verdicts) -> None:
    found = well(verdicts["realtime_cancel"]).result
    codes = [event["error"]["code"] for event in found["events"] if event["type"] == "error"]
    assert codes == ["conversation_already_has_active_response", "response_cancel_not_active"]
    cancelled, completed = (event["response"] for event in found["events"] if event["type"] == "response.done")
    assert (cancelled["status"], completed["status"]) == ("cancelled", "completed")
    assert cancelled["status_details"]["reason"] == "client_cancelled"


def test_what_is_said_in_the_conversation(verdicts: Verdicts) -> None:
    found = well(verdicts["realtime_conversation"]).result
    assert samples(found["audio"]) == len("Hello.") * 1440
    assert found["types"].count("conversation.item.added") == found["types"].count("conversation.item.done") == 2


def test_an_own_voice(verdicts: Verdicts) -> None:
    assert well(verdicts["realtime_own_voice"]).result["types"] == ["session.created", "session.updated"]


@pytest.mark.parametrize(
    ("name", "code", "close"),
    [("realtime_wrong_key", "invalid_api_key", 3000), ("realtime_unknown_model", "invalid_model", 4000)],
)
def test_a_session_that_is_refused(verdicts: Verdicts, name: str, code: str, close: int) -> None:
    found = well(verdicts[name]).result
    assert [event["error"]["code"] for event in found["events"]] == [code]
    assert found["closed"] == [close, f"invalid_request_error.{code}"]


def test_wrong_settings(verdicts: Verdicts) -> None:
    errors = [event["error"] for event in well(verdicts["realtime_wrong_settings"]).result["events"][1:]]
    assert [(error["code"], error["param"]) for error in errors] == [
        ("unknown_parameter", "session.bogus"),
        ("invalid_value", "session.audio.output.voice"),
    ]
