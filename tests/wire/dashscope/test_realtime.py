"""Qwen-TTS realtime: golden frames, what comes when, both sides in one conversation."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.errors import (
    ConnectionFailedError,
    ModelDeckError,
    ModelNotFoundError,
    ProtocolError,
    ProviderError,
    RateLimitError,
)
from modeldeck.providers.dashscope.wire import realtime
from modeldeck.tts.hook import Audio, Cleared, Identity, UtteranceEnd
from modeldeck.tts.response import AudioFormat, TTSUsage
from tests.wire.dashscope import golden
from tests.wire.dashscope.helpers import DOC, SPOKEN, client, created, delta, done, event

# -- the client's side


def test_session_as_the_sdk_sends_it() -> None:
    assert golden.same(realtime.RealtimeClient("m", {"voice": "Cherry"}).update(), golden.SDK_REALTIME_DEFAULTS)
    ours = {
        "voice": "Cherry",
        "language_type": "Chinese",
        "instructions": "calm",
        "optimize_instructions": True,
        "mode": "commit",
        "format": "opus",
        "sample_rate": 48000,
        "speech_rate": 1.2,
        "volume": 60,
        "pitch_rate": 0.9,
        "bit_rate": 128,
        "enable_tn": True,
    }
    assert golden.same(realtime.RealtimeClient("m", ours, {"foo": "bar"}).update(), golden.SDK_REALTIME_ALL)


def test_other_events_as_the_sdk_sends_them() -> None:
    one = client()
    sent = {"append": one.append("你好"), "clear": one.clear(), "commit": one.commit()}
    sent["finish"] = one.finish()
    for name, frame in sent.items():
        assert golden.same(frame, golden.SDK_REALTIME[name]), name
    assert len({json.loads(frame)["event_id"] for frame in sent.values()}) == len(sent)


def test_the_model_is_quoted() -> None:
    assert realtime.path("a b!cut;after=3&x") == "/api-ws/v1/realtime?model=a%20b%21cut%3Bafter%3D3%26x"


def test_golden_session() -> None:
    one = realtime.RealtimeClient("qwen3-tts-flash-realtime", {"voice": "Cherry"})
    assert one.receive(DOC["session.created"]) == [Identity(session_id="sess_x")]
    assert not one.ready
    assert one.receive(DOC["session.updated"]) == []
    assert one.ready
    one.append("x")
    one.finish()
    assert one.receive(DOC["committed"]) == []
    assert one.receive(DOC["response.created"]) == [Identity(response_id="resp_x")]
    heard = [event for name in SPOKEN for event in one.receive(DOC[name])]
    assert heard == [Audio(b"\x00\x00\x01\x00\x02\x00", AudioFormat("pcm_s16le", 24000))]
    assert one.receive(DOC["response.done"]) == [TTSUsage(characters=25)]
    assert one.receive(DOC["session.finished"]) == [UtteranceEnd()]
    assert one.ignored == 0


def test_the_format_is_what_was_asked_for_unless_the_service_says_otherwise() -> None:
    assert client(format="opus", sample_rate=48000).format == AudioFormat("opus", 48000)
    one = client(sample_rate=16000)
    one.receive(event("session.updated", session={"response_format": "pcm", "sample_rate": 24000}))
    assert one.format == AudioFormat("pcm_s16le", 24000)
    one.receive(event("session.updated", session={"response_format": "PCM_24000HZ_MONO_16BIT", "sample_rate": 8000}))
    assert one.format == AudioFormat("pcm_s16le", 24000)


def test_a_committed_utterance_ends_with_its_response() -> None:
    one = client(mode="commit")
    for number in ("1", "2"):
        one.append("x")
        assert not one.idle
        one.commit()
        one.receive(created(number))
        one.receive(delta(b"ab", number))
        assert not one.idle
        assert one.receive(done(number, characters=3)) == [TTSUsage(characters=3), UtteranceEnd()]
        assert one.idle


def test_an_utterance_of_several_commits() -> None:
    one = client(mode="commit")
    one.append("x")
    one.commit(ends=False)
    one.append("y")
    one.commit()
    one.receive(created("1"))
    one.receive(delta(b"ab", "1"))
    assert one.receive(done("1", characters=1)) == [TTSUsage(characters=1)]
    one.receive(created("2"))
    one.receive(delta(b"cd", "2"))
    assert one.receive(done("2", characters=2)) == [TTSUsage(characters=3), UtteranceEnd()]


@pytest.mark.parametrize("spoken_first", [True, False])
def test_an_utterance_that_ends_after_its_last_commit(spoken_first: bool) -> None:
    one = client(mode="commit")
    one.append("x")
    one.commit(ends=False)
    response = [created(), delta(b"ab"), done()]
    before = [event for frame in response for event in one.receive(frame)] if spoken_first else []
    ended = one.end()
    after = [] if spoken_first else [event for frame in response for event in one.receive(frame)]
    assert UtteranceEnd() not in before
    if spoken_first:
        (frame,) = ended
        assert json.loads(frame)["type"] == "input_text_buffer.clear"
        assert not one.idle
        after = one.receive(json.dumps({"type": "input_text_buffer.cleared"}))
    else:
        assert ended == []
    assert after[-1:] == [UtteranceEnd()]
    assert one.idle


def test_an_utterance_without_text_just_ends() -> None:
    one = client(mode="commit")
    assert len(one.end()) == 1
    assert one.receive(json.dumps({"type": "input_text_buffer.cleared"})) == [UtteranceEnd()]
    one = client()
    one.append("x")
    one.clear()
    assert one.receive(DOC["cleared"]) == [Cleared(1)]
    one.finish()
    assert one.receive(DOC["session.finished"]) == [UtteranceEnd()]


def test_finish_speaks_what_was_not_committed() -> None:
    one = client(mode="commit")
    one.append("x")
    one.finish()
    one.receive(created())
    one.receive(delta(b"ab"))
    assert one.receive(done()) == [UtteranceEnd()]
    assert one.receive(DOC["session.finished"]) == []


@pytest.mark.parametrize(("mode", "left"), [("commit", 9), ("server_commit", 3)])
def test_what_clear_takes_back(mode: str, left: int) -> None:
    one = client(mode=mode)
    one.append("Hello. H")
    one.append("o")
    one.clear()
    one.append("more")
    assert one.receive(DOC["cleared"]) == [Cleared(left)]
    assert one.pending == 4
    assert one.receive(DOC["cleared"]) == []


@pytest.mark.parametrize(
    ("code", "type", "error", "retryable"),
    [
        ("invalid_value", "invalid_request_error", ProviderError, False),
        (None, "invalid_request_error", ProviderError, False),
        ("CLIENT_ERROR", None, ProviderError, False),
        ("InternalError.Algo", None, ProviderError, True),
        ("limit_requests", None, RateLimitError, True),
        ("something_new", None, ProviderError, False),
    ],
)
def test_an_error_event_raises(
    code: str | None, type: str | None, error: type[ModelDeckError], retryable: bool
) -> None:
    with pytest.raises(error, match=r"no good.*session\.voice") as raised:
        client().receive(
            event("error", error={"code": code, "type": type, "message": "no good", "param": "session.voice"})
        )
    assert (raised.value.code, raised.value.retryable) == (code or type, retryable)
    assert raised.value.request_id == "sess_x"


@pytest.mark.parametrize("status", ["failed", "incomplete", "cancelled", "in_progress"])
def test_a_response_that_is_not_completed(status: str) -> None:
    one = client()
    one.receive(created())
    with pytest.raises(ProviderError, match=status):
        one.receive(done(status=status))


@pytest.mark.parametrize("mode", ["commit", "server_commit"])
def test_no_audio_is_an_error(mode: str) -> None:
    one = client(mode=mode)
    one.append("x")
    if mode == "commit":
        one.commit()
        one.receive(created())
    with pytest.raises(ProviderError, match="without any audio"):
        one.receive(done() if mode == "commit" else DOC["session.finished"])


def test_the_session_cannot_end_within_a_response() -> None:
    one = client()
    one.append("x")
    one.receive(created())
    one.receive(delta(b"ab"))
    with pytest.raises(ProtocolError, match="middle of a response"):
        one.receive(DOC["session.finished"])


@pytest.mark.parametrize("frame", ["", "{", "[]", '"x"', delta(b"x")[:-3], event("response.audio.delta", delta="AAA")])
def test_what_would_make_the_result_wrong(frame: str) -> None:
    with pytest.raises(ProtocolError):
        client().receive(frame)


def test_audio_after_its_response_is_done() -> None:
    one = client()
    one.append("x")
    one.receive(created())
    one.receive(delta(b"ab"))
    one.receive(done())
    for stray in ("resp_x", "resp_y"):
        with pytest.raises(ProtocolError, match="over or was never begun"):
            one.receive(delta(b"cd", stray))


def test_audio_after_the_end_of_a_responses_audio() -> None:
    one = client()
    one.receive(created())
    one.receive(DOC["audio.done"])
    with pytest.raises(ProtocolError, match="resp_x"):
        one.receive(delta(b"ab"))


def test_unknown_things_are_counted() -> None:
    one = client()
    for frame in (event("response.audio.sparkle"), "{}", b"\x00\x01", '{"type": 3}'):
        assert one.receive(frame) == []
    assert one.ignored == 4


@pytest.mark.parametrize(
    ("code", "reason", "error", "retryable"),
    [
        (1000, "", ConnectionFailedError, True),
        (None, "", ConnectionFailedError, True),
        (1011, "To many requests. Your requests are being throttled...", RateLimitError, True),
        (1011, "internal", ProviderError, True),
        (1007, "Invalid payload data", ProviderError, False),
    ],
)
def test_a_close_before_the_end(code: int | None, reason: str, error: type[ModelDeckError], retryable: bool) -> None:
    one = client()
    one.receive(delta(b"abcd"))
    raised = one.closed(code, reason)
    assert type(raised) is error
    assert raised.retryable is retryable
    if error is not RateLimitError:
        assert raised.request_id == one.session_id
    assert reason in str(raised)


def test_a_silent_close_after_created_means_an_unknown_model() -> None:
    one = realtime.RealtimeClient("qwen9", {"voice": "Cherry"})
    assert isinstance(one.closed(1000, ""), ConnectionFailedError)
    one.receive(DOC["session.created"])
    raised = one.closed(1000, "")
    assert isinstance(raised, ModelNotFoundError)
    assert "'qwen9'" in str(raised)
    assert not raised.retryable
    assert isinstance(one.closed(1006, ""), ConnectionFailedError)


@given(st.lists(st.one_of(st.text(), st.binary(), st.sampled_from(sorted(DOC.values())))))
def test_any_frames_give_events_or_a_typed_error(frames: list[str | bytes]) -> None:
    one = client()
    try:
        for frame in frames:
            one.receive(frame)
    except ModelDeckError:
        pass
