"""LiveKit's speech messages: golden ones, what comes when, both sides in one conversation."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck._wire.acts import End, Send
from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ModelDeckError,
    ModelNotFoundError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    QuotaError,
    RateLimitError,
)
from modeldeck.providers.livekit.parameters import split
from modeldeck.providers.livekit.wire import tts
from modeldeck.providers.livekit.wire.errors import SERVICE
from modeldeck.tts.hook import Audio, Identity, UtteranceEnd
from modeldeck.tts.response import AudioFormat, WordTiming
from tests.wire.livekit import golden

PARAMETERS = {
    "voice": "9626c31c",
    "language": "en",
    "speed": "slow",
    "add_timestamps": True,
    "fallback": ["inworld/inworld-tts-2:Ashley", {"model": "rime/coda", "voice": "x", "extra": {"speed_alpha": 1.1}}],
}


def asked(**more: Any) -> tts.Wanted:
    return tts.wanted("cartesia/sonic-3", {**PARAMETERS, **more}, {}, timeout=10.0, retries=3)


def client(**more: Any) -> tts.SpeechClient:
    return tts.SpeechClient(asked(**more))


def speaking() -> tts.SpeechClient:
    one = client()
    one.transcript("Hello there, this is the first sentence.")
    return one


def event(type: str, **content: Any) -> str:
    return json.dumps({"type": type, "session_id": "s1", **content})


# -- the client's side


def test_messages_as_the_sdk_sends_them() -> None:
    assert golden.same(tts.create(asked()), golden.CREATE)
    one = client()
    (frame,) = one.transcript("Hello there, this is the first sentence.")
    assert golden.same(frame, golden.TRANSCRIPT)
    assert golden.same(one.flush(), golden.FLUSH)


def test_what_nobody_set_is_not_said() -> None:
    bare = tts.wanted("rime/coda", {}, {"new": 1}, timeout=5.0, retries=0)
    assert json.loads(tts.create(bare)) == {
        "type": "session.create",
        "sample_rate": "24000",
        "encoding": "pcm_s16le",
        "extra": {"new": 1},
        "model": "rime/coda",
        "connection": {"timeout": 5.0, "retries": 0},
    }


@pytest.mark.parametrize(
    ("text", "sent"), [("你好。", "你好。 "), (" And more.\n", "And more. "), ("  ", None), ("。」", None), ("", None)]
)
def test_a_transcript_ends_in_one_space(text: str, sent: str | None) -> None:
    assert [json.loads(frame)["transcript"] for frame in client().transcript(text)] == ([sent] if sent else [])


@pytest.mark.parametrize(
    ("model", "query"), [("cartesia/sonic-3", "cartesia/sonic-3"), ("a b!cut;after=3&x", "a%20b%21cut%3Bafter%3D3%26x")]
)
def test_the_model_in_the_url(model: str, query: str) -> None:
    assert tts.path(model) == f"/v1/tts?model={query}"


@pytest.mark.parametrize(
    ("reference", "found"), [("a/b:c", ("a/b", "c")), ("a/b:c:d", ("a/b:c", "d")), ("a/b", ("a/b", ""))]
)
def test_model_and_voice(reference: str, found: tuple[str, str]) -> None:
    assert split(reference) == found


def test_golden_turn() -> None:
    one = speaking()
    assert one.receive(golden.CREATED) == [Identity(session_id="s1")]
    assert one.receive(golden.AUDIO) == [Audio(b"\x00\x00\x01\x00\x02\x00", AudioFormat("pcm_s16le", 24000))]
    assert one.receive(golden.WORDS) == [
        WordTiming("Hello", 0.0, 0.3, 0, 5),
        WordTiming("there,", 0.36, 0.7, 6, 12),
    ]
    one.flush()
    assert one.receive(golden.DONE) == [UtteranceEnd()]
    assert one.ignored == 0


def test_several_turns() -> None:
    one = client()
    for _ in range(2):
        one.transcript("Hello.")
        one.flush()
        assert isinstance(one.receive(golden.AUDIO)[-1], Audio)
        assert one.received == 6
        assert one.receive(golden.DONE) == [UtteranceEnd()]
        assert one.received == 0


def test_characters_become_words() -> None:
    one = client()
    one.transcript("Hi 你好。 ")
    one.transcript("Yes")
    told = one.receive(golden.CHARS)[1:]
    assert told == [
        WordTiming("Hi", 0.0, 0.2, 0, 2),
        WordTiming("你", 0.3, 0.4, 3, 4),
        WordTiming("好。", 0.4, 0.5, 4, 6),
    ]
    one.receive(event("output_alignment", chars=[{"char": "e", "start": 0.7}, {"char": "s", "start": 0.8, "end": 0.9}]))
    one.receive(golden.AUDIO)
    one.flush()
    assert one.receive(golden.DONE) == [WordTiming("Yes", 0.6, 0.9, 7, 10), UtteranceEnd()]


def test_words_that_the_text_does_not_have() -> None:
    one = client()
    one.transcript("Dr. Who")
    (_, doctor, who) = one.receive(
        event("output_alignment", words=[{"word": "Doctor", "start": 1, "end": 0.5}, {"word": "Who", "start": 2}])
    )
    assert doctor == WordTiming("Doctor", 1.0, 1.0)
    assert who == WordTiming("Who", 2.0, 2.0, 4, 7)


def test_a_turn_without_text_just_ends() -> None:
    one = client()
    one.flush()
    assert one.receive(golden.DONE)[-1:] == [UtteranceEnd()]


def test_an_end_that_nobody_asked_for() -> None:
    one = speaking()
    assert UtteranceEnd() not in one.receive(golden.DONE)
    assert one.ignored == 1


def test_no_audio_is_an_error() -> None:
    one = speaking()
    one.flush()
    with pytest.raises(ProviderError, match="without any audio") as raised:
        one.receive(golden.DONE)
    assert raised.value.retryable
    assert raised.value.request_id == "s1"


def test_audio_of_a_turn_that_is_over() -> None:
    one = speaking()
    one.receive(golden.AUDIO)
    one.flush()
    one.receive(golden.DONE)
    with pytest.raises(ConnectionFailedError, match="over") as raised:
        one.receive(golden.AUDIO)
    assert raised.value.unheard


@pytest.mark.parametrize("frame", ["", "{", "[]", '"x"', golden.AUDIO[:-3], event("output_audio", audio="AAA")])
def test_what_would_make_the_result_wrong(frame: str) -> None:
    with pytest.raises(ProtocolError):
        speaking().receive(frame)


def test_unknown_things_are_counted() -> None:
    one = client()
    for frame in ('{"type":"session.sparkle"}', "{}", b"\x00\x01", '{"type":3}'):
        assert one.receive(frame) == []
    assert one.ignored == 4


@pytest.mark.parametrize(
    ("content", "error", "retryable"),
    [
        ({"code": 429, "message": "slow down"}, RateLimitError, True),
        ({"code": 401, "message": "slow down"}, AuthenticationError, False),
        ({"code": 404, "message": "slow down"}, ModelNotFoundError, False),
        ({"code": 400, "message": "slow down"}, ProviderError, False),
        ({"code": 502, "message": "slow down"}, ProviderError, True),
        ({"code": "MaxGatewayCredits", "error": "slow down"}, QuotaError, False),
        ({"code": "something_new", "message": "slow down"}, ProviderError, True),
        ({"message": "slow down"}, ProviderError, True),
        ({"reason": "slow down"}, ProviderError, True),
        ({"error": {"why": "slow down"}}, ProviderError, True),
    ],
)
def test_an_error_message_raises(content: dict[str, Any], error: type[ModelDeckError], retryable: bool) -> None:
    with pytest.raises(error, match="slow down") as raised:
        client().receive(event("error", **content))
    assert raised.value.retryable is retryable
    assert raised.value.request_id == "s1"


@pytest.mark.parametrize(
    ("status", "body", "error", "retryable"),
    [
        (401, b"", AuthenticationError, False),
        (403, b"{}", PermissionDeniedError, False),
        (404, b"<html>", ProviderError, False),
        (404, b'{"code":"model_not_found","message":"x"}', ModelNotFoundError, False),
        (400, b'{"error":"wrong"}', ProviderError, False),
        (429, b"", RateLimitError, True),
        (429, golden.NO_CREDITS, QuotaError, False),
        (429, golden.TOO_FAST, RateLimitError, True),
        (408, b"[]", ProviderError, True),
        (499, b"", ProviderError, True),
        (503, b"", ProviderError, True),
    ],
)
def test_a_refused_handshake(status: int, body: bytes, error: type[ModelDeckError], retryable: bool) -> None:
    raised = SERVICE.handshake_error(status, body, {"x-livekit-request-id": "r1"})
    assert type(raised) is error
    assert (raised.retryable, raised.status, raised.request_id) == (retryable, status, "r1")


def test_the_hint_of_a_refusal_is_passed_on() -> None:
    assert "Wait for the next billing cycle or upgrade" in str(SERVICE.handshake_error(429, golden.NO_CREDITS, {}))


@pytest.mark.parametrize(
    ("code", "error", "retryable"),
    [(1000, ConnectionFailedError, True), (None, ConnectionFailedError, True), (1011, ProviderError, True)],
)
def test_a_close_before_the_end(code: int | None, error: type[ModelDeckError], retryable: bool) -> None:
    one = speaking()
    one.receive(golden.AUDIO)
    raised = one.closed(code, "bye")
    assert (type(raised), raised.retryable, raised.request_id) == (error, retryable, "s1")


@given(st.lists(st.one_of(st.text(), st.binary(), st.sampled_from(golden.GATEWAY))))
def test_any_frames_give_events_or_a_typed_error(frames: list[str | bytes]) -> None:
    one = speaking()
    one.flush()
    try:
        for frame in frames:
            one.receive(frame)
    except ModelDeckError:
        pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["word", "char", "start", "x"]), inner),
)
NAMES = ["words", "chars", "code", "message", "error", "audio", "session_id"]


@given(
    st.sampled_from(["output_alignment", "error", "output_audio", "done"]),
    st.dictionaries(st.sampled_from(NAMES), JSON),
)
def test_any_content_gives_events_or_a_typed_error(type: str, content: dict[str, Any]) -> None:
    one = speaking()
    one.flush()
    try:
        one.receive(json.dumps({"type": type, **content}))
    except ModelDeckError:
        pass


# -- the gateway's side

MODELS = {"cartesia/sonic-3": tts.Facts(("9626c31c",), made_voices=False), "cartesia": tts.Facts()}
MODELS |= {"inworld/inworld-tts-2": tts.Facts(("Ashley",)), "rime/coda": tts.Facts()}


def server(create: str = golden.CREATE) -> tts.SpeechServer:
    made = tts.SpeechServer(MODELS.get)
    (created,) = made.receive(create)
    assert isinstance(created, Send)
    assert not created.error, created.frame
    assert json.loads(created.frame)["type"] == "session.created"
    return made


def refused(acts: list[tts.Act]) -> dict[str, Any]:
    (act,) = acts
    assert isinstance(act, Send)
    assert act.error
    told: dict[str, Any] = json.loads(act.frame)
    assert told["type"] == "error"
    assert told["session_id"]
    return told


@pytest.mark.parametrize("create", [golden.CREATE, golden.BARE_CREATE])
@pytest.mark.parametrize("transcript", [golden.TRANSCRIPT, golden.BARE_TRANSCRIPT])
def test_the_server_takes_what_the_sdk_sends(create: str, transcript: str) -> None:
    one = server(create)
    (said,) = one.receive(transcript)
    assert isinstance(said, tts.Say)
    assert said.text == json.loads(transcript)["transcript"][:-1]
    assert one.receive(golden.FLUSH) == [End()]


def test_each_transcript_says_who_speaks() -> None:
    one = server()
    assert one.fallback == ["inworld/inworld-tts-2", "rime/coda"]
    frame = json.loads(golden.TRANSCRIPT)
    frame["generation_config"] = {"model": "inworld/inworld-tts-2", "voice": "Ashley"}
    frame["extra"] = {"timestamp_type": "CHARACTER"}
    (said,) = one.receive(json.dumps(frame))
    assert said == tts.Say(frame["transcript"][:-1], "inworld/inworld-tts-2", "chars")
    assert one.receive(golden.TRANSCRIPT) == [tts.Say(frame["transcript"][:-1], "cartesia/sonic-3", "words")]


def test_the_model_of_the_url() -> None:
    one = tts.SpeechServer(MODELS.get, "rime/coda")
    one.receive('{"type":"session.create","sample_rate":"16000","encoding":"pcm_s16le","extra":{}}')
    assert one.sample_rate == 16000
    assert one.receive(golden.BARE_TRANSCRIPT) == [tts.Say("第一句话。", "rime/coda")]


def changed(frame: str, **fields: Any) -> str:
    return json.dumps({**json.loads(frame), **fields})


@pytest.mark.parametrize(
    ("frame", "why", "code"),
    [
        ("{", "no JSON", 400),
        ('{"type":"session.close"}', "unknown message type", 400),
        (golden.FLUSH, "out of order", 400),
        (golden.TRANSCRIPT, "out of order", 400),
        (changed(golden.CREATE, sample_rate=24000), "sample_rate has the wrong type", 400),
        (changed(golden.CREATE, sample_rate="11025"), "'11025' is not supported", 400),
        (changed(golden.CREATE, encoding="mp3"), "'mp3' is not supported", 400),
        (changed(golden.CREATE, colour="red"), "unknown field 'colour'", 400),
        (changed(golden.CREATE, voice="Nobody"), "'Nobody' is not available", 400),
        (changed(golden.CREATE, model="cartesia/sonic-99"), "'cartesia/sonic-99' is not available", 404),
        (changed(golden.CREATE, fallback={}), "models is empty", 400),
        (changed(golden.CREATE, fallback={"models": [{"model": "x/y"}]}), "'x/y' is not available", 404),
        (changed(golden.CREATE, fallback={"models": [{"extra_kwargs": {}}]}), "unknown field 'extra_kwargs'", 400),
        (changed(golden.CREATE, connection={"timeout": "10"}), "timeout has the wrong type", 400),
        ('{"type":"session.create","sample_rate":"24000","encoding":"pcm_s16le"}', "extra is missing", 400),
        ('{"type":"session.create","sample_rate":"24000","encoding":"pcm_s16le","extra":{}}', "model ''", 404),
    ],
)
def test_what_the_server_refuses_first(frame: str, why: str, code: int) -> None:
    told = refused(tts.SpeechServer(MODELS.get).receive(frame))
    assert why in told["message"]
    assert told["code"] == code


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (golden.CREATE, "out of order"),
        (changed(golden.TRANSCRIPT, transcript="Hello."), "space"),
        (changed(golden.TRANSCRIPT, transcript=None), "wrong type"),
        (changed(golden.TRANSCRIPT, generation_config={"speed": 1}), "unknown field 'speed'"),
        (changed(golden.TRANSCRIPT, generation_config={"voice": "Nobody"}), "'Nobody' is not available"),
        (changed(golden.FLUSH, now=True), "unknown field 'now'"),
    ],
)
def test_what_the_server_refuses_later(frame: str, why: str) -> None:
    assert why in refused(server().receive(frame))["message"]


def test_both_sides_agree() -> None:
    one, other = client(), server()
    for frame in (*one.transcript("Hello there."), one.flush()):
        other.receive(frame)
    words = [WordTiming("Hello", 2.0, 2.5), WordTiming("there", 2.5, 3.0)]
    for timed in ("words", "chars"):
        told = one.receive(other.alignment(timed, words, 2.0))  # type: ignore[arg-type]
        assert [(word.text, word.start, word.end) for word in told if isinstance(word, WordTiming)][:1] == [
            ("Hello", 0.0, 0.5)
        ]
    assert one.receive(other.audio(base64.b64encode(b"ab").decode()))[-1].data == b"ab"  # type: ignore[union-attr]
    assert one.receive(other.finished())[-1] == UtteranceEnd()
    with pytest.raises(ProviderError, match="broken"):
        one.receive(other.failure("InternalError", "broken"))


@given(st.lists(st.one_of(st.text(), st.binary(), st.sampled_from([golden.CREATE, golden.TRANSCRIPT, golden.FLUSH]))))
def test_the_server_answers_anything(frames: list[str | bytes]) -> None:
    one = tts.SpeechServer(MODELS.get)
    for frame in frames:
        assert one.receive(frame)
