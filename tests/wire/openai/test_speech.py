"""/v1/audio/speech: requests, answers cut anywhere, both sides."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.errors import (
    AuthenticationError,
    ConnectionFailedError,
    ModelDeckError,
    ProtocolError,
    ProviderError,
    RateLimitError,
)
from modeldeck.providers.openai.wire import speech
from modeldeck.providers.openai.wire.speech import Facts, Rejection
from modeldeck.tts.hook import Audio
from modeldeck.tts.response import AudioFormat, TTSUsage
from modeldeck.tts.wav import wav_header
from tests.wire.openai import golden

PCM = b"\x00\x00\x01\x00\x02\x00\x03\x00\x04\x00"
RAW = AudioFormat("pcm_s16le", 24000)
SSE = {"content-type": "text/event-stream; charset=utf-8"}
MODELS = {
    "tts-1": Facts(voices=("alloy",), events=False),
    "gpt-4o-mini-tts": Facts(voices=("alloy",), custom_voices=True),
}
CALM: dict[str, Any] = {"voice": "alloy", "instructions": "calm", "response_format": "pcm", "speed": 1.25}


def read(headers: dict[str, str], *pieces: bytes, asked: str | None = None) -> list[Any]:
    answer = speech.SpeechAnswer(headers, asked)
    return [event for piece in pieces for event in answer.feed(piece)] + answer.end()


def heard(events: list[Any]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, Audio))


def formats(events: list[Any]) -> set[AudioFormat]:
    return {event.format for event in events if isinstance(event, Audio)}


def cut(data: bytes, cuts: set[int]) -> list[bytes]:
    return [data[begin:end] for begin, end in pairwise([0, *sorted(cuts), len(data)])]


def said(**event: Any) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()


# -- requests


def test_requests_as_the_sdk_sends_them() -> None:
    sent = speech.body("gpt-4o-mini-tts", "Hello 世界", {"stream_format": "audio", **CALM})
    assert json.dumps(sent, ensure_ascii=False, separators=(",", ":")) == golden.SDK_SPEECH
    sent = speech.body("gpt-4o-mini-tts", "Hello", {"voice": "voice_1234", "response_format": "pcm"})
    assert json.dumps(sent, separators=(",", ":")) == golden.SDK_OWN_VOICE


def test_extra_comes_last() -> None:
    extra = {"lang_code": "a", "voice": "af_bella(2)+af_sky(1)"}
    sent = speech.body("kokoro", "x", {"voice": "alloy"}, extra)
    assert sent == {"model": "kokoro", "input": "x", "voice": "af_bella(2)+af_sky(1)", "lang_code": "a"}


@pytest.mark.parametrize("request_body", [golden.SDK_SPEECH, golden.SDK_OWN_VOICE])
def test_the_server_understands_the_sdk(request_body: str) -> None:
    asked = speech.parse_request(request_body.encode(), MODELS.get)
    assert isinstance(asked, speech.Asked)
    assert (asked.model, asked.response_format, asked.events) == ("gpt-4o-mini-tts", "pcm", False)


@pytest.mark.parametrize(
    ("change", "status", "code", "param"),
    [
        ({"model": None}, 400, None, None),
        ({"model": "tts-9"}, 404, "model_not_found", None),
        ({"input": ""}, 400, None, "input"),
        ({"input": "a" * 4097}, 400, None, "input"),
        ({"input": 7}, 400, None, "input"),
        ({"voice": "Nobody"}, 400, None, "voice"),
        ({"voice": None}, 400, None, "voice"),
        ({"voice": {"id": "voice_1"}}, 400, None, "voice"),
        ({"response_format": "ogg"}, 400, None, "response_format"),
        ({"speed": 4.1}, 400, None, "speed"),
        ({"speed": True}, 400, None, "speed"),
        ({"instructions": 1}, 400, None, "instructions"),
        ({"stream_format": "sse"}, 400, None, "stream_format"),
        ({"stream_format": "json"}, 400, None, "stream_format"),
    ],
)
def test_what_the_server_refuses(change: dict[str, Any], status: int, code: str | None, param: str | None) -> None:
    body = {"model": "tts-1", "input": "Hi.", "voice": "alloy", **change}
    refused = speech.parse_request(json.dumps(body).encode(), MODELS.get)
    assert isinstance(refused, Rejection)
    assert (refused.status, refused.code, refused.param) == (status, code, param)
    assert refused.body()["error"]["message"]


def test_what_is_no_json_is_refused() -> None:
    assert isinstance(speech.parse_request(b"{", MODELS.get), Rejection)


# -- files


@pytest.mark.parametrize(
    ("content_type", "asked", "expected"),
    [
        ("audio/mpeg", None, AudioFormat("mp3", 24000)),
        ("audio/mpeg", "pcm", AudioFormat("mp3", 24000)),  # the server did as it liked
        ("audio/pcm", "mp3", RAW),
        ("audio/pcm;rate=22050", "pcm", AudioFormat("pcm_s16le", 22050)),  # openedai-speech
        ("Audio/L16; rate=16000; channels=2", "pcm", AudioFormat("pcm_s16le", 16000, 2)),
        ("audio/opus", "opus", AudioFormat("opus", 24000)),
        ("audio/ogg; codecs=opus", "opus", AudioFormat("opus", 24000)),
        ("audio/aac", "aac", AudioFormat("aac", 24000)),
        ("audio/x-flac", None, AudioFormat("flac", 24000)),
        ("audio/something", "aac", AudioFormat("aac", 24000)),
        ("application/octet-stream", "pcm", RAW),
        ("", "opus", AudioFormat("opus", 24000)),
        ("", None, AudioFormat("mp3", 24000)),
        ("audio/pcm;rate=fast", "pcm", RAW),
    ],
)
def test_content_type_decides(content_type: str, asked: str | None, expected: AudioFormat) -> None:
    headers = {"content-type": content_type} if content_type else {}
    assert read(headers, PCM[:5], PCM[5:], asked=asked) == [Audio(PCM[:5], expected), Audio(PCM[5:], expected)]


def test_a_rate_may_have_a_header_of_its_own() -> None:
    headers = {"content-type": "audio/pcm", "x-sample-rate": "44100", "x-channels": "2"}  # sglang-omni
    assert formats(read(headers, PCM)) == {AudioFormat("pcm_s16le", 44100, 2)}


BEGINNINGS = [
    (wav_header(AudioFormat("wav", 24000), None), "wav"),
    (b"fLaC" + PCM, "flac"),
    (b"OggS" + PCM, "opus"),
    (b"ID3" + PCM, "mp3"),
]


@pytest.mark.parametrize(("data", "encoding"), BEGINNINGS)
@pytest.mark.parametrize("content_type", ["", "application/octet-stream", "audio/pcm", "audio/mpeg"])
@given(cuts=st.sets(st.integers(1, 12), max_size=6))
def test_a_file_that_says_what_it_is(data: bytes, encoding: str, content_type: str, cuts: set[int]) -> None:
    headers = {"content-type": content_type} if content_type else {}
    events = read(headers, *cut(data, cuts), asked="pcm")
    assert (heard(events), formats(events)) == (data, {AudioFormat(encoding, 24000)})


@pytest.mark.parametrize("data", [b"R", b"RIF", b"I", b"{", b"Og"])
def test_what_only_begins_like_a_file_is_audio(data: bytes) -> None:
    assert read({}, data, asked="pcm") == [Audio(data, RAW)]


def test_the_first_piece_leaves_at_once() -> None:
    answer = speech.SpeechAnswer({"content-type": "audio/pcm"}, "pcm")
    assert answer.feed(PCM) == [Audio(PCM, RAW)]


def test_an_empty_answer_is_no_audio() -> None:
    with pytest.raises(ProviderError, match="without any audio"):
        read({"content-type": "audio/mpeg"})


@pytest.mark.parametrize(
    ("headers", "data", "error", "says"),
    [
        (
            {"content-type": "application/json"},
            b'{"error": {"message": "slow down", "type": "requests", "code": "rate_limit_exceeded"}}',
            RateLimitError,
            "slow down",
        ),
        ({"content-type": "application/json"}, b'{"error": "no such voice"}', ProviderError, "no such voice"),
        ({"content-type": "application/json"}, b'{"detail": "no such voice"}', ProviderError, "no such voice"),
        ({}, b'{"error": {"message": "no", "code": "invalid_api_key"}}', AuthenticationError, "no"),
        ({"content-type": "application/json"}, b'{"ok": true}', ProtocolError, "application/json"),
        ({"content-type": "text/html"}, b"<html>", ProtocolError, "text/html"),
        ({}, b'{"ok": true}', ProtocolError, "JSON"),
    ],
)
def test_what_is_no_audio(headers: dict[str, str], data: bytes, error: type[ModelDeckError], says: str) -> None:
    with pytest.raises(error, match=says) as caught:
        read({**headers, "x-request-id": "req_1"}, data[:2], data[2:])
    assert caught.value.request_id == "req_1"


# -- events


@pytest.mark.parametrize("stream", [golden.EVENTS, golden.EVENTS_VLLM, golden.EVENTS_SPEACHES])
@given(data=st.data(), newline=st.sampled_from(["\n", "\r\n", "\r"]))
def test_events_cut_anywhere(stream: str, data: st.DataObject, newline: str) -> None:
    sent = stream.replace("\n", newline).encode()
    cuts = data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=40))
    events = read(SSE, *cut(sent, cuts), asked="pcm")
    assert (heard(events), formats(events)) == (PCM, {RAW})
    assert [one for one in events if isinstance(one, TTSUsage)] == [TTSUsage(14, 101)] * ('usage":null' not in stream)


def test_the_other_names_of_the_audio() -> None:
    code = base64.b64encode(PCM).decode()
    assert heard(read(SSE, said(type="speech.audio.delta", delta=code), b"data: [DONE]\n\n", asked="pcm")) == PCM


def test_what_the_events_say_of_their_audio() -> None:
    code = base64.b64encode(PCM).decode()
    info = said(type="speech.audio.info", sample_rate=44100, channels=2, bits_per_sample=16)
    end = said(type="speech.audio.done")
    assert formats(read(SSE, info, said(audio=code), end)) == {AudioFormat("pcm_s16le", 44100, 2)}
    wav = base64.b64encode(wav_header(AudioFormat("wav", 24000), None)).decode()
    assert formats(read(SSE, said(type="speech.audio.delta", audio=wav), end)) == {AudioFormat("wav", 24000)}


def test_unknown_events_are_counted() -> None:
    answer = speech.SpeechAnswer(SSE, "pcm")
    seen: list[Any] = []
    answer.on_event = seen.append
    answer.feed(said(type="speech.audio.mood", mood="calm"))
    assert (answer.ignored, seen) == (1, [{"type": "speech.audio.mood", "mood": "calm"}])


@pytest.mark.parametrize(
    ("stream", "error"),
    [
        (golden.EVENTS.partition('data: {"type":"speech.audio.done"')[0], ConnectionFailedError),
        (golden.EVENTS + golden.EVENTS, ProtocolError),  # audio after the end
        ("data: {\n\n", ProtocolError),
        ("data: []\n\n", ProtocolError),
        ('data: {"type":"speech.audio.delta","audio":"AAA"}\n\n', ProtocolError),
        ('data: {"type":"speech.audio.done"}\n\n', ProviderError),
        ('data: {"type":"error","error":{"message":"no","code":"rate_limit_exceeded"}}\n\n', RateLimitError),
        ('data: {"type":"speech.audio.error","error":{"message":"no"}}\n\n', ProviderError),
        ('data: {"error":"no","type":"error"}\n\n', ProviderError),
        ('event: error\ndata: {"message":"no"}\n\n', ProviderError),
    ],
)
def test_events_that_go_wrong(stream: str, error: type[ModelDeckError]) -> None:
    with pytest.raises(error):
        read(SSE, stream.encode(), asked="pcm")


@given(st.lists(st.binary(max_size=200), max_size=6), st.sampled_from(["", "audio/pcm", "text/event-stream", "text/x"]))
def test_garbage(pieces: list[bytes], content_type: str) -> None:
    headers = {"content-type": content_type} if content_type else {}
    try:
        events = read(headers, *pieces)
    except ModelDeckError:
        return
    if content_type != "text/event-stream":
        assert heard(events) == b"".join(pieces)


# -- the server's side


def test_what_the_server_sends_is_understood() -> None:
    stream = speech.delta(base64.b64encode(PCM).decode()) + speech.done("Hi.", 1.0)
    assert read(SSE, stream.encode(), asked="pcm") == [Audio(PCM, RAW), TTSUsage(1, 50)]
    with pytest.raises(RateLimitError, match="slow down"):
        read(SSE, speech.failed(Rejection(429, "slow down", "rate_limit_exceeded", "requests")).encode())


def test_the_server_speaks_like_the_documents() -> None:
    def shape(stream: str) -> list[Any]:
        events = [json.loads(line.removeprefix("data: ")) for line in stream.splitlines() if line]
        return [{name: type(value) for name, value in event.items()} for event in events]

    ours = speech.delta("AAABAAIA") + speech.delta("AwAEAA==") + speech.done("Hi.", 1.0)
    assert shape(ours) == shape(golden.EVENTS)


@pytest.mark.parametrize("name", speech.FORMATS)
def test_content_types_of_the_server(name: str) -> None:
    assert formats(read({"content-type": speech.content_type(name)}, PCM)) == {
        AudioFormat(speech.encoding(name), 24000)
    }
