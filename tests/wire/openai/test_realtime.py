"""The client's side of a Realtime session."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ContentRefusedError,
    ModelDeckError,
    ModelNotFoundError,
    ProtocolError,
    ProviderError,
    RateLimitError,
)
from modeldeck.providers.openai.wire.realtime import VERBATIM, RealtimeClient, path, session
from modeldeck.tts.hook import Audio, Identity, Transcript
from modeldeck.tts.response import AudioFormat, TTSUsage
from tests.wire.openai import golden

LIVE = golden.LIVE
PCM = b"\x00\x00\x01\x00\x02\x00"
RAW = AudioFormat("pcm_s16le", 24000)


def ready(**parameters: Any) -> RealtimeClient:
    made = RealtimeClient(session({"voice": "cedar", **parameters}))
    assert made.due() is not None
    made.receive(LIVE["session.created"])
    made.receive(LIVE["session.updated"])
    return made


def speaking() -> RealtimeClient:
    made = ready()
    made.speak("The highest.")
    made.receive(LIVE["response.created"])
    return made


def event(type: str, **content: Any) -> str:
    return json.dumps({"type": type, "event_id": "event_1", **content})


def delta(data: bytes = PCM, response_id: str | None = "resp_Ct1O") -> str:
    return event("response.output_audio.delta", response_id=response_id, delta=base64.b64encode(data).decode())


def done(status: str = "completed", details: Any = None, response_id: str = "resp_Ct1O") -> str:
    return event("response.done", response={"id": response_id, "status": status, "status_details": details})


# -- to the service


def test_frames_as_the_sdk_sends_them() -> None:
    settings = session({"voice": "cedar", "speed": 1.25, "reasoning_effort": "minimal"})
    client = RealtimeClient({**settings, "instructions": "Repeat verbatim."})
    assert client.due() == golden.SDK_UPDATE
    client.receive(LIVE["session.updated"])
    assert json.loads(client.speak("床前明月光。It shines!")) == json.loads(golden.SDK_CREATE)
    client.receive(event("response.created", response={"id": "resp_156f"}))
    client.abandon()
    assert client.due() == golden.SDK_CANCEL


def test_settings() -> None:
    assert session({}) == {
        "type": "realtime",
        "output_modalities": ["audio"],
        "instructions": VERBATIM,
        "audio": {"input": {"turn_detection": None}, "output": {"format": {"type": "audio/pcm", "rate": 24000}}},
    }
    styled = session({"voice": "voice_1", "format": "pcmu", "instructions": "Whisper."}, {"truncation": "disabled"})
    assert styled["instructions"].startswith(VERBATIM)
    assert styled["instructions"].endswith("Whisper.")
    assert styled["audio"]["output"] == {"format": {"type": "audio/pcmu"}, "voice": {"id": "voice_1"}}
    assert list(styled)[-1] == "truncation"
    assert path("gpt realtime!") == "/realtime?model=gpt%20realtime%21"


def test_the_settings_stand_before_any_text() -> None:
    client = RealtimeClient(session({}))
    assert not client.ready
    assert client.due() is not None
    assert client.due() is None
    client.receive(LIVE["session.created"])
    assert not client.ready
    client.receive(LIVE["session.updated"])
    assert client.ready


# -- from the service


def test_a_response_in_the_order_of_a_live_session() -> None:
    client = ready()
    client.speak("The highest.")
    events = [one for name in golden.ORDER for one in client.receive(LIVE[name])]
    assert events == [
        Identity(response_id="resp_Ct1O"),
        Audio(PCM, RAW),
        Transcript("The highest"),
        TTSUsage(120, 7, other_tokens=64 + 7),  # cached, and text beside the audio
    ]
    assert (client.ready, client.ignored) == (True, 0)


@pytest.mark.parametrize(
    ("name", "format"), [("pcm", RAW), ("pcmu", AudioFormat("mulaw", 8000)), ("pcma", AudioFormat("alaw", 8000))]
)
def test_formats(name: str, format: AudioFormat) -> None:
    client = RealtimeClient(session({"format": name}))
    client.due()
    client.receive(event("session.updated", session={}))
    client.speak("Hi.")
    client.receive(LIVE["response.created"])
    assert client.receive(delta()) == [Audio(PCM, format)]


def test_the_service_has_the_last_word_on_the_format() -> None:
    client = RealtimeClient(session({}))
    client.due()
    client.receive(event("session.updated", session={"audio": {"output": {"format": {"type": "audio/pcmu"}}}}))
    client.speak("Hi.")
    client.receive(LIVE["response.created"])
    assert client.receive(delta()) == [Audio(PCM, AudioFormat("mulaw", 8000))]


def test_what_came_before_somebody_was_there_is_shown() -> None:
    client, seen = ready(), list[Any]()
    assert client.begin(seen.append) == [Identity(session_id="sess_fake")]
    client.speak("Hi.")
    client.receive(LIVE["response.created"])
    assert [one["type"] for one in seen] == ["session.created", "session.updated", "response.created"]


def test_what_is_unknown_is_counted() -> None:
    client = speaking()
    assert client.receive(b"\x00") == []
    assert client.receive(event("response.mood")) == []
    assert client.receive(event("response.created", response={"id": "resp_other"})) == []
    assert client.receive(done(response_id="resp_other")) == []
    assert (client.ignored, client.ready) == (4, False)


@pytest.mark.parametrize(
    "frames",
    [
        ["{"],
        ["[]"],
        [event("response.output_audio.delta", response_id="resp_Ct1O", delta="AAA")],
        [event("response.output_audio.delta", response_id="resp_Ct1O")],
        [delta(response_id="resp_other")],
        [delta(), LIVE["response.output_audio.done"], delta()],
        [delta(), done(), delta()],
    ],
)
def test_what_would_make_the_result_wrong(frames: list[str]) -> None:
    *before, wrong = frames
    client = speaking()
    for frame in before:
        client.receive(frame)
    with pytest.raises(ProtocolError):
        client.receive(wrong)


@pytest.mark.parametrize(
    ("status", "details", "error", "code"),
    [
        ("cancelled", {"type": "cancelled", "reason": "turn_detected"}, ProviderError, "turn_detected"),
        ("incomplete", {"type": "incomplete", "reason": "content_filter"}, ContentRefusedError, "content_filter"),
        ("incomplete", {"type": "incomplete", "reason": "max_output_tokens"}, ProviderError, "max_output_tokens"),
        ("failed", None, ProviderError, "failed"),
        (
            "failed",
            {"type": "failed", "error": {"type": "tokens", "code": "rate_limit_exceeded", "message": "slow down"}},
            RateLimitError,
            "rate_limit_exceeded",
        ),
        ("failed", {"error": {"type": "server_error", "code": None}}, ProviderError, "server_error"),
    ],
)
def test_a_response_that_ends_otherwise(status: str, details: Any, error: type[ModelDeckError], code: str) -> None:
    client = speaking()
    client.receive(delta())
    with pytest.raises(error) as caught:
        client.receive(done(status, details))
    assert (caught.value.code, caught.value.request_id) == (code, "sess_fake")


def test_a_response_without_audio() -> None:
    with pytest.raises(ProviderError, match="without any audio"):
        speaking().receive(done())


@pytest.mark.parametrize(
    ("name", "error", "retryable"),
    [
        ("invalid_api_key", AuthenticationError, False),
        ("invalid_model", ModelNotFoundError, False),
        ("unknown_parameter", ProviderError, False),
        ("conversation_already_has_active_response", ProviderError, True),
        ("session_expired", ConnectionFailedError, True),
    ],
)
def test_refusals_of_live_sessions(name: str, error: type[ModelDeckError], retryable: bool) -> None:
    client = RealtimeClient(session({}))
    client.due()
    with pytest.raises(error) as caught:
        client.receive(golden.LIVE_ERRORS[name])
    assert (caught.value.code, caught.value.retryable) == (name, retryable)


# -- after somebody has left


def test_what_is_abandoned_is_cancelled_by_name() -> None:
    client, seen = ready(), list[Any]()
    client.begin(seen.append)
    seen.clear()
    client.speak("The highest.")
    client.abandon()
    assert client.due() is None, "its name is not known yet"
    assert client.receive(LIVE["response.created"]) == []
    assert json.loads(client.due() or "") == {"type": "response.cancel", "response_id": "resp_Ct1O"}
    assert client.due() is None
    for frame in (delta(), LIVE["response.output_audio.done"], delta(), done("cancelled")):
        assert not client.ready
        assert client.receive(frame) == []
    assert (client.ready, seen) == (True, [])


def test_a_cancel_that_comes_too_late_is_no_error() -> None:
    client = speaking()
    client.abandon()
    client.due()
    client.receive(done())
    assert client.ready
    client.speak("On.")
    assert client.receive(golden.LIVE_ERRORS["response_cancel_not_active"]) == []
    assert client.receive(event("response.created", response={"id": "resp_2"})) == [Identity(response_id="resp_2")]


@given(st.lists(st.sampled_from([*LIVE.values(), *golden.LIVE_ERRORS.values()]), max_size=30), st.booleans())
def test_any_order(frames: list[str], abandoned: bool) -> None:
    client = ready()
    client.speak("Hi.")
    if abandoned:
        client.abandon()
    for frame in frames:
        try:
            client.receive(frame)
        except ModelDeckError:
            return


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from([*LIVE, "error"]),
    st.dictionaries(
        st.sampled_from(["session", "response", "error", "delta", "response_id", "transcript", "rate_limits"]),
        JSON,
        max_size=5,
    ),
)
def test_garbage(name: str, content: dict[str, Any]) -> None:
    client = speaking()
    try:
        client.receive(event(name, **content))
    except ModelDeckError:
        pass
