"""Qwen-TTS over HTTP: requests, server-sent events cut anywhere, both sides."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldeck.errors import ConnectionFailedError, ModelDeckError, ProtocolError, ProviderError, RateLimitError
from modeldeck.providers.dashscope.wire import speech
from modeldeck.providers.dashscope.wire.facts import Facts
from modeldeck.tts.hook import Audio, Identity
from modeldeck.tts.response import AudioFormat, TTSUsage
from modeldeck.tts.wav import wav_header
from tests.wire.dashscope import golden

MODELS = {
    "qwen3-tts-flash": Facts(voices=("Cherry",), max_characters=600),
    "qwen-tts": Facts(voices=("Cherry", "Serena", "Ethan", "Chelsie"), tokens=True),
    "qwen3-tts-vc": Facts(made_voices=True),
}
PCM = bytes(range(10))


def read(*pieces: bytes) -> list[Any]:
    answer = speech.SpeechAnswer()
    return [event for piece in pieces for event in answer.feed(piece)] + answer.end()


def heard(events: list[Any]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, Audio))


def event(data: bytes, *, finish: str = "null", number: int = 1) -> bytes:
    output = {"finish_reason": finish, "audio": {"data": base64.b64encode(data).decode()}}
    return f"id:{number}\nevent:result\n:HTTP_STATUS/200\ndata:{json.dumps({'output': output})}\n\n".encode()


def test_request_as_the_sdk_sends_it() -> None:
    sent = speech.body("qwen3-tts-flash", "你好", {"voice": "Cherry", "language_type": "Chinese"})
    assert golden.same(json.dumps(sent), golden.SDK_HTTP)


def test_instructions_go_into_parameters_and_extra_comes_last() -> None:
    extra = {"input": {"voice": "Serena"}, "parameters": {"seed": 1}, "volume": 3}
    sent = speech.body("m", "x", {"voice": "Cherry", "instructions": "calm", "optimize_instructions": True}, extra)
    assert sent == {
        "model": "m",
        "parameters": {"instructions": "calm", "optimize_instructions": True, "seed": 1, "volume": 3},
        "input": {"text": "x", "voice": "Serena"},
    }


def test_golden_stream() -> None:
    assert read(golden.STREAM.encode()) == [
        Identity(request_id="5c63"),
        Audio(b"\x00\x00\x01\x00\x02\x00", AudioFormat("pcm_s16le", 24000)),
        Audio(b"\x03\x00\x04\x00", AudioFormat("pcm_s16le", 24000)),
        TTSUsage(characters=195),
    ]


@given(st.sets(st.integers(1, len(golden.STREAM.encode()) - 1), max_size=40), st.sampled_from(["\n", "\r\n", "\r"]))
def test_cut_anywhere(cuts: set[int], newline: str) -> None:
    data = golden.STREAM.replace("\n", newline).encode()
    places = [0, *sorted(cuts), len(data)]
    assert heard(read(*(data[begin:end] for begin, end in pairwise(places)))) == bytes([0, 0, 1, 0, 2, 0, 3, 0, 4, 0])


@pytest.mark.parametrize("data", [golden.STREAM.replace("\n\n", "\n"), golden.STREAM.rstrip("\n")])
def test_blank_lines_may_be_missing(data: str) -> None:
    assert len(heard(read(data.encode()))) == 10


def test_one_json_with_a_url_is_a_download() -> None:
    assert read(golden.WHOLE.encode()[:9], golden.WHOLE.encode()[9:]) == [
        Identity(request_id="5c63"),
        speech.Download("http://oss.example/39b6.wav"),
        TTSUsage(characters=195),
    ]


def test_one_json_with_data() -> None:
    answer = json.dumps({"output": {"finish_reason": "stop", "audio": {"data": base64.b64encode(PCM).decode()}}})
    assert heard(read(answer.encode())) == PCM


@given(st.integers(0, 60), st.lists(st.integers(1, 20), min_size=1, max_size=10))
def test_a_header_in_the_first_chunks_is_taken_off(junk: int, sizes: list[int]) -> None:
    header = wav_header(AudioFormat("wav", 16000), None)
    file = header[:36] + b"LIST" + junk.to_bytes(4, "little") + bytes(junk + junk % 2) + header[36:] + PCM
    chunks, at = [], 0
    while at < len(file):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(file[at : at + size])
        at += size
    events = read(*(event(chunk) for chunk in chunks), event(b"", finish="stop", number=2))
    assert heard(events) == PCM
    assert {one.format for one in events if isinstance(one, Audio)} == {AudioFormat("pcm_s16le", 16000)}


@pytest.mark.parametrize("data", [b"R", b"RIFF", b"RIFF0123WAVX", b"\x00" * 3])
def test_what_only_begins_like_a_header_is_audio(data: bytes) -> None:
    assert heard(read(event(data), event(b"", finish="stop", number=2))) == data


def test_eight_bits_are_refused() -> None:
    header = bytearray(wav_header(AudioFormat("wav", 16000), None))
    header[34] = 8
    with pytest.raises(ProtocolError, match="8 bits"):
        read(event(bytes(header) + PCM))


def test_end_without_stop_is_a_lost_connection() -> None:
    with pytest.raises(ConnectionFailedError, match="broke off") as raised:
        read(golden.STREAM.encode().split(b"id:2")[0])
    assert raised.value.retryable
    assert raised.value.request_id == "5c63"
    with pytest.raises(ConnectionFailedError):
        read()


def test_no_audio_at_all_is_an_error() -> None:
    with pytest.raises(ProviderError, match="without any audio"):
        read(event(b"", finish="stop"))


@pytest.mark.parametrize(
    ("data", "error", "status"),
    [
        (golden.RECORDED_ERROR, ProviderError, 400),
        (golden.RECORDED_ERROR.replace("event:error\n", ""), ProviderError, 400),
        (golden.RECORDED_ERROR.replace(":HTTP_STATUS/400\n", ""), ProviderError, None),
        (
            'event:error\n:HTTP_STATUS/429\ndata:{"code":"Throttling.RateQuota","message":"m","request_id":"r"}',
            RateLimitError,
            429,
        ),
        ('{"code":"Throttling","message":"m","request_id":"r"}', RateLimitError, None),
    ],
)
def test_an_error_in_the_stream(data: str, error: type[ModelDeckError], status: int | None) -> None:
    with pytest.raises(error) as raised:
        read(data.encode())
    assert (raised.value.status, bool(raised.value.request_id)) == (status, True)


@pytest.mark.parametrize(
    "data", ["data:{", "data:[]", 'data:{"output":{"audio":{"data":"AAA"}}}', "data:" + "[" * 10**5]
)
def test_what_would_make_the_result_wrong(data: str) -> None:
    with pytest.raises(ProtocolError):
        read(data.encode() + b"\n")


def test_events_in_the_wrong_order() -> None:
    with pytest.raises(ProtocolError, match="event 1 after event 2"):
        read(event(PCM, number=2), event(PCM, number=1))


def test_unknown_things_are_counted() -> None:
    answer = speech.SpeechAnswer()
    answer.feed(b'news: x\nretry: 3\n: a comment\ndata: {"new": {"output": 1}, "output": null}\nwhat\n')
    answer.feed(event(PCM, finish="stop") + event(PCM, finish="stop"))
    answer.end()
    assert (answer.ignored, answer.received) == (3, len(PCM))


@given(st.lists(st.binary(max_size=40)))
def test_garbage_ends_in_a_typed_error(pieces: list[bytes]) -> None:
    with pytest.raises(ModelDeckError):
        read(*pieces)


# -- the server's side


def rejected(request: Any) -> speech.Rejection:
    data = request if isinstance(request, bytes) else json.dumps(request).encode()
    asked = speech.parse_request(data, MODELS.get)
    assert isinstance(asked, speech.Rejection)
    return asked


def request(model: str = "qwen3-tts-flash", **content: Any) -> dict[str, Any]:
    return {"model": model, "parameters": {}, "input": {"text": "x", "voice": "Cherry", **content}}


def test_server_takes_what_the_sdk_sends() -> None:
    asked = speech.parse_request(golden.SDK_HTTP.encode(), MODELS.get)
    assert asked == speech.Asked("qwen3-tts-flash", "你好", "Cherry", MODELS["qwen3-tts-flash"])


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        (b"{", 400, "InvalidParameter"),
        ({"input": {}}, 400, "BadRequest.EmptyModel"),
        (request("nobody"), 404, "ModelNotFound"),
        ({"model": "qwen-tts"}, 400, "BadRequest.EmptyInput"),
        (request(text=""), 400, "InvalidParameter"),
        (request(text="x" * 601), 400, "InvalidParameter"),
        (request("qwen-tts", text="字" * 513), 400, "InvalidParameter"),
        (request(voice="Nobody"), 400, "BadRequest.VoiceNotFound"),
        (request(voice=None), 400, "InvalidParameter"),
        (request("qwen3-tts-vc"), 400, "BadRequest.VoiceNotFound"),
        (request(language_type="Klingon"), 400, "InvalidParameter"),
        (request(optimize_instructions="yes"), 400, "InvalidParameter"),
        ({**request(), "parameters": {"instructions": "词" * 1601}}, 400, "InvalidParameter"),
    ],
)
def test_server_refuses(asked: Any, status: int, code: str) -> None:
    assert (rejected(asked).status, rejected(asked).code) == (status, code)


def test_server_lists_the_voices_of_the_old_models() -> None:
    text = "Input should be 'Cherry', 'Serena', 'Ethan' or 'Chelsie': parameters.audio.voice"
    assert rejected(request("qwen-tts", voice="x")).message == text


def test_server_limit_is_inclusive_and_made_voices_pass() -> None:
    for good in (request(text="x" * 600), request("qwen3-tts-vc", voice="qwen-tts-vc-guanyu-voice-2025-838b")):
        assert isinstance(speech.parse_request(json.dumps(good).encode(), MODELS.get), speech.Asked)


@given(st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=20))
def test_both_sides_together(chunks: list[bytes]) -> None:
    chunks = [b"\x00" + chunk for chunk in chunks]
    asked = speech.parse_request(golden.SDK_HTTP.encode(), MODELS.get)
    assert isinstance(asked, speech.Asked)
    answer = speech.Answer(asked, "r")
    frames = [answer.chunk(base64.b64encode(chunk).decode()) for chunk in chunks] + [answer.stop("u", 1, 1.0)]
    events = read("".join(frames).encode())
    assert heard(events) == b"".join(chunks)
    assert events[-1] == TTSUsage(characters=4)


def test_server_stream_has_the_golden_shape() -> None:
    asked = speech.Asked("qwen3-tts-flash", "月" * 97 + "。", "Cherry", MODELS["qwen3-tts-flash"])
    answer = speech.Answer(asked, "5c63")
    frames = [
        answer.chunk("AAABAAIA"),
        answer.chunk("AwAEAA=="),
        answer.stop("http://oss.example/39b6.wav", 1766113409, 1),
    ]
    assert shape("".join(frames)) == shape(golden.STREAM)
    assert answer.whole("http://oss.example/39b6.wav", 1766113409, 1.0) == json.loads(golden.WHOLE)
    rejection = speech.Rejection(400, "InvalidParameter", "m")
    assert shape(speech.Answer(asked, "r").error(rejection)) == shape(golden.RECORDED_ERROR + "\n")


def shape(stream: str) -> list[Any]:
    lines = stream.split("\n")
    return [_keys(json.loads(line[5:])) if line.startswith("data:") else line for line in lines]


def _keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _keys(inner) for key, inner in value.items() if key != "usage"}
    return type(value) if isinstance(value, (int, list)) else None


def test_tokens_of_the_old_models() -> None:
    asked = speech.Asked("qwen-tts", "你好", "Cherry", MODELS["qwen-tts"])
    usage = speech.Answer(asked, "r").whole("u", 1, 2.0)["usage"]
    assert (usage["output_tokens"], usage["characters"]) == (100, 0)
    whole = json.dumps({"output": {"finish_reason": "stop", "audio": {"data": "AAAA"}}, "usage": usage})
    assert read(whole.encode())[-1] == TTSUsage(input_tokens=2, output_tokens=100)
